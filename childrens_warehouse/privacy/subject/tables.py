"""What an export is made of: tables, and what in them is of somebody else.

Cells that tell of other people are redacted by the class of their column, each with its reason; a row that is about
the person stays. A person who decides on disclosure may take single redactions back from the originals.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from childrens_warehouse.datasets import BY_NAME, Column, Identifier, PersonalData

REDACTED = "[redacted: {}]"
_WORKER = "somebody who works with the person"
_ADOPTERS = "people who adopt"
_CARERS = "where carers live"
_OF_IDENTIFIER = {
    Identifier.WORKER_ID: _WORKER,
    Identifier.ADOPTER_ID: _ADOPTERS,
    Identifier.FAMILY_ID: _ADOPTERS,
}
SOMEBODY = "somebody else"
# Columns that no class tells: what a mother's row says of her child, and where a placement is.
_OF_COLUMN = {
    "MC_DOB": "the person's child",
    "PL_POST": _CARERS,
    "Placement Postcode": _CARERS,
}
_OWN_NAMES = frozenset({"forename", "surname", "previous_surname", "Age of Child (Years)"})
# In the marts, where columns have no class.
_OF_MARTS = {
    "worker_key": _WORKER, "team_worker_key": _WORKER, "adopter_key": _ADOPTERS, "adoptive_family_key": _ADOPTERS,
    "placement_postcode_key": _CARERS, "pl_post_key": _CARERS,
}  # fmt: skip


@dataclass
class Table:
    """Rows of one layer. columns: the first of them say where each row came from."""

    layer: str
    name: str
    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]

    def to_dicts(self) -> list[dict[str, Any]]:
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


@dataclass
class Collected:
    """Everything found, what of it was redacted and why, and what nobody could take apart."""

    tables: list[Table] = field(default_factory=list)
    redacted: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)
    withheld: list[tuple[str, str, str]] = field(default_factory=list)  # layer, what, why

    def add(
        self,
        layer: str,
        name: str,
        columns: Sequence[str],
        rows: Iterable[Sequence[Any]],
        others: Mapping[str, str] | None = None,
        own: Mapping[str, frozenset[Any]] | None = None,
    ) -> None:
        """Add a table, redacted. others: column -> of whom it tells. own: column -> the person's own values."""
        kept = []
        for row in rows:
            cells = list(row)
            for place, column in enumerate(columns):
                whose = (others or {}).get(column)
                if own and column in own and cells[place] not in own[column]:
                    whose = SOMEBODY
                if whose and cells[place] not in (None, ""):
                    cells[place] = REDACTED.format(whose)
                    self.redacted[layer, name, column, whose] += 1
            kept.append(tuple(cells))
        alike = (each for each in self.tables if (each.layer, each.name, each.columns) == (layer, name, tuple(columns)))
        if kept and (table := next(alike, None)):
            table.rows += kept
        elif kept:
            self.tables.append(Table(layer, name, tuple(columns), kept))

    def counts(self) -> dict[str, int]:
        """Rows per layer."""
        counted: Counter[str] = Counter()
        for table in self.tables:
            counted[table.layer] += len(table.rows)
        return dict(sorted(counted.items()))


def of_others(column: Column) -> str | None:
    """Of whom a column of a delivered list tells, where that is not whom the row is about."""
    if column.name in _OF_COLUMN:
        return _OF_COLUMN[column.name]
    if column.identifier in _OF_IDENTIFIER:
        return _OF_IDENTIFIER[column.identifier]
    return _WORKER if column.personal is PersonalData.NAME and column.name not in _OWN_NAMES else None


def of_others_in_raw(dataset: str) -> dict[str, str]:
    """The same by the names of raw."""
    return {str(column.raw_name): whose for column in BY_NAME[dataset].raw_columns if (whose := of_others(column))}


def of_others_as_delivered(dataset: str) -> dict[str, str]:
    """The same by the delivered names, in lower case."""
    return {column.name.lower(): whose for column in BY_NAME[dataset].columns if (whose := of_others(column))}


def of_others_in_marts(columns: Iterable[str]) -> dict[str, str]:
    return {column: _OF_MARTS[column] for column in columns if column in _OF_MARTS}
