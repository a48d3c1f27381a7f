"""Plant canaries: invented identities in every column that bears some, in good rows, refused rows and refused files.

What is planted follows the declarations, so a new dataset brings its canaries by itself. A canary in a good row
stands for the same person in every file, so that the night still adds up.
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from childrens_warehouse.datasets import ALL, Column, Dataset, Identifier, Kind, PersonalData, Source, of_source
from childrens_warehouse.landing import identifiers
from childrens_warehouse.landing.manifest import NAME as MANIFEST
from childrens_warehouse.reference import code_list
from tests.nights.searching import Searcher

AUTHORITY = "310"
CALENDARS = frozenset({"dim_date", "bank_holiday", "int_care_clocks"})
# Of children born later the day of birth stays: what falls due for others may fall on the same day.
BORN_BEFORE = 2010


@dataclass
class Mint:
    """Makes canaries, each once, in the spellings that tests/nights/searching.py knows, and remembers what each is."""

    canaries: dict[str, str] = field(default_factory=dict)
    taken_days: set[dt.date] = field(default_factory=set)
    _number: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def searcher(self) -> Searcher:
        return Searcher(self.canaries, CALENDARS)

    def word(self, label: str) -> str:
        number, letters = next(self._number), ""
        for _ in range(7):
            number, letter = divmod(number, 26)
            letters += "abcdefghijklmnopqrstuvwxyz"[letter]
        return self._remembered(f"Zqx{letters}", label)

    def day(self, year: int, month: int, label: str) -> dt.date | None:
        """A day of that month that nothing else has; None when there is none left."""
        for number in range(2, 28):
            day = dt.date(year, month, number)
            if day not in self.taken_days:
                self.taken_days.add(day)
                self.canaries[day.isoformat()] = f"date of birth, {label}"
                return day
        return None

    def text(self, column: Column, label: str, *, is_valid: bool = True) -> str:
        """For a name, an identifier or a postcode."""
        label = f"{column.name}, {label}" + ("" if is_valid else " (check digit wrong)")
        number = next(self._number)
        if column.kind is not Kind.TEXT:
            return "6.7"  # the age of a child, to the month
        if column.personal is PersonalData.POSTCODE:
            return self._remembered(f"ZQ{number // 260 % 100:02} {number // 26 % 10}X{chr(65 + number % 26)}", label)
        if column.identifier is Identifier.UPN:
            rest = f"8977{number:08}"
            letter = identifiers.upn_check_letter(rest)
            self.canaries[rest] = label
            return (letter if is_valid else ("A" if letter != "A" else "B")) + rest
        if column.identifier is Identifier.NHS_NUMBER:
            first = f"97531{number:04}"
            check = next((d for d in "0123456789" if identifiers.is_valid(Identifier.NHS_NUMBER, first + d)), None)
            if check is None:
                return self.text(column, label, is_valid=is_valid)
            last = check if is_valid else str((int(check) + 1) % 10)
            return self._remembered(f"{first[:3]} {first[3:6]} {first[6:]}{last}", label)
        if column.identifier:
            return self._remembered(f"Zqx{number:07}", label)
        return self.word(label)

    def _remembered(self, text: str, label: str) -> str:
        self.canaries[text.replace(" ", "").lower()] = label
        return text


@dataclass
class Table:
    """One file as its rows."""

    dataset: Dataset
    header: list[str]
    rows: list[list[str]]

    def text(self, more: str = "") -> str:
        output = io.StringIO()
        writer = csv.writer(output, lineterminator="\n")
        writer.writerow(self.header)
        writer.writerows(self.rows)
        return output.getvalue() + more


class Planter:
    """Plants into an inbox of the simulator's, folder by folder."""

    def __init__(self, inbox: Path, night: dt.date) -> None:
        self.inbox, self.night = inbox, night
        self.mint = Mint()
        self.tables = {
            path: _read(path, dataset)
            for dataset in ALL
            for path in sorted(inbox.glob(f"*/{dataset.source}/*/{dataset.file}"))
            if dataset.file
        }
        self.mint.taken_days |= {
            day
            for table in self.tables.values()
            for column in table.dataset.columns
            if column.kind is Kind.DATE
            for cell in _cells(table, column)
            if (day := _day(table.dataset, cell))
        }

    def good_rows(self) -> None:
        """Give some persons of every file an identity of canaries, in all files the same."""
        stand_in: dict[tuple[str, str], str] = {}
        for table in self.tables.values():
            for is_valid, row in zip((True, False), table.rows[:: max(len(table.rows) // 2, 1)], strict=False):
                for column in table.dataset.identity_columns:
                    cell = row[table.header.index(column.name)]
                    if cell and (key := self._known_as(table.dataset, column, cell)) and key not in stand_in:
                        canary = self._stand_in(table.dataset, column, key[1], is_valid)
                        if canary:
                            stand_in[key] = canary
        for table in self.tables.values():
            for column in table.dataset.identity_columns:
                at = table.header.index(column.name)
                for row in table.rows:
                    key = self._known_as(table.dataset, column, row[at]) if row[at] else None
                    if key in stand_in:
                        row[at] = _spelled(table.dataset, column, stand_in[key])

    def refused_rows(self) -> None:
        """Add rows that cannot be taken in to tonight's files, as many as each may have and still be accepted."""
        for number, (path, table) in enumerate(self.tables.items()):
            more = ""
            if path.parent.name == self.night.isoformat() and table.rows:
                spoilt = list(self.spoilt_rows(table))
                room = min(int(len(table.rows) * table.dataset.ceiling), len(spoilt))
                more = "".join(spoilt[(number + each) % len(spoilt)] for each in range(room))
            path.write_text(table.text(more), encoding="utf-8")

    def spoilt_rows(self, table: Table) -> Iterator[str]:
        """One row for every way of being wrong that its columns know, all its identities canaries."""
        dataset = table.dataset

        def row(kind: str, **cells: str) -> list[str]:
            told = dict(zip(table.header, table.rows[0], strict=True))
            for column in dataset.identity_columns:
                label = f"{dataset.name}, row refused for its {kind}"
                if column.personal is PersonalData.BIRTH_DATE:
                    day = self.mint.day(1995, len(self.mint.canaries) % 12 + 1, label)
                    told[column.name] = day.strftime(dataset.date_format) if day else ""
                else:
                    told[column.name] = self.mint.text(column, label)
            return [{**told, **cells}[name] for name in table.header]

        def line(cells: list[str]) -> str:
            output = io.StringIO()
            csv.writer(output, lineterminator="\n").writerow(cells)
            return output.getvalue()

        for kind in (Kind.DATE, Kind.CODE, Kind.CODES, Kind.INTEGER, Kind.DECIMAL, Kind.TIMESTAMP, Kind.PARTIAL_DATE):
            column = next((each for each in dataset.columns if each.kind is kind), None)
            if column:
                yield line(row(kind, **{column.name: self.mint.word(f"in a {kind} cell of {dataset.name}")}))
        for column in dataset.identity_columns:
            if column.kind is Kind.DATE:
                yield line(row("date of birth", **{column.name: f"{self.mint.word('before a date')} 31/02/2011"}))
        yield line(row("key", **dict.fromkeys(dataset.key, "")))
        yield line([*row("length"), self.mint.word("in a cell too many"), self.mint.word("in a cell too many")])
        yield line(row("shortness")[: max(len(table.header) // 2, 1)])
        quoted = row("quotes")
        at = table.header.index(dataset.key[0])
        quoted[at] = f'{quoted[at]} "{self.mint.word("in quotes")}", {self.mint.word("after a comma")}\nand a line'
        codes = [each.name for each in dataset.columns if each.kind is Kind.CODE]
        if codes:
            quoted[table.header.index(codes[0])] = self.mint.word("in a code cell beside quotes")
        yield line(quoted)

    def refused_files(self, folders: int) -> None:
        """Earlier folders in which no file can be taken in: all their rows are wrong, or the file is."""
        for number in range(folders):
            date = self.night - dt.timedelta(days=40 + number)
            for source in Source:
                for at, dataset in enumerate(each for each in of_source(source) if each.file):
                    table = self._some_rows(dataset)
                    spoil = _all_rows_wrong if number == 0 else _WAYS[(at + number) % len(_WAYS)]
                    path = self.inbox / AUTHORITY / source / date.isoformat() / dataset.file
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(spoil(self, table))

    def unexpected_files(self) -> None:
        """Files nobody declared, whose very names tell."""
        for source in Source:
            folder = self.inbox / AUTHORITY / source / self.night.isoformat()
            name = f"{self.mint.word('name of a file')} {self.mint.word('name of a file')}.docx"
            (folder / name).write_text(self.mint.word("in an unexpected file"))

    def landed_only(self, date: dt.date) -> None:
        """A folder of good rows for the datasets that the simulated night leaves out."""
        simulated = {table.dataset.name for table in self.tables.values()}
        for dataset in ALL:
            if dataset.file and dataset.name not in simulated:
                path = self.inbox / AUTHORITY / dataset.source / date.isoformat() / dataset.file
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(self.invented(dataset).text(), encoding="utf-8")

    def manifests(self) -> None:
        """Have every folder say what is in it now."""
        for folder in sorted(self.inbox.glob("*/*/*")):
            path = folder / MANIFEST
            date = dt.date.fromisoformat(folder.name)
            old = json.loads(path.read_text()) if path.exists() else {}
            coverage = {each["name"]: each.get("coverage") for each in old.get("files", ())}
            files = []
            for file in sorted(each for each in folder.iterdir() if each.name != MANIFEST):
                entry = {"name": file.name, "sha256": hashlib.sha256(file.read_bytes()).hexdigest()}
                files.append({**entry, "coverage": coverage[file.name]} if coverage.get(file.name) else entry)
            stamp = dt.datetime.combine(date + dt.timedelta(days=1), dt.time(2, 10))
            told = {
                "authority": folder.parts[-3],
                "source": folder.parts[-2],
                "extract_date": folder.name,
                "generated_at": old.get("generated_at", f"{stamp.isoformat()}Z"),
                "files": files,
            }
            path.write_text(json.dumps(told))

    def _some_rows(self, dataset: Dataset) -> Table:
        found = [table for table in self.tables.values() if table.dataset is dataset and table.rows]
        if not found:
            return self.invented(dataset)
        return Table(dataset, found[-1].header, [list(row) for row in found[-1].rows[:3]])

    def invented(self, dataset: Dataset) -> Table:
        """Rows as the declaration has them, all identities canaries."""
        rows = []
        for number in range(3):
            row = []
            for column in dataset.columns:
                label = f"{dataset.name}, good row"
                if column.personal is PersonalData.BIRTH_DATE:
                    day = self.mint.day(1996 + number, len(self.mint.canaries) % 12 + 1, label)
                    row.append(day.strftime(dataset.date_format) if day else "")
                elif column.is_identity:
                    row.append(self.mint.text(column, label, is_valid=number > 0))
                else:
                    row.append(self._plain(dataset, column, number))
            rows.append(row)
        return Table(dataset, [column.name for column in dataset.columns], rows)

    def _plain(self, dataset: Dataset, column: Column, number: int) -> str:
        day = self.night - dt.timedelta(days=30 - number)
        if column.code_list:
            codes = code_list(column.code_list)
            valid = [each for each in codes if (each.valid_from or day) <= day <= (each.valid_to or day)]
            return (valid or codes)[0].code
        if column.kind is Kind.DATE:
            # A spell that has not ended cannot end before it starts.
            return "" if dataset.spell and column.name == dataset.spell[1] else day.strftime(dataset.date_format)
        return {
            Kind.INTEGER: str(100000 + number),
            Kind.DECIMAL: "1.5",
            Kind.TIMESTAMP: f"{day.isoformat()}T14:30",
            Kind.PARTIAL_DATE: day.strftime(dataset.date_format),
        }.get(column.kind, f"text {number}")

    def _known_as(self, dataset: Dataset, column: Column, cell: str) -> tuple[str, str] | None:
        """(domain, value) by which one identity is the same in all files; None for what identifies nobody."""
        if column.personal is PersonalData.BIRTH_DATE:
            day = _day(dataset, cell)
            return ("birth", day.isoformat()) if day else None
        domain = column.identifier.value if column.identifier else column.personal.value
        value = identifiers.normalise(domain, cell)
        return None if identifiers.stands_for_unknown(domain, value) else (domain, value)

    def _stand_in(self, dataset: Dataset, column: Column, value: str, is_valid: bool) -> str | None:
        label = f"{dataset.name}, good row"
        if column.personal is PersonalData.BIRTH_DATE:
            born = dt.date.fromisoformat(value)
            day = self.mint.day(born.year, born.month, label) if born.year < BORN_BEFORE else None
            return day.isoformat() if day else None
        return self.mint.text(column, label, is_valid=is_valid)


def _read(path: Path, dataset: Dataset) -> Table:
    with path.open(newline="", encoding="utf-8") as handle:
        header, *rows = csv.reader(handle)
    return Table(dataset, header, rows)


def _cells(table: Table, column: Column) -> Iterator[str]:
    if column.name in table.header:
        at = table.header.index(column.name)
        yield from {row[at] for row in table.rows}


def _day(dataset: Dataset, cell: str) -> dt.date | None:
    try:
        return dt.datetime.strptime(cell, dataset.date_format).date()
    except ValueError:
        return None


def _spelled(dataset: Dataset, column: Column, canary: str) -> str:
    if column.personal is PersonalData.BIRTH_DATE:
        return dt.date.fromisoformat(canary).strftime(dataset.date_format)
    return canary


def _all_rows_wrong(planter: Planter, table: Table) -> bytes:
    return table.text("".join(planter.spoilt_rows(table))).encode()


def _lines(planter: Planter, table: Table) -> list[str]:
    """A header, and rows that are nothing but canaries where a row has identities."""
    return table.text("".join(itertools.islice(planter.spoilt_rows(table), 2))).splitlines(keepends=True)


def _without_header(planter: Planter, table: Table) -> bytes:
    return "".join(_lines(planter, table)[1:]).encode()


def _header_and_row_in_one_line(planter: Planter, table: Table) -> bytes:
    first, *_, last = _lines(planter, table)
    return (first.rstrip("\n") + "," + last).encode()


def _spoilt_names_in_header(planter: Planter, table: Table) -> bytes:
    """A row stands where the header should be, but for one cell of it."""
    first, second, *rest = _lines(planter, table)
    wrong = ",".join([first.strip().split(",")[0], *(planter.mint.word("in a header") for _ in table.header[1:])])
    return "".join([wrong + "\n", second, *rest]).encode()


def _as_utf_16(planter: Planter, table: Table) -> bytes:
    return "".join(_lines(planter, table)).encode("utf-16")


def _as_windows_1252(planter: Planter, table: Table) -> bytes:
    lines = _lines(planter, table)
    return "".join([*lines[:-1], "é" + lines[-1]]).encode("windows-1252")


def _with_an_open_quote(planter: Planter, table: Table) -> bytes:
    return "".join([*_lines(planter, table), f'"{planter.mint.word("after an open quote")}']).encode()


def _with_semicolons(planter: Planter, table: Table) -> bytes:
    return "".join(_lines(planter, table)).replace(",", ";").encode()


_WAYS: tuple[Callable[[Planter, Table], bytes], ...] = (
    _without_header,
    _header_and_row_in_one_line,
    _spoilt_names_in_header,
    _as_utf_16,
    _as_windows_1252,
    _with_an_open_quote,
    _with_semicolons,
)
