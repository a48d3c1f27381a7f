"""The bad deliveries of docs/deliveries-that-go-wrong.md, by their numbers: what is done to a file, what it breaks."""

from __future__ import annotations

import gzip
import hashlib
import io
import random
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import openpyxl

from chaos.lists import Line, as_csv, rows_of
from chaos.model import File, Row
from childrens_warehouse.datasets import Dataset, Kind, files_of


@dataclass
class Draft:
    """A file before it is written. text: other than the lines give. wrap: what is done to its bytes last.

    refused: the rule of what nobody can read. told: what the manifest says otherwise than is so.
    """

    dataset: Dataset
    lines: list[Line]
    columns: Sequence[str] = ()
    text: str | None = None
    encoding: str = "utf-8"
    wrap: Callable[[bytes], bytes] = bytes
    ending: str = ""
    refused: str | None = None
    told: dict[str, object] = field(default_factory=dict)

    def written(self) -> tuple[File, bytes]:
        text = as_csv(self.dataset, self.lines, self.columns) if self.text is None else self.text
        data = self.wrap(text.encode(self.encoding))
        name = f"{self.dataset.file}{self.ending}"
        parts = {self.dataset.name: rows_of(self.dataset, self.lines)}
        return File(name, hashlib.sha256(data).hexdigest(), len(data), parts, self.refused), data


Spoil = Callable[[Draft, random.Random], None]
KINDS: dict[str, Spoil] = {}


def kind(number: str) -> Callable[[Spoil], Spoil]:
    def note(spoil: Spoil) -> Spoil:
        KINDS[number] = spoil
        return spoil

    return note


def can_be(number: str, dataset: Dataset, lines: Sequence[Line]) -> bool:
    """Can this list be spoiled so?"""
    kinds = {column.kind for column in dataset.columns}
    needs = {
        "15": bool(_dates(dataset)), "18": dataset.name == "schools", "21": dataset.name == "schools",
        "31": Kind.CODE in kinds, "32": dataset.name == "ssda903_header", "33": dataset.name == "ssda903_header",
        "34": _dates(dataset) and dataset.name != "attendance", "35": dataset.name != "schools" and _dates(dataset),
        "36": dataset.name in ("ssda903_header", "ssda903_reviews"), "14": dataset.name != "ssda903_reviews",
    }  # fmt: skip
    return len(lines) >= 20 and bool(needs.get(number, True))


@kind("4")
def _(draft: Draft, rng: random.Random) -> None:
    draft.told["sha256"] = "0" * 64


@kind("5")
def _(draft: Draft, rng: random.Random) -> None:
    draft.told["rows"] = len(draft.lines) + 1


@kind("8")
def _(draft: Draft, rng: random.Random) -> None:
    draft.lines, draft.text = [], ""


@kind("9")
def _(draft: Draft, rng: random.Random) -> None:
    draft.lines = []


@kind("10")
def _(draft: Draft, rng: random.Random) -> None:
    draft.text, draft.refused = as_csv(draft.dataset, draft.lines).split("\n", 1)[1], "FILE-HEADER"


@kind("11")
def _(draft: Draft, rng: random.Random) -> None:
    draft.columns = [*_names(draft), "COLOUR"]


@kind("12")
def _(draft: Draft, rng: random.Random) -> None:
    draft.columns, draft.refused = _names(draft)[:-1], "FILE-COLUMNS"


@kind("13")
def _(draft: Draft, rng: random.Random) -> None:
    text, last = as_csv(draft.dataset, draft.lines), _names(draft)[-1]
    draft.text, draft.refused = text.replace(last, f"{last}_NEW", 1), "FILE-COLUMNS"


@kind("14")
def _(draft: Draft, rng: random.Random) -> None:
    draft.columns = rng.sample(_names(draft), len(_names(draft)))


@kind("15")
def _(draft: Draft, rng: random.Random) -> None:
    _dates_become(draft, lambda text: "38508")


@kind("16")
def _(draft: Draft, rng: random.Random) -> None:
    draft.encoding = "utf-8-sig"


