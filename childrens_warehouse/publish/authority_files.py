"""For readers of one authority: a file of its own with its rows and nobody else's, where somebody asked for it.

    published/authorities/<code>/marts.duckdb

Files know no rows that a reader may not see: who may open `published/marts.duckdb` reads all authorities. These hold
every table whole, the large ones too, so that nobody needs the release's folder; of tables that are not kept by
authority they have what is about nobody (codes, calendars, definitions).
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb

from childrens_warehouse import sql
from childrens_warehouse.errors import PublishFailed
from childrens_warehouse.publish import aggregate, files, history, marts, views
from childrens_warehouse.publish.current import DATABASE
from childrens_warehouse.publish.tables import Table
from childrens_warehouse.serving import access_classes
from childrens_warehouse.settings import GROUP_READS_DIRECTORY, GROUP_READS_FILE, Home, Settings

_SETTING = "WAREHOUSE_AUTHORITY_FILES"


def folder(home: Home) -> Path:
    return home.published / "authorities"


def write(settings: Settings, manifest: Mapping[str, Any]) -> None:
    """Bring every file that was asked for to the release, each in one step; remove those nobody asks for any more.

    Raises PublishFailed where one is not what it should be; readers keep what they have.
    """
    wanted = dict(settings.authority_files)
    for there in folder(settings.home).glob("*"):
        if there.name not in wanted:
            shutil.rmtree(there)
    for authority, own_group in wanted.items():
        group = own_group or settings.readers_group
        own = folder(settings.home) / authority
        own.mkdir(mode=GROUP_READS_DIRECTORY, parents=True, exist_ok=True)
        path, partial = own / DATABASE, own / f".{DATABASE}.partial"
        if not _is_of(path, manifest):
            for left_over in own.glob(f"{partial.name}*"):
                files.remove(left_over)
            _write(settings, manifest, authority, partial)
            _check(manifest, authority, partial)
            files.flush(partial)
            partial.chmod(GROUP_READS_FILE)
            if group:
                files.give_to_group(partial, group, _SETTING)
            files.replace(partial, path)
        own.chmod(GROUP_READS_DIRECTORY)
        if group:
            files.give_to_group(own, group, _SETTING)


def _write(settings: Settings, manifest: Mapping[str, Any], authority: str, path: Path) -> None:
    release = settings.home.releases / manifest["release_id"]
    whose = f"authority_code = {sql.literal(authority)}"
    limits: dict[str, Any] = {"memory_limit": settings.memory_limit, "threads": settings.threads}
    with duckdb.connect(str(path), config=limits) as connection:
        shown = set()
        for name, content in manifest["tables"].items():
            table = Table.from_dict(name, content)
            if not _is_shown(table):
                continue
            parts = [
                release / file["path"]
                for file in content["files"]
                if not table.partitioned_by or file["authority_code"] == authority
            ]
            marts.create_table(connection, table, parts, whose if table.has("authority_code") else "true")
            marts.comment(connection, table, "table")
            shown.add(name)
        for name, content in manifest.get("views", {}).items():
            if views.reads_only(content["query"], shown):
                marts.create_view_over(connection, name, content)
        history.create_table(connection, release, whose)
        aggregate.create_reasons(connection, release, whose)
        marts.create_release(connection, manifest)
        connection.execute("checkpoint")


def _is_shown(table: Table) -> bool:
    """Its own rows can be told from others', or it is about nobody? A rank is told beside the figure of all."""
    rows = access_classes.of(table).rows
    return rows is access_classes.Rows.OPEN or (
        table.has("authority_code") and rows is not access_classes.Rows.REGION
    )


def _is_of(path: Path, manifest: Mapping[str, Any]) -> bool:
    try:
        with duckdb.connect(str(path), read_only=True) as connection:
            return connection.execute("select release_id from release").fetchone() == (manifest["release_id"],)
    except duckdb.Error:
        return False


def _check(manifest: Mapping[str, Any], authority: str, path: Path) -> None:
    """Open it as a reader would: as many rows as the release has of this authority, and none of another."""
    with duckdb.connect(str(path), read_only=True) as connection:
        there = {name for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall()}
        for name in sorted(there & set(manifest["tables"])):
            content = manifest["tables"][name]
            told = content["rows_by_authority"]
            is_theirs = any(column["name"] == "authority_code" for column in content["columns"])
            wanted = told.get(authority, 0) if is_theirs else content["rows"]
            others = f"authority_code is distinct from {sql.literal(authority)}" if is_theirs else "false"
            found = connection.execute(
                f"select count(*), count(*) filter ({others}) from {sql.name(name)}"
            ).fetchone()
            if found != (wanted, 0):
                raise PublishFailed(f"{path} does not hold {name} of {authority} as the release has it.")
