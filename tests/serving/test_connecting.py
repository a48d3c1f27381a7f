"""Connections: what is needed is said, and a password never is."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import psycopg
import pytest

from childrens_warehouse.errors import ConfigurationError, PostgresUnavailable, ServingFailed
from childrens_warehouse.serving import access, connecting
from childrens_warehouse.serving.local import LocalServer
from childrens_warehouse.settings import Settings
from tests.serving.conftest import at

SECRET = "not-to-be-seen"

pytestmark = pytest.mark.slow


def test_one_setting_switches_it_on(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings.from_environment().postgres is None
    monkeypatch.setenv("WAREHOUSE_POSTGRES_URL", "postgresql://warehouse@bi.council.example/warehouse")
    told = Settings.from_environment().postgres
    assert told and (told.keep_releases, told.sessions, told.is_local) == (14, False, False)
    monkeypatch.setenv("WAREHOUSE_POSTGRES_KEEP_RELEASES", "0")
    with pytest.raises(ConfigurationError, match="KEEP_RELEASES must be 1 or more"):
        Settings.from_environment()


def test_a_password_in_the_address_is_refused_and_not_repeated(settings: Settings) -> None:
    for url in (f"postgresql://warehouse:{SECRET}@host/db", f"host=h password={SECRET}", f"postgres//{SECRET}@"):
        with pytest.raises(ConfigurationError, match="WAREHOUSE_POSTGRES_URL") as caught:
            connecting.connect(at(settings, url=url))
        assert SECRET not in str(caught.value)


def test_the_password_comes_from_a_command_or_from_libpq(
    settings: Settings, server: LocalServer, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(f"create role loader_{server.port} login password '{SECRET}'")
        name = connection.info.dbname
    url = f"postgresql://loader_{server.port}@127.0.0.1:{server.port}/{name}"
    told = at(settings, url=url)

    with pytest.raises(PostgresUnavailable, match=f"PostgreSQL at 127.0.0.1:{server.port}/{name} cannot be reached"):
        connecting.connect(told)

    command = shlex.join([sys.executable, "-c", f"print('{SECRET}')"])
    with connecting.connect(at(told, password_command=command)) as connection:
        assert connection.execute("select current_user").fetchone() == (f"loader_{server.port}",)
    wrong = shlex.join([sys.executable, "-c", f"print('{SECRET}x')"])
    with pytest.raises(PostgresUnavailable, match="password authentication failed") as caught:
        connecting.connect(at(told, password_command=wrong))
    assert SECRET not in str(caught.value)
    with pytest.raises(PostgresUnavailable, match="PASSWORD_COMMAND ended with 3"):
        connecting.connect(at(told, password_command=shlex.join([sys.executable, "-c", "exit(3)"])))

    kept = tmp_path / "pgpass"
    kept.write_text(f"127.0.0.1:{server.port}:*:*:{SECRET}\n")
    kept.chmod(0o600)
    monkeypatch.setenv("PGPASSFILE", str(kept))
    connecting.connect(told).close()


def test_a_server_that_is_away_is_told_with_what_to_do(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(PostgresUnavailable, match="check WAREHOUSE_POSTGRES_URL and that the server is up"):
        connecting.connect(at(settings, url=f"postgresql:///x?host={tmp_path}"))
    with pytest.raises(PostgresUnavailable, match="start it with `make up`"):
        connecting.connect(at(settings, url="local"))


def test_the_groups_and_the_schema_of_stored_tables_are_made_once(settings: Settings, server: LocalServer) -> None:
    for _ in range(2):
        with connecting.connect(settings) as connection:
            access.prepare(connection)
            assert connection.execute("select current_user").fetchone() == (access.PUBLISHER,)
            assert connection.execute(
                "select nspowner::regrole::text from pg_namespace where nspname = 'store'"
            ).fetchall() == [(access.PUBLISHER,)]
            [(roles,)] = connection.execute(
                "select count(*) from pg_roles where rolname = any (%s) and not rolcanlogin", (list(access.ROLES),)
            ).fetchall()
            assert roles == 4


def test_a_user_who_may_not_make_them_is_told_what_is_missing(settings: Settings, server: LocalServer) -> None:
    name = f"plain_{server.port}"
    with connecting.connect(settings) as connection:
        connection.execute(f"create role {name} login")
        address = server.address(connection.info.dbname, name)
    with (
        connecting.connect(at(settings, url=address)) as connection,
        pytest.raises(ServingFailed, match=f"User {name} may not set the server up"),
    ):
        access.prepare(connection)
