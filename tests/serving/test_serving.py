"""A release on the server is the release of the files: whole, keyed, described, and loaded once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import duckdb
import psycopg
import pytest

from childrens_warehouse.errors import BusyError, ConfigurationError, ServingFailed
from childrens_warehouse.publish import views
from childrens_warehouse.serving import names, steps, storing
from childrens_warehouse.serving.access import PUBLISHER
from childrens_warehouse.serving.connecting import connect
from childrens_warehouse.serving.parts import postgres_type
from childrens_warehouse.settings import Settings
from tests.publish import contracts
from tests.serving.conftest import at
from tests.serving.releases import release_of

pytestmark = pytest.mark.slow

MAY = "date '2017-05-31'"


def ask(database: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(database) as connection:
        connection.execute(f"set role {PUBLISHER}")
        return connection.execute(query.encode()).fetchall()


@pytest.fixture
def served(settings: Settings) -> Iterator[steps.Served]:
    release_of(settings)
    yield steps.load(settings)


def test_every_table_of_the_release_is_there_row_for_row(
    settings: Settings, database: str, served: steps.Served
) -> None:
    assert (served.is_new, served.reused) == (True, 0)
    assert ask(database, "select release_id, as_at, known_on, gate_verdict from marts.release") == [
        (served.release_id, dt.date(2017, 5, 31), None, "pass")
    ]
    assert ask(database, "select release_id from marts_aggregate.release") == [(served.release_id,)]
    for schema, file in (("marts", settings.home.marts), ("marts_aggregate", settings.home.marts_aggregate)):
        with duckdb.connect(str(file), read_only=True) as files:
            tables = [name for (name,) in files.execute("select table_name from information_schema.tables").fetchall()]
            for table in set(tables) - {"fct_attendance_session", "release"}:
                ours = files.execute(f"select * from {schema}.{table}").fetchall()
                theirs = ask(database, f"select * from {schema}.{table}")
                assert ours and sorted(theirs, key=repr) == sorted(ours, key=repr), table


def test_single_sessions_come_where_they_are_asked_for(settings: Settings, database: str) -> None:
    release_of(settings)
    steps.load(settings)
    assert ask(database, "select to_regclass('marts.fct_attendance_session')") == [(None,)]
    release_of(settings, says=2)
    steps.load(at(settings, sessions=True))
    assert ask(database, "select count(*) from marts.fct_attendance_session") == [(40,)]


def test_rows_about_persons_are_of_the_authorities_that_were_asked_for_and_figures_of_all(
    settings: Settings, database: str
) -> None:
    counted = "select (select count(*) from marts.{0}), (select count(*) from marts.indicator_value)"
    release_of(settings)
    with duckdb.connect(str(settings.home.marts), read_only=True) as files:
        (code,) = files.execute("select min(authority_code) from marts.dim_child").fetchone() or ("",)
        of_code, figures = files.execute(
            f"select (select count(*) from marts.dim_child where authority_code = '{code}'),"
            " (select count(*) from marts.indicator_value)"
        ).fetchone() or (0, 0)
    steps.load(at(settings, child_level=frozenset()))
    assert ask(database, counted.format("dim_child")) == [(0, figures)]
    assert ask(database, counted.format("fct_attendance_pupil_month"))[0][0] == 0
    assert ask(database, counted.format("indicator_subject"))[0][0] == 0
    release_of(settings, says=2)
    steps.load(at(settings, child_level=frozenset({code})))
    assert ask(database, counted.format("dim_child")) == [(of_code, figures)]
    assert ask(database, "select distinct authority_code from marts.fct_attendance_pupil_month") == [(code,)]


def test_keys_references_and_comments_come_along(database: str, served: steps.Served) -> None:
    keys = ask(
        database,
        "select l.table_name, pg_get_constraintdef(c.oid) from pg_constraint as c join store.loaded as l"
        " on c.conrelid = ('store.' || l.name)::regclass where c.contype in ('p', 'u') order by 1, 2",
    )
    assert ("fct_placement", "PRIMARY KEY (child_key, started_on, authority_code)") in keys
    assert ("fct_review", "UNIQUE NULLS NOT DISTINCT (child_key, review_on, is_held, authority_code)") in keys
    assert len([1 for table, _ in keys if table == "indicator_subject"]) == 2
    # The one to dim_child is at no key of it: a child has a row per stretch of time.
    references = ask(
        database,
        "select l.table_name, t.table_name, c.convalidated from pg_constraint as c"
        " join store.loaded as l on c.conrelid = ('store.' || l.name)::regclass"
        " join store.loaded as t on c.confrelid = ('store.' || t.name)::regclass where c.contype = 'f'",
    )
    assert references == [("fct_placement", "dim_placement_type", True)]
    assert ask(
        database,
        "select obj_description('marts.dim_child'::regclass), col_description('marts.dim_child'::regclass, 4),"
        " obj_description('marts_aggregate.indicator_value'::regclass)",
    ) == [("One row per child and stretch of time; a child's name is nowhere.", "Sex, as the return has it.", None)]
    assert ask(
        database,
        "select a.attname from pg_attribute as a join store.loaded as l on a.attrelid = ('store.' || l.name)::regclass"
        " where l.table_name = 'dim_child' and a.attnotnull and a.attnum > 0 order by a.attnum",
    ) == [("authority_code",), ("child_key",), ("valid_from",)]


def test_the_views_a_release_carries_are_made_over_its_own_tables(
    settings: Settings, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    carried = {
        "indicator_child": {
            "query": "with near as (select child_key, says from fct_placement where is_near) select * from near",
            "comment": "One row per child that is near.",
            "columns": {"child_key": "Child; it's a pseudonym.", "says": "What it says."},
        }
    }
    monkeypatch.setattr(views, "over", lambda tables: carried)
    first = release_of(settings, says=1)
    steps.load(settings)
    release_of(settings, says=2)
    steps.load(settings)
    assert ask(database, "select says, count(*) from marts.indicator_child group by 1") == [(2, 6)]
    then = f"{names.of_release(first).marts}.indicator_child"
    assert ask(database, f"select distinct says from {then}") == [(1,)]
    assert ask(database, "select col_description('marts.indicator_child'::regclass, 1)") == [
        ("Child; it's a pseudonym.",)
    ]


def test_one_date_or_one_child_is_found_without_reading_the_rest(database: str, served: steps.Served) -> None:
    with psycopg.connect(database) as connection:
        connection.execute(f"set role {PUBLISHER}")
        connection.execute("set enable_seqscan = off")

        def explained(query: str) -> str:
            return "\n".join(line for (line,) in connection.execute(f"explain {query}".encode()).fetchall())

        whole = explained("select count(*) from marts.indicator_subject")
        one = explained(f"select count(*) from marts.indicator_subject where as_at = {MAY}")
        assert (whole.count("indicator_subject_"), one.count("on indicator_subject_")) >= (2, 1)
        assert one.count(" on indicator_subject_") == 1
        month = explained("select * from marts.fct_attendance_pupil_month where session_month = date '2017-04-01'")
        assert month.count(" on fct_attendance_pupil_month_") == 1
        child = explained("select * from marts.fct_placement where child_key = 3")
        assert "Index Cond: (child_key = 3)" in child
        figures = explained(f"select * from marts_aggregate.indicator_value where as_at = {MAY} and dimension = 'all'")
        assert "Index Cond: ((as_at = '2017-05-31'::date) AND (dimension = 'all'::text))" in figures
        wholes = explained("select * from marts_aggregate.indicator_value where dimension = 'all'")
        assert "dimension_indicator_id" in wholes and "Index Cond: (dimension = 'all'::text)" in wholes


def test_the_files_hold_figures_in_the_order_of_the_questions(settings: Settings, served: steps.Served) -> None:
    for file in (settings.home.marts, settings.home.marts_aggregate):
        with duckdb.connect(str(file), read_only=True) as connection:
            found = connection.execute("select dimension, indicator_id, as_at from indicator_value").fetchall()
        assert found == sorted(found)


def test_what_did_not_change_is_not_loaded_again(settings: Settings, database: str, served: steps.Served) -> None:
    again = steps.load(settings)
    assert (again.tables, again.rows, again.is_new) == (0, 0, False)

    release_of(settings, may=2)
    second = steps.load(settings)

    copied = ask(
        database,
        "select table_name, partition_date from store.loaded"
        " where name in (select name from store.release_table group by name having count(*) = 1)"
        f" and name in (select name from store.release_table where release_id = '{second.release_id}') order by 1",
    )
    assert copied == [
        ("fct_attendance_pupil_month", dt.date(2017, 5, 1)), ("indicator_subject", dt.date(2017, 5, 31)),
    ]  # fmt: skip
    assert (second.tables, second.rows) == (2, 45)
    assert second.reused == served.tables - 2
    assert ask(database, "select distinct says from marts.fct_attendance_pupil_month order by 1") == [(0,), (2,)]


def test_a_table_that_stayed_is_checked_against_the_new_one_it_points_at(settings: Settings, database: str) -> None:
    release_of(settings)
    steps.load(settings)
    release_of(settings, more="insert into marts.dim_placement_type values ('H5', 'Semi-independent');")
    second = steps.load(settings)
    assert second.tables == 1
    pointed = ask(database, "select count(*) from pg_constraint where contype = 'f' and convalidated"
                  " and conname like 'refers%'")  # fmt: skip
    assert pointed == [(2,)]


@pytest.mark.parametrize(
    ("spoilt", "told"),
    [
        (
            "insert into marts.fct_placement select * from marts.fct_placement limit 1;",
            "fct_placement could not be stored",
        ),
        ("delete from marts.dim_placement_type where placement_type_code = 'K2';", "fct_placement points at rows of"),
    ],
)
def test_a_release_that_is_not_what_its_tests_found_is_not_shown(
    settings: Settings, database: str, served: steps.Served, spoilt: str, told: str
) -> None:
    release_of(settings, more=spoilt)
    with pytest.raises(ServingFailed, match=told) as caught:
        steps.load(settings)
    assert "K2" not in str(caught.value) and "2016" not in str(caught.value)
    assert ask(database, "select release_id from marts.release") == [(served.release_id,)]


def test_that_its_disk_is_full_is_said(
    settings: Settings, served: steps.Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server's words for a page that it wrote half of; real disks are filled by the fault suite."""

    def wrote_half(*told: object) -> None:
        raise psycopg.errors.DiskFull("could not extend file: wrote only 4096 of 8192 bytes at block 0")

    release_of(settings, says=2)
    monkeypatch.setattr(storing, "fill", wrote_half)
    with pytest.raises(ServingFailed, match=r"broke off \(its disk is full: .*it shows what it showed before"):
        steps.load(settings)


