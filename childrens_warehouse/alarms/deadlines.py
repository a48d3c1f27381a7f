"""Which night should be published by now, and where one hangs that is not: from the schedule, the clock and the ledger.

Everything is reckoned in local time of day, so that eight o'clock is eight o'clock on the days when the clocks change.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from childrens_warehouse import schedule
from childrens_warehouse.datasets import Source
from childrens_warehouse.ledger import Ledger
from childrens_warehouse.settings import Settings


@dataclass(frozen=True)
class Deadline:
    """A night, when its runs began and by when it was to be published (UTC)."""

    night: dt.date
    began_at: dt.datetime
    by: dt.datetime


def due(settings: Settings, now: dt.datetime) -> Deadline | None:
    """The newest night whose time has come. None where no time is set, or the schedule was never kept before."""
    if settings.publish_by is None:
        return None
    first = Ledger(settings.home.ledger).query("select min(recorded_at) as at from source_night")
    for began in schedule.until(settings, now):
        began_at = schedule.utc(settings, began)
        if not first or first[0]["at"] is None or began_at < dt.datetime.fromisoformat(first[0]["at"]):
            break
        by = schedule.utc(settings, schedule.at_or_after(began, settings.publish_by))
        if by <= now:
            return Deadline(began.date() + settings.extract_offset, began_at, by)
    return None


def hangs_at(settings: Settings, night: dt.date) -> str | None:
    """Where a night is on its way, in words for an operator; None when readers have it, or had all of it before."""
    ledger = Ledger(settings.home.ledger)
    closed = {
        row["source"]: row["at"]
        for row in ledger.query(
            "select source, min(recorded_at) as at from source_night where night >= ? group by source",
            (night.isoformat(),),
        )
    }
    if missing := [source for source in Source if source not in closed]:
        return "; ".join(_landing(ledger, source, night) for source in missing)
    landed_at = max(closed.values())
    if ledger.query(
        "select 1 from release_event where recorded_at >= :at"
        " union all select 1 from build_event where recorded_at >= :at and state = 'not needed'",
        {"at": landed_at},
    ):
        return None
    said = ledger.query(
        "select build_id, step, state from build_event where recorded_at >= ? order by rowid desc limit 1", (landed_at,)
    )
    if not said:
        return "all three sources have landed, and build_warehouse has not begun"
    build_id, step, state = said[0]["build_id"], said[0]["step"], said[0]["state"]
    if (step, state) == ("gate", "fail"):
        return f"the gate refused build {build_id}, and nobody has decided otherwise"
    if step == "decision":
        decided = "the last release stays" if state == "kept" else "it is published with a waiver, by the next build"
        return f"the gate refused build {build_id}, and it was decided: {decided}"
    if step == "gate" and state in ("pass", "warn"):
        return f"build {build_id} passed the gate, and publish_marts has not published it"
    if state in ("failed", "could not judge"):
        return f"build {build_id} ended: {step} {state}"
    return f"build_warehouse is at work on build {build_id}; its last step that ended is {step}"


def _landing(ledger: Ledger, source: str, night: dt.date) -> str:
    (known,) = ledger.query(
        "select count(*) as files from file_event where source = ? and night = ?", (source, night.isoformat())
    )
    if known["files"]:
        return f"land_{source} has seen {known['files']} files and has not closed the night"
    return f"land_{source} waits for folders, or has not run"
