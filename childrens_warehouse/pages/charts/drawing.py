"""From a Vega-Lite chart to a Picture: rendering, and what layout needs to know beforehand.

Everything is laid out here and not by the renderer (fixed margins, own labels at the ends of lines), so a picture
has the width it was drawn for, and a label never lies on another.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ParamSpec

import altair as alt
import vl_convert
from altair.utils.schemapi import debug_mode
from lxml import etree

from childrens_warehouse.pages.charts.theme import (
    COLUMN,
    FONT,
    INK,
    PAGE,
    PAPER,
    QUIET,
    SMALL,
    TEXT,
    Size,
    configuration,
)
from childrens_warehouse.pages.picture import Picture

_SVG = "http://www.w3.org/2000/svg"
# The renderer's name of the version whose grammar Altair writes: v6.4.1 -> 6.4.
_VERSION = ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])
_FOR_THE_BROWSER = (
    "class",
    "role",
    "aria-hidden",
    "aria-label",
    "aria-roledescription",
    "pointer-events",
    "font-family",
)
_DEFAULTS = {
    "opacity": "1",
    "stroke-dasharray": "1,0",
    "stroke-width": "1",
    "transform": "translate(0,0)",
    "stroke-miterlimit": "10",
}
_WIDE, _THIN = set("mwMW@%"), set("iljtfrI.,:;'|()[] /")


# Decorates what draws: Altair's checks of every part against its schema take longer than all the rest. Tests check.
quickly = debug_mode(False)


@dataclass(frozen=True)
class Box:
    """Where a plot lies in its picture: its width and height, and the margins around it, in pixels."""

    width: float
    height: float
    left: float
    right: float
    top: float
    bottom: float

    @classmethod
    def of(cls, size: Size, height: float, left: float, right: float, top: float, bottom: float) -> Box:
        """The plot that is left of a picture's width."""
        return cls(size.width - left - right, height, left, right, top, bottom)


@dataclass(frozen=True)
class Line:
    """A straight scale: from values to pixels."""

    low: float
    high: float
    start: float
    end: float

    def pixel(self, value: float) -> float:
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)


def render(layers: Sequence[alt.Chart], box: Box, title: str, description: str) -> str:
    """The <svg> element of layers drawn over each other. The same layers make the same bytes."""
    return _finished(_rendered(_layered(layers, box), box), title, description)


def render_grid(plots: Sequence[Sequence[alt.Chart]], box: Box, columns: int, title: str, description: str) -> str:
    """The <svg> element of plots of one size beside and below each other; the margins are each plot's own."""
    grid = {
        "concat": [_layered(layers, box) for layers in plots],
        "columns": columns,
        "bounds": "flush",
        "spacing": {"row": box.top + box.bottom, "column": box.left + box.right},
    }
    rows = math.ceil(len(plots) / columns)
    drawn = _rendered(grid, box)
    drawn.set("width", f"{columns * (box.width + box.left + box.right):g}")
    drawn.set("height", f"{rows * (box.height + box.top + box.bottom):g}")
    drawn.set("viewBox", f"0 0 {drawn.get('width')} {drawn.get('height')}")
    return _finished(drawn, title, description)


Draws = ParamSpec("Draws")


def for_telephones_too(draw: Callable[Draws, Picture]) -> Callable[Draws, Picture]:
    """Decorates what draws pictures for the whole page (the default of its `size`): these get a narrow drawing too."""

    @functools.wraps(draw)
    def drawn(*args: Draws.args, **options: Draws.kwargs) -> Picture:
        picture = draw(*args, **options)
        if options.get("size", PAGE) != PAGE:
            return picture
        options["size"] = COLUMN
        return replace(picture, narrow=draw(*args, **options).svg)

    return drawn


def data(rows: Iterable[Mapping[str, Any]]) -> alt.InlineData:
    # A tuple is not copied when layers are put together.
    return alt.InlineData(values=tuple(dict(row) for row in rows))


def text_at(x: float, y: float, text: str | Sequence[str], colour: str = INK, **mark: Any) -> alt.Chart:
    """Words at a place of the plot, in pixels from its upper left; several lines as several strings."""
    words: Any = text if isinstance(text, str) else list(text)
    mark = {"align": "left", "baseline": "middle", "lineHeight": 14, **mark}
    return (
        alt.Chart(data([{}])).mark_text(color=colour, **mark).encode(alt.XValue(x), alt.YValue(y), alt.TextValue(words))
    )


