"""C10 and C11: reviews, care leavers, and children who go missing."""

from __future__ import annotations

import datetime as dt

from childrens_warehouse.pages.reading import Release
from childrens_warehouse.pages.sections import columns, pictures
from childrens_warehouse.pages.sections.building import build, lines
from childrens_warehouse.pages.tables import Section, over_time

_REVIEWS = ("cla_reviews_on_time_pct", "cla_review_participation_pct")
_LEAVERS = (
    "cl_suitable_accommodation_pct", "cl_neet_pct", "cl_eet_pct", "cl_activity_not_recorded_count",
    "cl_pathway_plan_up_to_date_pct", "cl_in_touch_pct",
)  # fmt: skip
_MISSING = (
    "cla_missing_count", "cla_missing_incidents_count", "cla_absent_unauthorised_count",
    "cla_absent_unauthorised_incidents_count",
)  # fmt: skip


def reviews(release: Release, as_at: dt.date) -> Section:
    """C10: reviews of children looked after."""
    return build(
        release, as_at, "c10", "C10", "Reviews",
        told=[(name, "year_to_date") for name in _REVIEWS],
        pictures=[pictures.over_time(release, as_at, name, "year_to_date") for name in _REVIEWS],
        tables=[
            over_time(
                release, "c10-months", "Year to date, month by month", lines("year_to_date", *_REVIEWS),
                columns.months(release, as_at),
            )
        ],
    )  # fmt: skip


def care_leavers(release: Release, as_at: dt.date) -> Section:
    """C10 again, as the paper numbers it: where care leavers live and what they do."""
    return build(
        release, as_at, "c10-care-leavers", "C10", "Care leavers",
        told=[(name, "snapshot") for name in _LEAVERS[:4]],
        pictures=[pictures.over_time(release, as_at, name, months=13) for name in _LEAVERS[:2]],
        tables=[
            over_time(
                release, "c10-care-leavers-quarters", "At the end of each quarter", lines("snapshot", *_LEAVERS),
                columns.quarters(release, as_at),
            )
        ],
    )  # fmt: skip


def missing(release: Release, as_at: dt.date) -> Section:
    """C11: children who were missing or away without authorisation."""
    return build(
        release, as_at, "c11", "C11", "Children who go missing",
        told=[(name, "quarter" if as_at.month % 3 == 0 else "month") for name in _MISSING[::2]],
        pictures=[pictures.in_quarters(release, as_at, name) for name in _MISSING[::2]],
        tables=[
            over_time(
                release, "c11-quarters", "In each quarter", lines("quarter", *_MISSING),
                [each for each in columns.quarters(release, as_at) if each[1] in release.quarter_ends],
            ),
            over_time(
                release, "c11-months", "In each month", lines("month", *_MISSING), columns.months(release, as_at)
            ),
        ],
    )  # fmt: skip
