"""What a whole is made of: over time, side by side with comparators, and slices with their margins of chance."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt

from childrens_warehouse.pages.charts import drawing, telling
from childrens_warehouse.pages.charts.drawing import Box, Line, Sign
from childrens_warehouse.pages.charts.theme import (
    ACCENT,
    CATEGORIES,
    COLUMN,
    INK,
    MARK,
    PAGE,
    PAPER,
    QUIET,
    SMALL,
    SOFT,
    TEXT,
    Size,
    text_on,
)
from childrens_warehouse.pages.picture import Cell, Picture, PictureTable
from childrens_warehouse.pages.reading import NOT_AVAILABLE, SUPPRESSED, Figure
from childrens_warehouse.pages.words import month

_HIDDEN, _OTHERS = "Not shown: small numbers", "All others"
_MOST = len(CATEGORIES)


@dataclass(frozen=True)
class Bar:
    """One whole: its name, and the number or share of each part; None where a part is suppressed.

    whole: what the parts add up to (100 for printed shares, which need not be complete); None: their sum.
    marks: data attributes of a part's cell.
    """

    name: str
    parts: Mapping[str, float | None]
    whole: float | None = None
    marks: Mapping[str, Mapping[str, str]] | None = None

    @property
    def total(self) -> float | None:
        """None where the whole is not known and some of its parts are not either."""
        known = [part for part in self.parts.values() if part is not None]
        if self.whole is not None:
            return max(self.whole, sum(known))
        return sum(known) if len(known) == len(self.parts) else None


def bar_of(name: str, members: Sequence[Figure], whole: Figure | None) -> Bar:
    """The numerators of a slice's members, as a whole: children by placement, for instance."""
    return Bar(
        name,
        {figure.member_label: _part(figure) for figure in members},
        float(whole.numerator) if whole is not None and whole.numerator is not None else None,
        {figure.member_label: figure.marks for figure in members},
    )


@drawing.for_telephones_too
@drawing.quickly
def mix_over_time(
    days: Sequence[tuple[dt.date, Sequence[Figure], Figure | None]], title: str, size: Size = PAGE
) -> Picture:
    """Shares of the members of a slice, a column for each day. days: the day, its members, the whole.

    Suppressed members of a day are one part of it together, where the whole is known; else the day is a gap.
    """
    bars = [bar_of(month(day), members, whole) for day, members, whole in days]
    names = _largest(bars)
    drawn = [_shares(bar, names) for bar in bars]
    present = [name for name in (*names, _OTHERS, _HIDDEN) if any(share.get(name, 0) > 0 for share in drawn)]
    colours = _colours(present)
    description = telling.sentence(_told_mix(bars, drawn, title))
    labels = 190 if not size.is_narrow else 150
    box = Box.of(size, 260, 34, labels, 20, 40 if size.is_narrow else 26)
    step = box.width / max(1, len(bars))
    x = alt.X("from:Q", scale=alt.Scale(domain=[0, max(1, len(bars))], nice=False, zero=False), axis=None)
    y = alt.Y("low:Q", scale=alt.Scale(domain=[0, 100], nice=False), axis=alt.Axis(values=[0, 25, 50, 75, 100]))
    layers: list[Any] = []
    middles: dict[str, tuple[float, float]] = {}
    for name in present:
        rows = []
        for number, share in enumerate(drawn):
            if share.get(name):
                low = sum(share.get(other, 0.0) for other in present[: present.index(name)])
                rows.append({"from": number + 0.06, "to": number + 0.94, "low": low, "high": low + share[name]})
                if number == len(drawn) - 1:
                    middles[name] = (low + share[name] / 2, share[name])
        layers.append(
            alt.Chart(drawing.data(rows))
            .mark_rect(fill=colours[name], stroke=MARK if name == _HIDDEN else PAPER, strokeWidth=1)
            .encode(x=x, x2=alt.X2("to:Q"), y=y, y2=alt.Y2("high:Q"))
        )
    for number, share in enumerate(drawn):
        if not share:
            layers.append(
                drawing.text_at(
                    (number + 0.5) * step, box.height / 2, SUPPRESSED, QUIET, align="center", fontStyle="italic"
                )
            )
    layers += _labels_beside(middles, colours, box, labels - 30)
    every = max(1, round(0.499 + 56 * len(bars) / box.width)) if bars else 1
    for number, bar in enumerate(bars):
        if (len(bars) - 1 - number) % every == 0:
            layers.append(
                drawing.text_at((number + 0.5) * step, box.height + 14, bar.name, QUIET, align="center", fontSize=SMALL)
            )
    layers.append(drawing.text_at(2 - box.left, -13, "per cent", QUIET, fontSize=SMALL))
    layers = [*layers]
    return Picture(drawing.render(layers, box, title, description), title, description, _table("Date", bars))