def rule_at(x: float, x2: float, y: float, y2: float, colour: str = INK, **mark: Any) -> alt.Chart:
    """A line between two places of the plot."""
    return (
        alt.Chart(data([{}]))
        .mark_rule(color=colour, **mark)
        .encode(alt.XValue(x), alt.X2Value(x2), alt.YValue(y), alt.Y2Value(y2))
    )


def mark_at(x: float, y: float, shape: str, colour: str, is_filled: bool = True, size: float = 55) -> alt.Chart:
    """A symbol at a place of the plot."""
    return (
        alt.Chart(data([{}]))
        .mark_point(
            shape=shape, fill=colour if is_filled else PAPER, stroke=colour, size=size, opacity=1, strokeWidth=1.5
        )
        .encode(alt.XValue(x), alt.YValue(y))
    )


@dataclass(frozen=True)
class Sign:
    """One entry of a key: a symbol, or a letter, and what it means."""

    means: str
    shape: str = "circle"
    colour: str = INK
    is_filled: bool = True
    letter: str = ""


def key(signs: Sequence[Sign], box: Box, y: float) -> list[alt.Chart]:
    """The key of a plot, from its picture's left edge on. y: of its first line, in pixels from the plot's top."""
    layers, x, line = [], -box.left + 6.0, y
    for sign in signs:
        width = 14 + text_width(sign.means, SMALL) + 16
        if x + width - 16 > box.width + box.right and x > -box.left + 6:
            x, line = -box.left + 6.0, line + 16
        if sign.letter:
            layers.append(text_at(x, line, sign.letter, QUIET, align="center", fontStyle="italic"))
        else:
            layers.append(mark_at(x, line, sign.shape, sign.colour, sign.is_filled))
        layers.append(text_at(x + 10, line, sign.means, QUIET, fontSize=SMALL))
        x += width
    return layers


def key_lines(signs: Sequence[Sign], size: Size) -> int:
    """How many lines the key takes."""
    lines, x = (1 if signs else 0), 6.0
    for sign in signs:
        width = 14 + text_width(sign.means, SMALL) + 16
        if x + width - 16 > size.width and x > 6:
            lines, x = lines + 1, 6.0
        x += width
    return lines


def text_width(text: str, size: float = TEXT) -> float:
    """About how wide a text is, in pixels; rather too wide than too narrow."""
    return size * sum(0.88 if c in _WIDE else 0.33 if c in _THIN else 0.68 if c.isupper() else 0.56 for c in text)


def wrap(text: str, width: float, size: float = TEXT) -> list[str]:
    """A text in lines of at most a width, broken between words; a word that is wider alone stays whole."""
    lines: list[str] = []
    for word in text.split():
        if lines and text_width(f"{lines[-1]} {word}", size) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def spread(places: Sequence[float], gaps: Sequence[float], low: float, high: float) -> list[float]:
    """Places of labels, moved apart as little as needs be between two ends, in their order. gaps: their heights."""
    order = sorted(range(len(places)), key=lambda number: places[number])
    moved, floor = {}, low
    for number in order:
        moved[number] = max(places[number], floor + gaps[number] / 2)
        floor = moved[number] + gaps[number] / 2
    ceiling = high
    for number in reversed(order):
        moved[number] = min(moved[number], ceiling - gaps[number] / 2)
        ceiling = moved[number] - gaps[number] / 2
    return [moved[number] for number in range(len(places))]


