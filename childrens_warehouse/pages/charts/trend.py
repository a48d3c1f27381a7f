"""Figures over time: with the limits of chance, the target and the comparators; several side by side; sparklines.

Points that chance does not explain differ from others by shape and by darkness, provisional ones are hollow. What is
suppressed or not available is a gap with its mark, never a point.
"""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Callable, Sequence
from typing import Any

import altair as alt

from childrens_warehouse.pages.charts import drawing, telling
from childrens_warehouse.pages.charts.drawing import Box, Line, Sign
from childrens_warehouse.pages.charts.theme import (
    BAND,
    COLUMN,
    CONCERN,
    IMPROVEMENT,
    INK,
    LINE,
    MARK,
    PAGE,
    PAPER,
    QUIET,
    SMALL,
    TEXT,
    Size,
)
from childrens_warehouse.pages.picture import Picture, PictureTable
from childrens_warehouse.pages.reading import NOT_AVAILABLE, SUPPRESSED, Figure
from childrens_warehouse.pages.words import month

# How a point looks, by what process control says of it.
_CHANCE = ("circle", MARK)
_VARIATION = {
    "special_cause_concern": ("triangle-up", CONCERN, "worse than chance explains"),
    "special_cause_improvement": ("square", IMPROVEMENT, "better than chance explains"),
    "special_cause_neither": ("diamond", INK, "beyond what chance explains"),
}
_REFERENCES: tuple[tuple[str, str, Callable[[Figure], float | None], str, list[int], float], ...] = (
    ("Target", "Target", lambda figure: figure.target, INK, [1, 0], 1.4),
    ("England", "England", lambda figure: figure.england, QUIET, [5, 3], 1.1),
    ("Neighbours", "Statistical neighbours", lambda figure: figure.statistical_neighbour, QUIET, [1, 3], 1.4),
    ("Mean", "Mean", lambda figure: figure.process_mean, MARK, [1, 0], 1.0),
)
YEAR_BEGINS = {"year_to_date": 4, "school_year_to_date": 9}


@drawing.quickly
def trend(figures: Sequence[Figure], title: str, size: Size = COLUMN) -> Picture:
    """One indicator over time, oldest figure first; figures of years to date begin anew each year."""
    description = telling.sentence(f"{title}: {telling.over_time(figures)}")
    signs = _signs(figures)
    top = 16.0 * drawing.key_lines(signs, size) + (24 if telling.unit_of_axis(figures) else 10)
    labels = _end_labels(figures, full=not size.is_narrow)
    right = 16 + max((drawing.text_width(text, SMALL) for _, text, _ in labels), default=20)
    box = Box.of(size, _height(figures, size), 40, right, top, 26)
    everything = [*layers(figures, box), *drawing.key(signs, box, 8 - top)]
    return Picture(drawing.render(everything, box, title, description), title, description, _table(figures))


@drawing.for_telephones_too
@drawing.quickly
def small_multiples(series: Sequence[tuple[str, Sequence[Figure]]], title: str, size: Size = PAGE) -> Picture:
    """Several indicators, each with its own axis; the name of each above it."""
    columns = 1 if size.is_narrow else 2 if len(series) in (2, 4) else min(3, len(series))
    description = telling.sentence(
        f"{title}: " + "; ".join(f"{name}: {telling.over_time(own, is_brief=True)}" for name, own in series)
    )
    width = size.width / columns
    names = [drawing.wrap(name, width - 16, TEXT) for name, _ in series]
    top = 14.0 * max(len(lines) for lines in names) + 16
    box = Box(width - 40 - 48, 84, 40, 48, top, 26)
    charts = [
        [
            *layers(figures, box, is_small=True),
            drawing.text_at(2 - box.left, 8 - top, lines, fontWeight="bold"),
        ]
        for lines, (_, figures) in zip(names, series, strict=True)
    ]
    svg = drawing.render_grid(charts, box, columns, title, description)
    dates = sorted({figure.as_at for _, figures in series for figure in figures})
    by_date = [{figure.as_at: figure for figure in figures} for _, figures in series]
    table = PictureTable(
        ("Date", *(name for name, _ in series)),
        tuple((month(date), *(telling.cell(own.get(date)) for own in by_date)) for date in dates),
    )
    return Picture(svg, title, description, table)


