"""marts.duckdb: the one file that a BI tool opens. Small tables inside, large ones as views on the release.

Made from the release's folder and nothing else, so that any release can be opened, or gone back to, at any time.

The tables lie in the file's default schema, and readers write `marts.fct_placement`: DuckDB names the database
after its file. With a schema marts inside, that very name would be ambiguous and refused (docs/adr/0005).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb

from childrens_warehouse import sql
from childrens_warehouse.errors import PublishFailed
from childrens_warehouse.publish import aggregate, files, former_names, history, release_tables
from childrens_warehouse.publish.current import DATABASE
from childrens_warehouse.publish.tables import Table
from childrens_warehouse.settings import GROUP_READS_FILE, Settings

_PARTIAL = f".{DATABASE}.partial"

RELEASE_COLUMNS = (
    ("release_id", "VARCHAR", "Names the night and the inputs."),
    ("as_at", "DATE", "Newest extract date in force: the night the figures speak of."),
    ("known_on", "TIMESTAMP", "Files generated later were left out (UTC); null: none were."),
    ("published_at", "TIMESTAMP", "When the release was written (UTC)."),
    ("gate_verdict", "VARCHAR", "pass, or warn: published with the warnings in its manifest.json."),
    ("code_version", "VARCHAR", "Version of the warehouse that built it."),
    ("inputs_fingerprint", "VARCHAR", "SHA-256 of what it was built from; equal inputs, equal content."),
)


def ensure(settings: Settings, manifest: Mapping[str, Any]) -> Path:
    """Make the release's database unless it is there, check it, and return its path. Raises PublishFailed."""
    folder = settings.home.releases / manifest["release_id"]
    path = folder / DATABASE
    if not path.exists():
        partial = folder / _PARTIAL
        for left_over in folder.glob(f"{_PARTIAL}*"):
            files.remove(left_over)
        _write(settings, manifest, folder, partial)
        _check(manifest, partial)
        partial.chmod(GROUP_READS_FILE)
        if settings.readers_group:
            files.give_to_group(partial, settings.readers_group)
        files.flush(partial)
        files.replace(partial, path)
    else:
        _check(manifest, path)
    return path


def _write(settings: Settings, manifest: Mapping[str, Any], folder: Path, path: Path) -> None:
    with duckdb.connect(
        str(path), config={"memory_limit": settings.memory_limit, "threads": settings.threads}
    ) as connection:
        for name, content in manifest["tables"].items():
            table = Table.from_dict(name, content)
            parts = [folder / file["path"] for file in content["files"]]
            if table.partitioned_by and parts:
                _create_view(connection, table, folder)
            else:
                create_table(connection, table, parts)
            comment(connection, table, "view" if table.partitioned_by and parts else "table")
        for name, content in manifest.get("views", {}).items():
            create_view_over(connection, name, content)
        history.create_table(connection, folder)
        aggregate.create_reasons(connection, folder)
        create_release(connection, manifest)
        connection.execute("checkpoint")


def create_table(connection: duckdb.DuckDBPyConnection, table: Table, parts: list[Path], which: str = "true") -> None:
    """A table with the rows of some files. which: of these rows, as a condition."""
    columns = [
        f"{sql.name(column.name)} {column.type}{'' if column.nullable else ' not null'}" for column in table.columns
    ]
    types = {column.name: column.type for column in table.columns}
    columns += [
        f"{sql.name(each.name)} {each.type}"
        f" generated always as ({former_names.cast(each.column, types[each.column], each.type)}) virtual"
        for each in table.former
    ]
    if table.primary_key:
        columns.append(f"primary key ({', '.join(map(sql.name, table.primary_key))})")
    connection.execute(f"create table {sql.name(table.name)} ({', '.join(columns)})")
    if parts:
        names = ", ".join(sql.name(column.name) for column in table.columns)
        order = f" order by {', '.join(map(sql.name, table.lies_by))}" if table.lies_by else ""
        connection.execute(
            f"insert into {sql.name(table.name)} ({names}) select {names} from"
            f" read_parquet({sql.file_list(parts)}) where {which}{order}"
        )


