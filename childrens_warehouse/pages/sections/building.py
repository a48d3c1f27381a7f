"""What sections have in common: notes by rule, definitions of all that is shown, and the comparators of slices."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

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


@dataclass(frozen=True)
class Shares:
    """What somebody publishes: per cent of their children by member. kind: benchmark, as in the seeds."""

    kind: str
    name: str
    shares: Mapping[str, float]


def shares_of_others(release: Release, as_at: dt.date, indicator_id: str, dimension: str) -> list[Shares]:
    """What is published of the year of a day: the council's own of the year before, neighbours, England, population."""
    year = as_at.year + (as_at.month > 3)
    found: dict[str, dict[str, float]] = {}
    names: dict[str, str] = {}
    for row in rules.benchmarks(indicator_id):
        kind = row["benchmark"]
        is_shown = row["dimension"] == dimension and row["is_used"] == "true" and row.get("shown_as") == "share"
        if not is_shown or row["authority_code"] != release.authority:
            continue
        if kind == "published":
            since = dt.date.fromisoformat(row["as_at"])
            if since > as_at:
                continue
            names[kind] = f"{release.council}, as published for {day(since)}"
        elif int(row["collection_year"]) == year:
            names[kind] = f"{_WHO[kind]}, {row['value_of_period']}"
        else:
            continue
        found.setdefault(kind, {})[row["member"]] = float(row["value"])
    return [Shares(kind, names[kind], found[kind]) for kind in ("published", *_WHO) if kind in found]


def comparators(release: Release, id: str, as_at: dt.date, indicator_id: str, dimension: str) -> Table | None:
    """The same as a table."""
    found = shares_of_others(release, as_at, indicator_id, dimension)
    labels = rules.members(dimension)
    members = [member for member in labels if any(member in each.shares for each in found)]
    if not members:
        return None
    rows = [
        Row(each.name, tuple(Told(f"{each.shares[one]:g}" if one in each.shares else "–") for one in members))
        for each in found
    ]
    columns = tuple(Column(labels[member]) for member in members)
    return Table(id, "Per cent of children, as others publish it", "Whose", columns, tuple(rows))
