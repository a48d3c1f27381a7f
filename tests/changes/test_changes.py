"""What changed between two releases is told row by row, each with its reason; what did not change is not told."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import pytest
from typer.testing import CliRunner

from childrens_warehouse.build import steps
from childrens_warehouse.build.candidate import Workspace
from childrens_warehouse.changes.compare import Side, compare
from childrens_warehouse.cli import app
from childrens_warehouse.errors import WarehouseError
from childrens_warehouse.publish.grain import grains
from childrens_warehouse.publish.steps import Release, publish
from childrens_warehouse.settings import Settings, parse_instant
from tests.build import small_warehouse

MAY_31, JUNE_1 = dt.date(2017, 5, 31), dt.date(2017, 6, 1)

# Child 6 turns out to be child 7 in June; reviews are counted per child in a table without lineage.
CORE = """
create or replace table marts.fct_withdrawal as select * from raw.withdrawal;
create or replace table marts.fct_review as
    select _authority_code as authority_code,
        case when child_key = 6 and (select as_at from raw.night) > date '2017-05-31' then 7 else child_key end
            as child_key,
        review as held_on, review_code as participation_code, _source_file as source_file, _source_row as source_row
    from raw.ssda903_reviews;
create or replace table marts.fct_reviewed_child as
    select authority_code, child_key, count(*) as review_count from marts.fct_review group by all;
