"""Authorities that stay as they were last published, because the gate refused what they delivered since.

Of several authorities in one home, one whose data is refused must neither stop the others nor be mixed with them half
good. It is then built of the files that the published release has of it, and left out where that has none; the others
are built of what is in force. It lasts until something of the authority's own changes: a file, a decision, a waiver,
or the code.

    <home>/build/kept_back.json         what was refused, so that the same is not built only to be refused again
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from childrens_warehouse.publish import files

if TYPE_CHECKING:
    from childrens_warehouse.raw.in_force import InForce

FILE = "kept_back.json"


@dataclass(frozen=True)
class KeptBack:
    """One authority that a build takes as it was last published.

    since: the night of the first build that was refused for it. rules: what it breaks, as "RULE on table".
    refused: fingerprint of what was refused. is_left_out: what was published of it is refused as well.
    """

    authority: str
    since: dt.date
    rules: tuple[str, ...]
    refused: str
    is_left_out: bool = False

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "since": self.since.isoformat(), "rules": list(self.rules)}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> KeptBack:
        return cls(**{**content, "since": dt.date.fromisoformat(content["since"]), "rules": tuple(content["rules"])})


def on_file(folder: Path) -> tuple[KeptBack, ...]:
    """What an earlier build noted; nothing where that cannot be read, which costs a build more."""
    try:
        return tuple(map(KeptBack.from_dict, json.loads((folder / FILE).read_text(encoding="utf-8"))["kept_back"]))
    except (OSError, ValueError, KeyError, TypeError):
        return ()


def write(folder: Path, entries: Iterable[KeptBack]) -> None:
    """Note who is kept back from now on, and nobody else."""
    told = [each.to_dict() for each in sorted(entries, key=lambda each: each.authority)]
    if told:
        files.write_json(folder / FILE, {"kept_back": told})
    else:
        files.remove(folder / FILE)


def still(folder: Path, delivered: Mapping[str, str]) -> tuple[KeptBack, ...]:
    """Those of whom everything is as it was when the gate refused it. delivered: fingerprints of what is there now."""
    return tuple(each for each in on_file(folder) if each.refused == delivered.get(each.authority))


def fingerprints(night: InForce, code: str, waived: str) -> dict[str, str]:
    """Of all that decides what the gate says of each authority: what is in force of it, the code, and the waivers."""
    return {
        authority: hashlib.sha256("\n".join((code, waived, night.of(authority).fingerprint)).encode()).hexdigest()
        for authority in sorted(night.authorities)
    }


def with_refused(
    known: Sequence[KeptBack], refused: Mapping[str, tuple[str, ...]], delivered: Mapping[str, str], night: dt.date
) -> tuple[KeptBack, ...]:
    """Who is kept back after a gate refused some (authority -> its rules). Who was already is left out now."""
    kept = {each.authority: each for each in known}
    for authority, rules in refused.items():
        if authority in kept:
            kept[authority] = dataclasses.replace(kept[authority], is_left_out=True)
        else:
            kept[authority] = KeptBack(authority, night, rules, delivered[authority])
    return tuple(kept.values())


def told(entries: Iterable[KeptBack]) -> str:
    """What of it decides what a build holds or says, for its fingerprint; nothing where nobody is kept back."""
    return "; ".join(
        f"{each.authority} since {each.since}: {', '.join(each.rules)}{' (left out)' if each.is_left_out else ''}"
        for each in sorted(entries, key=lambda each: each.authority)
    )