@drawing.quickly
def shares(bars: Sequence[Bar], title: str, size: Size = COLUMN) -> Picture:
    """Wholes stretched to 100 per cent, one below the other: a council, its neighbours and England, or years."""
    names = _largest(bars)
    drawn = [_shares(bar, names) for bar in bars]
    present = [name for name in (*names, _OTHERS, _HIDDEN) if any(share.get(name, 0) > 0 for share in drawn)]
    colours = _colours(present)
    description = telling.sentence(
        f"{title}: " + "; ".join(f"{bar.name}: {_told(share, bar)}" for bar, share in zip(bars, drawn, strict=True))
    )
    lines = [drawing.wrap(bar.name, 96 if size.is_narrow else 150, TEXT) for bar in bars]
    left = 12 + max((drawing.text_width(line) for each in lines for line in each), default=0)
    signs = [Sign(name, "square", MARK if name == _HIDDEN else colours[name], name != _HIDDEN) for name in present]
    top = 16.0 * drawing.key_lines(signs, size) + 10
    pitch = max([36.0, *(8.0 + 14 * len(each) for each in lines)])
    box = Box.of(size, pitch * len(bars), left, 10, top, 8)
    x = alt.X("from:Q", scale=alt.Scale(domain=[0, 100], nice=False), axis=None)
    y = alt.Y("top:Q", scale=alt.Scale(domain=[len(bars), 0], nice=False), axis=None)
    layers: list[Any] = []
    for name in present:
        rows = []
        for number, share in enumerate(drawn):
            start = sum(share.get(other, 0.0) for other in present[: present.index(name)])
            if share.get(name):
                rows.append({"from": start, "to": start + share[name], "top": number + 0.12, "bottom": number + 0.88})
                words = SUPPRESSED if name == _HIDDEN else f"{share[name]:.0f}"
                if share[name] / 100 * box.width > drawing.text_width(words) + 6:
                    layers.append(
                        drawing.text_at(
                            (start + share[name] / 2) / 100 * box.width,
                            (number + 0.5) * pitch,
                            words,
                            text_on(colours[name]),
                            align="center",
                            fontWeight="bold",
                        )
                    )
        layers.insert(
            0,
            (
                alt.Chart(drawing.data(rows))
                .mark_rect(fill=colours[name], stroke=MARK if name == _HIDDEN else PAPER, strokeWidth=1)
                .encode(x=x, x2=alt.X2("to:Q"), y=y, y2=alt.Y2("bottom:Q"))
            ),
        )
    for number, each in enumerate(lines):
        lift = 7 * (len(each) - 1)
        layers.append(drawing.text_at(-8, (number + 0.5) * pitch - lift, each, INK, align="right"))
        if not drawn[number]:
            layers.append(drawing.text_at(4, (number + 0.5) * pitch, "suppressed", QUIET, fontStyle="italic"))
    layers = [*layers, *drawing.key(signs, box, 8 - top)]
    return Picture(drawing.render(layers, box, title, description), title, description, _table("Of", bars))


