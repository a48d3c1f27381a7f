"""Statutory reviews: all in time, but for one of each of a few children."""

from __future__ import annotations

import datetime as dt

from childrens_warehouse.simulate import terms
from childrens_warehouse.simulate.panel_report import figures
from childrens_warehouse.simulate.panel_report.lives import NIGHT, YEAR_BEGINS, YEAR_ENDS, Life, present, stream

FIRST_DUE_WORKING_DAYS, SECOND_DUE_MONTHS, LATER_DUE_MONTHS = 20, 3, 6
LATE_BY = dt.timedelta(days=7)


def review(lives: list[Life]) -> None:
    """Hold every child's reviews up to the night."""
    rng = stream("reviews")
    asked = [life for life in present(lives, YEAR_ENDS) if _due(life, []) <= YEAR_ENDS]
    all_asked, on_time = figures.denominator("cla_reviews_on_time_pct"), figures.numerator("cla_reviews_on_time_pct")
    assert len(asked) == all_asked
    # Whoever has been in care for longer has a later review in the middle of the year that can be late.
    able = [life for life in asked if life.started_on < dt.date(2016, 9, 1)]
    late = {life.number for life in rng.sample(able, all_asked - on_time)}
    for life in lives:
        life.reviews = _held(life, life.number in late)


def _due(life: Life, held: list[dt.date]) -> dt.date:
    if not held:
        return terms.working_days_after(life.started_on, FIRST_DUE_WORKING_DAYS)
    return terms.add_months(held[-1], SECOND_DUE_MONTHS if len(held) == 1 else LATER_DUE_MONTHS)


def _held(life: Life, is_late: bool) -> list[dt.date]:
    rng = life.stream("reviews")
    held: list[dt.date] = []
    while True:
        due_on = _due(life, held)
        if is_late and due_on >= dt.date(2016, 5, 1):
            assert YEAR_BEGINS < due_on < dt.date(2017, 3, 20)
            held_on, is_late = terms.working_day_on_or_after(due_on + LATE_BY), False
        else:
            held_on = terms.working_day_on_or_before(due_on - dt.timedelta(days=rng.randrange(0, 9)))
        if held_on > NIGHT or (life.ended_on and held_on >= life.ended_on):
            return held
        held.append(held_on)
