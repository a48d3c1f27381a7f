"""Let originals go when their time is over: what nothing in force rests on any more. Raw is never touched.

An original may go when every dataset it bore was accepted and later replaced, and its extract date is further back
than the limit. What was refused stays: somebody may still have to look at it.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from childrens_warehouse.ledger import Ledger
from childrens_warehouse.publish import files
from childrens_warehouse.raw.acceptance import Acceptance, accepted
from childrens_warehouse.raw.in_force import in_force
from childrens_warehouse.settings import Settings


@dataclass(frozen=True)
class Overdue:
    """One file whose time is over."""

    path: Path
    extract_date: dt.date
    kind: str  # archive, restricted


def overdue(settings: Settings, today: dt.date) -> list[Overdue]:
    """What may go by the limits that are set, oldest first; nothing where none is."""
    found: list[Overdue] = []
    of_file: dict[tuple[str, str, str], list[Acceptance]] = defaultdict(list)
    for each in accepted(settings.home):
        of_file[each.authority, each.source, each.file_id].append(each)
    for each in in_force(settings).extracts:
        of_file.pop((each.authority, each.source, each.file_id), None)
    for (authority, source, file_id), acceptances in of_file.items():
        last = max(each.extract_date for each in acceptances)
        if _is_over(last, settings.retention_archive_months, today):
            folders = settings.home.archive / authority / source
            found += [Overdue(path, last, "archive") for path in folders.glob(f"*/{file_id}-*")]
        if _is_over(last, settings.retention_restricted_months, today):
            found += [Overdue(path, last, "restricted") for path in _persons(settings, acceptances)]
    return sorted(found, key=lambda each: (each.extract_date, each.path))


def remove(settings: Settings, gone: list[Overdue], run_id: str) -> None:
    """Remove these files; the ledger says which and when."""
    ledger = Ledger(settings.home.ledger)
    for each in gone:
        files.remove(each.path)
        ledger.record_removal(run_id, each.kind, str(each.path.relative_to(settings.home.root)), each.extract_date)


def _persons(settings: Settings, acceptances: list[Acceptance]) -> Iterator[Path]:
    """Names and dates of birth. The mapping of pseudonyms stays: without it raw could not get another key."""
    for content in {each.content(settings.home): each for each in acceptances}.values():
        stem = content.content(settings.home).stem
        path = settings.home.restricted / content.dataset / content.authority / f"{stem}.persons.parquet"
        if path.exists():
            yield path


def _is_over(day: dt.date, months: int | None, today: dt.date) -> bool:
    if months is None:
        return False
    return (today.year - day.year) * 12 + today.month - day.month - (today.day < day.day) >= months