@drawing.quickly
def slices(members: Sequence[Figure], whole: Figure | None, title: str, size: Size = COLUMN) -> Picture:
    """The members of a slice as points with the limits that chance leaves them (95 per cent), beside the whole.

    Members whom nobody is in are left out of the drawing, not of the table.
    """
    drawn = [figure for figure in members if figure.is_suppressed or figure.value is not None]
    known = telling.with_figure(drawn)
    everyone = [whole] if whole is not None and whole.value is not None else []
    description = telling.sentence(_told_slices(drawn, whole, title))
    ends = [end for figure in known for end in (figure.lower_95, figure.upper_95, figure.value) if end is not None]
    targets = [figure.target for figure in everyone if figure.target is not None]
    is_share = bool(known) and known[0].unit == "percent"
    marks = drawing.ticks(
        [*ends, *targets, *(figure.value or 0.0 for figure in everyone)], False, 5, 100 if is_share else None
    )
    lines = [drawing.wrap(figure.member_label, 130 if size.is_narrow else 210, TEXT) for figure in drawn]
    left = 14 + max((drawing.text_width(line) for each in lines for line in each), default=20)
    has_parts = any(figure.denominator is not None for figure in known)
    signs = (
        [Sign("limits of chance (95 per cent)", "stroke", MARK)] if any(f.lower_95 is not None for f in known) else []
    )
    if targets:
        signs.append(Sign(f"target {targets[0]:g}", "stroke", INK))
    if any(figure.finality == "provisional" for figure in known):
        signs.append(Sign("provisional", "circle", ACCENT, is_filled=False))
    if any(figure.is_suppressed for figure in drawn):
        signs.append(Sign("suppressed", letter=SUPPRESSED))
    top = 16.0 * drawing.key_lines(signs, size) + 26
    heights = [max(24.0, 14.0 * len(each) + 8) for each in lines]
    box = Box.of(size, max(sum(heights), 24.0), left, 108 if has_parts else 50, top, 26)
    along: dict[str, Any] = {
        "scale": alt.Scale(domain=[marks[0], marks[-1]], zero=False, nice=False),
        "axis": alt.Axis(values=marks, grid=True, labelOverlap=False, format=",.0f") if known else None,
    }
    y = alt.Y("row:Q", scale=alt.Scale(domain=[0, box.height], nice=False, reverse=True), axis=None)
    scale = Line(marks[0], marks[-1], 0, box.width)
    rows, at = [], 0.0
    layers: list[Any] = []
    for figure, each, height in zip(drawn, lines, heights, strict=True):
        middle = at + height / 2
        at += height
        layers.append(drawing.text_at(-10, middle - 7 * (len(each) - 1), each, INK, align="right"))
        if figure in known:
            layers.append(drawing.text_at(box.width + 10, middle, figure.display or "", INK, fontWeight="bold"))
            if figure.denominator is not None:
                parts = f"{figure.numerator} of {figure.denominator}"
                layers.append(drawing.text_at(box.width + 44, middle, parts, QUIET, fontSize=SMALL))
            rows.append(
                {
                    "row": middle,
                    "value": figure.value,
                    "lower": figure.lower_95,
                    "upper": figure.upper_95,
                    "fill": PAPER if figure.finality == "provisional" else ACCENT,
                }
            )
        else:
            layers.append(drawing.text_at(6, middle, SUPPRESSED, QUIET, fontStyle="italic"))
    limited = [row for row in rows if row["lower"] is not None]
    if limited:
        layers.append(
            alt.Chart(drawing.data(limited))
            .mark_rule(color=MARK, strokeWidth=2)
            .encode(x=alt.X("lower:Q", **along), x2=alt.X2("upper:Q"), y=y)
        )
    for figure in everyone:
        at = scale.pixel(figure.value or 0.0)
        layers.append(drawing.rule_at(at, at, -4, box.height, ACCENT, strokeWidth=1.4))
        layers.append(
            drawing.text_at(min(at, box.width), -12, f"All {figure.display}", ACCENT, align="center", fontWeight="bold")
        )
    for target in targets:
        layers.append(drawing.rule_at(scale.pixel(target), scale.pixel(target), 0, box.height, INK, strokeDash=[4, 3]))
    if rows:
        layers.append(
            alt.Chart(drawing.data(rows))
            .mark_point(shape="circle", size=60, opacity=1, stroke=ACCENT, strokeWidth=1.6)
            .encode(x=alt.X("value:Q", **along), y=y, fill=alt.Fill("fill:N", scale=None))
        )
    else:
        layers.append(drawing.text_at(box.width / 2, box.height / 2, "No figure can be shown", QUIET, align="center"))
    table = PictureTable(
        ("Slice", "Figure", "Numerator", "Denominator", "Limits of chance (95 per cent)"),
        tuple(
            (
                figure.member_label,
                telling.cell(figure),
                _count(figure, figure.numerator),
                _count(figure, figure.denominator),
                ""
                if figure.lower_95 is None
                else f"{telling.optional(figure.lower_95)} to {telling.optional(figure.upper_95)}",
            )
            for figure in [*everyone, *members]
        ),
    )
    layers = [*layers, *drawing.key(signs, box, 8 - top)]
    return Picture(drawing.render(layers, box, title, description), title, description, table)


def _part(figure: Figure) -> float | None:
    return None if figure.is_suppressed or figure.numerator is None else float(figure.numerator)


def _count(figure: Figure, count: int | None) -> str:
    if figure.is_suppressed:
        return SUPPRESSED
    return NOT_AVAILABLE if count is None else f"{count:,}"


