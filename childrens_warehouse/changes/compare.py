"""Compare two releases: which rows of which table were added, removed or changed, and why.

Tables and partitions with equal content hashes are not opened, so the work follows what changed. Rows meet on the grain
that the newer release records; lineage and clocks (`tables.NOT_CONTENT`) are not compared.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from childrens_warehouse import sql
from childrens_warehouse.changes import source_rows
from childrens_warehouse.errors import WarehouseError
from childrens_warehouse.publish.current import DATABASE, current_manifest, read_manifest
from childrens_warehouse.publish.tables import NOT_CONTENT
from childrens_warehouse.settings import Settings

# Who a row is about, as far as its table says.
PERSONS = ("child_key", "pupil_key", "patient_key")


@dataclass(frozen=True)
class Side:
    """One of the two releases."""

    release_id: str
    as_at: dt.date
    code: str
    database: Path
    tables: Mapping[str, Mapping[str, Any]]

    @classmethod
    def of(cls, settings: Settings, name: str) -> Side:
        """The release of that id, or `current`, or `previous`. Raises WarehouseError when there is none."""
        manifest: Mapping[str, Any] | None
        if name in ("current", "previous"):
            manifest = current_manifest(settings.home)
            if manifest and name == "previous":
                manifest = read_manifest(settings.home, manifest["previous"]) if manifest["previous"] else None
        else:
            manifest = read_manifest(settings.home, name)
        database = settings.home.releases / (manifest["release_id"] if manifest else name) / DATABASE
        if manifest is None or not database.exists():
            raise WarehouseError(f"There is no release {name} in {settings.home.releases}.")
        return cls(
            manifest["release_id"],
            dt.date.fromisoformat(manifest["as_at"]),
            manifest["code"]["fingerprint"],
            database,
            manifest["tables"],
        )


@dataclass(frozen=True)
class Compared:
    """What was compared: tables that only one side has, or whose grain no one recorded, are named and not opened."""

    older: Side
    newer: Side
    only_older: tuple[str, ...]
    only_newer: tuple[str, ...]
    without_grain: tuple[str, ...]
    unchanged: int

    @property
    def is_other_code(self) -> bool:
        return self.older.code != self.newer.code


def compare(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    older: Side,
    newer: Side,
    only: Collection[str] | None = None,
) -> Compared:
    """Fill the table `changes` of the connection: one row per table and row that differs.

    only: the names of the tables to compare; None compares all. Raises WarehouseError when neither release has one.
    """
    for name in sorted(set(only or ()) - {*older.tables, *newer.tables}):
        raise WarehouseError(f"Neither release has a table {name}.")
    connection.execute(f"attach if not exists {sql.literal(older.database)} as older (read_only)")
    connection.execute(f"attach if not exists {sql.literal(newer.database)} as newer (read_only)")
    connection.execute(
        "create table changes (table_name varchar, authority_code varchar, child_key bigint, pupil_key bigint,"
        " patient_key bigint, row_key varchar, change varchar, reason varchar, columns_changed varchar,"
        " happened_on date, known_at timestamp, dataset varchar)"
    )
    source_rows.create(connection)
    both = sorted(older.tables.keys() & newer.tables.keys())
    without_grain, unchanged = [], 0
    for table in both:
        before, after = older.tables[table], newer.tables[table]
        if before["content_hash"] == after["content_hash"]:
            unchanged += 1
        elif not after.get("grain"):
            without_grain.append(table)
        elif only is None or table in only:
            _compare_table(connection, settings, table, older, newer)
    return Compared(
        older,
        newer,
        tuple(sorted(older.tables.keys() - newer.tables.keys())),
        tuple(sorted(newer.tables.keys() - older.tables.keys())),
        tuple(without_grain),
        unchanged,
    )


def _compare_table(
    connection: duckdb.DuckDBPyConnection, settings: Settings, table: str, older: Side, newer: Side
) -> None:
    before, after = older.tables[table], newer.tables[table]
    types = {column["name"]: column["type"] for column in after["columns"]}
    there = {column["name"] for column in before["columns"]}
    grain = [column for column in after["grain"] if column in there]
    shared = [name for name in types if name in there]
    said = [name for name in shared if name not in NOT_CONTENT and name not in grain]
    lineage = [name for name in ("source_file", "source_row", "source_dataset") if name in shared]
    where = _partitions_that_differ(before, after)
    read = ", ".join(sql.name(name) for name in dict.fromkeys((*grain, *said, *lineage)))

    def side(name: str) -> str:
        return (
            f"select {read}, hash({', '.join(map(sql.name, (*grain, *said)))}) as content, true as is_there "
            f"from {name}.{sql.name(table)} {where}"
        )

    same_row = " and ".join(f"o.{sql.name(name)} is not distinct from n.{sql.name(name)}" for name in grain)
    key = [
        f"'{name}=' || coalesce(cast({_either(name, shared)} as varchar), '')"
        for name in grain
        if name not in NOT_CONTENT
    ]
    changed = [f"case when o.{sql.name(n)} is distinct from n.{sql.name(n)} then {sql.literal(n)} end" for n in said]
    connection.execute(
        f"""
        create or replace temp table differing as
        select
            {_either("authority_code", shared)} as authority_code,
            {", ".join(f"{_either(person, shared)} as {person}" for person in PERSONS)},
            concat_ws(', ', {", ".join(key)}) as row_key,
            case when o.is_there is null then 'added' when n.is_there is null then 'removed' else 'changed' end
                as change,
            case when o.is_there and n.is_there then concat_ws(', ', {", ".join(changed) or "null"}) end
                as columns_changed,
            {_happened_on(grain, shared, types)} as happened_on,
            {_lineage("o", lineage)},
            {_lineage("n", lineage)}
        from ({side("older")}) as o
        full outer join ({side("newer")}) as n on {same_row}
        where o.content is distinct from n.content
        """
    )
    if "source_file" in lineage and "source_row" in lineage:
        source_rows.load(connection, settings)
    connection.execute(source_rows.with_reasons(table, older.as_at))


def _either(name: str, shared: Iterable[str]) -> str:
    return f"coalesce(n.{sql.name(name)}, o.{sql.name(name)})" if name in shared else "null"


def _lineage(alias: str, columns: list[str]) -> str:
    """Where a row of one side came from, under names of that side."""
    side = {"o": "older", "n": "newer"}[alias]
    kinds = {"source_file": "varchar", "source_row": "bigint", "source_dataset": "varchar"}
    return ", ".join(
        f"{f'{alias}.{sql.name(name)}' if name in columns else f'cast(null as {kind})'} as {side}_{name}"
        for name, kind in kinds.items()
    )


def _happened_on(grain: list[str], shared: list[str], types: Mapping[str, str]) -> str:
    """The day a row tells of: the last day of its key, or the first of its days where the key has none."""
    days = [name for name in grain if types.get(name) == "DATE"]
    if days:
        return f"greatest({', '.join(_either(name, shared) for name in days)})"
    others = [name for name in shared if types.get(name) == "DATE" and not name.endswith("due_on")]
    return f"least({', '.join(_either(name, shared) for name in others)})" if others else "cast(null as date)"


def _partitions_that_differ(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """For a partitioned table the condition that picks the months or dates whose rows are not the same."""

    def hashes(table: Mapping[str, Any]) -> set[tuple[str, str, str]]:
        return {
            (file["authority_code"], file["partition"], file["content_hash"])
            for file in table["files"]
            if file["partition"]
        }

    differing = sorted({(authority, date) for authority, date, _ in hashes(before) ^ hashes(after)})
    if not differing:
        return ""
    pairs = ", ".join(f"({sql.literal(authority)}, date {sql.literal(date)})" for authority, date in differing)
    return f"where (authority_code, {after['partitioned_by']}) in ({pairs})"
