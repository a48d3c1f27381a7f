"""Tables of figures: what a row asks of the release, and what a page prints in its cells. Nothing is computed here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from childrens_warehouse.pages.picture import Picture
from childrens_warehouse.pages.reading import ALL, Figure, Indicator, Release
from childrens_warehouse.pages.words import UNITS


@dataclass(frozen=True)
class Line:
    """Which figures a row shows: an indicator in one period, for the whole or one slice. label: instead of its title.

    only_if_known: leave the row out where none of its figures is known, as of a definition of other years.
    """

    indicator_id: str
    period: str
    label: str | None = None
    dimension: str = ALL
    member: str = ALL
    only_if_known: bool = False


@dataclass(frozen=True)
class Told:
    """A cell that is no figure of the release: a target, a mark, a word. kind: its class in the style sheet."""

    text: str
    kind: str = "figure"
    aside: str = ""


# A picture in a cell is a sparkline.
Cell = Figure | Told | Picture | None


@dataclass(frozen=True)
class Column:
    """A heading, what stands small below it, and whether the column is the day of the report."""

    heading: str
    below: str = ""
    kind: str = "figure"

    @property
    def is_latest(self) -> bool:
        return "latest" in self.kind


@dataclass(frozen=True)
class Row:
    heading: str
    cells: tuple[Cell, ...]
    below: str = ""
    is_whole: bool = False
    is_group: bool = False


@dataclass(frozen=True)
class Table:
    """id: of the element, stable. is_long: may be cut between pages."""

    id: str
    caption: str
    first: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    is_long: bool = False

    @property
    def figures(self) -> list[Figure]:
        return [cell for row in self.rows for cell in row.cells if isinstance(cell, Figure)]


@dataclass(frozen=True)
class Section:
    """One part of a report. indicators: whose definitions stand with it."""

    id: str
    number: str
    title: str
    sentences: tuple[str, ...] = ()
    pictures: tuple[Picture, ...] = ()
    tables: tuple[Table, ...] = ()
    indicators: tuple[Indicator, ...] = ()
    asides: tuple[str, ...] = ()

    @property
    def figures(self) -> list[Figure]:
        return [figure for table in self.tables for figure in table.figures]


def over_time(
    release: Release, id: str, caption: str, lines: Iterable[Line], columns: Sequence[tuple[Column, dt.date]]
) -> Table | None:
    """A row per line and a column per day; None where the release has none of the lines."""
    rows = [row for line in lines if (row := _row(release, line, [day for _, day in columns]))]
    return Table(id, caption, "", tuple(column for column, _ in columns), tuple(rows)) if rows else None


def slices_over_time(
    release: Release,
    id: str,
    caption: str,
    line: Line,
    dimension: str,
    columns: Sequence[tuple[Column, dt.date]],
    first: str = "",
) -> Table | None:
    """A row per member of a dimension, in its order, with the whole; those that are 0 throughout are left out."""
    if not release.has(line.indicator_id):
        return None
    days = [day for _, day in columns]
    by_day = {
        day: {each.member: each for each in release.members(line.indicator_id, day, line.period, dimension)}
        for day in days
    }
    labels = {each.member: each.member_label for found in by_day.values() for each in found.values()}
    rows = []
    for member in _ordered(labels, by_day, days):
        cells = tuple(by_day[day].get(member) for day in days)
        if any(cell and (cell.is_suppressed or cell.value) for cell in cells):
            rows.append(Row(labels[member], cells))
    if not rows:
        return None
    whole = tuple(release.figure(line.indicator_id, day, line.period) for day in days)
    rows.append(Row("All", whole, is_whole=True))
    return Table(id, caption, first, tuple(column for column, _ in columns), tuple(rows))


def _ordered(labels: dict[str, str], by_day: dict[dt.date, dict[str, Figure]], days: list[dt.date]) -> list[str]:
    """Members in the order of the last day that has them all, then those of earlier days."""
    found = list(dict.fromkeys(member for day in reversed(days) for member in by_day[day] if member != "unknown"))
    return [*found, *(member for member in labels if member == "unknown")]


def _row(release: Release, line: Line, days: list[dt.date]) -> Row | None:
    if not release.has(line.indicator_id):
        return None
    indicator = release.indicators[line.indicator_id]
    cells = tuple(release.figure(line.indicator_id, day, line.period, line.dimension, line.member) for day in days)
    if line.only_if_known and not any(cell and cell.disclosure != "not_available" for cell in cells):
        return None
    return Row(line.label or indicator.title, cells, UNITS[indicator.unit])
