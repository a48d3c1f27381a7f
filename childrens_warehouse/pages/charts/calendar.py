"""Months in columns, groups in rows: the darker a cell, the larger its figure, which stands in it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt

from childrens_warehouse.pages.charts import drawing, telling
from childrens_warehouse.pages.charts.drawing import Box
from childrens_warehouse.pages.charts.theme import INK, LINE, PAGE, PAPER, QUIET, SMALL, TEXT, Size, shade, text_on
from childrens_warehouse.pages.picture import Picture, PictureTable
from childrens_warehouse.pages.reading import NOT_AVAILABLE, SUPPRESSED, Figure
from childrens_warehouse.pages.words import month

_ROW = 26.0


@dataclass(frozen=True)
class Day:
    """One cell: its value, as it is shown; without a value its mark stands there (c, or a dash)."""

    value: float | None
    display: str


def days_of(figures: Sequence[Figure]) -> dict[dt.date, Day]:
    """Cells of one group, from its figures over time."""
    return {
        figure.as_at: Day(
            figure.value if figure.is_available else None,
            figure.shown if figure.is_available else telling.letter(figure),
        )
        for figure in figures
    }


@drawing.for_telephones_too
@drawing.quickly
def heat_map(
    groups: Sequence[tuple[str, Mapping[dt.date, Day]]], title: str, unit: str = "per cent", size: Size = PAGE
) -> Picture:
    """Groups (year groups, slices) by month, in the order given.

    The scale runs from the least to the largest value shown. Groups without any figure are in the table alone.
    """
    months = sorted({day for _, cells in groups for day in cells})
    everyone, groups = (
        groups,
        [(name, own) for name, own in groups if any(c.display != NOT_AVAILABLE for c in own.values())],
    )
    cells = [(name, day, own.get(day)) for name, own in groups for day in months]
    known = [(name, day, cell) for name, day, cell in cells if cell is not None and cell.value is not None]
    description = telling.sentence(_told(title, unit, cells, known))
    low = min((cell.value for _, _, cell in known if cell and cell.value is not None), default=0.0)
    high = max((cell.value for _, _, cell in known if cell and cell.value is not None), default=1.0)
    lines = {name: drawing.wrap(name, 150 if not size.is_narrow else 84, TEXT) for name, _ in groups}
    left = 14 + max((drawing.text_width(line) for each in lines.values() for line in each), default=20)
    heights = [max(_ROW, 10 + 13.0 * len(lines[name])) for name, _ in groups]
    box = Box.of(size, sum(heights) or _ROW, left, 16 if size.is_narrow else 6, 24, 34)
    step = box.width / max(1, len(months))
    rows = []
    layers: list[Any] = []
    top = 0.0
    for (name, own), height in zip(groups, heights, strict=True):
        layers.append(
            drawing.text_at(
                -10, top + height / 2 - 6.5 * (len(lines[name]) - 1), lines[name], INK, align="right", lineHeight=13
            )
        )
        for place, day in enumerate(months):
            cell = own.get(day)
            part = 0.0 if cell is None or cell.value is None or high == low else (cell.value - low) / (high - low)
            fill = shade(part) if cell is not None and cell.value is not None else PAPER
            rows.append(
                {
                    "from": place,
                    "to": place + 1,
                    "top": top,
                    "bottom": top + height,
                    "fill": fill,
                    "ink": text_on(fill) if fill != PAPER else QUIET,
                    "x": place + 0.5,
                    "y": top + height / 2,
                    "words": cell.display if cell is not None else NOT_AVAILABLE,
                }
            )
        top += height
    across = alt.Scale(domain=[0, max(1, len(months))], nice=False, zero=False)
    down = alt.Scale(domain=[0, box.height], nice=False, zero=False, reverse=True)
    base = alt.Chart(drawing.data(rows))
    layers.insert(
        0,
        (
            base.mark_rect(stroke=PAPER, strokeWidth=2).encode(
                x=alt.X("from:Q", scale=across, axis=None),
                x2=alt.X2("to:Q"),
                y=alt.Y("top:Q", scale=down, axis=None),
                y2=alt.Y2("bottom:Q"),
                fill=alt.Fill("fill:N", scale=None),
            )
        ),
    )
    layers.insert(
        1,
        (
            base.mark_text(baseline="middle", fontSize=SMALL if step > 34 else 10).encode(
                x=alt.X("x:Q", scale=across, axis=None),
                y=alt.Y("y:Q", scale=down, axis=None),
                text=alt.Text("words:N"),
                color=alt.Color("ink:N", scale=None),
            )
        ),
    )
    every = 1 if step >= 54 else -(-54 // step)
    for place, day in enumerate(months):
        if (len(months) - 1 - place) % every == 0:
            layers.append(drawing.text_at((place + 0.5) * step, -12, month(day), QUIET, align="center", fontSize=SMALL))
    layers += _scale(low, high, unit, box) if known else []
    table = PictureTable(
        ("", *(month(day) for day in months)),
        tuple((name, *(own[day].display if day in own else NOT_AVAILABLE for day in months)) for name, own in everyone),
    )
    return Picture(drawing.render(layers, box, title, description), title, description, table)


def _scale(low: float, high: float, unit: str, box: Box) -> list[Any]:
    y, steps = box.height + 20, 6
    layers: list[Any] = [drawing.text_at(0, y, drawing.number(round(low, 1)), QUIET, fontSize=SMALL)]
    x = drawing.text_width(drawing.number(round(low, 1)), SMALL) + 10
    for step in range(steps):
        layers.append(drawing.rule_at(x, x + 16, y, y, LINE, strokeWidth=11))
        layers.append(drawing.rule_at(x + 0.5, x + 15.5, y, y, shade(step / (steps - 1)), strokeWidth=10))
        x += 16
    return [*layers, drawing.text_at(x + 6, y, f"{drawing.number(round(high, 1))} {unit}", QUIET, fontSize=SMALL)]


def _told(title: str, unit: str, cells: Sequence[Any], known: Sequence[Any]) -> str:
    if not known:
        is_hidden = any(cell is not None and cell.display == SUPPRESSED for _, _, cell in cells)
        return f"{title}: " + ("all figures are suppressed" if is_hidden else "there are no figures")
    lowest, highest = min(known, key=lambda each: each[2].value), max(known, key=lambda each: each[2].value)
    hidden = sum(cell is not None and cell.display == SUPPRESSED for _, _, cell in cells)
    ends = (
        f"lowest {lowest[2].display} {unit} ({lowest[0]}, {month(lowest[1])})",
        f"highest {highest[2].display} {unit} ({highest[0]}, {month(highest[1])})",
    )
    return f"{title}: " + "; ".join([*ends, *([f"{hidden} suppressed"] if hidden else [])])
