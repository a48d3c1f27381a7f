"""The children of the panel report, counted by hand: what must hold before a warehouse is asked."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from functools import cache

import pytest

from childrens_warehouse.simulate import panel_report, terms
from childrens_warehouse.simulate.panel_report import figures, places, returns, schooling
from childrens_warehouse.simulate.panel_report.lives import NIGHT, YEAR_BEGINS, YEAR_ENDS, Life
from childrens_warehouse.simulate.panel_report.schools import marks

D = dt.date


@cache
def lives() -> tuple[Life, ...]:
    return tuple(panel_report.draw())


def on(day: dt.date) -> list[Life]:
    return [life for life in lives() if life.in_care(day)]


def test_it_is_the_same_every_time() -> None:
    assert tuple(panel_report.draw()) == lives()


@pytest.mark.parametrize(
    ("day", "number"),
    [
        (D(2016, 3, 31), 180),
        (D(2016, 6, 30), 186),
        (D(2016, 9, 30), 202),
        (D(2016, 12, 31), 201),
        (D(2017, 2, 28), 211),
        (D(2017, 3, 31), 211),
        (D(2017, 4, 30), 213),
    ],
)
def test_so_many_are_in_care(day: dt.date, number: int) -> None:
    assert len(on(day)) == number


def test_the_year_opens_and_closes_as_the_flows_say() -> None:
    started = [life for life in lives() if life.is_starter]
    ended = [life for life in lives() if life.ended_on and YEAR_BEGINS <= life.ended_on <= YEAR_ENDS]
    assert (len(started), len(ended)) == (191, 160)
    assert sum(life in ended for life in started) == 83


def test_a_year_in_care_counts_the_unaccompanied_too() -> None:
    longer = [life for life in on(YEAR_ENDS) if life.twelve_months(YEAR_ENDS)]
    assert len(longer) == 103
    assert any(life.is_unaccompanied for life in longer)


@pytest.mark.parametrize("day", [D(2016, 12, 31), D(2017, 1, 31), D(2017, 2, 28), D(2017, 3, 31)])
def test_the_cohort_of_a_year_grows_from_month_to_month(day: dt.date) -> None:
    pupils = [life for life in on(day) if 5 <= 2016 - life.born_on.year - (life.born_on.month > 8) <= 15]
    assert len(pupils) == figures.denominator("cla_fixed_exclusion_pct_all", day)
    longer = [life for life in pupils if life.twelve_months(day)]
    assert len(longer) == figures.denominator("cla_fixed_exclusion_pct_1yr", day)


def test_nobody_is_in_care_before_birth_or_from_the_eighteenth_birthday_on() -> None:
    for life in lives():
        assert life.born_on < life.started_on
        assert (life.ended_on or NIGHT) <= terms.add_months(life.born_on, 12 * 18)


def test_placements_fill_the_time_in_care() -> None:
    for life in lives():
        days = [stay.started_on for stay in life.stays]
        assert days[0] == life.started_on
        assert days == sorted(set(days))
        assert life.ended_on is None or days[-1] < life.ended_on


def test_a_stay_in_hospital_is_no_placement() -> None:
    numbers = Counter(_placements(life) for life in on(YEAR_ENDS))
    assert numbers == {1: 143, 2: 40, 3: 28}
    assert sum(stay.placement.place == "T1" for life in lives() for stay in life.stays) == 6


def _placements(life: Life) -> int:
    """Different places lived in for a night of the year."""
    ends = [*(stay.started_on for stay in life.stays[1:]), D.max]
    return len(
        {
            stay.placement
            for stay, ended_on in zip(life.stays, ends, strict=True)
            if stay.placement.place != "T1" and stay.started_on <= YEAR_ENDS and ended_on > YEAR_BEGINS
        }
    )


def test_so_many_live_far_from_home() -> None:
    asked = [life for life in on(YEAR_ENDS) if not life.is_unaccompanied]
    asked = [life for life in asked if life.stay_on(YEAR_ENDS).placement.place not in ("A6", "P1")]
    far = [life for life in asked if life.stay_on(YEAR_ENDS).placement.postcode.startswith(places.FAR)]
    assert (len(far), len(asked)) == (34, 176)


def test_the_registers_hold_the_sessions_missed() -> None:
    days = schooling.month_ends()
    for life in [life for life in lives() if life.missed][:20]:
        found = [(D.fromisoformat(day), mark) for _, _, day, _, _, mark in marks(life)]
        assert life.missed is not None
        for day in days:
            assert sum(mark not in "/\\" for when, mark in found if when <= day) == life.missed[day]
            assert sum(when <= day for when, _ in found) == schooling.possible(day)


def test_an_episode_open_over_31_march_is_in_both_returns() -> None:
    one_year = {row["CHILD"]: row for row in returns.episodes(list(lives()), D(2016, 3, 31)) if row["DEC"] is None}
    next_year = {(row["CHILD"], row["DECOM"]) for row in returns.episodes(list(lives()), YEAR_ENDS)}
    assert len(one_year) == 180
    assert all((child, row["DECOM"]) in next_year for child, row in one_year.items())
