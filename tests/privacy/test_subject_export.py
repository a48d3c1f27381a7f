"""Everything that is held on one person, and nothing of who anybody else is: on a home that only landed."""

from __future__ import annotations

import csv
import json
import stat
from pathlib import Path

import pytest
from typer.testing import CliRunner

from childrens_warehouse.cli import app
from childrens_warehouse.errors import WarehouseError
from childrens_warehouse.ledger import Ledger
from childrens_warehouse.privacy import finding
from childrens_warehouse.privacy.subject import exporting
from childrens_warehouse.settings import Settings
from tests.privacy.conftest import KNOWN_TO_SCHOOLS, OLD, PUPILS, UPNS, YOUNG

NHS_NUMBER = "943 476 5919"


@pytest.fixture
def delivered(keeper):
    """Beside the good rows one that is refused, and a file nobody can split, both of the person."""
    rows = PUPILS + (
        f"{UPNS[0].lower()},,{OLD},Canary,Yellowbird,1940-06-17,1,WBRI,HA1 1AA,N,,N,{NHS_NUMBER}\n"
        f"{UPNS[0]},,{OLD},Canary,Yellowbird,17/06/1940,1,WBRI,HA1 1AA,N,,N,\n"
        + "".join(f"{upn},,,Other,Redbird,1940-06-20,2,WBRI,HA3 3AA,N,,N,\n" for upn in UPNS[1:3])
        + "".join(f"A3102701{n:05},,,Crowd,Greybird,2005-01-01,2,WBRI,HA3 3AA,N,,N,\n" for n in range(30))
    )
    keeper.deliver("education", "2017-06-02", {"pupils.csv": rows})
    keeper.deliver("education", "2017-06-03", {"pupils.csv": f'"upn",{UPNS[0]}\n'})
    outcomes = {day: keeper.land("education", day)["pupils.csv"] for day in ("2017-06-02", "2017-06-03")}
    assert outcomes["2017-06-02"].rows_refused == 1 and outcomes["2017-06-03"].status == "refused"
    return keeper


def export(settings: Settings, to: Path, whom: str = f"child_id:{OLD}") -> exporting.Export:
    return exporting.export(settings, "310", whom, to, "J. Smith", "Subject access request 17")


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as handle:
        return list(csv.DictReader(handle))


def text_of(folder: Path) -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*")) if path.is_file())


def lines_with(folder: Path, *texts: str) -> list[str]:
    """Lines of originals that have one of these, found without the warehouse."""
    lines = [line for path in folder.rglob("*.csv") for line in path.read_text().splitlines()[1:]]
    return [line for line in lines if set(line.lower().split(",")) & {text.lower() for text in texts}]


def test_it_has_every_row_with_where_it_came_from(delivered, tmp_path):
    done = export(delivered.settings, tmp_path / "export")
    archived = sum(len(read(path)) for path in (tmp_path / "export" / "archive").glob("*.csv"))
    assert archived == done.rows["archive"] == len(lines_with(delivered.home.archive, UPNS[0], OLD)) == 7
    places = [(row["file"], int(row["row"])) for row in read(tmp_path / "export" / "archive" / "pupils.csv")]
    for file, number in places:
        assert UPNS[0].lower() in (delivered.home.root / file).read_text().splitlines()[number - 1].lower()
    # All but the refused row were taken in.
    assert done.rows["raw"] == archived - 1 and done.rows["quarantine"] == 1
    (refused,) = read(tmp_path / "export" / "quarantine" / "refused_rows.csv")
    assert (refused["rule"], refused["column"]) == ("CELL-UNREADABLE", "date_of_birth")
    names = {row["surname"] for row in read(tmp_path / "export" / "restricted" / "pupils_persons.csv")}
    values = {row["value"] for row in read(tmp_path / "export" / "restricted" / "identities.csv")}
    assert names == {"Yellowbird"} and {OLD, UPNS[0], NHS_NUMBER} <= values
    assert {row["rule"] for row in read(tmp_path / "export" / "links" / "identities.csv")} & {"social_care_id", "upn"}


