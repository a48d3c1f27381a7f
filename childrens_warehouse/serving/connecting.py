"""Connections to the PostgreSQL server of the settings. No message of ours ever bears a password."""

from __future__ import annotations

import shlex
import subprocess
from functools import cache

import psycopg
from psycopg import conninfo
from psycopg.sql import SQL, Identifier

from childrens_warehouse.errors import ConfigurationError, PostgresUnavailable
from childrens_warehouse.serving.local import DATABASE, LocalServer
from childrens_warehouse.settings import Home, PostgresSettings, Settings

SETTING = "WAREHOUSE_POSTGRES_URL"
_SECONDS_TO_CONNECT = 15
_SECONDS_FOR_COMMAND = 60


def connect(
    settings: Settings, application: str = "warehouse", role: str | None = None, patience: int = _SECONDS_TO_CONNECT
) -> psycopg.Connection:
    """A connection that commits every statement by itself, unless it is in a `transaction()` block.

    role: what it acts as. patience: seconds to wait for the server, where its address does not say. Raises
    ConfigurationError where the setting is off or cannot be read, PostgresUnavailable where the server does not answer
    or does not let us in.
    """
    told = required(settings)
    values = conninfo.conninfo_to_dict(address(settings.home, told))
    values.setdefault("connect_timeout", str(patience))
    values["application_name"] = application
    if told.password_command:
        values["password"] = _output(told.password_command)
    try:
        connection = psycopg.connect(conninfo.make_conninfo("", **values), autocommit=True)
    except psycopg.OperationalError as error:
        # libpq names hosts, users and causes, never a password.
        reason = str(error).strip().splitlines()[-1]
        advice = "start it with `make up`" if told.is_local else f"check {SETTING} and that the server is up"
        raise PostgresUnavailable(f"PostgreSQL at {where(settings)} cannot be reached: {reason}; {advice}.") from None
    if role:
        connection.execute(SQL("set role {}").format(Identifier(role)))
    return connection


def required(settings: Settings) -> PostgresSettings:
    """What is set of PostgreSQL. Raises ConfigurationError where it is switched off."""
    if settings.postgres is None:
        raise ConfigurationError(
            f"{SETTING} is blank: no PostgreSQL server is served. docs/operating/postgresql.md says how."
        )
    return settings.postgres


def address(home: Home, told: PostgresSettings) -> str:
    """The address that libpq takes, without a password. Raises ConfigurationError where it is none or has one."""
    if told.is_local:
        return LocalServer(home.postgres, told.local_port).address(DATABASE)
    try:
        values = conninfo.conninfo_to_dict(told.url)
    except psycopg.Error:
        # The cause may quote what was set, and that may hold a password.
        raise ConfigurationError(
            f"{SETTING} cannot be read: it must look like postgresql://warehouse@server:5432/warehouse, or be local."
        ) from None
    if values.get("password"):
        raise ConfigurationError(
            f"{SETTING} has a password in it, where every list of processes and settings shows it: take it out and set"
            " WAREHOUSE_POSTGRES_PASSWORD_COMMAND, PGPASSFILE or PGPASSWORD."
        )
    return told.url


def where(settings: Settings) -> str:
    """The server and database as messages name them."""
    told = required(settings)
    values = conninfo.conninfo_to_dict(address(settings.home, told))
    return f"{values.get('host', 'localhost')}:{values.get('port', 5432)}/{values.get('dbname', '')}"


@cache
def _output(command: str) -> str:
    """What a command prints, asked once per process. Never shown."""
    setting = "WAREHOUSE_POSTGRES_PASSWORD_COMMAND"
    try:
        done = subprocess.run(
            shlex.split(command), capture_output=True, text=True, timeout=_SECONDS_FOR_COMMAND, check=False
        )
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise PostgresUnavailable(
            f"{setting} cannot be run ({type(error).__name__}): run it by hand to see why."
        ) from None
    if done.returncode:
        raise PostgresUnavailable(f"{setting} ended with {done.returncode}: run it by hand to see why.")
    return done.stdout.strip()
