"""`warehouse readers`: what somebody decides of a login holds on the server at once, and nothing else does."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner, Result

from childrens_warehouse.cli import app
from childrens_warehouse.errors import ConfigurationError, ServingFailed
from childrens_warehouse.serving import access, readers
from childrens_warehouse.serving.local import LocalServer
from childrens_warehouse.serving.readers import Role
from childrens_warehouse.settings import Home
from tests.serving.access_release import as_login, granted, load, make_current
from tests.serving.conftest import new_database

pytestmark = pytest.mark.slow

WHO = ("--by", "J. Smith", "--reason", "Team manager")


@pytest.fixture
def home(tmp_path: Path, database: str, server: LocalServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """A home whose server has a release, and no reader of any other test."""
    make_current(database, load(database, "2017-05-31-dddddddd"))
    with psycopg.connect(database, autocommit=True) as connection:
        readers.apply(connection, [])
    monkeypatch.setenv("WAREHOUSE_HOME", str(tmp_path))
    monkeypatch.setenv("WAREHOUSE_POSTGRES_URL", database)
    monkeypatch.setenv("WAREHOUSE_POSTGRES_LOG", str(server.log))
    yield Home(tmp_path)
    with psycopg.connect(database, autocommit=True) as connection:
        readers.apply(connection, [])


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def placements(address: str, login: str) -> set[int]:
    with as_login(address, login) as connection:
        return {key for (key,) in connection.execute("select child_key from marts.fct_placement").fetchall()}


def add(login: str, *teams: str) -> Result:
    options = [each for team in teams for each in ("--team", team)]
    return run("readers", "add", login, "--role", "child_reader", "--authority", "310", *options, *WHO)


def test_a_reader_is_added_and_removed_at_once(home: Home, database: str) -> None:
    assert "The server goes by it" in add("anna.smith", "North").output
    assert placements(database, "anna.smith") == {1, 2, 3}

    assert add("anna.smith", "South").exit_code == 0
    assert placements(database, "anna.smith") == {1, 2, 3, 4, 5, 6, 7}

    assert run("readers", "remove", "anna.smith", "--team", "North", *WHO).exit_code == 0
    assert placements(database, "anna.smith") == {4, 5, 6, 7}

    with as_login(database, "anna.smith") as session:
        assert run("readers", "remove", "anna.smith", *WHO).exit_code == 0
        # Whoever is signed in already reads no more either.
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            session.execute("select child_key from marts.fct_placement")
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(database, user="anna.smith")


def test_the_list_tells_who_decided_and_why(home: Home) -> None:
    add("anna.smith", "*")
    run("readers", "add", "superset", "--role", "aggregate_reader", *WHO)
    run("readers", "remove", "superset", *WHO)
    told = run("readers", "list").output
    assert "anna.smith" in told and "J. Smith" in told and "Team manager" in told and "superset" not in told
    assert "withdrawn" in run("readers", "list", "--history").output
    lines = run("readers", "list", "--csv").output.splitlines()
    assert lines[0] == "login,role,authority,team,decided_at,by,reason"
    assert lines[1].startswith("anna.smith,child_reader,310,*,")
    assert (home.decisions / "readers.jsonl").stat().st_mode & 0o777 == 0o600


def test_who_read_is_told(home: Home, database: str) -> None:
    add("anna.smith", "North")
    add("bob", "South")
    for login in ("anna.smith", "bob"):
        placements(database, login)
    lines = [line.split(",") for line in run("readings", "--csv", "--reader", "anna.smith").output.splitlines()]
    assert lines[0] == ["at", "reader", "table", "release", "application", "database"]
    assert ["anna.smith", "fct_placement", "2017-05-31-dddddddd"] in [line[1:4] for line in lines]
    assert not any(line[1] == "bob" for line in lines)
    assert "tells of no reading" in run("readings", "--since", "2999-01-01").output
    today = f"{dt.datetime.now(dt.UTC):%Y-%m-%d}"
    assert "bob" in run("readings", "--since", today).output
    assert "not a time" in run("readings", "--since", "yesterday").output


def test_what_nobody_decided_is_undone(home: Home, database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("create role smuggled login in role warehouse_child_reader, warehouse_auditor")
        connection.execute("insert into access.reader values ('smuggled', 'child_reader', '310', '*', '', now())")
    assert len(placements(database, "smuggled")) == 7
    assert run("readers", "apply").exit_code == 0
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(database, user="smuggled")
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("drop role smuggled")


def test_logins_have_no_password_and_their_statements_end(home: Home, database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("create role already_there login password 'theirs'")
        connection.execute("alter role already_there set statement_timeout = '5s'")
    add("newcomer", "North")
    add("already_there", "North")
    for login, timeout in (("newcomer", "1h"), ("already_there", "5s")):
        with as_login(database, login) as connection:
            assert connection.execute("show statement_timeout").fetchone() == (timeout,)
            assert connection.execute("show idle_in_transaction_session_timeout").fetchone() == ("10min",)
    with psycopg.connect(database, autocommit=True) as connection:
        kept = connection.execute(
            "select rolname, rolpassword is null from pg_authid"
            " where rolname in ('newcomer', 'already_there') order by rolname"
        ).fetchall()
        assert kept == [("already_there", False), ("newcomer", True)]
    run("readers", "remove", "already_there", *WHO)
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("drop role already_there")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("pg_monitor", "--role", "auditor"), "cannot be a reader"),
        (("warehouse_publisher", "--role", "auditor"), "cannot be a reader"),
        (("anna", "--role", "child_reader"), "--authority and --team"),
        (("anna", "--role", "auditor", "--team", "North"), "--authority and --team"),
        (("anna", "--role", "publisher"), "publisher"),
    ],
)
def test_what_cannot_be_is_refused_before_it_is_written(home: Home, arguments: tuple[str, ...], said: str) -> None:
    result = run("readers", "add", *arguments, *WHO)
    assert result.exit_code != 0
    assert said in result.output + str(result.exception)
    assert not (home.decisions / "readers.jsonl").exists()


def test_a_superuser_is_no_reader(home: Home) -> None:
    result = run("readers", "add", "postgres", "--role", "auditor", *WHO)
    assert isinstance(result.exception, ServingFailed)
    assert "superuser" in str(result.exception)


def test_a_server_that_is_away_does_not_lose_the_decision(
    home: Home, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WAREHOUSE_POSTGRES_URL", f"postgresql:///x?host={home.root}")
    result = add("anna.smith", "North")
    assert isinstance(result.exception, ServingFailed)
    assert "written down, but the server does not go by it yet" in str(result.exception)
    monkeypatch.setenv("WAREHOUSE_POSTGRES_URL", database)
    assert run("readers", "apply").exit_code == 0
    assert placements(database, "anna.smith") == {1, 2, 3}


def test_a_line_that_cannot_be_read_is_said(home: Home) -> None:
    add("anna.smith", "North")
    with (home.decisions / "readers.jsonl").open("a") as handle:
        handle.write("{}\n")
    with pytest.raises(ConfigurationError, match="line 2 is no decision about a reader"):
        readers.on_file(home)


def test_a_login_that_owns_the_database_sets_it_up_without_being_superuser(server: LocalServer) -> None:
    name = psycopg.conninfo.conninfo_to_dict(new_database(server))["dbname"]
    not_owned = psycopg.conninfo.conninfo_to_dict(new_database(server))["dbname"]
    with psycopg.connect(server.address(), autocommit=True) as connection:
        connection.execute("create role loader login createrole")
        connection.execute(f"alter database {name} owner to loader".encode())
        connection.execute(f"grant create on database {not_owned} to loader".encode())
        for role in access.ROLES:
            connection.execute(f"grant {role} to loader with admin option".encode())
    reader = granted("theirs", Role.CHILD_READER, "310", "North")
    with psycopg.connect(server.address(str(name), "loader"), autocommit=True) as connection:
        access.prepare(connection)
        readers.apply(connection, [reader])
        with psycopg.connect(server.address(), autocommit=True) as other:
            other.execute("create role smuggled_by_another login in role warehouse_auditor")
        with pytest.raises(ServingFailed, match=r"let an administrator run `revoke warehouse_auditor"):
            readers.apply(connection, [reader])
    with psycopg.connect(server.address(str(not_owned), "loader"), autocommit=True) as connection:
        with pytest.raises(ServingFailed, match="make it the owner of database"):
            access.prepare(connection)
        with psycopg.connect(server.address(str(not_owned)), autocommit=True) as other:
            # As databases have it that come from version 14 or older.
            other.execute("alter schema public owner to postgres; grant create on schema public to public")
            other.execute(f"alter database {not_owned} owner to loader".encode())
        with pytest.raises(ServingFailed, match="let an administrator run: revoke all on schema public from public"):
            access.prepare(connection)
    with psycopg.connect(server.address(), autocommit=True) as connection:
        connection.execute("drop role smuggled_by_another")
