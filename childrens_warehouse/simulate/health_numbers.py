"""Which NHS number is whose: an authority's children and pupils, each at a place of its own in one dense row.

National numbers are few, so none is left out: in care, formerly another's in care, in need, and then the pupils.
"""

from __future__ import annotations

from childrens_warehouse.simulate import care, identity, need
from childrens_warehouse.simulate.care import Child
from childrens_warehouse.simulate.need import ChildInNeed
from childrens_warehouse.simulate.scenario import LATEST_NIGHT, Scenario

# Children are drawn some months beyond the latest night.
_MONTHS = (LATEST_NIGHT.year + 3 - care.FIRST_MONTH.year) * 12
# Years of entry that stand on the rolls of one simulation are fewer.
_YEARS_OF_ENTRY = 20


def of_child(scenario: Scenario, child: Child) -> str:
    """The number of a child in care, whoever knows it."""
    return identity.nhs_number(scenario.authority, _of_care(scenario, child))


def former_of_child(scenario: Scenario, child: Child) -> str:
    """A number that was replaced by the present one."""
    return identity.nhs_number(scenario.authority, _in_care(scenario) + _of_care(scenario, child))


def of_child_in_need(scenario: Scenario, child: ChildInNeed) -> str:
    month, position = divmod(child.number - need.FIRST_NUMBER, need.NUMBERS_A_MONTH)
    number = 2 * _in_care(scenario) + month * _at_most(need.monthly(scenario)) + position
    return identity.nhs_number(scenario.authority, number)


def of_pupil(scenario: Scenario, reception_year: int, position: int, size: int) -> str:
    """size: pupils of one year of entry."""
    first = 2 * _in_care(scenario) + _MONTHS * _at_most(need.monthly(scenario))
    return identity.nhs_number(scenario.authority, first + reception_year % _YEARS_OF_ENTRY * size + position)


def _of_care(scenario: Scenario, child: Child) -> int:
    month, position = divmod(child.number, care.NUMBERS_A_MONTH)
    return month * _at_most(care.monthly(scenario)) + position


def _in_care(scenario: Scenario) -> int:
    return _MONTHS * _at_most(care.monthly(scenario))


def _at_most(monthly: float) -> int:
    """Whole children of one month, the remainder of the months before included."""
    return int(monthly) + 1
