"""What a picture is on a page: drawn once, told in words, and with its figures as a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Cell:
    """One cell of a picture's table. marks: data attributes that say which figure it shows (reading.Figure.marks)."""

    text: str
    marks: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class PictureTable:
    """The figures of a picture: headings, and rows as long as these; the first cell of a row is its heading."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell | str, ...], ...]


@dataclass(frozen=True)
class Picture:
    """One drawing.

    svg: an <svg> element that stands on its own, without a script, a style sheet or an address.
    narrow: the same for the width of a telephone, where the first would be too small; empty where that does for both.
    title: what it shows, as its caption. description: what a reader who cannot see it should know, a sentence or two.
    """

    svg: str
    title: str
    description: str
    table: PictureTable
    narrow: str = ""
