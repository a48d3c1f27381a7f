"""The days that tables have columns for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from childrens_warehouse.pages.reading import Release
from childrens_warehouse.pages.tables import Column
from childrens_warehouse.pages.words import financial_year, month, month_end_before, quarter

Columns = Sequence[tuple[Column, dt.date]]


def months(release: Release, as_at: dt.date, number: int = 13) -> Columns:
    """The last month ends, oldest first."""
    days = [day for day in release.month_ends if month_end_before(as_at, number) < day <= as_at]
    return [(Column(month(day), kind=_kind(day, as_at)), day) for day in days]


def quarters(release: Release, as_at: dt.date, number: int = 8) -> Columns:
    """The last quarter ends, and the day itself where it is none."""
    days = [day for day in release.quarter_ends if day <= as_at][-number:]
    found = [(Column(quarter(day)[:2] + " " + quarter(day)[5:], month(day), _kind(day, as_at)), day) for day in days]
    return found if not days or days[-1] == as_at else [*found, _latest(as_at)]


def years_and_quarters(release: Release, as_at: dt.date) -> Columns:
    """The ends of three financial years, the quarter ends since, and the day itself where it is none."""
    since = as_at if (as_at.month, as_at.day) == (3, 31) else month_end_before(as_at, (as_at.month - 4) % 12 + 1)
    last_year_end = month_end_before(since, 12) if since == as_at else since
    years = [day for day in release.year_ends if day <= last_year_end][-3:]
    return [*((Column(financial_year(day), "year end"), day) for day in years), *quarters_of_year(release, as_at)]


def quarters_of_year(release: Release, as_at: dt.date) -> Columns:
    """The last four quarter ends, and the day itself where it is none."""
    return quarters(release, as_at, 4)


def school_year(release: Release, as_at: dt.date) -> Columns:
    """The month ends since the school year began in September."""
    first = dt.date(as_at.year if as_at.month >= 9 else as_at.year - 1, 9, 1)
    days = [day for day in release.month_ends if first <= day <= as_at]
    return [(Column(month(day), kind=_kind(day, as_at)), day) for day in days]


def years(release: Release, as_at: dt.date, number: int = 7) -> Columns:
    """The ends of financial years."""
    days = [day for day in release.year_ends if day <= as_at][-number:]
    return [(Column(financial_year(day), kind=_kind(day, as_at)), day) for day in days]


def _latest(as_at: dt.date) -> tuple[Column, dt.date]:
    return Column(month(as_at), "to date", "figure latest"), as_at


def _kind(day: dt.date, as_at: dt.date) -> str:
    return "figure latest" if day == as_at else "figure"