@kind("17")
def _(draft: Draft, rng: random.Random) -> None:
    draft.encoding = "utf-16"


@kind("18")
def _(draft: Draft, rng: random.Random) -> None:
    draft.lines[0] = Line({**draft.lines[0].texts, "name": "École"})
    draft.encoding, draft.refused = "cp1252", "FILE-ENCODING"


@kind("19")
def _(draft: Draft, rng: random.Random) -> None:
    draft.text, draft.refused = as_csv(draft.dataset, draft.lines).replace(",", ";"), "FILE-SEPARATOR"


@kind("20")
def _(draft: Draft, rng: random.Random) -> None:
    lines = as_csv(draft.dataset, draft.lines).split("\n")
    at = rng.randrange(1, len(lines) - 2)
    lines[at] = lines[at].replace(",", ',"', 1)
    draft.text, draft.refused = "\n".join(lines), "FILE-QUOTES"


@kind("21")
def _(draft: Draft, rng: random.Random) -> None:
    draft.lines[0] = Line({**draft.lines[0].texts, "name": "Two\nlines"})


@kind("22")
def _(draft: Draft, rng: random.Random) -> None:
    text = as_csv(draft.dataset, draft.lines).rstrip("\n")
    draft.text, draft.refused = text[: text.rindex(",", 0, text.rindex(","))], "FILE-TRUNCATED"


