"""The lists that invented suppliers deliver, as they change from night to night, and how a list is written as CSV."""

from __future__ import annotations

import csv
import datetime as dt
import io
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chaos.model import Row
from childrens_warehouse.datasets import Dataset, Kind, PersonalData

TAUGHT_AT = (100_001, 100_002)
ETHNIC = ("WBRI", "WIRI", "WOTH", "AIND", "BCRB", "MWBC")
LISTS = {
    "social_care": ("ssda903_header", "ssda903_episodes", "ssda903_reviews"),
    "health": ("health_assessments",),
    "education": ("schools", "attendance"),
}
# What dbt cannot do without: delivered on the first night and never again.
ONCE = {"social_care": ("ssda903_uasc",), "education": ("pupils", "enrolments")}


@dataclass(frozen=True)
class Line:
    """One line of a list as it will be delivered: texts by column, dates in ISO form. rule: what will set it aside."""

    texts: Mapping[str, str]
    rule: str | None = None


@dataclass
class Child:
    number: int
    sex: str
    born: dt.date
    ethnic: str
    since: dt.date
    reviews: int
    school: int

    @property
    def id(self) -> str:
        return f"C{self.number:05}"


def raw_columns(dataset: Dataset) -> list[tuple[str, str]]:
    """(column, name in raw) of what raw has as it was delivered: neither pseudonyms nor days of birth."""
    kept = (PersonalData.NONE, PersonalData.SENSITIVE)
    return [(column.name, str(column.raw_name)) for column in dataset.columns if column.personal in kept]


def rows_of(dataset: Dataset, lines: Sequence[Line]) -> tuple[Row, ...]:
    """The lines as raw should have them; the header is row 1."""
    found = []
    for number, line in enumerate(lines, start=2):
        values = {column.name: line.texts.get(column.name) or None for column in dataset.columns}
        register = ("supplier", "school_urn", "date") if dataset.name == "attendance" else ()
        found.append(
            Row(
                number,
                tuple(values[name] for name in dataset.key),
                tuple(values[name] for name, _ in raw_columns(dataset)),
                line.rule,
                tuple(values[name] for name in register),
            )
        )
    return tuple(found)


def as_csv(dataset: Dataset, lines: Sequence[Line], columns: Sequence[str] = ()) -> str:
    """The file, with dates as the dataset has them. What is no ISO date is written as it stands."""
    dates = {column.name for column in dataset.columns if column.kind is Kind.DATE}
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    names = columns or [column.name for column in dataset.columns]
    writer.writerow(names)
    for line in lines:
        writer.writerow([_written(line.texts.get(name, ""), name in dates, dataset.date_format) for name in names])
    return text.getvalue()


def _written(text: str, is_date: bool, form: str) -> str:
    if is_date and len(text) == 10 and text[4] == "-":
        year, month, day = text.split("-")  # not by the calendar: 29 February of any year is to be written
        return form.replace("%Y", year).replace("%m", month).replace("%d", day)
    return text


class Authority:
    """What one authority's systems hold, and how it changes overnight."""

    def __init__(self, code: str, rng: random.Random) -> None:
        self.code, self._rng = code, rng
        self._number = 0
        self.children = [self._child() for _ in range(rng.randint(42, 50))]
        self._schools = {urn: f"Made {urn}" for urn in (*TAUGHT_AT, *range(100_010, 100_052))}

    def overnight(self) -> None:
        """A few children come, a few leave, a few facts are put right."""
        rng = self._rng
        self.children += [self._child() for _ in range(rng.choice((0, 0, 1, 2)))]
        if rng.random() < 0.4 and len(self.children) > 42:
            self.children.pop(rng.randrange(len(self.children)))
        for child in rng.sample(self.children, 2):
            child.ethnic = rng.choice(ETHNIC)
            child.reviews += 1
        if rng.random() < 0.1:
            self._schools[rng.choice(TAUGHT_AT)] = f"Renamed {rng.randint(1, 99)}"

    def _child(self) -> Child:
        rng = self._rng
        self._number += 1
        return Child(
            self._number, rng.choice("12"), dt.date(2003, 1, 1) + dt.timedelta(days=rng.randint(0, 4000)),
            rng.choice(ETHNIC), dt.date(2014, 1, 1) + dt.timedelta(days=rng.randint(0, 300)), rng.randint(0, 2),
            rng.choice(TAUGHT_AT),
        )  # fmt: skip

    def lines(self, dataset: str, day: dt.date) -> list[Line]:
        """The list as it stands on a day."""
        children = self.children
        if dataset == "schools":
            texts = [
                {"urn": str(urn), "name": name, "phase": "primary", "la_code": self.code, "postcode": "HA1 1AA"}
                for urn, name in sorted(self._schools.items())
            ]
        elif dataset == "attendance":
            texts = [
                {
                    "upn": f"A{c.number:012}", "school_urn": str(c.school), "date": str(day), "session": session,
                    "supplier": "sims", "mark": self._rng.choice("///LI"),
                }
                for c in children for session in ("AM", "PM")
            ]  # fmt: skip
        elif dataset == "health_assessments":
            texts = [
                {
                    "assessment_id": f"H{c.number}", "patient_id": f"P{c.number}", "child_id": c.id,
                    "assessment_type": "IHA", "requested_on": str(c.since), "area": "in",
                }
                for c in children
            ]  # fmt: skip
        elif dataset == "ssda903_reviews":
            texts = [
                {"CHILD": c.id, "DOB": str(c.born), "REVIEW_CODE": "PN1", "REVIEW": str(_reviewed(number))}
                for c in children for number in range(c.reviews)
            ]  # fmt: skip
        elif dataset == "ssda903_uasc":
            texts = [{"CHILD": c.id, "SEX": c.sex, "DOB": str(c.born)} for c in children[:2]]
        elif dataset == "pupils":
            texts = [{"upn": f"A{c.number:012}", "child_id": c.id, "date_of_birth": str(c.born)} for c in children]
        elif dataset == "enrolments":
            texts = [
                {"upn": f"A{c.number:012}", "school_urn": str(c.school), "start_date": str(c.since), "status": "C"}
                for c in children
            ]
        elif dataset == "ssda903_episodes":
            constant = {"RNE": "S", "LS": "C2", "CIN": "N1", "PLACE": "U1", "PLACE_PROVIDER": "PR1"}
            texts = [{"CHILD": c.id, "DECOM": str(c.since), **constant} for c in children]
        else:
            texts = [
                {"CHILD": c.id, "SEX": c.sex, "DOB": str(c.born), "ETHNIC": c.ethnic, "UPN": "UN3"} for c in children
            ]
        return [Line(each) for each in texts]

    def crowd(self, dataset: str, day: dt.date, times: int) -> list[Line]:
        """So many times as many lines, all of them of the same kind: a list of the wrong place."""
        known, self.children = self.children, [self._child() for _ in range(len(self.children) * times)]
        try:
            return self.lines(dataset, day)
        finally:
            self.children = known


def _reviewed(number: int) -> dt.date:
    return dt.date(2015, 1, 1) + dt.timedelta(days=7 * number)
