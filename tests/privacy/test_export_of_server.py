"""What an export says of the releases on a PostgreSQL server."""

from __future__ import annotations

import csv
import dataclasses
import shutil
from pathlib import Path

import pytest

from childrens_warehouse.build.steps import build
from childrens_warehouse.privacy import finding
from childrens_warehouse.privacy.subject import exporting
from childrens_warehouse.publish.steps import publish
from childrens_warehouse.serving import steps as serving
from childrens_warehouse.settings import PostgresSettings, Settings
from tests.build import small_warehouse
from tests.privacy.conftest import HEADER, OLD, UPNS, YOUNG
from tests.serving.conftest import database, server  # noqa: F401 - fixtures


def release(settings: Settings) -> str:
    """Publish what is in force, and load it."""
    done = publish(settings, build(settings, "test").build_id)
    serving.load(settings)
    return done.release_id


def exported(settings: Settings, to: Path) -> dict[str, list[dict[str, str]]]:
    """The tables of the layer."""
    exporting.export(settings, "310", f"child_id:{OLD}", to, "J. Smith", "Request 17")
    return {
        path.stem: list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
        for path in (to / "postgresql").glob("*.csv")
    }


@pytest.mark.slow
def test_the_server_is_asked_for_rows_that_no_file_has(keeper, tmp_path, monkeypatch, database):  # noqa: F811
    small_warehouse.install(monkeypatch.setattr)
    # Figures tell of nobody, and the server wants more columns of them than the small ones have.
    monkeypatch.setitem(small_warehouse.SQL, "indicators", "select 1")
    monkeypatch.setattr(
        small_warehouse, "TABLES", tuple(name for name in small_warehouse.TABLES if name != "indicator_value")
    )
    settings = dataclasses.replace(keeper.settings, postgres=PostgresSettings(database))
    first = release(settings)
    found = exported(settings, tmp_path / "first")
    assert found == {"releases": [{"release": first, "is_current": "True", "rows": "as listed in layer releases"}]}
    header = HEADER + f"{OLD},2,17/06/1940,WBRI,{UPNS[0]},,\n{YOUNG},2,18/06/2005,WBRI,,,\n"
    keeper.deliver("social_care", "2017-06-02", {"header.csv": header})
    keeper.land("social_care", "2017-06-02")
    second = release(settings)
    shutil.rmtree(settings.home.releases / first)
    found = exported(settings, tmp_path / "second")
    assert [(row["release"], row["rows"]) for row in found.pop("releases")] == [
        (second, "as listed in layer releases"), (first, "as listed here"),
    ]  # fmt: skip
    assert [(row["in_release"], row["sex"]) for row in found["dim_child"]] == [(first, "1")]
    assert len(found["fct_attendance_pupil_month"]) == 1
    # Nobody else's rows, nor rows that the files have.
    own = {str(key) for key in finding.find(settings, "310", f"child_id:{OLD}").keys}
    for rows in found.values():
        assert {row["in_release"] for row in rows} == {first}
        assert all({row.get("child_key"), row.get("pupil_key")} & own for row in rows)
