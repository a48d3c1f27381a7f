"""The file of register marks: whole school days at a time, ordered by date, school, pupil and session."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import csv

from childrens_warehouse.datasets import BY_NAME
from childrens_warehouse.simulate import dirt, identity
from childrens_warehouse.simulate.dirt import Planted
from childrens_warehouse.simulate.register import CODE, MARKS, Roll, marks
from childrens_warehouse.simulate.scenario import Scenario

ATTENDANCE = BY_NAME["attendance"]
SCHEMA = pa.schema([(column.name, pa.string()) for column in ATTENDANCE.columns])

# Marks beyond the register's own, for rows that are spoilt on purpose.
BLANK, UNKNOWN, WITHDRAWN, FUTURE = (np.int16(len(MARKS) + position) for position in range(4))


def write(
    path: Path,
    roll: Roll,
    days: tuple[dt.date, ...],
    scenario: Scenario,
    extract_date: dt.date,
    progress: Callable[[int], None] = lambda rows: None,
) -> tuple[int, list[Planted]]:
    """Write the register marks of some school days; returns the number of rows and the faults planted among them."""
    faults = _faults(roll, days, scenario)
    texts = _Texts(roll)
    planted: list[Planted] = []
    rows = 0
    with path.open("wb") as file:
        file.write((",".join(SCHEMA.names) + "\n").encode())
        # Nothing in these columns ever needs quotes; without them the file is a third smaller.
        options = csv.WriteOptions(include_header=False, quoting_style="none", batch_size=65_536)
        with csv.CSVWriter(file, SCHEMA, write_options=options) as writer:
            for position, day in enumerate(days):
                table = _Day(roll, day)
                rng = scenario.stream("attendance dirt", day)
                for kind, rule in faults.get(day, ()):
                    row = table.spoil(kind, rng.randrange(10**9))
                    planted.append(Planted("attendance", extract_date, row, kind, rule))
                # Rows that a repetition pushed down are only known when the day is complete.
                planted = [fault if fault.row > 0 else table.placed(fault, rows + 2) for fault in planted]
                writer.write_table(texts.table(table))
                rows += len(table.mark)
                if position % 20 == 19:
                    progress(rows)
    return rows, sorted(planted)


def _faults(roll: Roll, days: tuple[dt.date, ...], scenario: Scenario) -> dict[dt.date, list[tuple[str, str | None]]]:
    if not scenario.dirt:
        return {}
    return dirt.mark_faults(days, 2 * sum(len(roll.on(day)) for day in days))


class _Texts:
    """The texts of the cells, looked up by number: the way from a day's arrays to a table."""

    def __init__(self, roll: Roll) -> None:
        # Beyond the pupils: a key left blank, and a pupil whom no list knows.
        authority = roll.upn[0][1:4] if roll.upn else "000"
        stranger = identity.upn(authority, 9_999, 2_010, 999)
        self.upn = pa.array([*roll.upn, "", stranger])
        self.urn = pa.array([str(urn) for urn in roll.urn])
        self.supplier = pa.array(roll.supplier)
        self.session = pa.array(["AM", "PM"])

    def table(self, day: _Day) -> pa.Table:
        mark = pa.array([*MARKS, "", "@", dirt.withdrawn_mark(day.day) or "", dirt.future_mark(day.day) or ""])
        date = pa.array([day.day.isoformat(), f"{day.day:%Y-%m}-32"])
        cells = {
            "upn": self.upn.take(pa.array(day.pupil)),
            "school_urn": self.urn.take(pa.array(day.spell)),
            "date": date.take(pa.array(day.date)),
            "session": self.session.take(pa.array(day.session)),
            "supplier": self.supplier.take(pa.array(day.spell)),
            "mark": mark.take(pa.array(day.mark)),
        }
        return pa.table([cells[name] for name in SCHEMA.names], schema=SCHEMA)


class _Day:
    """The rows of one school day as numbers, morning and afternoon of a pupil beside each other."""

    def __init__(self, roll: Roll, day: dt.date) -> None:
        on = roll.on(day)
        morning, afternoon = marks(roll, on, day)
        self.day = day
        self.spell = np.repeat(on.astype(np.int32), 2)
        self.pupil = self.spell.copy()
        self.session = np.tile(np.array([0, 1], dtype=np.int8), len(on))
        self.date = np.zeros(2 * len(on), dtype=np.int8)
        self.mark = np.stack((morning, afternoon), axis=1).reshape(-1)
        self._strangers = len(roll.upn)
        self._touched: dict[int, int] = {}

    def spoil(self, kind: str, draw: int) -> int:
        """Spoil one row not spoilt yet; returns a token for it, below zero, until `placed` tells its row."""
        row = draw % len(self.mark)
        while row in self._touched:
            row = (row + 1) % len(self.mark)
        token = -1 - len(self._touched)
        self._touched[row] = token
        match kind:
            case "unknown mark":
                self.mark[row] = UNKNOWN
            case "withdrawn mark":
                self.mark[row] = WITHDRAWN
            case "mark of the future":
                self.mark[row] = FUTURE
            case "blank mark":
                self.mark[row] = BLANK
            case "broken date":
                self.date[row] = 1
            case "blank key":
                self.pupil[row] = self._strangers
            case "pupil not listed":
                self.pupil[row] = self._strangers + 1
            case "repeated row":
                self._repeat(row)
        return token

    def _repeat(self, row: int) -> None:
        """First no reason was known, then it was: both rows were sent."""
        for name in ("spell", "pupil", "session", "date", "mark"):
            values: NDArray[np.generic] = getattr(self, name)
            setattr(self, name, np.insert(values, row + 1, values[row]))
        self.mark[row] = CODE["N"]
        self.mark[row + 1] = CODE["I"]
        self._touched = {place + (place > row): token for place, token in self._touched.items()}
        # The repetition is nobody else's to spoil.
        self._touched[row + 1] = 0

    def placed(self, fault: Planted, first: int) -> Planted:
        """The fault with its row in the file, given the row of this day's first."""
        place = next(place for place, token in self._touched.items() if token == fault.row)
        return Planted(fault.dataset, fault.extract_date, first + place, fault.kind, fault.rule)
