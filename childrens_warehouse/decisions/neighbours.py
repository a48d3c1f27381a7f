"""Who is whose statistical neighbour: a list that a region gives, an input of the build.

`<home>/decisions/neighbours.csv`, replaced as a whole; without it the averages that documents print are shown:

    authority_code,neighbour_code,source_document
    310,304,"Children's services statistical neighbour benchmarking tool, 2024"
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

import duckdb

from childrens_warehouse import reference
from childrens_warehouse.errors import ConfigurationError
from childrens_warehouse.settings import Home

COLUMNS = ("authority_code", "neighbour_code", "source_document")


@dataclass(frozen=True, order=True, slots=True)
class Neighbour:
    """One authority and another that is like it, as a document says."""

    authority: str
    neighbour: str
    source_document: str


def path(home: Home) -> Path:
    return home.decisions / "neighbours.csv"


def on_file(home: Home) -> tuple[Neighbour, ...]:
    """The list, in order; none where there is no file. Raises ConfigurationError that names file and line."""
    try:
        content = path(home).read_bytes()
    except FileNotFoundError:
        return ()
    return read(content, str(path(home)))


def read(content: bytes, where: str) -> tuple[Neighbour, ...]:
    """The list that a file's bytes say. Raises ConfigurationError that names `where` and the line."""
    try:
        # Spreadsheets begin a file in UTF-8 with a mark.
        lines = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise ConfigurationError(f"{where} is no CSV in UTF-8 ({error}): save it as one.") from None
    if not lines or tuple(lines[0]) != COLUMNS:
        raise ConfigurationError(f"{where}, line 1: the columns must be {', '.join(COLUMNS)}.")
    known = reference.english_authorities()
    found: dict[tuple[str, str], Neighbour] = {}
    for number, line in enumerate(lines[1:], 2):
        cells = tuple(cell.strip() for cell in line)
        if not any(cells):
            continue
        if wrong := _wrong(cells, known, found):
            raise ConfigurationError(f"{where}, line {number}: {wrong}")
        found[cells[0], cells[1]] = Neighbour(*cells)
    return tuple(sorted(found.values()))


def of_told(told: Iterable[Sequence[str]]) -> tuple[Neighbour, ...]:
    """The list that a release was built of, as `told` wrote it."""
    return tuple(Neighbour(*each) for each in told)


def told(said: Iterable[Neighbour]) -> list[list[str]]:
    """The list as JSON knows it."""
    return [list(astuple(each)) for each in said]


def fingerprint(said: Sequence[Neighbour]) -> str:
    """The same for the same list, in whatever order and layout it was given."""
    if not said:
        return "none"
    return hashlib.sha256("\n".join("\t".join(astuple(each)) for each in said).encode()).hexdigest()


def fill(connection: duckdb.DuckDBPyConnection, said: Sequence[Neighbour]) -> None:
    """`raw.statistical_neighbour` of a candidate."""
    if said:
        connection.executemany("insert into raw.statistical_neighbour values (?, ?, ?)", [astuple(e) for e in said])


def _wrong(cells: tuple[str, ...], known: frozenset[str], found: dict[tuple[str, str], Neighbour]) -> str | None:
    """What is wrong with a line, in words; None if nothing is."""
    if len(cells) != len(COLUMNS):
        return f"it has {len(cells)} cells and not {len(COLUMNS)}; put a text with commas into quotation marks."
    authority, neighbour, document = cells
    for name, code in zip(COLUMNS, (authority, neighbour), strict=False):
        if code not in known:
            return f"{name} {code!r} is no authority of England in seeds/local_authority.csv."
    if authority == neighbour:
        return f"{authority} is named as its own neighbour."
    if (authority, neighbour) in found:
        return f"{neighbour} is named as a neighbour of {authority} a second time."
    if not document:
        return "source_document is empty: name the document that says so."
    return None
