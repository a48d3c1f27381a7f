"""Schema `store`: tables that are filled once, in one transaction each, and never change.

DuckDB writes a part's rows from its Parquet file in PostgreSQL's binary form, and COPY takes them up frozen: they are
there for every transaction that will ever look, also for one whose snapshot is older than they are. Such a one would
otherwise find the tables of a new release empty.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import importlib.util
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import duckdb
import psycopg
from psycopg.sql import SQL, Composed, Identifier, Literal

from childrens_warehouse import sql
from childrens_warehouse.errors import ConfigurationError, ServingFailed
from childrens_warehouse.publish import files
from childrens_warehouse.serving import access
from childrens_warehouse.serving.names import MARTS, STORE
from childrens_warehouse.serving.parts import Part, Reference, postgres_type
from childrens_warehouse.settings import OWNER_ONLY_DIRECTORY, Settings

_BLOCK = 1 << 20
# What is asked of the server meanwhile goes first: the rows of the next part can wait. (nice)
_BEHIND_READERS = 10
# Of the server's memory, for the index of one part.
_MEMORY_FOR_INDEXES = "256MB"

_BOOKS = """
create table if not exists store.loaded (
    name text primary key, schema_name text not null, table_name text not null, authority_code text,
    partition_date date, rows bigint not null, loaded_at timestamptz not null default now()
);
comment on table store.loaded is 'One row per stored table: what it is of, and when it was loaded.';
create table if not exists store.release (
    release_id text primary key, as_at date not null, published_at timestamptz not null,
    loaded_at timestamptz not null default now(), current_since timestamptz, is_current boolean not null default false
);
comment on table store.release is 'One row per release on this server.';
create table if not exists store.release_table (
    release_id text not null references store.release, name text not null references store.loaded,
    primary key (release_id, name)
);
comment on table store.release_table is 'One row per release and stored table it shows.';
"""


@dataclass(frozen=True)
class Stored:
    """What a load came to. tables, rows: copied now. reused: stored tables of the release that were there."""

    tables: tuple[str, ...]
    rows: int
    reused: int


def prepare(connection: psycopg.Connection) -> None:
    """Make the books of what is stored, unless they are there; auditors may read them."""
    with connection.transaction():
        connection.execute(_BOOKS)
        auditor = Identifier(access.AUDITOR)
        connection.execute(SQL("grant usage on schema {} to {}").format(Identifier(STORE), auditor))
        connection.execute(
            SQL("grant select on store.loaded, store.release, store.release_table to {}").format(auditor)
        )


def fill(
    connection: psycopg.Connection, settings: Settings, parts: Sequence[Part], references: Iterable[Reference]
) -> Stored:
    """Load the parts that are not there, and have every reference between them checked. Safe to run again."""
    there = {name for (name,) in connection.execute("select name from store.loaded").fetchall()}
    missing = [part for part in parts if part.name not in there]
    with _writer(settings) as writer:
        for part, rows in writer.write_ahead(missing):
            _load(connection, part, rows)
    _refer(connection, parts, references)
    return Stored(tuple(part.name for part in missing), sum(part.rows for part in missing), len(parts) - len(missing))


@dataclass(frozen=True)
class _Writer:
    connection: duckdb.DuckDBPyConnection
    folder: Path
    ahead: ThreadPoolExecutor

    def write_ahead(self, parts: Sequence[Part]) -> Iterator[tuple[Part, Future[Path | None]]]:
        """Each part with its rows to come; the next one is written while the server is at work on this one."""
        futures = [self.ahead.submit(self.write, part) for part in parts[:1]]
        for number, part in enumerate(parts):
            futures += [self.ahead.submit(self.write, following) for following in parts[number + 1 : number + 2]]
            yield part, futures[number]

    def write(self, part: Part) -> Path | None:
        """The part's rows in PostgreSQL's binary form, ordered by its key; None where it has no file."""
        if part.path is None:
            return None
        target = self.folder / f"{part.name}.copy"
        columns = ", ".join(
            f"cast({sql.name(column.name)} as smallint)" if column.type == "TINYINT" else sql.name(column.name)
            for column in part.table.columns
        )
        order = f" order by {', '.join(map(sql.name, part.key))}" if part.key else ""
        self.connection.execute(
            f"copy (select {columns} from read_parquet({sql.literal(part.path)}, hive_partitioning = false)"
            f" where {part.which}{order})"
            f" to {sql.literal(target)} (format postgres_binary)"
        )
        return target


@contextlib.contextmanager
def _writer(settings: Settings) -> Iterator[_Writer]:
    """DuckDB with its PostgreSQL extension, and a private folder for rows on their way."""
    folder = settings.home.build / "postgresql"
    files.remove(folder)  # of an attempt that was killed
    folder.mkdir(mode=OWNER_ONLY_DIRECTORY, parents=True)
    try:
        # The priority is the thread's own, and DuckDB's threads have that of the one that starts them.
        with (
            ThreadPoolExecutor(1, initializer=os.nice, initargs=(_BEHIND_READERS,)) as ahead,
            ahead.submit(_connect, settings, folder).result() as connection,
        ):
            yield _Writer(connection, folder, ahead)
    finally:
        files.remove(folder)


def _connect(settings: Settings, folder: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(
        config={"memory_limit": settings.memory_limit, "threads": settings.threads, "temp_directory": str(folder)}
    )
    connection.execute(f"load {sql.literal(extension())}")
    return connection


def extension() -> Path:
    """The extension's file, of exactly this DuckDB."""
    found = importlib.util.find_spec("duckdb_extension_postgres_scanner")
    folder = Path(found.origin).parent / "extensions" / f"v{duckdb.__version__}" if found and found.origin else None
    if not folder or not folder.exists():
        raise ConfigurationError(
            f"DuckDB {duckdb.__version__} has no PostgreSQL extension here: install"
            f" duckdb-extension-postgres-scanner=={duckdb.__version__}."
        )
    return folder / "postgres_scanner.duckdb_extension"


