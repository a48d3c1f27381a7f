"""The schools of the scenario, and the marks of their registers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from childrens_warehouse.simulate import terms
from childrens_warehouse.simulate.panel_report.lives import NIGHT, SCHOOL_YEAR, Life
from childrens_warehouse.simulate.panel_report.numbers import reception_year, upn
from childrens_warehouse.simulate.panel_report.schooling import month_ends

SUPPLIER = "school"
PRESENT = {"AM": "/", "PM": "\\"}
# Illness, other reasons with leave, medical appointments, and without leave.
REASONS = ("I", "I", "O", "O", "O", "C", "M")
# After the figures' last month end: as many sessions as most children miss.
MISSED_SINCE = 0.05
SECONDARY_FROM = 7


@dataclass(frozen=True)
class School:
    urn: int
    name: str
    phase: str
    postcode: str


SCHOOLS = (
    School(102_310, "Kingsfield Primary School", "primary", "HA1 1ED"),
    School(102_311, "Orchard Primary School", "primary", "HA2 0BH"),
    School(102_312, "Elmgrove Primary School", "primary", "HA3 5BE"),
    School(102_320, "Lakeside High School", "secondary", "HA5 1DN"),
    School(102_321, "Northwood High School", "secondary", "HA7 1AH"),
    School(102_322, "Ridgeway High School", "secondary", "HA2 7EN"),
    School(102_330, "Beechfield Learning Centre", "pru", "HA3 8AN"),
)
PRIMARY, SECONDARY, REFERRAL = SCHOOLS[:3], SCHOOLS[3:6], SCHOOLS[6]


def school_of(life: Life) -> School:
    """Where the child is on roll as the school year begins."""
    is_secondary = SCHOOL_YEAR - reception_year(life) >= SECONDARY_FROM
    return (SECONDARY if is_secondary else PRIMARY)[life.number % 3]


def marks(life: Life) -> Iterator[list[str]]:
    """Every session of the school year up to the night, as the attendance file spells it."""
    assert life.missed is not None
    number, school = upn(life, NIGHT), school_of(life)
    missed = _missed(life)
    for day in terms.school_days_of(SCHOOL_YEAR):
        if day > NIGHT:
            return
        at = REFERRAL if life.excluded_on and day >= life.excluded_on else school
        for session, here in PRESENT.items():
            mark = missed.get((day, session), here)
            yield [number, str(at.urn), day.isoformat(), session, SUPPLIER, mark]


def _missed(life: Life) -> dict[tuple[dt.date, str], str]:
    """Which sessions, and why: so many by each month end, mostly whole days and some in a row."""
    assert life.missed is not None
    rng = life.stream("marks")
    found: dict[tuple[dt.date, str], str] = {}
    days = terms.school_days_of(SCHOOL_YEAR)
    before, so_far = dt.date(SCHOOL_YEAR, 8, 31), 0
    for end in (*month_ends(), NIGHT):
        sessions = [(day, session) for day in days if before < day <= end for session in PRESENT]
        number = life.missed[end] - so_far if end in life.missed else round(MISSED_SINCE * len(sessions))
        first = rng.randrange(len(sessions))
        reason = rng.choice(REASONS)
        for position in range(number):
            if position % 4 == 0:
                reason = rng.choice(REASONS)
            found[sessions[(first + position) % len(sessions)]] = reason
        before, so_far = end, so_far + number
    return found
