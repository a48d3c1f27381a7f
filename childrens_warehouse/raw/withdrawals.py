"""What disappeared from a list: rows of one accepted file that the next file of its scope no longer has.

A withdrawal is derived by comparing neighbours in the order of their stamps, never stored as a change: a file that
comes late makes new neighbours, and the old comparison is no longer asked for. A row that the newer file has but that
was set aside counts as withdrawn until it is put right. The comparison of two contents changes only when one of them is
judged again, so it is kept beside the newer one:

    raw/<dataset>/<authority>/withdrawn/<newer content>--<older file id>.parquet     its rows; empty file: none

Attendance is left out: what a school date no longer holds is counted by landing (rows_withdrawn in the ledger).
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import duckdb

from childrens_warehouse import sql, unfinished
from childrens_warehouse.datasets import BY_NAME, Coverage, Dataset, Identifier
from childrens_warehouse.errors import BuildFailed
from childrens_warehouse.raw.acceptance import Acceptance
from childrens_warehouse.settings import OWNER_ONLY_FILE, Home, make_private

# Who a row is of, as raw.withdrawal tells: column -> the domain of the identifier in the dataset's key.
SUBJECTS = {
    "child_key": Identifier.SOCIAL_CARE_ID,
    "pupil_key": Identifier.UPN,
    "patient_key": Identifier.PATIENT_ID,
}

_TRIES = 20


@dataclass(frozen=True)
class Withdrawal:
    """Rows that `newer` no longer has and `older`, its neighbour of the same scope, had; `path` holds them."""

    older: Acceptance
    newer: Acceptance
    path: Path

    @property
    def withdrawn_on(self) -> dt.date:
        return self.newer.extract_date


def withdrawals(home: Home, acceptances: Iterable[Acceptance]) -> list[Withdrawal]:
    """Every withdrawal among these files, oldest first. Compares what was not compared before."""
    by_scope: dict[tuple[str, str, str], list[Acceptance]] = defaultdict(list)
    for each in acceptances:
        if BY_NAME[each.dataset].coverage is not Coverage.SCHOOL_DATE:
            by_scope[each.authority, each.dataset, each.scope].append(each)
    found = []
    for _, files in sorted(by_scope.items()):
        for older, newer in pairwise(sorted(files, key=lambda each: each.order)):
            if older.sha256 != newer.sha256 and (path := _with_rows(home, older, newer)):
                found.append(Withdrawal(older, newer, path))
    return found


def insert(connection: duckdb.DuckDBPyConnection, home: Home, withdrawal: Withdrawal, in_force: Iterable[Path]) -> None:
    """Put the rows of one withdrawal into `raw.withdrawal`. in_force: the contents in force of its list."""
    statement = f"insert into raw.withdrawal {select(withdrawal, in_force)}"
    for _ in range(_TRIES):
        if _with_rows(home, withdrawal.older, withdrawal.newer) is None:
            return
        try:
            connection.execute(statement)
            return
        except duckdb.IOException:
            if withdrawal.path.exists():
                raise
    raise _never_stands_still(withdrawal.newer)


def compared(home: Home, older: Acceptance, newer: Acceptance) -> Path:
    """The file with the rows that `older` has and `newer` has not, by key; made if it is not there. Empty: none."""
    path = newer.folder(home) / "withdrawn" / f"{newer.content(home).stem}--{older.file_id}.parquet"
    if path.exists():
        return path
    make_private(path.parent)
    dataset = BY_NAME[newer.dataset]
    key = ", ".join(sql.name(column) for column in dataset.raw_key)
    part = unfinished.part_of(path)
    connection = duckdb.connect()
    try:
        connection.execute(
            f"create table gone as select {', '.join(_columns(dataset))} "
            f"from read_parquet({sql.literal(older.content(home))}) as o "
            # The last row of a key is the one that counted.
            "where not contains(coalesce(o._marks, ''), 'KEY-DUPLICATE') "
            f"and not exists (select 1 from read_parquet({sql.literal(newer.content(home))}) as n "
            f"where {' and '.join(f'n.{column} = o.{column}' for column in map(sql.name, dataset.raw_key))})"
        )
        rows = connection.execute("select count(*) from gone").fetchone()
        if rows and rows[0]:
            connection.execute(f"copy (select * from gone order by {key}) to {sql.literal(part)} (format parquet)")
        else:
            part.touch()
        part.chmod(OWNER_ONLY_FILE)
        part.replace(path)
    finally:
        connection.close()
        part.unlink(missing_ok=True)
    return path


def _with_rows(home: Home, older: Acceptance, newer: Acceptance) -> Path | None:
    """The comparison, or None where nothing disappeared."""
    for _ in range(_TRIES):
        path = compared(home, older, newer)
        # Landing forgets a comparison when it judges one of the two again, and may do so at any moment.
        with contextlib.suppress(FileNotFoundError):
            return path if path.stat().st_size else None
    raise _never_stands_still(newer)


def _never_stands_still(newer: Acceptance) -> BuildFailed:
    return BuildFailed(f"{newer.dataset} is landed again and again while it is built: try again later.")


def forget(home: Home, acceptance: Acceptance) -> None:
    """Compare a file anew: its content was judged again, and may hold rows now that were set aside."""
    folder = acceptance.folder(home) / "withdrawn"
    for path in (*folder.glob(f"{acceptance.file_id}-*.parquet"), *folder.glob(f"*--{acceptance.file_id}.parquet")):
        path.unlink(missing_ok=True)


def select(withdrawal: Withdrawal, in_force: Iterable[Path]) -> str:
    """SQL of the rows of one withdrawal as raw.withdrawal has them. in_force: the contents in force of its list."""
    dataset = BY_NAME[withdrawal.newer.dataset]
    same = " and ".join(f"f.{column} = w.{column}" for column in map(sql.name, dataset.raw_key))
    files = list(in_force)
    is_back = f"exists (select 1 from read_parquet({sql.file_list(files)}) as f where {same})" if files else "false"
    subjects = ", ".join(_subject(dataset, column, "w") for column in SUBJECTS)
    return (
        f"select {sql.literal(withdrawal.newer.authority)} as authority_code, "
        f"{sql.literal(dataset.name)} as dataset, {sql.literal(withdrawal.newer.scope)} as scope, {subjects}, "
        f"{sql.literal(withdrawal.withdrawn_on)} as withdrawn_on, "
        f"{sql.literal(withdrawal.newer.generated_at)} as known_at, "
        f"{sql.literal(withdrawal.older.file_id)} as source_file, w._source_row as source_row, {is_back} as is_back "
        f"from read_parquet({sql.literal(withdrawal.path)}) as w"
    )


def _columns(dataset: Dataset) -> Iterator[str]:
    """The key, whose row it is, and where it was seen last."""
    yield from (f"o.{sql.name(column)}" for column in dataset.raw_key)
    yield "o._source_row"


def _subject(dataset: Dataset, column: str, alias: str) -> str:
    """The key column that says whose row it is, or null."""
    for name in dataset.key:
        declared = dataset.column(name)
        if declared.identifier is SUBJECTS[column]:
            return f"{alias}.{sql.name(str(declared.raw_name))} as {column}"
    return f"cast(null as bigint) as {column}"
