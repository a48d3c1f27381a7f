"""Years to date on one axis from their first month to their last, so that a year is held against those before."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import altair as alt

from childrens_warehouse.pages.charts import drawing, telling
from childrens_warehouse.pages.charts.drawing import Box, Line
from childrens_warehouse.pages.charts.theme import ACCENT, BEFORE, COLUMN, INK, MARK, PAPER, QUIET, SMALL, Size
from childrens_warehouse.pages.charts.trend import YEAR_BEGINS, axis, none_of, number, segments
from childrens_warehouse.pages.picture import Picture, PictureTable
from childrens_warehouse.pages.reading import Figure

_DASH = ([1, 0], [1, 0], [4, 3])


@drawing.quickly
def through_the_year(years: Sequence[tuple[str, Sequence[Figure]]], title: str, size: Size = COLUMN) -> Picture:
    """A line for each year, the last one bold.

    years: the name of each (2016/17) and its figures; the last is the one that is told of.
    """
    everything = [figure for _, figures in years for figure in figures]
    description = telling.sentence(
        f"{title}: "
        + "; ".join(f"{name}: {telling.over_time(figures, is_brief=True)}" for name, figures in years[::-1])
    )
    unit = telling.unit_of_axis(everything)
    known = telling.with_figure(everything)
    targets = [(name, figure.target) for name, figures in years for figure in figures if figure.target is not None][-1:]
    marks = axis([number(figure) for figure in known] + [target for _, target in targets], everything, with_zero=True)
    box = Box.of(size, 170 if size.is_narrow else 210, 40, 110, 22 if unit else 10, 26)
    first = YEAR_BEGINS.get(everything[0].period, 4) if everything else 4
    x = alt.X("month:Q", scale=alt.Scale(domain=[0, 11]), axis=None)
    y = alt.Y("value:Q", **drawing.value_axis(marks))
    scale = Line(marks[0], marks[-1], box.height, 0)
    drawn: list[Any] = [drawing.rule_at(0, box.width, box.height, box.height, QUIET)]
    labels: list[tuple[float, str, str, str]] = []
    for order, (name, figures) in enumerate(years):
        is_last = order == len(years) - 1
        colour = ACCENT if is_last else (MARK if order == len(years) - 2 else BEFORE)
        rows = [
            {"month": (figure.as_at.month - first) % 12, "value": figure.value, "segment": segment}
            for figure, segment in segments(figures)
        ]
        line = alt.Chart(drawing.data(rows)).encode(x=x, y=y)
        width = 2.4 if is_last else 1.2
        drawn.append(
            line.mark_line(color=colour, strokeWidth=width, strokeDash=_DASH[min(2, len(years) - 1 - order)]).encode(
                detail=alt.Detail("segment:N")
            )
        )
        own = telling.with_figure(figures)
        if own:
            provisional = own[-1].finality == "provisional"
            drawn.append(
                alt.Chart(drawing.data(rows[-1:]))
                .encode(x=x, y=y)
                .mark_point(shape="circle", size=36, opacity=1, stroke=colour, fill=PAPER if provisional else colour)
            )
            at = ((own[-1].as_at.month - first) % 12) / 11 * box.width
            words, top = f"{name} {own[-1].display}", scale.pixel(number(own[-1]))
            if is_last and at + 8 + drawing.text_width(words) < box.width:
                drawn.append(drawing.text_at(at + 8, top, words, colour, fontWeight="bold"))
            else:
                labels.append((top, words, colour if is_last else QUIET, "bold" if is_last else "normal"))
    for name, target in targets:
        drawn.append(drawing.rule_at(0, box.width, scale.pixel(target), scale.pixel(target), INK))
        of = "" if name == years[-1][0] else f" {name}"
        labels.append((scale.pixel(target), f"Target{of} {telling.optional(target)}", INK, "normal"))
    places = drawing.spread([label[0] for label in labels], [14] * len(labels), -6, box.height + 4)
    drawn += [
        drawing.text_at(box.width + 8, place, text, colour, fontSize=SMALL, fontWeight=weight)
        for place, (_, text, colour, weight) in zip(places, labels, strict=True)
    ]
    months = [dt.date(2000, (first + step - 1) % 12 + 1, 1) for step in range(12)]
    for step in range(0, 12, 2 if size.is_narrow else 1):
        words, at = f"{months[step]:%b}", step / 11 * box.width
        drawn.append(drawing.text_at(at, box.height + 14, words, QUIET, align="center", fontSize=SMALL))
    if unit:
        drawn.append(drawing.text_at(2 - box.left, -13, unit, QUIET, fontSize=SMALL))
    if not known:
        drawn.append(drawing.text_at(box.width / 2, box.height / 2, none_of(everything), QUIET, align="center"))
    table = PictureTable(
        ("Month", *(name for name, _ in years)),
        tuple(
            (
                f"{months[step]:%B}",
                *(
                    telling.cell(next((f for f in figures if (f.as_at.month - first) % 12 == step), None))
                    for _, figures in years
                ),
            )
            for step in range(12)
        ),
    )
    return Picture(drawing.render(drawn, box, title, description), title, description, table)
