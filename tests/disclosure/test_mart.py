"""The tables for everybody: what rows and columns say, what the gate finds, and who may open the file."""

from __future__ import annotations

import dataclasses
import datetime as dt
import stat
from pathlib import Path

import duckdb
import pytest

from childrens_warehouse.disclosure import judging, mart
from childrens_warehouse.disclosure.figures import Figures
from childrens_warehouse.disclosure.profiles import LOCAL, NHS, Profile
from childrens_warehouse.disclosure.protect import Protection, protect
from childrens_warehouse.errors import GateError
from childrens_warehouse.publish import aggregate
from childrens_warehouse.quality.judge import Verdict
from childrens_warehouse.settings import Settings

Database = duckdb.DuckDBPyConnection
FIGURES = "marts_aggregate.indicator_value"
MAY = dt.date(2017, 5, 31)
APRIL = dt.date(2017, 4, 30)
COUNTS = {"female": 3, "male": 40, "unknown": 0}


@pytest.fixture
def candidate() -> Database:
    """Two days of a count by sex, and a share; a column that nobody named is `invented`."""
    connection = duckdb.connect()
    connection.execute("create schema marts")
    connection.execute(
        "create table marts.indicator as select unnest(['a_count', 'a_pct']) as indicator_id, 1 as definition_version,"
        " 1 as decimals, unnest(['count', 'percent']) as unit, 'on_day' as counted"
    )
    connection.execute(
        "create table marts.indicator_value (authority_code varchar, indicator_id varchar, definition_version integer,"
        " as_at date, period varchar, dimension varchar, member varchar, numerator bigint, denominator bigint,"
        " value double, display varchar, unit varchar, disclosure varchar, target double, previous double,"
        " invented double)"
    )
    for as_at, more in ((APRIL, 10), (MAY, 0)):
        add(connection, "a_count", as_at, "all", "all", sum(COUNTS.values()) + more)
        for member, count in COUNTS.items():
            add(connection, "a_count", as_at, "sex", member, count + more * (member == "female"))
        for member, part, of in (("all", 20, 50), ("female", 8, 20), ("male", 12, 30), ("unknown", 0, 0)):
            add(connection, "a_pct", as_at, "all" if member == "all" else "sex", member, part, of)
    return connection


def add(connection: Database, name: str, as_at: dt.date, dimension: str, member: str, *counts: int) -> None:
    numerator, denominator = (*counts, None)[:2]
    value = numerator if denominator is None else 100 * numerator / denominator if denominator else None
    connection.execute(
        "insert into marts.indicator_value values ('310', ?, 1, ?, 'snapshot', ?, ?, ?, ?, ?, ?, ?, ?, 7, 5, 9)",
        [name, as_at, dimension, member, numerator, denominator, value, str(value),
         "percent" if len(counts) > 1 else "count", "not_available" if value is None else "open"],
    )  # fmt: skip


def told(connection: Database, columns: str, name: str = "a_count", as_at: dt.date = MAY) -> dict:
    rows = connection.execute(
        f"select member, {columns} from marts_aggregate.indicator_value where indicator_id = ? and as_at = ?",
        [name, as_at],
    ).fetchall()
    return {member: rest[0] if len(rest) == 1 else rest for member, *rest in rows}


def test_a_small_count_and_one_beside_it_are_hidden_with_all_they_say(candidate: Database) -> None:
    mart.create(candidate, LOCAL, None)
    assert told(candidate, "disclosure") == {
        "all": "open", "female": "suppressed", "male": "suppressed", "unknown": "open",
    }  # fmt: skip
    assert told(candidate, "numerator, value, display, previous, invented, target")["female"] == [None] * 5 + [7.0]
    assert set(told(candidate, "disclosure", as_at=APRIL).values()) == {"open"}
    assert told(candidate, "disclosure", "a_pct") == {
        "all": "open", "female": "open", "male": "open", "unknown": "not_available",
    }  # fmt: skip
    assert candidate.execute(
        "select member, reason from disclosure.indicator_suppression order by member"
    ).fetchall() == [("female", "primary"), ("male", "secondary")]


