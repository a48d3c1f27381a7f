"""Who may read what: tried with logins of their own, as a reader who means no good would."""

from __future__ import annotations

import datetime as dt
from typing import Any

import psycopg
import pytest

from childrens_warehouse.errors import ConfigurationError
from childrens_warehouse.serving import access, access_classes, readers
from childrens_warehouse.serving.access_classes import Rows
from childrens_warehouse.serving.names import ReleaseSchemas
from childrens_warehouse.serving.readers import Role
from tests.serving.access_release import (
    ABOUT_PERSONS,
    MOVED,
    NAMES,
    NORTH,
    TABLES,
    as_login,
    granted,
    load,
    make_current,
    make_former,
    table,
)  # fmt: skip

pytestmark = pytest.mark.slow

EARLIER, LATER = "2017-04-30-aaaaaaaa", "2017-05-31-bbbbbbbb"


READERS = (
    granted("north", Role.CHILD_READER, "310", "North"),
    granted("south", Role.CHILD_READER, "310", "South"),
    granted("both", Role.CHILD_READER, "310", "North"),
    granted("both", Role.CHILD_READER, "310", "South"),
    granted("everyone", Role.CHILD_READER, "310", "*"),
    granted("elsewhere", Role.CHILD_READER, "846", "North"),
    granted("region", Role.CHILD_READER, "310", "*"),
    granted("region", Role.CHILD_READER, "846", "*"),
    granted("public_figures", Role.AGGREGATE_READER),
    granted("auditor", Role.AUDITOR),
)


@pytest.fixture(scope="module")
def releases(module_database: str) -> tuple[ReleaseSchemas, ReleaseSchemas]:
    """Two releases, the later one current; child 7 was North's in the earlier one."""
    earlier = make_current(module_database, load(module_database, EARLIER, dt.date(2017, 4, 30), moved_to="North"))
    earlier = make_former(module_database, earlier)
    later = make_current(module_database, load(module_database, LATER, more=3_000))
    with psycopg.connect(module_database, autocommit=True) as connection:
        readers.apply(connection, READERS)
        connection.execute("create role nobody_in_particular login")
    return earlier, later


@pytest.fixture(scope="module")
def address(releases: object, module_database: str) -> str:
    return module_database


def children(connection: psycopg.Connection[Any], relation: str) -> set[int]:
    return {key for (key,) in connection.execute(f"select child_key from {relation}".encode()).fetchall()}


def refused(connection: psycopg.Connection[Any], statement: str) -> str:
    """The message with which the server refuses a statement for want of a right."""
    with pytest.raises(psycopg.errors.InsufficientPrivilege) as caught:
        connection.execute(statement.encode())
    return str(caught.value)


@pytest.mark.parametrize(
    ("login", "seen"),
    [
        ("north", {1, 2, 3}),
        ("south", {4, 5, 6, 7}),
        ("both", {1, 2, 3, 4, 5, 6, 7}),
        ("everyone", {1, 2, 3, 4, 5, 6, 7}),
        ("elsewhere", {8, 9}),
    ],
)
def test_a_reader_sees_the_children_of_the_own_teams_and_no_others(address: str, login: str, seen: set[int]) -> None:
    with as_login(address, login) as connection:
        assert children(connection, "marts.fct_placement") == seen
        assert children(connection, "marts.dim_child") - {-1} == seen
        pupils = {key for (key,) in connection.execute("select pupil_key from marts.fct_attendance_pupil_month")}
        unknown_to_social_care = {1050} if login == "everyone" else set()
        assert pupils == {child + 1000 for child in seen} | unknown_to_social_care


def test_a_child_who_left_the_team_is_not_seen_in_earlier_releases_either(
    address: str, releases: tuple[ReleaseSchemas, ReleaseSchemas]
) -> None:
    earlier, _ = releases
    for name in NAMES:
        with as_login(address, "north") as connection:
            found = connection.execute(f"select * from {earlier.marts}.{name}".encode()).fetchall()
        assert all(MOVED not in row and MOVED + 1000 not in row for row in found if name in ABOUT_PERSONS), name
    with as_login(address, "north") as connection:
        assert children(connection, f"{earlier.marts}.fct_placement") == set(NORTH)


