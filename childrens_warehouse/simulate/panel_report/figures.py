"""The figures of the report, as the scenario wants them to come true (figures.csv).

The warehouse knows none of them, and the tests that compare hold them a second time, on their own.
"""

from __future__ import annotations

import csv
import datetime as dt
from functools import cache
from pathlib import Path

YEAR_END = dt.date(2017, 3, 31)

_Key = tuple[str, dt.date, str]


@cache
def _rows() -> dict[_Key, dict[str, str]]:
    with (Path(__file__).parent / "figures.csv").open(encoding="utf-8", newline="") as file:
        return {
            (row["indicator"], dt.date.fromisoformat(row["as_at"]), row["slice"]): row for row in csv.DictReader(file)
        }


def numerator(indicator: str, as_at: dt.date = YEAR_END, of: str = "all") -> int:
    return int(_rows()[indicator, as_at, of]["numerator"])


def denominator(indicator: str, as_at: dt.date = YEAR_END, of: str = "all") -> int:
    return int(_rows()[indicator, as_at, of]["denominator"])


def printed(indicator: str, as_at: dt.date) -> float:
    """Where only a rounded share is known."""
    return float(_rows()[indicator, as_at, "all"]["printed"])


def days_of(indicator: str) -> tuple[dt.date, ...]:
    """The days an indicator has a figure for, in order."""
    return tuple(sorted(as_at for name, as_at, of in _rows() if name == indicator and of == "all"))


def members(indicator: str, as_at: dt.date, dimension: str) -> dict[str, int]:
    """Of every member of a slice, how many."""
    return {
        of.removeprefix(f"{dimension}="): int(row["numerator"])
        for (name, day, of), row in _rows().items()
        if name == indicator and day == as_at and of.startswith(f"{dimension}=")
    }
