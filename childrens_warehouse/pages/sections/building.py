"""What sections have in common: notes by rule, definitions of all that is shown, and the comparators of slices."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from childrens_warehouse.catalogue import rules
from childrens_warehouse.pages import notes
from childrens_warehouse.pages.picture import Picture
from childrens_warehouse.pages.reading import Release
from childrens_warehouse.pages.tables import Column, Line, Row, Section, Table, Told
from childrens_warehouse.pages.words import day

_WHO = {
    "statistical_neighbour": "Statistical neighbours",
    "england": "England",
    "population": "Children of the area",
}


def build(
    release: Release,
    as_at: dt.date,
    id: str,
    number: str,
    title: str,
    *,
    told: Iterable[tuple[str, str]] = (),
    tables: Iterable[Table | None] = (),
    pictures: Iterable[Picture | None] = (),
    asides: Iterable[str] = (),
) -> Section:
    """A section. told: indicators and periods that its notes are about."""
    about = [(indicator, period) for indicator, period in told if release.has(indicator)]
    shown = tuple(table for table in tables if table)
    ids = dict.fromkeys([*(one for one, _ in about), *(each.indicator_id for table in shown for each in table.figures)])
    sentences = [sentence for indicator, period in about for sentence in notes.of(release, indicator, as_at, period)]
    return Section(
        id,
        number,
        title,
        tuple(sentences),
        tuple(picture for picture in pictures if picture),
        shown,
        tuple(release.indicators[each] for each in ids),
        tuple(asides),
    )


def lines(period: str, *indicator_ids: str, only_if_known: bool = False) -> list[Line]:
    """Rows of whole indicators in one period."""
    return [Line(indicator_id, period, only_if_known=only_if_known) for indicator_id in indicator_ids]


def comparators(release: Release, id: str, as_at: dt.date, indicator_id: str, dimension: str) -> Table | None:
    """The shares that others have of each member, as published, and the council's own of the year before."""
    labels = rules.members(dimension)
    year = as_at.year + (as_at.month > 3)
    found: dict[str, dict[str, float]] = {}
    names: dict[str, str] = {}
    for row in rules.benchmarks(indicator_id):
        if row["dimension"] != dimension or row["is_used"] != "true" or row.get("shown_as") != "share":
            continue
        if row["authority_code"] != release.authority:
            continue
        kind = row["benchmark"]
        if kind == "published":
            if dt.date.fromisoformat(row["as_at"]) > as_at:
                continue
            names[kind] = f"{release.council}, as published for {day(dt.date.fromisoformat(row['as_at']))}"
        elif int(row["collection_year"]) != year:
            continue
        else:
            names[kind] = f"{_WHO[kind]}, {row['value_of_period']}"
        found.setdefault(kind, {})[row["member"]] = float(row["value"])
    members = [member for member in labels if any(member in values for values in found.values())]
    if not members:
        return None
    rows = [
        Row(
            names[kind], tuple(Told(f"{found[kind][member]:g}" if member in found[kind] else "–") for member in members)
        )
        for kind in ("published", "statistical_neighbour", "england", "population")
        if kind in found
    ]
    columns = tuple(Column(labels[member]) for member in members)
    return Table(id, "Per cent of children, as others publish it", "", columns, tuple(rows))