"""
GRAINS = {
    "fct_review": ["authority_code", "child_key", "held_on"],
    "fct_reviewed_child": ["authority_code", "child_key"],
    "fct_attendance_session": ["authority_code", "pupil_key", "school_urn", "session_month"],
    "fct_attendance_pupil_month": ["authority_code", "pupil_key", "session_month"],
}
BEFORE = [(1, "2017-04-03", "PN1"), (2, "2017-04-04", "PN1"), (3, "2017-04-05", "PN1"), (6, "2017-04-06", "PN1")]
AFTER = [
    (1, "2017-04-03", "PN1"), (2, "2017-04-04", "PN2"), (6, "2017-04-06", "PN1"), (4, "2017-03-20", "PN1"),
    (5, "2017-06-01", "PN1"),
]  # fmt: skip


@pytest.fixture
def home(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    tables = tuple(sorted((*small_warehouse.TABLES, "fct_withdrawal", "fct_reviewed_child")))
    monkeypatch.setattr(small_warehouse, "TABLES", tables)
    monkeypatch.setitem(small_warehouse.SQL, "core", small_warehouse.SQL["core"] + CORE)
    monkeypatch.setattr(small_warehouse.Suites, "suite_for", lambda told: told.table.name)
    monkeypatch.setenv("WAREHOUSE_HOME", str(settings.home.root))
    tests = {
        table: {
            "resource_type": "test",
            "attached_node": f"model.childrens_warehouse.{table}",
            "test_metadata": {
                "name": "unique_sessions" if table.endswith("session") else "unique_combination_of_columns",
                "kwargs": {"columns": columns},
            },
        }
        for table, columns in GRAINS.items()
    }
    for at in (None, parse_instant("2017-05-31")):
        workspace = Workspace.of(dataclasses.replace(settings, known_on=at)).create()
        workspace.dbt.mkdir(exist_ok=True)
        (workspace.dbt / "manifest.json").write_text(json.dumps({"nodes": tests}), encoding="utf-8")
    return settings


def deliver(settings: Settings, night: dt.date, reviews: list[tuple[int, str, str]]) -> None:
    rows: list[Mapping[str, Any]] = [
        {"child_key": child, "review": dt.date.fromisoformat(day), "review_code": code} for child, day, code in reviews
    ]
    small_warehouse.deliver(settings, "ssda903_reviews", rows, night, "collection_year:2018")


def released(settings: Settings) -> Release:
    return publish(settings, steps.build(settings, "run").build_id)


def rows(settings: Settings, older: str, newer: str, what: str, where: str = "true") -> list[tuple[Any, ...]]:
    connection = duckdb.connect()
    compare(connection, settings, Side.of(settings, older), Side.of(settings, newer))
    return connection.execute(f"select {what} from changes where {where} order by all").fetchall()


def two_nights(settings: Settings) -> None:
    deliver(settings, MAY_31, BEFORE)
    small_warehouse.deliver(settings, "attendance", small_warehouse.marks(MAY_31), MAY_31, "school_date")
    released(settings)
    deliver(settings, JUNE_1, AFTER)
    # a register of May is corrected, and one of June comes
    small_warehouse.deliver(settings, "attendance", small_warehouse.marks(MAY_31, mark="O"), JUNE_1, "school_date")
    small_warehouse.deliver(settings, "attendance", small_warehouse.marks(JUNE_1, pupils=2), JUNE_1, "school_date")
    released(settings)


def test_every_row_that_differs_is_told_with_its_reason(home: Settings) -> None:
    two_nights(home)
    told = rows(home, "previous", "current", "child_key, change, reason, columns_changed", "table_name = 'fct_review'")
    assert told == [
        (2, "changed", "corrected", "participation_code"),
        (3, "removed", "withdrawn", None),
        (4, "added", "late", None),
        (5, "added", "new", None),
        (6, "removed", "linked", None),
        (7, "added", "linked", None),
    ]


def test_a_change_says_when_it_happened_and_when_it_became_known(home: Settings) -> None:
    two_nights(home)
    known = dt.datetime(2017, 6, 1, 22)
    assert rows(
        home, "previous", "current", "child_key, happened_on, known_at, dataset, row_key",
        "table_name = 'fct_review' and reason in ('late', 'withdrawn')",
    ) == [
        (3, dt.date(2017, 4, 5), known, "ssda903_reviews", "authority_code=310, child_key=3, held_on=2017-04-05"),
        (4, dt.date(2017, 3, 20), known, "ssda903_reviews", "authority_code=310, child_key=4, held_on=2017-03-20"),
    ]  # fmt: skip


def test_a_table_that_is_derived_changes_in_consequence(home: Settings) -> None:
    two_nights(home)
    told = rows(home, "previous", "current", "child_key, change, reason", "table_name = 'fct_reviewed_child'")
    assert told == [(child, change, "consequence") for child, change in (
        (3, "removed"), (4, "added"), (5, "added"), (6, "removed"), (7, "added"),
    )]  # fmt: skip


def test_partitions_that_are_alike_are_not_opened(home: Settings) -> None:
    small_warehouse.deliver_two_months(home)
    released(home)
    small_warehouse.deliver(home, "attendance", small_warehouse.marks(MAY_31, mark="O"), JUNE_1, "school_date")
    second = released(home)
    april = home.home.releases / second.release_id / "fct_attendance_session/authority_code=310"
    assert {path.name for path in april.iterdir()} == {"session_month=2017-04-01", "session_month=2017-05-01"}
    for release in (home.home.releases).glob("*"):
        (release / "fct_attendance_session/authority_code=310/session_month=2017-04-01/part.parquet").unlink()
    told = rows(
        home, "previous", "current", "change, columns_changed, count(*)",
        "table_name = 'fct_attendance_session' group by all",
    )  # fmt: skip
    assert told == [("changed", "mark", 60)]


def test_a_build_as_known_stands_beside_what_is_published(home: Settings) -> None:
    two_nights(home)
    then = released(dataclasses.replace(home, known_on=parse_instant("2017-05-31")))
    assert Side.of(home, "current").release_id != then.release_id
    assert rows(home, then.release_id, then.release_id, "*") == []
    told = rows(home, then.release_id, "current", "child_key, reason", "table_name = 'fct_review'")
    assert told == [(2, "corrected"), (3, "withdrawn"), (4, "late"), (5, "new"), (6, "linked"), (7, "linked")]


def test_the_command_counts_and_writes_the_rows_for_the_owner_alone(home: Settings, tmp_path: Path) -> None:
    two_nights(home)
    target = tmp_path / "changes.csv"
    done = CliRunner().invoke(app, ["changes", "--table", "fct_review", "--to", str(target)])
    assert done.exit_code == 0, done.output
    assert "fct_review" in done.output and "withdrawn" in done.output and "fct_reviewed_child" not in done.output
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert len(target.read_text(encoding="utf-8").splitlines()) == 7


def test_a_file_that_cannot_be_written_is_named(home: Settings, tmp_path: Path) -> None:
    two_nights(home)
    done = CliRunner().invoke(app, ["changes", "--to", str(tmp_path / "nowhere" / "changes.csv")])
    assert isinstance(done.exception, WarehouseError) and "nowhere/changes.csv cannot be written" in str(done.exception)


def test_releases_and_tables_that_are_not_there_are_named(home: Settings) -> None:
    two_nights(home)
    with pytest.raises(WarehouseError, match="no release 2016-01-01-none"):
        Side.of(home, "2016-01-01-none")
    both = Side.of(home, "previous"), Side.of(home, "current")
    with pytest.raises(WarehouseError, match="a table fct_nothing"):
        compare(duckdb.connect(), home, *both, only=["fct_nothing"])


def test_the_grain_is_what_the_uniqueness_test_names(home: Settings) -> None:
    found = grains(Workspace.of(home).dbt / "manifest.json")
    assert found["fct_review"] == ("authority_code", "child_key", "held_on")
    assert found["fct_attendance_session"][-2:] == ("session_date", "session_code")
    assert grains(Path("nowhere.json")) == {}
