"""How pupils fare: suspensions and exclusions of all pupils, plans and results of those in care."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from random import Random

from childrens_warehouse.simulate import terms
from childrens_warehouse.simulate.care import Child
from childrens_warehouse.simulate.pupils import Pupil
from childrens_warehouse.simulate.register import Suspension
from childrens_warehouse.simulate.scenario import LATEST_NIGHT, Scenario, pick

# Until then a suspension was a fixed-period exclusion, and some were for lunchtimes only.
SUSPENSIONS_FROM = dt.date(2023, 1, 1)
TERMS = ("autumn", "spring", "summer")
# Plans are made from the nursery to the end of year 13.
PLANNED_AGES = range(3, 18)
PLANNED_FROM = 2007
REASONS = {
    "Persistent disruptive behaviour": 36,
    "Physical assault against a pupil": 20,
    "Verbal abuse against an adult": 18,
    "Physical assault against an adult": 6,
    "Verbal abuse against a pupil": 4,
    "Damage": 3,
    "Drug and alcohol related": 5,
    "Bullying": 1,
    "Theft": 1,
    "Other": 6,
}


@dataclass(frozen=True, slots=True)
class Exclusion:
    """One suspension, with its sessions, or one permanent exclusion."""

    exclusion_id: str
    school_urn: int
    kind: str
    started_on: dt.date
    sessions: int | None
    reason: str
    cancelled_on: dt.date | None


def exclusions(scenario: Scenario, pupil: Pupil, suspended: list[Suspension]) -> Iterator[Exclusion]:
    """A pupil's suspensions, as the register has them, and the permanent exclusions that end some spells on a roll."""
    for each in suspended:
        rng = scenario.stream("exclusion", pupil.seed, each.started_on)
        kind, sessions = "SUSP" if each.started_on >= SUSPENSIONS_FROM else "FIXD", each.sessions
        if kind == "FIXD" and sessions == 2 and rng.random() < 0.06:
            kind, sessions = "LNCH", 1
        cancelled_on = each.started_on + dt.timedelta(days=rng.randrange(1, 12)) if rng.random() < 0.02 else None
        yield Exclusion(
            _exclusion_id(rng), each.school_urn, kind, each.started_on, sessions, pick(rng, REASONS), cancelled_on
        )
    for spell in pupil.enrolments:
        rng = scenario.stream("permanent exclusion", pupil.seed, spell.started_on)
        is_apt = spell.leaving_reason == "Moved to another school" and spell.school.phase == "secondary"
        if not is_apt or rng.random() >= 0.05 * min(pupil.absence, 3.0):
            continue
        days = [day for day in terms.school_days_of(terms.school_year(spell.ended_on)) if day < spell.ended_on]
        if len(days) > 8 and days[-8] >= spell.started_on:
            yield Exclusion(_exclusion_id(rng), spell.school.urn, "PERM", days[-8], None, pick(rng, REASONS), None)


def _exclusion_id(rng: Random) -> str:
    """Of the system that holds exclusions; it leads to no pupil."""
    return "EX" + hashlib.blake2b(rng.randbytes(16), digest_size=5).hexdigest()


# ---------------------------------------------------------------- personal education plans


@dataclass(frozen=True, slots=True)
class Plan:
    """One term's plan; opened_on is the day from which the virtual school's list has it."""

    plan_id: str
    school_year: int
    term: str
    opened_on: dt.date
    meeting_on: dt.date | None
    completed_on: dt.date | None
    quality: str
    has_child_views: bool
    premium: int
    is_named: bool


@cache
def terms_of(year: int) -> tuple[tuple[str, tuple[dt.date, ...]], ...]:
    """Name and school days of each term of the school year that begins in September of `year`."""
    days = terms.school_days_of(year)
    easter = next(
        day for day, name in terms.bank_holidays().items() if day.year == year + 1 and name == "Easter Monday"
    )
    autumn = tuple(day for day in days if day.year == year)
    spring = tuple(day for day in days if day.year > year and day < easter)
    summer = tuple(day for day in days if day.year > year and day >= easter)
    return tuple(zip(TERMS, (autumn, spring, summer), strict=True))


def plans(scenario: Scenario, child: Child) -> Iterator[Plan]:
    """A plan for every term that a child of an age for plans spends a month of in care; some are never held."""
    rng = scenario.stream("plans", child.number)
    number = 0
    first = max(terms.school_year(child.first_started_on), PLANNED_FROM)
    # No night shows a plan of a later term, and the lists of bank holidays end.
    last = min(terms.school_year(child.last_ended_on), terms.school_year(LATEST_NIGHT))
    for year in range(first, last + 1):
        for term, days in terms_of(year):
            if terms.age(child.born_on, days[0]) not in PLANNED_AGES:
                continue
            in_care = [day for period in child.periods for day in days if period.started_on <= day < period.ended_on]
            if len(in_care) < 20:
                continue
            number += 1
            yield _plan(rng, child, number, year, term, in_care)


