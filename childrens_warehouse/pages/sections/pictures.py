"""The pictures of the sections: which figures go into which drawing. None where there is too little to draw."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import TypeVar

from childrens_warehouse.pages import crossing
from childrens_warehouse.pages.charts import calendar, composition, funnel, places, pyramid, quarters, trend, waterfall
from childrens_warehouse.pages.charts import stability as stable
from childrens_warehouse.pages.charts import year as years
from childrens_warehouse.pages.picture import Picture
from childrens_warehouse.pages.reading import Edition, Figure, Release
from childrens_warehouse.pages.sections.building import Shares, shares_of_others
from childrens_warehouse.pages.words import day, financial_year, month_end_before

_MONTHS = 25
T = TypeVar("T")
_TWO_YEARS = 8


def over_time(
    release: Release,
    as_at: dt.date,
    indicator_id: str,
    period: str = "snapshot",
    title: str = "",
    months: int = _MONTHS,
) -> Picture | None:
    """One indicator, month by month, with its limits, target and comparators."""
    found = _series(release, as_at, indicator_id, period, months)
    return trend.trend(found, title or release.indicators[indicator_id].title) if _is_enough(found) else None


def course(release: Release, as_at: dt.date, indicator_id: str, period: str) -> Picture | None:
    """A sparkline of the last thirteen months."""
    found = _series(release, as_at, indicator_id, period, 13)
    return trend.sparkline(found, release.indicators[indicator_id].title) if _is_enough(found) else None


def side_by_side(
    release: Release, as_at: dt.date, wanted: Sequence[tuple[str, str, str]], title: str, months: int = 13
) -> Picture | None:
    """Several indicators, each on its own axis. wanted: indicator, period, name."""
    series = [(name, _series(release, as_at, one, period, months)) for one, period, name in wanted]
    drawn = [(name, found) for name, found in series if _is_enough(found)]
    return trend.small_multiples(drawn, title) if drawn else None


def in_quarters(release: Release, as_at: dt.date, indicator_id: str, title: str = "") -> Picture | None:
    """Quarters in bars."""
    if not release.has(indicator_id):
        return None
    found = release.quarters(indicator_id, "quarter", as_at, _TWO_YEARS)
    return quarters.quarters(found, title or release.indicators[indicator_id].title) if _is_enough(found) else None


def school_years(release: Release, as_at: dt.date, indicator_id: str) -> Picture | None:
    """A line for each school year."""
    found = _series(release, as_at, indicator_id, "school_year_to_date", 36)
    if not _is_enough(found):
        return None
    by_year: dict[int, list[Figure]] = {}
    for figure in found:
        by_year.setdefault(figure.as_at.year - (figure.as_at.month < 9), []).append(figure)
    named = [(f"{year}/{(year + 1) % 100:02d}", own) for year, own in sorted(by_year.items()) if _is_enough(own)]
    return years.through_the_year(named, release.indicators[indicator_id].title) if named else None


def by_month_and_group(
    release: Release, as_at: dt.date, indicator_id: str, dimension: str, title: str
) -> Picture | None:
    """A heat map: the members of a dimension by month."""
    if not release.has(indicator_id):
        return None
    period = release.indicators[indicator_id].periods.split()[0]
    members = release.members(indicator_id, as_at, period, dimension)
    groups = [
        (
            member.member_label,
            calendar.days_of(release.series(indicator_id, period, as_at, 13, dimension, member.member)),
        )
        for member in members
        if member.member != "unknown"
    ]
    drawn = [(name, cells) for name, cells in groups if any(cell.value is not None for cell in cells.values())]
    return calendar.heat_map(drawn, title) if drawn else None


def mix(release: Release, as_at: dt.date, dimension: str, title: str) -> Picture | None:
    """Children looked after by a dimension, at the ends of quarters."""
    days = [each for each in release.quarter_ends if each <= as_at][-_TWO_YEARS:]
    found = [
        (
            each,
            release.members("cla_count", each, "snapshot", dimension),
            release.figure("cla_count", each, "snapshot"),
        )
        for each in days
    ]
    drawn = [each for each in found if each[2] and each[2].is_available and each[2].value]
    return composition.mix_over_time(drawn, title) if len(drawn) > 1 else None


def beside_others(release: Release, as_at: dt.date, dimension: str, title: str) -> Picture | None:
    """The council's children as shares, beside what neighbours and England publish."""
    whole = release.figure("cla_count", as_at, "snapshot") if release.has("cla_count") else None
    others: list[Shares] = shares_of_others(release, as_at, "cla_count", dimension)
    if whole is None or not whole.is_available or not others:
        return None
    members = [each for each in release.members("cla_count", as_at, "snapshot", dimension) if each.value != 0]
    own = composition.bar_of(f"{release.council}, {day(as_at)}", members, whole)
    labels = {each.member: each.member_label for each in release.members("cla_count", as_at, "snapshot", dimension)}
    bars = [
        composition.Bar(
            each.name,
            {labels.get(member, member): value for member, value in each.shares.items()},
            100.0,
        )
        for each in others
        if each.kind != "published"
    ]
    return composition.shares([own, *bars], title)


