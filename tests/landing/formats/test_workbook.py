"""The Annex A workbook, as councils really fill it in."""

from __future__ import annotations

import datetime as dt
import os
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from childrens_warehouse.errors import FileRefused
from childrens_warehouse.landing.formats import workbook_package
from tests.landing.formats.reading import FILES, numbers, read, refused, rows

SAMPLE = Path(os.environ.get("WAREHOUSE_ANNEX_A_SAMPLES") or "nowhere") / "Annex_A.xlsx"
PARTS = FILES["annex_a.xlsx"].parts

PERSON = ["Child Unique ID", "Gender", "Ethnicity", "Date of Birth", "Age of Child (Years)"]
CONTACTS = [*PERSON, "Date of Contact", "Contact Source"]
BORN = dt.date(2010, 5, 1)
CONTACT = ["C1", "a) Male", "a) WBRI", BORN, 6.7, dt.date(2017, 2, 1), "q) 6: Police"]


class Book:
    """A workbook in the making: every list an empty one under its own name, as the template has it."""

    def __init__(self) -> None:
        self.book = openpyxl.Workbook()
        self.book.remove(self.book.worksheets[0])
        for part, dataset in PARTS.items():
            self.sheet(part, [column.name for column in dataset.columns])

    def sheet(self, name: str, *lines: list[Any]) -> Worksheet:
        """Make or replace a sheet."""
        if name in self.book.sheetnames:
            self.book.remove(self.book[name])
        sheet = self.book.create_sheet(name)
        for line in lines:
            sheet.append(line)
        return sheet

    def read(self, tmp_path: Path, year: int = 2017):
        path = tmp_path / "annex_a.xlsx"
        self.book.save(path)
        return read(path, "annex_a.xlsx", year, tmp_path)


@pytest.fixture
def book() -> Book:
    return Book()


def contacts(book: Book, tmp_path: Path, *lines: list[Any], name: str = "List 1"):
    if name != "List 1":
        book.book.remove(book.book["List 1"])
    book.sheet(name, *lines)
    return book.read(tmp_path)["List 1"]


def test_the_template_without_rows_is_eleven_empty_lists(book, tmp_path):
    parts = book.read(tmp_path)
    assert len(parts) == 11
    assert {(part.rows, part.unreadable, part.notes) for part in parts.values()} == {(0, (), ())}


def test_cells_come_out_as_text_with_the_dates_of_the_dataset(book, tmp_path):
    read_so = contacts(
        book, tmp_path, CONTACTS,
        [9212044, "b) Female", " White\u00a0 British ", dt.datetime(2010, 5, 1), None, "01/02/2017 00:00:00", 6],
        ["12.0", True, "WBRI", "1/5/2010", 6, 42767, "q) 6: Police"],
        ["0012", "", None, "2010-05-01T00:00:00", "6.5", "42767.0", 6.0],
        ["C\u00a04", "x", "x", "1 May 2010", "x", "01-02-17", "x"],
    )  # fmt: skip
    assert [list(row.values()) for row in rows(read_so)] == [
        ["9212044", "b) Female", "White British", "2010-05-01", None, "2017-02-01", "6"],
        ["12", "true", "WBRI", "2010-05-01", "6", "2017-02-01", "q) 6: Police"],
        ["0012", None, None, "2010-05-01", "6.5", "2017-02-01", "6"],
        # A year of two digits is left for landing to refuse.
        ["C 4", "x", "x", "2010-05-01", "x", "01-02-17", "x"],
    ]


def test_headers_as_councils_spell_them(book, tmp_path):
    header = ["CHILD ID", "sex", " Ethnicity\n", "DOB", None, "Date Of  Contact:", "contact-source", "Initials"]
    read_so = contacts(
        book, tmp_path,
        ["Annex A: contacts of the last six months"], [], ["Produced on 1 June 2017"], header, [],
        [*CONTACT[:4], None, *CONTACT[5:], "AB"], [None] * 8, ["C2", *CONTACT[1:4], None, *CONTACT[5:], "CD"],
    )  # fmt: skip
    assert numbers(read_so) == [6, 8]
    assert [row["child unique id"] for row in rows(read_so)] == ["C1", "C2"]
    assert read_so.columns == tuple(name.lower() for name in CONTACTS if name != "Age of Child (Years)")
    assert read_so.notes == (
        "column Initials is not declared: not loaded, kept in the archive",
        "column Age of Child (Years) is not in the sheet",
    )


