"""A release: a folder of Parquet that is written once, complete under its final name, and never changed.

    releases/<release>/manifest.json
    releases/<release>/<table>.parquet                                                      small tables
    releases/<release>/<table>/authority_code=310/session_month=2017-05-01/part.parquet     large ones, by month
    releases/<release>/indicator_subject/authority_code=310/as_at=2017-03-31/part.parquet   by reporting date
    releases/<release>/built_of.json.gz                                                     (raw.of_release)
    releases/<release>/indicator_history.parquet                                            (publish.history)
    releases/<release>/aggregate/<table>.parquet, indicator_suppression.parquet             (publish.aggregate)
    releases/<release>/marts.duckdb                                                         (publish.marts)

Files whose rows did not change are hard-linked from the current release. The columns in the names of folders are
in the files as well, so a file can be read on its own; who reads the folders as partitions must give their types
(text and date), or every engine takes an authority for a number.
"""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from childrens_warehouse import sql
from childrens_warehouse.build import candidate, inputs, volumes
from childrens_warehouse.build.candidate import PartitionKey, State
from childrens_warehouse.disclosure.profiles import Profile
from childrens_warehouse.publish import aggregate, files, former_names, history, release_tables, views
from childrens_warehouse.publish.current import MANIFEST
from childrens_warehouse.publish.tables import (
    Content,
    Table,
    combined,
    contents,
    contents_by_partition,
    public_tables,
)
from childrens_warehouse.raw import epoch
from childrens_warehouse.raw.of_release import BUILT_OF
from childrens_warehouse.settings import GROUP_READS_DIRECTORY, GROUP_READS_FILE, Home

PARTIAL = ".partial"


@dataclass(frozen=True)
class File:
    """One Parquet file of a release: what is in it, and whether the current release already has it.

    partition: the authority and date it holds; None for a small table. fingerprint: of the partition's input.
    shared: path, inside the current release, of the file with exactly these rows.
    """

    path: str
    content: Content
    partition: PartitionKey | None = None
    fingerprint: str | None = None
    shared: str | None = None

    def to_dict(self, is_linked: bool) -> dict[str, Any]:
        authority, date = self.partition or (None, None)
        return {
            "path": self.path,
            "rows": self.content.rows,
            "content_hash": self.content.content,
            "exact_hash": self.content.exact,
            "authority_code": authority,
            "partition": date.isoformat() if date else None,
            "fingerprint": self.fingerprint,
            "is_linked": is_linked,
        }


@dataclass(frozen=True)
class PlannedTable:
    """One table of a release to be."""

    table: Table
    files: tuple[File, ...]
    rows: int
    content_hash: str


def release_id(state: State) -> str:
    """Names the night and the inputs: equal inputs, equal release."""
    return f"{state.as_at}-{state.inputs[:8]}"


def plan(
    connection: duckdb.DuckDBPyConnection, state: State, current: Mapping[str, Any] | None
) -> tuple[PlannedTable, ...]:
    """What the release will hold, and which of its files the current release already has."""
    planned = []
    for table in public_tables(connection):
        before = (current or {}).get("tables", {}).get(table.name, {})
        is_alike = before.get("columns") == table.to_dict()["columns"]
        known = {file["path"]: file for file in before.get("files", ())} if is_alike else {}
        if table.is_large:
            is_trusted = current is not None and current["code"]["fingerprint"] == state.code
            members = tuple(_partition_files(connection, table, state, known, is_trusted))
        elif table.partitioned_by:
            members = tuple(
                _file(_path(table, key), content, known, key)
                for key, content in sorted(contents_by_partition(connection, table).items())
            )
        else:
            members = (_file(f"{table.name}.parquet", contents(connection, table), known),)
        rows, content = combined((member.content.rows, member.content.content) for member in members)
        planned.append(PlannedTable(table, members, rows, content))
    return tuple(planned)


