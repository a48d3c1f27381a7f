"""The catalogue: every figure that the source papers name, as `seeds/indicator_catalogue.csv` has it.

People write its rows. Two columns follow from the indicators' own entries, by `warehouse generate`: an indicator that
names a row under `catalogue:` makes it `computed` and stands in `indicator_id`.
"""

from __future__ import annotations

import csv
import dataclasses
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from childrens_warehouse.catalogue import entries
from childrens_warehouse.reference import SEEDS

PATH = SEEDS / "indicator_catalogue.csv"


class State(StrEnum):
    """Whether a figure can be had."""

    COMPUTED = "computed"
    # Our sources have it; nobody wrote the indicator.
    NOT_YET = "not_yet"
    NEEDS_SOURCE = "needs_source"
    NARRATIVE = "narrative"


WORDS: Mapping[State, str] = {
    State.COMPUTED: "computed",
    State.NOT_YET: "not yet computed",
    State.NEEDS_SOURCE: "needs a source",
    State.NARRATIVE: "told in words",
}


@dataclass(frozen=True)
class Row:
    """One figure. `indicator_id` and `printed_in` hold several, separated by blanks, the nearest first."""

    catalogue_id: str
    area: str
    title: str
    printed_in: str
    reference: str
    cadence: str
    state: str
    indicator_id: str
    dimension: str
    member: str
    missing_field: str
    missing_system: str
    note: str

    @property
    def indicators(self) -> list[str]:
        return self.indicator_id.split()

    @property
    def is_slice(self) -> bool:
        """Whether it is read off the slices of an indicator of another name."""
        return bool(self.dimension and self.indicators) and self.catalogue_id not in self.indicators


COLUMNS = tuple(field.name for field in dataclasses.fields(Row))


def read(path: Path = PATH) -> tuple[Row, ...]:
    """The rows in the order of the file."""
    with path.open(newline="", encoding="utf-8") as handle:
        return tuple(Row(**row) for row in csv.DictReader(handle))


def settled(rows: Sequence[Row], answers: Mapping[str, Sequence[str]]) -> tuple[Row, ...]:
    """The rows with their states as the indicators have it. answers: catalogue id -> indicators that name it."""
    return tuple(_settled(row, answers.get(row.catalogue_id, ())) for row in rows)


def _settled(row: Row, indicators: Sequence[str]) -> Row:
    if indicators:
        nearest_first = sorted(indicators, key=lambda name: (name != row.catalogue_id, name))
        return dataclasses.replace(
            row, state=State.COMPUTED, indicator_id=" ".join(nearest_first), missing_field="", missing_system=""
        )
    if row.state == State.COMPUTED:
        return dataclasses.replace(row, state=State.NOT_YET, indicator_id="")
    return row


def counts(rows: Iterable[Row]) -> dict[State, int]:
    """How many rows are in each state, all states among them."""
    found = [row.state for row in rows]
    return {state: found.count(state) for state in State}


def render() -> str:
    """The text of the seed."""
    written = io.StringIO()
    writer = csv.DictWriter(written, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(dataclasses.asdict(row) for row in settled(read(), entries.answers()))
    return written.getvalue()


def write() -> Path:
    """Bring the seed up to date and return its path."""
    PATH.write_text(render(), encoding="utf-8")
    return PATH