@drawing.quickly
def sparkline(figures: Sequence[Figure], title: str) -> Picture:
    """A line of 120 by 28 pixels for a row of a table: the course, the target, the last point."""
    description = telling.sentence(f"{title}: {telling.over_time(figures)}")
    box = Box(108, 20, 6, 6, 4, 4)
    known = telling.with_figure(figures)
    targets = [figure.target for figure in known if figure.target is not None]
    values = [number(figure) for figure in known] + targets
    low, high = (min(values), max(values)) if values else (0, 1)
    scales = _scales(figures, low, high if high > low else low + 1)
    drawn: list[Any] = [_reference(figures, _REFERENCES[0][2], scales, QUIET, [2, 2], 1)] if targets else []
    drawn += [_lines(figures, scales, 1.6)]
    if known:
        drawn.append(_points(known[-1:], scales, 22))
    else:
        drawn.append(
            drawing.text_at(box.width / 2, box.height / 2, none_of(figures, is_short=True), QUIET, align="center")
        )
    return Picture(drawing.render(drawn, box, title, description), title, description, _table(figures))


# How wide a date below the axis is, with the room around it.
_DATE = 58


class _Scales:
    """The two scales of a series, as Vega-Lite's channels and in pixels."""

    def __init__(self, days: tuple[int, int], marks: Sequence[float], is_drawn: bool) -> None:
        self.marks = marks
        self.x = alt.X("day:Q", scale=alt.Scale(domain=list(days), zero=False, nice=False), axis=None)
        self.y = alt.Y("value:Q", **drawing.value_axis(marks, is_drawn))


def _scales(figures: Sequence[Figure], low: float, high: float) -> _Scales:
    return _Scales(_days(figures), (low, high), is_drawn=False)


def _days(figures: Sequence[Figure]) -> tuple[int, int]:
    days = [figure.as_at.toordinal() for figure in figures] or [0, 1]
    return (days[0], days[-1]) if days[-1] > days[0] else (days[0] - 15, days[0] + 15)


def layers(figures: Sequence[Figure], box: Box, is_small: bool = False) -> list[Any]:
    """The layers of one indicator over time, for a plot of this size; small ones have no comparators and no unit."""
    known = telling.with_figure(figures)
    values = [number(figure) for figure in known]
    for _, _, read, _, _, _ in _REFERENCES if not is_small else _REFERENCES[:1]:
        values += [value for figure in figures if (value := read(figure)) is not None]
    values += [
        limit for figure in figures for limit in (figure.process_lower, figure.process_upper) if limit is not None
    ]
    marks = drawing.ticks(values) if not values else axis(values, figures, count=3 if is_small else 5)
    scales = _Scales(_days(figures), marks, is_drawn=bool(known))
    unit = telling.unit_of_axis(figures)
    drawn: list[Any] = []
    if any(figure.process_lower is not None for figure in figures):
        drawn.append(_band(figures, scales))
    for name, _, read, colour, dash, width in _REFERENCES:
        if any(read(figure) is not None for figure in figures) and (not is_small or name == "Target"):
            drawn.append(_reference(figures, read, scales, colour, dash, width))
    drawn.append(drawing.rule_at(0, box.width, box.height, box.height, QUIET))
    drawn += _time(figures, box, scales)
    drawn.append(_lines(figures, scales, 1.6))
    if known:
        size = 16 if is_small else 30 if box.width < 400 else 42
        plain = [figure for figure in known if figure.variation not in _VARIATION]
        for group in (plain, [figure for figure in known if figure.variation in _VARIATION]):
            if group:
                drawn.append(_points(group, scales, size))
    else:
        drawn.append(drawing.text_at(box.width / 2, box.height / 2 - 8, none_of(figures), QUIET, align="center"))
    drawn += _gaps(figures, box)
    drawn += _at_the_end(figures, box, scales, is_small)
    if unit and not is_small:
        drawn.append(drawing.text_at(2 - box.left, -14, unit, QUIET, fontSize=SMALL))
    return drawn


def _height(figures: Sequence[Figure], size: Size) -> float:
    if not telling.with_figure(figures):
        return 70
    return 170 if size.is_narrow else 210


def axis(values: Sequence[float], figures: Sequence[Figure], count: int = 5, with_zero: bool = False) -> list[float]:
    is_share = bool(figures) and figures[0].unit == "percent"
    return drawing.ticks(
        [min(max(value, 0.0), 100.0) if is_share else value for value in values],
        with_zero,
        count,
        100 if is_share else None,
        least=10 if is_share else 0,
    )


def segments(figures: Sequence[Figure]) -> list[tuple[Figure, int]]:
    """Figures that a line may run through, with the number of their line.

    A line ends at every gap, and where the year or the definition changes.
    """
    steps = [(later.as_at - earlier.as_at).days for earlier, later in itertools.pairwise(figures)]
    usual = statistics.median(steps) if steps else 0
    found, segment = [], 0
    for number, figure in enumerate(figures):
        if number:
            before = figures[number - 1]
            is_new_year = _year(before) != _year(figure)
            is_redefined = before.definition_version != figure.definition_version
            if is_new_year or is_redefined or steps[number - 1] > 1.8 * usual:
                segment += 1
        if figure.value is None or not figure.is_available:
            segment += 1
        else:
            found.append((figure, segment))
    return found


