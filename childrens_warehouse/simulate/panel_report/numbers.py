"""The numbers by which the three systems know a child."""

from __future__ import annotations

import datetime as dt

from childrens_warehouse.simulate import identity
from childrens_warehouse.simulate.panel_report.lives import AUTHORITY, Life

TOO_YOUNG, FROM_ABROAD = "UN1", "UN3"
# Beyond the numbers of other simulations of the same authority, and still its own.
FIRST_NUMBER = identity.NHS_NUMBERS_EACH - 1_000


def upn(life: Life, day: dt.date) -> str:
    """The pupil number, or why there is none."""
    if life.is_unaccompanied and not life.is_pupil:
        return FROM_ABROAD
    entry = reception_year(life)
    if day < dt.date(entry, 9, 1):
        return TOO_YOUNG
    return identity.upn(AUTHORITY, 2000 + life.number % 40, entry, life.number % 1000)


def reception_year(life: Life) -> int:
    """The year in whose September the child begins reception."""
    return life.born_on.year + 4 + (life.born_on.month > 8)


def nhs_number(life: Life) -> str:
    return identity.nhs_number(AUTHORITY, FIRST_NUMBER + life.number)


def patient_id(life: Life) -> str:
    return f"P{5_000_000 + life.number * 7_919}"


def names(life: Life) -> tuple[str, str]:
    rng = life.stream("names")
    return identity.forename(rng, life.sex), identity.surname(rng)
