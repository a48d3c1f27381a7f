"""Who makes contact about a child, and the help before social care's: of children who are referred and of those who
are only ever heard of."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from childrens_warehouse.simulate import identity, terms
from childrens_warehouse.simulate.care import FIRST_MONTH
from childrens_warehouse.simulate.need import SOURCES, Referral
from childrens_warehouse.simulate.scenario import Scenario, pick

# Children a year of whom social care only hears, for each child in care.
HEARD_OF_PER_CHILD_IN_CARE = 2.5
# Their numbers begin where those of children in need end.
FIRST_NUMBER = 4_000_000
# Nothing is told of somebody so long after the first contact.
LONGEST_HEARD_OF = 270

WORKING_DAYS_TO_REFERRAL = {0: 52, 1: 36, 2: 7, 4: 5}
ORGANISATIONS = {"Early Help Service": 45, "School": 28, "Children's Centre": 14, "Health Visiting": 9, "Charity": 4}


@dataclass(frozen=True, slots=True)
class Contact:
    on: dt.date
    source: str


@dataclass(frozen=True, slots=True)
class EarlyHelp:
    """An assessment while started_on <= day < completed_on."""

    started_on: dt.date
    completed_on: dt.date
    organisation: str


@dataclass(frozen=True, slots=True)
class Heard:
    """What was heard of a child, in order; no two contacts of one source, and no two assessments, on one day."""

    contacts: tuple[Contact, ...]
    early_help: tuple[EarlyHelp, ...]


@dataclass(frozen=True, slots=True)
class ChildHeardOf:
    """A child who was never referred: its contacts ended with advice, or with early help."""

    number: int
    child_id: str
    sex: str
    born_on: dt.date
    ethnicity: str
    heard: Heard


def heard_of_referred(scenario: Scenario, number: int, born_on: dt.date, referrals: Sequence[Referral]) -> Heard:
    """Every referral follows a contact of the same source, by a working day at most if in time; there are others.

    Nothing is told that would let a night know of a referral to come.
    """
    rng = scenario.stream("contacts", number)
    contacts, help_given = [], []
    for each in referrals:
        day = each.referred_on
        made_on = day
        for _ in range(pick(rng, WORKING_DAYS_TO_REFERRAL)):
            made_on = terms.working_day_on_or_before(made_on - terms.DAY)
        contacts.append(Contact(max(made_on, born_on), each.source))
        if rng.random() < 0.4:
            contacts.append(Contact(day + dt.timedelta(days=rng.randrange(1, 200)), pick(rng, SOURCES)))
        # From April 2021 the reason for closure says that the case went to early help; it did before.
        if each.reason == "RC9" or (each.reason == "RC8" and rng.random() < 0.25):
            help_given.append(_early_help(rng, each.closed_on + dt.timedelta(days=rng.randrange(3, 20))))
    return _heard(contacts, help_given)


def children_heard_of(scenario: Scenario, night: dt.date) -> Iterator[ChildHeardOf]:
    """Those of whom social care first heard in the months up to a night."""
    month = max((night - dt.timedelta(days=LONGEST_HEARD_OF)).replace(day=1), FIRST_MONTH)
    monthly = scenario.children * HEARD_OF_PER_CHILD_IN_CARE / 12
    while month <= night:
        index = (month.year - FIRST_MONTH.year) * 12 + month.month - 1
        for position in range(int(monthly * (index + 1)) - int(monthly * index)):
            yield _child(scenario, month, FIRST_NUMBER + index * 5_000 + position)
        month = terms.add_months(month, 1)


def _child(scenario: Scenario, month: dt.date, number: int) -> ChildHeardOf:
    rng = scenario.stream("heard of", number)
    day = month + dt.timedelta(days=rng.randrange((terms.add_months(month, 1) - month).days))
    contacts, help_given = [Contact(day, pick(rng, SOURCES))], []
    if rng.random() < 0.2:
        contacts.append(Contact(day + dt.timedelta(days=rng.randrange(90)), pick(rng, SOURCES)))
    if rng.random() < 0.3:
        help_given.append(_early_help(rng, day + dt.timedelta(days=rng.randrange(2, 25))))
    return ChildHeardOf(
        number=number,
        child_id=identity.social_care_id(scenario.authority, number),
        sex="M" if rng.random() < 0.53 else "F",
        born_on=day - dt.timedelta(days=rng.randrange(17 * 365)),
        ethnicity=identity.ethnicity(rng),
        heard=_heard(contacts, help_given),
    )


def _early_help(rng: Random, since: dt.date) -> EarlyHelp:
    started_on = terms.working_day_on_or_after(since)
    completed_on = terms.working_days_after(started_on, rng.randrange(12, 60))
    return EarlyHelp(started_on, completed_on, pick(rng, ORGANISATIONS))


def _heard(contacts: list[Contact], help_given: list[EarlyHelp]) -> Heard:
    by_key = {(each.on, each.source): each for each in contacts}
    by_day = {each.started_on: each for each in help_given}
    return Heard(tuple(by_key[key] for key in sorted(by_key)), tuple(by_day[day] for day in sorted(by_day)))
