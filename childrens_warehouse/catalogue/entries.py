"""The indicators' own definitions: the YAML entries beside their models."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

from childrens_warehouse.settings import PROJECT

FOLDER = PROJECT / "dbt_project" / "models" / "indicators"


@dataclass(frozen=True)
class Entry:
    """One indicator and what its entry says (docs/adr/0011-indicators.md)."""

    indicator_id: str
    area: str
    path: Path
    meta: Mapping[str, Any]

    @property
    def title(self) -> str:
        return str(self.meta["title"])

    @property
    def periods(self) -> tuple[str, ...]:
        return tuple(self.meta["periods"])

    @property
    def main_period(self) -> str:
        """The period people ask for first: the month where it is looked at monthly, else what adds up in the year."""
        wanted = ("month",) if self.meta["cadence"] == "monthly" else ("year_to_date", "school_year_to_date")
        return next((period for period in wanted if period in self.periods), self.periods[0])

    @property
    def catalogue(self) -> tuple[str, ...]:
        return tuple(self.meta["catalogue"])

    def said(self, key: str) -> str:
        """A text of the entry on one line; nothing where it says nothing."""
        value = self.meta.get(key)
        if isinstance(value, list):
            value = ", ".join(str(each) for each in value)
        return "" if value is None else " ".join(str(value).split())


@cache
def read() -> Mapping[str, Entry]:
    """Indicator -> its entry, by name."""
    found = {}
    for path in sorted(FOLDER.rglob("ind_*.yml"), key=lambda each: each.name):
        document = yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)
        for model in document["models"]:
            indicator_id = model["name"].removeprefix("ind_")
            found[indicator_id] = Entry(indicator_id, path.parent.name, path, model["config"]["meta"])
    return found


def answers() -> dict[str, list[str]]:
    """Row of the catalogue -> indicators that name it."""
    found: dict[str, list[str]] = defaultdict(list)
    for entry in read().values():
        for catalogue_id in entry.catalogue:
            found[catalogue_id].append(entry.indicator_id)
    return dict(found)
