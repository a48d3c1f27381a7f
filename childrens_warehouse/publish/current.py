"""Releases as they lie on disk, and which of them is the current one.

The current release is the one whose marts.duckdb readers open: `published/marts.duckdb` is a second name of
`releases/<release>/marts.duckdb`. `published/current.json` says the same for those who cannot compare files.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from childrens_warehouse.settings import Home, Settings

MANIFEST = "manifest.json"
DATABASE = "marts.duckdb"


@dataclass(frozen=True)
class Release:
    """One release, complete on disk.

    published_at: when it was written (UTC). inputs: fingerprint of what it was built from. changed: tables whose
    content differs from the release before. linked, written: files shared with that release, and new ones.
    volumes: rows per table and authority. files: what was in force, as raw.extract has it; not carried by to_dict.
    is_new: was it written or switched to just now?
    """

    release_id: str
    published_at: dt.datetime
    as_at: dt.date
    known_on: dt.datetime | None
    build_id: str
    inputs: str
    tables: tuple[str, ...]
    rows: int
    changed: tuple[str, ...]
    linked: int
    written: int
    volumes: Mapping[str, Mapping[str, int]]
    is_new: bool = False
    files: tuple[Mapping[str, Any], ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return {
            "release_id": self.release_id,
            "published_at": self.published_at.isoformat(),
            "as_at": self.as_at.isoformat(),
            "known_on": self.known_on.isoformat() if self.known_on else None,
            "build_id": self.build_id,
            "inputs": self.inputs,
            "tables": list(self.tables),
            "rows": self.rows,
            "changed": list(self.changed),
            "linked": self.linked,
            "written": self.written,
            "volumes": {table: dict(volume) for table, volume in self.volumes.items()},
            "is_new": self.is_new,
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Release:
        return cls(
            release_id=content["release_id"],
            published_at=dt.datetime.fromisoformat(content["published_at"]),
            as_at=dt.date.fromisoformat(content["as_at"]),
            known_on=dt.datetime.fromisoformat(content["known_on"]) if content["known_on"] else None,
            build_id=content["build_id"],
            inputs=content["inputs"],
            tables=tuple(content["tables"]),
            rows=content["rows"],
            changed=tuple(content["changed"]),
            linked=content["linked"],
            written=content["written"],
            volumes=content["volumes"],
            is_new=content["is_new"],
        )

    @classmethod
    def of_manifest(cls, manifest: Mapping[str, Any]) -> Release:
        every_file = [file for table in manifest["tables"].values() for file in table["files"]]
        return cls(
            release_id=manifest["release_id"],
            published_at=dt.datetime.fromisoformat(manifest["published_at"]),
            as_at=dt.date.fromisoformat(manifest["as_at"]),
            known_on=dt.datetime.fromisoformat(manifest["known_on"]) if manifest["known_on"] else None,
            build_id=manifest["build_id"],
            inputs=manifest["inputs"]["fingerprint"],
            tables=tuple(manifest["tables"]),
            rows=sum(table["rows"] for table in manifest["tables"].values()),
            changed=tuple(name for name, table in manifest["tables"].items() if table["is_changed"]),
            linked=sum(file["is_linked"] for file in every_file),
            written=sum(not file["is_linked"] for file in every_file),
            volumes={name: table["rows_by_authority"] for name, table in manifest["tables"].items()},
            files=tuple(manifest["inputs"]["files"]),
        )


def read_manifest(home: Home, release_id: str) -> dict[str, Any] | None:
    """The manifest of a release, or None where there is no such release."""
    try:
        return json.loads((home.releases / release_id / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None


def current_release(settings: Settings) -> Release | None:
    """The release that readers see; None before the first."""
    manifest = current_manifest(settings.home)
    return Release.of_manifest(manifest) if manifest else None


def current_manifest(home: Home) -> dict[str, Any] | None:
    """The manifest of the release that readers see."""
    if not home.marts.exists():
        return None
    named = told(home)
    if named and _is_published(home, home.releases / named):
        return read_manifest(home, named)
    # A crash between the switch and the note of it, or a restored backup: the database itself knows.
    with duckdb.connect(str(home.marts), read_only=True) as connection:
        found = connection.execute("select release_id from release").fetchone()
    return read_manifest(home, found[0]) if found else None


def told(home: Home) -> str | None:
    """The release that published/current.json names; None where there is none that can be read."""
    try:
        return str(json.loads((home.published / "current.json").read_text(encoding="utf-8"))["release_id"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _is_published(home: Home, release: Path) -> bool:
    try:
        return (release / DATABASE).samefile(home.marts)
    except OSError:
        return False
