"""Visits of a worker to a child: one in each stretch of days that the plan asks for, most of them held."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from childrens_warehouse.simulate import terms
from childrens_warehouse.simulate.scenario import Scenario

HELD, ALONE = 0.93, 0.82
# Days between visits: of a child in need, on a protection plan, in care; of the reviewing officer.
IN_NEED, PROTECTED, IN_CARE, REVIEWING = 28, 14, 42, 120


@dataclass(frozen=True, slots=True)
class Visit:
    on: dt.date
    is_seen_alone: bool


def latest(scenario: Scenario, matter: object, since: dt.date, until: dt.date, every: int) -> Visit | None:
    """The last visit from one day to another; None where there was none yet. The next night knows the same visits."""
    for number in range((until - since).days // every, -1, -1):
        rng = scenario.stream("visit", matter, since, every, number)
        day = since + dt.timedelta(days=number * every + rng.randrange(every // 2))
        visited_on = max(terms.working_day_on_or_before(day), since)
        is_held, is_seen_alone = rng.random() < HELD, rng.random() < ALONE
        if is_held and visited_on <= until:
            return Visit(visited_on, is_seen_alone)
    return None
