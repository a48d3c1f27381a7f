"""The figures as people look them up: every row of the catalogue, and every indicator that answers none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from childrens_warehouse.catalogue import entries, rows, rules
from childrens_warehouse.catalogue import published as values
from childrens_warehouse.catalogue.entries import Entry
from childrens_warehouse.catalogue.published import Point, Published
from childrens_warehouse.catalogue.rows import State
from childrens_warehouse.settings import Home

# An indicator of ours that no paper asked for.
OWN = "own"


# Per authority the last values, oldest first.
Series = tuple[tuple[str, tuple[Point, ...]], ...]


@dataclass(frozen=True)
class Line:
    """One figure: where it comes from, its state, the indicator that answers it best, and the last values.

    also: other indicators that answer it, by another clock or for another population, with their values.
    members: of a slice, per authority the members with their last values.
    """

    figure_id: str
    area: str
    title: str
    reference: str
    state: str
    row: rows.Row | None
    entry: Entry | None
    series: Series = ()
    also: tuple[tuple[Entry, Series], ...] = ()
    members: tuple[tuple[str, tuple[tuple[str, Point], ...]], ...] = ()

    @property
    def is_slice(self) -> bool:
        return bool(self.row and self.row.is_slice)

    @property
    def missing(self) -> str:
        """What keeps a figure from being computed; nothing where it is."""
        if self.row is None or self.state not in (State.NEEDS_SOURCE, State.NARRATIVE):
            return ""
        if self.state == State.NARRATIVE:
            return self.row.note
        return f"{self.row.missing_field} ({self.row.missing_system})"

    def last(self) -> str:
        """The last value of each authority, in words; nothing for a slice, which has several."""
        return "" if self.is_slice else last(self.series)


def last(series: Series) -> str:
    """The last value of each authority, in words."""
    several = len(series) > 1
    return "; ".join(
        f"{authority}: {points[-1].shown}" if several else points[-1].shown for authority, points in series
    )


def read(home: Home) -> tuple[list[Line], Published]:
    """All figures, in the order of the catalogue, ours after them, by name; and what is published of them."""
    catalogue = rows.settled(rows.read(), entries.answers())
    published = values.read(home, {(row.indicators[0], row.dimension) for row in catalogue if row.is_slice})
    known = entries.read()
    found = [_line(row, published) for row in catalogue]
    answered = {name for row in catalogue for name in row.indicators}
    found += [
        Line(entry.indicator_id, OWN, entry.title, entry.said("references"), State.COMPUTED, None, entry,
             _series(entry, published))
        for entry in known.values()
        if entry.indicator_id not in answered
    ]  # fmt: skip
    return found, published


def _line(row: rows.Row, published: Published) -> Line:
    found = [(entries.read()[name], _series(entries.read()[name], published)) for name in row.indicators]
    entry, series = found[0] if found else (None, ())
    return Line(
        row.catalogue_id,
        row.area,
        row.title,
        row.reference,
        row.state,
        row,
        entry,
        series,
        tuple(found[1:]),
        _members(row, entry, published) if entry and row.is_slice else (),
    )


def _members(
    row: rows.Row, entry: Entry, published: Published
) -> tuple[tuple[str, tuple[tuple[str, Point], ...]], ...]:
    labels = rules.members(row.dimension)
    found = (
        (authority, published.members.get((entry.indicator_id, authority, entry.main_period, row.dimension), {}))
        for authority in published.authorities()
    )
    return tuple(
        (authority, tuple((label, points[name]) for name, label in labels.items()
                          if name in points and row.member in ("", name)))
        for authority, points in found
        if points
    )  # fmt: skip


def _series(entry: Entry, published: Published) -> Series:
    found = (
        (authority, published.series(entry.indicator_id, authority, entry.main_period))
        for authority in published.authorities()
    )
    return tuple((authority, points) for authority, points in found if points)


def chosen(found: Iterable[Line], area: str | None, state: str | None, reference: str | None) -> Sequence[Line]:
    """Those of an area, of a state, and whose references name a number, such as `PI 16` or C12."""
    return [
        line
        for line in found
        if (area is None or line.area == area)
        and (state is None or line.state == state)
        and (reference is None or _bears(line.reference, reference))
    ]


def _bears(references: str, wanted: str) -> bool:
    return wanted.casefold() in {each.strip().casefold() for each in references.replace(",", ";").split(";")}