def _create_view(connection: duckdb.DuckDBPyConnection, table: Table, folder: Path) -> None:
    types = {column.name: column.type for column in table.columns}
    shown = [sql.name(column.name) for column in table.columns]
    shown += [former_names.renamed(each.column, types[each.column], each.name, each.type) for each in table.former]
    # With the folders as partitions a query on a date opens that date's files only. Their types must be told.
    pattern = folder / table.name / "*" / "*" / "part.parquet"
    connection.execute(
        f"create view {sql.name(table.name)} as select {', '.join(shown)} from read_parquet({sql.literal(pattern)},"
        f" hive_partitioning = true, hive_types = {{'authority_code': varchar, '{table.partitioned_by}': date}})"
    )


def create_view_over(connection: duckdb.DuckDBPyConnection, name: str, content: Mapping[str, Any]) -> None:
    connection.execute(f"create view {sql.name(name)} as {content['query']}")
    connection.execute(f"comment on view {sql.name(name)} is {sql.literal(content['comment'])}")
    for column, said in content["columns"].items():
        connection.execute(f"comment on column {sql.name(name)}.{sql.name(column)} is {sql.literal(said)}")


def comment(connection: duckdb.DuckDBPyConnection, table: Table, kind: str) -> None:
    if table.comment:
        connection.execute(f"comment on {kind} {sql.name(table.name)} is {sql.literal(table.comment)}")
    for column in table.columns:
        if column.comment:
            connection.execute(
                f"comment on column {sql.name(table.name)}.{sql.name(column.name)} is {sql.literal(column.comment)}"
            )
    _say_former(connection, table)


def _say_former(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    for each in table.former:
        said = f"{each.column} under its former name, until {each.gone_after}."
        connection.execute(f"comment on column {sql.name(table.name)}.{sql.name(each.name)} is {sql.literal(said)}")


def create_release(connection: duckdb.DuckDBPyConnection, manifest: Mapping[str, Any]) -> None:
    """Which release it is, who is in it, and how old each source is."""
    columns = ", ".join(f"{name} {kind}" for name, kind, _ in RELEASE_COLUMNS)
    connection.execute(f"create table release ({columns})")
    connection.execute("comment on table release is 'The release in this file. Exactly one row.'")
    for name, _, comment in RELEASE_COLUMNS:
        connection.execute(f"comment on column release.{name} is {sql.literal(comment)}")
    connection.execute("insert into release values (?, ?, ?, ?, ?, ?, ?)", release_row(manifest))
    for table in release_tables.ALL:
        table.create(connection, manifest)


def release_row(manifest: Mapping[str, Any]) -> list[Any]:
    """What the table `release` says, in the order of its columns; times are UTC without saying so."""
    return [
        manifest["release_id"],
        dt.date.fromisoformat(manifest["as_at"]),
        _utc(manifest["known_on"]),
        _utc(manifest["published_at"]),
        manifest["gate"]["verdict"],
        manifest["code"]["versions"]["childrens-warehouse"],
        manifest["inputs"]["fingerprint"],
    ]


def _utc(text: str | None) -> dt.datetime | None:
    return dt.datetime.fromisoformat(text).astimezone(dt.UTC).replace(tzinfo=None) if text else None


def _check(manifest: Mapping[str, Any], path: Path) -> None:
    """Open it as a reader would and see that every table answers with its rows and types."""
    if (wal := path.with_name(f"{path.name}.wal")).exists():
        raise PublishFailed(f"{wal} is left: {path.name} was not closed properly.")
    with duckdb.connect(str(path), read_only=True) as connection:
        for name, content in manifest["tables"].items():
            table = Table.from_dict(name, content)
            found = connection.execute(f"select count(*) from {sql.name(table.name)}").fetchone()
            types = connection.execute(f"describe {sql.name(table.name)}").fetchall()
            wanted = [(column.name, column.type) for column in table.columns]
            wanted += [(column.name, column.type) for column in table.former]
            if found != (content["rows"],) or [(row[0], row[1]) for row in types] != wanted:
                raise PublishFailed(f"{path} does not hold {name} as the release has it.")
        for name, content in manifest.get("views", {}).items():
            found_columns = [row[0] for row in connection.execute(f"describe {sql.name(name)}").fetchall()]
            if found_columns != list(content["columns"]):
                raise PublishFailed(f"{path} does not answer for the view {name} as the release has it.")
        if connection.execute("select release_id from release").fetchall() != [(manifest["release_id"],)]:
            raise PublishFailed(f"{path} does not say that it is release {manifest['release_id']}.")
