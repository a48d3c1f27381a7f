"""Days: working days, school days and school years."""

from __future__ import annotations

import csv
import datetime as dt
from bisect import bisect_left, bisect_right
from functools import cache

from childrens_warehouse.reference import SEEDS

DAY = dt.timedelta(days=1)
WEEK = dt.timedelta(days=7)


@cache
def bank_holidays() -> dict[dt.date, str]:
    """Day and name of every bank holiday of England and Wales that the seeds know."""
    with (SEEDS / "bank_holiday.csv").open(encoding="utf-8", newline="") as file:
        return {dt.date.fromisoformat(row["holiday_on"]): row["holiday_name"] for row in csv.DictReader(file)}


@cache
def _working_days() -> list[dt.date]:
    first = dt.date(1990, 1, 1)
    days = (first + dt.timedelta(days=offset) for offset in range(366 * 65))
    return [day for day in days if day.weekday() < 5 and day not in bank_holidays()]


def working_days_after(day: dt.date, number: int) -> dt.date:
    """The `number`-th working day after a day; the day itself does not count."""
    working = _working_days()
    return working[bisect_right(working, day) + number - 1]


def working_day_on_or_before(day: dt.date) -> dt.date:
    working = _working_days()
    return working[bisect_right(working, day) - 1]


def working_day_on_or_after(day: dt.date) -> dt.date:
    working = _working_days()
    return working[bisect_left(working, day)]


def add_months(day: dt.date, months: int) -> dt.date:
    """The same day of the month, or the month's last day where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = (dt.date(year + month // 11, (month + 1) % 12 + 1, 1) - DAY).day
    return dt.date(year, month + 1, min(day.day, last))


def age(born: dt.date, on: dt.date) -> int:
    """Completed years."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def school_year(day: dt.date) -> int:
    """The year whose 1 September begins it: 2016/17 is 2016."""
    return day.year - (day.month < 9)


def _monday_from(day: dt.date) -> dt.date:
    """The first Monday on or after a day."""
    return day + dt.timedelta(days=-day.weekday() % 7)


def _named(year: int, name: str) -> dt.date:
    return next(day for day, called in bank_holidays().items() if day.year == year and called == name)


@cache
def school_days_of(year: int) -> tuple[dt.date, ...]:
    """School days of the school year that begins in September of `year`, some 190.

    Terms run from 4 September to 20 December, 5 January to Easter, Easter to 20 July. Half terms are the weeks of the
    fourth Monday of October, of the Monday of 12 to 18 February and of the spring bank holiday. The Easter holiday is
    a fortnight: up to Easter Monday when Easter is late, from Good Friday when it is early.
    """
    easter_monday = _named(year + 1, "Easter Monday")
    if easter_monday >= dt.date(year + 1, 4, 9):
        easter = (easter_monday - 2 * WEEK, easter_monday + DAY)
    else:
        easter = (easter_monday - 3 * DAY, easter_monday + 2 * WEEK)
    autumn = _monday_from(dt.date(year, 10, 22))
    winter = _monday_from(dt.date(year + 1, 2, 12))
    spring_bank = _named(year + 1, "Spring Bank Holiday")
    spring = spring_bank - dt.timedelta(days=spring_bank.weekday())
    closed = (
        (autumn, autumn + WEEK),
        (dt.date(year, 12, 21), dt.date(year + 1, 1, 5)),
        (winter, winter + WEEK),
        easter,
        (spring, spring + WEEK),
    )
    days = []
    day = dt.date(year, 9, 4)
    while day <= dt.date(year + 1, 7, 20):
        is_closed = any(first <= day < last for first, last in closed)
        if day.weekday() < 5 and day not in bank_holidays() and not is_closed:
            days.append(day)
        day += DAY
    return tuple(days)


def is_school_day(day: dt.date) -> bool:
    return day in school_days_of(school_year(day))


def attendance_days(night: dt.date, number: int | None) -> tuple[dt.date, ...]:
    """School days up to a night: the last `number`, or those of this school year and the one before."""
    year = school_year(night)
    days = [day for past in (year - 2, year - 1, year) for day in school_days_of(past) if day <= night]
    if number is not None:
        return tuple(days[-number:])
    return tuple(day for day in days if school_year(day) >= year - 1)
