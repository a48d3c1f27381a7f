"""People who want to adopt: those a child is matched with, and those who are still assessed, wait or give up."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from childrens_warehouse.simulate import identity, terms
from childrens_warehouse.simulate.care import FIRST_MONTH, Child
from childrens_warehouse.simulate.permanence import ADOPTERS, Journey
from childrens_warehouse.simulate.scenario import Scenario, pick

# Families a month that ask and are not matched with a child of this authority, for each child in care.
UNMATCHED_A_MONTH = 0.012
# Who waits longer goes to another agency.
LONGEST_UNMATCHED_MONTHS = 20
LEFT_FOR = {"Withdrew": 60, "Change of circumstances": 25, "Not approved": 15}
SEXES = {"MF": ("M", "F"), "MM": ("M", "M"), "FF": ("F", "F"), "M1": ("M",), "F1": ("F",)}


@dataclass(frozen=True, slots=True)
class Adopter:
    adopter_id: str
    sex: str
    ethnicity: str
    is_disabled: bool


@dataclass(frozen=True, slots=True)
class Family:
    """One or two adopters on their way: days in their order; left_on is None unless they gave up."""

    family_id: str
    adopters: tuple[Adopter, ...]
    enquired_on: dt.date
    stage_1: tuple[dt.date, dt.date]
    stage_2: tuple[dt.date, dt.date]
    applied_on: dt.date
    left_on: dt.date | None = None
    reason_left: str = ""

    @property
    def approved_on(self) -> dt.date:
        return self.stage_2[1]


def of_child(scenario: Scenario, child: Child, journey: Journey) -> Family | None:
    """The family a child is matched with; None where the plan came to nothing."""
    if journey.matched_on is None:
        return None
    rng = scenario.stream("adopters", child.number, journey.decided_on)
    approved_on = terms.working_day_on_or_before(journey.matched_on - dt.timedelta(days=rng.randrange(20, 240)))
    assessed = rng.randrange(80, 150)
    prepared, paused, checked = rng.randrange(15, 60), rng.randrange(1, 60), rng.randrange(40, 80)
    enquired_on = approved_on - dt.timedelta(days=assessed + prepared + paused + checked)
    number, sexes = f"{child.number:06d}", journey.adopters[1]
    return _family(rng, number, sexes, enquired_on, (prepared, checked, paused, assessed))


def unmatched(scenario: Scenario, night: dt.date) -> Iterator[Family]:
    """Families that asked in the months up to a night and never come to a child of this authority."""
    month = max(terms.add_months(night.replace(day=1), -LONGEST_UNMATCHED_MONTHS), FIRST_MONTH)
    monthly = scenario.children * UNMATCHED_A_MONTH
    while month <= night:
        index = (month.year - FIRST_MONTH.year) * 12 + month.month - 1
        for position in range(int(monthly * (index + 1)) - int(monthly * index)):
            rng = scenario.stream("unmatched adopters", index, position)
            asked_on = month + dt.timedelta(days=rng.randrange((terms.add_months(month, 1) - month).days))
            steps = rng.randrange(15, 60), rng.randrange(40, 80), rng.randrange(1, 60), rng.randrange(80, 150)
            left_after = rng.randrange(60, 400) if rng.random() < 0.25 else None
            # Beyond the numbers of children.
            number = f"{900_000 + index * 100 + position:06d}"
            yield _family(rng, number, pick(rng, ADOPTERS)[1], asked_on, steps, left_after)
        month = terms.add_months(month, 1)


def _family(
    rng: Random,
    number: str,
    sexes: str,
    enquired_on: dt.date,
    steps: tuple[int, int, int, int],
    left_after: int | None = None,
) -> Family:
    """steps: days from the enquiry to stage 1, in it, from it to stage 2, and in that."""
    days, day = [], enquired_on
    for length in steps:
        day += dt.timedelta(days=length)
        days.append(day)
    adopters = tuple(
        Adopter(f"A{number}{place}", sex, identity.ethnicity(rng), rng.random() < 0.04)
        for place, sex in enumerate(SEXES[sexes], start=1)
    )
    return Family(
        family_id=f"F{number}",
        adopters=adopters,
        enquired_on=enquired_on,
        stage_1=(days[0], days[1]),
        stage_2=(days[2], days[3]),
        applied_on=days[2] + dt.timedelta(days=rng.randrange(1, 15)),
        left_on=enquired_on + dt.timedelta(days=left_after) if left_after else None,
        reason_left=pick(rng, LEFT_FOR) if left_after else "",
    )
