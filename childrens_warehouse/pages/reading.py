"""The only place where a page opens a release. Two editions: `public` reads the suppressed figures and has no way to
any others, `panel` reads the figures of the child-level mart, and no row about a child but to count them (`crossing`).

What is not known of a figure stays apart: suppressed figures are `c`, figures that do not exist have their reason.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields
from enum import StrEnum
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import duckdb

from childrens_warehouse import sql
from childrens_warehouse.catalogue import rules
from childrens_warehouse.errors import WarehouseError
from childrens_warehouse.pages.words import month_end_before
from childrens_warehouse.publish import release_tables
from childrens_warehouse.settings import Home

SUPPRESSED, NOT_AVAILABLE = "c", "–"
ALL = "all"


class Edition(StrEnum):
    """Whom the file is for, and so what it may show."""

    PUBLIC = "public"
    PANEL = "panel"
    MANAGER = "manager"


@dataclass(frozen=True)
class Indicator:
    """One definition, in the version that the release's figures have."""

    indicator_id: str
    definition_version: int
    title: str
    definition: str
    population: str
    numerator: str
    exclusions: str
    clock: str
    rounding: str
    reading: str | None
    statutory_source: str
    definition_owner: str
    owner: str
    unit: str
    decimals: int
    direction: str
    cadence: str
    periods: str
    reference_numbers: str
    valid_from: dt.date | None
    valid_to: dt.date | None

    @property
    def is_of_year_to_date(self) -> bool:
        return "year_to_date" in self.periods.split()


@dataclass(frozen=True)
class Figure:
    """One row of `indicator_value`; its columns have the units and meanings that they have there."""

    indicator_id: str
    definition_version: int
    as_at: dt.date
    period: str
    dimension: str
    member: str
    member_label: str
    numerator: int | None
    denominator: int | None
    value: float | None
    display: str | None
    unit: str
    lower_95: float | None
    upper_95: float | None
    finality: str
    disclosure: str
    target: float | None
    rag: str | None
    statistical_neighbour: float | None
    england: float | None
    previous: float | None
    previous_year: float | None
    change: float | None
    direction_of_travel: str | None
    is_beyond_chance: bool | None
    process_mean: float | None
    process_lower: float | None
    process_upper: float | None
    variation: str | None
    variation_rule: str | None
    assurance: str | None
    direction: str

    @property
    def is_suppressed(self) -> bool:
        return self.disclosure == "suppressed"

    @property
    def is_available(self) -> bool:
        return self.disclosure == "open"

    @property
    def shown(self) -> str:
        """The figure as a page prints it: `display`, or the mark of what is not shown."""
        if self.is_suppressed:
            return SUPPRESSED
        return self.display if self.display is not None else NOT_AVAILABLE

    @property
    def with_unit(self) -> str:
        """The same in running text."""
        return f"{self.shown}%" if self.unit == "percent" and self.is_available else self.shown

    @property
    def reason(self) -> str:
        """Why there is no figure, where there is none."""
        if self.denominator == 0:
            return "Nobody to count"
        return "Not known: nothing was delivered that tells it for this day, or the definition does not cover it"

    @property
    def marks(self) -> dict[str, str]:
        """Data attributes of every cell that shows it: which row of `indicator_value` it is."""
        return {
            "data-indicator": self.indicator_id,
            "data-version": str(self.definition_version),
            "data-as-at": self.as_at.isoformat(),
            "data-period": self.period,
            "data-dimension": self.dimension,
            "data-member": self.member,
            "data-disclosure": self.disclosure,
        }


_FIGURE = tuple(field.name for field in fields(Figure))
_INDICATOR = tuple(field.name for field in fields(Indicator))

# By day, period and member.
_Figures = dict[tuple[dt.date, str, str], Figure]


