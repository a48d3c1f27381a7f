"""Everybody whom some night of a scenario shows, drawn once for all its nights."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from childrens_warehouse.reference import collection_year
from childrens_warehouse.simulate import care, pupils, terms
from childrens_warehouse.simulate.care import Child
from childrens_warehouse.simulate.episodes import Episode, episodes
from childrens_warehouse.simulate.pupils import Pupil
from childrens_warehouse.simulate.reviews import Assessment, Review, assessments, reviews
from childrens_warehouse.simulate.scenario import Scenario
from childrens_warehouse.simulate.schools import PUPIL_BEFORE_CARE, Schools, enrolments_of_child, schools

RETURNS = 2


@dataclass(frozen=True, slots=True)
class Case:
    """A child and everything that happens to it in care."""

    child: Child
    episodes: tuple[Episode, ...]
    reviews: tuple[Review, ...]
    assessments: tuple[Assessment, ...]


@dataclass(frozen=True)
class World:
    """The area: its schools, pupils and children in care, from birth to the end of their care, whatever the night."""

    scenario: Scenario
    area: Schools
    cases: tuple[Case, ...]
    pupils: tuple[Pupil, ...]


def care_known_from(night: dt.date) -> dt.date:
    """First day of the oldest collection year that a night and the returns before it speak of."""
    return dt.date(collection_year(night) - RETURNS - 1, 4, 1)


def draw(scenario: Scenario) -> World:
    """Draw everybody whom a night of the scenario may show; every draw depends on the seed alone."""
    area = schools(scenario)
    first, last = scenario.first_night, scenario.night
    on_roll_from = pupils.roster_from(first)
    in_care_from = care_known_from(first)
    cases, found = [], []
    # Some five weeks more than 18 years: whoever came so long ago has turned 18 since.
    earliest = terms.add_months(min(in_care_from, on_roll_from), -12 * care.LONGEST_CARE_YEARS - 1)
    for child in care.children(scenario, earliest, last + PUPIL_BEFORE_CARE):
        if child.is_in_care(in_care_from, last):
            cases.append(_case(scenario, child))
        pupil = _pupil(scenario, area, child)
        if pupil is not None and pupil.is_on_roll(on_roll_from, last):
            found.append(pupil)
    found += pupils.pupils_of_area(scenario, area, on_roll_from, last)
    cases.sort(key=lambda case: case.child.child_id)
    found.sort(key=lambda pupil: pupil.upn)
    return World(scenario, area, tuple(cases), tuple(found))


def _case(scenario: Scenario, child: Child) -> Case:
    return Case(
        child,
        tuple(episodes(scenario, child)),
        tuple(reviews(scenario, child)),
        tuple(assessments(scenario, child)),
    )


def _pupil(scenario: Scenario, area: Schools, child: Child) -> Pupil | None:
    enrolments = enrolments_of_child(scenario.stream("enrolments", child.number), area, child)
    return pupils.pupil_in_care(scenario, child, enrolments) if enrolments else None
