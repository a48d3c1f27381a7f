"""Who comes into care, when, why and for how long.

Children arrive month by month, each month from its own stream, as many as keep about `Scenario.children` in care.
A child is first a plan (identity and periods of care), cheap enough to draw for everybody who ever came; what
happens within the periods is drawn later, only for those whom some extract shows.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from childrens_warehouse.simulate import identity, terms
from childrens_warehouse.simulate.scenario import Scenario, pick

# Years in care that one newly arrived child spends on average, all periods together: measured over the mixture below.
YEARS_IN_CARE = 2.7
# A child may be in care from birth to 18.
LONGEST_CARE_YEARS = 18
FIRST_MONTH = dt.date(1990, 1, 1)
NUMBERS_A_MONTH = 1_000


class Route(StrEnum):
    """The legal way into and through a period of care."""

    VOLUNTARY = "voluntary"
    COURT = "court"
    ADOPTION = "adoption"
    REMAND = "remand"
    UNACCOMPANIED = "unaccompanied"
    SHORT_BREAKS = "short_breaks"


class Outcome(StrEnum):
    """How a period of care ends; the code follows from the age, the last placement and the date."""

    HOME = "home"
    RELATIVES = "relatives"
    ARRANGEMENTS_ORDER = "arrangements_order"
    GUARDIANSHIP = "guardianship"
    ADOPTED = "adopted"
    INDEPENDENT = "independent"
    ADULT = "adult"
    REMAND_OVER = "remand_over"
    CUSTODY = "custody"
    OTHER_AUTHORITY = "other_authority"
    ABROAD = "abroad"
    AGE_ASSESSED = "age_assessed"
    DIED = "died"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Period:
    """One period of care: started_on <= day < ended_on."""

    started_on: dt.date
    ended_on: dt.date
    route: Route
    outcome: Outcome
    need: str


@dataclass(frozen=True, slots=True)
class Child:
    """One child who is, was or will be in care, as planned: what social care's own system would know at the end."""

    number: int
    child_id: str
    upn: str
    forename: str
    surname: str
    sex: str
    born_on: dt.date
    ethnicity: str
    home_postcode: str
    mother_of: dt.date | None
    unaccompanied_until: dt.date | None
    periods: tuple[Period, ...]

    @property
    def authority(self) -> str:
        """Whose number the child has, as its digits say."""
        return self.upn[1:4]

    @property
    def first_started_on(self) -> dt.date:
        return self.periods[0].started_on

    @property
    def last_ended_on(self) -> dt.date:
        return self.periods[-1].ended_on

    @property
    def reception_year(self) -> int:
        """School year in which the child turns five."""
        return terms.school_year(self.born_on) + 5

    def is_in_care(self, first: dt.date, last: dt.date) -> bool:
        """On any day of a range, both ends included."""
        return any(period.started_on <= last and period.ended_on >= first for period in self.periods)


def children(scenario: Scenario, first: dt.date, last: dt.date) -> Iterator[Child]:
    """Everyone who first comes into care from one day to another."""
    month = first.replace(day=1)
    while month <= last:
        for child in _arrivals(scenario, month):
            if first <= child.first_started_on <= last:
                yield child
        month = terms.add_months(month, 1)


def monthly(scenario: Scenario) -> float:
    """Children who first come into care in a month."""
    return scenario.children / YEARS_IN_CARE / 12


def _arrivals(scenario: Scenario, month: dt.date) -> Iterator[Child]:
    index = (month.year - FIRST_MONTH.year) * 12 + month.month - 1
    each = monthly(scenario)
    # Whole children: the remainder carries over to the next month, so that small councils get their share too.
    for position in range(int(each * (index + 1)) - int(each * index)):
        yield _plan(scenario, month, index, position)


def _plan(scenario: Scenario, month: dt.date, index: int, position: int) -> Child:
    number = index * NUMBERS_A_MONTH + position
    rng = scenario.stream("child", number)
    days = (terms.add_months(month, 1) - month).days
    started_on = month + dt.timedelta(days=rng.randrange(days))
    unaccompanied = rng.random() < 0.09
    sex = "M" if rng.random() < (0.9 if unaccompanied else 0.54) else "F"
    if unaccompanied:
        years, span = 14 + pick(rng, {0: 1, 1: 3, 2: 6, 3: 5}), 350
    else:
        years, span = (
            pick(
                rng,
                {
                    0: 17,
                    1: 6,
                    2: 5,
                    3: 5,
                    4: 4,
                    5: 4,
                    6: 4,
                    7: 4,
                    8: 4,
                    9: 4,
                    10: 4,
                    11: 5,
                    12: 5,
                    13: 7,
                    14: 8,
                    15: 9,
                    16: 6,
                    17: 2,
                },
            ),
            340,
        )
    # Newborns come into care within days of birth, or not much later.
    days_since_birthday = int(span * rng.random() ** 3) if years == 0 else rng.randrange(span)
    born_on = terms.add_months(started_on, -12 * years) - dt.timedelta(days=days_since_birthday)
    periods = tuple(_periods(rng, born_on, started_on, unaccompanied))
    mother_of = None
    if sex == "F" and not unaccompanied and years >= 14 and rng.random() < 0.06:
        mother_of = started_on + dt.timedelta(days=rng.randrange(60, 500))
    unaccompanied_until = None
    if unaccompanied:
        adult_on = terms.add_months(born_on, 12 * 18)
        # Some get leave to remain before they turn 18.
        granted_on = started_on + dt.timedelta(days=rng.randrange(200, 900))
        unaccompanied_until = min(adult_on, granted_on) if rng.random() < 0.3 else adult_on
    # The entry year tells two serials of one establishment apart; months 20 years apart never share it.
    upn = identity.upn(scenario.authority, 4_000 + index % 240, terms.school_year(born_on) + 5, position)
    return Child(
        number=number,
        child_id=identity.social_care_id(scenario.authority, number),
        upn=upn,
        forename=identity.forename(rng, sex),
        surname=identity.surname(rng),
        sex=sex,
        born_on=born_on,
        ethnicity=identity.ethnicity(rng, unaccompanied),
        home_postcode="" if unaccompanied else identity.postcode(rng),
        mother_of=mother_of,
        unaccompanied_until=unaccompanied_until,
        periods=periods,
    )


