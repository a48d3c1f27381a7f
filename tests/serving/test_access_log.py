"""Who reads rows about children is in the server's log, however it is done, and `warehouse readings` finds it."""

from __future__ import annotations

import datetime as dt
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from childrens_warehouse.errors import ConfigurationError
from childrens_warehouse.serving import access, access_log, readers
from childrens_warehouse.serving.access_log import Reading
from childrens_warehouse.serving.local import LocalServer, free_port
from childrens_warehouse.serving.readers import Role
from tests.serving.access_release import ABOUT_PERSONS, NAMES, as_login, granted, load, make_current
from tests.serving.conftest import FAST

pytestmark = pytest.mark.slow

RELEASE = "2017-05-31-cccccccc"
PLACEMENTS = "select child_key from marts.fct_placement"


@pytest.fixture(scope="module")
def address(module_database: str) -> str:
    make_current(module_database, load(module_database, RELEASE, more=60_000))
    with psycopg.connect(module_database, autocommit=True) as connection:
        readers.apply(
            connection,
            [
                granted("north", Role.CHILD_READER, "310", "North"),
                granted("south", Role.CHILD_READER, "310", "South"),
                granted("auditor", Role.AUDITOR),
            ],
        )
    return module_database


Told = Callable[[], list[Reading]]


@pytest.fixture
def told(server: LocalServer, address: str) -> Told:
    """What the log says of readings in this database since the test began."""
    before = set(access_log.readings(server.log))
    database = psycopg.conninfo.conninfo_to_dict(address)["dbname"]
    return lambda: [
        each for each in access_log.readings(server.log) if each not in before and each.database == database
    ]


def read(connection: psycopg.Connection[Any], statement: str) -> None:
    connection.execute(statement.encode()).fetchall()


def test_a_reading_tells_who_what_when_and_from_where(address: str, told: Told) -> None:
    with as_login(address, "north", application_name='Power BI "x"\n LOG:  y') as connection:
        read(connection, PLACEMENTS)
    (reading,) = told()
    assert (reading.reader, reading.table, reading.release_id) == ("north", "fct_placement", RELEASE)
    assert reading.application.startswith('Power BI "x"')
    assert abs((dt.datetime.now(dt.UTC) - reading.at).total_seconds()) < 60


@pytest.mark.parametrize("name", NAMES)
def test_tables_about_persons_are_logged_and_no_others(address: str, told: Told, name: str) -> None:
    with as_login(address, "north") as connection:
        read(connection, f"select count(*) from marts.{name}")
    assert [each.table for each in told()] == ([name] if name in ABOUT_PERSONS else [])


@pytest.mark.parametrize(
    "statement",
    [
        "select count(*) from marts.fct_attendance_pupil_month",
        "select max(pupil_key) from marts.fct_attendance_pupil_month",
        "select 1 from marts.fct_attendance_pupil_month limit 1",
        "select exists (select 1 from marts.fct_attendance_pupil_month where pupil_key = 1001)",
        "select a.pupil_key from marts.fct_attendance_pupil_month as a, marts.fct_attendance_pupil_month as b",
        "select (select count(*) from marts.fct_attendance_pupil_month where pupil_key = t.n) from"
        " generate_series(1000, 1050) as t (n)",
        "with t as materialized (select * from marts.fct_attendance_pupil_month) select * from t",
        "select t.team_name, p.pupil_key from marts.dim_team as t left join lateral"
        " (select * from marts.fct_attendance_pupil_month limit 1) as p on true",
        "table marts.fct_attendance_pupil_month",
    ],
)
def test_a_statement_and_table_is_one_reading_however_it_is_asked(address: str, told: Told, statement: str) -> None:
    with as_login(address, "north") as connection:
        read(connection, statement)
    assert [each.table for each in told()] == ["fct_attendance_pupil_month"]


def test_a_copy_is_a_reading(address: str, told: Told) -> None:
    statement = f"copy ({PLACEMENTS}) to stdout".encode()
    with as_login(address, "north") as connection, connection.cursor().copy(statement) as copy:
        assert len(list(copy)) == 3
    assert len(told()) == 1


