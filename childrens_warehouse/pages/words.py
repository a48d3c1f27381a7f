"""Dates and periods as people read them."""

from __future__ import annotations

import datetime as dt

SHORT_PERIODS = {
    "snapshot": "on the day",
    "month": "in the month",
    "quarter": "in the quarter",
    "year_to_date": "year to date",
    "school_year_to_date": "school year to date",
    "rolling_12_months": "last twelve months",
}

UNITS = {"count": "", "percent": "%", "per_10k": "per 10,000", "mean_days": "days", "mean": "mean"}


def day(value: dt.date) -> str:
    return f"{value.day} {value:%B %Y}"


def weekday(value: dt.date) -> str:
    """The same with its day of the week: Tuesday 30 May 2017."""
    return f"{value:%A} {day(value)}"


def month(value: dt.date) -> str:
    return f"{value:%b %Y}"


def quarter(value: dt.date) -> str:
    """The quarter of the financial year that ends with a day: Q4 2016/17."""
    number = (value.month - 4) // 3 % 4 + 1
    return f"Q{number} {financial_year(value)}"


def financial_year(value: dt.date) -> str:
    """The financial year that a day lies in: 2016/17."""
    first = value.year if value.month >= 4 else value.year - 1
    return f"{first}/{(first + 1) % 100:02d}"


def month_end_before(value: dt.date, months: int) -> dt.date:
    """The last day of the month that lies so many months before."""
    first = value.year * 12 + value.month - months
    return dt.date(first // 12, first % 12 + 1, 1) - dt.timedelta(days=1)
