"""Restrictions of processing: an input of the build, kept in the home and never taken back, only said anew.

`<home>/decisions/restrictions-<key id>.jsonl` holds one a line; the last on a person counts:

    {"verdict": "restricted", "authority": "310", "person": ["social_care", 71…],
     "by": "J. Smith", "reason": "Accuracy contested, letter of 3 July", "decided_at": "2017-07-03T09:12:00+00:00"}

Rows about a restricted person are stored and counted, and not published (childrens_warehouse.publish.restricting).
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import duckdb

from childrens_warehouse.decisions import keyed
from childrens_warehouse.decisions.keyed import Person
from childrens_warehouse.settings import Home

_FIELDS = {"verdict", "authority", "person", "by", "reason", "decided_at"}


class Verdict(StrEnum):
    RESTRICTED = "restricted"
    LIFTED = "lifted"


@dataclass(frozen=True, slots=True)
class Restriction:
    """What somebody decided of a person."""

    verdict: Verdict
    person: Person
    by: str
    reason: str
    decided_at: dt.datetime


def on_file(home: Home, known_on: dt.datetime | None = None) -> tuple[Restriction, ...]:
    """All until `known_on` (None: now), oldest first. Raises ConfigurationError when one cannot be read."""
    return keyed.read(home, keyed.RESTRICTIONS, _FIELDS, _restriction, "decision about a restriction", known_on)


def in_force(said: Iterable[Restriction]) -> tuple[Restriction, ...]:
    """Who is restricted: the last word on each, where it is not that it was lifted."""
    last = {each.person: each for each in said}
    return tuple(each for _, each in sorted(last.items()) if each.verdict is Verdict.RESTRICTED)


def fingerprint(said: Iterable[Restriction], authority: str | None = None) -> str:
    """The same while the same persons are restricted, of one authority or all."""
    told = [
        f"{each.person.authority}/{each.person}"
        for each in in_force(said)
        if authority in (None, each.person.authority)
    ]
    return hashlib.sha256("\n".join(told).encode()).hexdigest() if told else "none"


def append(home: Home, said: Restriction) -> None:
    """Write one down. Raises ConfigurationError when nothing was landed yet."""
    on_file(home)
    keyed.append(
        home,
        keyed.RESTRICTIONS,
        {
            "verdict": said.verdict,
            "authority": said.person.authority,
            "person": [said.person.kind, said.person.key],
            "by": said.by,
            "reason": said.reason,
            "decided_at": said.decided_at,
        },
    )


def fill(connection: duckdb.DuckDBPyConnection, said: Iterable[Restriction]) -> None:
    """`raw.restriction` of a candidate."""
    for each in in_force(said):
        connection.execute(
            "insert into raw.restriction values (?, ?, ?)", [each.person.authority, each.person.kind, each.person.key]
        )


def _restriction(told: dict[str, Any]) -> Restriction:
    return Restriction(
        verdict=Verdict(told["verdict"]),
        person=Person.of(told["authority"], told["person"]),
        by=str(told["by"]),
        reason=str(told["reason"]),
        decided_at=dt.datetime.fromisoformat(told["decided_at"]),
    )
