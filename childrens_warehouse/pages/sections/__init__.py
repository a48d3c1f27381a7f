"""The sections of the Corporate Parenting Report, in the order of its paper: A1, B1, C1 to C13, health, scorecard."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from childrens_warehouse.pages.reading import Release
from childrens_warehouse.pages.sections import (
    children,
    coming_and_going,
    education,
    health,
    key_performance,
    placements,
    scorecard,
    support,
)
from childrens_warehouse.pages.tables import Section

# Each makes its section of a release as at a day.
ALL: tuple[Callable[[Release, dt.date], Section], ...] = (
    key_performance.indicators,
    children.numbers_over_time,
    children.age_groups,
    children.gender,
    children.ethnicity,
    placements.placement_types,
    education.school_age,
    education.attainment,
    health.health,
    coming_and_going.starting_and_ceasing,
    coming_and_going.adoption,
    support.reviews,
    support.care_leavers,
    support.missing,
    placements.stability,
    placements.distance,
    health.thirteen_months,
    scorecard.scorecard,
)
