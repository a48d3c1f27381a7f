"""What is published of each indicator: its values for the whole, and what they are held against.

From the suppressed mart where there is one; else from the child-level one, whose figures are for few.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from childrens_warehouse import sql
from childrens_warehouse.settings import Home

AGGREGATE = "marts_aggregate.duckdb"
POINTS = 13

_COLUMNS = (
    "indicator_id, authority_code, dimension, member, as_at, period, value, display, numerator, denominator, unit,"
    " disclosure, target, statistical_neighbour, england"
)
_NEWEST_DEFINITION = "qualify definition_version = max(definition_version) over (partition by indicator_id)"


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
    """Values of the published release.

    points: (indicator, authority) -> period -> values of the whole, oldest first.
    members: (indicator, authority, period, dimension) -> member -> its last value.
    """

    source: Path | None = None
    is_suppressed: bool = False
    points: Mapping[tuple[str, str], Mapping[str, tuple[Point, ...]]] = field(default_factory=dict)
    members: Mapping[tuple[str, str, str, str], Mapping[str, Point]] = field(default_factory=dict)

    def authorities(self) -> list[str]:
        return sorted({authority for _, authority in self.points})

    def series(self, indicator_id: str, authority: str, period: str, most: int = POINTS) -> tuple[Point, ...]:
        """The last values, oldest first; those before the first that was ever known are left out."""
        found = self.points.get((indicator_id, authority), {}).get(period, ())
        known = [number for number, point in enumerate(found) if point.disclosure != "not_available"]
        return found[max(known[0], len(found) - most) :] if known else found[-1:]


def read(home: Home, slices: Collection[tuple[str, str]] = ()) -> Published:
    """The values of the current release; none if nothing was published. slices: (indicator, dimension) to read too."""
    aggregate = home.published / AGGREGATE
    source = aggregate if aggregate.exists() else home.marts
    if not source.exists():
        return Published()
    points: dict[tuple[str, str], dict[str, list[Point]]] = defaultdict(lambda: defaultdict(list))
    members: dict[tuple[str, str, str, str], dict[str, Point]] = defaultdict(dict)
    with duckdb.connect() as connection:
        connection.execute(f"attach {sql.literal(source)} as release (read_only)")
        for indicator_id, authority, _, _, *rest in connection.execute(
            f"select {_COLUMNS} from release.indicator_value where dimension = 'all' {_NEWEST_DEFINITION}"
            " order by as_at"
        ).fetchall():
            point = Point(*rest)
            points[indicator_id, authority][point.period].append(point)
        for indicator_id, dimension in slices:
            for _, authority, _, member, *rest in connection.execute(
                f"select {_COLUMNS} from release.indicator_value"
                f" where indicator_id = ? and dimension = ? and disclosure <> 'not_available' {_NEWEST_DEFINITION}"
                " and as_at = max(as_at) over (partition by authority_code, period)",
                (indicator_id, dimension),
            ).fetchall():
                point = Point(*rest)
                members[indicator_id, authority, point.period, dimension][member] = point
    kept = {key: {period: tuple(found) for period, found in periods.items()} for key, periods in points.items()}
    return Published(source, source == aggregate, kept, dict(members))
