"""The workbook as a package of XML: can it be opened, and which cells hold what no reader shows.

A formula that failed (#REF!) or was never calculated reads as a blank cell; only the package tells them apart.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lxml import etree

from childrens_warehouse.errors import FileRefused

_COMPOUND_FILE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# Twenty thousand children on every list take 40 MB.
_MOST_BYTES = 256 << 20
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_SAFE: dict[str, Any] = {"resolve_entities": False, "no_network": True, "load_dtd": False, "huge_tree": False}

NOT_AVAILABLE = "#N/A"
NEVER_CALCULATED = "a formula that was never calculated"


@dataclass(frozen=True)
class Package:
    """faults: sheet -> row -> column -> the error (#REF!) in that cell, or NEVER_CALCULATED; both count from 0.

    starts_in_1904: numbers that mean days count from 1904, as old files of one maker do.
    """

    faults: dict[str, dict[int, dict[int, str]]]
    starts_in_1904: bool


def look_into(path: Path) -> Package:
    """Raises FileRefused when it is no workbook, encrypted, damaged or of a size no list has."""
    with path.open("rb") as handle:
        start = handle.read(8)
        if start == _COMPOUND_FILE:
            if "EncryptedPackage".encode("utf-16-le") in handle.read():
                raise FileRefused(
                    "WORKBOOK-ENCRYPTED", "the workbook is locked with a password: ask for it without one."
                )
            raise FileRefused(
                "WORKBOOK-UNREADABLE", "the file is a workbook of the old .xls kind: ask for it saved as .xlsx."
            )
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(member.file_size for member in archive.infolist())
            if size > _MOST_BYTES:
                raise FileRefused(
                    "WORKBOOK-SIZE",
                    f"the workbook unpacks to {size >> 20} MB: lists are far smaller. Ask what else it holds.",
                )
            # The readers after this one believe what the package says of its sizes: see that it is so.
            if damaged := archive.testzip():
                raise zipfile.BadZipFile(damaged)
            return _look_into(archive)
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, etree.XMLSyntaxError, NotImplementedError) as error:
        raise FileRefused(
            "WORKBOOK-UNREADABLE",
            f"the file is no .xlsx workbook or was cut short ({type(error).__name__}): ask for it again.",
        ) from None


def _look_into(archive: zipfile.ZipFile) -> Package:
    workbook = etree.fromstring(archive.read("xl/workbook.xml"), etree.XMLParser(**_SAFE))
    relations = etree.fromstring(archive.read("xl/_rels/workbook.xml.rels"), etree.XMLParser(**_SAFE))
    targets = {each.get("Id"): str(each.get("Target")) for each in relations}
    faults = {}
    for sheet in workbook.iterfind(".//{*}sheet"):
        target = targets[sheet.get(_RELATION)]
        member = target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"xl/{target}")
        faults[str(sheet.get("name"))] = _faults(archive, member)
    properties = workbook.find("{*}workbookPr")
    starts_in_1904 = properties is not None and properties.get("date1904") in ("1", "true")
    return Package(faults, starts_in_1904)


def _faults(archive: zipfile.ZipFile, member: str) -> dict[int, dict[int, str]]:
    found: dict[int, dict[int, str]] = {}
    row = -1
    with archive.open(member) as handle:
        for _, element in etree.iterparse(handle, events=("end",), tag="{*}row", **_SAFE):
            # A row or a cell without its number follows the one before it.
            row = int(element.get("r", row + 2)) - 1
            column = -1
            for cell in element:
                place = re.match("[A-Z]+", cell.get("r", ""))
                column = _column(place[0]) if place else column + 1
                if what := _fault(cell):
                    found.setdefault(row, {})[column] = what
            element.clear()
            while element.getprevious() is not None:
                del element.getparent()[0]
    return found


def _fault(cell: Any) -> str | None:
    kind = cell.get("t")
    if kind == "e":
        return str(cell.findtext("{*}v"))
    if kind is None and cell.find("{*}f") is not None and not cell.findtext("{*}v"):
        return NEVER_CALCULATED
    return None


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def letters(column: int) -> str:
    """What people call a column: 0 is A."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(ord("A") + rest) + name
    return name
