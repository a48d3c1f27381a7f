"""The public tables of a candidate: which there are, how they are shaped, and the hash of what they hold.

Nothing else of the candidate leaves it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import duckdb

from childrens_warehouse import sql
from childrens_warehouse.errors import GateError

PUBLIC_NAME = re.compile(r"(dim|fct|bridge|worklist|regional)_[a-z0-9_]+|indicator|indicator_subject|indicator_value")

# Released as one file per authority and month, and in marts.duckdb as views on these; all others are small.
LARGE = ("fct_attendance_enrolment_month", "fct_attendance_pupil_month", "fct_attendance_session")
# Released alike, one file per authority and value of this column: the months are rebuilt only where their input
# changed; reporting dates are all computed every night, and most come out as they were.
PARTITIONED_BY = {**dict.fromkeys(LARGE, "session_month"), "indicator_subject": "as_at"}

# Of tables that readers ask for few rows of many: what the questions name, so that the rows of one answer lie together.
# A page asks for all whole figures, or for one indicator's slices one way; with their rows in as many places as there
# are indicators and dates, each question reads the whole table.
LIES_BY: Mapping[str, tuple[str, ...]] = {"indicator_value": ("dimension", "indicator_id", "as_at")}

# Where a row came from, and when somebody looked: not part of what a table says.
NOT_CONTENT = frozenset({"source_file", "source_row", "known_on", "stamp", "generated_at"})

# What DuckDB, Parquet and Spark all know as the same thing.
_PORTABLE = re.compile(
    r"BOOLEAN|TINYINT|SMALLINT|INTEGER|BIGINT|FLOAT|DOUBLE|DECIMAL\(\d+,\d+\)|VARCHAR|DATE|TIMESTAMP"
)


@dataclass(frozen=True)
class Column:
    """One column as the contract made it."""

    name: str
    type: str
    nullable: bool
    comment: str | None

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class FormerColumn:
    """A name that a column had before, with the type that was promised under it (publish.former_names)."""

    name: str
    type: str
    column: str
    gone_after: str


@dataclass(frozen=True)
class Table:
    """One public table, without its rows. former: names that are readable too; of a release, not of the candidate."""

    name: str
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...]
    comment: str | None
    former: tuple[FormerColumn, ...] = ()

    @property
    def is_large(self) -> bool:
        """Are its partitions rebuilt only where their input changed?"""
        return self.name in LARGE

    @property
    def partitioned_by(self) -> str | None:
        """The date that, with the authority, its files are cut by; None where it is one file."""
        return PARTITIONED_BY.get(self.name)

    @property
    def lies_by(self) -> tuple[str, ...]:
        """Columns by which its rows are put in order where readers find them; none if any order will do."""
        return tuple(column for column in LIES_BY.get(self.name, ()) if self.has(column))

    @property
    def relation(self) -> str:
        return f"marts.{sql.name(self.name)}"

    def has(self, column: str) -> bool:
        return any(each.name == column for each in self.columns)

    def to_dict(self) -> dict[str, Any]:
        return {
            "comment": self.comment,
            "partitioned_by": self.partitioned_by,
            "primary_key": list(self.primary_key),
            "columns": [column.to_dict() for column in self.columns],
        }

    @classmethod
    def from_dict(cls, name: str, content: Mapping[str, Any]) -> Table:
        return cls(
            name=name,
            columns=tuple(Column(**column) for column in content["columns"]),
            primary_key=tuple(content["primary_key"]),
            comment=content["comment"],
            former=tuple(FormerColumn(**column) for column in content.get("former", ())),
        )


@dataclass(frozen=True)
class Content:
    """What rows say, order-free.

    content: hash without lineage and clocks; equal for equal content.
    exact: hash of everything; only for deciding whether a file can be shared between releases.
    """

    rows: int
    content: str
    exact: str


def public_tables(connection: duckdb.DuckDBPyConnection, schema: str = "marts") -> tuple[Table, ...]:
    """Every relation of a schema, by name. Raises GateError for what may not be published."""
    of_schema = f"database_name = current_database() and schema_name = {sql.literal(schema)}"
    comments = dict(
        connection.execute(
            f"select table_name, comment from duckdb_tables() where {of_schema}"
            f" union all select view_name, comment from duckdb_views() where {of_schema}"
        ).fetchall()
    )
    keys = {
        table: tuple(columns)
        for table, columns in connection.execute(
            "select table_name, constraint_column_names from duckdb_constraints()"
            f" where constraint_type = 'PRIMARY KEY' and {of_schema}"
        ).fetchall()
    }
    columns: dict[str, list[Column]] = {}
    for table, name, kind, nullable, comment in connection.execute(
        "select table_name, column_name, data_type, is_nullable, comment from duckdb_columns()"
        f" where {of_schema} order by table_name, column_index"
    ).fetchall():
        columns.setdefault(table, []).append(Column(name, kind, nullable, comment))
    tables = tuple(Table(name, tuple(columns[name]), keys.get(name, ()), comments[name]) for name in sorted(comments))
    _refuse_the_unpublishable(tables, schema)
    return tables


def contents(
    connection: duckdb.DuckDBPyConnection, table: Table, condition: str = "true", of: str | None = None
) -> Content:
    """Rows and hashes of the rows that meet a condition. of: SQL of a relation that has the table's rows elsewhere."""
    found = connection.execute(f"select {_hashes(table)} from {of or table.relation} where {condition}").fetchone()
    return _read(found or ())


def contents_by_partition(
    connection: duckdb.DuckDBPyConnection, table: Table, condition: str = "true"
) -> dict[tuple[Any, ...], Content]:
    """The same per authority and date that the table is cut by, in one pass."""
    found = connection.execute(
        f"select authority_code, {table.partitioned_by}, {_hashes(table)} from {table.relation} where {condition}"
        f" group by authority_code, {table.partitioned_by}"
    ).fetchall()
    return {(authority, date): _read(rest) for authority, date, *rest in found}


def combined(parts: Iterable[tuple[int, str]]) -> tuple[int, str]:
    """(rows, content hash) of a table from those of its partitions: the same as if hashed in one go."""
    rows = total = 0
    for count, text in parts:
        rows += count
        total += int(text, 16)
    return rows, _text(total)


def _hashes(table: Table) -> str:
    every = [column.name for column in table.columns]
    said = [name for name in every if name not in NOT_CONTENT] or every
    return ", ".join(
        ("count(*)", *(f"coalesce(sum(hash({', '.join(map(sql.name, names))})), 0)" for names in (said, every)))
    )


def _read(found: Iterable[Any]) -> Content:
    rows, content, exact = found
    return Content(rows, _text(content), _text(exact))


def _text(total: int) -> str:
    # A sum, so that order does not count and doubled rows do.
    return f"{total % (1 << 128):032x}"


def _refuse_the_unpublishable(tables: Iterable[Table], schema: str) -> None:
    wrong_names = [table.name for table in tables if not PUBLIC_NAME.fullmatch(table.name)]
    if wrong_names:
        raise GateError(f"Schema {schema} holds what has no public name: {', '.join(wrong_names)}.")
    wrong_types = [
        f"{table.name}.{column.name} ({column.type})"
        for table in tables
        for column in table.columns
        if not _PORTABLE.fullmatch(column.type)
    ]
    if wrong_types:
        raise GateError(f"Not every engine can read these types: {', '.join(wrong_types)}.")
    if not tables:
        raise GateError(f"Schema {schema} is empty: there is nothing to judge or publish.")
