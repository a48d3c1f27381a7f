"""Lists as the sheets of one workbook; the same lists give the same bytes, whenever they are written."""

from __future__ import annotations

import datetime as dt
import zipfile
from collections.abc import Iterable
from pathlib import Path

from childrens_warehouse.datasets import BY_NAME, Kind
from childrens_warehouse.datasets.annex_a import FILE
from childrens_warehouse.simulate.delivery import DeliveredFile, coverage_of, nightly_stamp

# Dataset and rows of each list.
Sheets = Iterable[tuple[str, list[list[str]]]]


class _Archive(zipfile.ZipFile):
    """A package whose members bear the time given: as a rule they bear that of the machine."""

    def __init__(self, path: Path, stamp: dt.datetime) -> None:
        super().__init__(path, "w", zipfile.ZIP_DEFLATED)
        self.stamp = stamp

    def writestr(self, zinfo_or_arcname, data, *_, **__):  # type: ignore[no-untyped-def]
        member = zipfile.ZipInfo(zinfo_or_arcname, self.stamp.timetuple()[:6])
        super().writestr(member, data, zipfile.ZIP_DEFLATED)

    def write(self, filename, arcname=None, *_, **__):  # type: ignore[no-untyped-def]
        self.writestr(arcname, Path(filename).read_bytes())


def write(folder: Path, sheets: Sheets, night: dt.date) -> DeliveredFile:
    """Write the workbook of a night: for each list its dataset and rows, the header in row 1."""
    # Imported here: every command loads this module, and few write a workbook.
    from openpyxl import Workbook
    from openpyxl.writer.excel import ExcelWriter

    stamp = nightly_stamp(night).replace(tzinfo=None)
    workbook = Workbook(write_only=True)
    workbook.properties.creator = "Children's social care"
    workbook.properties.created = workbook.properties.modified = stamp
    coverage = ""
    for name, rows in sheets:
        dataset = BY_NAME[name]
        [part] = [part for part in dataset.parts if part.file == FILE]
        sheet = workbook.create_sheet(part.name)
        sheet.append([column.name for column in dataset.columns])
        kinds = [column.kind for column in dataset.columns]
        for row in rows:
            sheet.append([_cell(text, kind) for text, kind in zip(row, kinds, strict=True)])
        coverage = coverage_of(name, None)
    ExcelWriter(workbook, _Archive(folder / FILE, stamp)).save()
    return DeliveredFile(FILE, None, coverage)


def _cell(text: str, kind: Kind) -> str | int | dt.date | None:
    """Days and numbers as a spreadsheet has them; what is none stays as it is written."""
    if not text:
        return None
    try:
        if kind is Kind.DATE:
            return dt.date.fromisoformat(text)
        if kind is Kind.INTEGER:
            return int(text)
    except ValueError:
        return text
    return text
