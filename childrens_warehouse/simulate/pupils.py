"""Pupils of the area: by year of entry, and those of them who are, were or will be in care."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from childrens_warehouse.simulate import health_numbers, identity, terms
from childrens_warehouse.simulate.care import Child
from childrens_warehouse.simulate.scenario import Scenario, pick
from childrens_warehouse.simulate.schools import LAST_YEAR_GROUP, Enrolment, Schools, enrolments_of_pupil

YEAR_GROUPS = LAST_YEAR_GROUP + 1
# Of a year of entry, the share on a roll of the area on a given day: some come later, some leave before.
SHARE_ON_ROLL = 0.925
# Pupils on the rolls who are, were or will be in care, for each child in care: measured.
PUPILS_PER_CHILD = 0.9
# Share of pupils in care whose school has put down the social care id.
KNOWS_CHILD_ID = 0.6

SEN_NEEDS = {
    "SPLD": 14,
    "MLD": 14,
    "SLD": 3,
    "PMLD": 1,
    "SEMH": 20,
    "SLCN": 26,
    "HI": 2,
    "VI": 1,
    "MSI": 0.5,
    "PD": 3,
    "ASD": 12,
    "OTH": 4,
}


@dataclass(frozen=True, slots=True)
class Pupil:
    """One pupil; `absence` multiplies how often the pupil is away, `seed` picks the days."""

    upn: str
    former_upn: str
    child_id: str
    forename: str
    surname: str
    born_on: dt.date
    sex: str
    ethnicity: str
    postcode: str
    sen_provision: str
    sen_need: str
    free_meals: str
    nhs_number: str
    reception_year: int
    absence: float
    seed: int
    enrolments: tuple[Enrolment, ...]

    def is_on_roll(self, first: dt.date, last: dt.date) -> bool:
        """On any day of a range, both ends included."""
        return any(spell.started_on <= last and spell.ended_on > first for spell in self.enrolments)


def roster_from(night: dt.date) -> dt.date:
    """First day whose pupils a night's list still holds: leavers stay on it for two school years and more."""
    return dt.date(terms.school_year(night) - 2, 9, 1)


def pupils_of_area(scenario: Scenario, area: Schools, first: dt.date, last: dt.date) -> Iterator[Pupil]:
    """Those never in care who are on a roll on any day of a range."""
    size = cohort_size(scenario)
    for reception_year in range(terms.school_year(first) - LAST_YEAR_GROUP, terms.school_year(last) + 1):
        for position in range(size):
            pupil = _pupil(scenario, area, reception_year, position, size)
            if pupil.is_on_roll(first, last):
                yield pupil


def cohort_size(scenario: Scenario) -> int:
    """Pupils of one year of entry who are never in care."""
    others = scenario.pupils - PUPILS_PER_CHILD * scenario.children
    return max(1, round(others / YEAR_GROUPS / SHARE_ON_ROLL))


def _pupil(scenario: Scenario, area: Schools, reception_year: int, position: int, size: int) -> Pupil:
    rng = scenario.stream("pupil", reception_year, position)
    born_on = dt.date(reception_year - 5, 9, 1) + dt.timedelta(days=rng.randrange(365))
    sex = "M" if rng.random() < 0.51 else "F"
    provision = pick(rng, {"N": 86, "K": 11, "E": 3})
    enrolments = enrolments_of_pupil(rng, area, reception_year, special=provision == "E" and rng.random() < 0.4)
    former = 8_000 + position // 1_000 if rng.random() < 0.015 else None
    return Pupil(
        upn=identity.upn(scenario.authority, 2_000 + position // 1_000, reception_year, position % 1_000),
        former_upn=identity.upn(scenario.authority, former, reception_year, position % 1_000) if former else "",
        child_id="",
        forename=identity.forename(rng, sex),
        surname=identity.surname(rng),
        born_on=born_on,
        sex=sex,
        ethnicity=identity.ethnicity(rng),
        postcode=identity.postcode(rng),
        sen_provision=provision,
        sen_need="" if provision == "N" else pick(rng, SEN_NEEDS),
        free_meals="Y" if rng.random() < 0.16 else "N",
        nhs_number=health_numbers.of_pupil(scenario, reception_year, position, size) if rng.random() < 0.35 else "",
        reception_year=reception_year,
        absence=_absence(rng, 1.35 if provision == "E" else 1.0),
        seed=rng.getrandbits(63),
        enrolments=tuple(enrolments),
    )


def pupil_in_care(scenario: Scenario, child: Child, enrolments: list[Enrolment]) -> Pupil:
    """The same child as the school knows it."""
    rng, provision, former_upn = _first_drawn(scenario, child)
    return Pupil(
        upn=child.upn,
        former_upn=former_upn,
        child_id=child.child_id if rng.random() < KNOWS_CHILD_ID else "",
        forename=child.forename,
        surname=child.surname,
        born_on=child.born_on,
        sex=child.sex,
        ethnicity=child.ethnicity,
        postcode=child.home_postcode or identity.postcode(rng),
        sen_provision=provision,
        sen_need="" if provision == "N" else pick(rng, {**SEN_NEEDS, "SEMH": 55}),
        free_meals="Y" if rng.random() < 0.4 else "N",
        nhs_number=health_numbers.of_child(scenario, child) if rng.random() < 0.5 else "",
        reception_year=child.reception_year,
        absence=_absence(rng, 1.6),
        seed=rng.getrandbits(63),
        enrolments=tuple(enrolments),
    )


def former_upn_of_child(scenario: Scenario, child: Child) -> str:
    """The UPN a child had before the present one; blank for most."""
    return _first_drawn(scenario, child)[2]


def _first_drawn(scenario: Scenario, child: Child) -> tuple[Random, str, str]:
    """SEN provision and former UPN of a child in care, and the stream from which the rest is drawn."""
    rng = scenario.stream("pupil in care", child.number)
    provision = pick(rng, {"N": 44, "K": 28, "E": 28})
    former = 9_000 + child.number // 1_000 % 240 if rng.random() < 0.05 else None
    serial = child.number % 1_000
    return rng, provision, identity.upn(scenario.authority, former, child.reception_year, serial) if former else ""


def _absence(rng: Random, factor: float) -> float:
    """Log-normal around one, and a few who hardly come: some one in eight misses a tenth of the sessions."""
    hardly_comes = rng.random() < 0.006 * factor
    return factor * rng.lognormvariate(-0.34, 0.82) * (8.0 if hardly_comes else 1.0)
