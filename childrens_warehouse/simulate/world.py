"""Everybody whom some night of a scenario shows, drawn once for all its nights."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from childrens_warehouse.reference import collection_year
from childrens_warehouse.simulate import (
    care,
    leavers,
    liberty,
    missing,
    need,
    permanence,
    persons,
    pupils,
    schooling,
    terms,
    wellbeing,
    workers,
)
from childrens_warehouse.simulate import reviews as reviewing
from childrens_warehouse.simulate.care import Child
from childrens_warehouse.simulate.episodes import Episode, episodes
from childrens_warehouse.simulate.leavers import Leaver
from childrens_warehouse.simulate.liberty import Order
from childrens_warehouse.simulate.missing import Spell
from childrens_warehouse.simulate.need import ChildInNeed, Referral
from childrens_warehouse.simulate.permanence import Journey, PreviousPermanence
from childrens_warehouse.simulate.persons import Person
from childrens_warehouse.simulate.pupils import Pupil
from childrens_warehouse.simulate.reviews import Assessment, Review
from childrens_warehouse.simulate.scenario import Scenario
from childrens_warehouse.simulate.schooling import Plan, Result
from childrens_warehouse.simulate.schools import PUPIL_BEFORE_CARE, Schools, enrolments_of_child, schools
from childrens_warehouse.simulate.wellbeing import DentalCheck, Immunised, Questionnaire, YearInCare
from childrens_warehouse.simulate.workers import Allocation


@dataclass(frozen=True)
class Case:
    """A child and everything that happens to it in and after care, each matter drawn when it is first asked for."""

    scenario: Scenario
    child: Child

    @cached_property
    def person(self) -> Person:
        return persons.person(self.scenario, self.child)

    @cached_property
    def episodes(self) -> tuple[Episode, ...]:
        return tuple(episodes(self.scenario, self.child))

    @cached_property
    def reviews(self) -> tuple[Review, ...]:
        return tuple(reviewing.reviews(self.scenario, self.child))

    @cached_property
    def assessments(self) -> tuple[Assessment, ...]:
        return tuple(reviewing.assessments(self.scenario, self.child))

    @cached_property
    def dental_checks(self) -> tuple[DentalCheck, ...]:
        return tuple(wellbeing.dental_checks(self.scenario, self.child))

    @cached_property
    def immunisations(self) -> tuple[Immunised, ...]:
        return tuple(wellbeing.immunisations(self.scenario, self.child, self.assessments))

    @cached_property
    def questionnaires(self) -> tuple[Questionnaire, ...]:
        return tuple(wellbeing.questionnaires(self.scenario, self.child))

    def year_in_care(self, year: int) -> YearInCare | None:
        """What the return says of the child's health; None unless it was looked after all year."""
        if not wellbeing.looked_after_all_year(self.child, year):
            return None
        return wellbeing.year_in_care(
            self.scenario,
            self.child,
            year,
            self.assessments,
            self.dental_checks,
            self.immunisations,
            self.questionnaires,
        )

    @cached_property
    def missing(self) -> tuple[Spell, ...]:
        return tuple(missing.spells(self.scenario, self.child))

    @cached_property
    def orders(self) -> tuple[Order, ...]:
        return tuple(liberty.orders(self.scenario, self.child, self.episodes))

    @cached_property
    def journeys(self) -> tuple[Journey, ...]:
        return tuple(permanence.journeys(self.scenario, self.child, self.episodes))

    @cached_property
    def previous_permanence(self) -> tuple[PreviousPermanence, ...]:
        return tuple(permanence.previous_permanence(self.scenario, self.child))

    @cached_property
    def leaver(self) -> Leaver | None:
        return leavers.leaver(self.scenario, self.child)

    @cached_property
    def allocations(self) -> tuple[Allocation, ...]:
        advised_until = None
        if self.leaver and self.leaver.is_entitled:
            advised_until = self.leaver.died_on or self.leaver.until
        return tuple(workers.allocations(self.scenario, self.child, advised_until))

    @cached_property
    def plans(self) -> tuple[Plan, ...]:
        return tuple(schooling.plans(self.scenario, self.child))

    @cached_property
    def referrals(self) -> tuple[Referral, ...]:
        return tuple(need.referrals_before_care(self.scenario, self.child))

    @cached_property
    def results(self) -> tuple[Result, ...]:
        return tuple(schooling.results(self.scenario, self.child))

    def is_in_need(self, first: dt.date, last: dt.date) -> bool:
        """With a case open on any day of a range: care, some time before it and some after."""
        return need.may_be_in_need(self.child, first, last) and any(
            each.referred_on <= last and each.closed_on >= first for each in self.referrals
        )

    def is_known(self, first: dt.date, last: dt.date) -> bool:
        """In care, or a care leaver, on any day of a range, both ends included."""
        until = leavers.known_until(self.child)
        is_leaver = until is not None and self.child.last_ended_on <= last and until >= first
        return is_leaver or self.child.is_in_care(first, last)


@dataclass(frozen=True, eq=False)
class World:
    """The area: its schools, pupils and children in care, from birth to the end of their care, whatever the night.

    cases: children in care, or soon or until lately, on any day that some night speaks of; care leavers up to 21.
    """

    scenario: Scenario
    area: Schools
    cases: tuple[Case, ...]
    pupils: tuple[Pupil, ...]

    @cached_property
    def in_need(self) -> tuple[ChildInNeed, ...]:
        """Children with a case open on any day that some night speaks of who never came into care."""
        scenario = self.scenario
        found = need.children_in_need(scenario, care_known_from(scenario.first_night, scenario.returns), scenario.night)
        return tuple(sorted(found, key=lambda child: child.child_id))

    @cached_property
    def pupil_by_upn(self) -> Mapping[str, Pupil]:
        return {pupil.upn: pupil for pupil in self.pupils}


def care_known_from(night: dt.date, returns: int) -> dt.date:
    """First day of the oldest collection year that a night and the returns before it speak of."""
    return dt.date(collection_year(night) - returns - 1, 4, 1)


def draw(scenario: Scenario) -> World:
    """Draw everybody whom a night of the scenario may show; every draw depends on the seed alone."""
    area = schools(scenario)
    first, last = scenario.first_night, scenario.night
    on_roll_from = pupils.roster_from(first)
    in_care_from = care_known_from(first, scenario.returns)
    cases, found = [], []
    # Some five weeks more than 18 years: whoever came so long ago has turned 18 since.
    on_roll_earliest = terms.add_months(min(in_care_from, on_roll_from), -12 * care.LONGEST_CARE_YEARS - 1)
    earliest = max(terms.add_months(in_care_from, -12 * leavers.OLDEST - 1), care.FIRST_MONTH)
    for child in care.children(scenario, min(earliest, on_roll_earliest), last + PUPIL_BEFORE_CARE):
        case = Case(scenario, child)
        if case.is_known(in_care_from, last) or case.is_in_need(in_care_from, last):
            cases.append(case)
        pupil = _pupil(scenario, area, child) if child.first_started_on >= on_roll_earliest else None
        if pupil is not None and pupil.is_on_roll(on_roll_from, last):
            found.append(pupil)
    found += pupils.pupils_of_area(scenario, area, on_roll_from, last)
    cases.sort(key=lambda case: case.child.child_id)
    found.sort(key=lambda pupil: pupil.upn)
    return World(scenario, area, tuple(cases), tuple(found))


def _pupil(scenario: Scenario, area: Schools, child: Child) -> Pupil | None:
    enrolments = enrolments_of_child(scenario.stream("enrolments", child.number), area, child)
    return pupils.pupil_in_care(scenario, child, enrolments) if enrolments else None
