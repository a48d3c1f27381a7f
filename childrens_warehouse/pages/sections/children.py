"""B1 and C1 to C3: how many children are looked after, and who they are."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from childrens_warehouse.pages.picture import Picture
from childrens_warehouse.pages.reading import Release
from childrens_warehouse.pages.sections import columns, pictures
from childrens_warehouse.pages.sections.building import build, comparators, lines
from childrens_warehouse.pages.tables import Line, Section, over_time, slices_over_time

_CHILDREN = Line("cla_count", "snapshot")


def numbers_over_time(release: Release, as_at: dt.date) -> Section:
    """B1: children looked after, for a year or more, and per 10,000."""
    names = ("cla_count", "cla_1yr_plus_count", "cla_rate_per_10k")
    return build(
        release, as_at, "b1", "B1", "Numbers of children looked after over time",
        told=[(name, "snapshot") for name in names],
        pictures=[
            pictures.over_time(release, as_at, "cla_count"),
            pictures.over_time(release, as_at, "cla_rate_per_10k"),
        ],
        tables=[
            over_time(
                release, "b1-months", "Month by month", lines("snapshot", *names), columns.months(release, as_at)
            )
        ],
    )  # fmt: skip


def age_groups(release: Release, as_at: dt.date) -> Section:
    """C1."""
    return _by(
        release, as_at, "c1", "C1", "Age groups", "age_band", "Age",
        told=[("cla_turning_18_in_year", "snapshot"), ("cla_under_10_count", "snapshot")],
        beside=[pictures.ages_and_sexes(release, as_at)],
    )  # fmt: skip


def gender(release: Release, as_at: dt.date) -> Section:
    """C2."""
    return _by(release, as_at, "c2", "C2", "Gender", "sex", "Gender")


def ethnicity(release: Release, as_at: dt.date) -> Section:
    """C3."""
    return _by(
        release, as_at, "c3", "C3", "Ethnicity", "ethnic_group", "Ethnic group",
        told=[("cla_bme_pct", "snapshot"), ("cla_bme_with_white_minorities_pct", "snapshot")],
    )  # fmt: skip


def _by(
    release: Release,
    as_at: dt.date,
    id: str,
    number: str,
    title: str,
    dimension: str,
    first: str,
    told: Sequence[tuple[str, str]] = (),
    beside: Sequence[Picture | None] = (),
) -> Section:
    """Children looked after by one dimension, quarter by quarter, with what others have."""
    return build(
        release, as_at, id, number, title,
        told=told,
        pictures=[
            *beside,
            pictures.beside_others(release, as_at, dimension, f"{title}, beside others (per cent)"),
        ],
        tables=[
            slices_over_time(
                release, f"{id}-quarters", "Children looked after at the end of each quarter", _CHILDREN, dimension,
                columns.quarters(release, as_at), first,
            ),
            comparators(release, f"{id}-others", as_at, "cla_count", dimension),
        ],
    )  # fmt: skip
