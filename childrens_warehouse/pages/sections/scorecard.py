"""The Children and Families scorecard: every indicator that is printed under a TS number, in their order."""

from __future__ import annotations

import datetime as dt
import re

from childrens_warehouse.pages.reading import Indicator, Release
from childrens_warehouse.pages.sections import scored
from childrens_warehouse.pages.sections.building import build
from childrens_warehouse.pages.sections.scored import Scored
from childrens_warehouse.pages.tables import Section

_REFERENCE = re.compile(r"TS(\d+)(?:-TS\d+)?")
# The first that an indicator has is shown.
_PERIODS = ("snapshot", "year_to_date", "school_year_to_date", "rolling_12_months", "quarter", "month")
# The last number of a group, and what its figures are about.
_GROUPS = (
    (6, "Assessment and child protection"), (9, "Reviews and stability"), (10, "Care leavers"), (14, "Health"),
    (15, "Adoption"), (19, "Absence and exclusion"), (20, "Distance"), (27, "Plans and attainment"),
)  # fmt: skip


def scorecard(release: Release, as_at: dt.date) -> Section:
    """TS2 to TS27."""
    found = sorted(
        (int(match[1]), indicator.indicator_id, match[0], indicator)
        for indicator in release.indicators.values()
        if (match := _REFERENCE.search(indicator.reference_numbers))
    )
    groups = []
    first = 0
    for last, title in _GROUPS:
        members = [_scored(indicator, reference) for number, _, reference, indicator in found if first < number <= last]
        groups.append((title, members))
        first = last
    table = scored.table(release, as_at, "scorecard-table", "Scorecard", groups)
    return build(release, as_at, "scorecard", "TS", "Scorecard", tables=[table])


def _scored(indicator: Indicator, reference: str) -> Scored:
    period = next(each for each in _PERIODS if each in indicator.periods.split())
    return Scored(indicator.indicator_id, period, reference, only_if_known=indicator.cadence == "annual")
