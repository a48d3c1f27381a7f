"""Waivers: a person's decision to go on although a rule says no, with a reason and an end.

Publication asks them by rule and table; arrival by ROWS-CEILING and the dataset that may have more bad rows than
its ceiling allows.

`<home>/waivers.json` holds a list of them:

    [{"rule": "PUB-ROWS-HALVED", "table": "fct_review", "reason": "Two years were archived", "by": "J. Smith",
      "expires_on": "2017-06-30"}]

With `"authority": "310"` a waiver of the gate helps that authority's data alone.

A waiver helps up to and including `expires_on`, counted by the night's date, so that a night judged again is
judged alike. It turns the rule's failure into a warning; it never makes a gate judge that could not.
The DAG `decide_on_gate` writes them for whoever answers its question.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from childrens_warehouse.errors import GateError
from childrens_warehouse.settings import OWNER_ONLY_FILE, Home

_FIELDS = ("rule", "table", "reason", "by", "expires_on")
_MAY_HAVE = ("authority",)


@dataclass(frozen=True)
class Waiver:
    """One rule on one table, set aside until a day; for one authority, or for all (None)."""

    rule: str
    table: str
    reason: str
    by: str
    expires_on: dt.date
    authority: str | None = None

    def covers(self, rule: str, table: str, as_at: dt.date, authority: str | None = None) -> bool:
        """authority: whose data it is; None for everybody's at once, which a waiver for one does not cover."""
        is_theirs = self.authority is None or self.authority == authority
        return is_theirs and (self.rule, self.table) == (rule, table) and as_at <= self.expires_on

    def to_dict(self) -> dict[str, str]:
        told = {name: value for name, value in asdict(self).items() if value is not None}
        return {**told, "expires_on": self.expires_on.isoformat()}


def on_file(home: Home) -> tuple[Waiver, ...]:
    """The waivers of a warehouse home. Raises GateError as `read` does."""
    return read(home.root / "waivers.json")


def read(path: Path) -> tuple[Waiver, ...]:
    """The waivers on file; none when there is no file. Raises GateError when the file cannot be understood."""
    if not path.exists():
        return ()
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise GateError(f"{path} cannot be read as JSON ({type(error).__name__}): put it right or remove it.") from None
    if not isinstance(entries, list):
        raise GateError(f"{path} must hold a list of waivers.")
    return tuple(_waiver(path, number, entry) for number, entry in enumerate(entries, start=1))


def text(home: Home) -> str:
    """What is on file, as it is written: it changes when any waiver does."""
    path = home.root / "waivers.json"
    return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""


def add(home: Home, new: Sequence[Waiver]) -> None:
    """Write waivers beside those on file, those that say the same once. Raises GateError as `read` does."""
    known = on_file(home)
    kept = [*known, *(each for each in dict.fromkeys(new) if each not in known)]
    _write(home.root / "waivers.json", [each.to_dict() for each in kept])


def _write(path: Path, entries: list[dict[str, str]]) -> None:
    """In one step: a gate that reads meanwhile sees the old list or the new one."""
    part = path.with_name(f".{path.name}.partial")
    part.touch(OWNER_ONLY_FILE)
    part.write_text(json.dumps(entries, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    part.replace(path)


def _waiver(path: Path, number: int, entry: object) -> Waiver:
    where = f"{path}, waiver {number}"
    if not isinstance(entry, dict) or set(entry) - set(_MAY_HAVE) != set(_FIELDS):
        raise GateError(f"{where}: must have exactly {', '.join(_FIELDS)}, and may have {', '.join(_MAY_HAVE)}.")
    if not all(isinstance(value, str) and value.strip() for value in entry.values()):
        raise GateError(f"{where}: every field is text and none is empty.")
    try:
        expires_on = dt.date.fromisoformat(entry["expires_on"])
    except ValueError:
        raise GateError(f"{where}: expires_on must be a date like 2017-06-30.") from None
    return Waiver(entry["rule"], entry["table"], entry["reason"], entry["by"], expires_on, entry.get("authority"))
