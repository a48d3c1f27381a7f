"""Readers of releases that were loaded as every night loads them."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from childrens_warehouse.errors import ConfigurationError, ServingFailed
from childrens_warehouse.serving import access_log, readers, steps
from childrens_warehouse.serving.local import LocalServer
from childrens_warehouse.serving.readers import Role
from childrens_warehouse.settings import Settings
from tests.serving.access_release import as_login, granted
from tests.serving.releases import release_of

pytestmark = pytest.mark.slow

# Child n is of team n % 3 on the night; child 3 was of team 1 until the eve.
TEAMS = """
create table marts.fct_allocation (authority_code varchar not null, child_key bigint not null,
    worker_role_code varchar not null, worker_key bigint not null, started_on date not null, ended_on date,
    team_name varchar not null);
insert into marts.fct_allocation select '310', c, 'social_worker', 100 + c % 3, date '2017-05-30', null, c % 3
    from range(30) as t (c);
insert into marts.fct_allocation values
    ('310', 3, 'social_worker', 101, date '2016-01-01', date '2017-05-30', '1');
create table marts.bridge_pupil_child as
    select '310' as authority_code, p as pupil_key, p as child_key from range(20) as t (p);
"""
MOVED = TEAMS + "update marts.fct_allocation set team_name = '1' where child_key = 3 and ended_on is null;"


@pytest.fixture
def home(settings: Settings) -> Settings:
    settings.home.create()
    for login, team in (("first", "1"), ("everyone", "*")):
        readers.append(settings.home, granted(login, Role.CHILD_READER, "310", team))
    return settings


def ask(database: str, login: str, query: str) -> list[tuple[Any, ...]]:
    with as_login(database, login) as connection:
        return connection.execute(query.encode()).fetchall()


def test_a_team_reads_its_children_in_every_table(home: Settings, database: str) -> None:
    release_of(home, more=TEAMS)
    steps.load(home)
    for table, key in (
        ("dim_child", "child_key"), ("fct_placement", "child_key"), ("fct_review", "child_key"),
        ("fct_attendance_pupil_month", "pupil_key"), ("indicator_subject", "subject_key"),
    ):  # fmt: skip
        seen = {found for (found,) in ask(database, "first", f"select {key} from marts.{table}")}
        assert seen == {each for each in seen if each % 3 == 1} and len(seen) > 5, table
    assert ask(database, "first", "select distinct dimension from marts.indicator_value") == [("all",)]
    assert ask(database, "first", "select distinct dimension from marts.indicator_publication") == [("all",)]
    assert ask(database, "first", "select count(*) from marts.indicator_suppression") == [(0,)]
    assert ask(database, "everyone", "select count(*) from marts.indicator_suppression") == [(2,)]
    assert ask(database, "first", "select count(*) from marts_aggregate.indicator_value") == [(6,)]


def test_going_back_shows_the_teams_of_then(home: Settings, database: str) -> None:
    children = "select child_key from marts.fct_placement where child_key in (1, 3) order by 1"
    before = release_of(home, says=1, more=MOVED)
    steps.load(home)
    assert ask(database, "first", children) == [(1,), (3,)]
    release_of(home, says=2, more=TEAMS)
    steps.load(home)
    earlier = f"marts_{before.replace('-', '_')}"
    assert ask(database, "first", children) == [(1,)]
    assert ask(database, "first", children.replace("marts", earlier)) == [(1,)]
    steps.load(home, before)
    assert ask(database, "first", children) == [(1,), (3,)]


def test_reading_is_logged_with_the_release_that_was_read(home: Settings, database: str, server: LocalServer) -> None:
    release_id = release_of(home, more=TEAMS)
    steps.load(home)
    for query in ("table marts.fct_placement", "table marts.fct_attendance_pupil_month", "table marts.indicator_value"):
        ask(database, "first", query)
    name = psycopg.conninfo.conninfo_to_dict(database)["dbname"]
    told = [each for each in access_log.readings(server.log) if each.database == name and each.reader == "first"]
    assert [(each.table, each.release_id) for each in told] == [
        ("fct_placement", release_id),
        ("fct_attendance_pupil_month", release_id),
    ]


def test_a_question_on_one_month_still_reads_that_month_alone(home: Settings, database: str) -> None:
    release_of(home, more=TEAMS)
    steps.load(home)
    plan = ask(
        database, "first", "explain select * from marts.fct_attendance_pupil_month where session_month = '2017-05-01'"
    )
    assert str(plan).count(" on fct_attendance_pupil_month") == 1


def test_a_table_that_nobody_classed_is_not_loaded(home: Settings, database: str) -> None:
    release_of(home, more=TEAMS)
    steps.load(home)
    release_of(
        home, says=2, more=f"{TEAMS} create table marts.fct_carer as select '310' as authority_code, 1 as carer;"
    )
    with pytest.raises(ConfigurationError, match="fct_carer is not loaded into PostgreSQL"):
        steps.load(home)
    # What was served is served.
    assert ask(database, "first", "select count(*) from marts.fct_placement") == [(10,)]


def test_rules_that_changed_hold_for_what_was_stored_before(home: Settings, database: str) -> None:
    release_of(home, more=TEAMS)
    steps.load(home)
    with psycopg.connect(database, autocommit=True) as connection:
        found = connection.execute(
            "select polrelid::regclass, polname from pg_policy where polrelid::regclass::text ~ 'fct_placement'"
        ).fetchone()
        assert found
        connection.execute(f"drop policy {found[1]} on {found[0]}".encode())
        connection.execute(f"create policy of_last_year on {found[0]} using (true)".encode())
    assert ask(database, "first", "select count(*) from marts.fct_placement") == [(30,)]
    steps.load(home)
    assert ask(database, "first", "select count(*) from marts.fct_placement") == [(10,)]


def test_a_closed_release_leaves_the_server_and_an_auditor_sees_who_decided_what(home: Settings, database: str) -> None:
    readers.append(home.home, granted("auditor", Role.AUDITOR, "", ""))
    before = release_of(home, says=1, more=TEAMS)
    steps.load(home)
    now = release_of(home, says=2, more=TEAMS)
    (home.home.releases / before).chmod(0o700)  # as publication leaves one that has rows nobody may be shown
    assert before in steps.load(home).dropped and steps.status(home) == (now, (now,))
    told = ask(database, "auditor", "select who, what, about from access.event order by about")
    assert ("J. Smith", "reader granted", "first child_reader of 310 1") in told
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        ask(database, "first", "select * from access.event")


def test_a_release_whose_time_is_over_is_taken_off_but_never_the_current_one(home: Settings, database: str) -> None:
    before = release_of(home, says=1, more=TEAMS)
    steps.load(home)
    now = release_of(home, says=2, more=TEAMS)
    steps.load(home)
    steps.drop(home, before)
    steps.drop(home, before)
    assert steps.status(home) == (now, (now,))
    with pytest.raises(ServingFailed, match="is current"):
        steps.drop(home, now)
    assert len(ask(database, "first", "select 1 from marts.dim_child limit 1")) == 1
