"""What real systems deliver wrong, planted on purpose and remembered exactly.

Which rows are spoilt is a function of the file's own rows and the seed, so a wrong row mostly stays wrong from
night to night, as in life. Refusals stay below 3 % of a file: the whole file is refused only above 5 %.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from childrens_warehouse.datasets import BY_NAME
from childrens_warehouse.simulate.extracts import SEX_AS_LETTER_FROM
from childrens_warehouse.simulate.identity import UPN_LETTERS

REFUSALS = frozenset(
    {"ROW-UNREADABLE", "CELL-UNREADABLE", "KEY-MISSING", "CELL-MISSING", "CODE-UNKNOWN", "SPELL-REVERSED"}
)
MOST_REFUSED = 0.03
ROWS_PER_KIND = 2_000

Cells = list[str]


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


@dataclass(frozen=True)
class Fault:
    """A way to spoil a row. `spoil` returns a further row to stand right after it, or None."""

    kind: str
    rule: str | None
    suits: Callable[[Cells], bool]
    spoil: Callable[[Cells], Cells | None]


def plant(dataset: str, rows: list[Cells], extract_date: dt.date, seed: int) -> list[Planted]:
    """Spoil some rows of a table in place; returns what was done, in the order of the rows."""
    faults = _faults(dataset, extract_date)
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


def _faults(dataset: str, extract_date: dt.date) -> tuple[Fault, ...]:
    cells = _Cells(dataset)
    match dataset:
        case "ssda903_header":
            has_upn = cells.filled("UPN", lambda value: not value.startswith("UN"))
            return (
                Fault("wrong check letter", "UPN-CHECK-LETTER", has_upn, cells.change("UPN", _other_letter)),
                _sex_of_another_year(cells, extract_date),
            )
        case "ssda903_episodes":
            is_over = cells.filled("DEC")
            return (
                Fault("broken date", "CELL-UNREADABLE", _always, cells.put("DECOM", "31/02/2017")),
                Fault("unknown code", "CODE-UNKNOWN", cells.filled("PLACE"), cells.put("PLACE", "U9")),
                Fault("ends before it starts", "SPELL-REVERSED", is_over, cells.change("DEC", _years_earlier)),
                Fault("blank key", "KEY-MISSING", _always, cells.put("CHILD", "")),
                Fault("end without a reason", "EPISODE-END-REASON", is_over, cells.put("REC", "")),
            )
        case "ssda903_reviews":
            return (
                Fault("repeated row", "KEY-DUPLICATE", _always, lambda row: list(row)),
                Fault("orphan", None, _always, lambda row: cells.copy(row, CHILD="9" + row[0])),
            )
        case "health_assessments":
            return (
                Fault("blank cell", "CELL-MISSING", _always, cells.put("assessment_type", "")),
                Fault("unknown code", "CODE-UNKNOWN", cells.filled("outcome"), cells.put("outcome", "attended")),
                Fault("broken date", "CELL-UNREADABLE", _always, cells.put("requested_on", "12th May")),
            )
        case "pupils":
            ordinary = cells.blank("child_id")
            return (
                Fault("broken date", "CELL-UNREADABLE", ordinary, cells.put("date_of_birth", "0000-00-00")),
                Fault("blank key", "KEY-MISSING", ordinary, cells.put("upn", "")),
            )
        case "enrolments":
            has_left = cells.filled("leaving_reason")
            return (
                Fault("comma without quotes", "ROW-UNREADABLE", has_left, lambda row: row.append("see file")),
                Fault("repeated row", "KEY-DUPLICATE", _always, lambda row: list(row)),
            )
    return ()


def _sex_of_another_year(cells: _Cells, extract_date: dt.date) -> Fault:
    """A figure where the return wants a letter, or a letter where it wants a figure."""
    if extract_date >= SEX_AS_LETTER_FROM:
        figures = {"M": "1", "F": "2"}
        return Fault("withdrawn code", "CODE-WITHDRAWN", _always, cells.change("SEX", figures.__getitem__))
    letters = {"1": "M", "2": "F"}
    return Fault("code of the future", "CODE-NOT-YET-VALID", _always, cells.change("SEX", letters.__getitem__))


class _Cells:
    """Cells of a dataset's rows by the name of their column."""

    def __init__(self, dataset: str) -> None:
        self.index = {column.name: position for position, column in enumerate(BY_NAME[dataset].columns)}

    def put(self, column: str, value: str) -> Callable[[Cells], None]:
        return self.change(column, lambda _: value)

    def change(self, column: str, how: Callable[[str], str]) -> Callable[[Cells], None]:
        position = self.index[column]

        def spoil(row: Cells) -> None:
            row[position] = how(row[position])

        return spoil

    def copy(self, row: Cells, **changes: str) -> Cells:
        changed = list(row)
        for column, value in changes.items():
            changed[self.index[column]] = value
        return changed

    def filled(self, column: str, also: Callable[[str], bool] = bool) -> Callable[[Cells], bool]:
        position = self.index[column]
        return lambda row: bool(row[position]) and also(row[position])

    def blank(self, column: str) -> Callable[[Cells], bool]:
        position = self.index[column]
        return lambda row: not row[position]


def _always(row: Cells) -> bool:
    return True


def _other_letter(upn: str) -> str:
    return UPN_LETTERS[(UPN_LETTERS.index(upn[0]) + 1) % 23] + upn[1:]


def _years_earlier(day: str) -> str:
    """The typing slip that ends an episode decades before it starts."""
    return day[:6] + str(int(day[6:]) - 20)


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
