"""Where reports lie, who may read them, and how they get there: each file whole or not at all.

published/reports/<as at>/              public edition: whoever may read the suppressed figures
published/reports-restricted/<as at>/   panel edition, and managers' pages: the readers' group
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

from childrens_warehouse import unfinished
from childrens_warehouse.pages.reading import Edition
from childrens_warehouse.publish import files
from childrens_warehouse.settings import GROUP_READS_DIRECTORY, GROUP_READS_FILE, Settings


def folder(settings: Settings, edition: Edition, as_at: dt.date) -> Path:
    return _base(settings, edition) / as_at.isoformat()


def earlier(settings: Settings, edition: Edition, as_at: dt.date, authority: str) -> tuple[dt.date, Path] | None:
    """Day and figures of the last report before a day; None where there is none."""
    found = sorted(_base(settings, edition).glob(f"*/corporate-parenting-report-*-{authority}-{edition}.csv"))
    before = [(dt.date.fromisoformat(path.parent.name), path) for path in found if path.parent.name < as_at.isoformat()]
    return before[-1] if before else None


def put(settings: Settings, edition: Edition, path: Path, content: bytes) -> Path:
    """Write one file of a report into its folder, for the group that may read that edition."""
    base = _base(settings, edition)
    for each in (base, path.parent):
        each.mkdir(mode=GROUP_READS_DIRECTORY, exist_ok=True, parents=True)
        each.chmod(GROUP_READS_DIRECTORY)

    def open_to_readers(part: Path) -> None:
        part.chmod(GROUP_READS_FILE)
        for each in (base, path.parent, part):
            _give(settings, edition, each)

    return write(path, content, open_to_readers)


def write(path: Path, content: bytes, prepare: Callable[[Path], None] = lambda part: None) -> Path:
    """Write one file, whole or not at all. prepare: what is done to it before it bears its name."""
    part = unfinished.part_of(path, ".partial")
    try:
        part.touch()
        prepare(part)
        part.write_bytes(content)
        files.flush(part)
        files.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
    return path


def _base(settings: Settings, edition: Edition) -> Path:
    home = settings.home
    return home.reports if edition is Edition.PUBLIC else home.reports_restricted


def _give(settings: Settings, edition: Edition, path: Path) -> None:
    if edition is Edition.PUBLIC and settings.aggregate_readers_group:
        files.give_to_group(path, settings.aggregate_readers_group, "WAREHOUSE_AGGREGATE_READERS_GROUP")
    elif settings.readers_group:
        files.give_to_group(path, settings.readers_group)