def _load(connection: psycopg.Connection, part: Part, written: Future[Path | None]) -> None:
    """Make, fill, key, index, count and protect one stored table: all of it or nothing."""
    name = Identifier(STORE, part.name)
    try:
        rows = written.result()
        with connection.transaction():
            connection.execute(SQL("set local maintenance_work_mem = {}").format(Literal(_MEMORY_FOR_INDEXES)))
            connection.execute(_create(part))
            if rows:
                _copy(connection, part, rows)
            if part.key:
                connection.execute(_key(part))
            for columns in part.indexes:
                connection.execute(SQL("create index on {} ({})").format(name, _names(columns)))
            if part.table.comment:
                connection.execute(SQL("comment on table {} is {}").format(name, Literal(part.table.comment)))
            access.protect(connection, part.stored)
            connection.execute(SQL("analyze {}").format(name))
            authority, date = part.partition or (None, None)
            connection.execute(
                "insert into store.loaded (name, schema_name, table_name, authority_code, partition_date, rows)"
                " values (%s, %s, %s, %s, %s, %s)",
                (part.name, part.stored.schema, part.table.name, authority, date, part.rows),
            )
    except (duckdb.Error, psycopg.DataError, psycopg.IntegrityError, psycopg.ProgrammingError) as error:
        # What it says may quote a row.
        raise ServingFailed(
            f"{part.table.name} could not be stored ({type(error).__name__}): the release's file does not hold what its"
            " manifest says, or the server refuses it; its log says more."
        ) from None
    if rows:
        rows.unlink()


def _create(part: Part) -> Composed:
    columns = [
        SQL("{} {}{}").format(
            Identifier(column.name),
            SQL(postgres_type(column.type)),
            SQL("" if column.nullable else " not null"),
        )
        for column in part.table.columns
    ]
    if part.partition:
        authority, date = part.partition
        columns.append(
            SQL("check (authority_code = {} and {} = date {})").format(
                Literal(authority), Identifier(str(part.table.partitioned_by)), Literal(date)
            )
        )
    return SQL("create table {} ({})").format(Identifier(STORE, part.name), SQL(", ").join(columns))


def _copy(connection: psycopg.Connection, part: Part, rows: Path) -> None:
    statement = SQL("copy {} from stdin (format binary, freeze)").format(Identifier(STORE, part.name))
    with connection.cursor() as cursor:
        with rows.open("rb") as handle, cursor.copy(statement) as copy:
            while block := handle.read(_BLOCK):
                copy.write(block)
        if cursor.rowcount != part.rows:
            raise ServingFailed(f"{part.table.name}: {cursor.rowcount} rows arrived, the release has {part.rows}.")


def _key(part: Part) -> Composed:
    # Some keys have a column that may be unknown, which no primary key takes.
    kind = "primary key" if part.is_key_complete else "unique nulls not distinct"
    return SQL("alter table {} add {} ({})").format(Identifier(STORE, part.name), SQL(kind), _names(part.key))


def _refer(connection: psycopg.Connection, parts: Sequence[Part], references: Iterable[Reference]) -> None:
    """Have the server check and keep each reference between tables of the release that it does not keep yet.

    A part that stayed may point at a table that did not, and is checked against the new one.
    """
    by_table: dict[str, list[Part]] = {}
    for part in parts:
        if part.stored.schema == MARTS:
            by_table.setdefault(part.table.name, []).append(part)
    there = {
        name
        for (name,) in connection.execute(
            "select conname from pg_constraint where contype = 'f' and connamespace = 'store'::regnamespace"
        ).fetchall()
    }
    for reference in references:
        for part in by_table.get(reference.table, ()):
            for to in by_table.get(reference.to_table, ()):
                name = _constraint(part, to, reference)
                if name not in there:
                    _add_reference(connection, part, to, reference, name)


def _constraint(part: Part, to: Part, reference: Reference) -> str:
    text = repr((part.name, to.name, reference.columns, reference.to_columns))
    return f"refers_{hashlib.sha256(text.encode()).hexdigest()[:20]}"


def _add_reference(connection: psycopg.Connection, part: Part, to: Part, reference: Reference, name: str) -> None:
    statement = SQL("alter table {} add constraint {} foreign key ({}) references {} ({})").format(
        Identifier(STORE, part.name), Identifier(name), _names(reference.columns), Identifier(STORE, to.name),
        _names(reference.to_columns),
    )  # fmt: skip
    try:
        connection.execute(statement)
    except psycopg.IntegrityError:
        raise ServingFailed(
            f"{reference.table} points at rows of {reference.to_table} that are not there"
            f" ({', '.join(reference.columns)}): the release is not as its tests found it."
        ) from None


def note_release(connection: psycopg.Connection, manifest: Mapping[str, object], parts: Iterable[Part]) -> None:
    """Write down that a release is on the server, and what it shows."""
    published_at = dt.datetime.fromisoformat(str(manifest["published_at"]))
    release_id = manifest["release_id"]
    connection.execute(
        "insert into store.release (release_id, as_at, published_at) values (%s, %s, %s)",
        (release_id, manifest["as_at"], published_at),
    )
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into store.release_table (release_id, name) values (%s, %s)",
            [(release_id, part.name) for part in parts],
        )


def _names(columns: Iterable[str]) -> Composed:
    return SQL(", ").join(map(Identifier, columns))
