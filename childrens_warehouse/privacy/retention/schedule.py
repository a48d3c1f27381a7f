"""The schedule: which records are kept how long, from when on, and who says so.

`<home>/retention.toml` holds it; `seeds/retention_example.toml` is one to begin with. Without the file everything is
kept. A class is of one layer; what lies in a layer and is of no class is kept.

| layer | what is disposed of | triggers |
| --- | --- | --- |
| raw | a person's rows of some datasets, in raw, in the restricted store, in originals and in releases | birth, end_of_care, end_of_case |
| inbox | a night's folder of a source, everything of which lies in the archive | receipt |
| archive | an original: replaced (`replacement`), or refused and never taken in (`receipt`) | replacement, receipt |
| restricted | names and dates of birth of a replaced original | replacement |
| quarantine | what is said of refused files and rows of a night | receipt |
| releases | a release that is not published | publication |
| reports | the panel's report and managers' pages of a night | publication |
| logs | a file of logs | receipt |
| ledger | events, but for what is said of disposals and of access | receipt |
| postgresql | a release on the server that is not current | publication |
| access_log | who did and read what | receipt |
"""  # noqa: E501 - a table

from __future__ import annotations

import datetime as dt
import fnmatch
import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from childrens_warehouse.datasets import ALL
from childrens_warehouse.errors import ConfigurationError
from childrens_warehouse.raw.disposal import subject
from childrens_warehouse.settings import Home


class Trigger(StrEnum):
    """From when on the period runs."""

    BIRTH = "birth"
    END_OF_CARE = "end_of_care"
    END_OF_CASE = "end_of_case"
    RECEIPT = "receipt"
    REPLACEMENT = "replacement"
    PUBLICATION = "publication"


class Layer(StrEnum):
    RAW = "raw"
    INBOX = "inbox"
    ARCHIVE = "archive"
    RESTRICTED = "restricted"
    QUARANTINE = "quarantine"
    RELEASES = "releases"
    REPORTS = "reports"
    LOGS = "logs"
    LEDGER = "ledger"
    POSTGRESQL = "postgresql"
    ACCESS_LOG = "access_log"


class Basis(StrEnum):
    """Who says so: a statute, or the council itself."""

    LAW = "law"
    LOCAL_POLICY = "local policy"


_OF_PERSONS = (Trigger.BIRTH, Trigger.END_OF_CARE, Trigger.END_OF_CASE)
_TRIGGERS: Mapping[Layer, tuple[Trigger, ...]] = {
    Layer.RAW: _OF_PERSONS,
    Layer.ARCHIVE: (Trigger.REPLACEMENT, Trigger.RECEIPT),
    Layer.RESTRICTED: (Trigger.REPLACEMENT,),
    Layer.RELEASES: (Trigger.PUBLICATION,),
    Layer.REPORTS: (Trigger.PUBLICATION,),
    Layer.POSTGRESQL: (Trigger.PUBLICATION,),
}
_NEEDED = {"name", "layer", "trigger", "period", "source", "basis"}
_OF_RAW = {"datasets", "persons", "died_before", "period_after_death"}
_RETIRED = ("WAREHOUSE_RETENTION_ARCHIVE_MONTHS", "WAREHOUSE_RETENTION_RESTRICTED_MONTHS")


@dataclass(frozen=True)
class RecordClass:
    """One class of the schedule.

    months: how long, counted from the trigger. datasets: whose rows; of raw alone. persons: of persons who are in one
    of these datasets; all by default. died_before, months_after_death: whoever died younger than so many years is
    counted from the death.
    """

    name: str
    layer: Layer
    trigger: Trigger
    months: int
    source: str
    basis: Basis
    datasets: tuple[str, ...] = ()
    persons: tuple[str, ...] = ()
    died_before: int | None = None
    months_after_death: int | None = None

    @property
    def rule(self) -> str:
        """The rule in words, for the ledger."""
        after = f", or {period(self.months_after_death or 0)} after death before {self.died_before}"
        return (
            f"{period(self.months)} after {self.trigger.replace('_', ' ')}{after if self.died_before else ''} "
            f"({self.source}; {self.basis})"
        )

    def is_over(self, day: dt.date, today: dt.date) -> bool:
        return add_months(day, self.months) <= today


