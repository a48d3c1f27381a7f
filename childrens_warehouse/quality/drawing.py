"""Small pictures as inline SVG. Colours come from the page's style sheet, so that they follow light, dark and print.

Every picture says in words what it shows, and a table beside or behind it has the numbers.
"""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup, escape

_SPARK_WIDTH, _SPARK_HEIGHT, _MARGIN = 132, 26, 3
_BARS_WIDTH, _BARS_HEIGHT, _LABELS = 420, 96, 16


def sparkline(values: Sequence[float], says: str) -> Markup:
    """A line through `values`, oldest first, its last point marked; flat values lie in the middle."""
    if not values:
        return Markup("")
    low, high = min(values), max(values)
    step = (_SPARK_WIDTH - 2 * _MARGIN) / max(len(values) - 1, 1)
    room = _SPARK_HEIGHT - 2 * _MARGIN

    def place(number: int, value: float) -> tuple[float, float]:
        share = (value - low) / (high - low) if high > low else 0.5
        return round(_MARGIN + number * step, 1), round(_MARGIN + (1 - share) * room, 1)

    points = [place(number, value) for number, value in enumerate(values)]
    line = " ".join(f"{x:g},{y:g}" for x, y in points)
    x, y = points[-1]
    return _svg(
        "spark", _SPARK_WIDTH, _SPARK_HEIGHT, says,
        f'<polyline points="{line}"/><circle cx="{x:g}" cy="{y:g}" r="2.6"/>',
    )  # fmt: skip


def bars(values: Sequence[int], labels: Sequence[str], ticks: Sequence[tuple[int, str]], says: str) -> Markup:
    """A bar per value from a common zero; `labels` show on pointing, `ticks` are (position, text) below."""
    if not values:
        return Markup("")
    step = _BARS_WIDTH / len(values)
    room = _BARS_HEIGHT - _LABELS
    most = max(max(values), 1)
    drawn = []
    for number, (value, label) in enumerate(zip(values, labels, strict=True)):
        if not value:
            continue
        height = max(room * value / most, 1.0)  # what is there shows, however little beside the most
        drawn.append(
            f'<rect x="{number * step:.1f}" y="{room - height:.1f}" width="{step * 0.8:.1f}" height="{height:.1f}">'
            f"<title>{escape(label)}</title></rect>"
        )
    drawn.append(f'<line x1="0" y1="{room}" x2="{_BARS_WIDTH}" y2="{room}"/>')
    drawn += [
        f'<text x="{position * step:.1f}" y="{_BARS_HEIGHT - 3}">{escape(text)}</text>' for position, text in ticks
    ]
    return _svg("bars", _BARS_WIDTH, _BARS_HEIGHT, says, "".join(drawn))


def _svg(kind: str, width: int, height: int, says: str, drawn: str) -> Markup:
    # `drawn` is numbers of ours and text that was escaped.
    return Markup(  # noqa: S704
        f'<svg class="{kind}" viewBox="0 0 {width} {height}" role="img" aria-label="{escape(says)}">{drawn}</svg>'
    )
