"""Incidents: what needs a person, from the night that saw it first to the night that no longer does.

`incidents` keeps them in the ledger, `observing` says what a run found, `wording` puts it into words and `sending`
sees to it that every channel is told once. Nothing here knows Airflow; its notifiers are handed in.
"""

from __future__ import annotations

from childrens_warehouse.alarms.incidents import (
    Changes,
    Incident,
    Key,
    Kind,
    Scope,
    Settled,
    Trouble,
    close_by_hand,
    note,
    open_incidents,
    recent_incidents,
)

__all__ = [
    "Changes", "Incident", "Key", "Kind", "Scope", "Settled", "Trouble", "close_by_hand", "note", "open_incidents",
    "recent_incidents",
]  # fmt: skip
