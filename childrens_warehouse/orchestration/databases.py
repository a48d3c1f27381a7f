"""Ask a database what a query of `ways_in.toml` says, through whatever Airflow connection it names.

The hook (any DbApiHook) makes the connection, SQLAlchemy speaks to it: it binds the date in each driver's way, reads
through a cursor on the server where there is one, and knows each database's isolation levels. No message from here
holds a value of a row.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from airflow.sdk import BaseHook

from childrens_warehouse.errors import WayInFailed
from childrens_warehouse.orchestration.remote import failure

ROWS_AT_A_TIME = 10_000
# Classes of SQLSTATE whose messages speak of query or connection. Others, as 22 (data exception), may quote a row.
_SPEAKS_OF_NO_ROW = ("08", "28", "3D", "3F", "42", "53", "57")
# Classes that waiting may heal: connection, transaction, resources, locks, an operator at work, the disk.
_HEALS = ("08", "40", "53", "55", "57", "58")
# What servers say to an unknown user or a wrong password. Tried again every minute, it locks the account.
_NOT_LET_IN = ("authentication failed", "does not exist", "Access denied", "Login failed", "ORA-01017")


@dataclass(frozen=True)
class Answer:
    """Column names, and the rows in chunks of ROWS_AT_A_TIME."""

    names: Sequence[str]
    chunks: Iterable[Iterable[Sequence[Any]]]


class Reading:
    """One transaction. began_at: the database's own clock when it began."""

    def __init__(self, connection: Any, began_at: dt.datetime) -> None:
        self._connection, self.began_at = connection, began_at

    def ask(self, query: str, extract_date: dt.date) -> Answer:
        from sqlalchemy import text

        statement = text(query)
        bound = {"extract_date": extract_date} if "extract_date" in statement.compile().params else {}
        result = self._connection.execute(statement, bound)
        if not result.returns_rows:
            raise WayInFailed("the query gives no rows: it must be a select.")
        return Answer(list(result.keys()), result.partitions(ROWS_AT_A_TIME))


@contextlib.contextmanager
def connect(name: str, connection_id: str, timezone: ZoneInfo) -> Iterator[Reading]:
    """One read-only transaction, repeatable where the database offers it.

    timezone: of a database whose clock does not say.
    Raises WayInFailed, also for whatever goes wrong inside the block.
    """
    from sqlalchemy import func, select
    from sqlalchemy.pool import NullPool

    is_connected = False
    try:
        hook = BaseHook.get_hook(connection_id)
        if not hasattr(hook, "get_sqlalchemy_engine"):
            raise WayInFailed(f"{name}: the connection is not one to a database.")
        # The hook connects, because its address for SQLAlchemy leaves out extras such as sslmode.
        engine = hook.get_sqlalchemy_engine(
            engine_kwargs={"creator": hook.get_conn, "poolclass": NullPool, "hide_parameters": True}
        )
        with engine.connect() as connection:
            is_connected = True
            options: dict[str, Any] = {"stream_results": True, "max_row_buffer": ROWS_AT_A_TIME}
            offered = engine.dialect.get_isolation_level_values(connection.connection.dbapi_connection)
            for level in ("REPEATABLE READ", "SERIALIZABLE"):
                if level in offered:
                    options["isolation_level"] = level
                    break
            if engine.dialect.name == "postgresql":
                options["postgresql_readonly"] = True
            connection = connection.execution_options(**options)
            began_at = connection.execute(select(func.current_timestamp())).scalar_one()
            if began_at.tzinfo is None:
                began_at = began_at.replace(tzinfo=timezone)
            yield Reading(connection, began_at)
            connection.rollback()
    except Exception as error:
        raise _failure(name, error, is_connected) from None


def _failure(name: str, error: Exception, is_connected: bool) -> WayInFailed:
    from sqlalchemy.exc import DBAPIError

    original = getattr(error, "orig", None) or error
    state = str(getattr(original, "sqlstate", None) or getattr(original, "pgcode", None) or "")
    if not isinstance(error, DBAPIError) and not state:
        return failure(name, error)
    kind = type(original).__name__
    first_line = (str(original).strip().splitlines() or [""])[0]
    may_quote = is_connected and not state.startswith(_SPEAKS_OF_NO_ROW)
    told = "" if may_quote else f": {first_line[:250]}"
    is_final = not state.startswith(_HEALS) if state else any(words in told for words in _NOT_LET_IN)
    return WayInFailed(f"{name} failed ({' '.join(filter(None, (kind, state)))}{told}).", may_heal=not is_final)
