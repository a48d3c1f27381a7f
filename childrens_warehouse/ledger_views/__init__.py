"""The ledger as tables to ask: what the ledger, quarantine and raw say, in one private DuckDB database in memory.

Everything is read when it is opened and nothing is stored; docs/ledger.md lists the relations and their columns.
Each `.sql` file beside this one makes the relation of its name; they are run in the order of `DERIVED`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa

from childrens_warehouse.datasets import ALL
from childrens_warehouse.errors import WarehouseError
from childrens_warehouse.landing import history, quarantine
from childrens_warehouse.ledger import Ledger
from childrens_warehouse.ledger_views import schema_change
from childrens_warehouse.settings import Settings

DERIVED = ("build", "gate_rule", "dataset_night", "file_volume", "dataset_freshness")

_TYPES = {"text": pa.string(), "integer": pa.int64(), "real": pa.float64()}
_INSTANTS = ("recorded_at", "generated_at", "landed_at")
_DAYS = ("night", "extract_date")


class LedgerQueryError(WarehouseError):
    """The question to the ledger is no single select, or DuckDB cannot answer it."""


def open_ledger(settings: Settings, now: dt.datetime | None = None) -> duckdb.DuckDBPyConnection:
    """Everything that is known of what arrived and what became of it. Close it when done.

    now: what "late" is judged by; the clock's time if left out.
    """
    connection = duckdb.connect(config={"threads": settings.threads, "memory_limit": settings.memory_limit})
    connection.execute("set timezone = 'UTC'")
    for table, (columns, rows) in Ledger(settings.home.ledger).tables().items():
        _create_typed(connection, table, columns, rows)
    _create(connection, "dataset", _declared())
    _create(connection, "rule", pa.Table.from_pylist(list(quarantine.rules().values())))
    history.create(connection, settings.home)
    _create(connection, "due_time", _due_times(connection, settings.timezone))
    instant = (now or dt.datetime.now(dt.UTC)).astimezone(dt.UTC).replace(tzinfo=None)
    _create(connection, "asked_at", pa.table({"instant": pa.array([instant], pa.timestamp("us"))}))
    for name in DERIVED:
        query = (Path(__file__).parent / f"{name}.sql").read_text(encoding="utf-8")
        connection.execute(f"create table {name} as {query}")
    _create(connection, "schema_change", schema_change.derive(connection))
    return connection


def query(connection: duckdb.DuckDBPyConnection, statement: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Column names and rows of one select. Raises LedgerQueryError for anything else.

    The database is a copy in memory that may touch no file, so nothing that is asked can change the ledger.
    """
    connection.execute("set enable_external_access = false")
    connection.execute("set lock_configuration = true")
    try:
        statements = connection.extract_statements(statement)
        if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
            raise LedgerQueryError("Ask one select; docs/ledger.md lists what there is to ask.")
        found = connection.execute(statements[0])
        return [column[0] for column in found.description or ()], found.fetchall()
    except duckdb.Error as error:
        raise LedgerQueryError(str(error).split("\n", 1)[0]) from None


def rows(connection: duckdb.DuckDBPyConnection, statement: str, parameters: Iterable[Any] = ()) -> list[dict[str, Any]]:
    """Rows as dictionaries, for code that reads the views."""
    found = connection.execute(statement, list(parameters))
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _create(connection: duckdb.DuckDBPyConnection, name: str, table: pa.Table) -> None:
    connection.register("to_be_copied", table)
    connection.execute(f"create table {name} as select * from to_be_copied")
    connection.unregister("to_be_copied")


def _create_typed(
    connection: duckdb.DuckDBPyConnection, name: str, columns: Mapping[str, str], rows: list[tuple[Any, ...]]
) -> None:
    """A table of the ledger with its days as DATE and its instants as TIMESTAMP (UTC)."""
    by_column = zip(*rows, strict=True) if rows else ([] for _ in columns)
    arrays = {
        column: pa.array(values, _TYPES[kind])
        for (column, kind), values in zip(columns.items(), by_column, strict=True)
    }
    connection.register("as_text", pa.table(arrays))
    typed = [f"cast({column} as date) as {column}" for column in _DAYS if column in columns]
    typed += [
        f"timezone('UTC', cast({column} as timestamptz)) as {column}" for column in _INSTANTS if column in columns
    ]
    replaced = f"replace ({', '.join(typed)})" if typed else ""
    connection.execute(f"create table {name} as select * {replaced} from as_text")
    connection.unregister("as_text")


def _declared() -> pa.Table:
    return pa.Table.from_pylist(
        [
            {
                "dataset": each.name,
                "source": str(each.source),
                "title": each.title,
                "owner": each.owner,
                "due": each.due,
                "coverage": str(each.coverage),
                "files": " ".join(each.files),
                "declared_columns": len(each.columns),
            }
            for each in ALL
        ]
    )


def _due_times(connection: duckdb.DuckDBPyConnection, timezone: ZoneInfo) -> pa.Table:
    """(night, due, due_at): `due` is local time on the morning after the night, on both sides of a clock change."""
    nights = [
        night
        for (night,) in connection.execute(
            "select night from source_night union select extract_date from file_event"
        ).fetchall()
    ]
    times = {dataset.due: dt.time.fromisoformat(dataset.due) for dataset in ALL}
    return pa.Table.from_pylist(
        [
            {
                "night": night,
                "due": text,
                "due_at": dt.datetime.combine(night + dt.timedelta(days=1), time, timezone)
                .astimezone(dt.UTC)
                .replace(tzinfo=None),
            }
            for night in nights
            for text, time in times.items()
        ],
        schema=pa.schema([("night", pa.date32()), ("due", pa.string()), ("due_at", pa.timestamp("us"))]),
    )
