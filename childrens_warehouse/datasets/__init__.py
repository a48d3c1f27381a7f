"""The datasets this warehouse takes in, each declared once."""

from __future__ import annotations

from dataclasses import dataclass

from childrens_warehouse.datasets import annex_a, cin_census, education, health, social_care, ssda903
from childrens_warehouse.datasets.declaration import (
    LINEAGE,
    Area,
    Column,
    Coverage,
    Dataset,
    DerivedColumn,
    Distance,
    Identifier,
    Kind,
    Part,
    PersonalData,
    RowMark,
    Source,
)

ALL: tuple[Dataset, ...] = (
    *ssda903.DATASETS,
    *social_care.DATASETS,
    *cin_census.DATASETS,
    *annex_a.DATASETS,
    *health.DATASETS,
    *education.DATASETS,
)
BY_NAME: dict[str, Dataset] = {dataset.name: dataset for dataset in ALL}


def of_source(source: Source | str) -> tuple[Dataset, ...]:
    """The datasets one source delivers, in the order they are landed."""
    return tuple(dataset for dataset in ALL if dataset.source == source)


@dataclass(frozen=True)
class DeliveredFile:
    """One file of a night's folder and the datasets it bears; part -> dataset, the part of a CSV file being ""."""

    name: str
    parts: dict[str, Dataset]

    @property
    def datasets(self) -> tuple[Dataset, ...]:
        return tuple(self.parts.values())


def files_of(source: Source | str) -> tuple[DeliveredFile, ...]:
    """The files one source delivers, in the order they are landed."""
    parts: dict[str, dict[str, Dataset]] = {}
    for dataset in of_source(source):
        if dataset.file:
            parts.setdefault(dataset.file, {})[""] = dataset
    for dataset in of_source(source):
        for part in dataset.parts:
            parts.setdefault(part.file, {})[part.name] = dataset
    return tuple(DeliveredFile(name, each) for name, each in parts.items())


__all__ = [
    "ALL",
    "BY_NAME",
    "LINEAGE",
    "Area",
    "Column",
    "Coverage",
    "Dataset",
    "DeliveredFile",
    "DerivedColumn",
    "Distance",
    "Identifier",
    "Kind",
    "Part",
    "PersonalData",
    "RowMark",
    "Source",
    "files_of",
    "of_source",
]
