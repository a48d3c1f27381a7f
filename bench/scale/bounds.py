"""What must hold, and whether it does."""

from __future__ import annotations

from dataclasses import dataclass

from bench.scale.results import Results

LARGEST, BASE = 64.0, 4.0
HISTORY = (14.0, 64.0)
MOST_BYTES = 6e9
MOST_TIMES_A_ROW = 1.3
MOST_TIMES_A_NIGHT = 1.2


@dataclass(frozen=True)
class Bound:
    """value: None where a size that it needs was not measured."""

    what: str
    most: float
    value: float | None
    unit: str

    @property
    def is_missed(self) -> bool:
        return self.value is not None and self.value > self.most

    @property
    def sentence(self) -> str:
        if self.value is None:
            return f"{self.what}: not measured (bound {self.most:g}{self.unit})"
        verdict = "MISSED" if self.is_missed else "kept"
        return f"{self.what}: {self.value:.2f}{self.unit} (bound {self.most:g}{self.unit}, {verdict})"


def bounds(results: Results) -> list[Bound]:
    largest = results.one("duckdb", "rows", "first", LARGEST)
    base = results.one("duckdb", "rows", "first", BASE)
    less, more = (results.one("duckdb", "history", "more", millions) for millions in HISTORY)
    a_row = largest.seconds / largest.marks / (base.seconds / base.marks) if largest and base else None
    return [
        Bound(
            f"memory of a first load of {LARGEST:g} million rows on DuckDB", MOST_BYTES / 1e9,
            largest.peak_bytes / 1e9 if largest else None, " GB",
        ),
        Bound(f"time per row of it against {BASE:g} million", MOST_TIMES_A_ROW, a_row, " times"),
        Bound(
            f"one more night with {HISTORY[1]:g} million rows of history against the same with {HISTORY[0]:g}",
            MOST_TIMES_A_NIGHT, more.seconds / less.seconds if less and more else None, " times",
        ),
    ]  # fmt: skip
