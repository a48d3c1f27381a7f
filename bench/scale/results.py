"""The file of results: one line of JSON per measurement, written as soon as it is measured.

A case measured again has a later line, and the later counts.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from bench.scale.cases import Case

PHASES = ("land", "begin", "build models", "gate", "publish")
NIGHTS = ("first", "more")
# Programs beside a measurement that keep so many processors busy hardly lengthen it.
QUIET = 0.3


@dataclass(frozen=True)
class Phase:
    """One step of a night. spilled_bytes: what engines had laid out on disk beside their memory, at most."""

    seconds: float
    processor_seconds: float
    peak_bytes: int
    spilled_bytes: int


@dataclass(frozen=True)
class Measurement:
    """One night of a case.

    night: `first`, with all history, or `more`, the next. marks: attendance rows behind the night, its own included.
    rows: rows of all lists that landed that night. disk: bytes by folder of the home after the night.
    others: processors that programs beside it kept busy, on average. nodes: dbt's slow ones, in seconds.
    """

    case: Case
    night: str
    marks: int
    rows: int
    phases: dict[str, Phase]
    disk: dict[str, int]
    others: float
    memory_limit: str
    processors: int
    memory_bytes: int
    day: str
    nodes: dict[str, float]

    @property
    def key(self) -> tuple[str, str]:
        return self.case.key, self.night

    @property
    def seconds(self) -> float:
        return sum(phase.seconds for phase in self.phases.values())

    @property
    def processor_seconds(self) -> float:
        return sum(phase.processor_seconds for phase in self.phases.values())

    @property
    def peak_bytes(self) -> int:
        return max(phase.peak_bytes for phase in self.phases.values())

    @property
    def spilled_bytes(self) -> int:
        return max(phase.spilled_bytes for phase in self.phases.values())

    @property
    def disk_bytes(self) -> int:
        return sum(self.disk.values())

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    def on_one_processor(self) -> Measurement:
        """As if it had used one processor at a time and waited for nobody: its seconds are its processor seconds."""
        phases = {name: replace(phase, seconds=phase.processor_seconds) for name, phase in self.phases.items()}
        return replace(self, phases=phases, processors=1)

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> Measurement:
        phases = {name: Phase(**phase) for name, phase in content["phases"].items()}
        return cls(**{**content, "case": Case(**content["case"]), "phases": phases})


class Results:
    """What was measured, the last of each night of each case."""

    def __init__(self, measurements: Sequence[Measurement]) -> None:
        self.all = {each.key: each for each in measurements}

    @classmethod
    def read(cls, path: Path) -> Results:
        """A last line that was cut off is left out."""
        found = []
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        for number, line in enumerate(lines, start=1):
            try:
                found.append(Measurement.from_dict(json.loads(line)))
            except json.JSONDecodeError:
                if number < len(lines):
                    raise
        return cls(found)

    def has(self, case: Case) -> bool:
        """Are both nights of it there?"""
        return all((case.key, night) in self.all for night in NIGHTS)

    @property
    def is_quiet(self) -> bool:
        """Was the machine left to each measurement?"""
        return all(each.others <= QUIET for each in self.all.values())

    def on_one_processor(self) -> Results:
        return Results([each.on_one_processor() for each in self.all.values()])

    def series(self, engine: str, series: str, night: str) -> list[Measurement]:
        """In the order of size."""
        found = [
            each for each in self.all.values()
            if (each.case.engine, each.case.series, each.night) == (engine, series, night)
        ]  # fmt: skip
        return sorted(found, key=lambda each: (each.case.millions, each.case.authorities))

    def one(self, engine: str, series: str, night: str, millions: float) -> Measurement | None:
        return next((each for each in self.series(engine, series, night) if each.case.millions == millions), None)


def append(path: Path, measurement: Measurement) -> None:
    """Write it down; a line that was cut off before is ended first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as file:
        if file.tell() > 0:
            file.seek(-1, 2)
            if file.read(1) != b"\n":
                _drop_last_line(path)
        file.write((json.dumps(measurement.to_dict()) + "\n").encode())


def _drop_last_line(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: content.rfind(b"\n") + 1])