def test_a_file_that_cannot_be_taken_apart_is_named_and_not_handed_on(delivered, tmp_path):
    export(delivered.settings, tmp_path / "export")
    (withheld,) = json.loads((tmp_path / "export" / "manifest.json").read_text())["withheld"]
    assert "2017-06-03" in withheld["what"] and "cannot be taken apart" in withheld["why"]
    assert "2017-06-03" in (tmp_path / "export" / "index.html").read_text()


def test_nobody_elses_identity_is_in_it(delivered, tmp_path):
    export(delivered.settings, tmp_path / "export")
    told = text_of(tmp_path / "export")
    assert "Yellowbird" in told
    for other in ("Redbird", "Bluebird", "Greybird", KNOWN_TO_SCHOOLS, UPNS[2], "1940-06-20", "2005-06-18"):
        assert other not in told, other
    others = finding.find(delivered.settings, "310", f"child_id:{YOUNG}")
    assert not [key for key in others.keys if str(key) in told]


def test_where_carers_live_is_redacted_and_said(delivered, tmp_path):
    export(delivered.settings, tmp_path / "export")
    (episode,) = read(tmp_path / "export" / "archive" / "ssda903_episodes.csv")
    assert episode["pl_post"] == "[redacted: where carers live]" and episode["home_post"] == "HA1 1AA"
    redacted = json.loads((tmp_path / "export" / "manifest.json").read_text())["redacted"]
    assert {"layer": "archive", "table": "ssda903_episodes", "column": "pl_post", "tells_of": "where carers live",
            "cells": 1} in redacted  # fmt: skip


def test_a_number_of_somebody_else_in_the_persons_row_is_redacted(keeper, tmp_path):
    rows = PUPILS + f"{UPNS[0]},{UPNS[3]},{YOUNG},Canary,Yellowbird,1940-06-17,1,WBRI,HA1 1AA,N,,N,\n"
    keeper.deliver("education", "2017-06-02", {"pupils.csv": rows})
    keeper.land("education", "2017-06-02")
    export(keeper.settings, tmp_path / "export", "name:canary yellowbird:1940-06-17")
    cells = {row["child_id"] for row in read(tmp_path / "export" / "archive" / "pupils.csv")}
    assert cells == {OLD, "[redacted: somebody else]"}


@pytest.mark.parametrize(
    "whom", [f"upn:{UPNS[0].lower()}", f"nhs_number:{NHS_NUMBER}", "name:Canary Yellowbird:1940-06-17", "-"]
)
def test_a_person_is_found_by_any_of_what_they_are_known_by(keeper, whom, monkeypatch):
    import io

    monkeypatch.setattr("sys.stdin", io.StringIO(f"child_id:{OLD}\n"))
    expected = finding.find(keeper.settings, "310", f"child_id:{OLD}")
    assert finding.find(keeper.settings, "310", whom) == expected and len(expected.identities) == 2


@pytest.mark.parametrize(
    ("whom", "says"),
    [
        ("upn:B000000000000", "its form or its check digit is wrong"),
        ("child_id:424242", "Nobody of authority 310 is known by this child_id"),
        ("shoe size:42", "Say by what"),
        ("name:Canary Yellowbird:soon", "with the date of birth"),
    ],
)
def test_who_is_not_known_is_not_repeated(keeper, whom, says):
    with pytest.raises(WarehouseError, match=says) as refused:
        finding.find(keeper.settings, "310", whom)
    assert whom.partition(":")[2] not in str(refused.value)


def test_it_is_for_its_owner_alone_and_noted_without_a_name(delivered, tmp_path):
    to = tmp_path / "export"
    done = CliRunner().invoke(
        app,
        ["subject-export", f"child_id:{OLD}", "--authority", "310", "--to", str(to), "--by", "A", "--reason", "B"],
    )
    assert done.exit_code == 0, done.output
    for path in (to, *to.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
    (event,) = Ledger(delivered.home.ledger).query("select * from access_event")
    assert event["action"] == "subject export" and event["reference"] in (to / "index.html").read_text()
    told = json.loads(event["detail"])
    assert set(told) == {"reason", "authority", "rows"} and (told["reason"], event["decided_by"]) == ("B", "A")
    again = CliRunner().invoke(
        app,
        ["subject-export", f"child_id:{OLD}", "--authority", "310", "--to", str(to), "--by", "A", "--reason", "B"],
    )
    assert "is there already" in str(again.exception)
