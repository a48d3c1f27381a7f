"""One dataset as it was known at a moment of the past: which files counted then, and their rows."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from childrens_warehouse import spreadsheets, sql
from childrens_warehouse.datasets import Coverage, Dataset
from childrens_warehouse.decisions import restrictions
from childrens_warehouse.publish import restricting
from childrens_warehouse.raw.acceptance import Acceptance
from childrens_warehouse.raw.in_force import InForce, create_raw_schema, in_force
from childrens_warehouse.settings import Settings


def files_known(settings: Settings, dataset: Dataset, known_on: dt.datetime | None) -> list[tuple[Acceptance, int]]:
    """The files of a dataset in force at `known_on` (None: now), each with the rows of it that counted."""
    force = in_force(settings, known_on)
    return [
        (each, force.rows_in_force[dataset.name, each.file_id])
        for each in force.extracts
        if each.dataset == dataset.name
    ]


def write_rows(settings: Settings, dataset: Dataset, known_on: dt.datetime | None, target: Path) -> int:
    """Write the rows in force at `known_on` as raw has them, pseudonymised, for the owner alone; return how many.

    target: a .parquet or .csv file. Rows of overlapping collection years are all there, each with its year; none is
    about a person whose data may not be shown today.
    """
    force = in_force(settings, known_on)
    is_restricted = bool(restrictions.in_force(force.restrictions))
    connection = duckdb.connect()
    try:
        # Who a restricted person is in the lists of other services takes the links.
        create_raw_schema(connection, settings, force, _months(force, dataset), with_children=is_restricted)
        form = "format csv, header true" if target.suffix == ".csv" else "format parquet"
        order = ", ".join(sql.name(column) for column in ("_authority_code", "_source_file", "_source_row"))
        with _owner_only():
            rows = f"select * from raw.{sql.name(dataset.name)}"
            if is_restricted:
                rows += _but_restricted(dataset)
            found = connection.execute(f"select count(*) from ({rows})").fetchone()
            if target.suffix == ".csv":
                rows = spreadsheets.select_sql(connection, rows)
            connection.execute(f"copy ({rows} order by {order}) to {sql.literal(target)} ({form})")
        return int(found[0]) if found else 0
    finally:
        connection.close()


@contextmanager
def _owner_only() -> Iterator[None]:
    """Files made meanwhile are for their owner alone from the first byte on."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


def _but_restricted(dataset: Dataset) -> str:
    """Where no number of a row is a restricted person's."""
    numbers = [str(column.raw_name) for column in dataset.raw_columns if column.identifier]
    named = restricting.about_restricted(numbers, "_authority_code")
    return f" where not coalesce({' or '.join(named)}, false)" if named else ""


def _months(force: InForce, dataset: Dataset) -> list[tuple[str, dt.date]]:
    if dataset.coverage is not Coverage.SCHOOL_DATE:
        return []
    return [(each.authority, each.month) for each in force.partitions]