def _plan(rng: Random, child: Child, number: int, year: int, term: str, days: list[dt.date]) -> Plan:
    held = rng.random() < 0.92
    meeting_on = days[min(len(days) - 1, rng.randrange(6, 50))] if held else None
    completed_on = None
    if meeting_on and rng.random() < 0.88:
        completed_on = terms.working_day_on_or_after(meeting_on + dt.timedelta(days=rng.randrange(0, 30)))
    return Plan(
        plan_id=f"PEP{child.number:06d}{number:02d}",
        school_year=year,
        term=term,
        opened_on=days[0],
        meeting_on=meeting_on,
        completed_on=completed_on,
        quality=pick(rng, {"green": 58, "amber": 30, "red": 12}),
        has_child_views=rng.random() < 0.86,
        premium=rng.randrange(0, 39) * 50,
        is_named=rng.random() < 0.96,
    )


# ---------------------------------------------------------------- results


@dataclass(frozen=True, slots=True)
class Result:
    published_on: dt.date
    year: int
    stage: str
    subject: str
    measure: str
    result: str


# Year group, day of publication, first and last year of each stage. In 2020 and 2021 only grades of year 11 were given.
STAGES = {
    "EYFSP": (0, (7, 1), 2013, 2099),
    "PHONICS": (1, (7, 1), 2012, 2099),
    "KS1": (2, (7, 1), 2000, 2023),
    "KS2": (6, (7, 12), 2000, 2099),
    "KS4": (11, (8, 24), 2000, 2099),
}
WITHOUT_TESTS = (2020, 2021)
LETTERS = ("U", "G", "F", "E", "D", "C", "B", "A", "A", "A*")
LEVELS_UNTIL, LETTERS_UNTIL = 2015, 2016
OPTIONS = ("Combined Science", "Religious Studies", "Art and Design", "Food", "History", "Geography", "Drama", "Sport")


def results(scenario: Scenario, child: Child) -> Iterator[Result]:
    """Every result of a child's years at school, at whatever school."""
    rng = scenario.stream("results", child.number)
    ability = rng.gauss(-0.75, 1.0)
    for stage, (year_group, published, first, last) in STAGES.items():
        year = child.reception_year + year_group + 1
        if first <= year <= last and (stage == "KS4" or year not in WITHOUT_TESTS):
            published_on = dt.date(year, *published)
            for subject, measure, result in _of_stage(rng, stage, year, ability):
                yield Result(published_on, year, stage, subject, measure, result)


def _of_stage(rng: Random, stage: str, year: int, ability: float) -> Iterator[tuple[str, str, str]]:
    match stage:
        case "EYFSP":
            yield "All", "good level of development", "Y" if rng.gauss(ability, 0.6) > -0.6 else "N"
        case "PHONICS":
            yield "Phonics", "mark", str(min(40, max(0, round(31 + rng.gauss(ability, 0.5) * 8))))
        case "KS1" | "KS2":
            for subject in ("Reading", "Writing", "Mathematics"):
                yield subject, *_primary(rng, stage, year, subject, rng.gauss(ability, 0.6))
        case "KS4":
            yield from _exams(rng, year, ability)


def _primary(rng: Random, stage: str, year: int, subject: str, skill: float) -> tuple[str, str]:
    if year <= LEVELS_UNTIL:
        middle = 4 if stage == "KS2" else 2
        return "level", str(middle + (skill > 0.9) - (skill < -0.9) - (skill < -2.2))
    if stage == "KS2" and subject != "Writing":
        return "scaled score", str(min(120, max(80, round(102 + 7 * skill))))
    return "teacher assessment", "GDS" if skill > 1.2 else "EXS" if skill > -0.7 else "WTS"


def _exams(rng: Random, year: int, ability: float) -> Iterator[tuple[str, str, str]]:
    """Every other child in care sits some; English and mathematics are graded 9 to 1 from 2017, the others later."""
    if rng.random() < 0.3 - 0.12 * ability:
        return
    subjects = ["English Language", "Mathematics", *rng.sample(OPTIONS, rng.randrange(1, 7))]
    points = []
    for position, subject in enumerate(subjects):
        point = min(9, max(0, round(4.3 + 1.7 * rng.gauss(ability, 0.5))))
        points.append(point)
        is_figure = year > LETTERS_UNTIL + (position >= 2)
        yield subject, "grade", str(point or "U") if is_figure else LETTERS[point]
    if year >= LETTERS_UNTIL:
        doubled = sorted(points[:2])[-1] + sum(points[:2])
        attainment = min(90, doubled + points[0] + sum(sorted(points[2:])[-6:]))
        yield "All", "attainment 8", str(attainment)
        yield "All", "progress 8", f"{min(3.0, max(-4.5, rng.gauss(ability * 0.6 - 0.6, 0.7))):.2f}"
