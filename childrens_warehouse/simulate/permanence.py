"""Towards adoption, and what permanence a child had before coming into care."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from childrens_warehouse.simulate import terms
from childrens_warehouse.simulate.care import Child, Period, Route
from childrens_warehouse.simulate.episodes import Episode
from childrens_warehouse.simulate.placements import ADOPTIVE
from childrens_warehouse.simulate.scenario import Scenario, pick

# Children who start to be looked after from here on are asked for their permanence before.
ASKED_FROM = dt.date(2016, 4, 1)
# Of young children whose case is in court for something else, the share for whom adoption was the plan for a while.
PLAN_TAKEN_BACK = 0.14

# Number, sex and legal status of the adopters.
ADOPTERS = {
    ("2", "MF", "L11"): 68,
    ("2", "MF", "L3"): 10,
    ("1", "F1", "L0"): 9,
    ("1", "M1", "L0"): 1,
    ("2", "MM", "L12"): 4,
    ("2", "FF", "L12"): 3,
    ("2", "MM", "L2"): 2,
    ("2", "FF", "L4"): 1,
}


@dataclass(frozen=True, slots=True)
class Journey:
    """From the decision that a child should be placed for adoption to the adoption, or to the end of that plan.

    ordered_on: the court's placement order. matched_on, placed_on, adopted_on: None where the plan was taken back.
    until: the last day the plan is anything to the child's authority.
    """

    decided_on: dt.date
    ordered_on: dt.date | None
    matched_on: dt.date | None
    placed_on: dt.date | None
    adopted_on: dt.date | None
    by_foster_carer: bool
    adopters: tuple[str, str, str]
    taken_back_on: dt.date | None
    reason_taken_back: str
    until: dt.date


@dataclass(frozen=True, slots=True)
class PreviousPermanence:
    """What a child had before a period of care. `arranged_on` is written as far as it is known."""

    started_on: dt.date
    kind: str
    authority: str
    arranged_on: str


def journeys(scenario: Scenario, child: Child, episodes: Sequence[Episode]) -> Iterator[Journey]:
    """Every plan for adoption in a child's life in care."""
    for number, period in enumerate(child.periods):
        rng = scenario.stream("permanence", child.number, number)
        if period.route is Route.ADOPTION:
            shown = [each for each in episodes if period.started_on <= each.started_on < period.ended_on]
            yield _adoption(rng, period, shown)
        elif period.route is Route.COURT and terms.age(child.born_on, period.started_on) < 5:
            yield from _taken_back(rng, period)


def _adoption(rng: Random, period: Period, episodes: list[Episode]) -> Journey:
    ordered_on = next(each.started_on for each in episodes if each.legal_status == "E1")
    decided_on = max(ordered_on - dt.timedelta(days=rng.randrange(14, 70)), period.started_on + terms.WEEK)
    placed = next(each for each in episodes if each.placement.place in ADOPTIVE)
    matched_on = placed.started_on - dt.timedelta(days=rng.randrange(5, 22))
    return Journey(
        decided_on=decided_on,
        ordered_on=ordered_on,
        matched_on=max(matched_on, decided_on + terms.DAY),
        placed_on=placed.started_on,
        adopted_on=period.ended_on,
        by_foster_carer=placed.placement.place in ("A3", "A5"),
        adopters=pick(rng, ADOPTERS),
        taken_back_on=None,
        reason_taken_back="",
        until=period.ended_on,
    )


def _taken_back(rng: Random, period: Period) -> Iterator[Journey]:
    length = (period.ended_on - period.started_on).days
    if rng.random() >= PLAN_TAKEN_BACK or length < 260:
        return
    decided = rng.randrange(90, 200)
    decided_on = period.started_on + dt.timedelta(days=decided)
    reason = pick(rng, {"RD1": 3, "RD2": 4, "RD3": 3, "RD4": 3})
    waits = rng.randrange(30, 60) if reason == "RD2" else rng.randrange(60, 420)
    taken_back_on = min(decided_on + dt.timedelta(days=waits), period.ended_on - terms.DAY)
    # Court authority to place comes before the search for adopters.
    ordered_on = decided_on + dt.timedelta(days=rng.randrange(20, 50))
    yield Journey(
        decided_on=decided_on,
        ordered_on=ordered_on if reason == "RD3" and ordered_on < taken_back_on else None,
        matched_on=None,
        placed_on=None,
        adopted_on=None,
        by_foster_carer=False,
        adopters=("", "", ""),
        taken_back_on=taken_back_on,
        reason_taken_back=reason,
        until=taken_back_on,
    )


def previous_permanence(scenario: Scenario, child: Child) -> Iterator[PreviousPermanence]:
    """One for each period of care that starts when it is asked for."""
    for number, period in enumerate(child.periods):
        if period.started_on >= ASKED_FROM:
            yield _before(scenario, scenario.stream("permanence before", child.number, number), child, period)


def _before(scenario: Scenario, rng: Random, child: Child, period: Period) -> PreviousPermanence:
    days = (period.started_on - child.born_on).days
    weights = {"Z1": 93.0}
    if days > 500 and period.route is not Route.UNACCOMPANIED:
        weights |= {"P1": 1.6, "P2": 3.2, "P3": 1.8, "P4": 0.6}
    kind = pick(rng, weights)
    if kind in ("Z1", "P4"):
        return PreviousPermanence(period.started_on, kind, "", "")
    authority = pick(rng, {scenario.authority: 60, "304": 10, "302": 10, "821": 8, "WAL": 3, "SCO": 3, "NUK": 4})
    arranged_on = child.born_on + dt.timedelta(days=rng.randrange(250, days - 100))
    known = pick(rng, {"%d/%m/%Y": 70, "zz/%m/%Y": 20, "zz/zz/%Y": 10})
    return PreviousPermanence(period.started_on, kind, authority, arranged_on.strftime(known))


def was_adopted_before(before: Sequence[PreviousPermanence]) -> bool:
    return any(each.kind == "P1" for each in before)
