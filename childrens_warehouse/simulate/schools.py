"""Schools, and which of them a pupil is on the roll of from when to when."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from itertools import pairwise
from random import Random

from childrens_warehouse.simulate import identity, terms
from childrens_warehouse.simulate.care import Child
from childrens_warehouse.simulate.scenario import Scenario, pick

OWN_SUPPLIER = "school"
PROVIDER = "provider"
LAST_YEAR_GROUP = 11
# A child may be a pupil of the area this long before first coming into care.
PUPIL_BEFORE_CARE = dt.timedelta(days=500)
FIRST_SECONDARY_YEAR_GROUP = 7

SAINTS = (
    "Andrew", "Anne", "Bernadette", "Dominic", "George", "Gregory", "Helena", "Jerome", "John", "Joseph", "Luke",
    "Mary", "Swithun", "Teresa",
)  # fmt: skip
PLACES = (
    "Ashdown", "Beechfield", "Birchwood", "Bridgewater", "Brook", "Canal", "Cedar", "Chestnut", "Churchfield",
    "Elmgrove", "Fairmead", "Fernhill", "Greenhill", "Hawthorn", "Heathland", "Hillside", "Kenmore", "Kingsfield",
    "Lakeside", "Larkfield", "Longmeadow", "Manor", "Meadow", "Millbrook", "Northwood", "Oakwood", "Orchard",
    "Parkside", "Pinnerwood", "Priory", "Queensbury", "Ridgeway", "Riverside", "Rosebank", "Roxfield", "Southfield",
    "Springfield", "Stonebridge", "Vale", "Watling", "Westfield", "Whitehall", "Willow", "Woodlands",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class School:
    urn: int
    name: str
    phase: str
    authority: str
    postcode: str
    opened_on: dt.date | None


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A pupil on a school's roll: started_on <= day < ended_on.

    second: registered here beside the main school.
    away: days of the week (bit 0 is Monday) on which a dually registered pupil is at the other school, while
        `dual_from <= day < dual_until`.
    """

    school: School
    started_on: dt.date
    ended_on: dt.date
    leaving_reason: str
    second: bool = False
    away: int = 0
    dual_from: dt.date | None = None
    dual_until: dt.date | None = None

    def is_dual(self, day: dt.date) -> bool:
        return self.dual_from is not None and self.dual_until is not None and self.dual_from <= day < self.dual_until


@dataclass(frozen=True, slots=True)
class Schools:
    """The schools of an area by what they are for, and those elsewhere that some of its children in care attend."""

    primary: tuple[School, ...]
    secondary: tuple[School, ...]
    special: tuple[School, ...]
    referral: tuple[School, ...]
    far_primary: tuple[School, ...]
    far_secondary: tuple[School, ...]

    @property
    def all(self) -> tuple[School, ...]:
        groups = (self.primary, self.secondary, self.special, self.referral, self.far_primary, self.far_secondary)
        return tuple(sorted((school for group in groups for school in group), key=lambda school: school.urn))

    @property
    def far(self) -> frozenset[int]:
        return frozenset(school.urn for school in (*self.far_primary, *self.far_secondary))


