"""Legal holds: what may not be disposed of, whatever the schedule says, until somebody lifts it.

`<home>/decisions/legal-holds-<key id>.jsonl` holds one a line; the last on a hold's name counts:

    {"verdict": "held", "name": "claim-2017-12", "authority": "310", "person": ["social_care", 71…], "record_class": "",
     "until": "2018-06-30", "by": "J. Smith", "reason": "Claim announced by solicitors", "decided_at": "2017-07-03T…"}

person: everything of that person, in every layer; where it cannot be told whether a file bears them, the file too.
record_class: everything of a class of the schedule; * is all of them. A hold is one or the other.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from childrens_warehouse.decisions import keyed
from childrens_warehouse.decisions.keyed import Person
from childrens_warehouse.settings import Home

EVERY_CLASS = "*"
_FIELDS = {"verdict", "name", "authority", "person", "record_class", "until", "by", "reason", "decided_at"}


class Verdict(StrEnum):
    HELD = "held"
    LIFTED = "lifted"


@dataclass(frozen=True, slots=True)
class Hold:
    """What somebody decided may not go. until: the last day it holds; None: until it is lifted."""

    verdict: Verdict
    name: str
    authority: str
    person: Person | None
    record_class: str
    until: dt.date | None
    by: str
    reason: str
    decided_at: dt.datetime

    def covers_class(self, name: str) -> bool:
        return self.record_class in (EVERY_CLASS, name)


def on_file(home: Home) -> tuple[Hold, ...]:
    """All that was decided, oldest first. Raises ConfigurationError when one cannot be read."""
    return keyed.read(home, keyed.HOLDS, _FIELDS, _hold, "decision about a legal hold")


def in_force(said: Iterable[Hold], today: dt.date) -> tuple[Hold, ...]:
    """The holds that stand: the last word on each, where it is not that it was lifted and its time is not over."""
    last = {each.name: each for each in said}
    return tuple(
        each
        for _, each in sorted(last.items())
        if each.verdict is Verdict.HELD and (each.until is None or today <= each.until)
    )


def append(home: Home, hold: Hold) -> None:
    """Write one down. Raises ConfigurationError when nothing was landed yet."""
    on_file(home)
    keyed.append(
        home,
        keyed.HOLDS,
        {
            "verdict": hold.verdict,
            "name": hold.name,
            "authority": hold.authority,
            "person": [hold.person.kind, hold.person.key] if hold.person else None,
            "record_class": hold.record_class,
            "until": hold.until,
            "by": hold.by,
            "reason": hold.reason,
            "decided_at": hold.decided_at,
        },
    )


def _hold(told: dict[str, Any]) -> Hold:
    return Hold(
        verdict=Verdict(told["verdict"]),
        name=str(told["name"]),
        authority=str(told["authority"]),
        person=Person.of(told["authority"], told["person"]) if told["person"] else None,
        record_class=str(told["record_class"]),
        until=dt.date.fromisoformat(told["until"]) if told["until"] else None,
        by=str(told["by"]),
        reason=str(told["reason"]),
        decided_at=dt.datetime.fromisoformat(told["decided_at"]),
    )
