"""Invented figures for pictures."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from childrens_warehouse.pages.reading import Figure

_NOTHING: dict[str, Any] = {
    "numerator": None, "denominator": None, "lower_95": None, "upper_95": None, "target": None, "rag": None,
    "statistical_neighbour": None, "england": None, "previous": None, "previous_year": None, "change": None,
    "direction_of_travel": None, "is_beyond_chance": None, "process_mean": None, "process_lower": None,
    "process_upper": None, "variation": None, "variation_rule": None, "assurance": None,
}  # fmt: skip


def figure(value: float | None, as_at: dt.date = dt.date(2017, 3, 31), **given: Any) -> Figure:
    """A figure of one day; without a value it is not available."""
    rest: dict[str, Any] = {
        **_NOTHING, "indicator_id": "cla_made_up_pct", "definition_version": 1, "period": "snapshot",
        "dimension": "all", "member": "all", "member_label": "All", "unit": "percent", "finality": "final",
        "direction": "high", "disclosure": "open" if value is not None else "not_available",
        "display": None if value is None else f"{value:.1f}",
    }  # fmt: skip
    return Figure(**{**rest, "value": value, "as_at": as_at, **given})


def hidden(as_at: dt.date = dt.date(2017, 3, 31), **given: Any) -> Figure:
    """A suppressed figure."""
    return figure(None, as_at, **{"disclosure": "suppressed", **given})


def month_ends(count: int, last: dt.date = dt.date(2017, 3, 31)) -> list[dt.date]:
    """The last month ends, oldest first."""
    found = [last]
    while len(found) < count:
        found.append(found[-1].replace(day=1) - dt.timedelta(days=1))
    return found[::-1]


def series(values: Sequence[float | str | None], **given: Any) -> list[Figure]:
    """Figures of month ends; "c" is suppressed, None not available."""
    days = month_ends(len(values))
    return [
        hidden(day, **given) if value == "c" else figure(value, day, **given)  # type: ignore[arg-type]
        for day, value in zip(days, values, strict=True)
    ]


def counted(numerator: int, denominator: int, **given: Any) -> Figure:
    """A share with its numerator and denominator."""
    return figure(100 * numerator / denominator, numerator=numerator, denominator=denominator, **given)


def children(number: int | None, **given: Any) -> Figure:
    """A number of children; None is suppressed."""
    if number is None:
        return hidden(unit="count", **given)
    return figure(float(number), numerator=number, display=str(number), unit="count", **given)
