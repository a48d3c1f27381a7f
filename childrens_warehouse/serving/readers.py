"""Readers of the PostgreSQL server: decisions kept in the home and never taken back, only said anew.

`<home>/decisions/readers.jsonl` holds one a line; the last on a login, role, authority and team counts:

    {"verdict": "granted", "login": "asmith", "role": "child_reader", "authority": "310", "team": "North",
     "by": "J. Smith", "reason": "Team manager", "decided_at": "2017-07-03T09:12:00+00:00"}

The server is brought to them at once and at every load, in both directions: who was put into a role past them is taken
out again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import psycopg

from childrens_warehouse import sql
from childrens_warehouse.decisions import lines
from childrens_warehouse.errors import ConfigurationError, ServingFailed
from childrens_warehouse.serving import access, connecting
from childrens_warehouse.settings import Home, Settings

ALL_TEAMS = access.ALL_TEAMS

_FIELDS = {"verdict", "login", "role", "authority", "team", "by", "reason", "decided_at"}

# Of a login, unless somebody has set others: long enough for a report, short enough to free what it holds.
_TIMEOUTS = {"statement_timeout": "1h", "idle_in_transaction_session_timeout": "10min"}


class Role(StrEnum):
    """What a reader may be; the publisher is the login that loads, and nobody's decision."""

    AUDITOR = "auditor"
    AGGREGATE_READER = "aggregate_reader"
    CHILD_READER = "child_reader"

    @property
    def on_server(self) -> str:
        return f"warehouse_{self.value}"


class Verdict(StrEnum):
    GRANTED = "granted"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Reader:
    """What somebody decided of a login. authority, team: of readers of single children only, else empty; * is all."""

    verdict: Verdict
    login: str
    role: Role
    authority: str
    team: str
    by: str
    reason: str
    decided_at: dt.datetime

    @property
    def of(self) -> tuple[str, str, str, str]:
        return self.login, self.role.value, self.authority, self.team


def on_file(home: Home) -> tuple[Reader, ...]:
    """All that was decided, oldest first. Raises ConfigurationError when one cannot be read."""
    return lines.read(_path(home), _FIELDS, _reader, "decision about a reader")


def in_force(said: Iterable[Reader]) -> tuple[Reader, ...]:
    """Who may read now: the last word on each, where it is not that it was withdrawn."""
    last = {each.of: each for each in said}
    return tuple(each for _, each in sorted(last.items()) if each.verdict is Verdict.GRANTED)


def append(home: Home, said: Reader) -> None:
    """Write one down."""
    on_file(home)
    lines.append(_path(home), asdict(said))


def check_login(login: str) -> None:
    """Raises ConfigurationError for a name that no reader can have."""
    if not 0 < len(login.encode()) < 64 or login.startswith(("pg_", "warehouse_")) or login in ("public", "none"):
        raise ConfigurationError(
            f"{login!r} cannot be a reader's login: take 1 to 63 characters that do not begin with pg_ or warehouse_."
        )


def apply_to_server(settings: Settings) -> None:
    """Bring the server of the settings to the decisions in force. Raises as `connect`, `prepare` and `apply` do."""
    with connecting.connect(settings, "warehouse readers") as connection:
        access.prepare(connection)
        apply(connection, in_force(on_file(settings.home)))


def apply(connection: access.Connection, readers: Iterable[Reader]) -> None:
    """Bring the server to the decisions in force: logins, their roles, and whose children they see.

    As the login that loads, after `access.prepare`, outside a transaction. A login that is not there is made, without
    a password; one that is stays as it is, and whose last role is withdrawn keeps nothing but its name. Raises
    ServingFailed for a reader whom nobody decided on and this login cannot take out.
    """
    wanted = tuple(readers)
    members = {(each.login, each.role.on_server) for each in wanted}
    with connection.transaction():
        _run(connection, f"set local role {access.PUBLISHER}")
        _run(connection, "delete from access.reader")
        for each in wanted:
            connection.execute(
                "insert into access.reader values (%s, %s, %s, %s, %s, %s)", [*each.of, each.by, each.decided_at]
            )
        _run(connection, "set local role none")
        for login, role, grantor in _members(connection):
            if (login, role) not in members:
                _take_out(connection, login, role, grantor)
        has = {(login, role) for login, role, _ in _members(connection)}
        for login, role in sorted(members - has):
            _make(connection, login)
            _run(connection, f"grant {role} to {sql.name(login)}")
        for login in sorted({login for login, _ in members}):
            _limit(connection, login)


def _members(connection: access.Connection) -> list[tuple[str, str, str]]:
    """(login, role, who granted it) of all that are in a reader's role; the roles themselves are in each other."""
    return connection.execute(
        """
        select m.rolname, g.rolname, b.rolname
        from pg_auth_members as a
        inner join pg_roles as g on g.oid = a.roleid
        inner join pg_roles as m on m.oid = a.member
        inner join pg_roles as b on b.oid = a.grantor
        where g.rolname = any(%s) and not m.rolname = any(%s) and m.rolname <> session_user
        """,
        [[role.on_server for role in Role], list(access.ROLES)],
    ).fetchall()


def _take_out(connection: access.Connection, login: str, role: str, grantor: str) -> None:
    statement = f"revoke {role} from {sql.name(login)} granted by {sql.name(grantor)} cascade"
    try:
        _run(connection, statement)
    except psycopg.errors.InsufficientPrivilege:
        raise ServingFailed(
            f"{login} is in {role} although nobody decided it, and {grantor} put it there: let an administrator run"
            f" `{statement}`, or write the decision down with `warehouse readers add`."
        ) from None


def _make(connection: access.Connection, login: str) -> None:
    found = connection.execute("select rolsuper from pg_roles where rolname = %s", [login]).fetchone()
    if not found:
        _run(connection, f"create role {sql.name(login)} login")
    elif found == (True,):
        raise ServingFailed(f"{login} is a superuser of the server, whose reading nothing limits: take another login.")


def _limit(connection: access.Connection, login: str) -> None:
    """Give a login its time-outs, where it has none of its own and is ours to change."""
    set_already = {
        setting.partition("=")[0]
        for (setting,) in connection.execute(
            "select unnest(s.setconfig) from pg_db_role_setting as s"
            " inner join pg_roles as r on r.oid = s.setrole where r.rolname = %s",
            [login],
        ).fetchall()
    }
    for name, value in _TIMEOUTS.items():
        if name in set_already:
            continue
        try:
            with connection.transaction():
                _run(connection, f"alter role {sql.name(login)} set {name} = {sql.literal(value)}")
        except psycopg.errors.InsufficientPrivilege:
            return


def _run(connection: access.Connection, statement: str) -> None:
    connection.execute(statement.encode())


def _path(home: Home) -> Path:
    return home.decisions / "readers.jsonl"


def _reader(told: dict[str, Any]) -> Reader:
    return Reader(
        verdict=Verdict(told["verdict"]),
        login=str(told["login"]),
        role=Role(told["role"]),
        authority=str(told["authority"]),
        team=str(told["team"]),
        by=str(told["by"]),
        reason=str(told["reason"]),
        decided_at=dt.datetime.fromisoformat(told["decided_at"]),
    )
