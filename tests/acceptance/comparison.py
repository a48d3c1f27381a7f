"""Compare what a night published with the figures that a report prints."""

from __future__ import annotations

import csv
import dataclasses
import datetime as dt
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import duckdb

from childrens_warehouse.settings import Settings

# Each figure with its paper and line: 002 is the agenda of Harrow's Corporate Parenting Panel, 14 June 2017.
FILES = ("panel_report_march_2017.csv", "attainment_2011_2016.csv")


@dataclasses.dataclass(frozen=True)
class Figure:
    """One printed figure. Without a numerator only the printed share is known; without a denominator it is a count."""

    indicator: str
    as_at: dt.date
    period: str
    slice: str
    numerator: int | None
    denominator: int | None
    printed: str
    decimals: int
    where: str

    @property
    def key(self) -> tuple[str, dt.date, str, str]:
        return self.indicator, self.as_at, self.period, self.slice


@dataclasses.dataclass(frozen=True)
class Computed:
    numerator: int | None
    denominator: int | None
    value: float | None


@dataclasses.dataclass(frozen=True)
class Compared:
    figure: Figure
    computed: Computed | None

    @property
    def rounded(self) -> str:
        """The value at the precision of the printed one, half up."""
        if self.computed is None or self.computed.value is None:
            return "-"
        places = Decimal(1).scaleb(-self.figure.decimals)
        # A share is the nearest float to a fraction: enough digits say which way a half goes.
        value = Decimal(f"{self.computed.value:.9f}")
        return str(value.quantize(places, ROUND_HALF_UP))

    @property
    def is_equal(self) -> bool:
        figure, computed = self.figure, self.computed
        if computed is None or computed.value is None:
            return False
        if figure.numerator is not None and figure.numerator != computed.numerator:
            return False
        if figure.denominator is not None and figure.denominator != computed.denominator:
            return False
        return not figure.printed or Decimal(figure.printed) == Decimal(self.rounded)


def figures() -> tuple[Figure, ...]:
    """Every figure of the report, in its order."""
    return tuple(_figure(row) for name in FILES for row in _rows(name))


def _rows(name: str) -> list[dict[str, str]]:
    with (Path(__file__).parent / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _figure(row: dict[str, str]) -> Figure:
    return Figure(
        indicator=row["indicator"],
        as_at=dt.date.fromisoformat(row["as_at"]),
        period=row["period"],
        slice=row["slice"],
        numerator=int(row["numerator"]) if row["numerator"] else None,
        denominator=int(row["denominator"]) if row["denominator"] else None,
        printed=row["printed"],
        decimals=int(row["decimals"]),
        where=row["where"],
    )


def compare(settings: Settings, wanted: Iterable[Figure] | None = None) -> tuple[Compared, ...]:
    """Each figure with what the published marts hold for it."""
    with duckdb.connect(str(settings.home.published / "marts.duckdb"), read_only=True) as connection:
        rows = connection.execute(
            """
            select
                indicator_id, as_at, period, case dimension when 'all' then 'all' else dimension || '=' || member end,
                numerator, denominator, value
            from marts.indicator_value
            qualify definition_version = max(definition_version) over (partition by indicator_id)
            """
        ).fetchall()
    computed = {(indicator, as_at, period, of): Computed(*found) for indicator, as_at, period, of, *found in rows}
    return tuple(Compared(figure, computed.get(figure.key)) for figure in wanted or figures())
