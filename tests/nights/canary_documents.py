"""Canaries in files of several lists: the Annex A workbook, the SSDA903 return and the CIN census as XML."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import openpyxl

from childrens_warehouse.datasets import Dataset, DeliveredFile, Source, files_of
from childrens_warehouse.reference import collection_year
from tests.landing.formats.test_cin_census import (
    ASSESSMENT,
    CHARACTERISTICS,
    CIN_PLAN,
    DETAILS,
    HEADER,
    PLAN,
    SECTION_47,
    census_document,
    child,
)  # fmt: skip
from tests.landing.formats.test_ssda903_xml import INVENTED, PARTS, as_xml
from tests.nights.canaries import Planter, Table

WORKBOOK, RETURN, CENSUS = "annex_a.xlsx", "ssda903.xml", "cin_census.xml"
FILES: dict[str, DeliveredFile] = {file.name: file for file in files_of(Source.SOCIAL_CARE)}


def workbook(planter: Planter, path: Path, *, is_good: bool) -> None:
    """Every list with a title above it and a sheet nobody asked for, both of a child; good rows, or rows all wrong.

    Of what is not good every other list has lost its header, and the first its sheet.
    """
    book = openpyxl.Workbook()
    book.active.title = f"{planter.mint.word('name of a sheet')} {planter.mint.word('name of a sheet')}"
    book.active.append([planter.mint.word("in a sheet nobody declared")])
    for number, (part, dataset) in enumerate(FILES[path.name].parts.items()):
        if not is_good and not number:
            continue  # so that the other sheets are looked at
        table = planter.invented(dataset)
        sheet = book.create_sheet(part)
        sheet.append([f"Children of {planter.mint.word('in a title of ' + dataset.name)}"])
        if is_good or number % 2:
            sheet.append(table.header)
        for row in table.rows if is_good else [*table.rows, *_spoilt(planter, table)]:
            sheet.append(row)
    book.save(path)


def census(planter: Planter, *, is_good: bool) -> str:
    """Children with every record there is; not good ones have a cell twice, records where none belong, odd codes."""
    children = []
    for number in range(3):
        identifiers = "".join(
            f"<{name}>{cell}</{name}>" for name, cell in _identities(planter, FILES[CENSUS].parts["Child"]).items()
        )
        records = ASSESSMENT.format("2021-09-01") + CIN_PLAN + SECTION_47 + PLAN
        if not is_good:
            word = planter.mint.word("in an element of the census")
            records += [
                f"<AssessmentFactors>{word}</AssessmentFactors>",
                f"<Note>{word}</Note><!-- {word} -->",
                f"<CINPlanDates><CINPlanStartDate>{word}</CINPlanStartDate></CINPlanDates>",
            ][number]
            identifiers += "<LAchildID>" + planter.mint.word("in an id that comes twice") + "</LAchildID>"
        children.append(
            child(
                DETAILS.format(records),
                identifiers=f"<ChildIdentifiers>{identifiers}<GenderCurrent>2</GenderCurrent></ChildIdentifiers>",
                characteristics=CHARACTERISTICS,
            )
        )
    year = str(collection_year(planter.night))
    return census_document(*children, header=HEADER.replace("2022", year)).replace(
        "2021-", f"{planter.night.year - 1}-"
    )


def social_care_return(planter: Planter, *, is_good: bool) -> str:
    """The rows that the tests of its reader invented, of children who are canaries; or codes that are names."""
    stand_in: dict[str, str] = {}
    lists = {}
    for part, dataset in PARTS.items():
        lists[part] = [dict(row) for row in INVENTED[part]]
        for row in lists[part]:
            for name, cell in _identities(planter, dataset).items():
                if row.get(name):
                    row[name] = stand_in.setdefault(f"{name}{row[name]}", cell)
            if not is_good:
                codes = [each.name for each in dataset.columns if each.code_list and row.get(each.name)]
                row.update(dict.fromkeys(codes, planter.mint.word(f"in a code of {dataset.name}")))
    return as_xml(lists)


def cut_short(document: str) -> str:
    return document[: document.rindex("</")]


def under_another_name(planter: Planter, document: str) -> str:
    word = planter.mint.word("name of an element")
    return f"<{word}>{document}</{word}>"


def _identities(planter: Planter, dataset: Dataset) -> dict[str, str]:
    table = planter.invented(dataset)
    return {column.name: table.rows[2][table.header.index(column.name)] for column in dataset.identity_columns}


def _spoilt(planter: Planter, table: Table) -> list[list[str]]:
    return list(csv.reader(io.StringIO("".join(planter.spoilt_rows(table)))))
