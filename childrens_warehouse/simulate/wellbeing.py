"""Health of children in care beside the assessments: dentist, immunisations, strengths and difficulties; and what the
yearly return says of it all."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from childrens_warehouse.reference import collection_year_end
from childrens_warehouse.simulate import terms
from childrens_warehouse.simulate.care import Child, Period, Route
from childrens_warehouse.simulate.reviews import Assessment
from childrens_warehouse.simulate.scenario import Scenario, pick

# Asked from the fourth birthday to the seventeenth.
SDQ_AGES = range(4, 17)
SDQ_COMPLETED = 0.79


@dataclass(frozen=True, slots=True)
class DentalCheck:
    on: dt.date
    outcome: str


@dataclass(frozen=True, slots=True)
class Immunised:
    on: dt.date
    is_up_to_date: bool


@dataclass(frozen=True, slots=True)
class Questionnaire:
    """`score` is None where it was given up for `reason`."""

    on: dt.date
    score: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class YearInCare:
    """What the return asks of a child looked after for a whole collection year (OC2); None where it is not asked."""

    sdq_score: int | None
    sdq_reason: str
    convicted: bool | None
    health_check: bool | None
    immunised: bool
    teeth_checked: bool
    health_assessed: bool
    misuses_substances: bool
    intervention_received: bool | None
    intervention_offered: bool | None


def _cared_for(child: Child) -> Iterator[tuple[int, Period]]:
    return ((number, period) for number, period in enumerate(child.periods) if period.route is not Route.SHORT_BREAKS)


def dental_checks(scenario: Scenario, child: Child) -> Iterator[DentalCheck]:
    """The first some weeks after a child comes into care, then mostly within the year; infants have none."""
    for number, period in _cared_for(child):
        rng = scenario.stream("dentist", child.number, number)
        day = period.started_on + dt.timedelta(days=rng.randrange(20, 150))
        day = max(day, terms.add_months(child.born_on, 18) + dt.timedelta(days=rng.randrange(0, 200)))
        day = terms.working_day_on_or_after(day)
        while day < period.ended_on:
            refuses = rng.random() < (0.12 if terms.age(child.born_on, day) >= 14 else 0.02)
            yield DentalCheck(day, "refused" if refuses else "seen")
            gap = rng.randrange(150, 350) if rng.random() < 0.84 else rng.randrange(370, 600)
            day = terms.working_day_on_or_after(day + dt.timedelta(days=60 if refuses else gap))


def immunisations(scenario: Scenario, child: Child, assessments: Sequence[Assessment]) -> Iterator[Immunised]:
    """Looked at whenever a child is assessed: some come behind and catch up, a few never do."""
    rng = scenario.stream("immunisations", child.number)
    is_up_to_date = rng.random() < 0.66
    catches_up = rng.random() < 0.7
    for assessment in assessments:
        if assessment.outcome != "completed":
            continue
        yield Immunised(assessment.decided_on, is_up_to_date)
        if is_up_to_date:
            is_up_to_date = rng.random() < 0.96
        elif catches_up:
            is_up_to_date = rng.random() < 0.6


def questionnaires(scenario: Scenario, child: Child) -> Iterator[Questionnaire]:
    """Once a year; a child's score changes little from year to year."""
    rng = scenario.stream("questionnaires", child.number)
    typical = rng.gauss(14.2, 6.6)
    for _, period in _cared_for(child):
        day = period.started_on + dt.timedelta(days=rng.randrange(30, 200))
        day = max(day, terms.add_months(child.born_on, 48) + dt.timedelta(days=rng.randrange(5, 90)))
        while day < period.ended_on:
            day = terms.working_day_on_or_after(day)
            if day >= period.ended_on or terms.age(child.born_on, day) not in SDQ_AGES:
                break
            yield _questionnaire(rng, day, typical)
            day += dt.timedelta(days=rng.randrange(330, 400))


def _questionnaire(rng: Random, day: dt.date, typical: float) -> Questionnaire:
    if rng.random() < SDQ_COMPLETED:
        return Questionnaire(day, min(40, max(0, round(rng.gauss(typical, 2.2)))), "")
    return Questionnaire(day, None, pick(rng, {"SDQ2": 34, "SDQ3": 8, "SDQ4": 36, "SDQ5": 22}))


def looked_after_all_year(child: Child, year: int) -> bool:
    """Continuously for the twelve months to 31 March, short breaks apart."""
    first, last = dt.date(year - 1, 4, 1), collection_year_end(year)
    return any(period.started_on <= first and period.ended_on > last for _, period in _cared_for(child))


def year_in_care(
    scenario: Scenario,
    child: Child,
    year: int,
    assessments: Sequence[Assessment],
    dental: Sequence[DentalCheck],
    immunised: Sequence[Immunised],
    sdqs: Sequence[Questionnaire],
) -> YearInCare:
    """What the return says of a child looked after all year; it follows from what the trust knows."""
    first, last = dt.date(year - 1, 4, 1), collection_year_end(year)
    years = terms.age(child.born_on, last)
    rng = scenario.stream("year in care", child.number, year)
    in_year = [each for each in sdqs if first <= each.on <= last]
    latest = in_year[-1] if in_year else None
    # Under five it takes two assessments in the year.
    seen = [each for each in assessments if each.outcome == "completed" and first <= each.decided_on <= last]
    last_looked_at = [each for each in immunised if each.on <= last]
    # Who turned 17 in the year is still asked, and may say that it is too old.
    is_asked = years >= SDQ_AGES.start and terms.age(child.born_on, first) in range(SDQ_AGES.stop)
    given_up = latest.reason if latest else "SDQ4" if years in SDQ_AGES else "SDQ1"
    misuses = years >= 11 and rng.random() < 0.045
    received = rng.random() < 0.6 if misuses else None
    return YearInCare(
        sdq_score=latest.score if latest and is_asked else None,
        sdq_reason=given_up if is_asked else "",
        convicted=rng.random() < 0.05 if years >= 10 else None,
        health_check=rng.random() < 0.88 if years < 5 else None,
        immunised=bool(last_looked_at) and last_looked_at[-1].is_up_to_date,
        teeth_checked=any(each.outcome == "seen" and first <= each.on <= last for each in dental),
        health_assessed=len(seen) >= (2 if years < 5 else 1),
        misuses_substances=misuses,
        intervention_received=received,
        intervention_offered=None if received is not False else rng.random() < 0.7,
    )
