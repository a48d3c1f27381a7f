"""Care leavers: what their personal advisers last heard of them."""

from __future__ import annotations

import datetime as dt

from childrens_warehouse.simulate.panel_report import figures
from childrens_warehouse.simulate.panel_report.lives import YEAR_ENDS, Contact, Life, day_between, stream

LEARNING_OR_WORKING = ("F1", "F2", "F2", "F3", "F3", "P2", "P3")
NEITHER = ("G4", "G5", "G5", "G6")
SUITABLE = ("U1", "U1", "U1", "D1", "E1", "B1", "Z1", "T1")
NOT_SUITABLE = ("S2", "V2", "X2", "D2", "W2")
AGES = range(19, 22)


def keep_in_touch(lives: list[Life]) -> None:
    """Contacts with everybody of 18 and more who left care at 18; figures are of those aged 19, 20 and 21."""
    rng = stream("care leavers")
    leavers = [life for life in lives if life.years(YEAR_ENDS) >= 18]
    asked = [life for life in leavers if life.years(YEAR_ENDS) in AGES]
    number, suitable = figures.denominator("cl_neet_pct"), figures.numerator("cl_suitable_accommodation_pct")
    neither, unknown = figures.numerator("cl_neet_pct"), figures.numerator("cl_activity_not_recorded_count")
    assert len(asked) == number
    rng.shuffle(asked)
    activities = [rng.choice(NEITHER) for _ in range(neither)] + [""] * unknown
    activities += [rng.choice(LEARNING_OR_WORKING) for _ in range(number - neither - unknown)]
    homes = [rng.choice(SUITABLE) for _ in range(suitable)]
    homes += [rng.choice(NOT_SUITABLE) for _ in range(number - suitable)]
    rng.shuffle(homes)
    told = {life.number: each for life, *each in zip(asked, activities, homes, strict=True)}
    for life in leavers:
        activity, home = told.get(life.number) or (rng.choice(LEARNING_OR_WORKING + NEITHER), rng.choice(SUITABLE))
        assert life.ended_on is not None
        before = Contact(dt.date(2016, 11, 14), rng.choice(NEITHER), rng.choice(SUITABLE))
        if life.ended_on < before.on:
            life.contacts.append(before)
        last = day_between(rng, max(life.ended_on, dt.date(2017, 2, 6)), dt.date(2017, 3, 31))
        life.contacts.append(Contact(last, activity, home))
