"""What happens within a period of care: legal statuses, placements and the episodes they cut it into.

The codes follow the return's own rules: a reason for the new episode says exactly what changed, an episode ends
with X1 if and only if another starts that day, a temporary stay returns to the placement it interrupted.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random

from childrens_warehouse.simulate import placements, terms
from childrens_warehouse.simulate.care import Child, Outcome, Period, Route
from childrens_warehouse.simulate.placements import Placement, Stay
from childrens_warehouse.simulate.scenario import Scenario, pick

SGO_BY_KIN_FROM = dt.date(2018, 4, 1)
CUSTODY_REASON_FROM = dt.date(2018, 4, 1)


@dataclass(frozen=True, slots=True)
class Episode:
    """One episode as it stands when it is over; what a given night knows of it is for the extract to say."""

    started_on: dt.date
    reason_new: str
    legal_status: str
    need: str
    placement: Placement
    ended_on: dt.date
    reason_ceased: str
    reason_place_change: str
    home_postcode: str


def episodes(scenario: Scenario, child: Child) -> list[Episode]:
    """All episodes of a child's life in care, in order."""
    return [
        episode
        for number, period in enumerate(child.periods)
        for episode in _of_period(scenario.stream("episodes", child.number, number), child, period)
    ]


def _of_period(rng: Random, child: Child, period: Period) -> list[Episode]:
    statuses = _legal_statuses(rng, period)
    stays = placements.stays(rng, child, period, statuses)
    joined = _join(statuses, stays)
    cut: list[Episode] = []
    for position, (started_on, status, stay) in enumerate(joined):
        is_last = position == len(joined) - 1
        ended_on = period.ended_on if is_last else joined[position + 1][0]
        placement_changes = not is_last and joined[position + 1][2] is not stay
        reason_new = "S" if position == 0 else _reason_new(joined[position - 1], joined[position])
        cut.append(
            Episode(
                started_on=started_on,
                reason_new=reason_new,
                legal_status=status,
                need=period.need,
                placement=stay.placement,
                ended_on=ended_on,
                reason_ceased=_reason_ceased(rng, child, period, stay.placement) if is_last else "X1",
                reason_place_change=(
                    _reason_place_change(rng, child, stay, joined[position + 1][2], ended_on)
                    if placement_changes
                    else ""
                ),
                home_postcode=child.home_postcode,
            )
        )
    return [part for episode in cut for part in _with_temporary_stay(rng, episode)]


def _legal_statuses(rng: Random, period: Period) -> list[tuple[dt.date, str]]:
    """Day from which each legal status holds; the first is the day care starts."""
    start, length = period.started_on, (period.ended_on - period.started_on).days
    steps: list[tuple[int, str]]
    match period.route:
        case Route.VOLUNTARY | Route.UNACCOMPANIED:
            steps = [(0, "V2")]
        case Route.SHORT_BREAKS:
            steps = [(0, "V4")]
        case Route.REMAND:
            steps = [(0, "J1")]
        case Route.COURT | Route.ADOPTION:
            first = pick(rng, {"L1": 10, "L2": 6, "V2": 34, "C1": 50})
            interim = {"L1": rng.randrange(1, 4), "L2": rng.randrange(4, 21), "V2": rng.randrange(12, 120), "C1": 0}
            steps = [(0, first)]
            if first != "C1":
                steps.append((interim[first], "C1"))
            full = interim[first] + rng.randrange(150, 300)
            if period.route is Route.COURT:
                # A child whose case ends in another order often goes before there is a full care order.
                if period.outcome is Outcome.ADULT or rng.random() < 0.6:
                    steps.append((full, "C2"))
            else:
                placed = int(length * 0.5)
                if rng.random() < 0.6 and full < placed - 5:
                    steps.append((full, "C2"))
                steps.append((placed, "E1"))
    return [(start + dt.timedelta(days=day), status) for day, status in steps if day == 0 or day < length]


def _join(statuses: list[tuple[dt.date, str]], stays: list[Stay]) -> list[tuple[dt.date, str, Stay]]:
    """Legal status and placement from each day on which either changes."""
    days = sorted({day for day, _ in statuses} | {stay.started_on for stay in stays})
    joined = []
    for day in days:
        status = [code for since, code in statuses if since <= day][-1]
        stay = [stay for stay in stays if stay.started_on <= day][-1]
        joined.append((day, status, stay))
    return joined