@pytest.mark.parametrize("name", ["LIST_1", "list 01", "1. Contacts", "1", "Annex A - List 1", "List1 Contacts"])
def test_sheets_are_known_by_their_number(book, tmp_path, name):
    assert [row["child unique id"] for row in rows(contacts(book, tmp_path, CONTACTS, CONTACT, name=name))] == ["C1"]


def test_a_sheet_without_a_number_is_known_by_its_header(book, tmp_path):
    book.sheet("Guidance", ["Please fill in the Child Unique ID"])
    read_so = contacts(book, tmp_path, CONTACTS, CONTACT, name="Front door")
    assert read_so.rows == 1 and read_so.notes == ("sheet 'Front door' is known by its header",)


def test_a_list_that_is_missing_or_could_be_two_sheets_is_refused_alone(book, tmp_path):
    book.book.remove(book.book["List 1"])
    book.sheet("list_2", [column.name for column in PARTS["List 2"].columns])
    book.sheet("List 3", [column.name for column in PARTS["List 3"].columns])
    book.sheet("list_3").sheet_state = "hidden"
    parts = book.read(tmp_path)
    assert {part for part, read_so in parts.items() if isinstance(read_so, FileRefused)} == {"List 1", "List 2"}
    missing, double = refused(parts["List 1"]), refused(parts["List 2"])
    assert missing.rule == double.rule == "WORKBOOK-SHEET"
    assert "stays as it was known" in missing.reason and "'List 2', 'list_2'" in double.reason
    # The hidden, empty twin of list 3 is no doubt.
    assert parts["List 3"].rows == 0


def test_a_renamed_column_is_refused_with_the_nearest(book, tmp_path):
    renamed = ["Contacted on date" if name == "Date of Contact" else name for name in CONTACTS]
    error = refused(contacts(book, tmp_path, [None], renamed, CONTACT))
    assert error.rule == "FILE-COLUMNS"
    assert "sheet 'List 1', row 2: column Date of Contact is missing" in error.reason
    assert "nearest: 'Contacted on date' in column F" in error.reason
    twice = refused(contacts(book, tmp_path, [*CONTACTS, "Contact Source"], [*CONTACT, "x"]))
    assert "column Contact Source comes twice, in columns G and H" in twice.reason


def test_a_sheet_without_a_header_is_refused(book, tmp_path):
    error = refused(contacts(book, tmp_path, CONTACT, CONTACT))
    assert error.rule == "WORKBOOK-HEADER" and "C1" not in error.reason


def test_merged_headers_are_read_through(book, tmp_path):
    book.book.remove(book.book["List 1"])
    above = ["Child", None, None, None, None, "Date of Contact", "Contact Source"]
    sheet = book.sheet("List 1", above, PERSON, CONTACT)
    sheet.merge_cells("A1:E1")
    sheet.merge_cells("F1:F2")
    sheet.merge_cells("G1:G2")
    assert [row["date of contact"] for row in rows(book.read(tmp_path)["List 1"])] == ["2017-02-01"]


def test_a_header_over_two_columns_is_read_where_one_is_empty_and_refused_where_both_are_filled(book, tmp_path):
    def over_two(first: Any, second: Any):
        sheet = book.sheet("List 1", [*CONTACTS, None], [*CONTACT[:6], first, second])
        sheet.merge_cells("G1:H1")
        return book.read(tmp_path)["List 1"]

    assert [row["contact source"] for row in rows(over_two(None, "6"))] == ["6"]
    error = refused(over_two("6", "Police"))
    assert error.rule == "WORKBOOK-MERGED"
    assert "the header Contact Source is merged over columns G to H" in error.reason and "Police" not in error.reason


def test_a_formula_that_failed_makes_its_row_unreadable(book, tmp_path):
    sheet = book.sheet("List 1", CONTACTS, CONTACT, CONTACT, CONTACT, [*CONTACT, "beside the list"])
    for cell, error in (("F3", "#REF!"), ("H5", "#REF!")):
        sheet[cell] = error
        sheet[cell].data_type = "e"
    sheet["G4"] = "=1+1"  # written by a program that does not calculate
    read_so = book.read(tmp_path)["List 1"]
    assert numbers(read_so) == [2, 5] and read_so.rows_read == 4
    assert read_so.unreadable == (
        (3, "cell F3 (Date of Contact) holds #REF!"),
        (4, "cell G4 (Contact Source) holds a formula that was never calculated"),
    )


