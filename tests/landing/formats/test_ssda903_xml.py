"""The SSDA903 return as XML says the same as its CSV files, cell by cell."""

from __future__ import annotations

import csv
import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from lxml import etree

from childrens_warehouse.errors import FileRefused
from tests.landing.formats.reading import FILES, read, rows

SAMPLES = Path(os.environ.get("WAREHOUSE_SSDA903_SAMPLES") or "nowhere")
PARTS = FILES["ssda903.xml"].parts

# What the header bears of the lists that have no element of their own.
IN_HEADER = {"UASC": ("DUC",), "AD1": ("DATE_INT", "DATE_MATCH", "FOSTER_CARE", "NB_ADOPTR", "SEX_ADOPTR", "LS_ADOPTR"),
             "OC3": ("IN_TOUCH", "ACTIV", "ACCOM")}  # fmt: skip
NESTED = ("AMISSING", "AREVIEW", "PERMANENCE", "OC2", "AD_PLACED")

Rows = list[dict[str, str]]


def names_of(part: str) -> list[str]:
    return [column.name for column in PARTS[part].columns]


def as_xml(lists: dict[str, Rows]) -> str:
    """The return as one document, from the rows of its CSV files."""

    def elements(row: dict[str, str], names: Iterable[str]) -> str:
        return "".join(f"<{name}>{escape(row[name])}</{name}>" for name in names if row[name])

    by_child: dict[tuple[str, str], Rows] = {}
    for name, each in lists.items():
        for row in each:
            by_child.setdefault((name, row["CHILD"]), []).append(row)

    def of(part: str, child: str) -> Rows:
        return by_child.get((part, child), [])

    document = []
    for header in lists["HEADER"]:
        child = header["CHILD"]
        parts = [f"<CHILDID>{escape(child)}</CHILDID>", elements(header, [name for name in header if name != "CHILD"])]
        for part, names in IN_HEADER.items():
            parts += [elements(row, names) for row in of(part, child)]
            parts += ["<UASC>1</UASC>" for _ in of(part, child) if part == "UASC"]
        for part in NESTED:
            names = [name for name in names_of(part) if name not in ("CHILD", "DOB")]
            parts += [f"<{part}>{elements(row, names)}</{part}>" for row in of(part, child)]
        episodes = "".join(
            f"<EPISODE>{elements(row, [name for name in row if name != 'CHILD'])}</EPISODE>"
            for row in of("EPISODE", child)
        )
        episodes = episodes.replace("<PLACE>", "<PL>").replace("</PLACE>", "</PL>")
        document.append(f"<CHILD><HEADER>{''.join(parts)}</HEADER>{episodes}</CHILD>")
    return f"<EXPSSDA903>{''.join(document)}</EXPSSDA903>"


def cells(lists: dict[str, Rows], part: str) -> Counter[tuple[str, ...]]:
    return Counter(tuple(row[name].strip() for name in names_of(part)) for row in lists[part])


def cells_of_xml(parts, part: str) -> Counter[tuple[str, ...]]:
    return Counter(tuple((row[name.lower()] or "").strip() for name in names_of(part)) for row in rows(parts[part]))


def read_text(tmp_path: Path, document: str, year: int = 2018):
    path = tmp_path / "return.xml"
    path.write_text(document, encoding="utf-8")
    return read(path, "ssda903.xml", year, tmp_path)


def listed(text: str) -> Rows:
    return list(csv.DictReader(text.split()))


INVENTED = {
    "HEADER": listed("""
        CHILD,SEX,DOB,ETHNIC,UPN,MOTHER,MC_DOB
        A&1,2,01/02/2005,WBRI,UN3,1,03/04/2017
        B2,1,11/12/2001,BAFR,,,
    """),
    "EPISODE": listed("""
        CHILD,DECOM,RNE,LS,CIN,PLACE,PLACE_PROVIDER,DEC,REC,REASON_PLACE_CHANGE,HOME_POST,PL_POST,URN
        A&1,02/05/2017,S,C2,N1,U6,PR1,01/06/2017,X1,CARPL,HA11AA,HA22BB,
        A&1,01/06/2017,P,C2,N1,K2,PR4,,,,HA11AA,,1234567
    """),
    "AREVIEW": listed("""
        CHILD,DOB,REVIEW,REVIEW_CODE
        A&1,01/02/2005,09/07/2017,PN1
    """),
    "UASC": listed("""
        CHILD,SEX,DOB,DUC
        B2,1,11/12/2001,11/12/2019
    """),
    "OC2": listed(f"""
        {",".join(names_of("OC2"))}
        A&1,01/02/2005,12,,0,,1,1,1,0,,
    """),
    "OC3": listed("""
        CHILD,DOB,IN_TOUCH,ACTIV,ACCOM
        B2,11/12/2001,YES,F2,U1
    """),
    "AD1": listed("""
        CHILD,DOB,DATE_INT,DATE_MATCH,FOSTER_CARE,NB_ADOPTR,SEX_ADOPTR,LS_ADOPTR
        A&1,01/02/2005,03/03/2017,04/04/2017,0,2,MF,L11
    """),
    "AD_PLACED": listed("""
        CHILD,DOB,DATE_PLACED,DATE_PLACED_CEASED,REASON_PLACED_CEASED
        A&1,01/02/2005,05/05/2017,,
    """),
    "PERMANENCE": listed("""
        CHILD,DOB,PREV_PERM,LA_PERM,DATE_PERM
        B2,11/12/2001,P1,310,zz/06/2015
    """),
    "AMISSING": listed("""
        CHILD,DOB,MISSING,MIS_START,MIS_END
        B2,11/12/2001,M,01/07/2017,03/07/2017
        B2,11/12/2001,A,05/08/2017,
    """),
}


