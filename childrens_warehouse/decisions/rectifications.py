"""Rectifications: an input of the build that corrects a field of a record until its source does.

`<home>/decisions/rectifications-<key id>.jsonl` holds one a line; the last on a field of a record counts:

    {"verdict": "corrected", "authority": "310", "dataset": "ssda903_header", "scope": "collection_year:2017",
     "record": {"child_key": 71…}, "column": "ethnic", "was": "WBRI", "value": "MWBC",
     "by": "J. Smith", "reason": "Asked for by the person", "evidence": "Letter of 3 July", "decided_at": "2017-07-03T…"}

It holds wherever the source still says what was wrong, `was`. Once it delivers anything else, it is overtaken: the right value needs
no correction, and a third one is the source's later word. A row that is corrected bears the mark RECTIFIED.
"""  # noqa: E501 - an example

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from childrens_warehouse import sql
from childrens_warehouse.datasets import BY_NAME, Column, Coverage, Dataset, PersonalData
from childrens_warehouse.decisions import keyed
from childrens_warehouse.settings import Home

MARK = "RECTIFIED"
_FIELDS = {
    "verdict", "authority", "dataset", "scope", "record", "column", "was", "value", "by", "reason", "evidence",
    "decided_at",
}  # fmt: skip
_FIXED = (PersonalData.IDENTIFIER, PersonalData.POSTCODE, PersonalData.NAME)


class Verdict(StrEnum):
    CORRECTED = "corrected"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Rectification:
    """What somebody decided of a field. record: the key of its row in raw. was, value: as text; None is blank."""

    verdict: Verdict
    authority: str
    dataset: str
    scope: str
    record: tuple[tuple[str, str | int], ...]
    column: str
    was: str | None
    value: str | None
    by: str
    reason: str
    evidence: str
    decided_at: dt.datetime

    @property
    def of(self) -> tuple[str, str, str, str, str]:
        return self.authority, self.dataset, self.scope, json.dumps(self.record), self.column

    def is_of(self, scope: str) -> bool:
        """Does it speak of a file of this scope? A full list may take the place of a year's."""
        return scope in (self.scope, Coverage.FULL)

    @property
    def month(self) -> dt.date | None:
        """Of attendance: the month whose partition it changes."""
        day = dict(self.record).get("session_date")
        return dt.date.fromisoformat(str(day)).replace(day=1) if day else None


def on_file(home: Home, known_on: dt.datetime | None = None) -> tuple[Rectification, ...]:
    """All until `known_on` (None: now), oldest first. Raises ConfigurationError when one cannot be read."""
    return keyed.read(home, keyed.RECTIFICATIONS, _FIELDS, _rectification, "decision about a rectification", known_on)


def in_force(said: Iterable[Rectification]) -> tuple[Rectification, ...]:
    """The corrections that stand: the last word on each field, where it is not that it was withdrawn."""
    last = {each.of: each for each in said}
    return tuple(each for _, each in sorted(last.items()) if each.verdict is Verdict.CORRECTED)


def fingerprint(said: Iterable[Rectification]) -> str:
    """The same for corrections that say the same, whoever made them."""
    told = [f"{each.of}/{each.was}/{each.value}" for each in in_force(said)]
    return hashlib.sha256("\n".join(told).encode()).hexdigest() if told else "none"


def append(home: Home, said: Rectification) -> None:
    """Write one down. Raises ConfigurationError when nothing was landed yet."""
    on_file(home)
    told = {name: getattr(said, name) for name in _FIELDS}
    keyed.append(home, keyed.RECTIFICATIONS, {**told, "record": dict(said.record)})


def of_file(said: Iterable[Rectification], authority: str, dataset: str, scope: str) -> tuple[Rectification, ...]:
    """Those that speak of the rows of one file in force."""
    return tuple(
        each for each in in_force(said) if (each.authority, each.dataset) == (authority, dataset) and each.is_of(scope)
    )


def corrected(dataset: Dataset, column: str, kind: str, said: Sequence[Rectification]) -> str:
    """SQL of a column of raw as it counts: corrected where the record still says what was wrong."""
    if column == "_marks":
        either = " or ".join(_is_wrong(dataset, each) for each in said)
        return f"case when {either} then concat_ws(' ', '{MARK}', _marks) else _marks end"
    cases = "".join(
        f" when {_is_wrong(dataset, each)} then cast({sql.literal(each.value)} as {kind})"
        for each in said
        if each.column == column
    )
    return f"case{cases} else {sql.name(column)} end" if cases else sql.name(column)


def is_record(dataset: Dataset, record: Iterable[tuple[str, str | int]]) -> str:
    """SQL: is it the row with this key?"""
    kinds = {str(column.raw_name): column.raw_type for column in dataset.raw_columns}
    return " and ".join(f"{sql.name(name)} = cast({sql.literal(value)} as {kinds[name]})" for name, value in record)


def column_of(dataset: Dataset, name: str) -> Column:
    """The column that may be corrected. Raises ValueError with the reason where it may not."""
    column = next((each for each in dataset.raw_columns if name.lower() in (each.raw_name, each.name.lower())), None)
    if column is None:
        raise ValueError(f"{dataset.name} has no column {name} in raw: names are corrected at the source")
    if column.personal in _FIXED or column.name in dataset.key:
        raise ValueError(
            f"{name} says which record it is or whose: it is corrected at the source, or with `warehouse links decide`"
        )
    return column


def _is_wrong(dataset: Dataset, each: Rectification) -> str:
    kind = next(column.raw_type for column in dataset.raw_columns if column.raw_name == each.column)
    return (
        f"({is_record(dataset, each.record)} and {sql.name(each.column)} is not distinct from"
        f" cast({sql.literal(each.was)} as {kind}))"
    )


def _rectification(told: dict[str, Any]) -> Rectification:
    dataset = BY_NAME[told["dataset"]]
    if list(told["record"]) != list(dataset.raw_key):
        raise ValueError
    return Rectification(
        verdict=Verdict(told["verdict"]),
        authority=str(told["authority"]),
        dataset=dataset.name,
        scope=str(told["scope"]),
        record=tuple(told["record"].items()),
        column=str(told["column"]),
        was=told["was"],
        value=told["value"],
        by=str(told["by"]),
        reason=str(told["reason"]),
        evidence=str(told["evidence"]),
        decided_at=dt.datetime.fromisoformat(told["decided_at"]),
    )
