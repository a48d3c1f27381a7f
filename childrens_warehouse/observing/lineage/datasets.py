"""Datasets as OpenLineage names them: files by path, tables by database and schema.

file      <home>/inbox/310/education/pupils.csv     a delivered file, whichever night; its version names the night
file      <home>/raw/pupils                         a dataset of raw: its folder of Parquet
duckdb:// <home>/build/candidate.duckdb             candidate.<schema>.<model>
duckdb:// <home>/published/marts.duckdb             marts.main.<table>
postgres://host:port                                <database>.<schema>.<table>
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from openlineage.client.event_v2 import InputDataset, OutputDataset
from openlineage.client.facet_v2 import (
    DatasetFacet,
    OutputDatasetFacet,
    column_lineage_dataset,
    dataset_version_dataset,
    documentation_dataset,
    output_statistics_output_dataset,
    schema_dataset,
)

from childrens_warehouse.settings import Home

FILES = "file"


@dataclass(frozen=True)
class Name:
    """Where a dataset lies, and what it is called there."""

    namespace: str
    name: str


@dataclass(frozen=True)
class From:
    """A column that another one is made of. is_masked: a pseudonym, a month of birth: the value itself is not there."""

    dataset: Name
    column: str
    is_same: bool = False
    is_masked: bool = False


# name, type, description
Columns = Sequence[tuple[str, str | None, str | None]]


def delivered(home: Home, authority: str, source: str, file_name: str) -> Name:
    # Without its date: the same file of another night is the same dataset.
    return Name(FILES, str(home.inbox / authority / source / file_name))


def raw(home: Home, dataset: str) -> Name:
    return Name(FILES, str(home.raw / dataset))


def table(database: Path, schema: str, name: str) -> Name:
    return Name(f"duckdb://{database}", f"{database.stem}.{schema}.{name}")


def read(name: Name, version: str | None = None, columns: Columns = ()) -> InputDataset:
    """A dataset that a run read."""
    facets: dict[str, DatasetFacet] = _schema(columns)
    if version:
        facets["version"] = dataset_version_dataset.DatasetVersionDatasetFacet(version)
    return InputDataset(name.namespace, name.name, facets=facets)


def written(
    name: Name,
    columns: Columns,
    made_of: Mapping[str, Iterable[From]],
    *,
    rows: int | None = None,
    version: str | None = None,
    description: str = "",
) -> OutputDataset:
    """A dataset that a run wrote, and what each of its columns is made of."""
    facets = _schema(columns)
    if version:
        facets["version"] = dataset_version_dataset.DatasetVersionDatasetFacet(version)
    if description:
        facets["documentation"] = documentation_dataset.DocumentationDatasetFacet(description)
    fields = {column: _fields(froms) for column, froms in made_of.items() if froms}
    if fields:
        facets["columnLineage"] = column_lineage_dataset.ColumnLineageDatasetFacet(fields)
    counted: dict[str, OutputDatasetFacet] = {}
    if rows is not None:
        counted["outputStatistics"] = output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet(rowCount=rows)
    return OutputDataset(name.namespace, name.name, facets=facets, outputFacets=counted)


def _fields(froms: Iterable[From]) -> column_lineage_dataset.Fields:
    return column_lineage_dataset.Fields(
        [
            column_lineage_dataset.InputField(
                each.dataset.namespace,
                each.dataset.name,
                each.column,
                [
                    column_lineage_dataset.Transformation(
                        "DIRECT", "IDENTITY" if each.is_same else "TRANSFORMATION", masking=each.is_masked
                    )
                ],
            )
            for each in froms
        ]
    )


def _schema(columns: Columns) -> dict[str, DatasetFacet]:
    if not columns:
        return {}
    fields = [
        schema_dataset.SchemaDatasetFacetFields(name=name, type=kind, description=description or None)
        for name, kind, description in columns
    ]
    return {"schema": schema_dataset.SchemaDatasetFacet(fields=fields)}
