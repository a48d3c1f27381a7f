"""The rules of social care told a second time, in plain loops, to hold the SQL against.

Kept apart from the models on purpose: nothing is imported from the project but its seeds.
"""

from __future__ import annotations

import calendar
import csv
import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

SEEDS = Path(__file__).resolve().parents[2] / "seeds"
DAY = dt.timedelta(days=1)


def _seed(name: str) -> list[dict[str, str]]:
    with (SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


BANK_HOLIDAYS = {dt.date.fromisoformat(row["holiday_on"]) for row in _seed("bank_holiday")}
TEMPORARY = {row["placement_type_code"] for row in _seed("placement_type") if row["is_temporary"] == "true"}
FOSTER = {row["placement_type_code"] for row in _seed("placement_type") if row["is_foster_placement"] == "true"}
ADOPTIVE = {row["placement_type_code"] for row in _seed("placement_type") if row["is_adoptive_placement"] == "true"}
SHORT_BREAKS = {row["legal_status_code"] for row in _seed("legal_status") if row["is_short_break"] == "true"}


@dataclass
class Episode:
    child: int
    started: dt.date
    ended: dt.date | None
    reason: str | None
    legal_status: str | None
    place: str | None
    provider: str | None
    urn: int | None
    postcode: int | None
    end_reason: str | None
    change_reason: str | None
    year: int
    overlaps: bool = False
    open_before_next: bool = False

    @property
    def home(self) -> tuple[str, str, int | None, int | None]:
        return (self.place or "unknown", self.provider or "unknown", self.urn, self.postcode)

    @property
    def is_short_break(self) -> bool:
        return self.legal_status in SHORT_BREAKS


@dataclass
class Placement:
    episodes: list[Episode]
    is_temporary: bool = False
    is_return: bool = False
    is_same_carer: bool = False
    underlying: str = ""
    same_carer_since: dt.date | None = None
    stable_since: dt.date | None = None

    @property
    def started(self) -> dt.date:
        return self.episodes[0].started

    @property
    def counts(self) -> bool:
        other = not self.is_temporary and not self.is_return and not self.is_same_carer
        return other and not self.episodes[0].is_short_break and self.episodes[-1].ended != self.started


@dataclass
class Period:
    placements: list[Placement] = field(default_factory=list)

    @property
    def episodes(self) -> list[Episode]:
        return [episode for placement in self.placements for episode in placement.episodes]

    @property
    def started(self) -> dt.date:
        return self.episodes[0].started

    @property
    def ended(self) -> dt.date | None:
        return self.episodes[-1].ended

    @property
    def is_short_break(self) -> bool:
        return self.episodes[0].is_short_break

    def contains(self, day: dt.date) -> bool:
        return self.started <= day and (self.ended is None or day < self.ended)


def in_force(episodes: Iterable[Episode]) -> dict[int, list[Episode]]:
    """Copies, per child in order; of the same start in two years the later year."""
    newest: dict[tuple[int, dt.date], Episode] = {}
    for episode in sorted(episodes, key=lambda one: one.year):
        newest[episode.child, episode.started] = episode
    children = defaultdict(list)
    for _, episode in sorted(newest.items()):
        children[episode.child].append(replace(episode))
    return children


def periods_of_care(episodes: list[Episode]) -> list[Period]:
    """One child's episodes, in order, as periods of care and placements. Changes the ends of those that overlap."""
    for earlier, later in pairwise(episodes):
        if earlier.ended is None:
            earlier.open_before_next = True
            earlier.ended = later.started
        elif earlier.ended > later.started:
            earlier.overlaps = True
            earlier.ended = later.started

    periods: list[Period] = []
    previous: Episode | None = None
    for episode in episodes:
        if previous is None or previous.ended != episode.started or previous.is_short_break != episode.is_short_break:
            periods.append(Period([Placement([episode])]))
        elif _goes_on(previous, episode):
            periods[-1].placements[-1].episodes.append(episode)
        else:
            periods[-1].placements.append(Placement([episode]))
        previous = episode

    for period in periods:
        _tell_carers(period.placements)
    return periods


def _tell_carers(placements: list[Placement]) -> None:
    """Temporary stays, returns from them and changes with the same carer, along one period of care."""
    lived: Placement | None = None
    before: Placement | None = None
    carers: list[Placement] = []
    for placement in placements:
        first = placement.episodes[0]
        placement.underlying = first.home[0]
        placement.is_temporary = first.place in TEMPORARY
        if placement.is_temporary:
            placement.underlying = lived.episodes[0].home[0] if lived else placement.underlying
        elif lived and before:
            home = lived.episodes[0]
            placement.is_return = before.is_temporary and home.home == first.home
            placement.is_same_carer = (
                first.reason in ("T", "U")
                or before.episodes[-1].change_reason == "PLACE"
                or (first.place in ("A3", "A5") and home.place in FOSTER | ADOPTIVE)
            )
        if not placement.is_temporary and not placement.is_return and not placement.is_same_carer:
            carers.append(placement)
        if carers:
            placement.same_carer_since = placement.stable_since = carers[-1].started
            if carers[-1].episodes[0].place in ADOPTIVE and len(carers) > 1:
                placement.stable_since = carers[-2].started
        else:
            placement.same_carer_since = placement.stable_since = placement.started
        lived = lived if placement.is_temporary else placement
        before = placement


def _goes_on(previous: Episode, episode: Episode) -> bool:
    if episode.reason == "L":
        return True
    if episode.postcode is None and episode.reason in ("P", "B"):
        return False
    return previous.home == episode.home


def reviews(periods: list[Period], held: list[dt.date], as_at: dt.date) -> set[tuple]:
    """(review on, is held, period of care, number, due on, timeliness) of one child."""
    found: set[tuple] = set()
    outside = set(held)
    for period in periods:
        due = None if period.is_short_break else first_review_due(period.started)
        number = 0
        for day in sorted(held):
            if not period.contains(day):
                continue
            outside.discard(day)
            number += 1
            timeliness = "outside_care" if due is None else "on_time" if day <= due else "late"
            found.add((day, True, period.started, number, due, timeliness))
            due = None if period.is_short_break else months_later(day, 3 if number == 1 else 6)
        if due and period.contains(due):
            timeliness = "overdue" if due <= as_at else "not_yet_due"
            found.add((due, False, period.started, number + 1, due, timeliness))
    return found | {(day, True, None, None, None, "outside_care") for day in outside}


def first_review_due(started: dt.date) -> dt.date:
    if started < dt.date(2011, 4, 1):
        return started + 28 * DAY
    day, left = started, 20
    while left:
        day += DAY
        if day.weekday() < 5 and day not in BANK_HOLIDAYS:
            left -= 1
    return day


def months_later(day: dt.date, months: int) -> dt.date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
