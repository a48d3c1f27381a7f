"""The ledger's views say what happened, and asking them changes nothing."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io

import pytest
from typer.testing import CliRunner

from childrens_warehouse.cli import app
from childrens_warehouse.datasets import ALL
from childrens_warehouse.ledger import Ledger
from childrens_warehouse.ledger_views import LedgerQueryError, open_ledger, query, rows
from childrens_warehouse.ledger_views.schema_change import Change, ColumnChange, compare
from childrens_warehouse.settings import Settings
from tests.quality.invented_ledger import LAST_NIGHT

MORNING = dt.datetime(2017, 6, 1, 9, tzinfo=dt.UTC)


def ask(settings: Settings, statement: str, now: dt.datetime = MORNING) -> list[tuple[object, ...]]:
    with open_ledger(settings, now) as connection:
        return query(connection, statement)[1]


def record(settings: Settings, day: dt.date, status: str = "accepted", at: str | None = None, **values: object) -> None:
    """One file event of a list of schools, as landing records it."""
    told = {
        "run_id": "test", "night": day, "authority": "310", "source": "education", "extract_date": day,
        "dataset": "schools", "file_name": "schools.csv", "status": status, "scope": "full", "rows_read": 100,
        "rows_loaded": 100, "rows_refused": 0, "sha256": hashlib.sha256(f"{day}{values}".encode()).hexdigest(),
        "generated_at": f"{day}T23:00:00+00:00",
    }  # fmt: skip
    ledger = Ledger(settings.home.ledger)
    ledger.record_file(**{**told, **values})
    if at:
        ledger.query(
            "update file_event set recorded_at = ? where event_id = (select max(event_id) from file_event)", [at]
        )
    ledger.record_source_night("test", day, "education", {"late": [], "as_of": {}, "refused": [], "files": 1})


def day(number: int) -> dt.date:
    return dt.date(2017, 5, number)


def test_an_empty_home_has_every_view_and_no_row(settings):
    with open_ledger(settings) as connection:
        for view in (
            "file_event", "source_night", "gate_event", "build_event", "release_event", "refused_row", "refused_file",
            "refused_row_file", "dataset_night", "build", "gate_rule", "file_volume", "dataset_freshness",
            "schema_change",
        ):  # fmt: skip
            assert connection.execute(f"select count(*) from {view}").fetchone() == (0,), view


def test_every_night_of_every_dataset_is_there_once(troubled):
    found = ask(troubled, "select count(*), count(distinct (authority, dataset, night)) from dataset_night")
    assert found == [(60 * len(ALL), 60 * len(ALL))]


def test_what_became_of_a_file(troubled):
    became = dict(ask(troubled, f"select dataset, became from dataset_night where night = date '{LAST_NIGHT}'"))
    assert became["ssda903_header"] == "waiting", "its publication was held"
    assert became["ssda903_reviews"] == "refused"
    assert became["health_assessments"] == "no folder"
    released = ask(
        troubled,
        "select d.dataset, d.became, d.first_release = r.release_id from dataset_night as d, release_event as r "
        "where d.night = date '2017-05-29' and r.release_id like '2017-05-29%' "
        "and d.dataset in ('schools', 'attendance') order by 1",
    )
    # held since: what was published on the 29th is still there, and the next night's list waits
    assert [row[0] for row in released] == ["attendance", "schools"]
    assert all(row[2] for row in released)


def test_a_file_is_replaced_by_stamp_and_not_by_arrival(settings):
    ledger = Ledger(settings.home.ledger)
    record(settings, day(2), at="2017-05-03T04:00:00+00:00")
    record(settings, day(1), at="2017-05-03T05:00:00+00:00")
    ledger.record_build("b", "b1", "begin", "done", {"as_at": "2017-05-02"})
    ledger.record_release("b", "b1", "2017-05-02-b1", {"known_on": None})
    assert ask(settings, "select night, became, first_release from dataset_night order by 1") == [
        (day(1), "superseded", None),
        (day(2), "published", "2017-05-02-b1"),
    ]


def test_what_was_published_is_told_although_the_clock_of_landing_was_ahead(settings):
    ledger = Ledger(settings.home.ledger)
    record(settings, day(1), at="2031-01-01T00:00:00+00:00")
    ledger.record_build("b", "b1", "begin", "done", {"as_at": "2017-05-01", "last_event": ledger.last_file_event()})
    ledger.record_release("b", "b1", "2017-05-01-b1", {"known_on": None})
    assert ask(settings, "select night, became from dataset_night") == [(day(1), "published")]


def test_a_night_that_an_older_one_overtook_is_late(settings):
    for number in range(1, 4):
        record(settings, day(number), generated_at=f"2017-05-1{number}T00:00:00+00:00")
    record(settings, day(4), generated_at="2017-05-12T12:00:00+00:00")
    assert ask(settings, "select as_of, state, nights_missed, last_status from dataset_freshness") == [
        (day(3), "late", 1, "overtaken")
    ]


def test_a_run_that_finds_a_folder_as_it_was_says_nothing_new_of_it(settings):
    record(settings, day(1), rows_new=7)
    (known,) = Ledger(settings.home.ledger).query("select sha256 from file_event")
    record(settings, day(1), "unchanged", sha256=known["sha256"], rows_unchanged=100)
    assert ask(settings, "select status, rows_new from dataset_night") == [("accepted", 7)]


def test_a_dataset_is_late_since_it_was_due(settings):
    for number in range(1, 4):
        record(settings, day(number))
    record(settings, day(4), "missing")
    record(settings, day(5), "missing")
    of_schools = "select as_of, state, late_since, nights_missed, last_status from dataset_freshness"
    assert ask(settings, of_schools) == [(day(3), "late", dt.datetime(2017, 5, 5, 5), 2, "missing")]
    before = dt.datetime(2017, 5, 5, 4, 30, tzinfo=dt.UTC)
    assert [row[1] for row in ask(settings, of_schools, before)] == ["awaited"]
    record(settings, day(5))
    assert [row[1] for row in ask(settings, of_schools)] == ["on time"]


def test_a_list_that_came_once_is_not_late_while_complete_folders_leave_it_out(settings):
    record(settings, day(1))
    record(settings, day(2), "missing")
    record(settings, day(3), "missing")
    assert ask(settings, "select state from dataset_freshness") == [("on time",)]
    record(settings, day(2))
    record(settings, day(3))
    record(settings, day(4), "missing")
    assert ask(settings, "select state from dataset_freshness") == [("late",)]


def test_a_weekly_dataset_is_late_on_its_own_day_only(settings):
    for number in range(1, 29):
        record(settings, day(number), "accepted" if number % 7 == 1 else "missing")
    assert ask(settings, "select state from dataset_freshness") == [("on time",)]
    record(settings, day(29), "missing")
    assert ask(settings, "select state, nights_missed from dataset_freshness") == [("late", 1)]


def test_no_register_is_expected_on_a_first_weekend(settings):
    for number in range(15, 22):  # Monday to Sunday
        for dataset in ("attendance", "schools"):
            record(settings, day(number), "accepted" if number < 20 else "missing", dataset=dataset)
    assert ask(settings, "select dataset, state from dataset_freshness order by 1") == [
        ("attendance", "on time"),
        ("schools", "late"),
    ]


def test_a_file_that_came_after_it_was_due_was_late(settings):
    record(settings, day(1), at="2017-05-02T04:59:00+00:00")
    record(settings, day(2), at="2017-05-03T05:01:00+00:00")
    record(settings, day(3), night=day(4), at="2017-05-05T04:00:00+00:00")
    record(settings, day(4), at="2026-05-05T04:00:00+00:00")  # a night run long afterwards: its stamp tells
    assert ask(settings, "select is_late from dataset_night order by night") == [(False,), (True,), (True,), (False,)]


@pytest.mark.parametrize(("size", "rule"), [(1000, "VOLUME-UNUSUAL"), (990, None), (10, "VOLUME-UNUSUAL"), (11, None)])
def test_a_volume_is_unusual_from_tenfold_or_a_tenth_on(settings, size, rule):
    for number in range(1, 5):
        record(settings, day(number))
    record(settings, day(5), rows_read=size)
    assert ask(settings, "select rule from file_volume order by generated_at desc limit 1") == [(rule,)]


def test_volumes_are_compared_by_stamp(settings):
    """The first file landed was generated last."""
    record(settings, day(9), rows_read=5000)
    for number in range(1, 5):
        record(settings, day(number))
    assert ask(settings, "select extract_date from file_volume where rule is not null") == [(day(9),)]


def test_held_builds_and_rules_that_could_not_be_judged_are_told_apart(troubled):
    found = ask(troubled, "select state, count(*) from build where state <> 'published' group by state order by 1")
    assert found == [("could not judge", 1), ("held", 3)]
    assert ask(troubled, "select distinct rule, table_name, severity from gate_rule") == [
        ("PUB-ROWS-HALVED", "dim_school", "critical")
    ]


def test_a_changed_header_is_told_with_what_it_was(troubled):
    assert ask(troubled, "select dataset, extract_date, change, was, column_name from schema_change") == [
        ("pupils", dt.date(2017, 5, 29), "renamed", "former_upn", "former_upn_no")
    ]


@pytest.mark.parametrize(
    ("before", "after", "unreadable", "changes"),
    [
        (["a", "b"], ["a", "b"], [], []),
        (["a", "b"], ["a", "b", "c"], [], [(Change.ADDED, "c", None)]),
        (["a", "b"], ["a"], [], [(Change.REMOVED, "b", None)]),
        (["a", "DECOM"], ["a", "DATE_DECOM"], [], [(Change.RENAMED, "DATE_DECOM", "DECOM")]),
        (["CHILD", "b"], ["Child", "b"], [], [(Change.RENAMED, "Child", "CHILD")]),
        (["a", "DECOM"], ["a", "zz"], [], [(Change.REMOVED, "DECOM", None), (Change.ADDED, "zz", None)]),
        (["a", "b", "c"], ["a", "c", "b"], [], [(Change.REORDERED, "c", None)]),
        (["a", "b"], ["a", "b"], ["b"], [(Change.RETYPED, "b", None)]),
        # the nearest names belong together, each once
        (
            ["start_date", "end_date"], ["end_date_1", "start_dat"], [],
            [(Change.RENAMED, "start_dat", "start_date"), (Change.RENAMED, "end_date_1", "end_date"),
             (Change.REORDERED, "end_date_1", None)],
        ),
    ],
)  # fmt: skip
def test_two_headers_compared(before, after, unreadable, changes):
    assert set(compare(before, after, unreadable)) == {ColumnChange(*change) for change in changes}


@pytest.mark.parametrize(
    "statement",
    [
        "delete from file_event",
        "copy file_event to 'somewhere.csv'",
        "select 1; select 2",
        "select * from read_csv('/etc/hostname')",
        "attach 'somewhere.duckdb'",
        "select nothing from file_event",
    ],
)
def test_only_one_select_is_answered(troubled, statement):
    with open_ledger(troubled) as connection, pytest.raises(LedgerQueryError):
        query(connection, statement)


def test_the_commands_print_what_the_views_hold(troubled, monkeypatch):
    monkeypatch.setenv("WAREHOUSE_HOME", str(troubled.home.root))
    said = CliRunner().invoke(app, ["ledger", "--csv", "select count(*) as nights from source_night"])
    assert said.output == "nights\n180\n"
    with open_ledger(troubled) as connection:
        (expected,) = rows(
            connection, "select count(*) as n from refused_row where state = 'open' and rule = 'SPELL-REVERSED'"
        )
    listed = CliRunner().invoke(app, ["quarantine", "--rule", "SPELL-REVERSED", "--csv"]).output
    found = list(csv.DictReader(io.StringIO(listed)))
    assert len(found) == expected["n"] > 0
    assert {row["rule"] for row in found} == {"SPELL-REVERSED"} and {row["state"] for row in found} == {"open"}
    assert "row_key" not in found[0] and "register" not in found[0]
    everything = CliRunner().invoke(app, ["quarantine", "--all", "--csv"]).output
    assert ",resolved," in everything and ",resolved," not in listed
    of_reviews = CliRunner().invoke(app, ["quarantine", "--dataset", "ssda903_reviews"]).output
    assert "FILE-COLUMNS" in of_reviews and "1 files refused whole, 0 rows" in of_reviews