def came_and_went(release: Release, as_at: dt.date) -> Picture | None:
    """From the last year end: who was there, who started and ceased, who is there."""
    since = month_end_before(as_at, (as_at.month - 4) % 12 + 1)
    wanted = (("cla_count", since, "snapshot"), ("cla_started", as_at, "year_to_date"),
              ("cla_ceased", as_at, "year_to_date"), ("cla_count", as_at, "snapshot"))  # fmt: skip
    found = [release.figure(*each) if release.has(each[0]) else None for each in wanted]
    opening, started, ceased, closing = found
    if opening is None or started is None or ceased is None or closing is None or not opening.is_available:
        return None
    return waterfall.came_and_went(
        opening, started, ceased, closing, f"Children looked after, {financial_year(as_at)} so far"
    )


def stability(release: Release, as_at: dt.date) -> Picture | None:
    """Both measures of stability."""
    moves = _series(release, as_at, "cla_three_plus_placements_pct", "year_to_date", _MONTHS)
    stays = _series(release, as_at, "cla_long_term_stability_pct", "snapshot", _MONTHS)
    return stable.over_time(moves, stays, "Stability of placements") if moves and stays else None


def against_england(release: Release, as_at: dt.date, indicator_id: str, period: str, title: str) -> Picture | None:
    """A funnel: is the difference to England more than the number of children makes likely?"""
    found = release.quarters(indicator_id, period, as_at, _TWO_YEARS) if release.has(indicator_id) else []
    known = [each for each in found if each.is_available and each.denominator]
    return funnel.funnel(found, title) if known and known[-1].england is not None else None


def by_slice(
    release: Release, as_at: dt.date, indicator_id: str, period: str, dimension: str, title: str
) -> Picture | None:
    """The members of a dimension with what chance leaves them, beside the whole."""
    if not release.has(indicator_id):
        return None
    members = release.members(indicator_id, as_at, period, dimension)
    whole = release.figure(indicator_id, as_at, period)
    return composition.slices(members, whole, title) if _is_enough(members) else None


def placements_per_child(release: Release, as_at: dt.date) -> Picture | None:
    counts = _panel_alone(release, as_at, crossing.by_placements)
    return stable.placements_per_child(counts, "Placements per child in twelve months") if counts else None


def ages_and_sexes(release: Release, as_at: dt.date) -> Picture | None:
    bands = _panel_alone(release, as_at, crossing.by_age_and_sex)
    return pyramid.pyramid(bands, "Age and sex") if bands else None


def places_and_distances(release: Release, as_at: dt.date) -> Picture | None:
    streams = _panel_alone(release, as_at, crossing.by_place_and_distance)
    return places.streams(streams, "Where children are placed, and how far from home") if streams else None


def map_of_placements(release: Release, as_at: dt.date) -> Picture | None:
    found = _panel_alone(release, as_at, crossing.by_authority)
    return places.boroughs(found, release.authority, "Where children live") if found else None


def _panel_alone(release: Release, as_at: dt.date, count: Callable[[Release, dt.date], list[T]]) -> list[T]:
    return count(release, as_at) if release.edition is Edition.PANEL else []


def _series(release: Release, as_at: dt.date, indicator_id: str, period: str, months: int) -> list[Figure]:
    return release.series(indicator_id, period, as_at, months) if release.has(indicator_id) else []


def _is_enough(figures: Sequence[Figure]) -> bool:
    """Are there two to draw a line between?"""
    return sum(each.is_available for each in figures) > 1