def _periods(rng: Random, born_on: dt.date, started_on: dt.date, unaccompanied: bool) -> Iterator[Period]:
    """One period, and after a return home sometimes another."""
    adult_on = terms.add_months(born_on, 12 * 18)
    for _ in range(3):
        years = terms.age(born_on, started_on)
        route = Route.UNACCOMPANIED if unaccompanied else _route(rng, years)
        days, outcome = _length(rng, route, years)
        ended_on = started_on + dt.timedelta(days=days)
        if ended_on >= adult_on:
            ended_on, outcome = adult_on, Outcome.ADULT
        yield Period(started_on, ended_on, route, outcome, _need(rng, route, years))
        started_on = ended_on + dt.timedelta(days=int(rng.expovariate(1 / 300)) + 20)
        goes_home = outcome in (Outcome.HOME, Outcome.RELATIVES, Outcome.OTHER)
        is_too_old = started_on > adult_on - dt.timedelta(days=60)
        if not goes_home or unaccompanied or is_too_old or rng.random() > 0.22:
            return


def _route(rng: Random, years: int) -> Route:
    if years < 4:
        return pick(rng, {Route.ADOPTION: 24, Route.COURT: 46, Route.VOLUNTARY: 30})
    if years < 12:
        return pick(rng, {Route.COURT: 48, Route.VOLUNTARY: 49, Route.SHORT_BREAKS: 3})
    return pick(rng, {Route.COURT: 18, Route.VOLUNTARY: 74, Route.REMAND: 5, Route.SHORT_BREAKS: 3})


def _length(rng: Random, route: Route, years: int) -> tuple[int, Outcome]:
    """Days in care and how they end, unless the child turns 18 first."""
    stays = 99_999
    match route:
        case Route.ADOPTION:
            return rng.randrange(520, 1_050), Outcome.ADOPTED
        case Route.REMAND:
            return rng.randrange(14, 150), pick(rng, {Outcome.REMAND_OVER: 7, Outcome.CUSTODY: 3})
        case Route.SHORT_BREAKS:
            return rng.randrange(90, 600), Outcome.OTHER
        case Route.UNACCOMPANIED:
            if rng.random() < 0.8:
                return stays, Outcome.ADULT
            return rng.randrange(20, 400), pick(
                rng, {Outcome.AGE_ASSESSED: 5, Outcome.OTHER_AUTHORITY: 3, Outcome.RELATIVES: 2, Outcome.OTHER: 2}
            )
        case Route.COURT:
            if rng.random() < 0.38:
                return stays, Outcome.ADULT
            return rng.randrange(200, 1_100), pick(
                rng,
                {
                    Outcome.HOME: 35,
                    Outcome.GUARDIANSHIP: 38,
                    Outcome.ARRANGEMENTS_ORDER: 12,
                    Outcome.RELATIVES: 8,
                    Outcome.OTHER_AUTHORITY: 4,
                    Outcome.ABROAD: 1,
                    Outcome.DIED: 0.5,
                    Outcome.OTHER: 2,
                },
            )
    if years >= 14 and rng.random() < 0.32:
        return stays, Outcome.ADULT
    days = int(rng.expovariate(1 / 45)) + 2 if rng.random() < 0.45 else int(rng.expovariate(1 / 260)) + 20
    outcomes = {
        Outcome.HOME: 62.0,
        Outcome.RELATIVES: 10.0,
        Outcome.ARRANGEMENTS_ORDER: 4.0,
        Outcome.OTHER_AUTHORITY: 4.0,
        Outcome.ABROAD: 1.0,
        Outcome.OTHER: 12.0,
    }
    if years >= 16:
        outcomes[Outcome.INDEPENDENT] = 18.0
    return days, pick(rng, outcomes)


def _need(rng: Random, route: Route, years: int) -> str:
    """Category of need: set when a period starts, the same throughout it."""
    if route is Route.UNACCOMPANIED:
        return "N8"
    if route is Route.SHORT_BREAKS:
        return "N2"
    weights = {"N1": 58.0, "N2": 3.0, "N3": 4.0, "N4": 9.0, "N5": 16.0, "N7": 0.2, "N8": 4.0}
    if years >= 10:
        weights["N6"] = 8.0
    return pick(rng, weights)
