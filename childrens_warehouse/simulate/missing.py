"""Children missing from care or away without leave, and the interview they are offered when they are back.

Most children never go, some go now and then, and a few go every other week.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from childrens_warehouse.simulate import terms
from childrens_warehouse.simulate.care import Child, Period, Route
from childrens_warehouse.simulate.scenario import Scenario, pick

YOUNGEST = 11
# Of periods of care of children old enough, the share with any spell; and how many spells a year those then have.
EVER_GOES = 0.24
SPELLS_A_YEAR = {2: 60, 6: 25, 18: 11, 40: 4}
INTERVIEWED_IN_72_HOURS = 0.68


@dataclass(frozen=True, slots=True)
class Spell:
    """One spell, ended on the day the child was back; and what became of the interview.

    decided_on: the day the child was asked.
    """

    kind: str
    started_on: dt.date
    ended_on: dt.date
    returned_at: dt.datetime
    decided_on: dt.date
    is_recorded: bool
    is_offered: bool
    is_accepted: bool
    interviewed_at: dt.datetime | None


def spells(scenario: Scenario, child: Child) -> Iterator[Spell]:
    """Every spell of a child's life in care, in order; no two on one day, none before or after a period of care."""
    for number, period in enumerate(child.periods):
        if period.route is not Route.SHORT_BREAKS:
            yield from _of_period(scenario.stream("missing", child.number, number), child, period)


def _of_period(rng: Random, child: Child, period: Period) -> Iterator[Spell]:
    old_enough_on = terms.add_months(child.born_on, 12 * YOUNGEST)
    day = max(period.started_on, old_enough_on)
    if day >= period.ended_on or rng.random() >= EVER_GOES:
        return
    yearly = pick(rng, SPELLS_A_YEAR)
    while True:
        day += dt.timedelta(days=1 + int(rng.expovariate(yearly / 365)))
        length = pick(rng, {0: 34, 1: 40, 2: 12, 4: 8, 9: 4, 30: 2})
        ended_on = min(day + dt.timedelta(days=length), period.ended_on)
        if day >= period.ended_on:
            return
        yield _spell(rng, day, ended_on)
        day = ended_on


def _spell(rng: Random, started_on: dt.date, ended_on: dt.date) -> Spell:
    returned_at = dt.datetime.combine(ended_on, dt.time(rng.randrange(6, 24), rng.randrange(60)))
    is_offered = rng.random() < 0.9
    is_accepted = is_offered and rng.random() < 0.78
    hours = rng.randrange(10, 72) if rng.random() < INTERVIEWED_IN_72_HOURS else rng.randrange(73, 300)
    return Spell(
        kind="M" if rng.random() < 0.55 else "A",
        started_on=started_on,
        ended_on=ended_on,
        returned_at=returned_at,
        decided_on=ended_on + dt.timedelta(days=rng.randrange(0, 4)),
        is_recorded=rng.random() < 0.95,
        is_offered=is_offered,
        is_accepted=is_accepted,
        interviewed_at=returned_at + dt.timedelta(hours=hours, minutes=rng.randrange(60)) if is_accepted else None,
    )