def test_workers_of_facts_are_known_and_caseloads_are_the_teams(address: str) -> None:
    with as_login(address, "north") as connection:
        lost = connection.execute(
            "select count(*) from marts.fct_allocation"
            " left join marts.dim_worker as w using (authority_code, worker_key) where w.worker_key is null"
        ).fetchone()
        assert lost == (0,)
        assert connection.execute(
            "select subject_key from marts.indicator_subject where indicator_id = 'caseload'"
        ).fetchall() == [(91,)]
        findings = connection.execute("select rule_code from marts.fct_data_quality_finding order by 1").fetchall()
        assert findings == [("100",), ("P1",)]


def test_figures_are_the_whole_and_the_own_teams(address: str) -> None:
    figures = "select authority_code, dimension, member from marts.indicator_value order by 1, 2, 3"
    with as_login(address, "north") as connection:
        assert connection.execute(figures).fetchall() == [("310", "all", "all"), ("310", "team", "North")]
        assert connection.execute("select * from marts.indicator_suppression").fetchall() == []
        assert connection.execute("select * from marts.fct_adopter").fetchall() == []
    with as_login(address, "everyone") as connection:
        assert len(connection.execute(figures).fetchall()) == 4
        assert connection.execute("select * from marts.indicator_suppression").fetchall()
        assert connection.execute("select * from marts.fct_adopter").fetchall()


def test_a_regions_figures_are_for_who_sees_all_its_authorities(
    address: str, releases: tuple[ReleaseSchemas, ReleaseSchemas]
) -> None:
    """Or the reader of one of two would subtract."""
    seen = {"north": set(), "elsewhere": set(), "everyone": {"Here"}, "region": {"Here", "Both"}}
    for schema in ("marts", releases[0].marts):
        for login, regions in seen.items():
            with as_login(address, login) as connection:
                for name in ("regional_indicator_value", "regional_ranking"):
                    found = connection.execute(f"select region from {schema}.{name}".encode()).fetchall()
                    assert {region for (region,) in found} == regions, (login, name)
                members = connection.execute(f"select * from {schema}.bridge_region_authority".encode()).fetchall()
                assert len(members) == 3


def test_readers_of_figures_and_auditors_read_no_row_about_a_child(
    address: str, releases: tuple[ReleaseSchemas, ReleaseSchemas]
) -> None:
    for login in ("public_figures", "auditor", "north"):
        with as_login(address, login) as connection:
            assert connection.execute("select numerator from marts_aggregate.indicator_value").fetchall() == [(7,)]
    for schema in ("marts", releases[0].marts):
        with as_login(address, "public_figures") as connection:
            assert "schema" in refused(connection, f"select * from {schema}.fct_placement")
        for name in ABOUT_PERSONS:
            with as_login(address, "auditor") as connection:
                refused(connection, f"select * from {schema}.{name}")
    with as_login(address, "auditor") as connection:
        assert connection.execute("select reason from marts.indicator_suppression").fetchall() == [("small",)]
        assert ("north", "child_reader", "310", "North", "J. Smith") in connection.execute(
            "select login, role, authority_code, team_name, decided_by from access.reader"
        ).fetchall()
        connection.execute("select who, what, about from access.event")


def test_who_is_nobodys_reader_does_not_even_connect(address: str) -> None:
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(address, user="nobody_in_particular")


