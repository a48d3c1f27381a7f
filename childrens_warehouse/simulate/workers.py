"""Who works with a child: social workers, reviewing officers and personal advisers, and why they change.

A case goes with a desk of a team, and a desk with whoever holds it: when a worker leaves, all the children of that
desk get another worker on the same day.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from random import Random

from childrens_warehouse.simulate import identity, terms
from childrens_warehouse.simulate.care import FIRST_MONTH, Child, Period
from childrens_warehouse.simulate.scenario import LATEST_NIGHT, Scenario, pick

SOCIAL_WORKER, ADVISER, REVIEWING_OFFICER = "social_worker", "personal_adviser", "iro"

ASSESSMENT_TEAM = "Referral and Assessment"
CARE_TEAMS = ("Children Looked After 1", "Children Looked After 2")
LEAVING_CARE_TEAM = "Leaving Care"
REVIEWING_SERVICE = "Independent Reviewing Service"

CHILDREN_PER_DESK = {SOCIAL_WORKER: 13, ADVISER: 20, REVIEWING_OFFICER: 60}
# Days that a worker typically stays, and that a case typically stays with a desk.
STAYS = {SOCIAL_WORKER: 620, ADVISER: 1_100, REVIEWING_OFFICER: 1_500}
CASE_STAYS = {SOCIAL_WORKER: 800, ADVISER: 2_000, REVIEWING_OFFICER: 3_000}


@dataclass(frozen=True, slots=True)
class Allocation:
    """A worker with a child: started_on <= day < ended_on. reason: why this worker came."""

    role: str
    worker_id: str
    team: str
    started_on: dt.date
    ended_on: dt.date
    reason: str


@dataclass(frozen=True, slots=True)
class _Holder:
    """Somebody at a desk from a day on; why the one before is gone."""

    since: dt.date
    worker_id: str
    reason: str


def allocations(scenario: Scenario, child: Child, advised_until: dt.date | None) -> Iterator[Allocation]:
    """Everybody allocated to a child, by role and in order.

    advised_until: the day support ends of somebody who will be a care leaver; None for all others.
    """
    for number, period in enumerate(child.periods):
        yield from _social_workers(scenario, child, number, period)
    for number, period in enumerate(child.periods):
        rng = scenario.stream("reviewing officer", child.number, number)
        since = period.started_on + dt.timedelta(days=rng.randrange(0, 6))
        if since < period.ended_on:
            found = _cases(rng, scenario, REVIEWING_OFFICER, since, period.ended_on)
            yield from _held(scenario, REVIEWING_OFFICER, found, period.ended_on)
    if advised_until:
        rng = scenario.stream("personal adviser", child.number)
        of_age = terms.add_months(child.born_on, 12 * 16) + dt.timedelta(days=rng.randrange(0, 120))
        since = max(of_age, child.periods[-1].started_on)
        if since < advised_until:
            yield from _held(scenario, ADVISER, _cases(rng, scenario, ADVISER, since, advised_until), advised_until)


def of_case(scenario: Scenario, matter: str, number: int, since: dt.date, until: dt.date) -> list[Allocation]:
    """Social workers of a child in need who is not in care."""
    rng = scenario.stream("case workers", matter, number)
    return list(_held(scenario, SOCIAL_WORKER, _cases(rng, scenario, SOCIAL_WORKER, since, until), until))


def _social_workers(scenario: Scenario, child: Child, number: int, period: Period) -> Iterator[Allocation]:
    rng = scenario.stream("social worker", child.number, number)
    found = _cases(rng, scenario, SOCIAL_WORKER, period.started_on, period.ended_on)
    yield from _held(scenario, SOCIAL_WORKER, found, period.ended_on)


def _desks(scenario: Scenario, role: str) -> int:
    return max(2, scenario.children // CHILDREN_PER_DESK[role])


def _cases(
    rng: Random, scenario: Scenario, role: str, since: dt.date, until: dt.date
) -> list[tuple[dt.date, int, str]]:
    """Day, desk and reason of each desk a case goes to. Desk 0 of the social workers takes in what is new."""
    desks = _desks(scenario, role)
    if role != SOCIAL_WORKER:
        found = [(since, rng.randrange(desks), "FCONTA")]
    else:
        moves_on = since + dt.timedelta(days=rng.randrange(25, 100))
        found = [(since, 0, "FCONTA")]
        if moves_on < until:
            found.append((moves_on, rng.randrange(1, desks), "TSPROC"))
    day = found[-1][0]
    while True:
        day += dt.timedelta(days=30 + int(rng.expovariate(1 / CASE_STAYS[role])))
        if day >= until:
            return found
        reason = pick(rng, {"MANAGE": 40, "ORGRST": 18, "ABSENC": 16, "CHCHAN": 6, "PCCHAN": 6, "OTHERS": 14})
        found.append((day, rng.randrange(1, desks), reason))


def _held(scenario: Scenario, role: str, found: list[tuple[dt.date, int, str]], until: dt.date) -> Iterator[Allocation]:
    """Who held the desks while the case was there; somebody who comes again at once has never been away."""
    steps: list[tuple[dt.date, str, str, str]] = []
    for (since, desk, reason), (end, *_) in pairwise([*found, (until, 0, "")]):
        holders = _holders(scenario, role, desk)
        at_first = [holder for holder in holders if holder.since <= since][-1]
        later = [holder for holder in holders if since < holder.since < end]
        for day, holder, why in [(since, at_first, reason), *((each.since, each, each.reason) for each in later)]:
            if not steps or steps[-1][1] != holder.worker_id:
                steps.append((day, holder.worker_id, _team(role, desk), why))
    for (since, worker_id, team, reason), (end, *_) in pairwise([*steps, (until, "", "", "")]):
        yield Allocation(role, worker_id, team, since, end, reason)


def _team(role: str, desk: int) -> str:
    if role == REVIEWING_OFFICER:
        return REVIEWING_SERVICE
    if role == ADVISER:
        return LEAVING_CARE_TEAM
    return CARE_TEAMS[desk % 2] if desk else ASSESSMENT_TEAM


@lru_cache(maxsize=4_096)
def _holders(scenario: Scenario, role: str, desk: int) -> tuple[_Holder, ...]:
    rng = scenario.stream("desk", role, desk)
    # A registered social worker has a number of the register's; a personal adviser need not be one.
    prefix = "PA" if role == ADVISER else "SW"
    day, reason, found = FIRST_MONTH, "", []
    while day <= LATEST_NIGHT:
        number = identity.local_id(scenario.authority, rng.randrange(1_000_000, 10_000_000))
        found.append(_Holder(day, f"{prefix}{number}", reason))
        day += dt.timedelta(days=90 + int(rng.expovariate(1 / STAYS[role])))
        reason = pick(rng, {"LEFTRL": 88, "ABSENC": 8, "ORGRST": 3.8, "SWDIED": 0.2})
    return tuple(found)
