"""The authorities of a region in their order: a bar each, the region as a line, and who has no figure to show."""

from __future__ import annotations

from typing import Any

import altair as alt

from childrens_warehouse.pages.charts import drawing, telling
from childrens_warehouse.pages.charts.drawing import Box, Line, Sign
from childrens_warehouse.pages.charts.theme import ACCENT, COLUMN, CONCERN, INK, MARK, QUIET, SMALL, Size
from childrens_warehouse.pages.picture import Picture, PictureTable
from childrens_warehouse.pages.regions.reading import RegionalFigure, Standing
from childrens_warehouse.pages.words import day

POSITIONS = {
    None: "", "within": "within chance", "above_95": "above 95 %", "above_998": "above 99.8 %",
    "below_95": "below 95 %", "below_998": "below 99.8 %",
}  # fmt: skip
_ROW, _NAMES, _VALUES = 17, 158, 66


@drawing.quickly
def ranking(figure: RegionalFigure, size: Size = COLUMN) -> Picture:
    """Bars in the order of ranks. Darker is better than the region beyond chance, red is worse; each has its mark."""
    title = f"{figure.indicator.title}: {figure.region}"
    known, unit = figure.known, telling.unit_name(figure.indicator.unit)
    ends = drawing.ticks([each.value or 0.0 for each in known] + [figure.value or 0.0], with_zero=True, count=4)
    signs = [
        sign
        for reading, sign in (
            ("better", Sign("better beyond chance", "triangle-up", ACCENT)),
            ("worse", Sign("worse beyond chance", "triangle-down", CONCERN)),
            ("neither", Sign("other beyond chance", "diamond", INK)),
        )
        if any(each.reading == reading for each in known)
    ]
    top = 16.0 * drawing.key_lines(signs, size) + 22
    box = Box.of(size, _ROW * max(1, len(figure.standings)), _NAMES, _VALUES, top, 24)
    across = Line(ends[0], ends[-1], 0, box.width)
    layers: list[Any] = []
    for number, each in enumerate(figure.standings):
        middle = _ROW * (number + 0.5)
        layers.append(drawing.text_at(-8, middle, _name(each), INK, align="right", fontSize=SMALL))
        if each.value is None:
            layers.append(drawing.text_at(4, middle, each.shown, QUIET, fontStyle="italic"))
            continue
        layers.append(_bar(middle, across.pixel(each.value), _colour(each)))
        # in a column of their own: beside its bar the line of the region would cross a figure
        layers.append(drawing.text_at(box.width + 44, middle, each.shown, INK, fontSize=SMALL, align="right"))
        if each.is_beyond:
            shape = {"better": "triangle-up", "worse": "triangle-down"}.get(each.reading or "", "diamond")
            layers.append(drawing.mark_at(box.width + 54, middle, shape, _colour(each), size=34))
    if figure.value is not None and figure.members_counted > 1:
        place = across.pixel(figure.value)
        layers.append(drawing.rule_at(place, place, 0, box.height, INK, strokeDash=[4, 3]))
        words = f"{figure.region} {figure.display}"
        half = drawing.text_width(words, SMALL) / 2
        layers.append(
            drawing.text_at(
                min(max(place, half - box.left), box.width + box.right - half), box.height + 11, words, INK,
                align="center", fontSize=SMALL, fontWeight="bold",
            )
        )  # fmt: skip
    if unit:
        layers.append(drawing.text_at(0, -9, unit, QUIET, fontSize=SMALL))
    layers = [*layers, *drawing.key(signs, box, 8 - top)]
    description = telling.sentence(f"{title}: {_told(figure)}")
    return Picture(drawing.render(layers, box, title, description), title, description, _table(figure))


def _name(each: Standing) -> str:
    words = f"{each.rank}  {each.name}" if each.rank else each.name
    while drawing.text_width(words, SMALL) > _NAMES - 12:
        words = words.removesuffix("…")[:-1].rstrip() + "…"
    return words


def _bar(middle: float, width: float, colour: str) -> alt.Chart:
    return (
        alt.Chart(drawing.data([{}]))
        .mark_rect(color=colour)
        .encode(alt.XValue(0), alt.X2Value(max(width, 1.0)), alt.YValue(middle - 5.5), alt.Y2Value(middle + 5.5))
    )


def _colour(each: Standing) -> str:
    return {"better": ACCENT, "worse": CONCERN, "neither": INK}.get(each.reading or "", MARK)


def _told(figure: RegionalFigure) -> str:
    if not figure.known:
        return f"on {day(figure.as_at)} no figure of an authority can be shown"
    if len(figure.known) == 1:
        return f"{figure.known[0].name} alone has a figure on {day(figure.as_at)}, {figure.known[0].shown}"
    first, last = figure.known[0], figure.known[-1]
    order = "from best to worst" if figure.indicator.direction != "none" else "from highest to lowest"
    without, beyond = len(figure.missing), sum(each.is_beyond for each in figure.known)
    parts = (
        f"{figure.display} on {day(figure.as_at)}, {figure.members_counted} of {figure.members} authorities counted",
        f"{order} {first.name} {first.shown} to {last.name} {last.shown}",
        f"half of them lie between {telling.optional(figure.lower_quartile)} and"
        f" {telling.optional(figure.upper_quartile)}",
        f"{beyond or 'none'} {'differs' if beyond == 1 else 'differ'} from the region by more than chance explains"
        if figure.chance
        else "no limits of chance are known of this figure",
        f"{without} without a figure to show" if without else "",
    )
    return "; ".join(part for part in parts if part)


def _table(figure: RegionalFigure) -> PictureTable:
    return PictureTable(
        ("Authority", "Rank", "Figure", "Numerator", "Denominator", "Against chance"),
        tuple(
            (
                f"{each.name} ({each.authority})",
                str(each.rank or ""),
                each.shown,
                telling.optional(each.numerator),
                telling.optional(each.denominator),
                POSITIONS[each.position],
            )
            for each in figure.standings
        ),
    )
