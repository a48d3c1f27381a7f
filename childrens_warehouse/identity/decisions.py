"""Links that people decided: an input of the build, kept in the home and never taken back, only decided anew.

`<home>/decisions/links-<key id>.jsonl` holds one decision a line, the last on a pair counts:

    {"verdict": "same", "authority": "310", "one": ["social_care", 71…], "other": ["health", 48…],
     "by": "J. Smith", "reason": "Birth certificate seen", "decided_at": "2017-06-01T09:12:00+00:00"}

Identities are pseudonyms of one key, which the file bears in its name; a rotation writes the file of the new key.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import duckdb

from childrens_warehouse import sql
from childrens_warehouse.errors import ConfigurationError
from childrens_warehouse.identity.evidence import Identity, Kind
from childrens_warehouse.landing.pseudonyms import Pseudonymiser
from childrens_warehouse.raw import epoch
from childrens_warehouse.raw.acceptance import write_atomically
from childrens_warehouse.settings import OWNER_ONLY_FILE, Home, make_private

# The domain of pseudonyms that an identity of a service is of (childrens_warehouse.datasets.Identifier).
_DOMAIN = {Kind.SOCIAL_CARE: "social_care_id", Kind.HEALTH: "patient_id", Kind.EDUCATION: "upn"}
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
    now = epoch.current(home)
    if now is None:
        return ()
    found = _read(_path(home, now.key_id))
    return tuple(each for each in found if known_on is None or each.decided_at <= known_on)


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
    make_private(home.decisions)
    with epoch.held(home):
        now = epoch.current(home)
        if now is None:
            raise ConfigurationError("Nothing was landed yet: there is nothing to decide.")
        path = _path(home, now.key_id)
        _read(path)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, OWNER_ONLY_FILE)
        with os.fdopen(descriptor, "w", encoding="utf-8") as handle:
            handle.write(json.dumps(_to_dict(decision)) + "\n")
            handle.flush()
            os.fsync(handle.fileno())


def rekey(home: Home, old_key_id: str, to: Pseudonymiser) -> None:
    """Write the decisions under another key, from the restricted store's mapping. Safe to call again.

    Raises ConfigurationError when the store lacks the value of a pseudonym.
    """
    decisions = _read(_path(home, old_key_id))
    if not decisions:
        return
    new: dict[tuple[str, Kind, int], int] = {}
    wanted = {(each.authority, *end) for each in decisions for end in (each.one, each.other)}
    for authority in sorted({each.authority for each in decisions}):
        for kind in Kind:
            keys = {key for of, its_kind, key in wanted if (of, its_kind) == (authority, kind)}
            for value, key in _values(home, authority, old_key_id, _DOMAIN[kind], keys):
                new[authority, kind, key] = to.map(_DOMAIN[kind], authority, [value])[0][1] or 0
    if len(new) < len(wanted):
        raise ConfigurationError(
            f"The restricted store lacks the values of {len(wanted) - len(new)} identities of {old_key_id} about which "
            "somebody decided. The old key stays in force. Restore the store from your backup, then call again."
        )
    lines = [
        json.dumps(
            {
                **_to_dict(each),
                "one": [each.one[0], new[each.authority, *each.one]],
                "other": [each.other[0], new[each.authority, *each.other]],
            }
        )
        for each in decisions
    ]
    write_atomically(_path(home, to.key_id), ("\n".join(lines) + "\n").encode())


def remove_other_epochs(home: Home, kept: set[str]) -> None:
    for path in home.decisions.glob("links-*.jsonl"):
        if path.stem.removeprefix("links-") not in kept:
            path.unlink(missing_ok=True)


def _path(home: Home, key_id: str) -> Path:
    return home.decisions / f"links-{key_id}.jsonl"


def _values(home: Home, authority: str, key_id: str, domain: str, keys: set[int]) -> list[tuple[str, int]]:
    paths = sorted(home.restricted.glob(f"*/{authority}/*-{key_id}.identities.parquet"))
    if not paths or not keys:
        return []
    with duckdb.connect() as connection:
        return connection.execute(
            f"select min(value), key from read_parquet({sql.file_list(paths)}) "
            f"where domain = {sql.literal(domain)} and key in ({sql.literals(sorted(keys))}) group by key"
        ).fetchall()


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


def _read(path: Path) -> list[Decision]:
    if not path.exists():
        return []
    return [_decision(f"{path}, line {number}", line) for number, line in enumerate(path.read_text().splitlines(), 1)]


def _decision(where: str, line: str) -> Decision:
    try:
        told = json.loads(line)
        if set(told) != _FIELDS:
            raise ValueError
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
    except (ValueError, TypeError):
        raise ConfigurationError(f"{where} is no decision about a link: put it right from your backup.") from None
