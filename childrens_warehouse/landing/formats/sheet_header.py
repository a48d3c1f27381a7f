"""Find the header of a sheet: the row that names most of a list's columns, whatever lies above it."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from childrens_warehouse.datasets import Column, Dataset
from childrens_warehouse.datasets.declaration import may_lack
from childrens_warehouse.errors import FileRefused
from childrens_warehouse.landing.formats.workbook_package import letters
from childrens_warehouse.reference import plain

# Titles, dates and notes stand above a header; lists do not begin further down than this.
DEEPEST = 40

Cells = Sequence[object]
Merge = tuple[tuple[int, int], tuple[int, int]]


@dataclass
class Header:
    """Where the columns of a list lie. Rows and columns count from 0.

    columns: declared name -> column of the sheet.
    spread: declared name -> columns its merged header cell lies over; which of them holds the cells, the rows tell.
    undeclared: column of the sheet -> header nobody declared.
    missing: columns the list must have and the sheet has not.
    twice: declared name -> the columns that claim it.
    """

    row: int
    first_row: int
    columns: dict[str, int] = field(default_factory=dict)
    spread: dict[str, tuple[int, ...]] = field(default_factory=dict)
    undeclared: dict[int, str] = field(default_factory=dict)
    missing: tuple[Column, ...] = ()
    lacking: tuple[Column, ...] = ()
    twice: dict[str, tuple[int, ...]] = field(default_factory=dict)

    @property
    def is_whole(self) -> bool:
        return not self.missing and not self.twice


def find(rows: Sequence[Cells], merges: Sequence[Merge], dataset: Dataset, year: int) -> Header | None:
    """The header among the first rows of a sheet, or None where no row names two of the list's columns."""
    best: Header | None = None
    for number in range(min(len(rows), DEEPEST)):
        header = _header(number, rows, merges, dataset, year)
        if len(header.columns) >= 2 and (best is None or len(header.columns) > len(best.columns)):
            best = header
    return best


def check(header: Header, sheet: str) -> None:
    """Raises FileRefused when a column is missing or comes twice; the message names the nearest header."""
    said = [f"column {column.name} is missing{_nearest(column, header)}" for column in header.missing]
    said += [
        f"column {name} comes twice, in columns {' and '.join(letters(place) for place in places)}"
        for name, places in header.twice.items()
    ]
    if said:
        raise FileRefused("FILE-COLUMNS", f"sheet {sheet!r}, row {header.row + 1}: {'; '.join(said)}.")


def _header(number: int, rows: Sequence[Cells], merges: Sequence[Merge], dataset: Dataset, year: int) -> Header:
    exact = {_plain(column.name): column for column in dataset.columns}
    spelt = {_plain(spelling): column for column in dataset.columns for spelling in column.spellings}
    header = Header(number, number + 1)
    claims: dict[str, list[tuple[bool, int]]] = {}
    for place, text, width, bottom in _texts(number, rows, merges):
        key = _plain(text)
        column = exact.get(key) or spelt.get(key)
        if column is None:
            if key:
                header.undeclared[place] = text
            continue
        header.first_row = max(header.first_row, bottom + 1)
        claims.setdefault(column.name, []).append((key in exact, place))
        if width > 1:
            header.spread[column.name] = tuple(range(place, place + width))
    for name, found in claims.items():
        # A column under its own name is believed before one under another spelling.
        own = [place for is_own, place in found if is_own] or [place for _, place in found]
        header.columns[name] = own[0]
        if len(own) > 1:
            header.twice[name] = tuple(own)
    absent = [column for column in dataset.columns if column.name not in header.columns and not may_lack(column, year)]
    header.missing = tuple(column for column in absent if not column.optional)
    header.lacking = tuple(column for column in absent if column.optional)
    return header


def _texts(number: int, rows: Sequence[Cells], merges: Sequence[Merge]) -> Iterator[tuple[int, str, int, int]]:
    """(column, text, columns it lies over, last row it lies over) of every filled cell, read through merges."""
    over = {}
    for (top, left), (bottom, right) in merges:
        if top <= number <= bottom:
            over[left] = (top, right - left + 1, bottom)
    for place, value in enumerate(rows[number]):
        top, width, bottom = over.get(place, (number, 1, number))
        if top != number and place < len(rows[top]):
            value = rows[top][place]
        if isinstance(value, str) and value.strip():
            yield place, " ".join(value.split()), width, bottom


def _nearest(column: Column, header: Header) -> str:
    spellings = {_plain(text): place for place, text in header.undeclared.items()}
    wanted = [_plain(name) for name in (column.name, *column.spellings)]
    for name in wanted:
        if close := difflib.get_close_matches(name, spellings, n=1, cutoff=0.5):
            place = spellings[close[0]]
            return f" (nearest: {header.undeclared[place]!r} in column {letters(place)})"
    return ""


def _plain(text: str) -> str:
    return plain(unicodedata.normalize("NFKC", text).replace("'", "").replace("\u2019", ""))
