"""The dbt source `raw`, written from the declarations: `dbt_project/models/staging/_raw__sources.yml`.

The file is committed so that dbt can be run without this package; a test holds it equal to `render()`.
There are no freshness tests: how old each source is stands in `dim_extract`, and a late source is not a
failed build.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

from childrens_warehouse.datasets import ALL, LINEAGE, Column, Dataset, PersonalData
from childrens_warehouse.settings import PROJECT

PATH = PROJECT / "dbt_project" / "models" / "staging" / "_raw__sources.yml"

HEAD = "# Generated from childrens_warehouse/datasets: do not edit, run `warehouse generate`.\n"

# What the candidate holds beside the datasets (docs/architecture.md): relation, grain, and per column its
# name, DuckDB type and meaning.
BESIDE: tuple[tuple[str, str, tuple[tuple[str, str, str], ...]], ...] = (
    (
        "attendance_partition",
        "One row per authority and month of attendance that should exist.",
        (
            ("authority_code", "VARCHAR", "Three-digit code of the local authority."),
            ("session_month", "DATE", "First day of the month."),
            ("fingerprint", "VARCHAR", "Hash of the input of the partition; equal input, equal fingerprint."),
            ("is_rebuilt", "BOOLEAN", "Is it rebuilt tonight? Then raw.attendance holds its rows."),
        ),
    ),
    (
        "extract",
        "One row per file in force.",
        (
            ("authority_code", "VARCHAR", "Three-digit code of the local authority."),
            ("source", "VARCHAR", "System that delivered: social_care, health or education."),
            ("dataset", "VARCHAR", "Declared dataset that the file belongs to."),
            ("scope", "VARCHAR", "What the file replaces, e.g. full or collection_year:2017."),
            ("source_file", "VARCHAR", "First 16 characters of the file's SHA-256."),
            ("file_name", "VARCHAR", "Name of the file as delivered."),
            ("extract_date", "DATE", "Night the file was delivered for."),
            ("generated_at", "TIMESTAMP", "When the supplier generated the file (UTC)."),
            ("rows_read", "BIGINT", "Rows in the file, without its header."),
            ("rows_loaded", "BIGINT", "Rows that passed arrival."),
            ("rows_refused", "BIGINT", "Rows set aside in quarantine, each with its reason."),
            ("rows_in_force", "BIGINT", "Rows of the file that tonight's warehouse is built from."),
        ),
    ),
    (
        "withdrawal",
        "One row per row of a list (attendance left out) that the next file of its scope no longer has.",
        (
            ("authority_code", "VARCHAR", "Three-digit code of the local authority."),
            ("dataset", "VARCHAR", "Declared dataset that the row belonged to."),
            ("scope", "VARCHAR", "Scope of the files, e.g. full or collection_year:2017."),
            ("child_key", "BIGINT", "Child of the row, where its key has a social care id."),
            ("pupil_key", "BIGINT", "Pupil of the row, where its key has a UPN."),
            ("patient_key", "BIGINT", "Patient of the row, where its key has the trust's id."),
            ("withdrawn_on", "DATE", "Night of the first file without the row."),
            ("known_at", "TIMESTAMP", "When the supplier generated that file (UTC)."),
            ("source_file", "VARCHAR", "File that had the row last: the first 16 characters of its SHA-256."),
            ("source_row", "BIGINT", "Row number in that file."),
            ("is_back", "BOOLEAN", "Do the files in force have a row with that key again?"),
        ),
    ),
    (
        "child_identity",
        "One row per authority and identity (what one service calls a person) that the files in force name.",
        (
            ("authority_code", "VARCHAR", "Three-digit code of the local authority."),
            ("identity_kind", "VARCHAR", "Whose it is: social_care (child), health (patient) or education (pupil)."),
            ("identity_key", "BIGINT", "Pseudonym of the id within that service."),
            ("child_key", "BIGINT", "Child the identity belongs to."),
            ("link_rule", "VARCHAR", "What joined it to that child; own: the child has its key."),
            ("match_probability", "DOUBLE", "How sure the join is, 0 to 1."),
            ("outcome", "VARCHAR", "match: joined to another; possible: a person is to decide; none: not joined."),
            ("is_contested", "BOOLEAN", "Do the sources disagree about whose it is?"),
            ("has_nhs_number", "BOOLEAN", "Does it bear a verified NHS number that no other of its service bears?"),
            ("is_delivered", "BOOLEAN", "Does a list of that service name it, and not another service alone?"),
        ),
    ),
    (
        "restriction",
        "One row per authority and identity of a person whose data is kept and not shown; publication leaves them out.",
        (
            ("authority_code", "VARCHAR", "Three-digit code of the local authority."),
            ("identity_kind", "VARCHAR", "Whose it is: social_care (child), health (patient) or education (pupil)."),
            ("identity_key", "BIGINT", "Pseudonym of the id within that service."),
        ),
    ),
    (
        "sign_off",
        "One row per authority, statutory return and year that somebody signed off.",
        (
            ("authority_code", "VARCHAR", "Three-digit code of the local authority."),
            ("return_code", "VARCHAR", "The return, as in seeds/statutory_return.csv."),
            ("return_year", "INTEGER", "Calendar year in which the year of the return ends."),
            ("signed_at", "TIMESTAMP", "When it was signed off (UTC)."),
        ),
    ),
    (
        "statistical_neighbour",
        "One row per authority and statistical neighbour, as the list in the home says.",
        (
            ("authority_code", "VARCHAR", "Three-digit code of the local authority."),
            ("neighbour_code", "VARCHAR", "Code of the authority that is like it."),
            ("source_document", "VARCHAR", "The document that says so."),
        ),
    ),
    (
        "signed_figure",
        "One row per authority, indicator, reporting date, period, dimension and member: a figure signed off.",
        (
            ("authority_code", "VARCHAR", "Three-digit code of the local authority."),
            ("indicator_id", "VARCHAR", "Indicator."),
            ("definition_version", "INTEGER", "Version of its definition."),
            ("as_at", "DATE", "Reporting date."),
            ("period", "VARCHAR", "Period that ends with it."),
            ("dimension", "VARCHAR", "What is sliced by."),
            ("member", "VARCHAR", "Member of the slice."),
            ("numerator", "BIGINT", "What was counted."),
            ("denominator", "BIGINT", "What it is a share of."),
            ("value", "DOUBLE", "Unrounded value; null if there was none."),
        ),
    ),
    (
        "night",
        "Exactly one row: the night this build speaks of.",
        (
            ("as_at", "DATE", "Newest extract date in force."),
            ("known_on", "TIMESTAMP", "Files generated later were left out (UTC); null: none were."),
        ),
    ),
)


def render() -> str:
    """The text of the YAML file."""
    document = {
        "sources": [
            {
                "name": "raw",
                "schema": "raw",
                "description": "What is in force of every delivered file, typed and pseudonymised; made "
                "before dbt starts.",
                "tables": [*map(_dataset_table, ALL), *(_table(*relation) for relation in BESIDE)],
            }
        ]
    }
    return HEAD + yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=100)


def write(path: Path = PATH) -> Path:
    """Write the file and return its path."""
    path.write_text(render(), encoding="utf-8")
    return path


def _dataset_table(dataset: Dataset) -> dict[str, Any]:
    return {
        "name": dataset.name,
        "description": f"{dataset.grain} {dataset.title}, from {' or '.join(dict.fromkeys(dataset.files))}.",
        "config": {
            "meta": {"owner": dataset.owner, "coverage": str(dataset.coverage), "key": list(dataset.raw_key)},
        },
        "columns": [
            *map(_declared_column, dataset.raw_columns),
            *(_column(column.name, column.raw_type, column.description) for column in dataset.derived_columns),
            *(_column(name, kind, description) for name, kind, description in LINEAGE),
        ],
    }


def _declared_column(column: Column) -> dict[str, Any]:
    return _column(str(column.raw_name), column.raw_type, column.description, column.personal)


def _table(name: str, grain: str, columns: tuple[tuple[str, str, str], ...]) -> dict[str, Any]:
    return {"name": name, "description": grain, "columns": [_column(*column) for column in columns]}


def _column(name: str, kind: str, description: str, personal: PersonalData = PersonalData.NONE) -> dict[str, Any]:
    return {
        "name": name,
        "description": description,
        "data_type": kind.lower(),
        "config": {"meta": {"personal_data": str(personal)}},
    }
