"""What a regional page reads: the suppressed figures of a release, and nothing else.

There is one edition: beside its own, an authority's readers may see no figure of another that is not for everybody.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import duckdb

from childrens_warehouse.catalogue import rules
from childrens_warehouse.errors import WarehouseError
from childrens_warehouse.pages.reading import (
    NOT_AVAILABLE,
    SUPPRESSED,
    Edition,
    Indicator,
    authority_name,
    connected,
    definitions,
)
from childrens_warehouse.pages.words import month_end_before
from childrens_warehouse.settings import Home

ENGLAND = "England"

# In the order of the page.
HEADLINES: tuple[tuple[str, str], ...] = (
    ("cla_rate_per_10k", "snapshot"),
    ("cla_three_plus_placements_pct", "year_to_date"),
    ("cla_long_term_stability_pct", "snapshot"),
    ("cla_over_20_miles_pct", "snapshot"),
    ("cla_reviews_on_time_pct", "year_to_date"),
    ("health_assessment_up_to_date_pct", "snapshot"),
    ("dental_check_up_to_date_pct", "snapshot"),
    ("sdq_completion_pct", "snapshot"),
    ("cla_sessions_missed_pct_1yr", "school_year_to_date"),
    ("cla_persistent_absence_pct_1yr", "school_year_to_date"),
    ("cl_suitable_accommodation_pct", "snapshot"),
    ("cl_neet_pct", "snapshot"),
)


@dataclass(frozen=True)
class Standing:
    """One authority in one figure. rank, value: None where it has none to show; shown says why."""

    authority: str
    name: str
    shown: str
    value: float | None = None
    numerator: int | None = None
    denominator: int | None = None
    rank: int | None = None
    position: str | None = None
    reading: str | None = None

    @property
    def is_beyond(self) -> bool:
        return self.position not in (None, "within")


@dataclass(frozen=True)
class RegionalFigure:
    """One figure of a region. standings: of all its authorities, the best first, those without a figure last.

    rate: what the funnel stands around, as a share or events for one of the denominator. chance: binomial or poisson;
    None where there is no funnel.
    """

    indicator: Indicator
    region: str
    as_at: dt.date
    period: str
    display: str | None
    value: float | None
    members: int
    members_counted: int
    lower_quartile: float | None
    median: float | None
    upper_quartile: float | None
    rate: float | None
    chance: str | None
    standings: tuple[Standing, ...]

    @property
    def known(self) -> tuple[Standing, ...]:
        return tuple(each for each in self.standings if each.value is not None)

    @property
    def missing(self) -> tuple[Standing, ...]:
        return tuple(each for each in self.standings if each.value is None)


class Regions:
    """The regional figures of an open release."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        (self.release_id, self.published_at) = connection.execute(
            "select release_id, published_at from release.release"
        ).fetchall()[0]
        self.indicators = definitions(connection)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Regions that have figures."""
        found = self._rows("select distinct region from release.regional_indicator_value order by 1")
        return tuple(region for (region,) in found)

    @cached_property
    def month_ends(self) -> tuple[dt.date, ...]:
        found = self._rows("select distinct as_at from release.regional_indicator_value order by 1")
        return tuple(as_at for (as_at,) in found if month_end_before(as_at, 0) == as_at)

    def members(self, region: str) -> tuple[str, ...]:
        """Codes of the authorities of a region in the release."""
        found = self._rows("select distinct authority_code from release.indicator_value order by 1")
        return tuple(code for (code,) in found if region in (rules.regions().get(code), ENGLAND))

    def figures(self, region: str, as_at: dt.date) -> tuple[RegionalFigure, ...]:
        """The headline figures that the release has of a region, in the order of the page."""
        found = (self._figure(region, as_at, *headline) for headline in HEADLINES)
        return tuple(each for each in found if each is not None)

    def _figure(self, region: str, as_at: dt.date, indicator_id: str, period: str) -> RegionalFigure | None:
        indicator = self.indicators.get(indicator_id)
        if indicator is None:
            return None
        key = (indicator_id, indicator.definition_version, as_at, period)
        one = "indicator_id = ? and definition_version = ? and as_at = ? and period = ?"
        found = self._rows(
            "select display, value, members, members_counted, lower_quartile, median, upper_quartile,"
            " numerator / cast(nullif(denominator, 0) as double)"
            f" from release.regional_indicator_value where {one} and dimension = 'all' and region = ?",
            *key, region,
        )  # fmt: skip
        if not found:
            return None
        display, value, members, counted, low, middle, high, rate = found[0]
        ranked = {
            row[0]: Standing(row[0], authority_name(row[0]), *row[1:])
            for row in self._rows(
                "select authority_code, display, value, numerator, denominator, rank_in_region, funnel_position,"
                f" funnel_reading from release.regional_ranking where {one} and region = ?",
                *key, region,
            )
        }  # fmt: skip
        of_authorities = self._rows(
            "select authority_code, disclosure, display, value, numerator, denominator from release.indicator_value"
            f" where {one} and dimension = 'all'",
            *key,
        )
        # Who is the only one with a figure is not ranked.
        others = [
            Standing(code, authority_name(code), *measures)
            if disclosure == "open"
            else Standing(code, authority_name(code), SUPPRESSED if disclosure == "suppressed" else NOT_AVAILABLE)
            for code, disclosure, *measures in of_authorities
            if code not in ranked and code in self.members(region)
        ]
        has_funnel = any(each.position for each in ranked.values())
        is_binomial = self._rows(
            "select interval_method = 'wilson' from release.indicator"
            " where indicator_id = ? and definition_version = ?",
            *key[:2],
        )[0][0]
        return RegionalFigure(
            indicator, region, as_at, period, display, value, members, counted, low, middle, high, rate,
            ("binomial" if is_binomial else "poisson") if has_funnel else None,
            (
                *sorted(ranked.values(), key=lambda each: (each.rank or 0, each.name)),
                *sorted(others, key=lambda each: (each.value is None, each.name)),
            ),
        )  # fmt: skip

    def _rows(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        return self._connection.execute(query, parameters).fetchall()


@contextmanager
def open_regions(home: Home) -> Iterator[Regions]:
    """Open the suppressed figures that are published. Raises WarehouseError where nothing is, or no region."""
    with connected(home, Edition.PUBLIC) as connection:
        regions = Regions(connection)
        try:
            has_any = bool(regions.names)
        except duckdb.CatalogException:
            raise WarehouseError("The release is of an earlier program and has no regional figures.") from None
        if not has_any:
            raise WarehouseError("The release has figures of no region: that takes two authorities.")
        yield regions