@pytest.mark.parametrize(
    "statement",
    [
        "select * from store.fct_placement_marts_2017_05_31_bbbbbbbb_0",
        "select * from access.reader",
        "select * from access.event",
        "select * from access.team_person",
        "select * from access.own_persons('child')",
        "select access.note_reading('', '')",
        "delete from access.shown",
        "create table public.mine (a int)",
        "create table marts.mine (a int)",
        "create temporary table mine (a int)",
        "create schema mine",
        "create view marts.mine as select 1 as a",
        "create function marts.mine() returns int language sql as 'select 1'",
        "create function pg_temp.mine() returns int language sql as 'select 1'",
        "create operator marts.=== (leftarg = int, rightarg = int, function = int4eq)",
        "do $$ begin raise log 'warehouse_reading {}'; end $$",
        "set session authorization south",
        "set role south",
        "set role warehouse_publisher",
        "set row_security = off; select * from store.dim_child_marts_2017_05_31_bbbbbbbb_0",
        "set log_min_messages = panic",
        "set session_replication_role = replica",
        "select lo_from_bytea(0, 'a')",
        "select pg_advisory_lock(1)",
        "select pg_try_advisory_xact_lock_shared(1, 1)",
        "select lo_import('/etc/passwd')",
        "select pg_read_file('/etc/passwd')",
        "select * from pg_statistic",
        "copy (select 1) to program 'cat'",
        "copy (select 1) to '/dev/null'",
        "alter table marts.fct_placement owner to north",
        "create or replace function access.note_reading(text, text) returns boolean language sql as 'select true'",
        "alter function access.note_reading(text, text) reset all",
        "begin; lock table marts.fct_placement in access exclusive mode",
    ],
)
def test_a_reader_may_not(address: str, statement: str) -> None:
    with as_login(address, "north") as connection:
        refused(connection, statement)


def test_a_reader_changes_nothing(address: str) -> None:
    with as_login(address, "everyone") as connection:
        may = connection.execute(
            "select string_agg(relname, ', ') from pg_class as c inner join pg_namespace as n on n.oid = c.relnamespace"
            " where n.nspname !~ '^(pg_|information_schema)'"
            " and has_table_privilege(c.oid, 'insert, update, delete, truncate, references, trigger')"
        ).fetchone()
    assert may == (None,)


def test_there_is_no_way_to_another_server(address: str) -> None:
    with as_login(address, "north") as connection:
        assert connection.execute("select extname from pg_extension").fetchall() == [("plpgsql",)]
        assert connection.execute("select count(*) from pg_foreign_data_wrapper").fetchone() == (0,)


def test_taking_a_group_on_changes_nothing(address: str) -> None:
    with as_login(address, "north") as connection:
        for role in (access.CHILD_READER, access.AGGREGATE_READER):
            connection.execute(f"set role {role}".encode())
            if role == access.CHILD_READER:
                assert children(connection, "marts.fct_placement") == set(NORTH)
            connection.execute("reset role")


def test_what_a_condition_raises_never_speaks_of_another_teams_child(address: str) -> None:
    """The classic attack: a condition of the reader's that fails, and quotes, where it meets a row."""
    attacks = (
        "select 1 from marts.fct_placement where 1 / (child_key - 4) >= 0",
        "select 1 from marts.fct_placement where (case when child_key = 4 then 1 / (child_key - 4) else 1 end) = 1",
        "select 1 from marts.fct_placement where cast(replace(placement_type_code, 'K4', 'x') as int) is null",
        "select 1 from marts.fct_attendance_pupil_month where 1 / (pupil_key - 1004) >= 0",
        "select 1 from marts.fct_placement order by 1 / (child_key - 4)",
        "select sum(1 / (child_key - 4)) from marts.fct_placement",
        "select 1 from marts.fct_placement as p"
        " where exists (select 1 from marts.dim_child as c where 1 / (c.child_key - 4) = 5)",
        "select 1 from marts.dim_child as c full join marts.fct_placement as p on 1 / (c.child_key - 4) = p.child_key"
        " and c.child_key = p.child_key",
    )
    with as_login(address, "south") as connection, pytest.raises(psycopg.errors.DivisionByZero):
        connection.execute(attacks[0].encode())  # they do meet the rows one may see
    for attack in attacks:
        with as_login(address, "north") as connection:
            try:
                connection.execute(attack.encode()).fetchall()
            except psycopg.errors.InvalidTextRepresentation as error:
                assert '"K1"' in str(error) or '"K2"' in str(error) or '"K3"' in str(error)


def test_an_expression_of_the_readers_own_search_path_is_never_called(address: str) -> None:
    """Views, policies and the function name what they call by number or in pg_catalog."""
    with as_login(address, "north", options="-c search_path=marts,pg_temp,pg_catalog") as connection:
        assert children(connection, "fct_placement") == set(NORTH)
        settings = connection.execute(
            "select proconfig, prosecdef from pg_proc where proname = 'note_reading'"
        ).fetchone()
    assert settings is not None
    assert "search_path=pg_catalog, pg_temp" in settings[0]
    assert settings[1]


