"""Read a workbook that has a list on each of its sheets: the inspection's Annex A.

Sheets are known by the number in their name or, failing that, by their header; columns by their name whatever its
letter case, blanks and punctuation. What is wrong with one list refuses that list; the others stand.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from childrens_warehouse.datasets import Column, Dataset, DeliveredFile, Kind
from childrens_warehouse.errors import FileRefused
from childrens_warehouse.landing.formats import dates, sheet_header, workbook_package
from childrens_warehouse.landing.formats.part_writer import PartWriter
from childrens_warehouse.landing.formats.sheet_header import Header
from childrens_warehouse.landing.formats.text_rows import TextRows
from childrens_warehouse.landing.formats.workbook_package import letters

_NUMBER = re.compile(r"(?:^|[^a-z])list[\s_.\-]*(?:no\.?\s*)?0*(\d{1,2})(?!\d)|^\s*0*(\d{1,2})(?!\d)", re.IGNORECASE)
_WHOLE = re.compile(r"([+-]?\d+)\.0+")
# Days as spreadsheets count them, of 1927 to 2119: outside them a bare number is no date.
_SERIAL_DAYS = range(10_000, 80_001)


@dataclass(frozen=True)
class _Sheet:
    name: str
    sheet: CalamineSheet
    is_visible: bool
    number: int | None
    faults: dict[int, dict[int, str]]

    def header(self, dataset: Dataset, year: int) -> Header | None:
        rows = list(islice(self.sheet.iter_rows(), sheet_header.DEEPEST))
        return sheet_header.find(rows, self.sheet.merged_cell_ranges or [], dataset, year)


def read(path: Path, file: DeliveredFile, year: int, scratch: Path) -> dict[str, TextRows | FileRefused]:
    """The rows of every list, or why it is refused. Raises FileRefused when the workbook cannot be opened."""
    package = workbook_package.look_into(path)
    try:
        with path.open("rb") as handle:
            sheets = _sheets(CalamineWorkbook.from_filelike(handle), package)
    except CalamineError as error:
        raise FileRefused(
            "WORKBOOK-UNREADABLE", f"the workbook cannot be opened ({type(error).__name__}): ask for it again."
        ) from None
    numbers = {name: _number(name) for name in file.parts}
    spare = [sheet for sheet in sheets if sheet.number not in numbers.values()]
    parts: dict[str, TextRows | FileRefused] = {}
    for name, dataset in file.parts.items():
        try:
            named = [sheet for sheet in sheets if sheet.number == numbers[name]]
            sheet, notes = _sheet_of(name, dataset, year, named, spare)
            parts[name] = _List(sheet, dataset, year, package.starts_in_1904).read(scratch, notes)
        except FileRefused as refusal:
            parts[name] = refusal
    return parts


def _sheets(workbook: CalamineWorkbook, package: workbook_package.Package) -> list[_Sheet]:
    sheets = []
    for about in workbook.sheets_metadata:
        if about.typ is SheetTypeEnum.WorkSheet:
            sheet = workbook.get_sheet_by_name(about.name)
            is_visible = about.visible is SheetVisibleEnum.Visible
            faults = package.faults.get(about.name, {})
            sheets.append(_Sheet(about.name, sheet, is_visible, _number(about.name), faults))
    return sheets


def _number(name: str) -> int | None:
    """The number of a list in the name of its sheet: List 1, list_01, 1. Contacts, Annex A - List 1."""
    found = _NUMBER.search(name)
    return int(found[1] or found[2]) if found else None


def _sheet_of(
    part: str, dataset: Dataset, year: int, named: list[_Sheet], spare: list[_Sheet]
) -> tuple[_Sheet, list[str]]:
    """The one sheet that is the list. Raises FileRefused when none is, or several could be."""
    for narrower in (
        named,
        [sheet for sheet in named if sheet.sheet.start is not None],
        [sheet for sheet in named if sheet.is_visible],
        [sheet for sheet in named if _fits(sheet, dataset, year)],
    ):
        if len(narrower) == 1:
            return narrower[0], []
    if named:
        raise FileRefused(
            "WORKBOOK-SHEET",
            f"the sheets {_names(named)} could all be {part}: leave one, or number them apart.",
        )
    fitting = [sheet for sheet in spare if _fits(sheet, dataset, year)]
    if len(fitting) == 1:
        return fitting[0], [f"sheet {fitting[0].name!r} is known by its header"]
    if fitting:
        raise FileRefused(
            "WORKBOOK-SHEET", f"the headers of the sheets {_names(fitting)} all fit {part}: number them apart."
        )
    raise FileRefused(
        "WORKBOOK-SHEET",
        f"no sheet is {part}, by its number or by its header: the list stays as it was known. "
        # Not by their names: people name sheets after children.
        + (f"Sheets without a list: {len(spare)}." if spare else "There is no other sheet."),
    )


def _fits(sheet: _Sheet, dataset: Dataset, year: int) -> bool:
    header = sheet.header(dataset, year)
    return header is not None and header.is_whole


def _names(sheets: list[_Sheet]) -> str:
    return ", ".join(repr(sheet.name) for sheet in sheets)


class _List:
    """One list on its sheet."""

    def __init__(self, sheet: _Sheet, dataset: Dataset, year: int, starts_in_1904: bool) -> None:
        header = sheet.header(dataset, year)
        if header is None:
            raise FileRefused(
                "WORKBOOK-HEADER",
                f"sheet {sheet.name!r}: none of its first {sheet_header.DEEPEST} rows is a header of this list. "
                f"Expected: {', '.join(column.name for column in dataset.columns if not column.optional)}.",
            )
        sheet_header.check(header, sheet.name)
        self.sheet, self.dataset, self.header = sheet, dataset, header
        self.epoch = dt.date(1904, 1, 1) if starts_in_1904 else dt.date(1899, 12, 30)
        self.columns = [column for column in dataset.columns if column.name in header.columns]
        self.places = self._read_through_merges()

    def _read_through_merges(self) -> list[int]:
        """Column of the sheet for each column of the list. Raises FileRefused where a merged header leaves a doubt."""
        places = dict(self.header.columns)
        for name, over in self.header.spread.items():
            filled = sorted({
                place
                for row in islice(self.sheet.sheet.iter_rows(), self.header.first_row, None)
                for place in over
                if place < len(row) and row[place] != ""
            })  # fmt: skip
            if len(filled) > 1:
                raise FileRefused(
                    "WORKBOOK-MERGED",
                    f"sheet {self.sheet.name!r}, row {self.header.row + 1}: the header {name} is merged over columns "
                    f"{letters(over[0])} to {letters(over[-1])}, and more than one of them is filled: split the cell.",
                )
            if filled:
                places[name] = filled[0]
        return [places[column.name] for column in self.columns]

    def read(self, scratch: Path, notes: list[str]) -> TextRows:
        no_value: Counter[str] = Counter()
        writer = PartWriter(scratch / f"{self.dataset.name}.parquet", [column.name for column in self.columns])
        for number, row in enumerate(self.sheet.sheet.iter_rows()):
            if number < self.header.first_row:
                continue
            if fault := self._fault(number, no_value):
                writer.refuse(number + 1, fault)
                continue
            cells = [
                self._text(row[place], column) if place < len(row) else None
                for column, place in zip(self.columns, self.places, strict=True)
            ]
            if any(cell is not None for cell in cells):
                writer.add((number + 1, *cells))
        blank = [f"column {name}: {workbook_package.NOT_AVAILABLE} in {rows} rows is read as blank"
                 for name, rows in no_value.items()]  # fmt: skip
        return writer.close([*notes, *self._notes(), *blank])

    def _fault(self, number: int, no_value: Counter[str]) -> str | None:
        """What makes the row unreadable. A look-up that found nothing is a blank cell, where one may be blank."""
        faults = self.sheet.faults.get(number, {})
        for column, place in zip(self.columns, self.places, strict=True):
            if what := faults.get(place):
                if what == workbook_package.NOT_AVAILABLE and column.optional:
                    no_value[column.name] += 1
                else:
                    return f"cell {letters(place)}{number + 1} ({column.name}) holds {what}"
        return None

    def _notes(self) -> list[str]:
        said = [f"column {text} is not declared: not loaded, kept in the archive"
                for text in self.header.undeclared.values()]  # fmt: skip
        return said + [f"column {column.name} is not in the sheet" for column in self.header.lacking]

    def _text(self, value: object, column: Column) -> str | None:
        """The cell as text; dates in the dataset's format, whole numbers without the decimals of spreadsheets."""
        if column.kind is Kind.DATE:
            return self._date(value)
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, float):
            return str(int(value)) if value.is_integer() else repr(value)
        if isinstance(value, dt.datetime):
            return value.date().isoformat() if value.time() == dt.time() else value.isoformat()
        text = " ".join(str(value).replace("\u00a0", " ").split())
        return _WHOLE.sub(r"\1", text) if _WHOLE.fullmatch(text) else text or None

    def _date(self, value: object) -> str | None:
        if isinstance(value, dt.datetime):
            value = value.date()
        if isinstance(value, dt.date):
            return dates.written(value, self.dataset.date_format)
        text = " ".join(str(value).replace("\u00a0", " ").split())
        days = _WHOLE.sub(r"\1", text)
        if days.isdigit() and len(days) == 5 and int(days) in _SERIAL_DAYS:
            return dates.written(self.epoch + dt.timedelta(days=int(days)), self.dataset.date_format)
        return dates.as_declared(text, self.dataset.date_format) or None