def _largest(bars: Sequence[Bar]) -> list[str]:
    """The members that are drawn by themselves, in their order: as many as there are colours, the largest."""
    names = list(dict.fromkeys(name for bar in bars for name in bar.parts))
    sizes = {name: sum(bar.parts.get(name) or 0.0 for bar in bars) for name in names}
    some = [name for name in names if sizes[name] > 0]
    if len(some) <= _MOST:
        return some
    kept = set(sorted(some, key=lambda name: -sizes[name])[: _MOST - 1])
    return [name for name in names if name in kept]


def _shares(bar: Bar, names: Sequence[str]) -> dict[str, float]:
    """Per cent of the whole; what is suppressed is what the whole leaves. Empty where the whole is not known."""
    total = bar.total
    if not total:
        return {}
    found = {name: 100 * part / total for name in names if (part := bar.parts.get(name))}
    others = sum(part for name, part in bar.parts.items() if name not in names and part is not None)
    hidden = total - others - sum(bar.parts.get(name) or 0.0 for name in names)
    if others:
        found[_OTHERS] = 100 * others / total
    if hidden > 1e-9 and any(part is None for part in bar.parts.values()):
        found[_HIDDEN] = 100 * hidden / total
    return found


def _colours(present: Sequence[str]) -> dict[str, str]:
    colours = dict(zip((name for name in present if name not in (_OTHERS, _HIDDEN)), CATEGORIES, strict=False))
    return {**colours, _OTHERS: MARK, _HIDDEN: SOFT}


def _labels_beside(
    middles: Mapping[str, tuple[float, float]], colours: Mapping[str, str], box: Box, width: float
) -> list[Any]:
    """Names and shares of the last column's parts, beside it; a thin line leads there where a name had to move."""
    scale = Line(0, 100, box.height, 0)
    texts = {name: drawing.wrap(f"{name} {share:.0f}%", width, SMALL) for name, (_, share) in middles.items()}
    wanted = [scale.pixel(middle) for middle, _ in middles.values()]
    places = drawing.spread(wanted, [13.0 * len(texts[name]) + 3 for name in middles], -6, box.height + 8)
    layers: list[Any] = []
    for name, want, place in zip(middles, wanted, places, strict=True):
        layers.append(drawing.rule_at(box.width + 1, box.width + 14, want, place, QUIET, strokeWidth=0.8))
        is_hidden = name == _HIDDEN
        colour = MARK if is_hidden else colours[name]
        layers.append(drawing.mark_at(box.width + 20, place, "square", colour, not is_hidden))
        layers.append(
            drawing.text_at(
                box.width + 29, place - 6.5 * (len(texts[name]) - 1), texts[name], INK, fontSize=SMALL, lineHeight=13
            )
        )
    return layers


def _told(share: Mapping[str, float], bar: Bar) -> str:
    if not share:
        return "suppressed" if any(part is None for part in bar.parts.values()) else "nobody"
    return ", ".join(f"{name} {part:.0f} per cent" for name, part in share.items())


def _told_mix(bars: Sequence[Bar], drawn: Sequence[Mapping[str, float]], title: str) -> str:
    if not bars:
        return f"{title}: there are no figures"
    last, first = drawn[-1], drawn[0]
    grown = ", ".join(
        f"{name} {share:.0f} per cent" + (f" ({first[name]:.0f} at first)" if name in first and len(bars) > 1 else "")
        for name, share in last.items()
    )
    return f"{title}, {bars[0].name} to {bars[-1].name}: in {bars[-1].name} {grown or 'suppressed'}"


def _told_slices(drawn: Sequence[Figure], whole: Figure | None, title: str) -> str:
    known = sorted(telling.with_figure(drawn), key=lambda figure: -(figure.value or 0.0))
    parts = [f"all: {telling.said(whole)}"] if whole is not None else []
    if known:
        parts.append(f"highest {known[0].member_label} with {telling.said(known[0])}")
    if len(known) > 1:
        parts.append(f"lowest {known[-1].member_label} with {telling.said(known[-1])}")
    return f"{title}: " + ("; ".join([*parts, *telling.missing(drawn)]) or "there are no figures")


def _table(first: str, bars: Sequence[Bar]) -> PictureTable:
    names = list(dict.fromkeys(name for bar in bars for name in bar.parts))
    return PictureTable(
        (first, *names),
        tuple((bar.name, *(_cell(bar, name) for name in names)) for bar in bars),
    )


def _cell(bar: Bar, name: str) -> Cell | str:
    if name not in bar.parts:
        return NOT_AVAILABLE
    part = bar.parts[name]
    return Cell(SUPPRESSED if part is None else telling.optional(part), (bar.marks or {}).get(name, {}))
