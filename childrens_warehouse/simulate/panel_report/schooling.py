"""Attendance from September 2016 on, exclusions and personal education plans of the children of school age.

Attendance is a number of sessions missed by each month end. Who has missed a tenth, and who 25 days, is chosen first;
that bounds everybody's number, and within the bounds they add up to the share that the report prints.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterable
from functools import cache
from random import Random

from childrens_warehouse.simulate import terms
from childrens_warehouse.simulate.panel_report import figures
from childrens_warehouse.simulate.panel_report.lives import SCHOOL_YEAR, Life, Plan, day_between, present, stream

D = dt.date

DAYS_MISSED = 25
# Of the 1yr+ cohort, who has missed 25 days, by month: the report prints only all.
ONE_YEAR_25_DAYS = {D(2016, 10, 31): 2, D(2016, 11, 30): 4, D(2016, 12, 31): 4, D(2017, 1, 31): 4,
                    D(2017, 2, 28): 5, D(2017, 3, 31): 6}  # fmt: skip
# First day of the first suspension of each, of those in care for a year at its month end and of those newer. The sums
# by month are those of the figures.
SUSPENDED_AFTER_A_YEAR = (
    D(2016, 10, 12),
    D(2016, 11, 8),
    D(2017, 1, 17),
    D(2017, 2, 7),
    D(2017, 2, 23),
    D(2017, 3, 15),
)
SUSPENDED_NEWER = (D(2016, 11, 15), D(2016, 11, 24), D(2016, 12, 6), D(2017, 1, 24), D(2017, 3, 9))
EXCLUDED_ON = D(2016, 10, 18)


def school(lives: list[Life]) -> None:
    """Give everybody of school age a year at school."""
    rng = stream("schooling")
    pupils = [life for life in lives if life.is_pupil]
    _attend(rng, pupils)
    _exclude(rng, pupils)
    _plan(rng, pupils, "autumn", D(2016, 12, 31), D(2016, 10, 3))
    _plan(rng, pupils, "spring", D(2017, 3, 31), D(2017, 1, 16))


@cache
def month_ends() -> tuple[dt.date, ...]:
    return figures.days_of("cla_sessions_missed_pct_all")


@cache
def possible(month_end: dt.date) -> int:
    """Sessions from the first day of the school year to a month end, two a day."""
    return 2 * sum(day <= month_end for day in terms.school_days_of(SCHOOL_YEAR))


# ---------------------------------------------------------------- who misses how much


def _attend(rng: Random, pupils: list[Life]) -> None:
    cohorts = {day: present(pupils, day) for day in month_ends()}
    months = month_ends()
    often, much = _persistent(rng, pupils, cohorts)
    bounds = {life.number: _bounds(life, cohorts, often, much) for life in pupils}
    missed: dict[int, dict[dt.date, int]] = {life.number: {} for life in pupils}
    for position, day in enumerate(months):
        before = months[position - 1] if position else None
        room = possible(day) - (possible(before) if before else 0)
        limits: dict[int, tuple[int, int]] = {}
        for life in pupils:
            so_far = missed[life.number][before] if before else 0
            least, most = bounds[life.number][day]
            limits[life.number] = (max(least, so_far), min(most, so_far + room))
        for group, total in _groups(cohorts[day], day):
            for life, sessions in zip(
                group, _added_up(rng, [limits[life.number] for life in group], total), strict=True
            ):
                missed[life.number][day] = sessions
        for life in pupils:
            least, most = limits[life.number]
            # Who is not in the cohort yet, or no more.
            missed[life.number].setdefault(day, least + (most - least) // 8)
    for life in pupils:
        if life.ended_on is None or life.ended_on > D(2016, 9, 5):
            life.missed = missed[life.number]


def _groups(cohort: list[Life], day: dt.date) -> Iterable[tuple[list[Life], int]]:
    """The children whose sessions add up to a number, and the number."""
    everybody = _sessions(figures.printed("cla_sessions_missed_pct_all", day), cohort, day)
    if day not in figures.days_of("cla_sessions_missed_pct_1yr"):
        return [(cohort, everybody)]
    longer = [life for life in cohort if life.twelve_months(day)]
    newer = [life for life in cohort if not life.twelve_months(day)]
    of_longer = _sessions(figures.printed("cla_sessions_missed_pct_1yr", day), longer, day)
    return [(longer, of_longer), (newer, everybody - of_longer)]


def _sessions(percent: float, cohort: list[Life], day: dt.date) -> int:
    return round(percent / 100 * possible(day) * len(cohort))


_Chosen = dict[dt.date, set[int]]


def _persistent(rng: Random, pupils: list[Life], cohorts: dict[dt.date, list[Life]]) -> tuple[_Chosen, _Chosen]:
    """Who has missed a tenth by each month end, and who 25 days: whoever has missed those, has for good."""
    longer = set(figures.days_of("cla_persistent_absence_pct_1yr"))
    # Apart from those who change from one cohort to the other, or leave, so that both counts can be kept.
    always = {life.number for life in pupils if all(life in cohorts[day] for day in month_ends())}
    settled = {life.number for life in pupils if life.twelve_months(min(longer)) and life.number in always}
    order = [life.number for life in pupils]
    rng.shuffle(order)
    often: _Chosen = {}
    much: _Chosen = {}
    gone_over: set[int] = set()
    lately: set[int] = set()
    for day in month_ends():
        of_a_year = {life.number for life in cohorts[day] if life.started_on < D(2016, 4, 1)}
        newer = {life.number for life in cohorts[day]} - of_a_year
        much[day] = gone_over & (of_a_year | newer)
        all_much = figures.numerator("cla_absent_25_days_pct", day)
        _fill(much[day], [each for each in order if each in settled], ONE_YEAR_25_DAYS[day], lately, of_a_year)
        _fill(much[day], [each for each in order if each in newer], all_much - ONE_YEAR_25_DAYS[day], lately, newer)
        gone_over |= much[day]
        all_often = figures.numerator("cla_persistent_absence_pct_all", day)
        of_year_often = figures.numerator("cla_persistent_absence_pct_1yr", day) if day in longer else 9
        often[day] = set(much[day])
        _fill(often[day], [each for each in order if each in settled], of_year_often, lately, of_a_year)
        _fill(often[day], [each for each in order if each in newer], all_often - of_year_often, lately, newer)
        lately = often[day]
    return often, much


def _fill(chosen: set[int], able: list[int], number: int, rather: set[int], among: set[int]) -> None:
    """Choose more, until so many of a group are chosen: rather those chosen lately."""
    able = sorted((each for each in able if each not in chosen), key=lambda each: each not in rather)
    missing = number - len(chosen & among)
    assert 0 <= missing <= len(able)
    chosen |= set(able[:missing])


def _bounds(
    life: Life, cohorts: dict[dt.date, list[Life]], often: _Chosen, much: _Chosen
) -> dict[dt.date, tuple[int, int]]:
    """Least and most that may be missed by each month end, so that those to come stay possible."""
    found: dict[dt.date, tuple[int, int]] = {}
    for day in month_ends():
        tenth = math.ceil(possible(day) / 10)
        if life not in cohorts[day]:
            found[day] = (0, possible(day))
        elif life.number in much[day]:
            found[day] = (2 * DAYS_MISSED, possible(day))
        elif life.number in often[day]:
            found[day] = (tenth, 2 * DAYS_MISSED - 1)
        else:
            found[day] = (0, tenth - 1)
    days = month_ends()
    for day, after in zip(reversed(days[:-1]), reversed(days[1:]), strict=True):
        room = possible(after) - possible(day)
        least, most = found[day]
        found[day] = (max(least, found[after][0] - room), min(most, found[after][1]))
    return found


def _added_up(rng: Random, limits: list[tuple[int, int]], total: int) -> list[int]:
    """Numbers within limits that add up to a total, each somewhere in its range."""
    least, most = sum(low for low, _ in limits), sum(high for _, high in limits)
    assert least <= total <= most, (least, total, most)
    share = (total - least) / max(1, most - least)
    found = []
    for low, high in limits:
        spread = min(share, 1 - share) * 0.8
        found.append(low + round((high - low) * (share + rng.uniform(-spread, spread))))
    order = list(range(len(limits)))
    rng.shuffle(order)
    step = 1 if sum(found) < total else -1
    while sum(found) != total:
        for position in order:
            low, high = limits[position]
            if sum(found) != total and low <= found[position] + step <= high:
                found[position] += step
    return found


# ---------------------------------------------------------------- exclusions and plans


def _exclude(rng: Random, pupils: list[Life]) -> None:
    """Suspensions, and one permanent exclusion, of children who are in the cohort from then on."""
    staying = [life for life in pupils if life.in_care(D(2017, 4, 30)) and life.missed]
    settled = [life for life in staying if life.twelve_months(D(2016, 12, 31)) and life.years(D(2016, 9, 1)) >= 11]
    newer = [life for life in staying if life.is_starter and life.started_on < D(2016, 10, 1)]
    chosen = rng.sample(settled, len(SUSPENDED_AFTER_A_YEAR) + 1)
    for life, day in zip(chosen, SUSPENDED_AFTER_A_YEAR, strict=False):
        life.suspended_on.append(day)
    chosen[-1].excluded_on = EXCLUDED_ON
    for life, day in zip(rng.sample(newer, len(SUSPENDED_NEWER)), SUSPENDED_NEWER, strict=True):
        life.suspended_on.append(day)
    # A second one counts the child no more.
    chosen[0].suspended_on.append(D(2017, 3, 21))


def _plan(rng: Random, pupils: list[Life], term: str, as_at: dt.date, first: dt.date) -> None:
    """A plan of the term for everybody in care at its end, complete by then for as many as the figures say."""
    last_day = max(day for day in terms.school_days_of(SCHOOL_YEAR) if day <= as_at)
    cohort = present(pupils, as_at)
    number = figures.numerator("cla_pep_up_to_date_pct", as_at)
    is_able: Callable[[Life], bool] = lambda life: life.started_on <= last_day - dt.timedelta(days=18)  # noqa: E731
    complete = {life.number for life in rng.sample([life for life in cohort if is_able(life)], number)}
    for life in cohort:
        if life.number in complete:
            completed_on = day_between(rng, max(first, life.started_on + dt.timedelta(days=10)), last_day)
            life.plans.append(Plan(term, completed_on - dt.timedelta(days=rng.randrange(0, 4)), completed_on))
        elif is_able(life) and rng.random() < 0.5:
            life.plans.append(Plan(term, day_between(rng, last_day - dt.timedelta(days=12), last_day), None))
