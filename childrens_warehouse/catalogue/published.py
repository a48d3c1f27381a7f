"""What is published of each indicator: its values for the whole, and what they are held against.

From the suppressed mart where there is one; else from the child-level one, whose figures are for few.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from childrens_warehouse import sql
from childrens_warehouse.settings import Home

AGGREGATE = "marts_aggregate.duckdb"
POINTS = 13


@dataclass(frozen=True)
class Point:
    """One value of an indicator for one authority and period."""

    as_at: dt.date
    period: str
    value: float | None
    display: str | None
    numerator: int | None
    denominator: int | None
    unit: str
    disclosure: str
    target: float | None
    statistical_neighbour: float | None
    england: float | None

    @property
    def shown(self) -> str:
        """The value as people read it; why not where there is none."""
        if self.display is None:
            return self.disclosure.replace("_", " ")
        return f"{self.display} %" if self.unit == "percent" and self.value is not None else self.display


@dataclass(frozen=True)
class Published:
    """Values of the published release. points: (indicator, authority) -> period -> values, oldest first."""

    source: Path | None = None
    is_suppressed: bool = False
    points: Mapping[tuple[str, str], Mapping[str, tuple[Point, ...]]] = field(default_factory=dict)

    def authorities(self) -> list[str]:
        return sorted({authority for _, authority in self.points})

    def series(self, indicator_id: str, authority: str, period: str, most: int = POINTS) -> tuple[Point, ...]:
        """The last values, oldest first; those before the first that was ever known are left out."""
        found = self.points.get((indicator_id, authority), {}).get(period, ())
        known = [number for number, point in enumerate(found) if point.disclosure != "not_available"]
        return found[max(known[0], len(found) - most) :] if known else found[-1:]


def read(home: Home) -> Published:
    """The values of the current release; none if nothing was published."""
    aggregate = home.published / AGGREGATE
    source = aggregate if aggregate.exists() else home.marts
    if not source.exists():
        return Published()
    with duckdb.connect() as connection:
        connection.execute(f"attach {sql.literal(source)} as release (read_only)")
        rows = connection.execute(
            """
            select indicator_id, authority_code, as_at, period, value, display, numerator, denominator, unit,
                disclosure, target, statistical_neighbour, england
            from release.indicator_value
            where dimension = 'all'
            qualify definition_version = max(definition_version) over (partition by indicator_id)
            order by as_at
            """
        ).fetchall()
    points: dict[tuple[str, str], dict[str, list[Point]]] = defaultdict(lambda: defaultdict(list))
    for indicator_id, authority, *rest in rows:
        point = Point(*rest)
        points[indicator_id, authority][point.period].append(point)
    kept = {key: {period: tuple(found) for period, found in periods.items()} for key, periods in points.items()}
    return Published(source, source == aggregate, kept)
