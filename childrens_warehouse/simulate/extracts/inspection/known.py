"""Whom the lists of a night may name, and what all lists share."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from childrens_warehouse.simulate import contacts, identity, persons, terms, visits
from childrens_warehouse.simulate.care import Child
from childrens_warehouse.simulate.contacts import ChildHeardOf, Heard
from childrens_warehouse.simulate.extracts.rows import Row
from childrens_warehouse.simulate.need import ChildInNeed, Referral
from childrens_warehouse.simulate.scenario import Scenario
from childrens_warehouse.simulate.workers import ASSESSMENT_TEAM, SOCIAL_WORKER, Allocation
from childrens_warehouse.simulate.world import Case, World

MONTHS = 6


@dataclass(frozen=True)
class Known:
    """Somebody who was referred: the referrals up to the night; case is None of those who never came into care."""

    scenario: Scenario
    child: Child | ChildInNeed
    referrals: tuple[Referral, ...]
    allocations: tuple[Allocation, ...]
    is_disabled: bool
    case: Case | None = None

    @cached_property
    def heard(self) -> Heard:
        return contacts.heard_of_referred(self.scenario, self.child.number, self.child.born_on, self.referrals)

    def seen(self, since: dt.date, until: dt.date, every: int) -> visits.Visit | None:
        return visits.latest(self.scenario, self.child.number, since, until, every)

    def cared_for(self, day: dt.date) -> bool:
        return self.case is not None and any(
            period.started_on <= day < period.ended_on for period in self.case.child.periods
        )


@dataclass(frozen=True)
class Night:
    """One night's lists."""

    world: World
    night: dt.date

    @cached_property
    def since(self) -> dt.date:
        return terms.add_months(self.night, -MONTHS)

    @cached_property
    def year_ago(self) -> dt.date:
        return terms.add_months(self.night, -12)

    @cached_property
    def known(self) -> list[Known]:
        """Whoever was ever referred and has a case since, or had one so lately that help may have followed it."""
        scenario, first = self.world.scenario, terms.add_months(self.since, -MONTHS)
        found = [
            Known(scenario, case.child, self._so_far_referred(case.referrals), case.allocations,
                  case.person.disability != "NONE", case)
            for case in self.world.cases
            if case.is_in_need(first, self.night)
        ] + [
            Known(scenario, each, self._so_far_referred(each.referrals), each.allocations,
                  persons.person_in_need(scenario, each).disability != "NONE")
            for each in self.world.in_need
            if each.is_known(first, self.night)
        ]  # fmt: skip
        return sorted(found, key=lambda each: each.child.child_id)

    def _so_far_referred(self, referrals: tuple[Referral, ...]) -> tuple[Referral, ...]:
        return tuple(each for each in referrals if each.referred_on <= self.night)

    def who(self, child: Child | ChildInNeed | ChildHeardOf) -> Row:
        """What the lists of children begin with."""
        return {"child_key": child.child_id, **self.about(child)}

    def about(self, child: Child | ChildInNeed | ChildHeardOf) -> Row:
        return {
            "gender": child.sex,
            "ethnicity": child.ethnicity,
            "birth_month": child.born_on,
            "Age of Child (Years)": max(terms.age(child.born_on, self.night), 0),
        }

    def so_far(self, day: dt.date | None) -> dt.date | None:
        return day if day and day <= self.night else None

    def held_by(self, known: Known, day: dt.date) -> Row:
        """Team and worker on a day that may be past: before somebody is allocated, the team that takes in cases."""
        found = allocated(known.allocations, SOCIAL_WORKER, min(day, self.night))
        return {
            "allocated_team": found.team if found else ASSESSMENT_TEAM,
            "Allocated Worker": name_of(self.world.scenario, found.worker_id) if found else None,
        }


def allocated(allocations: Sequence[Allocation], role: str, day: dt.date) -> Allocation | None:
    """Who is allocated on a day, or was last before it."""
    found = [each for each in allocations if each.role == role and each.started_on <= day]
    return found[-1] if found else None


@lru_cache(maxsize=4_096)
def name_of(scenario: Scenario, worker_id: str) -> str:
    rng = scenario.stream("name of worker", worker_id)
    return f"{identity.forename(rng, 'F' if rng.random() < 0.8 else 'M')} {identity.surname(rng)}"