def ticks(
    values: Iterable[float], with_zero: bool = False, count: int = 5, top: float | None = None, least: float = 0.0
) -> list[float]:
    """Round numbers around the values, evenly apart: the first and the last are the ends of the axis.

    with_zero: the axis begins at 0. top: what no axis exceeds (100 for shares).
    least: how far an axis reaches down at least that does not begin at 0, so that small changes look small.
    """
    known = list(values) or [0.0]
    low, high = min(known), max(known)
    # An axis that nearly reaches 0 anyway had better do so.
    if with_zero or 0 <= low < 0.4 * high:
        low = min(low, 0.0)
    if low > 0:
        low = min(low, max(0.0, high - least))
    if high - low < 1e-9:
        low, high = (low, low + 1) if low == 0 else (low - 1, high + 1)
    raw = (high - low) / (count - 1)
    unit = 10.0 ** math.floor(math.log10(raw))
    step = next(unit * each for each in (1, 2, 2.5, 5, 10) if unit * each >= raw * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    if top is not None and high <= top < last * step:
        last = first + round((top - first * step) / step)
        return [round(first * step + (top - first * step) * n / (last - first), 6) for n in range(last - first + 1)]
    return [round(step * number, 6) for number in range(first, last + 1)]


def number(value: float) -> str:
    """A number of an axis: thousands apart, no more decimals than it has."""
    return f"{value:,.6f}".rstrip("0").rstrip(".")


def value_axis(marks: Sequence[float], is_drawn: bool = True) -> dict[str, Any]:
    """Scale and axis of a value channel over round numbers."""
    return {
        "scale": alt.Scale(domain=[marks[0], marks[-1]], zero=False, nice=False),
        "axis": alt.Axis(values=list(marks), labelOverlap=False, format=",.0f" if _are_whole(marks) else ",.1f")
        if is_drawn
        else None,
    }


def _are_whole(marks: Sequence[float]) -> bool:
    return all(mark == round(mark) for mark in marks)


def _layered(layers: Sequence[alt.Chart], box: Box) -> dict[str, Any]:
    """A layered view. Altair would copy each layer several times to put them together, longer than drawing takes."""
    return {"width": box.width, "height": box.height, "layer": [_layer(layer) for layer in layers]}


def _layer(layer: alt.Chart) -> dict[str, Any]:
    told = layer.to_dict(validate=False)
    (rows,) = told["datasets"].values()
    return {"data": {"values": list(rows)}, "mark": told["mark"], "encoding": told["encoding"]}


def _rendered(view: dict[str, Any], box: Box) -> etree._Element:
    specification = {
        "$schema": alt.SCHEMA_URL,
        "config": configuration(),
        "autosize": "none",
        "padding": {"left": box.left, "right": box.right, "top": box.top, "bottom": box.bottom},
        **view,
    }
    return etree.fromstring(vl_convert.vegalite_to_svg(specification, vl_version=_VERSION).encode())


def _finished(drawn: etree._Element, title: str, description: str) -> str:
    for element in list(drawn.iter()):
        for name in _FOR_THE_BROWSER:
            element.attrib.pop(name, "")
        for name in ("transform", "d"):
            if "." in (places := element.get(name, "")):
                element.set(name, re.sub(r"-?\d+\.\d+", _shorter, places))
        for name, value in _DEFAULTS.items():
            if element.get(name) == value:
                del element.attrib[name]
    _without_what_shows_nothing(drawn)
    etree.cleanup_namespaces(drawn)
    drawn.attrib.pop("version", "")
    drawn.set("role", "img")
    drawn.set("font-family", FONT)
    # A column of the page may stretch a picture a little; beyond that its letters were larger than the page's.
    width = float(drawn.get("width", "0"))
    drawn.set("style", f"max-width:{1.3 * width:.0f}px;font-variant-numeric:tabular-nums lining-nums")
    for tag, words in (("desc", description), ("title", title)):
        element = etree.Element(f"{{{_SVG}}}{tag}", nsmap=None)
        element.text = words
        drawn.insert(0, element)
    etree.cleanup_namespaces(drawn)
    return re.sub(r"\s*\n\s*", " ", etree.tostring(drawn, encoding="unicode"))


def _shorter(found: re.Match[str]) -> str:
    """A tenth of a pixel is as exact as anybody sees."""
    return f"{round(float(found[0]), 1) + 0.0:g}"


def _without_what_shows_nothing(drawn: etree._Element) -> None:
    """Backgrounds of groups, and groups that hold nothing or have nothing to say."""
    for element in reversed(list(drawn.iter(*(f"{{{_SVG}}}{tag}" for tag in ("path", "rect", "g"))))):
        parent = element.getparent()
        if parent is None:
            continue
        is_group = etree.QName(element).localname == "g"
        # Only the outermost group says that nothing is filled, so a path that says nothing is not seen.
        is_unseen = element.get("display") == "none" or element.get("fill") == "transparent"
        is_unseen = is_unseen or not {"stroke", "fill"} & set(element.attrib)
        if (is_unseen and not is_group) or (is_group and not len(element)):
            parent.remove(element)
        elif is_group and not element.attrib:
            at = parent.index(element)
            parent[at : at + 1] = list(element)