def test_a_member_left_alone_takes_its_slice_with_it(candidate: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever chose the rows: 43 less 40 would tell of the three."""
    monkeypatch.setattr(mart, "protect", _hiding_nothing_beside)
    mart.create(candidate, LOCAL, None)
    assert told(candidate, "disclosure") == {
        "all": "open", "female": "suppressed", "male": "suppressed", "unknown": "suppressed",
    }  # fmt: skip
    # also on the day that gave nothing away: a difference of two days may
    assert told(candidate, "disclosure", as_at=APRIL)["male"] == "suppressed"
    assert set(told(candidate, "disclosure", "a_pct").values()) == {"open", "not_available"}
    judgement = judging.judge(candidate, LOCAL)
    assert judgement is not None and judgement.verdict is Verdict.PASS


def _hiding_nothing_beside(figures: Figures, profile: Profile) -> Protection:
    protection = protect(figures, profile)
    return dataclasses.replace(protection, hidden=protection.small)


def test_what_nobody_named_is_shown_only_of_figures_that_were_never_hidden(
    candidate: Database,
) -> None:
    mart.create(candidate, LOCAL, None)
    assert told(candidate, "previous, invented", as_at=APRIL)["female"] == [5.0, None]
    assert told(candidate, "previous, invented")["all"] == [5.0, 9.0]


def test_slices_of_events_are_told_of_financial_years_alone(candidate: Database) -> None:
    candidate.execute("insert into marts.indicator values ('events', 1, 1, 'count', 'by_event')")
    candidate.execute("alter table marts.indicator_value add column previous_year double")
    for as_at in (dt.date(2016, 3, 31), dt.date(2017, 3, 31), MAY):
        for dimension, member in (("all", "all"), ("sex", "female"), ("sex", "male")):
            candidate.execute(
                "insert into marts.indicator_value values ('310', 'events', 1, ?, 'year_to_date', ?, ?, ?, null, 1,"
                " '1', 'count', 'open', 7, 5, 9, 8)",
                [as_at, dimension, member, 60 if member == "all" else 30],
            )  # fmt: skip
    mart.create(candidate, LOCAL, None)
    shown = candidate.execute(
        f"select as_at, member, previous, previous_year from {FIGURES} where indicator_id = 'events' order by all"
    ).fetchall()
    assert shown == [
        (dt.date(2016, 3, 31), "all", 5.0, 8.0),
        (dt.date(2016, 3, 31), "female", 5.0, 8.0),
        (dt.date(2016, 3, 31), "male", 5.0, 8.0),
        (dt.date(2017, 3, 31), "all", 5.0, 8.0),
        (dt.date(2017, 3, 31), "female", 5.0, 8.0),
        (dt.date(2017, 3, 31), "male", 5.0, 8.0),
        (MAY, "all", 5.0, 8.0),
    ]
    assert judging.judge(candidate, LOCAL).verdict is Verdict.PASS  # type: ignore[union-attr]
    assert not candidate.execute(f"select 1 from {mart.SUPPRESSION} where indicator_id = 'events'").fetchall()
    # a whole is never left out, nor is a slice on a day
    candidate.execute(f"delete from {FIGURES} where indicator_id = 'events' and member = 'all' and as_at = '{MAY}'")
    assert judging.judge(candidate, LOCAL).verdict is Verdict.FAIL  # type: ignore[union-attr]


def test_the_rule_of_the_nhs_rounds_what_it_shows(candidate: Database) -> None:
    mart.create(candidate, NHS, None)
    assert told(candidate, "numerator, value, display, previous, target")["all"] == [45, 45.0, "45.0", None, 7.0]
    assert told(candidate, "numerator, denominator, value, display", "a_pct")["male"] == [
        10,
        30,
        pytest.approx(100 / 3),
        "33.3",
    ]
    assert judging.judge(candidate, NHS).verdict is Verdict.PASS  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("spoil", "rule"),
    [
        (f"update {FIGURES} set numerator = 3, disclosure = 'open' where member = 'female'", "PUB-AGGREGATE-SMALL"),
        (f"update {FIGURES} set previous = 3 where disclosure = 'suppressed'", "PUB-AGGREGATE-BLANK"),
        (f"update {FIGURES} set numerator = 40, disclosure = 'open' where member = 'male'", "PUB-AGGREGATE-REST"),
        (f"delete from {FIGURES} where member = 'unknown'", "PUB-AGGREGATE-ROWS"),
        ("create table marts_aggregate.fct_visit as select 1 as child_key", "PUB-AGGREGATE-TABLES"),
    ],
)  # fmt: skip
def test_the_gate_refuses_what_gives_away(candidate: Database, spoil: str, rule: str) -> None:
    mart.create(candidate, LOCAL, None)
    assert judging.judge(candidate, LOCAL).verdict is Verdict.PASS  # type: ignore[union-attr]
    candidate.execute(spoil)
    judgement = judging.judge(candidate, LOCAL)
    assert judgement and judgement.verdict is Verdict.FAIL
    assert rule in [each.rule for each in judgement.failed]


def test_the_gate_cannot_judge_figures_that_nobody_suppressed(candidate: Database) -> None:
    with pytest.raises(GateError, match="no suppressed ones"):
        judging.judge(candidate, LOCAL)


def released(settings: Settings, candidate: Database, profile: Profile = LOCAL) -> Path:
    mart.create(candidate, profile, None)
    folder = settings.home.releases / "2017-05-31-abc"
    folder.mkdir()
    manifest = {
        "release_id": folder.name, "as_at": "2017-05-31", "known_on": None,
        "published_at": "2017-06-01T02:00:00+00:00",
        "gate": {"verdict": "pass"}, "inputs": {"fingerprint": "abc", "files": []},
        "code": {"versions": {"childrens-warehouse": "0"}},
        "aggregate": aggregate.write(candidate, folder, profile, dt.date(2017, 5, 31)),
    }  # fmt: skip
    path = aggregate.ensure(settings, manifest)
    assert path
    aggregate.switch(settings, aggregate.prepare(settings, path))
    aggregate.let_pass(settings)
    return folder


def test_the_file_for_everybody_holds_two_tables_and_no_child(settings: Settings, candidate: Database) -> None:
    candidate.execute("create table marts.fct_visit as select 1 as child_key")
    folder = released(settings, candidate)
    with duckdb.connect(str(settings.home.marts_aggregate), read_only=True) as connection:
        columns = connection.execute(
            "select table_name, column_name from duckdb_columns() where not internal"
        ).fetchall()
        assert {table for table, _ in columns} == {
            "indicator", "indicator_value", "release", "release_authority", "release_source",
        }  # fmt: skip
        assert not [column for _, column in columns if column.endswith("_key")]
        assert connection.execute("select count(*) from marts_aggregate.indicator_value").fetchone() == (16,)
        assert connection.execute(
            "select count(*) from duckdb_tables() where table_name = 'indicator_suppression'"
        ).fetchone() == (0,)
    assert {path.name for path in (folder / "aggregate").iterdir()} == {"indicator.parquet", "indicator_value.parquet"}


def test_a_release_without_one_takes_the_file_away(settings: Settings, candidate: Database) -> None:
    released(settings, candidate)
    aggregate.switch(settings, None)
    assert not settings.home.marts_aggregate.exists()


def test_the_wider_group_passes_to_its_file_and_lists_nothing(settings: Settings, candidate: Database) -> None:
    import grp
    import os

    group = grp.getgrgid(os.getgid()).gr_name
    released(dataclasses.replace(settings, aggregate_readers_group=group), candidate)
    home = settings.home.create()
    assert stat.S_IMODE(home.marts_aggregate.stat().st_mode) == 0o640
    assert stat.S_IMODE(home.root.stat().st_mode) == 0o711
    assert stat.S_IMODE(home.published.stat().st_mode) == 0o751
    assert stat.S_IMODE(home.releases.stat().st_mode) == 0o750
    aggregate.let_pass(settings)
    assert stat.S_IMODE(home.root.stat().st_mode) == 0o710


def test_the_next_release_follows_what_was_shown_before(settings: Settings, candidate: Database) -> None:
    folder = released(settings, candidate)
    candidate.execute(f"copy marts.indicator_value to '{folder / 'indicator_value.parquet'}'")
    # Nobody is few any more; but male stays as it was hidden.
    candidate.execute(
        "update marts.indicator_value set numerator = numerator + 4"
        f" where indicator_id = 'a_count' and member in ('all', 'female') and as_at = '{MAY}'"
    )
    mart.create(candidate, LOCAL, None)
    assert set(told(candidate, "disclosure").values()) == {"open"}
    mart.create(candidate, LOCAL, folder)
    assert told(candidate, "disclosure")["male"] == "suppressed"