class Release:
    """An open release, for one authority. Definitions of an indicator other than its newest are not read."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, edition: Edition, authority: str) -> None:
        self._connection = connection
        self.edition = edition
        self.authority = authority
        (self.release_id, self.night, self.published_at) = self.rows(
            "select release_id, as_at, published_at from release.release"
        )[0]
        self._slices = cache(self._read_slices)

    @property
    def council(self) -> str:
        """Name of the authority."""
        return authority_name(self.authority)

    @cached_property
    def sources(self) -> Mapping[str, dt.date | None]:
        """Source -> as of which night it is known; None where it never came. Empty where the release does not say."""
        try:
            of_source = f"select source, as_of from release.{release_tables.SOURCE.name} where authority_code = ?"
            return dict(self.rows(of_source, self.authority))
        except duckdb.CatalogException:
            return {}

    @cached_property
    def indicators(self) -> Mapping[str, Indicator]:
        return definitions(self._connection)

    @cached_property
    def month_ends(self) -> tuple[dt.date, ...]:
        """Complete month ends that the release has figures of, oldest first."""
        days = {as_at for figures in self._wholes.values() for as_at, _, _ in figures}
        return tuple(sorted(as_at for as_at in days if month_end_before(as_at, 0) == as_at))

    @cached_property
    def quarter_ends(self) -> tuple[dt.date, ...]:
        return tuple(as_at for as_at in self.month_ends if as_at.month % 3 == 0)

    @cached_property
    def year_ends(self) -> tuple[dt.date, ...]:
        """Ends of financial years."""
        return tuple(as_at for as_at in self.month_ends if as_at.month == 3)

    def has(self, indicator_id: str) -> bool:
        return indicator_id in self.indicators

    def figure(
        self, indicator_id: str, as_at: dt.date, period: str, dimension: str = ALL, member: str = ALL
    ) -> Figure | None:
        """One figure; None where the release has no such row."""
        found = self._wholes.get(indicator_id, {}) if dimension == ALL else self._slices(indicator_id, dimension)
        return found.get((as_at, period, member))

    def series(
        self, indicator_id: str, period: str, until: dt.date, months: int = 13, dimension: str = ALL, member: str = ALL
    ) -> list[Figure]:
        """The figures of the last month ends up to a day, oldest first, from the first that is known."""
        wanted = [as_at for as_at in self.month_ends if as_at <= until][-months:]
        return _from_first_known(
            [found for as_at in wanted if (found := self.figure(indicator_id, as_at, period, dimension, member))]
        )

    def quarters(
        self, indicator_id: str, period: str, until: dt.date, quarters: int = 4, dimension: str = ALL, member: str = ALL
    ) -> list[Figure]:
        """The same of quarter ends."""
        wanted = [as_at for as_at in self.quarter_ends if as_at <= until][-quarters:]
        return _from_first_known(
            [found for as_at in wanted if (found := self.figure(indicator_id, as_at, period, dimension, member))]
        )

    def members(self, indicator_id: str, as_at: dt.date, period: str, dimension: str) -> list[Figure]:
        """The slices one way, in the order in which they are always shown, unknown last."""
        order = {member: number for number, member in enumerate(rules.members(dimension))}
        found = [
            figure
            for (day, span, _), figure in self._slices(indicator_id, dimension).items()
            if (day, span) == (as_at, period)
        ]
        return sorted(
            found, key=lambda each: (each.member == "unknown", order.get(each.member, len(order)), each.member)
        )

    def counts(self, query: str, as_at: dt.date) -> list[tuple[Any, ...]]:
        """Numbers of children that no indicator has, of $1 the authority and $2 a day; for `crossing` alone.

        Raises ValueError in the public edition; nothing where the release has none of these tables.
        """
        if self.edition is not Edition.PANEL:
            raise ValueError("the public edition counts no rows")
        try:
            return self.rows(query, self.authority, as_at)
        except duckdb.CatalogException:
            return []

    @cached_property
    def _wholes(self) -> dict[str, _Figures]:
        found: dict[str, _Figures] = {}
        for figure in self._read("dimension = 'all'"):
            found.setdefault(figure.indicator_id, {})[figure.as_at, figure.period, figure.member] = figure
        return found

    def _read_slices(self, indicator_id: str, dimension: str) -> _Figures:
        found = self._read("indicator_id = ? and dimension = ?", indicator_id, dimension)
        return {(figure.as_at, figure.period, figure.member): figure for figure in found}

    def _read(self, condition: str, *parameters: str) -> Iterator[Figure]:
        """Figures by the newest definition of their indicator."""
        for row in self.rows(
            f"select {', '.join(_FIGURE)} from release.indicator_value where authority_code = ? and {condition}",
            self.authority, *parameters,
        ):  # fmt: skip
            figure = Figure(*row)
            if figure.definition_version == self.indicators[figure.indicator_id].definition_version:
                yield figure

    def rows(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """What a query of the release answers, whose tables are `release.<table>`."""
        return self._connection.execute(query, parameters).fetchall()


def definitions(connection: duckdb.DuckDBPyConnection) -> Mapping[str, Indicator]:
    """The newest definition of each indicator of an open release."""
    found = connection.execute(
        f"select {', '.join(_INDICATOR)} from release.indicator"
        " qualify definition_version = max(definition_version) over (partition by indicator_id) order by all"
    ).fetchall()
    return {row[0]: Indicator(*row) for row in found}


def database(home: Home, edition: Edition) -> Path:
    """The published file that an edition reads."""
    return home.marts_aggregate if edition is Edition.PUBLIC else home.marts


@contextmanager
def open_release(home: Home, edition: Edition, authority: str) -> Iterator[Release]:
    """Open what is published, read only. It stays the same release until it is closed, whatever is published meanwhile.

    Raises WarehouseError where nothing is published, or nothing of this authority.
    """
    with connected(home, edition) as connection:
        if authority not in (known := _authorities(connection)):
            raise WarehouseError(f"The release has no figures of authority {authority}; it has {', '.join(known)}.")
        yield Release(connection, edition, authority)


def authorities(home: Home, edition: Edition) -> list[str]:
    """Codes of the authorities that the published release has figures of."""
    with connected(home, edition) as connection:
        return _authorities(connection)


def authority_name(authority: str) -> str:
    """Name of an authority by its three-digit code; the code where no list has it."""
    return rules.authorities().get(authority, f"Authority {authority}")


@contextmanager
def connected(home: Home, edition: Edition) -> Iterator[duckdb.DuckDBPyConnection]:
    """What is published for an edition, as database `release`. Raises WarehouseError where nothing is."""
    source = database(home, edition)
    if not source.exists():
        raise WarehouseError(f"Nothing is published: there is no {source}. Run a night first (make nightly).")
    with duckdb.connect() as connection:
        connection.execute(f"attach {sql.literal(source)} as release (read_only)")
        yield connection


def _authorities(connection: duckdb.DuckDBPyConnection) -> list[str]:
    found = connection.execute("select distinct authority_code from release.indicator_value order by 1").fetchall()
    return [authority for (authority,) in found]


def _from_first_known(figures: list[Figure]) -> list[Figure]:
    known = [number for number, figure in enumerate(figures) if figure.disclosure != "not_available"]
    return figures[known[0] :] if known else []
