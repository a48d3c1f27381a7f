"""The datasets this warehouse takes in, each declared once."""

from __future__ import annotations

from childrens_warehouse.datasets import education, health, social_care
from childrens_warehouse.datasets.declaration import (
    LINEAGE,
    Column,
    Coverage,
    Dataset,
    Identifier,
    Kind,
    PersonalData,
    RowMark,
    Source,
)

ALL: tuple[Dataset, ...] = (*social_care.DATASETS, *health.DATASETS, *education.DATASETS)
BY_NAME: dict[str, Dataset] = {dataset.name: dataset for dataset in ALL}


def of_source(source: Source | str) -> tuple[Dataset, ...]:
    """The datasets one source delivers, in the order they are landed."""
    return tuple(dataset for dataset in ALL if dataset.source == source)


__all__ = [
    "ALL",
    "BY_NAME",
    "LINEAGE",
    "Column",
    "Coverage",
    "Dataset",
    "Identifier",
    "Kind",
    "PersonalData",
    "RowMark",
    "Source",
    "of_source",
]
