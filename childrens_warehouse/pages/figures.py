"""The figures of a report as rows: a file beside the page, and how the next report knows what this one said."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from childrens_warehouse import spreadsheets
from childrens_warehouse.pages.reading import Figure, Indicator
from childrens_warehouse.pages.words import day

COLUMNS = (
    "indicator_id", "definition_version", "as_at", "period", "dimension", "member", "display", "unit", "numerator",
    "denominator", "finality", "disclosure",
)  # fmt: skip
_KEY = COLUMNS[:6]


@dataclass(frozen=True)
class Restated:
    """A figure that an earlier report told otherwise, as shown."""

    figure: Figure
    before: str


def as_csv(figures: Iterable[Figure]) -> str:
    """One row per figure, in the order of the page; columns as in `indicator_value`."""
    text = io.StringIO()
    spreadsheets.write(text, COLUMNS, ((getattr(figure, name) for name in COLUMNS) for figure in figures))
    return text.getvalue()


def restated(figures: Sequence[Figure], earlier: Path | None) -> list[Restated]:
    """Figures of the whole that the report in `earlier` showed otherwise; what either suppresses is left out."""
    if earlier is None:
        return []
    with earlier.open(newline="", encoding="utf-8") as handle:
        said = {tuple(row[name] for name in _KEY): row for row in csv.DictReader(handle)}
    found = []
    for figure in figures:
        row = said.get(tuple(str(getattr(figure, name)) for name in _KEY))
        if row and row["disclosure"] == figure.disclosure == "open" and row["display"] != figure.display:
            found.append(Restated(figure, row["display"]))
    return [each for each in found if each.figure.dimension == "all"]


def told(found: Sequence[Restated], indicators: Mapping[str, Indicator], since: dt.date, most: int = 8) -> list[str]:
    """Sentences: how many figures are not what the earlier report had, and the newest of them."""
    if not found:
        return [f"Nothing that the report as at {day(since)} told has been restated."]
    newest = sorted(found, key=lambda each: each.figure.as_at, reverse=True)[:most]
    examples = "; ".join(
        f"{indicators[each.figure.indicator_id].title}, {day(each.figure.as_at)}: {each.figure.display}, was"
        f" {each.before}"
        for each in newest
    )
    more = f" And {len(found) - most} more." if len(found) > most else ""
    many = "figures are" if len(found) > 1 else "figure is"
    return [f"Restated since the report as at {day(since)}: {len(found)} {many} told otherwise. {examples}.{more}"]
