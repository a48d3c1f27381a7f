"""Lineage is told where somebody asks for it, by HTTP or into a file, and costs a night nothing but a line otherwise.

tests/nights/test_watched.py looks at what whole nights tell.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from childrens_warehouse.errors import GateFailed
from childrens_warehouse.observing import logs
from childrens_warehouse.observing.lineage import columns
from childrens_warehouse.observing.steps import observed
from childrens_warehouse.settings import Settings
from tests.observing.receiver import Receiver

HEADER = "CHILD,SEX,DOB,ETHNIC,UPN,MOTHER,MC_DOB\n"
GOOD = HEADER + "".join(f"{child},1,05/06/2005,WBRI,UN3,,\n" for child in range(1, 41))


@pytest.fixture
def receiver(monkeypatch) -> Iterator[Receiver]:
    receiver = Receiver()
    monkeypatch.setenv("OPENLINEAGE_URL", receiver.address)
    yield receiver
    receiver.stop()


@observed("gate")
def gate(settings: Settings, build_id: str, error: Exception | None = None) -> None:
    if error:
        raise error


def ends(receiver: Receiver) -> list[tuple[str, str, str | None]]:
    return [
        (each["job"]["name"], each["eventType"], each["run"]["facets"].get("errorMessage", {}).get("message"))
        for each in receiver.events
    ]


def test_a_step_begins_and_ends_as_one_run_with_its_build(settings, receiver):
    with logs.about(run_id="run-1"):
        gate(settings, "b1")
    assert ends(receiver) == [("gate", "START", None), ("gate", "COMPLETE", None)]
    first, second = receiver.events
    assert first["run"]["runId"] == second["run"]["runId"]
    told = {each["key"]: each["value"] for each in second["run"]["facets"]["tags"]["tags"]}
    assert (told["run_id"], told["build_id"]) == ("run-1", "b1")


def test_a_step_that_fails_says_so_in_our_words(settings, receiver):
    with pytest.raises(GateFailed):
        gate(settings, "b1", GateFailed("PUB-ROWS-HALVED on dim_child."))
    assert ends(receiver)[-1] == ("gate", "FAIL", "PUB-ROWS-HALVED on dim_child.")


def test_the_words_of_a_foreign_error_are_not_told(settings, receiver):
    with pytest.raises(KeyError):
        gate(settings, "b1", KeyError("Alfie Example"))
    assert ends(receiver)[-1] == ("gate", "FAIL", "KeyError")
    assert "Alfie" not in json.dumps(receiver.events)


def test_a_delivered_file_becomes_a_dataset_of_raw_and_a_refused_one_nothing(supplier, receiver):
    supplier.deliver("social_care", "2017-05-31", {"header.csv": GOOD, "uasc.csv": "no,header,of,it\n"})
    landed = supplier.land("social_care", "2017-05-31")
    assert [landed[name].status for name in ("header.csv", "uasc.csv")] == ["accepted", "refused"]
    (end,) = [each for each in receiver.events if each["eventType"] == "COMPLETE"]
    assert end["job"]["name"] == "land.ssda903_header"
    (read,), (written,) = end["inputs"], end["outputs"]
    assert read["name"] == str(supplier.home.inbox / "310" / "social_care" / "header.csv")
    assert read["facets"]["version"]["datasetVersion"].startswith("2017-05-31 ")
    assert written["name"] == str(supplier.home.raw / "ssda903_header")
    assert written["outputFacets"]["outputStatistics"]["rowCount"] == 40
    made_of = written["facets"]["columnLineage"]["fields"]
    masked = {column: told["inputFields"][0]["transformations"][0]["masking"] for column, told in made_of.items()}
    assert {column for column, is_masked in masked.items() if is_masked} >= {"child_key", "birth_month"}
    assert masked["sex"] is False and made_of["sex"]["inputFields"][0]["field"] == "SEX"


def test_it_goes_to_a_file_as_well(settings, monkeypatch, tmp_path):
    path = tmp_path / "lineage.jsonl"
    told = {"type": "file", "log_file_path": str(path), "append": True}
    monkeypatch.setenv("AIRFLOW__OPENLINEAGE__TRANSPORT", json.dumps(told))
    gate(settings, "b1")
    assert [json.loads(line)["eventType"] for line in path.read_text().splitlines()] == ["START", "COMPLETE"]


def test_a_receiver_that_is_away_costs_a_line_and_nothing_else(settings, monkeypatch, capsys):
    monkeypatch.setenv("OPENLINEAGE_URL", "http://127.0.0.1:9")
    gate(settings, "b1")
    assert "Lineage was not told (NotReceived)" in capsys.readouterr().err


def test_while_nobody_asks_nothing_of_it_is_loaded(settings):
    program = (
        "import sys; from childrens_warehouse.settings import Settings\n"
        "from childrens_warehouse.observing.steps import observed\n"
        "observed('publish')(lambda settings: None)(Settings.from_environment())\n"
        "print([name for name in sys.modules if name.startswith(('openlineage', 'opentelemetry', 'sqlglot'))])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "WAREHOUSE_HOME": str(settings.home.root), "OPENLINEAGE_URL": ""},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == "[]\n"


MODEL = {
    "unique_id": "model.warehouse.fct",
    "compiled_code": "with a as (select * from c.raw.pupils), b as (select key, upper(name) as said from a)"
    " select b.*, s.urn as school from b join c.marts.dim_school as s on s.key = b.key",
}
SCHEMA = {
    ("raw", "pupils"): {"key": "BIGINT", "name": "VARCHAR"},
    ("marts", "dim_school"): {"key": "BIGINT", "urn": "INTEGER"},
}


def test_columns_are_followed_through_stars_and_subqueries_to_the_tables_that_are_named(tmp_path):
    found = columns.made_of(tmp_path / "lineage", "code-1", [MODEL], SCHEMA)["model.warehouse.fct"]
    assert found == {
        "key": (("raw", "pupils", "key"),),
        "said": (("raw", "pupils", "name"),),
        "school": (("marts", "dim_school", "urn"),),
    }


def test_columns_are_read_anew_only_for_other_code(tmp_path):
    folder = tmp_path / "lineage"
    columns.made_of(folder, "code-1", [MODEL], SCHEMA)
    assert columns.made_of(folder, "code-1", [], {}).keys() == {"model.warehouse.fct"}
    broken = {**MODEL, "compiled_code": "select from where"}
    assert columns.made_of(folder, "code-2", [broken], SCHEMA) == {}
    assert [path.name for path in folder.iterdir()] == ["columns-code-2.json"]


def test_a_ledger_that_cannot_be_written_hides_nothing_of_how_the_step_ended(settings, capsys):
    settings.home.ledger.mkdir()
    with pytest.raises(GateFailed, match="PUB-ROWS-HALVED"):
        gate(settings, "b1", GateFailed("PUB-ROWS-HALVED on dim_child."))
    assert "The ledger could not be told how gate ended (OperationalError)." in capsys.readouterr().err
