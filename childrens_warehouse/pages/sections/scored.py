"""Tables of indicators with what they are held against: years and quarters, target, rating, direction, comparators."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from childrens_warehouse.pages import notes
from childrens_warehouse.pages.reading import Figure, Indicator, Release
from childrens_warehouse.pages.sections import columns, pictures
from childrens_warehouse.pages.tables import Cell, Column, Row, Table, Told
from childrens_warehouse.pages.words import SHORT_PERIODS, UNITS

_COURSE = Column("Course", "13 months", kind="")
_BESIDE = (
    Column("Target"), Column("Rating", kind=""), Column("Direction of travel", kind=""),
    Column("Statistical neighbours"), Column("England"),
)  # fmt: skip
_RATINGS = {"green": "● Green", "amber": "▲ Amber", "red": "■ Red"}
_SINCE = {"monthly": "month", "quarterly": "quarter", "termly": "term"}


@dataclass(frozen=True)
class Scored:
    """One row: an indicator in the period that it is printed for. only_if_known: it is a definition of other years.

    reference: under what the paper prints it.
    """

    indicator_id: str
    period: str
    reference: str
    only_if_known: bool = False


def table(
    release: Release, as_at: dt.date, id: str, caption: str, groups: Iterable[tuple[str, Iterable[Scored]]]
) -> Table:
    """Rows under the headings of their groups; a group without rows is left out."""
    days = columns.years_and_quarters(release, as_at)
    rows: list[Row] = []
    for group, members in groups:
        found = [row for each in members if (row := _row(release, [day for _, day in days], each))]
        if found:
            rows += [Row(group, (), is_group=True), *found]
    return Table(
        id, caption, "Indicator", (*(column for column, _ in days), _COURSE, *_BESIDE), tuple(rows), is_long=True
    )


def is_worth_telling(release: Release, as_at: dt.date, scored: Scored) -> bool:
    """Is there something to read that the table does not say at a glance?"""
    figure = release.figure(scored.indicator_id, as_at, scored.period) if release.has(scored.indicator_id) else None
    if figure is None or not figure.is_available:
        return False
    before = release.figure(scored.indicator_id, notes.compared_with(as_at, scored.period), scored.period)
    has_moved = bool(before and before.is_available and notes.is_beyond_chance(figure, before))
    return has_moved or figure.rag in ("red", "amber") or bool(notes.unusual(figure))


def _row(release: Release, days: list[dt.date], scored: Scored) -> Row | None:
    if not release.has(scored.indicator_id):
        return None
    indicator = release.indicators[scored.indicator_id]
    figures = [release.figure(scored.indicator_id, day, scored.period) for day in days]
    if scored.only_if_known and not any(figure and figure.disclosure != "not_available" for figure in figures):
        return None
    below = " · ".join(part for part in (scored.reference, UNITS[indicator.unit], SHORT_PERIODS[scored.period]) if part)
    beside = _beside(indicator, figures[-1] if figures else None)
    return Row(indicator.title, (*figures, _course(release, days[-1], scored), *beside), below)


def _course(release: Release, as_at: dt.date, scored: Scored) -> Cell:
    """A sparkline, where months tell more than the quarters beside it do."""
    drawn = pictures.course(release, as_at, scored.indicator_id, scored.period)
    return drawn or Told("–", "quiet")


def _beside(indicator: Indicator, figure: Figure | None) -> tuple[Cell, ...]:
    if figure is None:
        return (Told("–"),) * len(_BESIDE)
    return (
        _amount(indicator, figure.target),
        Told(_RATINGS[figure.rag], f"rag {figure.rag}") if figure.rag else Told("–", "quiet"),
        _travel(indicator, figure),
        _amount(indicator, figure.statistical_neighbour),
        _amount(indicator, figure.england),
    )


def _amount(indicator: Indicator, value: float | None) -> Told:
    return Told("–" if value is None else notes.amount(indicator, value).removesuffix("%"))


def _travel(indicator: Indicator, figure: Figure) -> Told:
    """`direction_of_travel` in words, with an arrow for the way the figure itself went."""
    if figure.direction_of_travel is None or figure.change is None:
        return Told("–", "quiet")
    since = f"on the {_SINCE.get(indicator.cadence, 'year') if figure.period == 'snapshot' else 'year'} before"
    if figure.direction_of_travel == "same":
        return Told("→ same", "travel", since)
    chance = {True: ", beyond chance", False: ", within chance", None: ""}[figure.is_beyond_chance]
    return Told(f"{'↑' if figure.change > 0 else '↓'} {figure.direction_of_travel}", "travel", f"{since}{chance}")