def test_nothing_of_a_row_stays_on_the_disk_on_its_way(settings: Settings, served: steps.Served) -> None:
    assert not (settings.home.build / "postgresql").exists()


def test_two_loads_do_not_meet(settings: Settings, served: steps.Served) -> None:
    with connect(settings) as other:
        other.execute("select pg_advisory_lock(310013)")
        with pytest.raises(BusyError, match="Another load of"):
            steps.load(settings)
    steps.load(settings)


def test_off_or_without_a_release_nothing_happens(settings: Settings) -> None:
    with pytest.raises(ConfigurationError, match="WAREHOUSE_POSTGRES_URL is blank"):
        steps.load(Settings.from_environment())
    with pytest.raises(ServingFailed, match="Nothing is published"):
        steps.load(settings)
    with pytest.raises(ServingFailed, match="There is no release 2001-01-01-aaaaaaaa"):
        steps.load(settings, "2001-01-01-aaaaaaaa")


def test_a_transaction_that_began_before_the_load_finds_the_new_tables_filled(
    settings: Settings, database: str, served: steps.Served
) -> None:
    """DuckDB and others read in one snapshot: to it, rows that were loaded as usual would not be there yet."""
    with psycopg.connect(database) as reader:
        reader.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        reader.execute(f"set role {PUBLISHER}")
        assert reader.execute("select distinct says from marts.dim_child").fetchall() == [(1,)]
        release_of(settings, says=2)
        steps.load(settings)
        assert reader.execute("select says, count(*) from marts.dim_child group by 1").fetchall() == [(2, 30)]


def test_every_view_that_releases_carry_is_one_that_postgresql_takes(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        for view in views.described():
            for table in views.reads(view["name"]):
                shape = ", ".join(
                    f"{name} {postgres_type(kind.upper())}" for name, kind in contracts.columns(table).items()
                )
                connection.execute(f"create table if not exists {table} ({shape})".encode())
            connection.execute(f"create view {view['name']} as {views.query(view['name'])}".encode())
            assert connection.execute(f"select * from {view['name']}".encode()).fetchall() == []
