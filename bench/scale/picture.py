"""Seconds against millions of rows, both scales logarithmic: points as measured, lines as fitted."""

from __future__ import annotations

import math
from typing import Any

import altair as alt

from bench.scale.cases import ENGINES
from bench.scale.outlook import seconds
from bench.scale.results import NIGHTS, Results
from bench.scale.telling import fitted, points
from childrens_warehouse.pages.charts import drawing
from childrens_warehouse.pages.charts.drawing import Box, Sign
from childrens_warehouse.pages.charts.theme import CATEGORIES, PAGE

_SHAPES = {"first": "circle", "more": "square"}
_COLOURS = {"duckdb": CATEGORIES[0], "spark": CATEGORIES[2]}
_WORDS = {"duckdb": "DuckDB", "spark": "Spark", "first": "first load", "more": "one more night"}
_STEPS = 40


def caption(is_quiet: bool) -> str:
    return f"{'Seconds' if is_quiet else 'Processor seconds'} against millions of rows"


def draw(found: Results, title: str) -> str:
    """The <svg> element; the same results make the same bytes."""
    measured = [point for engine in ENGINES for night in NIGHTS for point in _points(found, engine, night)] or [(1, 1)]
    across, up = (_decades([point[axis] for point in measured]) for axis in (0, 1))
    box = Box.of(PAGE, 300, 60, 20, 56, 44)
    x = alt.X("millions:Q", **_axis(across))
    y = alt.Y("seconds:Q", **_axis(up))
    layers: list[alt.Chart] = []
    signs = []
    for engine in ENGINES:
        for night in NIGHTS:
            if not (own := _points(found, engine, night)):
                continue
            chart = alt.Chart(drawing.data([{"millions": rows, "seconds": taken} for rows, taken in own]))
            layers.append(
                chart.encode(x=x, y=y).mark_point(
                    shape=_SHAPES[night], size=60, opacity=1, stroke=_COLOURS[engine], fill=_COLOURS[engine]
                )
            )
            if curve := fitted(found, engine, night, seconds):
                first, last = math.log(own[0][0]), math.log(own[-1][0])
                sizes = [math.exp(first + (last - first) * step / _STEPS) for step in range(_STEPS + 1)]
                line = [{"millions": rows, "seconds": curve.at(rows)} for rows in sizes]
                layers.append(
                    alt.Chart(drawing.data(line)).encode(x=x, y=y).mark_line(color=_COLOURS[engine], strokeWidth=1.5)
                )
            signs.append(Sign(f"{_WORDS[engine]}, {_WORDS[night]}", _SHAPES[night], _COLOURS[engine]))
    if not layers:
        layers.append(drawing.text_at(0, box.height / 2, "Not yet measured"))
    layers += drawing.key(signs, box, -42)
    layers.append(drawing.text_at(-box.left + 6, -18, title.partition(" against")[0].lower()))
    layers.append(drawing.text_at(box.width, box.height + 34, "million rows", align="right"))
    said = ", ".join(sign.means for sign in signs) or "nothing yet"
    return drawing.render(layers, box, title, f"Both scales are logarithmic: {said}.")


def _points(found: Results, engine: str, night: str) -> list[tuple[float, float]]:
    return points(found.series(engine, "rows", night), seconds)


def _decades(values: list[float]) -> tuple[float, float]:
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return 10.0**low, 10.0 ** max(high, low + 1)


def _axis(ends: tuple[float, float]) -> dict[str, Any]:
    low, high = (round(math.log10(end)) for end in ends)
    marks = [step * 10.0**power for power in range(low, high + 1) for step in (1, 2, 5) if step * 10**power <= ends[1]]
    return {
        "scale": alt.Scale(type="log", domain=list(ends), nice=False),
        "axis": alt.Axis(values=marks, labelOverlap=False, format="~g"),
    }
