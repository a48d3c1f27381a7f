"""A share beside those of statistical neighbours and England, with the limits that chance leaves so few children.

Neighbours and England are printed averages: how many children they rest on is not known, so they are lines, not points.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import altair as alt

from childrens_warehouse.pages.charts import drawing, telling
from childrens_warehouse.pages.charts.drawing import Box, Line, Sign
from childrens_warehouse.pages.charts.theme import ACCENT, BAND, COLUMN, INK, LINE, MARK, PAPER, QUIET, SMALL, Size
from childrens_warehouse.pages.picture import Picture, PictureTable
from childrens_warehouse.pages.reading import Figure
from childrens_warehouse.pages.words import month

# One in twenty and one in five hundred shares of an average council lie outside (Spiegelhalter 2005).
_LIMITS = (0.025, 0.001)


@drawing.quickly
def funnel(figures: Sequence[Figure], title: str, size: Size = COLUMN) -> Picture:
    """One share (per cent) at several dates, oldest first, over its denominator; the last is the one that is told of.

    The limits are those of the binomial distribution around England's average; where none is printed, the neighbours'.
    """
    known = [figure for figure in telling.with_figure(figures) if figure.denominator]
    last = known[-1] if known else None
    average, of = _average(figures)
    outside = last is not None and average is not None and _outside(last, average)
    description = telling.sentence(_told(figures, title, last, average, of, outside))
    largest = max((figure.denominator or 0 for figure in known), default=0)
    across = drawing.ticks([largest * 1.25 or 10.0], with_zero=True)
    smallest = max(3, round(across[-1] * 0.04))
    counts = sorted({*range(smallest, int(across[-1]) + 1, max(1, int(across[-1]) // 80)), int(across[-1])})
    bands = [_funnel(counts, average, tail) for tail in reversed(_LIMITS)] if average is not None and known else []
    values = [figure.value or 0.0 for figure in known]
    references = [value for value in (average, _neighbour(figures)) if value is not None]
    inner = [
        limit
        for row in (bands[-1] if bands else [])
        for limit in (row["low"], row["value"])
        if row["count"] > across[-1] / 5
    ]
    marks = drawing.ticks([min(100, max(0, value)) for value in [*values, *references, *inner]], count=5, top=100)
    signs = [Sign(month(last.as_at), "diamond", ACCENT, last.finality != "provisional")] if last is not None else []
    signs += [Sign("95 and 99.8 per cent limits of chance", "square", LINE)] if bands else []
    if len(known) > 1:
        signs.append(Sign("earlier", "circle", MARK))
    if any(figure.finality == "provisional" for figure in known):
        signs.append(Sign("provisional", "circle", MARK, is_filled=False))
    top = 16.0 * drawing.key_lines(signs, size) + 24
    box = Box.of(size, 190 if size.is_narrow else 230, 40, 118, top, 42)
    x = alt.X(
        "count:Q",
        scale=alt.Scale(domain=[0, across[-1]], nice=False),
        axis=alt.Axis(values=across, format=",.0f", labelOverlap=False),
    )
    y = alt.Y("value:Q", **drawing.value_axis(marks, is_drawn=bool(known)))
    scale = Line(marks[0], marks[-1], box.height, 0)
    layers: list[Any] = []
    for rows, colour in zip(bands, (BAND, LINE), strict=False):
        cut = [{**row, "low": max(row["low"], marks[0]), "value": min(row["value"], marks[-1])} for row in rows]
        layers.append(alt.Chart(drawing.data(cut)).mark_area(color=colour).encode(x=x, y=y, y2=alt.Y2("low:Q")))
    labels: list[tuple[float, str, str, str]] = []
    for value, name, dash in (
        (average, of, [1, 0]),
        (_neighbour(figures) if of == "England" else None, "Neighbours", [1, 3]),
    ):
        if value is not None:
            layers.append(drawing.rule_at(0, box.width, scale.pixel(value), scale.pixel(value), QUIET, strokeDash=dash))
            labels.append((scale.pixel(value), f"{name} {value:g}", QUIET, "normal"))
    layers.append(drawing.rule_at(0, box.width, box.height, box.height, QUIET))
    earlier: list[dict[str, Any]] = [
        {
            "count": figure.denominator,
            "value": figure.value,
            "fill": PAPER if figure.finality == "provisional" else MARK,
        }
        for figure in known[:-1]
    ]
    if earlier:
        layers.append(
            alt.Chart(drawing.data(earlier))
            .mark_point(size=34, opacity=1, stroke=MARK)
            .encode(x=x, y=y, fill=alt.Fill("fill:N", scale=None))
        )
    if last is not None:
        point = [{"count": last.denominator, "value": last.value}]
        fill = PAPER if last.finality == "provisional" else ACCENT
        layers.append(
            alt.Chart(drawing.data(point))
            .mark_point(shape="diamond", size=110, opacity=1, stroke=ACCENT, strokeWidth=2, fill=fill)
            .encode(x=x, y=y)
        )
        labels.append((scale.pixel(last.value or 0.0), f"{month(last.as_at)}: {last.display}", INK, "bold"))
    else:
        layers.append(drawing.text_at(box.width / 2, box.height / 2, "No figure can be shown", QUIET, align="center"))
    places = drawing.spread([each[0] for each in labels], [14] * len(labels), 0, box.height)
    layers += [
        drawing.text_at(box.width + 8, place, words, colour, fontSize=SMALL, fontWeight=weight)
        for place, (_, words, colour, weight) in zip(places, labels, strict=True)
    ]
    layers.append(drawing.text_at(2 - box.left, -13, "per cent", QUIET, fontSize=SMALL))
    layers.append(drawing.text_at(box.width, box.height + 32, "children counted", QUIET, fontSize=SMALL, align="right"))
    layers = [*layers, *drawing.key(signs, box, 8 - top)]
    table = PictureTable(
        ("Date", "Figure", "Numerator", "Denominator", "England", "Statistical neighbours"),
        tuple(
            (
                month(figure.as_at),
                telling.cell(figure),
                telling.optional(figure.numerator),
                telling.optional(figure.denominator),
                telling.optional(figure.england),
                telling.optional(figure.statistical_neighbour),
            )
            for figure in figures
        ),
    )
    return Picture(drawing.render(layers, box, title, description), title, description, table)


def limits(count: int, share: float, tail: float) -> tuple[float, float]:
    """Per cent between which a share of so many lies, but for a tail on either side.

    share: 0 to 100. Interpolated between whole children.
    """
    return _quantile(count, share / 100, tail), _quantile(count, share / 100, 1 - tail)


def _quantile(count: int, share: float, probability: float) -> float:
    if share in (0.0, 1.0):
        return 100 * share
    term = (1 - share) ** count
    below = 0.0
    for found in itertools.count():
        if below + term >= probability or found == count:
            part = (below + term - probability) / term if term > 0 else 0.0
            return 100 * min(count, max(0.0, found - part)) / count
        below += term
        term = (
            math.exp(math.log(term) + math.log((count - found) / (found + 1) * share / (1 - share)))
            if term > 0
            else 0.0
        )
    raise AssertionError("unreachable")


def _funnel(counts: Sequence[int], average: float, tail: float) -> list[dict[str, float]]:
    rows = []
    for count in counts:
        low, high = limits(count, average, tail)
        rows.append({"count": count, "low": low, "value": high})
    return rows


def _average(figures: Sequence[Figure]) -> tuple[float | None, str]:
    for figure in reversed(figures):
        if figure.england is not None:
            return figure.england, "England"
    return _neighbour(figures), "Neighbours"


def _neighbour(figures: Sequence[Figure]) -> float | None:
    found = [figure.statistical_neighbour for figure in figures if figure.statistical_neighbour is not None]
    return found[-1] if found else None


def _outside(figure: Figure, average: float) -> bool:
    low, high = limits(figure.denominator or 1, average, _LIMITS[0])
    return not low <= (figure.value or 0.0) <= high


def _told(
    figures: Sequence[Figure], title: str, last: Figure | None, average: float | None, of: str, is_outside: bool
) -> str:
    if last is None:
        return f"{title}: no figure can be shown" + "".join(f"; {each}" for each in telling.missing(figures))
    told = f"{title}: {telling.said(last)} of {last.denominator} in {month(last.as_at)}"
    if average is None:
        return f"{told}; no average is printed to hold it against"
    name = "England's average" if of == "England" else "the average of statistical neighbours"
    beyond = "beyond" if is_outside else "within"
    return f"{told}; {name} is {average:g}, and with so many children the difference is {beyond} what chance explains"
