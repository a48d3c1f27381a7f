"""Placement stability: three or more placements in a year, two years in the same placement, and moves per child."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt

from childrens_warehouse.pages.charts import drawing, telling
from childrens_warehouse.pages.charts.drawing import Box, Line
from childrens_warehouse.pages.charts.theme import ACCENT, COLUMN, CONCERN, INK, MARK, PAGE, QUIET, SMALL, Size
from childrens_warehouse.pages.charts.trend import layers
from childrens_warehouse.pages.picture import Picture, PictureTable
from childrens_warehouse.pages.reading import SUPPRESSED, Figure
from childrens_warehouse.pages.words import month


@drawing.for_telephones_too
@drawing.quickly
def over_time(
    three_or_more: Sequence[Figure], same_placement: Sequence[Figure], title: str, size: Size = PAGE
) -> Picture:
    """Both measures side by side, each with its target and comparators.

    three_or_more: per cent with three or more placements in the year so far, which begins anew in April.
    same_placement: per cent in the same placement for two years, of those looked after for two and a half.
    """
    heads = (
        "Three or more placements in the year so far",
        "Same placement for two years, of those looked after two and a half",
    )
    series = tuple(zip(heads, (three_or_more, same_placement), strict=True))
    description = telling.sentence(
        f"{title}: " + "; ".join(f"{head}: {telling.over_time(own, is_brief=True)}" for head, own in series)
    )
    columns = 1 if size.is_narrow else 2
    box = Box(size.width / columns - 40 - 118, 150, 40, 118, 60, 30)
    charts = []
    for head, own in series:
        lines = drawing.wrap(head, box.width + 140)
        charts.append([*layers(own, box), drawing.text_at(2 - box.left, -50, lines, fontWeight="bold")])
    dates = sorted({figure.as_at for _, own in series for figure in own})
    by_date = [{figure.as_at: figure for figure in own} for _, own in series]
    table = PictureTable(
        ("Date", *heads), tuple((month(date), *(telling.cell(own.get(date)) for own in by_date)) for date in dates)
    )
    return Picture(drawing.render_grid(charts, box, columns, title, description), title, description, table)


@drawing.quickly
def placements_per_child(
    counts: Sequence[tuple[str, int | None]], title: str, size: Size = COLUMN, too_many_from: int = 2
) -> Picture:
    """Children by how many placements they had in twelve months; None is suppressed.

    too_many_from: place (from 0) of the first number of placements that counts as unstable.
    """
    known = [count for _, count in counts if count is not None]
    told = ", ".join(
        f"{name}: {'suppressed' if count is None else telling.in_words(count, 'child', 'children')}"
        for name, count in counts
    )
    description = telling.sentence(f"{title}: {told or 'there are no figures'}")
    pitch = 30.0
    left = 16 + max((drawing.text_width(name) for name, _ in counts), default=20)
    box = Box.of(size, max(1, len(counts)) * pitch, left, 56, 8, 8)
    scale = Line(0, max(known, default=0) or 1, 0, box.width)
    x = alt.X("zero:Q", scale=alt.Scale(domain=[0, scale.high], nice=False), axis=None)
    y = alt.Y("top:Q", scale=alt.Scale(domain=[0, box.height], nice=False, reverse=True), axis=None)
    rows = [
        {
            "zero": 0,
            "count": count,
            "top": number * pitch + 4,
            "bottom": (number + 1) * pitch - 4,
            "fill": CONCERN if number >= too_many_from else MARK if number else ACCENT,
        }
        for number, (_, count) in enumerate(counts)
        if count
    ]
    drawn: list[Any] = [
        alt.Chart(drawing.data(rows))
        .mark_rect()
        .encode(x=x, x2=alt.X2("count:Q"), y=y, y2=alt.Y2("bottom:Q"), fill=alt.Fill("fill:N", scale=None)),
        drawing.rule_at(0, 0, 0, box.height, QUIET),
    ]
    for number, (name, count) in enumerate(counts):
        middle = (number + 0.5) * pitch
        drawn.append(drawing.text_at(-10, middle, name, INK, align="right"))
        if count is None:
            drawn.append(drawing.text_at(8, middle, SUPPRESSED, QUIET, fontStyle="italic"))
        else:
            drawn.append(drawing.text_at(scale.pixel(count) + 8, middle, f"{count:,}", INK, fontWeight="bold"))
    if not counts:
        drawn.append(drawing.text_at(8, pitch / 2, "No figures", QUIET, fontSize=SMALL))
    table = PictureTable(
        ("Placements", "Children"), tuple((name, SUPPRESSED if count is None else str(count)) for name, count in counts)
    )
    return Picture(drawing.render(drawn, box, title, description), title, description, table)