def test_several_tables_of_one_statement_are_several_readings(address: str, told: Told) -> None:
    with as_login(address, "north") as connection:
        read(connection, "select * from marts.fct_placement join marts.dim_child using (authority_code, child_key)")
    assert [each.table for each in told()] == ["dim_child", "fct_placement"]
    assert len({each.at for each in told()}) == 1


def test_a_view_over_views_shows_the_own_children_and_is_a_reading_of_each(address: str, told: Told) -> None:
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("set role warehouse_publisher")
        connection.execute(
            "create view marts.over_both as select p.child_key, d.sex_code from marts.fct_placement as p"
            " left join marts.dim_child as d using (authority_code, child_key)"
        )
        connection.execute("grant select on marts.over_both to warehouse_child_reader")
    with as_login(address, "north") as connection:
        seen = connection.execute(
            "select child_key from marts.over_both where sex_code is not null order by 1"
        ).fetchall()
    assert seen == [(1,), (2,), (3,)]
    assert [each.table for each in told()] == ["dim_child", "fct_placement"]


def test_rolling_back_does_not_undo_it(address: str, told: Told) -> None:
    with as_login(address, "north") as connection:
        connection.execute("begin")
        read(connection, PLACEMENTS)
        connection.execute("rollback")
    assert len(told()) == 1


def test_a_transaction_that_may_not_write_is_logged_all_the_same(address: str, told: Told) -> None:
    with as_login(address, "north") as connection:
        connection.execute("begin transaction isolation level serializable read only deferrable")
        read(connection, PLACEMENTS)
        connection.execute("commit")
    assert len(told()) == 1


def test_an_error_after_the_first_row_does_not_hide_it(address: str, told: Told) -> None:
    with as_login(address, "north") as connection, pytest.raises(psycopg.errors.DivisionByZero):
        read(connection, "select 1 / (child_key - 2) from marts.fct_placement")
    assert len(told()) == 1


@pytest.mark.parametrize("mode", ["force_generic_plan", "force_custom_plan", "auto"])
def test_a_prepared_statement_is_logged_each_time(address: str, told: Told, mode: str) -> None:
    with as_login(address, "north", options=f"-c plan_cache_mode={mode}") as connection:
        connection.execute(f"prepare mine (bigint) as {PLACEMENTS} where child_key = $1".encode())
        for _ in range(7):  # a generic plan is kept from the sixth time on
            read(connection, "execute mine (1)")
    assert len(told()) == 7


def test_a_plan_kept_by_a_function_is_logged_each_time(address: str, told: Told) -> None:
    with as_login(address, "north") as connection:
        for _ in range(7):
            connection.execute(f"{PLACEMENTS} where child_key = %s".encode(), [1], prepare=True).fetchall()
    assert len(told()) == 7


def test_a_cursor_is_logged_when_it_first_yields_rows(address: str, told: Told) -> None:
    with as_login(address, "north") as connection:
        connection.execute("begin")
        connection.execute(f"declare mine cursor with hold for {PLACEMENTS}".encode())
        read(connection, "fetch 1 from mine")
        read(connection, "fetch 2 from mine")
        connection.execute("commit")
    assert len(told()) == 1


def test_rows_read_by_several_workers_are_one_reading(address: str, told: Told) -> None:
    eager = " ".join(
        f"-c {name}=0" for name in ("parallel_setup_cost", "parallel_tuple_cost", "min_parallel_table_scan_size")
    )
    with as_login(address, "south", options=eager) as connection:
        plan = connection.execute("explain select count(*) from marts.indicator_subject").fetchall()
        read(connection, "select count(*) from marts.indicator_subject")
    assert "Parallel Seq Scan" in str(plan)
    assert len(told()) == 1


def test_a_plan_that_is_only_shown_reads_nothing(address: str, told: Told) -> None:
    with as_login(address, "north") as connection:
        read(connection, f"explain {PLACEMENTS}")
    assert told() == []


def test_the_readers_own_statement_is_not_repeated(address: str, server: LocalServer) -> None:
    size = server.log.stat().st_size
    with as_login(address, "north") as connection:
        read(connection, f"{PLACEMENTS} where placement_type_code <> 'a value that was asked for'")
    said = server.log.read_bytes()[size:].decode()
    assert "fct_placement" in said
    assert "a value that was asked for" not in said