def read(home: Home) -> tuple[RecordClass, ...]:
    """The classes of a home, in their order; none where there is no schedule.

    Raises ConfigurationError where one cannot be understood, and says which.
    """
    if still_set := [name for name in _RETIRED if os.environ.get(name, "").strip()]:
        raise ConfigurationError(
            f"{' and '.join(still_set)} say nothing any more: write a class into {path(home)} instead (layer "
            "archive or restricted, trigger replacement), and take them out of the environment."
        )
    if not path(home).exists():
        return ()
    try:
        document = tomllib.loads(path(home).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{path(home)} cannot be read as TOML ({type(error).__name__}).") from None
    if set(document) != {"class"} or not isinstance(document["class"], list):
        raise ConfigurationError(f"{path(home)} must hold [[class]] entries and nothing else.")
    classes = tuple(_class(f"{path(home)}, class {number}", told) for number, told in enumerate(document["class"], 1))
    names = [each.name for each in classes]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ConfigurationError(f"{path(home)}: several classes are called {', '.join(twice)}.")
    return classes


def path(home: Home) -> Path:
    return home.root / "retention.toml"


def add_months(day: dt.date, months: int) -> dt.date:
    """The same day so many months on; the first of the next month where that month has no such day."""
    year, month = divmod(day.month - 1 + months, 12)
    try:
        return dt.date(day.year + year, month + 1, day.day)
    except ValueError:
        return (dt.date(day.year + year, month + 1, 28) + dt.timedelta(days=4)).replace(day=1)


def period(months: int) -> str:
    """A number of months in words."""
    count, unit = (months // 12, "year") if months % 12 == 0 else (months, "month")
    return f"{count} {unit}{'' if count == 1 else 's'}"


def _class(where: str, told: Mapping[str, Any]) -> RecordClass:
    where = f"{where} ({told.get('name', 'without a name')})"
    layer = _one_of(where, told, "layer", Layer)
    trigger = _one_of(where, told, "trigger", Trigger)
    allowed = _NEEDED | (_OF_RAW if layer is Layer.RAW else set())
    if unknown := set(told) - allowed:
        raise ConfigurationError(f"{where}: {', '.join(sorted(unknown))} means nothing for layer {layer}.")
    needed = _NEEDED | ({"datasets"} if layer is Layer.RAW else set())
    if missing := sorted(name for name in needed if not told.get(name)):
        raise ConfigurationError(f"{where}: {', '.join(missing)} is missing.")
    if trigger not in (triggers := _TRIGGERS.get(layer, (Trigger.RECEIPT,))):
        raise ConfigurationError(f"{where}: layer {layer} counts from {' or '.join(triggers)}, not from {trigger}.")
    if bool(told.get("died_before")) != bool(told.get("period_after_death")):
        raise ConfigurationError(f"{where}: died_before and period_after_death come together.")
    return RecordClass(
        name=str(told["name"]),
        layer=layer,
        trigger=trigger,
        months=_months(where, told["period"]),
        source=str(told["source"]),
        basis=_one_of(where, told, "basis", Basis),
        datasets=_datasets(where, told.get("datasets", ())),
        persons=_datasets(where, told.get("persons", ())),
        died_before=int(told["died_before"]) if told.get("died_before") else None,
        months_after_death=_months(where, told["period_after_death"]) if told.get("period_after_death") else None,
    )


def _one_of(where: str, told: Mapping[str, Any], name: str, choices: type[StrEnum]) -> Any:
    try:
        return choices(str(told.get(name)))
    except ValueError:
        raise ConfigurationError(f"{where}: {name} must be one of {', '.join(choices)}.") from None


def _months(where: str, text: object) -> int:
    found = re.fullmatch(r"([1-9]\d*) (year|month)s?", str(text))
    if not found:
        raise ConfigurationError(f"{where}: a period is written like '75 years' or '18 months', not {text!r}.")
    return int(found[1]) * (12 if found[2] == "year" else 1)


def _datasets(where: str, patterns: Iterable[str]) -> tuple[str, ...]:
    """The datasets that patterns name: those that have rows about persons whose record it is."""
    of_persons = [dataset.name for dataset in ALL if subject(dataset)]
    found: dict[str, None] = {}
    for pattern in patterns:
        matching = fnmatch.filter(of_persons, pattern)
        if not matching:
            raise ConfigurationError(f"{where}: {pattern!r} is no dataset about children; docs/data-dictionary.md.")
        found |= dict.fromkeys(matching)
    return tuple(found)
