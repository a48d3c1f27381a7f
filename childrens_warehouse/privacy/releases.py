"""Which releases on disk bear a person: asked by pseudonym, of the tables that have some."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import duckdb

from childrens_warehouse import sql
from childrens_warehouse.publish.current import MANIFEST, current_manifest, read_manifest
from childrens_warehouse.raw import epoch
from childrens_warehouse.settings import Home

# The columns of public tables that name a child; a worker's or an adopter's key names somebody else.
KEYS = ("child_key", "pupil_key", "patient_key", "identity_key", "subject_key")
# It has every identity that lists name, so most are found there.
_FIRST = "bridge_child_identity"


def on_disk(home: Home) -> tuple[str, ...]:
    """All releases, oldest night first."""
    return tuple(sorted(path.parent.name for path in home.releases.glob(f"*/{MANIFEST}")))


def current(home: Home) -> str | None:
    manifest = current_manifest(home)
    return str(manifest["release_id"]) if manifest else None


def bears(home: Home, release_id: str, keys: Iterable[int]) -> bool:
    """Has a release rows about one of these pseudonyms? Of an earlier epoch nobody can tell: yes."""
    manifest = read_manifest(home, release_id)
    if manifest is None:
        return False
    now = epoch.current(home)
    if now is not None and manifest["inputs"]["key_id"] not in (None, now.key_id):
        return True
    wanted = sql.literals(sorted(set(keys)))
    if not wanted:
        return False
    with duckdb.connect() as connection:
        for columns, paths in _tables(home, manifest):
            named = " or ".join(f"{sql.name(column)} in ({wanted})" for column in columns)
            if connection.execute(
                f"select 1 from read_parquet({sql.file_list(paths)}, hive_partitioning = false) where {named} limit 1"
            ).fetchone():
                return True
    return False


def _tables(home: Home, manifest: Mapping[str, Any]) -> Iterator[tuple[list[str], list[Path]]]:
    """Of each table with columns that name a child these columns and its files; the likeliest first."""
    for name in sorted(manifest["tables"], key=lambda name: (name != _FIRST, name)):
        table = manifest["tables"][name]
        columns = [column["name"] for column in table["columns"] if column["name"] in KEYS]
        paths = [home.releases / manifest["release_id"] / file["path"] for file in table["files"]]
        if columns and paths:
            yield columns, paths
