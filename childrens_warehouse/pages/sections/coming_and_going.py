"""C8 and C9: who comes into care and leaves it, and who leaves it for adoption or special guardianship."""

from __future__ import annotations

import datetime as dt

from childrens_warehouse.pages.reading import Release
from childrens_warehouse.pages.sections import columns, pictures
from childrens_warehouse.pages.sections.building import build, lines
from childrens_warehouse.pages.tables import Section, over_time

_TIMES = ("adoption_a1_days", "adoption_a2_days", "adoption_a3_pct", "adoption_a3_20_months_pct")


def starting_and_ceasing(release: Release, as_at: dt.date) -> Section:
    """C8: starts and ends of care, child protection plans beside care, unaccompanied children."""
    return build(
        release, as_at, "c8", "C8", "Starting and ceasing, child protection and unaccompanied children",
        told=[("cla_started", "year_to_date"), ("cla_ceased", "year_to_date"), ("cla_dual_cpp_count", "snapshot"),
              ("uasc_count", "snapshot")],
        pictures=[
            pictures.came_and_went(release, as_at),
            pictures.over_time(release, as_at, "uasc_count"),
            pictures.in_quarters(release, as_at, "cla_started"),
            pictures.in_quarters(release, as_at, "cla_ceased"),
        ],
        tables=[
            over_time(
                release, "c8-months", "Month by month",
                [*lines("month", "cla_started", "cla_ceased", "cla_ceased_returned_home"),
                 *lines("snapshot", "cla_dual_cpp_count", "uasc_count")],
                columns.months(release, as_at),
            )
        ],
    )  # fmt: skip


def adoption(release: Release, as_at: dt.date) -> Section:
    """C9: the year to date at the end of each quarter."""
    shares = ("cla_ceased_adopted_pct", "cla_ceased_sgo_pct")
    return build(
        release, as_at, "c9", "C9", "Adoptions and special guardianship orders",
        told=[(name, "year_to_date") for name in (*shares, *_TIMES)],
        pictures=[
            pictures.in_quarters(release, as_at, "cla_ceased_adopted_pct"),
            pictures.in_quarters(release, as_at, "cla_ceased_sgo_pct"),
        ],
        tables=[
            over_time(
                release, "c9-quarters", "Year to date at the end of each quarter",
                lines("year_to_date", "adoptions_count", "sgo_made_count", *shares, *_TIMES, only_if_known=True),
                columns.quarters(release, as_at, 12),
            ),
            over_time(
                release, "c9-waiting", "On the last day of each quarter",
                lines("snapshot", "children_placed_for_adoption"), columns.quarters(release, as_at, 12),
            ),
        ],
    )  # fmt: skip