def _year(figure: Figure) -> int:
    begins = YEAR_BEGINS.get(figure.period)
    return 0 if begins is None else figure.as_at.year - (figure.as_at.month < begins)


def _lines(figures: Sequence[Figure], scales: _Scales, width: float) -> alt.Chart:
    rows = [
        {"day": figure.as_at.toordinal(), "value": figure.value, "segment": segment}
        for figure, segment in segments(figures)
    ]
    return (
        alt.Chart(drawing.data(rows))
        .mark_line(color=MARK, strokeWidth=width, strokeJoin="round")
        .encode(x=scales.x, y=scales.y, detail=alt.Detail("segment:N"))
    )


def _points(figures: Sequence[Figure], scales: _Scales, size: float) -> alt.Chart:
    rows = []
    for figure in figures:
        shape, colour, *_ = _VARIATION.get(figure.variation or "", _CHANCE)
        fill = PAPER if figure.finality == "provisional" else colour
        scale = 1.0 if shape == "circle" else 1.5
        rows.append(
            {
                "day": figure.as_at.toordinal(),
                "value": figure.value,
                "shape": shape,
                "stroke": colour,
                "fill": fill,
                "size": size * scale,
            }
        )
    return (
        alt.Chart(drawing.data(rows))
        .mark_point(opacity=1, strokeWidth=1.3)
        .encode(
            x=scales.x,
            y=scales.y,
            shape=alt.Shape("shape:N", scale=None),
            stroke=alt.Stroke("stroke:N", scale=None),
            fill=alt.Fill("fill:N", scale=None),
            size=alt.Size("size:Q", scale=None),
        )
    )


def _band(figures: Sequence[Figure], scales: _Scales) -> alt.Chart:
    low, high = scales.marks[0], scales.marks[-1]
    rows = [
        {
            "day": figure.as_at.toordinal(),
            "lower": max(figure.process_lower, low),
            "value": min(figure.process_upper, high),
        }
        for figure in figures
        if figure.process_lower is not None and figure.process_upper is not None
    ]
    return alt.Chart(drawing.data(rows)).mark_area(color=BAND).encode(x=scales.x, y=scales.y, y2=alt.Y2("lower:Q"))


def _reference(
    figures: Sequence[Figure],
    read: Callable[[Figure], float | None],
    scales: _Scales,
    colour: str,
    dash: list[int],
    width: float,
) -> alt.Chart:
    rows, run = [], 0
    for figure in figures:
        value = read(figure)
        if value is None:
            run += 1
        else:
            rows.append({"day": figure.as_at.toordinal(), "value": value, "run": run})
    return (
        alt.Chart(drawing.data(rows))
        .mark_line(color=colour, strokeWidth=width, strokeDash=dash, interpolate="step-before")
        .encode(x=scales.x, y=scales.y, detail=alt.Detail("run:N"))
    )


def _time(figures: Sequence[Figure], box: Box, scales: _Scales) -> list[Any]:
    """Ticks below the plot at the last date and evenly before it, and dates at as many of them as there is room for."""
    months = {figure.as_at.year * 12 + figure.as_at.month: figure for figure in figures}
    if not months:
        return []
    newest = max(months)
    years = max(1.0, (newest - min(months)) / 12)
    step = next((each for each in (1, 2, 3, 6, 12, 24) if years * 12 / each <= box.width / _DATE), 48)
    tick = next((each for each in (1, 3, 6, 12) if step % each == 0 and years * 12 / each <= box.width / 8), step)
    rows = [
        {"day": figure.as_at.toordinal(), "date": month(figure.as_at) if (newest - number) % step == 0 else ""}
        for number, figure in sorted(months.items())
        if (newest - number) % tick == 0
    ]
    base = alt.Chart(drawing.data(rows))
    dated = alt.Chart(drawing.data(row for row in rows if row["date"]))
    return [
        base.mark_rule(color=QUIET).encode(scales.x, alt.YValue(box.height), alt.Y2Value(box.height + 4)),
        dated.mark_text(color=QUIET, fontSize=SMALL, baseline="middle").encode(
            scales.x, alt.YValue(box.height + 15), text=alt.Text("date:N")
        ),
    ]