def test_readers_can_switch_nothing_off(address: str, told: Told) -> None:
    for setting in ("client_min_messages = error", "search_path = pg_temp", "check_function_bodies = off"):
        with as_login(address, "north") as connection:
            connection.execute(f"set {setting}".encode())
            read(connection, PLACEMENTS)
    assert len(told()) == 3


def line(**changes: Any) -> str:
    told = {
        "reader": "north", "table": "fct_placement", "release": RELEASE, "application": "", "database": "warehouse",
        "session": 4711, "at": "2017-06-01T08:00:00.5",
    }  # fmt: skip
    return f"warehouse_reading {json.dumps({**told, **changes})}"


def test_the_three_forms_of_the_log_tell_the_same(tmp_path: Path) -> None:
    quoted = line().replace('"', '""')
    (tmp_path / "a.json").write_text(
        json.dumps({"user": "north", "pid": 4711, "error_severity": "LOG", "message": line()}) + "\n"
    )
    (tmp_path / "b.csv").write_text(
        f'2017-06-01 08:00:00.500 UTC,"north","warehouse",4711,"[local]",592f,3,"SELECT",'
        f'2017-06-01 08:00:00 UTC,3/4,0,LOG,00000,"{quoted}",,,,,"PL/pgSQL function",,,,"","client backend",,0\n'
    )
    (tmp_path / "c.log").write_text(
        f"2017-06-01 08:00:00.501 UTC [4711] LOG:  {line()}\n"
        "2017-06-01 08:00:00.501 UTC [4711] CONTEXT:  PL/pgSQL function access.note_reading(text,text) line 3\n"
    )
    for name in ("a.json", "b.csv", "c.log"):
        (reading,) = access_log.readings(tmp_path / name)
        assert (reading.reader, reading.table, reading.session) == ("north", "fct_placement", 4711)
    # The same reading, kept in three ways, is one.
    assert len(access_log.readings(tmp_path)) == 1


def test_a_server_writes_each_form_as_it_is_read() -> None:
    with tempfile.TemporaryDirectory(prefix="pg-") as folder:
        Path(folder).chmod(0o755)
        server = LocalServer(Path(folder) / "s", free_port())
        forms = {"log_destination": "stderr,csvlog,jsonlog", "logging_collector": "on", "log_directory": "said"}
        server.start({**FAST, **forms})
        try:
            with psycopg.connect(server.address(), autocommit=True) as connection:
                access.prepare(connection)
                connection.execute("select access.note_reading('fct_placement', 'r')")
        finally:
            server.stop()
        files = sorted((server.data / "said").iterdir())
        assert [file.suffix for file in files] == [".csv", ".json", ".log"]
        told = [access_log.readings(file) for file in files]
        assert told[0] == told[1] == told[2] == access_log.readings(server.data / "said")
        assert [(each.reader, each.table) for each in told[0]] == [("postgres", "fct_placement")]


def test_a_line_that_a_reader_made_up_is_not_believed(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(
        json.dumps({"user": "south", "pid": 4711, "error_severity": "LOG", "message": line()})
        + "\n"
        + json.dumps({"user": "south", "pid": 1, "error_severity": "LOG", "message": line()})
        + "\n"
        + json.dumps({"user": "south", "pid": 4711, "error_severity": "ERROR", "message": line()})
        + "\n"
    )
    (reading,) = access_log.readings(tmp_path / "a.json")
    assert reading.reader == "south"
    (tmp_path / "c.log").write_text(
        f"2017-06-01 08:00:00.501 UTC [4711] ERROR:  x 2017-06-01 08:00:00.501 UTC [4711] LOG:  {line()}\n"
        "2017-06-01 08:00:00.501 UTC [4711] STATEMENT:  select 1;\n"
        f"\t2017-06-01 08:00:00.501 UTC [4711] LOG:  {line()}\n"
        f"2017-06-01 08:00:00.501 UTC [4712] LOG:  {line()}\n"
        "2017-06-01 08:00:00.501 UTC [4711] LOG:  warehouse_reading {}\n"
    )
    assert access_log.readings(tmp_path / "c.log") == []


def test_a_log_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="WAREHOUSE_POSTGRES_LOG"):
        access_log.readings(tmp_path / "nothing")