def test_a_look_up_that_found_nothing_is_blank_where_a_cell_may_be(book, tmp_path):
    header = [column.name for column in PARTS["List 3"].columns]
    line = ["C1", "M", "WBRI", BORN, 6, dt.date(2017, 2, 1), "6", "No", 0, "#N/A", "#N/A"]
    sheet = book.sheet("List 3", header, line, line)
    for cell in ("J2", "K2", "J3", "F3"):
        sheet[cell].value, sheet[cell].data_type = "#N/A", "e"
    read_so = book.read(tmp_path)["List 3"]
    assert [row["allocated team"] for row in rows(read_so)] == [None]
    assert read_so.unreadable == ((3, "cell F3 (Date of Referral) holds #N/A"),)
    assert "column Allocated Team: #N/A in 1 rows is read as blank" in read_so.notes


def test_days_count_from_1904_where_the_workbook_says_so(book, tmp_path):
    book.book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    days = (dt.date(2017, 2, 1) - dt.date(1904, 1, 1)).days
    read_so = contacts(book, tmp_path, CONTACTS, [*CONTACT[:5], days, "6"], CONTACT)
    assert [row["date of contact"] for row in rows(read_so)] == ["2017-02-01"] * 2


def whole(book: Book, tmp_path: Path) -> bytes:
    book.book.save(tmp_path / "whole.xlsx")
    return (tmp_path / "whole.xlsx").read_bytes()


@pytest.mark.parametrize(
    ("spoil", "rule", "says"),
    [
        (lambda data: b"child,date\nC1,2017", "WORKBOOK-UNREADABLE", "no .xlsx workbook"),
        (lambda data: data[: len(data) // 2], "WORKBOOK-UNREADABLE", "cut short"),
        (lambda data: data.replace(b"worksheets/sheet1.xml", b"worksheets/sheetX.xml"), "WORKBOOK-UNREADABLE", "cut"),
        (
            lambda data: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            "WORKBOOK-ENCRYPTED", "password",
        ),
        (lambda data: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 512, "WORKBOOK-UNREADABLE", "old .xls"),
    ],
)  # fmt: skip
def test_what_is_no_workbook_is_refused_whole(book, tmp_path, spoil, rule, says):
    path = tmp_path / "annex_a.xlsx"
    path.write_bytes(spoil(whole(book, tmp_path)))
    with pytest.raises(FileRefused) as error:
        read(path, "annex_a.xlsx", 2017, tmp_path)
    assert error.value.rule == rule and says in error.value.reason and "C1" not in error.value.reason


def test_a_workbook_that_unpacks_without_end_is_refused(book, tmp_path, monkeypatch):
    whole(book, tmp_path)
    with zipfile.ZipFile(tmp_path / "whole.xlsx", "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/filler.bin", b"\0" * 5_000_000)
    monkeypatch.setattr(workbook_package, "_MOST_BYTES", 4_000_000)
    with pytest.raises(FileRefused, match="WORKBOOK-SIZE"):
        read(tmp_path / "whole.xlsx", "annex_a.xlsx", 2017, tmp_path)


@pytest.mark.skipif(not SAMPLE.exists(), reason="WAREHOUSE_ANNEX_A_SAMPLES names no folder")
def test_a_workbook_made_by_others_is_read_whole(tmp_path):
    parts = read(SAMPLE, "annex_a.xlsx", 2021, tmp_path)
    book = openpyxl.load_workbook(SAMPLE, read_only=True)
    for part, read_so in parts.items():
        filled = [line for line in book[part].iter_rows(min_row=2, values_only=True) if any(line)]
        assert read_so.rows == len(filled) >= 5 and read_so.unreadable == ()
        key = "individual adopter identifier" if part == "List 11" else "child unique id"
        assert [row[key] for row in rows(read_so)] == [str(line[0]) for line in filled]
    assert list(parts["List 6"].notes) == [
        "column Allocated Team: #N/A in 5 rows is read as blank",
        "column Allocated Worker: #N/A in 5 rows is read as blank",
    ]