def write(
    connection: duckdb.DuckDBPyConnection,
    home: Home,
    state: State,
    planned: tuple[PlannedTable, ...],
    gate: Mapping[str, Any],
    current: Mapping[str, Any] | None,
    readers_group: str | None,
    grains: Mapping[str, tuple[str, ...]],
    references: Mapping[str, Sequence[Mapping[str, Any]]],
    built_of: Path,
    disclosure: Profile,
) -> dict[str, Any]:
    """Write the release's folder under its final name and return its manifest."""
    name = release_id(state)
    folder = home.releases / f"{name}{PARTIAL}"
    files.remove(folder)
    folder.mkdir(mode=GROUP_READS_DIRECTORY, parents=True)
    tables = {}
    for each in planned:
        linked = [_put(connection, home, folder, each.table, file, current) for file in each.files]
        before = (current or {}).get("tables", {}).get(each.table.name)
        tables[each.table.name] = {
            "rows": each.rows,
            "content_hash": each.content_hash,
            "is_changed": before is None or before["content_hash"] != each.content_hash,
            "rows_by_authority": volumes.count(connection, [each.table])[each.table.name],
            **each.table.to_dict(),
            "former": former_names.columns_of(each.table.name, each.table.to_dict()["columns"], state.as_at),
            "grain": list(grains.get(each.table.name, each.table.primary_key)),
            "references": list(references.get(each.table.name, ())),
            "files": [file.to_dict(is_linked) for file, is_linked in zip(each.files, linked, strict=True)],
        }
    manifest = {
        "release_id": name,
        "published_at": dt.datetime.now(dt.UTC).isoformat(timespec="microseconds"),
        "as_at": state.as_at.isoformat(),
        "known_on": state.known_on.isoformat() if state.known_on else None,
        "build_id": state.build_id,
        "previous": current["release_id"] if current else None,
        "inputs": {"fingerprint": state.inputs, "key_id": _key_id(home), "files": _files_in_force(connection)},
        "code": {"fingerprint": state.code, "versions": inputs.versions(), "commit": inputs.commit()},
        "gate": _summary(gate),
        "authorities": release_tables.authorities_of(state, gate),
        "tables": tables,
        "views": {**views.over(tables), **former_names.views(tables, state.as_at)},
    }
    # Not linked: the folder of the build is for its owner alone, a release is not.
    shutil.copyfile(built_of, folder / BUILT_OF)
    files.flush(folder / BUILT_OF)
    manifest["history"] = history.write(connection, home, folder, manifest)
    manifest["aggregate"] = aggregate.write(connection, folder, disclosure, state.as_at)
    files.write_json(folder / MANIFEST, manifest, GROUP_READS_FILE)
    files.open_to_group(folder, readers_group)
    for inner in sorted(path for path in folder.rglob("*") if path.is_dir()):
        files.flush(inner)
    files.flush(folder)
    files.replace(folder, home.releases / name)
    return manifest


def differing(manifest: Mapping[str, Any], planned: tuple[PlannedTable, ...]) -> list[str]:
    """Tables whose content is not that of an existing release."""
    told = {name: table["content_hash"] for name, table in manifest["tables"].items()}
    made = {each.table.name: each.content_hash for each in planned}
    return sorted(name for name in told.keys() | made.keys() if told.get(name) != made.get(name))


def _partition_files(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    state: State,
    known: Mapping[str, Mapping[str, Any]],
    is_trusted: bool,
) -> Iterator[File]:
    """One file per partition with rows. Partitions kept since the current release are not even read."""
    filled = {key: held for key, held in state.held.items() if held.rows.get(table.name)}
    paths = {key: _path(table, key) for key in filled}
    kept = {
        key: known[paths[key]]
        for key, held in filled.items()
        if is_trusted and key not in state.rebuilt and known.get(paths[key], {}).get("fingerprint") == held.fingerprint
    }
    fresh = sorted(filled.keys() - kept.keys())
    found = contents_by_partition(connection, table, candidate.is_among(fresh)) if fresh else {}
    for key in sorted(filled):
        if key in kept:
            was = kept[key]
            content = Content(was["rows"], was["content_hash"], was["exact_hash"])
        else:
            content = found[key]
        yield _file(paths[key], content, known, key, filled[key].fingerprint)


def _path(table: Table, key: PartitionKey) -> str:
    authority, date = key
    return f"{table.name}/authority_code={authority}/{table.partitioned_by}={date}/part.parquet"


def _file(
    path: str,
    content: Content,
    known: Mapping[str, Mapping[str, Any]],
    partition: PartitionKey | None = None,
    fingerprint: str | None = None,
) -> File:
    was = known.get(path)
    is_same = was is not None and (was["rows"], was["exact_hash"]) == (content.rows, content.exact)
    return File(path, content, partition, fingerprint, path if is_same else None)


def _put(
    connection: duckdb.DuckDBPyConnection,
    home: Home,
    folder: Path,
    table: Table,
    file: File,
    current: Mapping[str, Any] | None,
) -> bool:
    """Link the file from the current release or write it. Was it linked?"""
    path = folder / file.path
    path.parent.mkdir(mode=GROUP_READS_DIRECTORY, parents=True, exist_ok=True)
    if file.shared and current:
        existing = home.releases / current["release_id"] / file.shared
        if existing.exists():
            return files.link_or_copy(existing, path)
    condition = "true" if file.partition is None else candidate.is_among([file.partition], table.partitioned_by)
    connection.execute(
        f"copy (select * from {table.relation} where {condition}) to {sql.literal(path)}"
        " (format parquet, compression zstd, per_thread_output false)"
    )
    files.flush(path)
    return False


def _key_id(home: Home) -> str | None:
    """Of the pseudonym key that the release's keys are of."""
    now = epoch.current(home)
    return now.key_id if now else None


def _files_in_force(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    found = connection.execute(
        "select authority_code, source, dataset, scope, source_file, file_name,"
        " cast(extract_date as varchar) as extract_date, cast(generated_at as varchar) as generated_at,"
        " rows_in_force from raw.extract order by all"
    )
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _summary(gate: Mapping[str, Any]) -> dict[str, Any]:
    """The gate's answer, in rules and counts."""
    return {
        "verdict": gate["verdict"],
        "evaluated": sum(len(judgement["results"]) for judgement in gate["judgements"]),
        "failed": [
            {"table": judgement["suite"], **result}
            for judgement in gate["judgements"]
            for result in judgement["results"]
            if not result["success"]
        ],
        "waived": gate["waived"],
        "partitions_judged": gate["partitions_judged"],
        "partitions_carried": gate["partitions_carried"],
    }
