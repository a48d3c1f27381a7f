"""Files of the inbox to datasets of raw: what one source brought in one night."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from openlineage.client.event_v2 import RunEvent

from childrens_warehouse.datasets import BY_NAME, Column, Dataset, PersonalData
from childrens_warehouse.datasets.declaration import LINEAGE
from childrens_warehouse.ledger import Ledger
from childrens_warehouse.observing.lineage import datasets, runs
from childrens_warehouse.observing.lineage.datasets import Columns, From, Name
from childrens_warehouse.settings import Settings

if TYPE_CHECKING:
    from childrens_warehouse.observing.steps import Step

# What raw holds of these is made of the value, and is not the value.
_MASKED = (PersonalData.IDENTIFIER, PersonalData.POSTCODE, PersonalData.BIRTH_DATE)


def events(settings: Settings, step: Step) -> Iterator[RunEvent]:
    """A run for each dataset of which files were taken in. Refused files made nothing: the ledger has them."""
    of_dataset: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for event in Ledger(settings.home.ledger).query(
        "select * from file_event where run_id = ? and source = ? and status in ('accepted', 'unchanged') "
        "order by event_id",
        (step.run_id, step.facts["source"]),
    ):
        of_dataset[event["dataset"]].append(event)
    for name, files in of_dataset.items():
        yield from _of_dataset(settings, step, BY_NAME[name], files)


def _of_dataset(settings: Settings, step: Step, dataset: Dataset, files: list[Mapping[str, Any]]) -> Iterator[RunEvent]:
    home = settings.home
    by_name: dict[Name, Mapping[str, Any]] = {
        datasets.delivered(home, file["authority"], file["source"], file["file_name"]): file for file in files
    }
    read = [
        datasets.read(name, f"{file['extract_date']} {str(file['sha256'])[:16]}", _delivered_columns(dataset))
        for name, file in by_name.items()
    ]
    written = datasets.written(
        datasets.raw(home, dataset.name),
        raw_columns(dataset),
        {
            str(column.raw_name): [_from(name, column) for name in by_name]
            for column in dataset.raw_columns
        },
        rows=sum(file["rows_loaded"] or 0 for file in files),
        version=max(file["extract_date"] for file in files),
        description=dataset.grain,
    )  # fmt: skip
    ends = [dt.datetime.fromisoformat(file["recorded_at"]) for file in files]
    first = min(end - dt.timedelta(seconds=file["seconds"] or 0) for end, file in zip(ends, files, strict=True))
    yield from runs.of_dataset(step, f"land.{dataset.name}", read, written, (first, max(ends)), kind="FILE")


def raw_columns(dataset: Dataset) -> Columns:
    """The columns of a dataset of raw."""
    return (
        *((str(column.raw_name), column.raw_type, column.description) for column in dataset.raw_columns),
        *((column.name, column.raw_type, column.description) for column in dataset.derived_columns),
        *LINEAGE,
    )


def _delivered_columns(dataset: Dataset) -> Columns:
    return tuple((column.name, str(column.kind), column.description) for column in dataset.columns)


def _from(name: Name, column: Column) -> From:
    is_masked = column.personal in _MASKED
    return From(name, column.name, is_same=not is_masked, is_masked=is_masked)
