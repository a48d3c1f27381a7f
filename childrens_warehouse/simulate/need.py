"""Children in need: referrals and what followed them, of children who came into care and of those who never did."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random

from childrens_warehouse.simulate import identity, terms, workers
from childrens_warehouse.simulate.care import FIRST_MONTH, Child, Outcome, Period, Route
from childrens_warehouse.simulate.scenario import Scenario, pick
from childrens_warehouse.simulate.workers import Allocation

# Children newly referred in a year who never come into care, for each child in care.
REFERRED_PER_CHILD_IN_CARE = 1.5
# Their numbers begin where those of children in care end.
FIRST_NUMBER = 1_000_000
NUMBERS_A_MONTH = 5_000
# A case is open so long before care at the most, and so long after it.
LONGEST_BEFORE_CARE, LONGEST_AFTER_CARE = 300, 45
EARLY_HELP_REASON_FROM = dt.date(2021, 4, 1)

SOURCES = {"6": 27, "2A": 18, "1A": 11, "5B": 9, "3A": 6, "3B": 4, "3F": 6, "2B": 3, "5A": 3, "4": 2, "7": 3, "8": 8}
FACTORS = {"3B": 20, "4B": 18, "17A": 12, "16A": 11, "1B": 9, "2B": 8, "4A": 7, "14A": 5, "18C": 5, "7A": 3, "15A": 3}
ABUSE = {"NEG": 46, "EMO": 38, "PHY": 10, "SAB": 6}
NEEDS = {"N1": 55, "N2": 9, "N3": 3, "N4": 9, "N5": 16, "N6": 3, "N7": 0.5, "N8": 1, "N9": 3.5}
CLOSED_FOR = {
    Outcome.ADOPTED: "RC1",
    Outcome.DIED: "RC2",
    Outcome.ARRANGEMENTS_ORDER: "RC3",
    Outcome.GUARDIANSHIP: "RC4",
    Outcome.OTHER_AUTHORITY: "RC5",
}


@dataclass(frozen=True, slots=True)
class Assessed:
    started_on: dt.date
    authorised_on: dt.date
    factors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Enquiry:
    """A section 47 enquiry; conference_on is None where no conference was needed."""

    started_on: dt.date
    due_on: dt.date
    conference_on: dt.date | None


@dataclass(frozen=True, slots=True)
class ProtectionPlan:
    started_on: dt.date
    ended_on: dt.date
    category: str
    latest_category: str
    previous: int
    reviews: tuple[dt.date, ...]


@dataclass(frozen=True, slots=True)
class Referral:
    """A referral and the episode of need it opened: referred_on <= day < closed_on. number: among the child's."""

    number: int
    referred_on: dt.date
    source: str
    need: str
    closed_on: dt.date
    reason: str
    assessed: Assessed | None
    enquiry: Enquiry | None
    protection: ProtectionPlan | None
    plan: tuple[dt.date, dt.date] | None

    @property
    def has_no_further_action(self) -> bool:
        return self.assessed is None


@dataclass(frozen=True, slots=True)
class ChildInNeed:
    """A child who was referred and never came into care."""

    number: int
    child_id: str
    upn: str
    forename: str
    surname: str
    sex: str
    born_on: dt.date
    ethnicity: str
    home_postcode: str
    referrals: tuple[Referral, ...]
    allocations: tuple[Allocation, ...]

    @property
    def reception_year(self) -> int:
        return terms.school_year(self.born_on) + 5

    def is_known(self, first: dt.date, last: dt.date) -> bool:
        return any(each.referred_on <= last and each.closed_on >= first for each in self.referrals)


def children_in_need(scenario: Scenario, first: dt.date, last: dt.date) -> Iterator[ChildInNeed]:
    """Those with a case open on any day of a range who never came into care; nobody is known for six years."""
    month = max(first.replace(day=1).replace(year=first.year - 6), FIRST_MONTH)
    each = monthly(scenario)
    while month <= last:
        index = (month.year - FIRST_MONTH.year) * 12 + month.month - 1
        for position in range(int(each * (index + 1)) - int(each * index)):
            child = _child(scenario, month, index, position)
            if child.is_known(first, last):
                yield child
        month = terms.add_months(month, 1)


