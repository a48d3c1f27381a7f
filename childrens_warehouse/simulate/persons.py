"""Who a child in care is to social care and to the health trust: identifiers, what each knows of them, and for how
long."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from random import Random

from childrens_warehouse.simulate import health_numbers, identity
from childrens_warehouse.simulate.care import Child
from childrens_warehouse.simulate.need import ChildInNeed, referrals_before_care
from childrens_warehouse.simulate.pupils import former_upn_of_child
from childrens_warehouse.simulate.scenario import Scenario, pick

SOCIAL_CARE_KNOWS_NHS_NUMBER = 0.78
SOCIAL_CARE_KNOWS_FORMER_UPN = 0.6
TRUST_KNOWS_NHS_NUMBER = 0.96
# Of patients, the share whose social care id the trust knows.
TRUST_KNOWS_CHILD_ID = 0.9

DISABILITIES = {
    "LD": 24, "BEH": 20, "AUT": 18, "COMM": 12, "MOB": 6, "PC": 4, "HEAR": 3, "VIS": 2, "CON": 2, "INC": 2, "HAND": 1,
    "DDA": 4,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Person:
    """What social care's system holds beside the plan of the child."""

    nhs_number: str
    former_upn: str
    previous_surname: str
    disability: str
    home_since: dt.date
    is_restricted: bool


@dataclass(frozen=True, slots=True)
class Patient:
    """What the trust's system holds. superseded_by: the number that replaced this patient's."""

    patient_id: str
    child_id: str
    nhs_number: str
    superseded_by: str


def person(scenario: Scenario, child: Child) -> Person:
    rng = scenario.stream("person", child.number)
    first = next(referrals_before_care(scenario, child))
    days = (first.referred_on - child.born_on).days
    number = health_numbers.of_child(scenario, child)
    return _person(rng, number, former_upn_of_child(scenario, child), child.born_on, days)


def person_in_need(scenario: Scenario, child: ChildInNeed) -> Person:
    rng = scenario.stream("person", child.number)
    number = health_numbers.of_child_in_need(scenario, child)
    return _person(rng, number, "", child.born_on, (child.referrals[0].referred_on - child.born_on).days)


def upn_in_need(child: ChildInNeed, night: dt.date) -> str:
    """The UPN of a child in need, or that it is too young for one."""
    return child.upn if night >= dt.date(child.reception_year, 9, 1) else "UN1"


def _person(rng: Random, nhs_number: str, former_upn: str, born_on: dt.date, days: int) -> Person:
    """days: from birth to the day social care came to know of the child."""
    knows_number = rng.random() < SOCIAL_CARE_KNOWS_NHS_NUMBER
    knows_former = rng.random() < SOCIAL_CARE_KNOWS_FORMER_UPN
    previous_surname = identity.surname(rng) if rng.random() < 0.07 else ""
    disability = "NONE"
    if rng.random() < 0.13:
        # In the order of the list, each once.
        drawn = {pick(rng, DISABILITIES) for _ in range(pick(rng, {1: 70, 2: 22, 3: 8}))}
        disability = ";".join(code for code in DISABILITIES if code in drawn)
    return Person(
        nhs_number=nhs_number if knows_number else "",
        former_upn=former_upn if knows_former else "",
        previous_surname=previous_surname,
        disability=disability,
        home_since=born_on + dt.timedelta(days=rng.randrange(days + 1)),
        is_restricted=rng.random() < 0.03,
    )


def patient_id(authority: str, child: Child) -> str:
    return f"P{identity.local_id(authority, 2_000_000 + child.number * 3_771_121 % 7_999_993)}"


def patient(scenario: Scenario, child: Child) -> Patient:
    rng = scenario.stream("patient", child.number)
    child_id = child.child_id if rng.random() < TRUST_KNOWS_CHILD_ID else ""
    present = health_numbers.of_child(scenario, child)
    is_known = rng.random() < TRUST_KNOWS_NHS_NUMBER
    is_superseded = is_known and rng.random() < 0.02
    former = health_numbers.former_of_child(scenario, child)
    return Patient(
        patient_id=patient_id(scenario.authority, child),
        child_id=child_id,
        nhs_number=former if is_superseded else present if is_known else "",
        superseded_by=present if is_superseded else "",
    )
