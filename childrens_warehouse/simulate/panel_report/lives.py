"""A child of the scenario, with all that the extracts tell of it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random

from childrens_warehouse.simulate import identity, terms

AUTHORITY = "310"
# The last day of the papers' figures is 30 April 2017; the night is the first month end after it.
NIGHT = dt.date(2017, 5, 31)
YEAR_BEGINS, YEAR_ENDS = dt.date(2016, 4, 1), dt.date(2017, 3, 31)
SCHOOL_YEAR = 2016


class Age(StrEnum):
    """How old on 31 March 2017, as far as the figures tell children apart by it."""

    UNDER_FOUR = "under four"
    INFANT = "four or five and not at school by 31 August 2016"
    PUPIL = "aged 5 to 15 on 31 August 2016"
    SIXTEEN = "sixteen, and past school age"
    SEVENTEEN = "turns 18 in the year after"
    EIGHTEEN = "turned 18 in the year"
    LEAVER = "left care before"


@dataclass(frozen=True)
class Placement:
    place: str
    provider: str
    postcode: str
    urn: int | None = None


@dataclass
class Stay:
    """A placement from a day on. Back from a temporary stay, it is the same placement once more."""

    started_on: dt.date
    placement: Placement


@dataclass
class Assessment:
    """A health assessment that was done. due_on: by the trust's own clock."""

    kind: str
    requested_on: dt.date
    due_on: dt.date
    seen_on: dt.date


@dataclass
class Adoption:
    decided_on: dt.date
    ordered_on: dt.date
    matched_on: dt.date
    placed_on: dt.date
    adopted_on: dt.date | None


@dataclass
class Absence:
    """A spell missing (M) or away without authorisation (A)."""

    kind: str
    started_on: dt.date
    ended_on: dt.date


@dataclass
class Plan:
    """A personal education plan. completed_on: none while it is not complete."""

    term: str
    meeting_on: dt.date
    completed_on: dt.date | None


@dataclass
class Contact:
    on: dt.date
    activity: str
    accommodation: str


@dataclass
class Life:
    """One child and its one period of care: started_on <= day < ended_on."""

    number: int
    age: Age
    born_on: dt.date
    started_on: dt.date
    ended_on: dt.date | None = None
    reason_ended: str = ""
    sex: str = ""
    ethnicity: str = ""
    is_unaccompanied: bool = False
    need: str = "N1"
    legal_status: str = "V2"
    home_postcode: str = ""
    previous_permanence: str = "Z1"
    stays: list[Stay] = field(default_factory=list)
    adoption: Adoption | None = None
    reviews: list[dt.date] = field(default_factory=list)
    assessments: list[Assessment] = field(default_factory=list)
    dental_checks: list[dt.date] = field(default_factory=list)
    immunised: list[tuple[dt.date, bool]] = field(default_factory=list)
    questionnaires: list[tuple[dt.date, int]] = field(default_factory=list)
    # Sessions missed by month end of the school year 2016/17, added up; none who is at no school then.
    missed: dict[dt.date, int] | None = None
    suspended_on: list[dt.date] = field(default_factory=list)
    excluded_on: dt.date | None = None
    plans: list[Plan] = field(default_factory=list)
    results: list[tuple[int, str, str, str]] = field(default_factory=list)
    absences: list[Absence] = field(default_factory=list)
    contacts: list[Contact] = field(default_factory=list)

    @property
    def child_id(self) -> str:
        return identity.social_care_id(AUTHORITY, self.number)

    @property
    def is_starter(self) -> bool:
        """Came into care in the year of the report."""
        return YEAR_BEGINS <= self.started_on <= YEAR_ENDS

    @property
    def is_pupil(self) -> bool:
        return self.age is Age.PUPIL

    def in_care(self, day: dt.date) -> bool:
        return self.started_on <= day and (self.ended_on is None or day < self.ended_on)

    def twelve_months(self, day: dt.date) -> bool:
        """In care for the twelve months that end with the day."""
        return self.in_care(day) and self.started_on <= terms.add_months(day + terms.DAY, -12)

    def years(self, day: dt.date) -> int:
        return terms.age(self.born_on, day)

    def stay_on(self, day: dt.date) -> Stay:
        return [stay for stay in self.stays if stay.started_on <= day][-1]

    def stream(self, matter: str) -> Random:
        return stream(matter, self.number)


def stream(*matters: object) -> Random:
    """Chance of its own for each matter, the same every time."""
    return Random("/".join(map(str, ("panel report 2017", *matters))))


def day_between(rng: Random, first: dt.date, last: dt.date) -> dt.date:
    """A day of a range, both ends included."""
    return first + dt.timedelta(days=rng.randrange((last - first).days + 1))


def present(lives: list[Life], day: dt.date) -> list[Life]:
    return [life for life in lives if life.in_care(day)]
