"""C4, C12 and C13: where children live, how often they move, and how far from home."""

from __future__ import annotations

import datetime as dt

from childrens_warehouse.pages.reading import Release
from childrens_warehouse.pages.sections import columns, pictures
from childrens_warehouse.pages.sections.building import build, comparators, lines
from childrens_warehouse.pages.tables import Line, Section, over_time, slices_over_time

_CHILDREN = Line("cla_count", "snapshot")


def placement_types(release: Release, as_at: dt.date) -> Section:
    """C4: types of placement, inside and outside the authority."""
    days = columns.quarters(release, as_at)
    return build(
        release, as_at, "c4", "C4", "Placement types",
        told=[(f"cla_{kind}_pct", "snapshot") for kind in ("inhouse_foster", "agency_foster", "semi_independent")],
        pictures=[
            pictures.mix(release, as_at, "placement_type", "Placements at the end of each quarter"),
            pictures.places_and_distances(release, as_at),
            pictures.map_of_placements(release, as_at),
        ],
        tables=[
            slices_over_time(
                release, "c4-types", "Children looked after at the end of each quarter, by type of placement",
                _CHILDREN, "placement_type", days, "Placement type",
            ),
            slices_over_time(
                release, "c4-places", "The same, by where the placement is", _CHILDREN, "placement_location", days,
                "Placed",
            ),
            comparators(release, "c4-others", as_at, "cla_count", "placement_group"),
        ],
    )  # fmt: skip


def stability(release: Release, as_at: dt.date) -> Section:
    """C12: three placements in the year, and two years in one placement."""
    told = [
        ("cla_three_plus_placements_pct", "year_to_date"),
        ("cla_two_moves_watchlist", "year_to_date"),
        ("cla_long_term_stability_pct", "snapshot"),
    ]
    wanted = [
        *lines(
            "year_to_date", "cla_three_plus_placements_pct", "cla_more_than_two_moves_pct", "cla_two_moves_watchlist"
        ),
        *lines("snapshot", "cla_long_term_stability_pct"),
    ]  # fmt: skip
    return build(
        release, as_at, "c12", "C12", "Placement stability",
        told=told,
        pictures=[
            pictures.stability(release, as_at),
            pictures.by_slice(
                release, as_at, "cla_long_term_stability_pct", "snapshot", "age_band",
                "Two years in the same placement, by age",
            ),
            pictures.placements_per_child(release, as_at),
        ],
        tables=[over_time(release, "c12-months", "Month by month", wanted, columns.months(release, as_at))],
    )  # fmt: skip


def distance(release: Release, as_at: dt.date) -> Section:
    """C13: more than twenty miles from home."""
    told = [("cla_over_20_miles_pct", "snapshot"), ("cla_new_over_20_miles_pct", "year_to_date")]
    wanted = [Line(indicator_id, period) for indicator_id, period in told]
    return build(
        release, as_at, "c13", "C13", "Placements more than 20 miles from home",
        told=told,
        pictures=[
            pictures.over_time(release, as_at, "cla_over_20_miles_pct"),
            pictures.against_england(
                release, as_at, "cla_over_20_miles_pct", "snapshot", "More than 20 miles from home, beside England"
            ),
            pictures.by_slice(
                release, as_at, "cla_over_20_miles_pct", "snapshot", "placement_group",
                "More than 20 miles from home, by placement",
            ),
        ],
        tables=[over_time(release, "c13-months", "Month by month", wanted, columns.months(release, as_at))],
    )  # fmt: skip
