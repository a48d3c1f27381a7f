"""Which releases on disk bear a person: asked by pseudonym, of the tables that have some."""

from __future__ import annotations

from collections.abc import Iterable

from childrens_warehouse.publish import restricting
from childrens_warehouse.publish.current import MANIFEST, current_manifest, read_manifest
from childrens_warehouse.raw import epoch
from childrens_warehouse.settings import Home

KEYS = restricting.KEYS


def on_disk(home: Home) -> tuple[str, ...]:
    """All releases, oldest night first."""
    return tuple(sorted(path.parent.name for path in home.releases.glob(f"*/{MANIFEST}")))


def current(home: Home) -> str | None:
    manifest = current_manifest(home)
    return str(manifest["release_id"]) if manifest else None


def bears(home: Home, release_id: str, keys: Iterable[int]) -> bool:
    """Has a release rows about one of these pseudonyms? Of an earlier epoch nobody can tell: yes."""
    manifest, now = read_manifest(home, release_id), epoch.current(home)
    if manifest is None:
        return False
    if now is not None and manifest["inputs"]["key_id"] not in (None, now.key_id):
        return True
    return restricting.bears(home, release_id, keys)
