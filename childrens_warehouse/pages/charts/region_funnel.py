"""The authorities of a region over how many children each counts, between the limits that chance leaves them.

The limits are those of `regional_ranking` (docs/adr/0020-regional-figures.md), drawn for every denominator and not for
the authorities' alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import altair as alt

from childrens_warehouse.pages.charts import drawing, telling
from childrens_warehouse.pages.charts.drawing import Box, Line, Sign
from childrens_warehouse.pages.charts.theme import ACCENT, BAND, COLUMN, CONCERN, INK, LINE, MARK, QUIET, SMALL, Size
from childrens_warehouse.pages.picture import Picture, PictureTable
from childrens_warehouse.pages.regions.reading import RegionalFigure, Standing
from childrens_warehouse.pages.words import day

DEVIATES = {"95": 1.959963984540054, "998": 3.090232306167813}
_SCALES = {"percent": 100.0, "per_10k": 10_000.0}
_STEPS = 90


def limits(denominator: float, rate: float, chance: str, z: float) -> tuple[float, float]:
    """The counts between which chance leaves a denominator at a region's rate, as the macro control_limit has them."""
    mean = denominator * rate
    is_binomial = chance == "binomial"
    deviation = math.sqrt(max(mean * (1 - rate), 0.0) if is_binomial else mean)
    skew, most = (1 - 2 * rate, float(denominator)) if is_binomial else (1.0, math.inf)
    bend = (z * z - 1) / 6 * skew
    low = 0.0 if deviation <= z * skew / 3 else max(mean - z * deviation + bend, 0.0)
    high = most if deviation <= -z * skew / 3 else min(mean + z * deviation + bend, most)
    return low, high


@drawing.quickly
def region_funnel(figure: RegionalFigure, size: Size = COLUMN) -> Picture:
    """Points by denominator and value, the region as a line; who lies beyond the limits is named."""
    title = f"{figure.indicator.title}: beside chance, {figure.region}"
    known = [each for each in figure.known if each.denominator]
    description = telling.sentence(f"{title}: {_told(figure, known)}")
    largest = max((each.denominator or 0 for each in known), default=0)
    across = drawing.ticks([largest * 1.08 or 10.0], with_zero=True, count=4)
    scale = _SCALES.get(figure.indicator.unit, 1.0)
    bands = _bands(figure, across[-1], scale) if figure.chance and figure.rate is not None else {}
    top_value = 100.0 if figure.chance == "binomial" else None
    inner = [
        limit
        for row in bands.get("95", ())
        if row["count"] > across[-1] / 6
        for limit in (row["low"], row["value"])
    ]
    values = [each.value or 0.0 for each in known] + inner + ([figure.value] if figure.value is not None else [])
    marks = drawing.ticks(values, count=5, top=top_value)
    signs = [Sign("95 and 99.8 per cent limits of chance", "square", LINE)] if bands else []
    signs += [
        Sign(f"{reading} beyond chance", shape, colour)
        for reading, shape, colour in (("better", "triangle-up", ACCENT), ("worse", "triangle-down", CONCERN))
        if any(each.reading == reading for each in known)
    ]
    top = 16.0 * drawing.key_lines(signs, size) + 24
    box = Box.of(size, 220, 44, 20, top, 42)
    x = alt.X(
        "count:Q",
        scale=alt.Scale(domain=[0, across[-1]], nice=False),
        axis=alt.Axis(values=across, format=",.0f", labelOverlap=False),
    )
    y = alt.Y("value:Q", **drawing.value_axis(marks, is_drawn=bool(known)))
    up, right = Line(marks[0], marks[-1], box.height, 0), Line(0, across[-1], 0, box.width)
    layers: list[Any] = []
    for name, colour in (("998", BAND), ("95", LINE)):
        rows = [
            {**row, "low": _cut(row["low"], marks), "value": _cut(row["value"], marks)} for row in bands.get(name, ())
        ]
        if rows:
            layers.append(alt.Chart(drawing.data(rows)).mark_area(color=colour).encode(x=x, y=y, y2=alt.Y2("low:Q")))
    if figure.value is not None and known:
        place = up.pixel(figure.value)
        layers.append(drawing.rule_at(0, box.width, place, place, QUIET))
    if not known:
        layers.append(drawing.text_at(box.width / 2, box.height / 2, "No figure can be shown", QUIET, align="center"))
    layers.append(drawing.rule_at(0, box.width, box.height, box.height, QUIET))
    places = [(right.pixel(each.denominator or 0), up.pixel(each.value or 0.0)) for each in known]
    for each, (at_x, at_y) in zip(known, places, strict=True):
        shape = {"better": "triangle-up", "worse": "triangle-down"}.get(each.reading or "", "circle")
        colour = {"better": ACCENT, "worse": CONCERN, "neither": INK}.get(each.reading or "", MARK)
        layers.append(drawing.mark_at(at_x, at_y, shape, colour, size=60 if each.is_beyond else 34))
    layers += _labels(known, places, box)
    unit = telling.unit_name(figure.indicator.unit)
    layers.append(drawing.text_at(2 - box.left, -13, unit, QUIET, fontSize=SMALL))
    counted = "population" if figure.indicator.unit == "per_10k" else "counted in the denominator"
    layers.append(drawing.text_at(box.width, box.height + 32, counted, QUIET, fontSize=SMALL, align="right"))
    layers = [*layers, *drawing.key(signs, box, 8 - top)]
    return Picture(drawing.render(layers, box, title, description), title, description, _table(figure, scale))