def test_statistics_of_columns_are_not_told(address: str) -> None:
    for login in ("north", "everyone", "auditor"):
        with as_login(address, login) as connection:
            told = connection.execute(
                "select * from pg_stats where schemaname not in ('pg_catalog', 'information_schema')"
            )
            assert told.fetchall() == []
            assert connection.execute("select * from pg_stats_ext").fetchall() == []


@pytest.mark.parametrize("known", [4, MOVED])
def test_a_plan_does_not_tell_of_a_child_whose_key_one_knows(address: str, known: int) -> None:
    """The server's estimates of how many rows a condition meets are the same for any key; of 4 there are a thousand."""
    for name, key in (("fct_placement", "child_key"), ("indicator_subject", "subject_key")):
        with as_login(address, "north") as connection:
            of_known, of_nobody = (
                str(connection.execute(f"explain select * from marts.{name} where {key} = {child}".encode()).fetchall())
                for child in (known, 99)
            )
        assert of_known.replace(f"{key} = {known}", "") == of_nobody.replace(f"{key} = 99", "")


@pytest.mark.parametrize(
    "statement",
    [
        "explain analyze select * from marts.fct_placement where child_key = 4",
        "EXPLAIN (ANALYZE, FORMAT JSON) select * from marts.fct_placement where child_key = 4",
        "prepare mine as select * from marts.fct_placement; explain (analyze) execute mine",
        "explain (analyze) select * from marts.dim_team, lateral (select * from marts.dim_child limit 1) as c",
    ],
)
def test_rows_that_a_filter_removed_are_not_counted_for_readers(address: str, statement: str) -> None:
    with as_login(address, "north") as connection:
        assert "explain analyze" in refused(connection, statement)
    with psycopg.connect(address) as connection:
        connection.execute(statement.encode())  # whoever looks after the server may


def test_nobody_sees_the_statements_of_others(address: str) -> None:
    with as_login(address, "south") as other:
        other.execute("select * from marts.fct_placement where child_key = 4").fetchall()
        with as_login(address, "north") as connection:
            seen = connection.execute("select query from pg_stat_activity where usename = 'south'").fetchall()
    assert all("child_key" not in (query or "") for (query,) in seen)


def test_every_table_about_persons_is_filtered_for_its_owner_too(address: str) -> None:
    with psycopg.connect(address) as connection:
        unprotected = connection.execute(
            "select relname from pg_class where relnamespace = 'store'::regnamespace and relkind = 'r'"
            " and not (relrowsecurity and relforcerowsecurity)"
        ).fetchall()
    told = {name.partition("_marts")[0] for (name,) in unprotected}
    assert told == {"release", "dim_team", "bridge_region_authority"}


def test_the_publisher_sees_everything(address: str) -> None:
    with psycopg.connect(address) as connection:
        connection.execute("set role warehouse_publisher")
        assert connection.execute(
            "select count(*) from store.fct_placement_marts_2017_05_31_bbbbbbbb_0"
        ).fetchone() == (9,)


@pytest.mark.parametrize(
    ("columns", "why"),
    [
        ({"authority_code": "text", "note": "text"}, "neither its columns nor a list"),
        ({"authority_code": "text", "carer_key": "bigint"}, "carer_key"),
        ({"child_key": "bigint"}, "no authority_code"),
        ({"authority_code": "text", "adopter_key": "bigint"}, "no team is known of adopter_key"),
    ],
)
def test_a_table_that_nobody_classed_is_refused(columns: dict[str, str], why: str) -> None:
    with pytest.raises(ConfigurationError, match=why):
        access_classes.of(table("fct_new", **columns))


def test_rows_that_become_rows_about_persons_are_protected_without_being_asked(address: str) -> None:
    assert access_classes.of(table("dim_date", authority_code="text", child_key="bigint")).rows is Rows.PERSON
    assert {each.name for each in TABLES if access_classes.of(each).is_logged} == set(ABOUT_PERSONS)
