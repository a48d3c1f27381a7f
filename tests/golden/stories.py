"""Stories of invented children, and the rows of the extracts that tell them.

A file of this folder holds the stories of one subject. Of each child it says its name, a story in words, when it was
born, what the extracts hold of it and what it contributes to which indicators:

- `care` is its episodes, each open until the next one begins. What is not said is as in the episode before; `carer`
  is a name for a URN of its own; `why` is the reason an episode ends (REC), `new` the reason it begins (RNE).
- `registers` are its marks: two for each school day from `from` to `to`, and others on the days in `but`.
- `census` is, by collection year, its referrals in the elements of the children-in-need census.
- every other key is a dataset (of the return without its `ssda903_`), with rows in the names of its columns. A row with
  `year` is delivered for that collection year. Ids, names, births and sex are filled in.
- `watched` are days on which the indicators that the child names have no other row of it than it says, beside those of
  the file.
- `expect` says by indicator, and by day (and period, where there are several), `numerator of denominator (measure)`.
"""

from __future__ import annotations

import datetime as dt
import re
import zlib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from childrens_warehouse.datasets import BY_NAME, Column, Dataset, Identifier, Kind, PersonalData
from childrens_warehouse.simulate import identity, terms

AUTHORITY = "310"
NIGHT = dt.date(2017, 5, 31)
SCHOOL = 100001
FOLDER = Path(__file__).parent

# Rows of one dataset for one collection year; None is the whole list.
Rows = dict[tuple[str, int | None], list[list[str]]]
Row = Mapping[str, Any]

_WORDS = frozenset(
    {"name", "story", "born", "sex", "care", "header", "census", "registers", "pupil", "watched", "expect"}
)
_CARRIED = ("status", "need", "place", "provider", "home", "at", "carer")
_EXPECTED = re.compile(r"(\d+) of (\d+)(?: \((-?[\d.]+|none)\))?")


@dataclass(frozen=True)
class Contribution:
    """says_measure: does the story say the measure? One that does not is content with any."""

    numerator: int
    denominator: int
    measure: float | None = None
    says_measure: bool = True

    def agrees(self, found: Contribution) -> bool:
        same = (self.numerator, self.denominator) == (found.numerator, found.denominator)
        return same and (not self.says_measure or self.measure == found.measure)

    def __str__(self) -> str:
        measure = "none" if self.measure is None else f"{self.measure:g}"
        return f"{self.numerator} of {self.denominator}" + (f" ({measure})" if self.says_measure else "")


@dataclass(frozen=True)
class Story:
    """expected: by indicator, and by day and period; the period is empty where the story names none.
    watched: the days of its file, on which an indicator the story names has no other row of the child."""

    number: int
    subject: str
    told: Mapping[str, Any]
    watched: frozenset[dt.date]

    @property
    def name(self) -> str:
        return str(self.told["name"])

    @property
    def child_id(self) -> str:
        return identity.social_care_id(AUTHORITY, self.number)

    @property
    def upn(self) -> str:
        return identity.upn(AUTHORITY, 2001, 12, self.number)

    @property
    def expected(self) -> dict[str, dict[tuple[dt.date, str], Contribution]]:
        return {
            indicator: {_when(when): _contribution(said) for when, said in days.items()}
            for indicator, days in self.told["expect"].items()
        }

    def rows(self) -> Iterator[tuple[str, int | None, list[str]]]:
        """(dataset, collection year, cells) of everything the extracts say of the child."""
        yield self._row("persons", {})
        if self.told.get("pupil", "registers" in self.told):
            yield self._row("pupils", {})
        if "care" in self.told:
            yield self._row("ssda903_header", self.told.get("header", {}))
            for episode in _episodes(self.told["care"]):
                yield self._row("ssda903_episodes", episode)
        for register in self.told.get("registers", ()):
            for mark in _marks(register):
                yield self._row("attendance", mark)
        for key, rows in self.told.items():
            if key not in _WORDS:
                name = key if key in BY_NAME else f"ssda903_{key}"
                for index, row in enumerate(rows, start=1):
                    yield self._row(name, row, index)

    def census(self, year: int) -> str:
        """The child in the census document of that year; nothing where it is not in it."""
        referrals = self.told.get("census", {}).get(year)
        if not referrals:
            return ""
        identifiers = {"LAchildID": self.child_id, "PersonBirthDate": self.told["born"], "GenderCurrent": self._sex}
        return _element("Child", {
            "ChildIdentifiers": identifiers,
            "ChildCharacteristics": {"Ethnicity": "WBRI"},
            "CINdetails": referrals,
        })  # fmt: skip

    @property
    def _sex(self) -> str:
        """As the returns wrote it until 2024."""
        return {"F": "2", "M": "1"}[self.told.get("sex", "F")]

    def _row(self, name: str, row: Row, index: int = 1) -> tuple[str, int | None, list[str]]:
        dataset = BY_NAME[name]
        said = {key.lower(): value for key, value in row.items()}
        year = said.pop("year", None) if not any(c.name == "year" for c in dataset.columns) else None
        cells = [self._cell(dataset, column, said, index) for column in dataset.columns]
        assert not said, f"{self.name}: {name} has no columns {sorted(said)}"
        return name, year, cells

    def _cell(self, dataset: Dataset, column: Column, said: dict[str, Any], index: int) -> str:
        name = column.name.lower()
        if name in said:
            return _spelt(dataset, column.kind, said.pop(name))
        if column.identifier is Identifier.SOCIAL_CARE_ID:
            return self.child_id
        if column.identifier is Identifier.UPN and name == "upn":
            return self.upn if self.told.get("pupil", "registers" in self.told) else ""
        if column.identifier is Identifier.PATIENT_ID:
            return f"P{self.number}"
        if name in ("dob", "date_of_birth"):
            return _spelt(dataset, Kind.DATE, self.told["born"])
        if name == "sex":
            return self._sex
        if column.personal is PersonalData.NAME:
            return {"forename": self.name, "surname": f"Story{self.number}"}.get(column.name, "")
        if column.name in dataset.key and column.kind is Kind.TEXT and column.identifier is None:
            return f"{self.name}-{index}"
        return ""


