"""Adoptions: who is adopted in the year, and who is placed for adoption at its end."""

from __future__ import annotations

import datetime as dt

from childrens_warehouse.simulate import terms
from childrens_warehouse.simulate.panel_report import figures
from childrens_warehouse.simulate.panel_report.lives import Adoption, Age, Life, day_between, stream

# Days from entering care to moving in with the family, and from the court's order to the match; the last child takes
# what the figures leave. Five of six moved in within 16 months.
TO_FAMILY = (300, 330, 360, 380, 410)
TO_MATCH = (100, 120, 150, 170, 190)
MATCHED_BEFORE = dt.timedelta(days=18)
# Placed by 31 March 2016, from then to February 2017, and in March.
PLACED_BEFORE, PLACED_BY_FEBRUARY, PLACED_IN_MARCH = 2, 4, 1


def adopted(months: list[dt.date]) -> list[Life]:
    """Those adopted in the year, one in each of the months."""
    rng = stream("adopted")
    to_family = (*TO_FAMILY, figures.numerator("adoption_a1_days") - sum(TO_FAMILY))
    to_match = (*TO_MATCH, figures.numerator("adoption_a2_days") - sum(TO_MATCH))
    found = []
    for month, family_after, match_after in zip(months, to_family, to_match, strict=True):
        adopted_on = terms.working_day_on_or_before(month + dt.timedelta(days=rng.randrange(8, 25)))
        placed_on = adopted_on - dt.timedelta(days=rng.randrange(150, 260))
        started_on = placed_on - dt.timedelta(days=family_after)
        matched_on = placed_on - MATCHED_BEFORE
        ordered_on = matched_on - dt.timedelta(days=match_after)
        journey = Adoption(ordered_on - dt.timedelta(days=24), ordered_on, matched_on, placed_on, adopted_on)
        life = Life(0, Age.UNDER_FOUR, started_on - dt.timedelta(days=rng.randrange(40, 500)), started_on, adopted_on)
        life.reason_ended = rng.choice(("E11", "E12", "E12"))
        life.adoption = journey
        found.append(life)
    return found


def place_for_adoption(lives: list[Life]) -> None:
    """Find families for some of the youngest who stay."""
    rng = stream("placed for adoption")
    able = [
        life
        for life in lives
        if life.age in (Age.UNDER_FOUR, Age.INFANT)
        and life.in_care(dt.date(2016, 3, 31))
        and life.in_care(dt.date(2017, 4, 30))
        and life.started_on > dt.date(2014, 10, 1)
    ]
    able.sort(key=lambda life: life.started_on)
    windows = [(dt.date(2016, 1, 11), dt.date(2016, 3, 20))] * PLACED_BEFORE
    windows += [(dt.date(2016, 7, 1), dt.date(2017, 2, 10))] * PLACED_BY_FEBRUARY
    windows += [(dt.date(2017, 3, 6), dt.date(2017, 3, 24))] * PLACED_IN_MARCH
    for life, (first, last) in zip(able, windows, strict=False):
        placed_on = day_between(rng, max(first, life.started_on + dt.timedelta(days=200)), last)
        decided_on = placed_on - dt.timedelta(days=150)
        life.adoption = Adoption(
            decided_on, decided_on + dt.timedelta(days=30), placed_on - MATCHED_BEFORE, placed_on, None
        )
        life.legal_status = "C2"
