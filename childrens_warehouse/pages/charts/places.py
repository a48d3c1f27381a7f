"""Where children are placed: in and outside the authority and how far away, and in which borough.

Both count children by where they live, so they belong to the panel edition alone. Where only a few live is not told
even there: 1 to 5 children in a borough or region are shown as that.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt

from childrens_warehouse.pages.charts import drawing, telling
from childrens_warehouse.pages.charts.drawing import Box, Line
from childrens_warehouse.pages.charts.theme import (
    ACCENT,
    CATEGORIES,
    INK,
    MARK,
    PAGE,
    PAPER,
    QUIET,
    SMALL,
    SOFT,
    Size,
    shade,
    text_on,
)
from childrens_warehouse.pages.picture import Picture, PictureTable

FEW = "1–5"
_FEWEST = 6
_NODE, _GAP = 9.0, 16.0
_TILE = 46.0
# A schematic map: London's authorities as tiles, each about where it lies. Code -> abbreviation, column, row.
_BOROUGHS: Mapping[str, tuple[str, int, int]] = {
    "308": ("Enf", 4, 0),
    "310": ("Hrw", 2, 1), "302": ("Brn", 3, 1), "309": ("Hgy", 4, 1), "320": ("Wth", 5, 1),
    "312": ("Hdn", 0, 2), "307": ("Elg", 1, 2), "304": ("Brt", 2, 2), "202": ("Cmd", 3, 2), "206": ("Isl", 4, 2),
    "204": ("Hck", 5, 2), "317": ("Rdb", 6, 2), "311": ("Hvg", 7, 2),
    "313": ("Hns", 0, 3), "205": ("Hms", 1, 3), "207": ("Kns", 2, 3), "213": ("Wst", 3, 3), "201": ("City", 4, 3),
    "211": ("Twr", 5, 3), "316": ("Nwm", 6, 3), "301": ("Bar", 7, 3),
    "318": ("Rch", 1, 4), "212": ("Wns", 2, 4), "208": ("Lam", 3, 4), "210": ("Swr", 4, 4), "209": ("Lsh", 5, 4),
    "203": ("Grn", 6, 4), "303": ("Bxl", 7, 4),
    "314": ("Kng", 2, 5), "315": ("Mrt", 3, 5), "306": ("Crd", 4, 5), "305": ("Brm", 5, 5),
    "319": ("Stn", 3, 6),
}  # fmt: skip


@dataclass(frozen=True)
class Stream:
    """Children who are placed in one place at one distance."""

    place: str
    distance: str
    children: int


@dataclass(frozen=True)
class Place:
    """Children placed in one authority. code: its three digits; region: as the list of authorities has it."""

    code: str
    name: str
    region: str
    children: int


@dataclass
class _Node:
    name: str
    children: int
    top: float = 0.0
    height: float = 0.0
    left: float = 0.0
    right: float = 0.0

    @property
    def middle(self) -> float:
        return self.top + self.height / 2


@drawing.for_telephones_too
@drawing.quickly
def streams(parts: Sequence[Stream], title: str, size: Size = PAGE) -> Picture:
    """All children, then where they are placed, then how far from home: bands as wide as the children are many."""
    parts = [part for part in parts if part.children > 0]
    total = sum(part.children for part in parts)
    places, distances = (_added(parts, key) for key in ("place", "distance"))
    told = [
        f"{name} {count} ({100 * count / total:.0f} per cent)"
        for group in (places, distances)
        for name, count in group.items()
    ]
    description = telling.sentence(
        f"{title}: {telling.in_words(total, 'child', 'children')}" + "".join(f"; {each}" for each in told)
    )
    right, left = (150.0, 12.0) if not size.is_narrow else (112.0, 10.0)
    box = Box.of(size, 230, left, right, 26, 10)
    gaps = max(len(places), len(distances)) - 1
    unit = (box.height - _GAP * max(0, gaps)) / max(1, total)
    columns = [0.0, (box.width - _NODE) * 0.42, box.width - _NODE]
    start = {"All": _Node("All", total, (box.height - total * unit) / 2, total * unit)}
    middle, end = _stacked(places, unit, box.height), _stacked(distances, unit, box.height)
    colours = dict(zip(places, (ACCENT, CATEGORIES[1], MARK, CATEGORIES[3], CATEGORIES[4]), strict=False))
    layers: list[Any] = []
    for place in places:
        layers.append(
            _ribbon(start["All"], middle[place], places[place] * unit, columns[0], columns[1], colours[place], box)
        )
    for place in places:
        for part in parts:
            if part.place == place:
                band = _ribbon(
                    middle[place], end[part.distance], part.children * unit, columns[1], columns[2], colours[place], box
                )
                layers.append(band)
    for column, nodes in zip(columns, (start, middle, end), strict=True):
        for node in nodes.values():
            layers.append(
                drawing.rule_at(
                    column + _NODE / 2, column + _NODE / 2, node.top, node.top + node.height, INK, strokeWidth=_NODE
                )
            )
    if total:
        layers.append(drawing.text_at(-2, start["All"].top - 12, [f"{total:,} children"], INK, fontWeight="bold"))
    for node in middle.values():
        words = drawing.wrap(f"{node.name} {node.children}", columns[2] - columns[1] - _NODE - 18, SMALL)
        first = node.middle - 6.5 * (len(words) - 1)
        layers.append(
            drawing.text_at(
                columns[1] + _NODE + 6, first, words, "#000000", fontWeight="bold", fontSize=SMALL, lineHeight=13
            )
        )
    labels = {name: drawing.wrap(f"{name} {node.children}", right - 14, SMALL) for name, node in end.items()}
    wanted = [node.middle for node in end.values()]
    spots = drawing.spread(wanted, [13.0 * len(labels[name]) + 3 for name in end], -6, box.height + 6)
    for name, spot in zip(end, spots, strict=True):
        lift = 6.5 * (len(labels[name]) - 1)
        layers.append(drawing.text_at(box.width + 8, spot - lift, labels[name], INK, fontSize=SMALL, lineHeight=13))
    if not total:
        layers.append(drawing.text_at(0, box.height / 2, "No children placed", QUIET))
    table = PictureTable(
        ("Place", "Distance", "Children"), tuple((part.place, part.distance, str(part.children)) for part in parts)
    )
    return Picture(drawing.render(layers, box, title, description), title, description, table)


@drawing.for_telephones_too
@drawing.quickly
def boroughs(places: Sequence[Place], council: str, title: str, size: Size = PAGE) -> Picture:
    """London's authorities as tiles, the darker the more children are placed there, and beside it the other regions.

    council: code of the authority whose children they are; its tile has a frame.
    """
    by_code = {place.code: place for place in places if place.children > 0}
    elsewhere: dict[str, int] = {}
    for place in by_code.values():
        if place.code not in _BOROUGHS:
            elsewhere[place.region] = elsewhere.get(place.region, 0) + place.children
    regions = sorted(elsewhere.items(), key=lambda each: (-each[1], each[0]))
    inside = [(by_code[code], *tile) for code, tile in _BOROUGHS.items() if code in by_code]
    most = max((place.children for place, *_ in inside), default=1)
    description = telling.sentence(_told(title, inside, regions))
    side = 0.0 if size.is_narrow else 8 * _TILE + 36
    height = 7 * _TILE + (24 + 24.0 * len(regions) if size.is_narrow else 0)
    box = Box.of(size, height, 6, 6, 8, 8)
    rows, layers = [], []
    for code, (short, column, row) in _BOROUGHS.items():
        found = by_code.get(code)
        # The root keeps a single large tile from making all others look alike.
        part = math.sqrt(found.children / most) if found is not None and found.children >= _FEWEST else 0.0
        fill = SOFT if found is None else shade(part)
        rows.append(
            {
                "left": column * _TILE,
                "right": (column + 1) * _TILE - 3,
                "top": row * _TILE,
                "bottom": (row + 1) * _TILE - 3,
                "fill": fill,
                "stroke": INK if code == council else fill,
            }
        )
        x, y = column * _TILE + (_TILE - 3) / 2, row * _TILE + (_TILE - 3) / 2
        ink = text_on(fill) if found is not None else QUIET
        layers.append(
            drawing.text_at(x, y - (8 if found is not None else 0), short, ink, align="center", fontSize=SMALL)
        )
        if found is not None:
            layers.append(
                drawing.text_at(x, y + 8, _shown(found.children), ink, align="center", fontWeight="bold", fontSize=13)
            )
    across = alt.Scale(domain=[0, box.width], nice=False, zero=False)
    down = alt.Scale(domain=[0, box.height], nice=False, zero=False, reverse=True)
    tiles: list[Any] = [
        alt.Chart(drawing.data(rows))
        .mark_rect(strokeWidth=2)
        .encode(
            x=alt.X("left:Q", scale=across, axis=None),
            x2=alt.X2("right:Q"),
            y=alt.Y("top:Q", scale=down, axis=None),
            y2=alt.Y2("bottom:Q"),
            fill=alt.Fill("fill:N", scale=None),
            stroke=alt.Stroke("stroke:N", scale=None),
        )
    ]
    layers.append(
        drawing.text_at(6 * _TILE, 0.5 * _TILE - 7, ["light:", "nobody"], QUIET, fontSize=SMALL, lineHeight=13)
    )
    layers += _beside(regions, side, 7 * _TILE + 12 if size.is_narrow else 4.0, box)
    table = PictureTable(
        ("Place", "Children"),
        (
            *(
                (place.name, _shown(place.children))
                for place, *_ in sorted(inside, key=lambda each: (-each[0].children, each[0].name))
            ),
            *((name, _shown(count)) for name, count in regions),
        ),
    )
    return Picture(drawing.render([*tiles, *layers], box, title, description), title, description, table)


def _beside(regions: Sequence[tuple[str, int]], left: float, top: float, box: Box) -> list[Any]:
    if not regions:
        return []
    drawn = [drawing.text_at(left, top + 4, "Outside London", INK, fontWeight="bold")]
    names = max(drawing.text_width(name) for name, _ in regions) + 12
    scale = Line(0, max(max(count for _, count in regions), 1), 0, box.width - left - names - 40)
    for number, (name, count) in enumerate(regions):
        y, start = top + 30 + 24 * number, left + names
        drawn.append(drawing.text_at(left, y, name, INK))
        length = scale.pixel(count) if count >= _FEWEST else 0.0
        if length:
            drawn.append(drawing.rule_at(start, start + length, y, y, ACCENT, strokeWidth=14))
        drawn.append(
            drawing.text_at(
                start + length + (7 if length else 0), y, _shown(count), INK if length else QUIET, fontWeight="bold"
            )
        )
    return drawn


def _shown(count: int) -> str:
    return FEW if 0 < count < _FEWEST else str(count)


def _added(parts: Sequence[Stream], key: str) -> dict[str, int]:
    added: dict[str, int] = {}
    for part in parts:
        name = getattr(part, key)
        added[name] = added.get(name, 0) + part.children
    return added


def _stacked(counts: Mapping[str, int], unit: float, height: float) -> dict[str, _Node]:
    nodes, total = {}, sum(counts.values()) * unit + _GAP * max(0, len(counts) - 1)
    top = (height - total) / 2
    for name, count in counts.items():
        nodes[name] = _Node(name, count, top, count * unit)
        top += count * unit + _GAP
    return nodes


def _ribbon(one: _Node, other: _Node, width: float, start: float, end: float, colour: str, box: Box) -> alt.Chart:
    """A band from one node to another, below those that they have had already."""
    above, below = one.top + one.right, other.top + other.left
    one.right += width
    other.left += width
    rows = []
    for step in range(17):
        part = step / 16
        eased = part * part * (3 - 2 * part)
        top = above + (below - above) * eased
        rows.append({"x": start + _NODE + (end - start - _NODE) * part, "top": top, "bottom": top + width})
    return (
        alt.Chart(drawing.data(rows))
        .mark_area(color=colour, opacity=0.55, interpolate="linear", stroke=PAPER, strokeWidth=0.5)
        .encode(
            x=alt.X("x:Q", scale=alt.Scale(domain=[0, box.width], nice=False, zero=False), axis=None),
            y=alt.Y("top:Q", scale=alt.Scale(domain=[0, box.height], nice=False, zero=False, reverse=True), axis=None),
            y2=alt.Y2("bottom:Q"),
        )
    )


def _told(title: str, inside: Sequence[tuple[Any, ...]], regions: Sequence[tuple[str, int]]) -> str:
    most = sorted(
        (place for place, *_ in inside if place.children >= _FEWEST), key=lambda place: (-place.children, place.name)
    )
    named = [f"{place.name} {place.children}" for place in most[:5]]
    few = sum(place.children < _FEWEST for place, *_ in inside)
    others = [f"{name} {_shown(count)}" for name, count in regions[:3]]
    parts = [f"most in {', '.join(named)}"] if named else []
    parts += [f"{few} more with 1 to 5 each"] if few else []
    parts += [f"outside London {', '.join(others)}"] if others else []
    return f"{title}: {'; '.join(parts) or 'no children placed'}"
