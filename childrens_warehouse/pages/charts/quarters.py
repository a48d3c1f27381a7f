"""Bars of quarters, or years, each with the same period a year before beside it and its target across it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt

from childrens_warehouse.pages.charts import drawing, telling
from childrens_warehouse.pages.charts.drawing import Box, Line, Sign
from childrens_warehouse.pages.charts.theme import ACCENT, BEFORE, COLUMN, INK, MARK, PAPER, QUIET, SMALL, TEXT, Size
from childrens_warehouse.pages.picture import Picture, PictureTable
from childrens_warehouse.pages.reading import NOT_AVAILABLE, SUPPRESSED, Figure
from childrens_warehouse.pages.words import financial_year, month, quarter


@drawing.quickly
def quarters(figures: Sequence[Figure], title: str, size: Size = COLUMN) -> Picture:
    """Figures of quarters (period `quarter`), or of years (year to date on 31 March), oldest first."""
    names = [_name(figure) for figure in figures]
    description = telling.sentence(_told(figures, names, title))
    known = telling.with_figure(figures)
    before = [figure.previous_year for figure in figures if figure.previous_year is not None]
    targets = [figure.target for figure in figures if figure.target is not None]
    marks = drawing.ticks([figure.value or 0.0 for figure in known] + before + targets, True, 5, _top(figures))
    signs = _signs(figures)
    unit = telling.unit_of_axis(figures)
    top = 16.0 * drawing.key_lines(signs, size) + (34 if unit else 20)
    box = Box.of(size, (150 if size.is_narrow else 190) if known else 70, 40, 12, top, 40)
    scale = Line(marks[0], marks[-1], box.height, 0)
    step = box.width / max(1, len(figures))
    x = alt.X("from:Q", scale=alt.Scale(domain=[0, max(1, len(figures))], nice=False, zero=False), axis=None)
    y = alt.Y("value:Q", **drawing.value_axis(marks, is_drawn=bool(known)))
    layers: list[Any] = []
    if before:
        rows = [
            _bar(n + 0.14, 0.28, figure.previous_year)
            for n, figure in enumerate(figures)
            if figure.previous_year is not None
        ]
        layers.append(_bars(rows, x, y).mark_rect(color=BEFORE))
    left, width = (0.42, 0.44) if before else (0.2, 0.6)
    for is_provisional in (False, True):
        rows = [
            _bar(n + left, width, figure.value)
            for n, figure in enumerate(figures)
            if figure in known and (figure.finality == "provisional") == is_provisional
        ]
        if rows:
            layers.append(
                _bars(rows, x, y).mark_rect(fill=PAPER if is_provisional else ACCENT, stroke=ACCENT, strokeWidth=1.5)
            )
    middle = left + width / 2
    if known:
        rows = [
            {"from": n + middle, "value": figure.value, "words": figure.display}
            for n, figure in enumerate(figures)
            if figure in known
        ]
        layers.append(
            alt.Chart(drawing.data(rows))
            .mark_text(dy=-8, fontWeight="bold", color=INK, fontSize=TEXT if step > 46 else SMALL)
            .encode(x=x, y=y, text=alt.Text("words:N"))
        )
    else:
        nothing = (
            "All figures are suppressed"
            if any(figure.is_suppressed for figure in figures)
            else "No figure is available"
        )
        layers.append(drawing.text_at(box.width / 2, box.height / 2, nothing, QUIET, align="center"))
    for n, figure in enumerate(figures):
        if figure.target is not None:
            at = scale.pixel(figure.target)
            layers.append(drawing.rule_at((n + 0.08) * step, (n + 0.94) * step, at, at, INK, strokeWidth=2))
        if figure not in known:
            sign = telling.letter(figure)
            layers.append(
                drawing.text_at((n + middle) * step, box.height - 9, sign, QUIET, align="center", fontStyle="italic")
            )
        words = names[n].split(" ", 1)
        layers.append(
            drawing.text_at(
                (n + 0.5) * step, box.height + 14, words, QUIET, align="center", fontSize=SMALL, lineHeight=13
            )
        )
    layers.append(drawing.rule_at(0, box.width, box.height, box.height, QUIET))
    if unit:
        layers.append(drawing.text_at(2 - box.left, -22, unit, QUIET, fontSize=SMALL))
    layers = [*layers, *drawing.key(signs, box, 8 - top)]
    table = PictureTable(
        ("Period", "Figure", "A year before", "Target", "Remarks"),
        tuple(
            (
                name,
                telling.cell(figure),
                telling.optional(figure.previous_year) or NOT_AVAILABLE,
                telling.optional(figure.target),
                telling.FINALITY.get(figure.finality, ""),
            )
            for name, figure in zip(names, figures, strict=True)
        ),
    )
    return Picture(drawing.render(layers, box, title, description), title, description, table)


def _name(figure: Figure) -> str:
    if figure.period == "quarter":
        return quarter(figure.as_at)
    return financial_year(figure.as_at) if figure.as_at.month == 3 else month(figure.as_at)


def _bar(start: float, width: float, value: float | None) -> dict[str, Any]:
    return {"from": start, "to": start + width, "value": value, "zero": 0}


def _bars(rows: Sequence[dict[str, Any]], x: alt.X, y: alt.Y) -> alt.Chart:
    return alt.Chart(drawing.data(rows)).encode(x=x, x2=alt.X2("to:Q"), y=y, y2=alt.Y2("zero:Q"))


def _top(figures: Sequence[Figure]) -> float | None:
    return 100 if figures and figures[0].unit == "percent" else None


def _signs(figures: Sequence[Figure]) -> list[Sign]:
    known = telling.with_figure(figures)
    signs = []
    is_compared = any(figure.previous_year is not None or figure.finality == "provisional" for figure in known)
    if is_compared and any(figure.finality != "provisional" for figure in known):
        signs.append(Sign("final", "square", ACCENT))
    if any(figure.finality == "provisional" for figure in known):
        signs.append(Sign("provisional", "square", ACCENT, is_filled=False))
    if any(figure.previous_year is not None for figure in figures):
        signs.append(Sign("a year before", "square", BEFORE))
    if any(figure.target is not None for figure in figures):
        signs.append(Sign("target", "stroke", INK))
    if any(figure.is_suppressed for figure in figures):
        signs.append(Sign("suppressed", colour=MARK, letter=SUPPRESSED))
    if any(not figure.is_suppressed and figure.value is None for figure in figures):
        signs.append(Sign("not available", colour=MARK, letter=NOT_AVAILABLE))
    return signs


def _told(figures: Sequence[Figure], names: Sequence[str], title: str) -> str:
    if figures and not telling.with_figure(figures):
        return f"{title}: no figure can be shown: {', '.join(telling.missing(figures))}"
    each = []
    for name, figure in zip(names, figures, strict=True):
        before = (
            f" ({telling.optional(figure.previous_year)} a year before)" if figure.previous_year is not None else ""
        )
        each.append(f"{name} {telling.said(figure)}{before}")
    targets = {figure.target for figure in figures if figure.target is not None}
    target = f"; target {', '.join(f'{value:g}' for value in sorted(targets))}" if targets else ""
    return f"{title}: {'; '.join(each) or 'there are no figures'}{target}"