def test_an_invented_return_has_the_same_cells_in_both_forms(tmp_path):
    parts = read_text(tmp_path, as_xml(INVENTED))
    assert set(parts) == set(INVENTED)
    for part in INVENTED:
        assert cells_of_xml(parts, part) == cells(INVENTED, part), part
        assert parts[part].unreadable == () and parts[part].notes == ()


def test_forms_left_blank_are_no_rows(tmp_path):
    blank = "<DUC/><UASC>0</UASC><DATE_INT/><IN_TOUCH/><ACCOM></ACCOM><OC2><SDQ_SCORE/></OC2><PERMANENCE/>"
    document = as_xml({part: INVENTED[part] if part == "HEADER" else [] for part in INVENTED})
    parts = read_text(tmp_path, document.replace("</HEADER>", f"{blank}</HEADER>"))
    assert {part: read.rows_read for part, read in parts.items() if part != "HEADER"} == dict.fromkeys(
        set(INVENTED) - {"HEADER"}, 0
    )


def test_the_flag_alone_makes_a_child_unaccompanied(tmp_path):
    parts = read_text(tmp_path, as_xml(INVENTED).replace("<DUC>11/12/2019</DUC>", ""))
    assert rows(parts["UASC"]) == [{"child": "B2", "sex": "1", "dob": "11/12/2001", "duc": None}]


def test_dates_written_year_first_are_understood(tmp_path):
    document = as_xml(INVENTED).replace("02/05/2017", "2017-05-02").replace("01/02/2005", "2005-02-01")
    parts = read_text(tmp_path, document)
    for part in INVENTED:
        assert cells_of_xml(parts, part) == cells(INVENTED, part), part


def test_what_comes_twice_is_unreadable_and_nothing_is_lost(tmp_path):
    document = as_xml(INVENTED)
    oc2 = document[document.index("<OC2>") : document.index("</OC2>") + len("</OC2>")]
    parts = read_text(tmp_path, document.replace(oc2, oc2 + oc2))
    assert (parts["OC2"].rows, [number for number, _ in parts["OC2"].unreadable]) == (0, [1, 2])
    assert all("OC2 comes twice in one CHILD" in what for _, what in parts["OC2"].unreadable)

    parts = read_text(tmp_path, document.replace("<CHILDID>B2", "<CHILDID>C3</CHILDID><CHILDID>B2"))
    assert parts["HEADER"].unreadable == ((2, "element CHILDID comes twice in one CHILD (line 1)"),)
    assert [(parts[part].rows, len(parts[part].unreadable)) for part in ("UASC", "OC3", "AMISSING")] == [
        (0, 1), (0, 1), (0, 2),
    ]  # fmt: skip

    loose = "<EPISODE><DECOM>01/01/2017</DECOM></EPISODE>"
    parts = read_text(tmp_path, document.replace("</EXPSSDA903>", f"{loose}</EXPSSDA903>"))
    assert parts["EPISODE"].unreadable == ((3, "EPISODE in line 1 lies outside any CHILD"),)


def test_another_document_is_refused(tmp_path):
    with pytest.raises(FileRefused, match="XML-ROOT"):
        read_text(tmp_path, "<Message/>")
    with pytest.raises(FileRefused, match="XML-YEAR: no EPISODE has the element DECOM"):
        read_text(tmp_path, as_xml(INVENTED).replace("DECOM>", "DECOMMENCED>"))


@pytest.mark.skipif(not (SAMPLES / "fake_903.xml").exists(), reason="WAREHOUSE_SSDA903_SAMPLES names no folder")
def test_a_return_made_by_others_is_read_whole(tmp_path):
    parts = read(SAMPLES / "fake_903.xml", "ssda903.xml", 2018, tmp_path)
    root = etree.parse(SAMPLES / "fake_903.xml").getroot()
    for part, element in (("HEADER", "HEADER"), ("EPISODE", "EPISODE"), *((name, name) for name in NESTED)):
        found = Counter(
            (child.findtext(".//CHILDID"), *(each.findtext("PL" if name == "PLACE" else name) or ""
                                             for name in names_of(part) if name not in ("CHILD", "DOB", "SEX")))
            for child in root for each in child.iter(element)
        )  # fmt: skip
        read_so = Counter(
            (row["child"], *(row[name.lower()] or "" for name in names_of(part) if name not in ("CHILD", "DOB", "SEX")))
            for row in rows(parts[part])
        )
        assert found == read_so and found, part
        assert parts[part].unreadable == () and parts[part].notes == ()
    assert [parts[part].rows for part in IN_HEADER] == [12, 3, 6]


@pytest.mark.skipif(not (SAMPLES / "episodes.csv").exists(), reason="WAREHOUSE_SSDA903_SAMPLES names no folder")
def test_the_csv_files_of_others_have_the_same_cells_as_xml(tmp_path):
    lists: dict[str, Rows] = {}
    for part, dataset in PARTS.items():
        with (SAMPLES / dataset.file).open(newline="", encoding="utf-8-sig") as handle:
            lists[part] = list(csv.DictReader(handle))
    parts = read_text(tmp_path, as_xml(lists))
    for part in PARTS:
        assert cells_of_xml(parts, part) == cells(lists, part), part
    assert parts["EPISODE"].rows > 5_000
