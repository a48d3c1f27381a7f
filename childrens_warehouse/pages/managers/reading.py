"""What the managers' pages read of a release: work lists, and the children behind figures."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from childrens_warehouse.errors import WarehouseError
from childrens_warehouse.pages.managers.worklists import STATUSES, Row, WorkList
from childrens_warehouse.pages.reading import Edition, Release, open_release
from childrens_warehouse.settings import Home

# Indicators of the panel report whose subjects are children with a team: the period each is printed for, and what the
# child's own figure (`measure`) is.
HEADLINES: Mapping[tuple[str, str], str] = {
    ("cla_count", "snapshot"): "Months in care",
    ("cla_three_plus_placements_pct", "year_to_date"): "Placements",
    ("cla_long_term_stability_pct", "snapshot"): "Months in care",
    ("cla_over_20_miles_pct", "snapshot"): "Months in care",
    ("cla_reviews_on_time_pct", "year_to_date"): "Reviews not on time",
    ("health_assessment_up_to_date_pct", "snapshot"): "Days since the last",
    ("dental_check_up_to_date_pct", "snapshot"): "Days since the last",
    ("sdq_completion_pct", "snapshot"): "Score",
    ("cla_sessions_missed_pct_1yr", "school_year_to_date"): "Sessions missed, %",
    ("cla_persistent_absence_pct_1yr", "school_year_to_date"): "Sessions missed, %",
    ("cla_fixed_exclusion_pct_1yr", "school_year_to_date"): "Suspensions",
    ("cla_new_previously_permanent_pct", "year_to_date"): "Own figure",
    ("cla_ceased_adopted_pct", "year_to_date"): "Days in care",
    ("cl_suitable_accommodation_pct", "snapshot"): "Days since contact",
    ("cl_neet_pct", "snapshot"): "Days since contact",
}

_CHILD = (
    "child_key", "team_name", "worker_key", "in_denominator", "in_numerator", "is_counted", "measure", "rule",
    "first_event_on", "last_event_on", "looked_after_since", "placed_since", "on_protection_plan_since",
)  # fmt: skip


@dataclass(frozen=True)
class Child:
    """One child behind a figure: a row of `indicator_child`."""

    child_key: int
    team_name: str
    worker_key: int
    in_denominator: int
    in_numerator: int
    is_counted: bool
    measure: float | None
    rule: str
    first_event_on: dt.date | None
    last_event_on: dt.date | None
    looked_after_since: dt.date | None
    placed_since: dt.date | None
    on_protection_plan_since: dt.date | None


class ChildLevel:
    """The same release, its rows about children. Raises WarehouseError where it was published without any."""

    def __init__(self, release: Release) -> None:
        self.figures = release

    def worklist(self, worklist: WorkList) -> list[Row]:
        """The rows of one list, the most urgent first."""
        ranks = " ".join(f"when '{status}' then {rank}" for rank, status in enumerate(STATUSES))
        return self._named(
            f"select * from release.{worklist.table} where authority_code = ?"
            f" order by case status {ranks} end, {worklist.order}, child_key",
            self.figures.authority,
        )

    def children(self) -> dict[tuple[str, str], list[Child]]:
        """The children behind the figures of the night that the pages show, by indicator and period."""
        wanted = ", ".join("(?, ?)" for _ in HEADLINES)
        found = self.figures.rows(
            f"select indicator_id, period, {', '.join(_CHILD)} from release.indicator_child"
            f" where authority_code = ? and as_at = ? and (indicator_id, period) in ({wanted})"
            " order by measure desc nulls last, last_event_on desc nulls last, looked_after_since nulls last,"
            " child_key",
            self.figures.authority, self.figures.night, *(part for headline in HEADLINES for part in headline),
        )  # fmt: skip
        behind: dict[tuple[str, str], list[Child]] = {headline: [] for headline in HEADLINES}
        for indicator_id, period, *row in found:
            behind[indicator_id, period].append(Child(*row))
        return behind

    def keys(self) -> set[int]:
        """All children that any page may name."""
        found = self.figures.rows(
            "select distinct child_key from release.dim_child where authority_code = ?", self.figures.authority
        )
        return {key for (key,) in found}

    def workers(self) -> set[int]:
        found = self.figures.rows(
            "select distinct worker_key from release.dim_worker where authority_code = ?", self.figures.authority
        )
        return {key for (key,) in found}

    def _named(self, query: str, *parameters: Any) -> list[Row]:
        names = [name for name, *_ in self.figures.rows(f"describe {query.replace('?', 'null')}")]
        return [dict(zip(names, row, strict=True)) for row in self.figures.rows(query, *parameters)]


@contextmanager
def open_child_level(home: Home, authority: str) -> Iterator[ChildLevel]:
    """Open what is published. Raises WarehouseError where nothing is, or nothing with work lists."""
    with open_release(home, Edition.MANAGER, authority) as release:
        present = {
            name
            for (name,) in release.rows(
                "select table_name from duckdb_tables() union select view_name from duckdb_views()"
            )
        }
        if not {"worklist_review_due", "indicator_child"} <= present:
            raise WarehouseError(f"Release {release.release_id} has no work lists: build and publish a night again.")
        yield ChildLevel(release)
