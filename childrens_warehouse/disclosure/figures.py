"""Figures of one authority as arrays: indicator x slot (reporting date and period) x cell (dimension and member)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

# Arrays of int64 and of bool; numpy's own types know nothing of axes, and take a reduced array for a number.
Numbers: TypeAlias = Any
Flags: TypeAlias = Any

WHOLE = "all"
KEY = ("authority_code", "indicator_id", "definition_version", "as_at", "period", "dimension", "member")

# What is counted of a unit and must not be known where it is small: numerator, denominator, and what is between them.
# Of a mean the numerator is days, of a rate the denominator a whole population. A percentage of events to subjects who
# may have several each has no part and rest.
SENSITIVE = {
    "count": (True, False, False),
    "per_10k": (True, False, False),
    "percent": (True, True, True),
    "events_per_hundred": (True, True, False),
    "mean_days": (False, True, False),
    "mean": (False, True, False),
}


@dataclass(frozen=True)
class Slot:
    """A period and the day it ends on. starts: the day before its first one; None where it is a state on a day."""

    as_at: dt.date
    period: str
    starts: dt.date | None

    @property
    def is_of_whole_years(self) -> bool:
        """Does it begin and end with a financial year?"""
        return all(day is not None and (day.month, day.day) == (3, 31) for day in (self.starts, self.as_at))


@dataclass(frozen=True)
class Figures:
    """The figures of an authority.

    is_of_events: by indicator, do its periods add up? parts: cells that are part of a cell of another dimension, as
    types of placement are of groups. rows: number of the row of each indicator, slot and cell, -1 where there is none.
    counts: numerator, denominator and their difference, 0 where not known. is_known: is there a figure at all? few:
    are so few children behind it, whatever was counted, that it must not be shown? hidden_before, open_before: was it
    hidden or open in the release before, with the same numbers?
    """

    indicators: tuple[tuple[str, int], ...]
    units: tuple[str, ...]
    is_of_events: Flags
    slots: tuple[Slot, ...]
    cells: tuple[tuple[str, str], ...]
    parts: tuple[tuple[int, int], ...]
    rows: Numbers
    counts: Numbers
    is_known: Flags
    few: Flags
    hidden_before: Flags
    open_before: Flags

    @cached_property
    def sensitive(self) -> Flags:
        """By count and indicator: must it not be known where it is small?"""
        return np.array([SENSITIVE[unit] for unit in self.units], dtype=bool).T

    @cached_property
    def left_out(self) -> Flags:
        """By indicator, slot and cell: slices of events are for financial years alone."""
        in_part = np.array([slot.starts is None or not slot.is_of_whole_years for slot in self.slots], dtype=bool)
        is_slice = np.array([dimension != WHOLE for dimension, _ in self.cells], dtype=bool)
        return self.is_of_events[:, None, None] & in_part[:, None] & is_slice

    @cached_property
    def whole(self) -> int:
        return self.cells.index((WHOLE, WHOLE))

    @cached_property
    def dimensions(self) -> dict[str, Numbers]:
        """The cells of each dimension but the whole."""
        names = [dimension for dimension, _ in self.cells]
        return {
            name: np.array([at for at, each in enumerate(names) if each == name])
            for name in dict.fromkeys(names)
            if name != WHOLE
        }


def of_frame(frame: pd.DataFrame, parts: Iterable[tuple[tuple[str, str], tuple[str, str]]] = ()) -> Figures:
    """Arrays of one authority's rows. parts: (dimension, member) and the one of another dimension it is part of.

    Columns: `row`, the key without the authority, `unit`, `is_of_events`, `numerator`, `denominator`, `is_known`,
    `few`, `hidden_before`, `open_before`.
    """
    indicator_codes, indicators = pd.MultiIndex.from_frame(frame[["indicator_id", "definition_version"]]).factorize()
    slot_codes, slots = pd.MultiIndex.from_frame(frame[["as_at", "period"]]).factorize()
    cell_codes, cells = pd.MultiIndex.from_frame(frame[["dimension", "member"]]).factorize()
    places = (indicator_codes, slot_codes, cell_codes)
    shape = (len(indicators), len(slots), len(cells))

    def spread(values: pd.Series, kind: type, fill: object) -> npt.NDArray[Any]:
        array: npt.NDArray[Any] = np.full(shape, fill, dtype=kind)
        array[places] = values.fillna(fill).to_numpy(dtype=kind)
        return array

    numerator = spread(frame["numerator"], np.int64, 0)
    denominator = spread(frame["denominator"], np.int64, 0)
    place = {cell: at for at, cell in enumerate(cells)}
    of_indicator = frame.groupby(indicator_codes)[["unit", "is_of_events"]].first().loc[range(len(indicators))]
    return Figures(
        indicators=tuple(indicators),
        units=tuple(of_indicator["unit"]),
        is_of_events=of_indicator["is_of_events"].to_numpy(dtype=bool),
        slots=tuple(Slot(as_at, period, start_of(as_at, period)) for as_at, period in slots),
        cells=tuple(cells),
        parts=tuple((place[part], place[of]) for part, of in parts if part in place and of in place),
        rows=spread(frame["row"], np.int64, -1),
        counts=np.stack([numerator, denominator, np.maximum(denominator - numerator, 0)]),
        is_known=spread(frame["is_known"], np.bool_, False),
        few=spread(frame["few"], np.bool_, False),
        hidden_before=spread(frame["hidden_before"], np.bool_, False),
        open_before=spread(frame["open_before"], np.bool_, False),
    )


def start_of(as_at: dt.date, period: str) -> dt.date | None:
    """The day before the first of the period that ends on `as_at`."""
    tomorrow = as_at + dt.timedelta(days=1)
    if period in ("year_to_date", "school_year_to_date"):
        month = 4 if period == "year_to_date" else 9
        first = dt.date(as_at.year - (as_at.month < month), month, 1)
    elif period in _MONTHS:
        first = (pd.Timestamp(tomorrow) - pd.DateOffset(months=_MONTHS[period])).date()
    else:
        return None
    return first - dt.timedelta(days=1)


_MONTHS = {"month": 1, "quarter": 3, "rolling_12_months": 12}
