"""Statutory reviews and health assessments: held around the days they were due, mostly in time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from childrens_warehouse.simulate import terms
from childrens_warehouse.simulate.care import Child, Period, Route
from childrens_warehouse.simulate.scenario import Scenario, pick

REVIEWS_IN_TIME = 0.85


@dataclass(frozen=True, slots=True)
class Review:
    held_on: dt.date
    participation: str


@dataclass(frozen=True, slots=True)
class Assessment:
    """One health assessment asked for; decided_on is the day its outcome is known."""

    assessment_id: str
    kind: str
    requested_on: dt.date
    due_on: dt.date
    decided_on: dt.date
    outcome: str
    area: str
    report_on: dt.date | None


def reviews(scenario: Scenario, child: Child) -> list[Review]:
    """Every review of a child's life in care: the first within 20 working days, the second within three months of
    the first, the others within six months of the one before."""
    return [
        review
        for number, period in enumerate(child.periods)
        for review in _of_period(scenario.stream("reviews", child.number, number), child, period)
    ]


def _of_period(rng: Random, child: Child, period: Period) -> Iterator[Review]:
    if period.route is Route.SHORT_BREAKS:
        return
    due_on = terms.working_days_after(period.started_on, 20)
    earliest = terms.working_days_after(period.started_on, 8)
    months = 3
    while True:
        if rng.random() < REVIEWS_IN_TIME:
            held_on = terms.working_day_on_or_before(due_on - dt.timedelta(days=int(rng.random() ** 2 * 18)))
            held_on = max(held_on, earliest)
        else:
            held_on = terms.working_day_on_or_after(due_on + dt.timedelta(days=rng.randrange(1, 40)))
        if held_on >= period.ended_on:
            return
        yield Review(held_on, _participation(rng, terms.age(child.born_on, held_on)))
        due_on = terms.add_months(held_on, months)
        earliest = held_on + terms.WEEK
        months = 6


def _participation(rng: Random, years: int) -> str:
    if years < 4:
        return "PN0"
    if years < 8:
        return pick(rng, {"PN1": 30, "PN2": 4, "PN3": 6, "PN4": 3, "PN5": 14, "PN6": 38, "PN7": 5})
    return pick(rng, {"PN1": 58, "PN2": 4, "PN3": 1, "PN4": 2, "PN5": 8, "PN6": 22, "PN7": 5})


def assessments(scenario: Scenario, child: Child) -> list[Assessment]:
    """Every health assessment asked for in a child's life in care.

    An initial one is asked for within days of coming into care and due 20 working days after the request; a review
    every six months until the fifth birthday, then every twelve. Who is not brought is offered another day.
    """
    found: list[Assessment] = []
    for number, period in enumerate(child.periods):
        if period.route is not Route.SHORT_BREAKS:
            _assess(scenario.stream("assessments", child.number, number), child, period, found)
    return found


def _assess(rng: Random, child: Child, period: Period, found: list[Assessment]) -> None:
    asked_after = rng.randrange(1, 8) if rng.random() < 0.8 else rng.randrange(8, 35)
    requested_on = terms.working_day_on_or_after(period.started_on + dt.timedelta(days=asked_after))
    due_on = terms.working_days_after(requested_on, 20)
    kind = "IHA"
    late = 0.25
    while requested_on < period.ended_on:
        years = terms.age(child.born_on, requested_on)
        if rng.random() < late:
            met_on = terms.working_day_on_or_after(due_on + dt.timedelta(days=rng.randrange(1, 35)))
        else:
            spare = (due_on - requested_on).days
            met_on = terms.working_day_on_or_before(due_on - dt.timedelta(days=rng.randrange(max(1, min(spare, 16)))))
            met_on = max(met_on, requested_on)
        outcome = _outcome(rng, years)
        decided_on = met_on
        if met_on >= period.ended_on:
            # Gone before the day came: cancelled when the trust hears of it.
            outcome, decided_on = "cancelled", period.ended_on + dt.timedelta(days=rng.randrange(1, 10))
        area = "in" if rng.random() < 0.74 else "out"
        returns_after = rng.randrange(3, 26)
        found.append(
            Assessment(
                assessment_id=f"HA{child.number:06d}{len(found) + 1:02d}",
                kind=kind,
                requested_on=requested_on,
                due_on=due_on,
                decided_on=decided_on,
                outcome=outcome,
                area=area,
                report_on=met_on + dt.timedelta(days=returns_after) if outcome == "completed" else None,
            )
        )
        if outcome in ("not_brought", "cancelled"):
            requested_on = terms.working_days_after(met_on, rng.randrange(1, 6))
            due_on = max(due_on, terms.working_days_after(requested_on, 15))
            continue
        kind, late = "RHA", 0.14
        due_on = terms.add_months(met_on, 6 if years < 5 else 12)
        requested_on = terms.working_day_on_or_before(due_on - dt.timedelta(days=rng.randrange(30, 60)))


def _outcome(rng: Random, years: int) -> str:
    refused = 0.09 if years >= 14 else 0.005
    chance = rng.random()
    if chance < refused:
        return "refused"
    if chance < refused + 0.05:
        return "not_brought"
    if chance < refused + 0.07:
        return "cancelled"
    return "completed"