def _reason_new(before: tuple[dt.date, str, Stay], after: tuple[dt.date, str, Stay]) -> str:
    status_changes = before[1] != after[1]
    if before[2] is after[2]:
        return "L"
    if after[2].same_carer:
        return "U" if status_changes else "T"
    return "B" if status_changes else "P"


def _reason_place_change(rng: Random, child: Child, before: Stay, after: Stay, on: dt.date) -> str:
    if after.same_carer:
        return "PLACE" if after.placement.place not in placements.ADOPTIVE else "CARPL"
    if after.placement.place in placements.ADOPTIVE:
        return "CARPL"
    if after.placement.place in ("K1", "R5") and on >= CUSTODY_REASON_FROM and terms.age(child.born_on, on) >= 10:
        return "CUSTOD"
    if before.placement.place in placements.FOSTER:
        return pick(
            rng,
            {
                "CARPL": 40,
                "CREQB": 18,
                "CREQO": 12,
                "CHILD": 8,
                "LAREQ": 8,
                "STAND": 2,
                "ALLEG": 3,
                "APPRR": 1,
                "CLOSE": 2,
                "OTHER": 6,
            },
        )
    return pick(rng, {"CARPL": 45, "CREQB": 15, "CHILD": 10, "LAREQ": 12, "STAND": 3, "CLOSE": 5, "OTHER": 10})


def _reason_ceased(rng: Random, child: Child, period: Period, last: Placement) -> str:
    fostered = last.place in placements.FOSTER
    match period.outcome:
        case Outcome.HOME:
            return "E4A" if rng.random() < 0.72 else "E4B"
        case Outcome.RELATIVES:
            return "E13"
        case Outcome.ARRANGEMENTS_ORDER:
            return "E41"
        case Outcome.GUARDIANSHIP:
            if period.ended_on < SGO_BY_KIN_FROM:
                return "E43" if fostered else "E44"
            kin = last.place in placements.KINSHIP if fostered else rng.random() < 0.8
            if fostered:
                return "E45" if kin else "E46"
            return "E47" if kin else "E48"
        case Outcome.ADOPTED:
            return "E12" if last.place in ("A5", "A6") else "E11"
        case Outcome.INDEPENDENT:
            # Leaving for a home of one's own is for those of 16 or more.
            of_age = terms.age(child.born_on, period.ended_on) >= 16
            return pick(rng, {"E5": 7, "E6": 3}) if of_age else "E8"
        case Outcome.ADULT:
            if fostered and rng.random() < 0.6:
                return "E17"
            return pick(rng, {"E5": 58, "E6": 22, "E7": 8, "E8": 8, "E4A": 4})
        case Outcome.REMAND_OVER:
            return "E14"
        case Outcome.CUSTODY:
            return "E9"
        case Outcome.OTHER_AUTHORITY:
            return "E3"
        case Outcome.ABROAD:
            return "E16"
        case Outcome.AGE_ASSESSED:
            return "E15"
        case Outcome.DIED:
            return "E2"
    return "E8"


def _with_temporary_stay(rng: Random, episode: Episode) -> Iterator[Episode]:
    """Cut an episode in three where the child is away for some days and comes back to the same placement."""
    length = (episode.ended_on - episode.started_on).days
    may_be_away = episode.placement.place in placements.FOSTER or episode.placement.place == "K2"
    # A short break is itself a stay away: the return knows no temporary one within it.
    if episode.legal_status == "V4" or not may_be_away or length < 45 or rng.random() > min(0.5, 0.1 * length / 365):
        yield episode
        return
    # The return limits a carer's holiday to 21 days, other stays to 7, a hospital stay to six weeks.
    place, longest = pick(rng, {("T3", 14): 5, ("T2", 10): 2, ("T1", 20): 2, ("T4", 6): 3})
    away_on = episode.started_on + dt.timedelta(days=rng.randrange(10, length - 30))
    back_on = away_on + dt.timedelta(days=rng.randrange(2, longest + 1))
    yield replace(episode, ended_on=away_on, reason_ceased="X1", reason_place_change="")
    yield replace(
        episode,
        started_on=away_on,
        reason_new="P",
        placement=placements.temporary(rng, place),
        ended_on=back_on,
        reason_ceased="X1",
        reason_place_change="",
    )
    yield replace(episode, started_on=back_on, reason_new="P")