def stories() -> list[Story]:
    """All of them, in the order of their files."""
    found: list[Story] = []
    for path in sorted(FOLDER.glob("*.yml")):
        document = yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)
        watched = frozenset(document["watched"])
        for told in document["stories"]:
            found.append(Story(len(found) + 1, path.stem, told, watched | {*told.get("watched", ())}))
    return found


def extracts(told: list[Story]) -> Rows:
    """The rows of all stories, by dataset and collection year, and a school for the pupils."""
    rows: Rows = defaultdict(list)
    for story in told:
        for name, year, cells in story.rows():
            rows[name, year].append(cells)
    for urn in (SCHOOL, SCHOOL + 1):
        school = {"urn": str(urn), "name": f"School {urn}", "phase": "secondary", "la_code": AUTHORITY}
        rows["schools", None].append([school.get(column.name, "") for column in BY_NAME["schools"].columns])
    return rows


def census(told: list[Story], year: int) -> str:
    """The children-in-need census of a year; nothing where no child is in it."""
    children = "".join(story.census(year) for story in told)
    details = {"Collection": "CIN", "Year": year, "ReferenceDate": f"{year}-03-31"}
    source = {"SourceLevel": "L", "LEA": AUTHORITY, "SoftwareCode": "Invented", "SerialNo": 1}
    header = _element("Header", {"CollectionDetails": details, "Source": source})
    return f"<Message>{header}<Children>{children}</Children></Message>" if children else ""


def _element(name: str, content: Any) -> str:
    if isinstance(content, list):
        return "".join(_element(name, each) for each in content)
    inner = "".join(_element(*each) for each in content.items()) if isinstance(content, dict) else str(content)
    return f"<{name}>{inner}</{name}>"


def _episodes(told: list[Row]) -> Iterator[Row]:
    before: dict[str, Any] = {"status": "C2", "need": "N1", "place": "U4", "provider": "PR1"}
    ended: dt.date | None = None
    for index, row in enumerate(told):
        now = {**{key: before.get(key) for key in _CARRIED}, **row}
        after = told[index + 1] if index + 1 < len(told) else None
        until: dt.date | None = row.get("until") or (after["from"] if after else None)
        moved = any(now[key] != before.get(key) for key in ("place", "provider", "at", "carer"))
        goes_on = ended == row["from"]
        yield {
            "decom": row["from"],
            "rne": row.get("new", ("P" if moved else "L") if goes_on else "S"),
            "ls": now["status"],
            "cin": now["need"],
            "place": now["place"],
            "place_provider": now["provider"],
            "dec": until,
            "rec": row.get("why", "X1") if until else None,
            "reason_place_change": row.get("change"),
            "home_post": now["home"],
            "pl_post": now["at"],
            "urn": 1_000_000 + zlib.crc32(str(now["carer"]).encode()) % 8_999_999 if now["carer"] else None,
        }
        before, ended = now, until


def _marks(register: Row) -> Iterator[Row]:
    but = dict(register.get("but", {}))
    day = register["from"]
    while day <= register["to"]:
        if terms.is_school_day(day):
            both = but.pop(day, register.get("marks", "/\\"))
            for session, mark in zip(("AM", "PM"), both, strict=True):
                yield {
                    "school_urn": register.get("school", SCHOOL), "date": day, "session": session, "supplier": "mis",
                    "mark": mark.strip(),
                }  # fmt: skip
        day += dt.timedelta(days=1)
    assert not but, f"no school days: {sorted(but)}"


def _spelt(dataset: Dataset, kind: Kind, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "Y" if value else "N"
    if isinstance(value, dt.datetime):
        return value.isoformat(timespec="minutes")
    if isinstance(value, dt.date) and kind is Kind.DATE:
        return value.strftime(dataset.date_format)
    return str(value)


def _when(text: Any) -> tuple[dt.date, str]:
    if isinstance(text, dt.date):
        return text, ""
    day, _, period = str(text).partition(" ")
    return dt.date.fromisoformat(day), period


def _contribution(text: str) -> Contribution:
    found = _EXPECTED.fullmatch(text)
    assert found, text
    numerator, denominator, measure = found.groups()
    value = None if measure in (None, "none") else float(measure)
    return Contribution(int(numerator), int(denominator), value, says_measure=measure is not None)
