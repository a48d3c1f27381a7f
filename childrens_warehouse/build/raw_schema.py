"""The schema `raw` of the candidate: views over the files in force, typed even where there are none.

docs/architecture.md lists the relations.
"""

from __future__ import annotations

import duckdb

from childrens_warehouse.datasets import ALL, LINEAGE, Dataset

PARTITION_COLUMNS = "authority_code VARCHAR, session_month DATE, fingerprint VARCHAR, is_rebuilt BOOLEAN"
EXTRACT_COLUMNS = (
    "authority_code VARCHAR, source VARCHAR, dataset VARCHAR, scope VARCHAR, source_file VARCHAR, "
    "file_name VARCHAR, extract_date DATE, generated_at TIMESTAMP, rows_read BIGINT, rows_loaded BIGINT, "
    "rows_refused BIGINT, rows_in_force BIGINT"
)
WITHDRAWAL_COLUMNS = (
    "authority_code VARCHAR, dataset VARCHAR, scope VARCHAR, child_key BIGINT, pupil_key BIGINT, patient_key BIGINT, "
    "withdrawn_on DATE, known_at TIMESTAMP, source_file VARCHAR, source_row BIGINT, is_back BOOLEAN"
)
CHILD_IDENTITY_COLUMNS = (
    "authority_code VARCHAR, identity_kind VARCHAR, identity_key BIGINT, child_key BIGINT, link_rule VARCHAR, "
    "match_probability DOUBLE, outcome VARCHAR, is_contested BOOLEAN, "
    "has_nhs_number BOOLEAN, is_delivered BOOLEAN"
)
SIGN_OFF_COLUMNS = "authority_code VARCHAR, return_code VARCHAR, return_year INTEGER, signed_at TIMESTAMP"
SIGNED_FIGURE_COLUMNS = (
    "authority_code VARCHAR, indicator_id VARCHAR, definition_version INTEGER, as_at DATE, period VARCHAR, "
    "dimension VARCHAR, member VARCHAR, numerator BIGINT, denominator BIGINT, value DOUBLE"
)
STATISTICAL_NEIGHBOUR_COLUMNS = "authority_code VARCHAR, neighbour_code VARCHAR, source_document VARCHAR"
RESTRICTION_COLUMNS = "authority_code VARCHAR, identity_kind VARCHAR, identity_key BIGINT"
NIGHT_COLUMNS = "as_at DATE, known_on TIMESTAMP"


def typed_columns(dataset: Dataset) -> list[tuple[str, str]]:
    """(name, DuckDB type) of every column of `raw.<dataset>`."""
    declared = [(str(column.raw_name), column.raw_type) for column in dataset.raw_columns]
    derived = [(column.name, column.raw_type) for column in dataset.derived_columns]
    return declared + derived + [(name, kind) for name, kind, _ in LINEAGE]


def create_empty(connection: duckdb.DuckDBPyConnection) -> None:
    """Make every relation of the schema, without rows: what dbt needs to parse, unit-test and build on nothing."""
    connection.execute("create schema if not exists raw")
    for dataset in ALL:
        columns = ", ".join(f"cast(null as {kind}) as {name}" for name, kind in typed_columns(dataset))
        connection.execute(f"create or replace view raw.{dataset.name} as select {columns} where false")
    connection.execute(f"create or replace table raw.attendance_partition ({PARTITION_COLUMNS})")
    connection.execute(f"create or replace table raw.extract ({EXTRACT_COLUMNS})")
    connection.execute(f"create or replace table raw.withdrawal ({WITHDRAWAL_COLUMNS})")
    connection.execute(f"create or replace table raw.child_identity ({CHILD_IDENTITY_COLUMNS})")
    connection.execute(f"create or replace table raw.sign_off ({SIGN_OFF_COLUMNS})")
    connection.execute(f"create or replace table raw.signed_figure ({SIGNED_FIGURE_COLUMNS})")
    connection.execute(f"create or replace table raw.statistical_neighbour ({STATISTICAL_NEIGHBOUR_COLUMNS})")
    connection.execute(f"create or replace table raw.restriction ({RESTRICTION_COLUMNS})")
    connection.execute(f"create or replace table raw.night ({NIGHT_COLUMNS})")
    connection.execute("insert into raw.night values (date '2017-05-31', null)")
