"""Children missing, and away without authorisation, by quarter: each is counted once, however often."""

from __future__ import annotations

import datetime as dt

from childrens_warehouse.simulate import terms
from childrens_warehouse.simulate.panel_report import figures
from childrens_warehouse.simulate.panel_report.lives import Absence, Life, day_between, stream

INDICATORS = {"M": "cla_missing_count", "A": "cla_absent_unauthorised_count"}
YOUNGEST = 10
# Of those who went, the share that went again in the same quarter.
AGAIN = 0.3
LONGEST = 6


def go_missing(lives: list[Life]) -> None:
    rng = stream("missing")
    for kind, indicator in INDICATORS.items():
        for last in figures.days_of(indicator):
            first = terms.add_months(last + terms.DAY, -3)
            able = [life for life in lives if life.years(first) >= YOUNGEST and _room(life, first, last)]
            for life in rng.sample(able, figures.numerator(indicator, last)):
                for _ in range(1 + (rng.random() < AGAIN)):
                    room = _room(life, first, last)
                    if room:
                        days = rng.randrange(0, LONGEST)
                        started_on = day_between(rng, room[0], room[1])
                        life.absences.append(Absence(kind, started_on, started_on + dt.timedelta(days=days)))
    for life in lives:
        life.absences.sort(key=lambda each: each.started_on)


def _room(life: Life, first: dt.date, last: dt.date) -> tuple[dt.date, dt.date] | None:
    """First and last day of a quarter on which the child may go, to be back in it and in care; never twice at once."""
    latest = last - dt.timedelta(days=LONGEST)
    earliest = max(first, life.started_on + 2 * terms.DAY)
    if life.ended_on:
        latest = min(latest, life.ended_on - dt.timedelta(days=LONGEST))
    for each in life.absences:
        if first <= each.started_on <= last:
            earliest = max(earliest, each.ended_on + terms.DAY)
    return (earliest, latest) if earliest <= latest else None
