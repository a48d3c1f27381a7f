"""Age by sex. It crosses two slices, so it counts children and belongs to the panel edition alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt

from childrens_warehouse.pages.charts import drawing, telling
from childrens_warehouse.pages.charts.drawing import Box, Line
from childrens_warehouse.pages.charts.theme import ACCENT, COLUMN, INK, MARK, PAPER, QUIET, Size, text_on
from childrens_warehouse.pages.picture import Picture, PictureTable

_MIDDLE = 74.0
# Bands, and years of age.
_ROW, _NARROW_ROW, _MANY = 30.0, 17.0, 8


@dataclass(frozen=True)
class Band:
    """The children of one age band, by sex."""

    name: str
    male: int
    female: int


@drawing.quickly
def pyramid(bands: Sequence[Band], title: str, size: Size = COLUMN) -> Picture:
    """Children by age band, youngest first, boys to the left and girls to the right; the oldest stand on top."""
    boys, girls = sum(band.male for band in bands), sum(band.female for band in bands)
    largest = max((max(band.male, band.female) for band in bands), default=0)
    most = max(bands, key=lambda band: band.male + band.female, default=None)
    told = f"{title}: {telling.in_words(boys, 'boy')} and {telling.in_words(girls, 'girl')}"
    description = telling.sentence(
        told, f"most are {most.name} ({most.male + most.female})" if most and boys + girls else ""
    )
    row = _ROW if len(bands) <= _MANY else _NARROW_ROW
    gap = row / 10
    box = Box.of(size, row * max(1, len(bands)), 10, 10, 30, 8)
    half = (box.width - _MIDDLE) / 2
    scale = Line(0, largest or 1, 0, half - 30)
    x = alt.X("from:Q", scale=alt.Scale(domain=[0, box.width], nice=False), axis=None)
    y = alt.Y("top:Q", scale=alt.Scale(domain=[0, box.height], reverse=True, nice=False), axis=None)
    layers: list[Any] = []
    for side, colour in ((-1, ACCENT), (1, MARK)):
        start = half if side < 0 else half + _MIDDLE
        rows = []
        for number, band in enumerate(reversed(bands)):
            count = band.male if side < 0 else band.female
            length, middle = scale.pixel(count), (number + 0.5) * row
            if count:
                rows.append(
                    {
                        "from": start,
                        "to": start + side * length,
                        "top": number * row + gap,
                        "bottom": (number + 1) * row - gap,
                    }
                )
            is_inside = length > 34
            layers.append(
                drawing.text_at(
                    start + side * (length - 6 if is_inside else length + 6),
                    middle,
                    str(count),
                    text_on(colour) if is_inside else INK,
                    align="left" if (side < 0) == is_inside else "right",
                    fontWeight="bold",
                )
            )
            if side < 0:
                layers.append(drawing.text_at(half + _MIDDLE / 2, middle, band.name, INK, align="center"))
        layers.insert(
            0,
            (
                alt.Chart(drawing.data(rows))
                .mark_rect(fill=colour, stroke=PAPER, strokeWidth=0)
                .encode(x=x, x2=alt.X2("to:Q"), y=y, y2=alt.Y2("bottom:Q"))
            ),
        )
        head = f"Boys {boys}" if side < 0 else f"Girls {girls}"
        layers.append(
            drawing.text_at(
                start,
                -14,
                head,
                ACCENT if side < 0 else QUIET,
                align="right" if side < 0 else "left",
                fontWeight="bold",
            )
        )
    table = PictureTable(
        ("Age", "Boys", "Girls"), tuple((band.name, str(band.male), str(band.female)) for band in bands)
    )
    return Picture(drawing.render(layers, box, title, description), title, description, table)