@kind("23")
def _(draft: Draft, rng: random.Random) -> None:
    draft.ending, pack = rng.choice(((".gz", _gz), (".zip", _zip)))
    draft.wrap, draft.refused = (lambda data: pack(data)[: len(pack(data)) // 2]), "FILE-PACKED"


@kind("23 whole")
def _(draft: Draft, rng: random.Random) -> None:
    draft.ending, draft.wrap = rng.choice(((".gz", _gz), (".zip", _zip)))


@kind("28")
def _(draft: Draft, rng: random.Random) -> None:
    key = draft.dataset.key[0]
    _some(draft, rng, lambda texts: {**texts, key: rng.choice(("", "  "))}, "KEY-MISSING")


@kind("29")
def _(draft: Draft, rng: random.Random) -> None:
    draft.lines.append(rng.choice(draft.lines))


@kind("30")
def _(draft: Draft, rng: random.Random) -> None:
    twin = dict(rng.choice(draft.lines).texts)
    changed = {
        "ssda903_header": {"ETHNIC": "CHNE"},
        "ssda903_episodes": {"LS": "V2"},
        "ssda903_reviews": {"REVIEW_CODE": "PN3"},
        "health_assessments": {"area": "out"},
        "schools": {"name": "Another"},
        "attendance": {"mark": "O"},
    }[draft.dataset.name]
    draft.lines.append(Line({**twin, **changed}))


@kind("31")
def _(draft: Draft, rng: random.Random) -> None:
    column = rng.choice([c.name for c in draft.dataset.columns if c.kind is Kind.CODE])
    _some(draft, rng, lambda texts: {**texts, column: "WXYZ"}, "CODE-UNKNOWN")


@kind("33")
def _(draft: Draft, rng: random.Random) -> None:
    draft.lines[-1] = Line({**draft.lines[-1].texts, "SEX": "F"})  # of a list that begins in 2024: kept and marked


@kind("34")
def _(draft: Draft, rng: random.Random) -> None:
    column = _dates(draft.dataset)[0]
    _some(draft, rng, lambda texts: {**texts, column: "2005-02-29"}, "CELL-UNREADABLE")


@kind("35")
def _(draft: Draft, rng: random.Random) -> None:
    two_digits = {"%d/%m/%Y": lambda text: f"{text[8:]}/{text[5:7]}/{text[2:4]}"}
    _dates_become(draft, two_digits.get(draft.dataset.date_format, lambda text: text[2:]))


@kind("36")
def _(draft: Draft, rng: random.Random) -> None:
    """Month before day: what could be either is read, and counts for nothing since the file is refused."""
    column = _dates(draft.dataset)[0]
    draft.lines = [
        Line(
            {**line.texts, column: f"{1 + at % 12:02}/{1 + at % 28:02}/2005"},
            "CELL-UNREADABLE" if at % 28 > 11 else None,
        )
        for at, line in enumerate(draft.lines)
    ]


def other_files(source: str, number: str) -> tuple[File, bytes, dict[str, str]]:
    """24 to 27, which are of formats that bear several lists: the file, and the coverage to be told."""
    if number in ("24", "25"):
        document = _CENSUS.replace("</CINdetails>", "") if number == "24" else _CENSUS.replace("GenderCurrent", "Sex")
        refused = "XML-MALFORMED" if number == "24" else "XML-YEAR"
        return *_of_several("cin_census.xml", document.encode(), {}, refused), {"coverage": "collection_year:2022"}
    book = openpyxl.Workbook()
    parts: dict[str, tuple[Row, ...] | str] = {}
    book.remove(book.worksheets[0])
    [declared] = [file for file in files_of(source) if file.name == "annex_a.xlsx"]
    for sheet, dataset in declared.parts.items():
        parts[dataset.name] = "WORKBOOK-SHEET" if number == "27" and sheet == "List 9" else ()
        if parts[dataset.name] == ():
            book.create_sheet(sheet).append([column.name for column in dataset.columns])
    if number == "26":
        # Under the merged cell lie two columns: which of them is meant?
        book["List 1"].append(["C1", "a) Male", "a) WBRI", "2010-05-01", 6, "2017-02-01", "6", "Police"])
        book["List 1"].merge_cells("G1:H1")
        parts["annex_a_1_contacts"] = "WORKBOOK-MERGED"
    file = io.BytesIO()
    book.save(file)
    return *_of_several("annex_a.xlsx", file.getvalue(), parts, None), {}


def _of_several(
    name: str, data: bytes, parts: Mapping[str, tuple[Row, ...] | str], refused: str | None
) -> tuple[File, bytes]:
    return File(name, hashlib.sha256(data).hexdigest(), len(data), parts, refused), data


def _names(draft: Draft) -> list[str]:
    return [column.name for column in draft.dataset.columns]


def _dates(dataset: Dataset) -> list[str]:
    """Columns of dates that the invented lists fill."""
    filled = {"DOB", "DECOM", "REVIEW", "requested_on", "date"}
    return [column.name for column in dataset.columns if column.kind is Kind.DATE and column.name in filled]


def _dates_become(draft: Draft, turned: Callable[[str], str]) -> None:
    column = _dates(draft.dataset)[0]
    draft.lines = [Line({**line.texts, column: turned(line.texts[column])}, "CELL-UNREADABLE") for line in draft.lines]


def _some(draft: Draft, rng: random.Random, spoil: Callable[[dict[str, str]], dict[str, str]], rule: str) -> None:
    """One or two rows, which the ceilings allow, or a dozen, which they do not."""
    for at in rng.sample(range(len(draft.lines)), 12 if rng.random() < 0.2 else rng.choice((1, 2))):
        draft.lines[at] = Line(spoil(dict(draft.lines[at].texts)), rule)


def _gz(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)


def _zip(data: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("list.csv"), data)
    return packed.getvalue()


_CENSUS = """<Message><Header><CollectionDetails><Collection>CIN</Collection><Year>2022</Year>
<ReferenceDate>2022-03-31</ReferenceDate></CollectionDetails><Source><LEA>310</LEA></Source></Header><Children>
<Child><ChildIdentifiers><LAchildID>C1</LAchildID><PersonBirthDate>2010-05-01</PersonBirthDate>
<GenderCurrent>2</GenderCurrent></ChildIdentifiers><ChildCharacteristics><Ethnicity>WBRI</Ethnicity>
</ChildCharacteristics><CINdetails><CINreferralDate>2021-06-01</CINreferralDate><ReferralSource>1A</ReferralSource>
<ReferralNFA>false</ReferralNFA></CINdetails></Child></Children></Message>"""
