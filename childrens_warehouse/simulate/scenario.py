"""What is to be simulated, and where its chance comes from.

Nothing here depends on the night: every child, pupil and register mark is drawn from the seed and its own number,
so a later night shows the same lives one day further on, and an earlier folder never changes.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from childrens_warehouse.datasets import BY_NAME
from childrens_warehouse.errors import ConfigurationError

T = TypeVar("T")

# The lists of bank holidays and of codes reach this far; beyond it due dates would be wrong.
EARLIEST_NIGHT = dt.date(2010, 9, 1)
LATEST_NIGHT = dt.date(2030, 8, 31)
MOST_CHILDREN = 20_000
MOST_PUPILS = 1_000_000
MOST_ATTENDANCE_DAYS = 380
MOST_RETURNS = 10


@dataclass(frozen=True)
class Scenario:
    """One authority over some nights.

    night: extract date of the last night.
    nights: how many nights, the last included; each delivers all three sources.
    children: about how many children are in care on any day.
    pupils: about how many pupils are on the rolls on any day, those in care included.
    schools: schools of the area; None takes as many as the pupils need.
    dirt: plant a sprinkling of what real systems deliver wrong (`simulate.dirt`).
    attendance_days: school days of register marks in the first night's file; None takes two school years to date.
    datasets: names of the datasets that are delivered; None delivers all.
    returns: how many collection years before this one the year-end returns and the history reach back.
    """

    night: dt.date
    nights: int = 3
    children: int = 120
    pupils: int = 600
    schools: int | None = None
    seed: int = 310
    authority: str = "310"
    dirt: bool = True
    attendance_days: int | None = None
    datasets: frozenset[str] | None = None
    returns: int = 2

    def __post_init__(self) -> None:
        if not (self.authority.isascii() and self.authority.isdigit() and len(self.authority) == 3):
            raise ConfigurationError(f"An authority is three digits, not {self.authority!r}.")
        _within("nights", self.nights, 1, 366)
        _within("children", self.children, 1, MOST_CHILDREN)
        _within("returns", self.returns, 0, MOST_RETURNS)
        _within("pupils", self.pupils, 1, MOST_PUPILS)
        if self.schools is not None:
            _within("schools", self.schools, 4, 900)
        if self.attendance_days is not None:
            _within("attendance_days", self.attendance_days, 1, MOST_ATTENDANCE_DAYS)
        if unknown := (self.datasets or frozenset()) - BY_NAME.keys():
            raise ConfigurationError(f"No dataset is called {', '.join(sorted(unknown))}.")
        if self.first_night < EARLIEST_NIGHT or self.night > LATEST_NIGHT:
            raise ConfigurationError(
                f"Nights can be simulated from {EARLIEST_NIGHT} to {LATEST_NIGHT}: the bank holidays reach no further."
            )

    @property
    def first_night(self) -> dt.date:
        return self.night - dt.timedelta(days=self.nights - 1)

    @property
    def extract_dates(self) -> tuple[dt.date, ...]:
        return tuple(self.first_night + dt.timedelta(days=offset) for offset in range(self.nights))

    def delivers(self, dataset: str) -> bool:
        return self.datasets is None or dataset in self.datasets

    def stream(self, *parts: object) -> random.Random:
        """A generator of its own for one matter of one child: drawing more in one never shifts another."""
        return random.Random("/".join(map(str, (self.seed, self.authority, *parts))))


def pick(rng: random.Random, weights: Mapping[T, float]) -> T:
    """One key, as often as its weight says."""
    point = rng.random() * sum(weights.values())
    for key, weight in weights.items():
        point -= weight
        if point < 0:
            return key
    return key


def _within(name: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise ConfigurationError(f"{name} must be between {least:,} and {most:,}, not {value:,}.")
