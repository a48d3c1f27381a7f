"""Who came and who went: from the number at the beginning to the number at the end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt

from childrens_warehouse.pages.charts import drawing, telling
from childrens_warehouse.pages.charts.drawing import Box, Line
from childrens_warehouse.pages.charts.theme import ACCENT, COLUMN, INK, MARK, QUIET, SMALL, TEXT, Size
from childrens_warehouse.pages.picture import Picture, PictureTable
from childrens_warehouse.pages.reading import SUPPRESSED, Figure
from childrens_warehouse.pages.words import day


@drawing.quickly
def came_and_went(
    opening: Figure, started: Figure, ceased: Figure, closing: Figure, title: str, size: Size = COLUMN
) -> Picture:
    """Opening number, who started, who ceased, closing number. A difference that these leave is shown as its own step
    (who ceased and started on one day, and what was recorded late)."""
    figures = (opening, started, ceased, closing)
    counts = [_count(figure) for figure in figures]
    first, came, went, last = counts
    rest = last - first - came + went if None not in counts else 0  # type: ignore[operator]
    description = telling.sentence(_told(figures, rest, title))
    # name, from, to, words, colour
    steps: list[tuple[str, float | None, float | None, str, str]] = [
        (_on(opening), 0, first, telling.letter(opening) if first is None else str(first), ACCENT),
        ("Started", first, _sum(first, came), telling.letter(started) if came is None else f"+{came}", MARK),
        (
            "Ceased",
            _sum(first, came),
            _sum(first, came, went, sign=-1),
            telling.letter(ceased) if went is None else f"−{went}",
            MARK,
        ),
    ]
    if rest:
        before = _sum(first, came, went, sign=-1)
        steps.append(("Other", before, last, f"{rest:+d}".replace("-", "−"), MARK))
    steps.append((_on(closing), 0, last, telling.letter(closing) if last is None else str(last), ACCENT))
    ends = [end for _, start, end, _, _ in steps for end in (start, end) if end is not None]
    marks = drawing.ticks(ends, with_zero=True)
    box = Box.of(size, 170, 40, 12, 22, 38)
    width = box.width / len(steps)
    scale = Line(marks[0], marks[-1], box.height, 0)
    x = alt.X("from:Q", scale=alt.Scale(domain=[0, len(steps)], nice=False, zero=False), axis=None)
    y = alt.Y("low:Q", **drawing.value_axis(marks, is_drawn=bool(ends)))
    rows, layers = [], []
    for number, (name, start, end, words, colour) in enumerate(steps):
        middle = (number + 0.5) * width
        if start is not None and end is not None:
            rows.append({"from": number + 0.18, "to": number + 0.82, "low": start, "high": end, "fill": colour})
            layers.append(
                drawing.text_at(middle, scale.pixel(max(start, end)) - 9, words, INK, align="center", fontWeight="bold")
            )
            if number < len(steps) - 1 and steps[number + 1][2] is not None:
                level = scale.pixel(end)
                layers.append(drawing.rule_at((number + 0.82) * width, (number + 1.18) * width, level, level, QUIET))
        else:
            style = {"fontStyle": "italic"} if words == SUPPRESSED else {"fontWeight": "bold"}
            layers.append(drawing.text_at(middle, box.height - 10, words, QUIET, align="center", **style))
        lines = drawing.wrap(name, width - 4, SMALL)
        layers.append(
            drawing.text_at(middle, box.height + 14, lines, QUIET, align="center", fontSize=SMALL, lineHeight=13)
        )
    bars: list[Any] = [
        alt.Chart(drawing.data(rows))
        .mark_rect()
        .encode(x=x, x2=alt.X2("to:Q"), y=y, y2=alt.Y2("high:Q"), fill=alt.Fill("fill:N", scale=None))
    ]
    base = drawing.rule_at(0, box.width, box.height, box.height, QUIET)
    if not rows:
        layers.append(
            drawing.text_at(
                box.width / 2, box.height / 2, "No figure can be shown", QUIET, align="center", fontSize=TEXT
            )
        )
    table = PictureTable(
        ("Step", "Children"),
        (
            (_on(opening), telling.cell(opening)),
            ("Started", telling.cell(started)),
            ("Ceased", telling.cell(ceased)),
            *((("Other differences", f"{rest:+d}"),) if rest else ()),
            (_on(closing), telling.cell(closing)),
        ),
    )
    return Picture(drawing.render([*bars, *layers, base], box, title, description), title, description, table)


def _count(figure: Figure) -> int | None:
    return figure.numerator if figure.is_available else None


def _sum(*counts: int | None, sign: int = 1) -> int | None:
    """The sum, the last count with this sign; None where one of them is not known."""
    known = [count for count in counts if count is not None]
    return None if len(known) < len(counts) else sum(known[:-1]) + sign * known[-1]


def _on(figure: Figure) -> str:
    return day(figure.as_at)


def _told(figures: Sequence[Figure], rest: int, title: str) -> str:
    opening, started, ceased, closing = figures
    other = f", {rest:+d} for other reasons" if rest else ""
    return (
        f"{title}: {telling.said(opening)} on {day(opening.as_at)}, {telling.said(started)} started,"
        f" {telling.said(ceased)} ceased{other}, {telling.said(closing)} on {day(closing.as_at)}"
    )