def monthly(scenario: Scenario) -> float:
    """Children first referred in a month who never come into care."""
    return scenario.children * REFERRED_PER_CHILD_IN_CARE / 12


def _child(scenario: Scenario, month: dt.date, index: int, position: int) -> ChildInNeed:
    number = FIRST_NUMBER + index * NUMBERS_A_MONTH + position
    rng = scenario.stream("child in need", number)
    referred_on = month + dt.timedelta(days=rng.randrange((terms.add_months(month, 1) - month).days))
    born_on = referred_on - dt.timedelta(days=rng.randrange(17 * 365))
    sex = "M" if rng.random() < 0.53 else "F"
    referrals = []
    for times in (1, 2):
        referrals.append(_referral(rng, times, referred_on, born_on))
        referred_on = referrals[-1].closed_on + dt.timedelta(days=20 + int(rng.expovariate(1 / 400)))
        # One in five is referred again; a case stays open for two years and some at the longest.
        is_too_late = (referred_on - referrals[0].closed_on).days > 700 or terms.age(born_on, referred_on) >= 17
        if is_too_late or rng.random() > 0.24:
            break
    allocated = [
        allocation
        for each in referrals
        if each.assessed
        for allocation in workers.of_case(scenario, f"{number}", each.number, each.referred_on, each.closed_on)
    ]
    return ChildInNeed(
        number=number,
        child_id=identity.social_care_id(scenario.authority, number),
        upn=identity.upn(scenario.authority, 6_000 + index % 240, terms.school_year(born_on) + 5, position % 1_000),
        forename=identity.forename(rng, sex),
        surname=identity.surname(rng),
        sex=sex,
        born_on=born_on,
        ethnicity=identity.ethnicity(rng),
        home_postcode=identity.postcode(rng),
        referrals=tuple(referrals),
        allocations=tuple(allocated),
    )


def _referral(rng: Random, number: int, referred_on: dt.date, born_on: dt.date) -> Referral:
    """Of a child who does not come into care."""
    source, need = pick(rng, SOURCES), pick(rng, NEEDS)
    if rng.random() < 0.12:
        closed_on = referred_on + dt.timedelta(days=rng.randrange(0, 5))
        return Referral(number, referred_on, source, need, closed_on, "RC8", None, None, None, None)
    assessed = _assessed(rng, referred_on)
    adult_on = max(terms.add_months(born_on, 12 * 18), assessed.authorised_on + terms.WEEK)
    if rng.random() < 0.5:
        helps = assessed.authorised_on >= EARLY_HELP_REASON_FROM and rng.random() < 0.4
        closed_on = assessed.authorised_on + dt.timedelta(days=rng.randrange(0, 12))
        return Referral(
            number, referred_on, source, need, closed_on, "RC9" if helps else "RC8", assessed, None, None, None
        )
    enquiry = _enquiry(rng, assessed) if rng.random() < 0.45 else None
    protection = None
    planned_from = assessed.authorised_on + dt.timedelta(days=rng.randrange(0, 15))
    if enquiry and enquiry.conference_on and rng.random() < 0.86:
        until = enquiry.conference_on + dt.timedelta(days=90 + int(min(rng.expovariate(1 / 240), 760)))
        protection = _protection(rng, enquiry.conference_on, min(until, adult_on))
        planned_from = max(planned_from, protection.ended_on)
    closed_on = min(planned_from + dt.timedelta(days=rng.randrange(40, 400)), adult_on)
    closed_on = max(closed_on, planned_from + terms.DAY)
    reason = pick(rng, {"RC7": 88, "RC5": 6, "RC3": 6})
    return Referral(
        number, referred_on, source, need, closed_on, reason, assessed, enquiry, protection, (planned_from, closed_on)
    )


def may_be_in_need(child: Child, first: dt.date, last: dt.date) -> bool:
    """Can a child who comes into care have a case open on any day of a range?"""
    since = child.first_started_on - dt.timedelta(days=LONGEST_BEFORE_CARE)
    return since <= last and child.last_ended_on + dt.timedelta(days=LONGEST_AFTER_CARE) >= first


