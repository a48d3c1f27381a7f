"""marts_aggregate.duckdb: the suppressed figures, their definitions, what follows from them for regions, and nothing
else, for all who may read any.

    releases/<release>/aggregate/indicator.parquet, indicator_value.parquet, regional_*.parquet
    releases/<release>/marts_aggregate.duckdb
    releases/<release>/indicator_suppression.parquet          why rows are suppressed: in marts.duckdb alone

What is suppressed depends on what was shown before, so it is no part of a release's content: of equal inputs the first
release stands.
"""

from __future__ import annotations

import datetime as dt
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb

from childrens_warehouse import sql
from childrens_warehouse.disclosure import SCHEMA, mart
from childrens_warehouse.disclosure.profiles import Profile
from childrens_warehouse.errors import GateError, PublishFailed
from childrens_warehouse.publish import files, former_names, release_tables
from childrens_warehouse.publish.current import current_manifest
from childrens_warehouse.publish.tables import Table, public_tables
from childrens_warehouse.settings import GROUP_READS_DIRECTORY, GROUP_READS_FILE, Home, Settings

DATABASE = "marts_aggregate.duckdb"
FOLDER = "aggregate"
REASONS = "indicator_suppression"
_SETTING = "WAREHOUSE_AGGREGATE_READERS_GROUP"


def earlier(settings: Settings) -> Path | None:
    """The folder of the release whose suppressed figures everybody has seen; None where there is none to follow.

    Builds of the past are beside what is published. Under another profile nothing is comparable.
    """
    if settings.known_on is not None or settings.of_release is not None:
        return None
    manifest = current_manifest(settings.home)
    told = (manifest or {}).get("aggregate")
    if not manifest or not told or told["profile"] != settings.disclosure.name:
        return None
    return settings.home.releases / manifest["release_id"]


def write(
    connection: duckdb.DuckDBPyConnection, folder: Path, profile: Profile, as_at: dt.date
) -> dict[str, Any] | None:
    """Write the suppressed tables into the folder of a release to be. None where the candidate has no figures."""
    if not mart.has_figures(connection):
        return None
    tables = public_tables(connection, SCHEMA)
    if (names := tuple(table.name for table in tables)) != (allowed := mart.tables(connection)):
        raise GateError(f"Schema {SCHEMA} holds {', '.join(names)}: {', '.join(allowed)} are to be shown.")
    (folder / FOLDER).mkdir(mode=GROUP_READS_DIRECTORY)
    told = {}
    for table in tables:
        path = folder / FOLDER / f"{table.name}.parquet"
        told[table.name] = {
            "rows": _copy(connection, f"{SCHEMA}.{table.name}", path),
            **table.to_dict(),
            "former": former_names.columns_of(table.name, table.to_dict()["columns"], as_at),
        }
    _copy(connection, mart.SUPPRESSION, folder / f"{REASONS}.parquet")
    return {"profile": profile.name, "tables": told}


def ensure(settings: Settings, manifest: Mapping[str, Any]) -> Path | None:
    """Make the release's suppressed database unless it is there, and return its path; None where it has none."""
    from childrens_warehouse.publish import marts

    told = manifest.get("aggregate")
    if not told:
        return None
    folder = settings.home.releases / manifest["release_id"]
    path = folder / DATABASE
    if not path.exists():
        partial = folder / f".{DATABASE}.partial"
        for left_over in folder.glob(f"{partial.name}*"):
            files.remove(left_over)
        with duckdb.connect(str(partial)) as connection:
            for name, content in told["tables"].items():
                table = Table.from_dict(name, content)
                marts.create_table(connection, table, [folder / FOLDER / f"{name}.parquet"])
                marts.comment(connection, table, "table")
            marts.create_release(connection, manifest)
            connection.execute("checkpoint")
        _check(told, partial)
        _open(settings, partial)
        files.flush(partial)
        files.replace(partial, path)
    else:
        _check(told, path)
        _open(settings, path)
    return path


def prepare(settings: Settings, database: Path | None) -> Path | None:
    """Have a release's suppressed database ready beside the published one, so that what follows needs no room."""
    if database is None:
        return None
    partial = settings.home.published / f".{DATABASE}.partial"
    files.link_or_copy(database, partial)
    _open(settings, partial)
    return partial


def switch(settings: Settings, prepared: Path | None) -> None:
    """Put what was prepared in the place of the last one; without one, readers have none."""
    home = settings.home
    if prepared is None:
        files.remove(home.marts_aggregate)
        return
    files.remove(home.marts_aggregate.with_name(f"{DATABASE}.wal"))
    files.replace(prepared, home.marts_aggregate)


def is_of(settings: Settings, manifest: Mapping[str, Any] | None) -> bool:
    """Are the suppressed figures that everybody reads those of this release, or none where it has none?"""
    path = settings.home.marts_aggregate
    if not (manifest or {}).get("aggregate") or not path.exists():
        return not (manifest or {}).get("aggregate") and not path.exists()
    with duckdb.connect(str(path), read_only=True) as connection:
        return bool(
            connection.execute("select release_id from release").fetchone() == ((manifest or {})["release_id"],)
        )


def let_pass(settings: Settings) -> None:
    """Let wider groups reach their files through the home and `published`, where they can list and read nothing."""
    home: Home = settings.home
    is_wider = settings.aggregate_readers_group or settings.authority_files
    for folder in (home.root, home.published, home.published / "authorities"):
        if not folder.is_dir():
            continue
        mode = stat.S_IMODE(folder.stat().st_mode)
        folder.chmod(mode | stat.S_IXOTH if is_wider else mode & ~stat.S_IXOTH)


def create_reasons(connection: duckdb.DuckDBPyConnection, folder: Path, which: str = "true") -> None:
    """The table of marts.duckdb that says why rows are suppressed for others. which: of its rows, as a condition."""
    path = folder / f"{REASONS}.parquet"
    if path.exists():
        told = f"select * from read_parquet({sql.literal(path)}) where {which}"
        connection.execute(f"create table {REASONS} as {told}")
        connection.execute(f"comment on table {REASONS} is {sql.literal(mart.SUPPRESSION_COMMENT)}")


def _copy(connection: duckdb.DuckDBPyConnection, relation: str, path: Path) -> int:
    connection.execute(f"copy (select * from {relation}) to {sql.literal(path)} (format parquet, compression zstd)")
    files.flush(path)
    found = connection.execute(f"select count(*) from {relation}").fetchone()
    return found[0] if found else 0


def _open(settings: Settings, path: Path) -> None:
    path.chmod(GROUP_READS_FILE)
    if settings.aggregate_readers_group:
        files.give_to_group(path, settings.aggregate_readers_group, _SETTING)
    elif settings.readers_group:
        files.give_to_group(path, settings.readers_group)


def _check(told: Mapping[str, Any], path: Path) -> None:
    """Open it as a reader would: are there these tables with their rows, and no others?"""
    with duckdb.connect(str(path), read_only=True) as connection:
        found = {name for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall()}
        # Releases of earlier programs say less of themselves.
        if found - release_tables.NAMES != {*told["tables"], "release"} or connection.execute(
            "select count(*) from duckdb_views() where not internal"
        ).fetchone() != (0,):
            raise PublishFailed(f"{path} holds other tables than {', '.join(told['tables'])}.")
        for name, content in told["tables"].items():
            if connection.execute(f"select count(*) from {sql.name(name)}").fetchone() != (content["rows"],):
                raise PublishFailed(f"{path} does not hold {name} as the release has it.")
