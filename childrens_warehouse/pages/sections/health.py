"""C7, and the thirteen months of health assessments that councillors asked for."""

from __future__ import annotations

import datetime as dt

from childrens_warehouse.pages.reading import Release
from childrens_warehouse.pages.sections import columns, pictures
from childrens_warehouse.pages.sections.building import build, lines
from childrens_warehouse.pages.tables import Section, over_time

_SNAPSHOT = (
    "dental_check_up_to_date_pct", "annual_health_assessment_pct", "immunisations_up_to_date_pct", "sdq_completion_pct",
)  # fmt: skip
_NAMES = ("Dental checks", "Health assessments", "Immunisations", "Questionnaires")
_SCORES = (
    "sdq_average_score", "sdq_band_normal_pct", "sdq_band_borderline_pct", "sdq_band_concern_pct",
    "sdq_completion_12_months_pct",
)  # fmt: skip
_TIMELY = ("iha_within_20wd_pct", "rha_on_time_pct")


def health(release: Release, as_at: dt.date) -> Section:
    """C7: assessments, dental checks, immunisations, strengths and difficulties."""
    return build(
        release, as_at, "c7", "C7", "Health",
        told=[("iha_28_calendar_days_ytd_pct", "year_to_date"), *((name, "snapshot") for name in _SNAPSHOT),
              ("sdq_average_score", "snapshot")],
        pictures=[
            pictures.side_by_side(
                release, as_at, [(name, "snapshot", title) for name, title in zip(_SNAPSHOT, _NAMES, strict=True)],
                "Up to date, per cent",
            )
        ],
        tables=[
            over_time(
                release, "c7-months", "Month by month (immunisations and questionnaires each quarter)",
                [*lines("year_to_date", "iha_28_calendar_days_ytd_pct"), *lines("snapshot", *_SNAPSHOT)],
                columns.months(release, as_at, 12),
            ),
            over_time(
                release, "c7-scores", "Strengths and difficulties questionnaires", lines("snapshot", *_SCORES),
                columns.quarters(release, as_at),
            ),
        ],
        asides=["A score under 14 is normal, 14 to 16 borderline, 17 or more a cause for concern."],
    )  # fmt: skip


def thirteen_months(release: Release, as_at: dt.date) -> Section:
    """The health trust's table: initial and review assessments on time, in each of thirteen months."""
    return build(
        release, as_at, "health-13-months", "H", "Health assessments over thirteen months",
        told=[(name, "month") for name in _TIMELY],
        pictures=[pictures.over_time(release, as_at, name, "month", months=13) for name in _TIMELY],
        tables=[
            over_time(
                release, "health-13-months-table", "Assessments of each month that were on time",
                [*lines("month", *_TIMELY, "iha_statutory_on_time_pct", "rha_statutory_on_time_pct", "iha_volume"),
                 *lines("snapshot", "health_assessment_up_to_date_pct")],
                columns.months(release, as_at),
            )
        ],
    )  # fmt: skip
