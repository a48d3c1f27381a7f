"""How all pictures look: colours, type, sizes.

Colours are those of the page's style sheet. The categories are the palette of the Government Analysis Function with the
page's accent in the place of its dark blue, dark and light in turn, so that neighbours stay apart in black and white.
Marks have a contrast of at least 3:1 with the paper, text of at least 4.5:1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

PAPER, INK, QUIET, LINE = "#ffffff", "#1c2530", "#55606d", "#d9dee4"
ACCENT, MARK, BAND, SOFT = "#0f4c5c", "#6f8399", "#e9eef1", "#eef1f4"
# What was before, beside the accent: as light as a mark may be.
BEFORE = "#8a95a2"
# Worse, better and merely other than chance would have it; each has its own shape too.
CONCERN, IMPROVEMENT = "#a33b00", "#0f4c5c"
CATEGORIES = ("#0f4c5c", "#f46a25", "#801650", "#28a197", "#3d3d3d", "#a285d1")
# From little to much: the ends of a scale of lightness.
LIGHTEST, DARKEST = "#e8f1f3", "#0f4c5c"

# Widths are measured with this face, which the renderer brings along; a page may set a narrower one.
FONT = "Liberation Sans, Arial, sans-serif"
TEXT, SMALL = 12, 11


@dataclass(frozen=True)
class Size:
    """A width in pixels that a picture is laid out for, and what fits into it."""

    width: int
    is_narrow: bool


# A column of the page (and of a printed page, and a telephone), and the whole page.
COLUMN, PAGE = Size(400, True), Size(760, False)


def configuration() -> dict[str, Any]:
    """Vega-Lite's `config`: the same for every picture."""
    return {
        "font": FONT,
        "background": "transparent",
        "aria": False,
        "view": {"stroke": None},
        "axis": {
            "domain": False,
            "ticks": False,
            "grid": True,
            "gridColor": LINE,
            "gridWidth": 1,
            "labelColor": QUIET,
            "labelFontSize": SMALL,
            "labelPadding": 6,
            "title": None,
        },
        "axisX": {"grid": False},
        "text": {"color": INK, "fontSize": TEXT},
    }


def luminance(colour: str) -> float:
    """Relative luminance of a colour (#rrggbb), 0 to 1 (WCAG 2.2)."""
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast of two colours, 1 to 21 (WCAG 2.2)."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def text_on(colour: str) -> str:
    """Black or paper, whichever reads better on a colour: one of them always has 4.5:1."""
    return max(("#000000", PAPER), key=lambda text: contrast(text, colour))


def shade(part: float) -> str:
    """A colour between the lightest (0) and the darkest (1)."""
    ends = [[int(end[at : at + 2], 16) for at in (1, 3, 5)] for end in (LIGHTEST, DARKEST)]
    return "#" + "".join(f"{round(low + (high - low) * part):02x}" for low, high in zip(*ends, strict=True))