def _cut(value: float, marks: Sequence[float]) -> float:
    return min(max(value, marks[0]), marks[-1])


def _bands(figure: RegionalFigure, most: float, scale: float) -> dict[str, list[dict[str, float]]]:
    found: dict[str, list[dict[str, float]]] = {}
    for name, z in DEVIATES.items():
        rows = []
        for step in range(1, _STEPS + 1):
            count = most * (step / _STEPS) ** 2  # closer where the funnel is steep
            low, high = limits(count, figure.rate or 0.0, figure.chance or "", z)
            rows.append({"count": count, "low": low * scale / count, "value": high * scale / count})
        found[name] = rows
    return found


def _labels(known: Sequence[Standing], places: Sequence[tuple[float, float]], box: Box) -> list[Any]:
    """Names of who is beyond the limits and codes of the others, beside their points, as far as there is room."""
    taken = [(x - 5, x + 5, y - 5, y + 5) for x, y in places]
    layers = []
    for number in sorted(range(len(known)), key=lambda n: (not known[n].is_beyond, places[n])):
        each, (x, y) = known[number], places[number]
        words = each.name if each.is_beyond else each.authority
        width = drawing.text_width(words, SMALL)
        for left, middle in ((x + 8, y), (x - 8 - width, y), (x - width / 2, y - 12), (x - width / 2, y + 12)):
            area = (left - 3, left + width + 3, middle - 6, middle + 6)
            is_inside = area[0] >= 0 and area[1] <= box.width + box.right and area[2] >= 0 and area[3] <= box.height
            if is_inside and not any(_meet(area, other) for other in taken):
                taken.append(area)
                weight = "bold" if each.is_beyond else "normal"
                colour = INK if each.is_beyond else QUIET
                layers.append(drawing.text_at(left, middle, words, colour, fontSize=SMALL, fontWeight=weight))
                break
    return layers


def _meet(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    return one[0] < other[1] and other[0] < one[1] and one[2] < other[3] and other[2] < one[3]


def _told(figure: RegionalFigure, known: Sequence[Standing]) -> str:
    if not known or not figure.chance:
        return f"on {day(figure.as_at)} nothing can be held against chance"
    beyond = [f"{each.name} {each.shown}" for each in known if each.is_beyond]
    said = f"beyond what chance explains: {', '.join(beyond)}" if beyond else "none is beyond what chance explains"
    return f"{len(known)} authorities around the region's {figure.display} on {day(figure.as_at)}; {said}"


def _table(figure: RegionalFigure, scale: float) -> PictureTable:
    rows = []
    for each in figure.known:
        told = []
        for z in DEVIATES.values():
            if figure.chance and each.denominator and figure.rate is not None:
                low, high = limits(each.denominator, figure.rate, figure.chance, z)
                told.append(f"{low * scale / each.denominator:,.1f} to {high * scale / each.denominator:,.1f}")
            else:
                told.append("")
        counted = (telling.optional(each.numerator), telling.optional(each.denominator))
        rows.append((f"{each.name} ({each.authority})", each.shown, *counted, *told))
    return PictureTable(
        ("Authority", "Figure", "Numerator", "Denominator", "95 per cent of chance", "99.8 per cent"), tuple(rows)
    )