def referrals_before_care(scenario: Scenario, child: Child) -> Iterator[Referral]:
    """The referral that led to each period of care; the case closes some weeks after care does."""
    free_from = child.born_on
    for number, period in enumerate(child.periods):
        rng = scenario.stream("referral", child.number, number)
        days_before = (
            0 if period.route in (Route.UNACCOMPANIED, Route.REMAND) else rng.randrange(4, LONGEST_BEFORE_CARE)
        )
        referred_on = max(period.started_on - dt.timedelta(days=days_before), free_from)
        closed_on = period.ended_on + dt.timedelta(days=rng.randrange(0, LONGEST_AFTER_CARE))
        if number + 1 < len(child.periods):
            closed_on = min(closed_on, child.periods[number + 1].started_on - terms.DAY)
        free_from = closed_on + terms.DAY
        yield _before_care(rng, number + 1, child, period, referred_on, closed_on)


def _before_care(
    rng: Random, number: int, child: Child, period: Period, referred_on: dt.date, closed_on: dt.date
) -> Referral:
    assessed = _assessed(rng, referred_on)
    # Whoever stays in care for some days only is assessed by the time the case closes.
    assessed = replace(assessed, authorised_on=min(assessed.authorised_on, closed_on))
    source = "6" if period.route is Route.REMAND else pick(rng, SOURCES)
    enquiry, protection = None, None
    if period.route in (Route.COURT, Route.ADOPTION) and rng.random() < 0.75:
        enquiry = _enquiry(rng, assessed)
        # Looked after, the child needs no plan for long.
        if enquiry.conference_on and enquiry.conference_on < period.started_on and rng.random() < 0.9:
            until = min(period.started_on + dt.timedelta(days=rng.randrange(20, 90)), closed_on)
            protection = _protection(rng, enquiry.conference_on, until)
        elif enquiry.conference_on and enquiry.conference_on >= closed_on:
            enquiry = None
    return Referral(
        number=number,
        referred_on=referred_on,
        source=source,
        need=period.need,
        closed_on=closed_on,
        reason=CLOSED_FOR.get(period.outcome, "RC7"),
        assessed=assessed,
        enquiry=enquiry,
        protection=protection,
        plan=None,
    )


def _assessed(rng: Random, referred_on: dt.date) -> Assessed:
    """Within 45 working days of the referral for five in six."""
    days = rng.randrange(8, 46) if rng.random() < 0.84 else rng.randrange(46, 75)
    drawn = {pick(rng, FACTORS) for _ in range(rng.randrange(1, 5))}
    return Assessed(
        started_on=referred_on,
        authorised_on=terms.working_days_after(referred_on, days),
        factors=tuple(code for code in FACTORS if code in drawn) if rng.random() < 0.96 else ("21",),
    )


def _enquiry(rng: Random, assessed: Assessed) -> Enquiry:
    """The conference is due 15 working days after the strategy discussion; two in five enquiries lead to one."""
    started_on = terms.working_day_on_or_after(assessed.started_on + dt.timedelta(days=rng.randrange(0, 10)))
    due_on = terms.working_days_after(started_on, 15)
    days = rng.randrange(9, 16) if rng.random() < 0.8 else rng.randrange(16, 26)
    is_held = rng.random() < 0.42
    return Enquiry(started_on, due_on, terms.working_days_after(started_on, days) if is_held else None)


def _protection(rng: Random, started_on: dt.date, ended_on: dt.date) -> ProtectionPlan:
    category = pick(rng, ABUSE)
    reviews: list[dt.date] = []
    due_on = terms.add_months(started_on, 3)
    while True:
        spare = rng.randrange(0, 14) if rng.random() < 0.93 else -rng.randrange(2, 20)
        held_on = terms.working_day_on_or_before(due_on - dt.timedelta(days=spare))
        if held_on >= ended_on:
            break
        reviews.append(held_on)
        due_on = terms.add_months(held_on, 6)
    return ProtectionPlan(
        started_on=started_on,
        ended_on=max(ended_on, started_on + terms.DAY),
        category=category,
        latest_category=category if rng.random() < 0.9 else pick(rng, ABUSE),
        previous=pick(rng, {0: 80, 1: 17, 2: 3}),
        reviews=tuple(reviews),
    )
