"""Links that people decided: an input of the build, kept in the home and never taken back, only decided anew.

`<home>/decisions/links-<key id>.jsonl` holds one decision a line, the last on a pair counts:

    {"verdict": "same", "authority": "310", "one": ["social_care", 71…], "other": ["health", 48…],
     "by": "J. Smith", "reason": "Birth certificate seen", "decided_at": "2017-06-01T09:12:00+00:00"}

Identities are pseudonyms of one key, which the file bears in its name; a rotation writes the file of the new key.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from childrens_warehouse.decisions import keyed
from childrens_warehouse.identity.evidence import Identity, Kind
from childrens_warehouse.settings import Home

_FIELDS = {"verdict", "authority", "one", "other", "by", "reason", "decided_at"}


class Verdict(StrEnum):
    SAME = "same"
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True)
class Decision:
    """What somebody decided of two identities of an authority."""

    verdict: Verdict
    authority: str
    one: tuple[Kind, int]
    other: tuple[Kind, int]
    by: str
    reason: str
    decided_at: dt.datetime

    @property
    def pair(self) -> tuple[str, tuple[Kind, int], tuple[Kind, int]]:
        one, other = sorted((self.one, self.other))
        return self.authority, one, other


def on_file(home: Home, known_on: dt.datetime | None = None) -> tuple[Decision, ...]:
    """All decisions until `known_on` (None: now), oldest first. Raises ConfigurationError when one cannot be read."""
    return keyed.read(home, keyed.LINKS, _FIELDS, _decision, "decision about a link", known_on)


def in_force(decisions: Iterable[Decision]) -> tuple[Decision, ...]:
    """The last decision on each pair."""
    return tuple(last for _, last in sorted({each.pair: each for each in decisions}.items()))


def fingerprint(decisions: Iterable[Decision]) -> str:
    """The same for decisions that say the same, whoever made them and when."""
    said = sorted(f"{each.verdict}/{each.pair}" for each in in_force(decisions))
    return hashlib.sha256("\n".join(said).encode()).hexdigest() if said else "none"


def pairs(
    decisions: Iterable[Decision], identities: list[Identity]
) -> tuple[set[tuple[int, int]], set[tuple[int, int]]]:
    """(same, different) as places in a list of identities; a decision about nobody in it says nothing."""
    place = {(each.authority, each.kind, each.key): number for number, each in enumerate(identities)}
    found: dict[Verdict, set[tuple[int, int]]] = {Verdict.SAME: set(), Verdict.DIFFERENT: set()}
    for each in in_force(decisions):
        ends = [place.get((each.authority, *end)) for end in (each.one, each.other)]
        if ends[0] is not None and ends[1] is not None:
            found[each.verdict].add((min(ends[0], ends[1]), max(ends[0], ends[1])))
    return found[Verdict.SAME], found[Verdict.DIFFERENT]


def append(home: Home, decision: Decision) -> None:
    """Write a decision down. Raises ConfigurationError when nothing was landed yet."""
    on_file(home)
    keyed.append(home, keyed.LINKS, _to_dict(decision))


def _to_dict(decision: Decision) -> dict[str, object]:
    return {
        "verdict": decision.verdict,
        "authority": decision.authority,
        "one": list(decision.one),
        "other": list(decision.other),
        "by": decision.by,
        "reason": decision.reason,
        "decided_at": decision.decided_at.isoformat(),
    }


def _decision(told: dict[str, Any]) -> Decision:
    (one, one_key), (other, other_key) = told["one"], told["other"]
    return Decision(
        Verdict(told["verdict"]),
        str(told["authority"]),
        (Kind(one), int(one_key)),
        (Kind(other), int(other_key)),
        str(told["by"]),
        str(told["reason"]),
        dt.datetime.fromisoformat(told["decided_at"]),
    )
