"""Skips: a person's decision that a night does without one source of one authority. Kept in the ledger.

A skipped folder is neither waited for nor late, and is not landed if it comes: what was in force stays. Taken back, the
next run lands it. What was landed already cannot be skipped: a newer file replaces it.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from childrens_warehouse.datasets import Source
from childrens_warehouse.errors import ConfigurationError
from childrens_warehouse.ledger import Ledger
from childrens_warehouse.settings import Settings


@dataclass(frozen=True)
class Skip:
    """One folder that is left out. decided_at: UTC."""

    authority: str
    source: str
    night: dt.date
    by: str
    reason: str
    decided_at: dt.datetime


def in_force(settings: Settings) -> tuple[Skip, ...]:
    """What is skipped and not taken back, oldest night first."""
    rows = Ledger(settings.home.ledger).query(
        "select * from (select *, row_number() over"
        " (partition by authority, source, extract_date order by rowid desc) as place from skip_event)"
        " where place = 1 and event = 'skipped' order by extract_date, authority, source"
    )
    return tuple(
        Skip(
            row["authority"], row["source"], dt.date.fromisoformat(row["extract_date"]), row["decided_by"],
            row["reason"], dt.datetime.fromisoformat(row["recorded_at"]),
        )
        for row in rows
    )  # fmt: skip


def nights(settings: Settings, authority: str, source: str) -> set[dt.date]:
    """The nights that do without this source of this authority."""
    return {skip.night for skip in in_force(settings) if (skip.authority, skip.source) == (authority, source)}


def skip(settings: Settings, authority: str, source: str, night: dt.date, by: str, reason: str) -> None:
    """Leave a folder out. Raises ConfigurationError where it was landed already."""
    if night.isoformat() in Ledger(settings.home.ledger).folder_states(authority, source):
        raise ConfigurationError(
            f"{source} of {authority} for {night} was landed already: a file that is generated later replaces it."
        )
    _record(settings, authority, source, night, "skipped", by, reason)


def take_back(settings: Settings, authority: str, source: str, night: dt.date, by: str, reason: str) -> None:
    """Land it after all, with the next run. Raises ConfigurationError where it is not skipped."""
    if night not in nights(settings, authority, source):
        raise ConfigurationError(
            f"{source} of {authority} for {night} is not skipped; `warehouse skip list` says what is."
        )
    _record(settings, authority, source, night, "taken back", by, reason)


def _record(settings: Settings, authority: str, source: str, night: dt.date, event: str, by: str, reason: str) -> None:
    Ledger(settings.home.ledger).record_skip(authority, Source(source).value, night, event, by, reason)