def schools(scenario: Scenario) -> Schools:
    """The area's schools: as many as asked for, or one for every 420 pupils in primary and 1,000 in secondary."""
    if scenario.schools is None:
        primary = max(4, round(scenario.pupils * 7 / 12 / 420))
        secondary = max(2, round(scenario.pupils * 5 / 12 / 1_000))
        special = max(1, round(scenario.pupils / 9_000))
    else:
        special = max(1, scenario.schools // 16)
        secondary = max(1, (scenario.schools - special - 1) // 5)
        primary = scenario.schools - secondary - special - 1
    rng = scenario.stream("schools")
    numbers = iter(range(900))
    own = scenario.authority

    def make(phase: str, count: int, authority: str, outward: tuple[str, ...]) -> tuple[School, ...]:
        return tuple(_school(rng, scenario, next(numbers), phase, authority, outward) for _ in range(count))

    return Schools(
        primary=make("primary", primary, own, identity.NEAR),
        secondary=make("secondary", secondary, own, identity.NEAR),
        special=make("special", special, own, identity.NEAR),
        referral=make("pru", 1, own, identity.NEAR),
        far_primary=make("primary", 3, _elsewhere(own), identity.FAR),
        far_secondary=make("secondary", 3, _elsewhere(own), identity.FAR),
    )


def _school(
    rng: Random, scenario: Scenario, number: int, phase: str, authority: str, outward: tuple[str, ...]
) -> School:
    kind = {"primary": "Primary School", "secondary": "High School", "special": "School", "pru": "Learning Centre"}
    place = f"St {rng.choice(SAINTS)}'s" if rng.random() < 0.2 else rng.choice(PLACES)
    opened_on = dt.date(rng.randrange(1996, 2009), 9, 1) if rng.random() < 0.15 else None
    return School(
        urn=100_000 + int(scenario.authority) * 900 % 800_000 + number,
        name=f"{place} {kind[phase]}",
        phase=phase,
        authority=authority,
        postcode=identity.postcode(rng, outward),
        opened_on=opened_on,
    )


def _elsewhere(own: str) -> str:
    return "821" if own != "821" else "826"


def enrolments_of_pupil(rng: Random, area: Schools, reception_year: int, special: bool) -> list[Enrolment]:
    """The school career of a pupil of the area, from joining to leaving it."""
    first = dt.date(reception_year, 9, 1)
    last = _end_of_school(reception_year)
    span = (last - first).days
    leaves_for = "Completed compulsory schooling"
    # One in twelve comes after reception, one in twelve leaves before the end of year 11.
    if rng.random() < 1 / 12:
        first += dt.timedelta(days=rng.randrange(60, span - 200))
    if rng.random() < 1 / 12:
        last = first + dt.timedelta(days=rng.randrange(90, max(91, (last - first).days)))
        leaves_for = "Moved out of the area"
    changes = _in_year_changes(rng, first, last, yearly=0.025)
    return _career(rng, area, reception_year, first, last, leaves_for, changes, special, dual=0.006, far=0.0)


def enrolments_of_child(rng: Random, area: Schools, child: Child) -> list[Enrolment]:
    """The school career of a child who is, was or will be in care, as far as the area's lists show it.

    Most were pupils of the area before they came into care; an unaccompanied child joins a school some weeks after.
    Coming into care is often a change of school, and so are some of the moves after it.
    """
    started_on = child.first_started_on
    first = dt.date(child.reception_year, 9, 1)
    last = _end_of_school(child.reception_year)
    if child.unaccompanied_until:
        first = max(first, started_on + dt.timedelta(days=rng.randrange(12, 50)))
    else:
        first = max(first, started_on - dt.timedelta(days=rng.randrange(0, PUPIL_BEFORE_CARE.days)))
    stays_until = child.last_ended_on + dt.timedelta(days=rng.randrange(0, 400))
    leaves_for = "Completed compulsory schooling"
    if stays_until < last:
        last, leaves_for = stays_until, "Moved out of the area"
    if first >= last:
        return []
    changes = [
        period.started_on + dt.timedelta(days=rng.randrange(0, 15)) for period in child.periods if rng.random() < 0.14
    ]
    changes += _in_year_changes(rng, max(first, started_on), last, yearly=0.09)
    special = rng.random() < 0.1
    return _career(rng, area, child.reception_year, first, last, leaves_for, changes, special, dual=0.04, far=0.3)


def _end_of_school(reception_year: int) -> dt.date:
    """Year 11 leaves when its exams are over."""
    return dt.date(reception_year + LAST_YEAR_GROUP + 1, 7, 1)


def _in_year_changes(rng: Random, first: dt.date, last: dt.date, yearly: float) -> list[dt.date]:
    days: list[dt.date] = []
    day = first
    while True:
        day += dt.timedelta(days=int(rng.expovariate(yearly / 365)) + 30)
        if day >= last:
            return days
        days.append(day)


def _career(
    rng: Random,
    area: Schools,
    reception_year: int,
    first: dt.date,
    last: dt.date,
    leaves_for: str,
    changes: list[dt.date],
    special: bool,
    dual: float,
    far: float,
) -> list[Enrolment]:
    """Cut a career at the move to secondary school and at every change of school."""
    transfer = dt.date(reception_year + FIRST_SECONDARY_YEAR_GROUP, 9, 1)
    cuts = {day: "Moved to another school" for day in changes if first < day < last and abs((day - transfer).days) > 45}
    if first < transfer < last and not special:
        cuts[transfer] = "Moved to secondary school"
    days = [first, *sorted(cuts), last]
    found: list[Enrolment] = []
    for started_on, ended_on in pairwise(days):
        is_primary = started_on < transfer
        near, away = (area.primary, area.far_primary) if is_primary else (area.secondary, area.far_secondary)
        pool = area.special if special else away if rng.random() < far else near
        school = rng.choice(pool)
        if found and found[-1].school == school:
            # The draw fell on the same school: no change then.
            previous = found.pop()
            started_on = previous.started_on
        reason = cuts.get(ended_on, leaves_for)
        if (ended_on.month, ended_on.day) == (9, 1):
            # Rolls close with the school year, the day before the next begins.
            ended_on -= terms.DAY
        found.append(Enrolment(school, started_on, ended_on, reason))
    return _with_second_school(rng, area, found, transfer, dual, area.far)


def _with_second_school(
    rng: Random, area: Schools, found: list[Enrolment], transfer: dt.date, dual: float, far: frozenset[int]
) -> list[Enrolment]:
    """Sometimes a term or two at the pupil referral unit for part of the week, beside the main school."""
    extended: list[Enrolment] = []
    for enrolment in found:
        years = (enrolment.ended_on - enrolment.started_on).days / 365
        is_apt = enrolment.started_on >= transfer and enrolment.school.urn not in far
        if is_apt and years > 0.5 and rng.random() < dual * years and enrolment.school.phase == "secondary":
            length = rng.randrange(80, 180)
            offset = rng.randrange(10, max(11, int(years * 365) - length))
            dual_from = enrolment.started_on + dt.timedelta(days=offset)
            dual_until = min(dual_from + dt.timedelta(days=length), enrolment.ended_on)
            at_second = pick(rng, {0b00111: 4, 0b00011: 3, 0b11100: 2, 0b10101: 1})
            extended.append(replace(enrolment, away=at_second, dual_from=dual_from, dual_until=dual_until))
            extended.append(
                Enrolment(
                    area.referral[0],
                    dual_from,
                    dual_until,
                    "Returned to main school",
                    second=True,
                    away=0b11111 & ~at_second,
                    dual_from=dual_from,
                    dual_until=dual_until,
                )
            )
        else:
            extended.append(enrolment)
    return extended


def year_group(reception_year: int, day: dt.date) -> str:
    """National curriculum year of a pupil on a day: R, then 1 to 14."""
    number = terms.school_year(day) - reception_year
    if number <= 0:
        return "R" if number == 0 else "N2"
    return str(min(number, 14))
