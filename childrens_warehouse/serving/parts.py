"""What of a release is stored on the server: one part per file, named after what it holds and how it is shaped.

Equal name, equal rows, keys and indexes: what is there already is not loaded again, whatever release it came with.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from childrens_warehouse import sql
from childrens_warehouse.disclosure import mart
from childrens_warehouse.publish import aggregate, history
from childrens_warehouse.publish.tables import Column, Table
from childrens_warehouse.serving import access_classes
from childrens_warehouse.serving.access_classes import Rows
from childrens_warehouse.serving.names import MARTS, MARTS_AGGREGATE, StoredTable
from childrens_warehouse.settings import Settings

SESSIONS = "fct_attendance_session"
# PostgreSQL cuts names after 63 characters.
_LONGEST_NAME = 40

_TYPES = {
    "BOOLEAN": "boolean",
    "TINYINT": "smallint",
    "SMALLINT": "smallint",
    "INTEGER": "integer",
    "BIGINT": "bigint",
    "FLOAT": "real",
    "DOUBLE": "double precision",
    "VARCHAR": "text",
    "DATE": "date",
    "TIMESTAMP": "timestamp",
}

# How the usual questions go into the tables that every page asks, where their key does not serve: by reporting date and
# slice, and to the children behind a figure. Beside these and the key, facts have an index by child and one by date.
_INDEXES: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "indicator_value": (("as_at", "dimension", "indicator_id"),),
    "indicator_publication": (("indicator_id", "as_at", "dimension"),),
    "indicator_subject": (("subject_key",),),
}
# What of a published figure may be unknown.
_UNKNOWN = frozenset({"numerator", "denominator", "value", "display", "published_until"})
_SUBJECTS = ("child_key", "pupil_key", "patient_key", "worker_key")


@dataclass(frozen=True)
class Part:
    """One stored table to be.

    path: its Parquet file; None where a table that is cut has no rows at all. rows: in it. key: columns that name a
    row. indexes: beside the key. partition: authority and date of a table that is cut. of_authorities: whose rows of
    the file alone, None for everybody's.
    """

    stored: StoredTable
    path: Path | None
    rows: int
    key: tuple[str, ...]
    indexes: tuple[tuple[str, ...], ...]
    partition: tuple[str, str] | None = None
    of_authorities: tuple[str, ...] | None = None

    @property
    def which(self) -> str:
        """Which rows of the file are loaded, as a condition."""
        if self.of_authorities is None:
            return "true"
        return f"authority_code in ({sql.literals(self.of_authorities)})" if self.of_authorities else "false"

    @property
    def name(self) -> str:
        return self.stored.name

    @property
    def table(self) -> Table:
        return self.stored.table

    @property
    def is_key_complete(self) -> bool:
        """Is no column of the key ever null?"""
        return not any(column.nullable for column in self.table.columns if column.name in self.key)


@dataclass(frozen=True)
class Reference:
    """Columns of one table that point at the key of another."""

    table: str
    columns: tuple[str, ...]
    to_table: str
    to_columns: tuple[str, ...]


def of_release(
    settings: Settings,
    manifest: Mapping[str, Any],
    with_sessions: bool,
    child_level: frozenset[str] | None = None,
) -> tuple[Part, ...]:
    """Every part of a release. Single sessions only if asked for; their months are always there.

    child_level: the authorities whose rows about persons are wanted, None for all. Figures are always of all.
    """
    folder = settings.home.releases / manifest["release_id"]
    found: list[Part] = []
    for name, content in manifest["tables"].items():
        if name != SESSIONS or with_sessions:
            table = Table.from_dict(name, content)
            is_of_persons = access_classes.of(table).rows in (Rows.PERSON, Rows.WHOLE_AUTHORITY)
            found += _of_table(folder, table, content, child_level if is_of_persons else None)
    found += _beside(folder)
    for name, content in (manifest.get("aggregate") or {}).get("tables", {}).items():
        table = Table.from_dict(name, content)
        key = tuple(manifest["tables"].get(name, {}).get("grain", ()))
        path = folder / aggregate.FOLDER / f"{name}.parquet"
        found.append(_part(MARTS_AGGREGATE, table, path, content["rows"], _hash_of(path), key))
    return tuple(found)


def references(manifest: Mapping[str, Any]) -> tuple[Reference, ...]:
    """What the release knows of its tables pointing at each other, where it is at a key.

    dim_child has a row per child and stretch of time: what points at a child points at no key of it.
    """
    found = []
    for name, content in manifest["tables"].items():
        for each in content.get("references", ()):
            to = manifest["tables"].get(each["table"], {})
            if sorted(to.get("grain", ())) == sorted(each["to_columns"]) and not to["partitioned_by"]:
                found.append(Reference(name, tuple(each["columns"]), each["table"], tuple(each["to_columns"])))
    return tuple(found)


def postgres_type(kind: str) -> str:
    """The type of a column as PostgreSQL calls it."""
    return _TYPES.get(kind) or kind.lower().replace("decimal", "numeric")


def _of_table(
    folder: Path, table: Table, content: Mapping[str, Any], authorities: frozenset[str] | None
) -> Iterator[Part]:
    key = tuple(content["grain"])
    wanted = [
        file
        for file in content["files"]
        if authorities is None or not table.partitioned_by or file["authority_code"] in authorities
    ]
    if not wanted:
        yield _part(MARTS, table, None, 0, "empty", key)
    for file in wanted:
        path, hashed = folder / file["path"], file["exact_hash"]
        if table.partitioned_by:
            yield _part(MARTS, table, path, file["rows"], hashed, key, (file["authority_code"], file["partition"]))
        elif authorities is None:
            yield _part(MARTS, table, path, file["rows"], hashed, key)
        else:
            there = {code: rows for code, rows in content["rows_by_authority"].items() if code in authorities}
            yield _part(MARTS, table, path, sum(there.values()), hashed, key, of_authorities=tuple(sorted(authorities)))


def _beside(folder: Path) -> Iterator[Part]:
    """What a release holds that is no table of the candidate: what was published when, and what is suppressed why."""
    path = folder / history.FILE
    if path.exists():
        columns = tuple(Column(name, kind, name in _UNKNOWN, said) for name, kind, said in history.COLUMNS)
        yield _part(MARTS, Table(history.TABLE, columns, (), history.COMMENT), path, _rows(path), _hash_of(path), ())
    path = folder / f"{aggregate.REASONS}.parquet"
    if path.exists():
        with duckdb.connect() as connection:
            described = connection.execute(f"describe select * from read_parquet({sql.literal(path)})").fetchall()
        columns = tuple(Column(row[0], row[1], True, None) for row in described)
        table = Table(aggregate.REASONS, columns, (), mart.SUPPRESSION_COMMENT)
        yield _part(MARTS, table, path, _rows(path), _hash_of(path), ())


def _part(
    schema: str,
    table: Table,
    path: Path | None,
    rows: int,
    content: str,
    key: tuple[str, ...],
    partition: tuple[str, str] | None = None,
    of_authorities: tuple[str, ...] | None = None,
) -> Part:
    # Rows are stored in the order of the key. What is the same all over a part, or nearly, tells least: it comes last,
    # and a key serves as an index by child.
    first, same = table.lies_by, ("authority_code", table.partitioned_by)
    key = tuple(
        sorted(key, key=lambda column: (column in same, first.index(column) if column in first else len(first)))
    )
    indexes = _indexes(table, key)
    shape = [
        schema,
        table.name,
        [[column.name, column.type, column.nullable] for column in table.columns],
        [key, indexes, partition],
        content,
        *([] if of_authorities is None else [of_authorities]),
    ]
    name = f"{table.name[:_LONGEST_NAME]}_{hashlib.sha256(json.dumps(shape).encode()).hexdigest()[:20]}"
    return Part(StoredTable(name, table, schema), path, rows, key, indexes, partition, of_authorities)


def _indexes(table: Table, key: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    if told := _INDEXES.get(table.name):
        return told
    if not table.name.startswith(("fct_", "bridge_")):
        return ()
    found = [(name,) for name in _SUBJECTS if table.has(name) and key[:1] != (name,)]
    dates = [column.name for column in table.columns if column.type == "DATE" and column.name in key]
    if dates and not table.partitioned_by and key[:1] != (dates[0],):
        found.append((dates[0],))
    return tuple(found)


def _hash_of(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _rows(path: Path) -> int:
    with duckdb.connect() as connection:
        found = connection.execute(f"select count(*) from read_parquet({sql.literal(path)})").fetchone()
    return found[0] if found else 0
