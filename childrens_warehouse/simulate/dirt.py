"""What real systems deliver wrong, planted on purpose and remembered exactly.

Which rows are spoilt is a function of the file's own rows and the seed, so a wrong row mostly stays wrong from
night to night, as in life. Refusals stay below 3 % of a file: the whole file is refused only above 5 %.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass

from childrens_warehouse.simulate.faults import Cells, Fault, faults_of

REFUSALS = frozenset(
    {"ROW-UNREADABLE", "CELL-UNREADABLE", "KEY-MISSING", "CELL-MISSING", "CODE-UNKNOWN", "SPELL-REVERSED"}
)
MOST_REFUSED = 0.03
ROWS_PER_KIND = 2_000


@dataclass(frozen=True, order=True)
class Planted:
    """One planted fault.

    dataset, extract_date: the file; row: the row in it, the header being row 1.
    rule: the rule that landing judges the row by; None where the row alone is sound, and only another file or
        another night can tell that something is odd.
    """

    dataset: str
    extract_date: dt.date
    row: int
    kind: str
    rule: str | None


def plant(dataset: str, rows: list[Cells], extract_date: dt.date, seed: int) -> list[Planted]:
    """Spoil some rows of a table in place; returns what was done, in the order of the rows."""
    faults = faults_of(dataset, extract_date)
    if not faults or not rows:
        return []
    order = sorted(rows, key=lambda row: hashlib.blake2b(f"{seed}/{dataset}/{row[:3]}".encode()).digest())
    spare = int(MOST_REFUSED * len(rows))
    spoilt: dict[int, Fault] = {}
    followers: dict[int, Cells] = {}
    for fault in faults:
        wanted = max(1, len(rows) // ROWS_PER_KIND)
        if fault.rule in REFUSALS:
            wanted = min(wanted, spare)
            spare -= wanted
        for row in order:
            if wanted == 0:
                break
            if id(row) in spoilt or not fault.suits(row):
                continue
            follower = fault.spoil(row)
            if follower is not None:
                followers[id(row)] = follower
            spoilt[id(row)] = fault
            wanted -= 1
    planted = []
    result: list[Cells] = []
    for row in rows:
        result.append(row)
        found = spoilt.get(id(row))
        if found is not None:
            # An orphan is the row that follows, a repetition is the row that is repeated.
            number = len(result) + 1 + (found.kind == "orphan")
            planted.append(Planted(dataset, extract_date, number, found.kind, found.rule))
        if id(row) in followers:
            result.append(followers[id(row)])
    rows[:] = result
    return planted


# ---------------------------------------------------------------- register marks

MARK_FAULTS: tuple[tuple[str, str | None], ...] = (
    ("unknown mark", "CODE-UNKNOWN"),
    ("broken date", "CELL-UNREADABLE"),
    ("blank key", "KEY-MISSING"),
    ("withdrawn mark", "CODE-WITHDRAWN"),
    ("mark of the future", "CODE-NOT-YET-VALID"),
    ("repeated row", "KEY-DUPLICATE"),
    ("blank mark", None),
    ("pupil not listed", None),
)
MARKS_PER_KIND = 1_000_000


def mark_faults(days: tuple[dt.date, ...], rows: int) -> dict[dt.date, list[tuple[str, str | None]]]:
    """Which faults fall on which day of a file of so many register marks."""
    spare = int(MOST_REFUSED * rows)
    found: dict[dt.date, list[tuple[str, str | None]]] = {}
    for position, (kind, rule) in enumerate(MARK_FAULTS):
        wanted = max(1, rows // MARKS_PER_KIND)
        if rule in REFUSALS:
            wanted = min(wanted, spare)
            spare -= wanted
        for number in range(wanted):
            # Spread over the file, each kind on other days.
            day = days[(number * 131 + position * 17 + 5) % len(days)]
            if kind == "withdrawn mark" and withdrawn_mark(day) is None:
                continue
            if kind == "mark of the future" and future_mark(day) is None:
                continue
            found.setdefault(day, []).append((kind, rule))
    return found


def withdrawn_mark(day: dt.date) -> str | None:
    """A mark that was in the list once and no longer is on that day."""
    if day >= dt.date(2024, 8, 19):
        return "H"
    return "F" if day > dt.date(2013, 8, 31) else None


def future_mark(day: dt.date) -> str | None:
    """A mark that only comes into the list after that day."""
    return "C1" if day < dt.date(2024, 8, 19) else None