def _gaps(figures: Sequence[Figure], box: Box) -> list[Any]:
    """What is not shown: a stroke on the axis below each run of months, with its mark."""
    first, last = _days(figures)
    line = Line(first, last, 0, box.width)
    runs: list[tuple[str, list[float]]] = []
    follows = ""
    for figure in figures:
        sign = "" if figure.is_available and figure.value is not None else telling.letter(figure)
        place = line.pixel(figure.as_at.toordinal())
        if sign and sign == follows:
            runs[-1][1].append(place)
        elif sign:
            runs.append((sign, [place]))
        follows = sign
    drawn: list[Any] = []
    for sign, places in runs:
        if len(places) > 1:
            drawn.append(drawing.rule_at(places[0], places[-1], box.height - 5, box.height - 5, QUIET))
        middle = (places[0] + places[-1]) / 2
        drawn.append(drawing.text_at(middle, box.height - 13, sign, QUIET, align="center", fontStyle="italic"))
    return drawn


def _end_labels(figures: Sequence[Figure], full: bool) -> list[tuple[float, str, str]]:
    """Value, words and colour of what stands to the right of the lines; the last figure first."""
    known = telling.with_figure(figures)
    labels = [(number(known[-1]), known[-1].display or "", INK)] if known else []
    for short, name, read, colour, _, _ in _REFERENCES:
        found = [(figure, value) for figure in figures if (value := read(figure)) is not None]
        if found:
            until = "" if found[-1][0] is figures[-1] else f" to {month(found[-1][0].as_at)}"
            words = f"{name if full else short} {telling.optional(found[-1][1])}{until}"
            labels.append((found[-1][1], words, QUIET if colour == MARK else colour))
    return labels


def _at_the_end(figures: Sequence[Figure], box: Box, scales: _Scales, is_small: bool) -> list[Any]:
    labels = _end_labels(figures, full=box.width > 400)
    known = telling.with_figure(figures)
    if is_small:
        labels = labels[:1] if known else []
    line = Line(scales.marks[0], scales.marks[-1], box.height, 0)
    places = drawing.spread([line.pixel(value) for value, _, _ in labels], [14] * len(labels), -8, box.height + 6)
    drawn = []
    for number, (place, (_, words, colour)) in enumerate(zip(places, labels, strict=True)):
        is_figure = number == 0 and bool(known)
        drawn.append(
            drawing.text_at(
                box.width + 8,
                place,
                words,
                colour,
                fontSize=TEXT + 1 if is_figure else SMALL,
                fontWeight="bold" if is_figure else "normal",
            )
        )
    return drawn


def _signs(figures: Sequence[Figure]) -> list[Sign]:
    """The key: only what is in the picture."""
    known = telling.with_figure(figures)
    signs = []
    for variation, (shape, colour, means) in _VARIATION.items():
        if any(figure.variation == variation for figure in known):
            signs.append(Sign(means, shape, colour))
    if any(figure.process_lower is not None for figure in figures):
        signs.append(Sign("limits of chance", "square", LINE))
    if any(figure.finality == "provisional" for figure in known):
        signs.append(Sign("provisional", "circle", MARK, is_filled=False))
    if any(figure.is_suppressed for figure in figures):
        signs.append(Sign("suppressed", letter=SUPPRESSED))
    if any(not figure.is_suppressed and figure.value is None for figure in figures):
        signs.append(Sign("not available", letter=NOT_AVAILABLE))
    return signs


def none_of(figures: Sequence[Figure], is_short: bool = False) -> str:
    if not figures:
        return NOT_AVAILABLE if is_short else "No figures"
    is_hidden = any(figure.is_suppressed for figure in figures)
    if is_short:
        return SUPPRESSED if is_hidden else NOT_AVAILABLE
    return "All figures are suppressed" if is_hidden else "No figure is available"


def number(figure: Figure) -> float:
    return figure.value if figure.value is not None else 0.0


def _table(figures: Sequence[Figure]) -> PictureTable:
    return PictureTable(
        ("Date", "Figure", "Target", "Statistical neighbours", "England", "Limits of chance", "Remarks"),
        tuple(
            (
                month(figure.as_at),
                telling.cell(figure),
                telling.optional(figure.target),
                telling.optional(figure.statistical_neighbour),
                telling.optional(figure.england),
                ""
                if figure.process_lower is None
                else f"{telling.optional(figure.process_lower)} to {telling.optional(figure.process_upper)}",
                ", ".join(filter(None, (telling.FINALITY.get(figure.finality, ""), _remark(figure)))),
            )
            for figure in figures
        ),
    )


def _remark(figure: Figure) -> str:
    means = _VARIATION.get(figure.variation or "")
    return f"{means[2]} ({(figure.variation_rule or '').replace('_', ' ')})" if means else ""
