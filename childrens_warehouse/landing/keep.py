"""Keep a judged file: identities to the restricted store first, then the pseudonymised rows to raw.

Works on the view `judged` and the table `duplicate_rows` of childrens_warehouse.landing.rows.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from childrens_warehouse import sql, unfinished
from childrens_warehouse.datasets import Column, Coverage, Dataset, PersonalData
from childrens_warehouse.landing import places
from childrens_warehouse.landing.identifiers import MARKS
from childrens_warehouse.landing.pseudonyms import Pseudonymiser
from childrens_warehouse.publish import files
from childrens_warehouse.raw.acceptance import Acceptance
from childrens_warehouse.settings import OWNER_ONLY_FILE, Home, make_private

_PARQUET = "format parquet, compression zstd, parquet_version v2"
_MOVED_BY = {Coverage.SCHOOL_DATE: ("supplier", "school_urn", "session_date")}


def map_identities(
    connection: duckdb.DuckDBPyConnection, dataset: Dataset, authority: str, pseudonymiser: Pseudonymiser
) -> None:
    """Create one table `identity_<domain>` (text, key, is_valid) per domain that the dataset bears.

    Each distinct identifier passes through Python once; rows do not.
    """
    by_domain: dict[str, list[Column]] = {}
    for column in dataset.columns:
        if _domain(column):
            by_domain.setdefault(_domain(column), []).append(column)
    for domain, columns in by_domain.items():
        texts = " union ".join(
            f"select distinct {_name(column)} as text from judged where {_name(column)} is not null"
            for column in columns
        )
        found = sorted(row[0] for row in connection.execute(texts).fetchall())
        mapped = pseudonymiser.map(domain, authority, found)
        table = pa.table(
            {
                "text": pa.array([text for text, _, _ in mapped], pa.string()),
                "key": pa.array([key for _, key, _ in mapped], pa.int64()),
                "is_valid": pa.array([valid for _, _, valid in mapped], pa.bool_()),
            }
        )
        connection.register("mapped", table)
        connection.execute(f"create or replace table identity_{domain} as select * from mapped")
        connection.unregister("mapped")


def domains(dataset: Dataset) -> list[str]:
    """The pseudonym domains that a dataset bears."""
    return sorted({_domain(column) for column in dataset.columns if _domain(column)})


def is_kept(dataset: Dataset, acceptance: Acceptance, home: Home) -> bool:
    """Are the rows of an accepted file all where they belong, with identities and names? Retention removes the names of
    what no longer counts."""
    content = acceptance.content(home)
    identities = home.restricted / dataset.name / acceptance.authority / f"{content.stem}.identities.parquet"
    return (
        content.exists()
        and (identities.exists() or not domains(dataset))
        and (persons(acceptance, home).exists() or not _says_more(dataset))
    )


def write_restricted(
    connection: duckdb.DuckDBPyConnection, dataset: Dataset, acceptance: Acceptance, home: Home
) -> None:
    """Identities of the kept rows: `<file>.identities.parquet` (domain, value, key) and, where the file says more
    of a person than that, `<file>.persons.parquet` (row number, identities as delivered, keys)."""
    folder = home.restricted / dataset.name / acceptance.authority
    of_dataset = domains(dataset)
    if of_dataset:
        union = " union all ".join(
            f"select {sql.literal(domain)} as domain, text as value, key, is_valid from identity_{domain}"
            for domain in of_dataset
        )
        _copy(
            connection,
            f"{union} order by domain, value",
            folder / f"{acceptance.content(home).stem}.identities.parquet",
        )
    if _says_more(dataset):
        columns = ", ".join(_name(column) for column in dataset.identity_columns)
        _copy(
            connection,
            f"select _source_row, {columns} from judged where _refusal is null order by _source_row",
            persons(acceptance, home),
        )


def persons(acceptance: Acceptance, home: Home) -> Path:
    """Where the restricted store has what a file says of persons."""
    folder = home.restricted / acceptance.dataset / acceptance.authority
    return folder / f"{acceptance.content(home).stem}.persons.parquet"


def _says_more(dataset: Dataset) -> bool:
    """Does it say more of a person than one identifier?"""
    is_more = any(column.is_identity and not _domain(column) for column in dataset.columns)
    return is_more or len(domains(dataset)) > 1


def write_content(
    connection: duckdb.DuckDBPyConnection, dataset: Dataset, acceptance: Acceptance, home: Home, duplicates: int
) -> None:
    """The kept rows, pseudonymised, with their marks; and for attendance the registers they belong to."""
    joins, marks, is_marked = [], ["j._oddities"], ["j._oddities is not null"]
    is_valid: dict[str, list[str]] = {}  # mark -> of all columns it speaks of, since a row bears a mark once
    cells = []
    for column in dataset.raw_columns:
        expression = f"j.{_name(column)}"
        if domain := _domain(column):
            alias = sql.name(f"i_{column.name.lower()}")
            joins.append(f"left join identity_{domain} as {alias} on j.{_name(column)} = {alias}.text")
            expression = f"{alias}.key"
            if column.identifier in MARKS:
                is_valid.setdefault(MARKS[column.identifier], []).append(f"{alias}.is_valid")
                if column.name not in dataset.key:
                    # It identifies nobody for sure. As a key it still tells rows of its own source apart.
                    expression = f"case when {alias}.is_valid then {alias}.key end"
        elif column.personal is PersonalData.BIRTH_DATE:
            expression = f"cast(date_trunc('month', j.{_name(column)}) as date)"
        cells.append(f"cast({expression} as {column.raw_type}) as {sql.name(str(column.raw_name))}")
    derived = places.derive(connection, dataset, acceptance.authority, home)
    cells += derived.cells
    joins += derived.joins
    marks += [f"case when not ({' and '.join(tests)}) then '{mark}' end" for mark, tests in is_valid.items()]
    is_marked += [f"not ({' and '.join(tests)})" for tests in is_valid.values()]
    if duplicates:
        is_marked.append("d.mark is not null")
        joins.append("left join duplicate_rows as d on j._source_row = d._source_row")
        marks.append("d.mark")
    content = acceptance.content(home)
    _copy(
        connection,
        f"""
        select {", ".join(cells)},
            cast({sql.literal(acceptance.authority)} as varchar) as _authority_code,
            case when {" or ".join(is_marked)} then concat_ws(' ', {", ".join(marks)}) end as _marks,
            cast({sql.literal(acceptance.file_id)} as varchar) as _source_file,
            cast(j._source_row as bigint) as _source_row
        from judged as j
        {" ".join(joins)}
        where j._refusal is null
        """,
        content,
    )
    if _is_moved(dataset):
        register = ", ".join(_MOVED_BY[dataset.coverage])
        _copy(
            connection,
            f"select _source_file as source_file, {register}, count(*) as rows "
            f"from read_parquet({sql.literal(content)}) group by source_file, {register} order by {register}",
            acceptance.registers(home),
        )


@dataclass(frozen=True)
class Difference:
    """Rows of a file against what it replaces, by key."""

    new: int
    changed: int
    unchanged: int
    withdrawn: int

    def to_dict(self) -> dict[str, Any]:
        """As an outcome says it."""
        return {f"rows_{name}": rows for name, rows in asdict(self).items()}


def compare_again(dataset: Dataset, acceptance: Acceptance, before: list[Acceptance], home: Home) -> Difference | None:
    """The same for content that raw has already; None where that very content counted before: nothing changes."""
    with duckdb.connect() as connection:
        held = _registers_before(connection, dataset, acceptance, before, home)[0] if _is_moved(dataset) else before
        if [each.sha256 for each in held] == [acceptance.sha256]:
            return None
        found = connection.execute(
            f"select count(*) from read_parquet({sql.literal(acceptance.content(home))}) "
            "where contains(coalesce(_marks, ''), 'KEY-DUPLICATE')"
        ).fetchone()
        return compare(connection, dataset, acceptance, before, home, int(found[0]) if found else 0)


def compare(
    connection: duckdb.DuckDBPyConnection,
    dataset: Dataset,
    acceptance: Acceptance,
    before: list[Acceptance],
    home: Home,
    duplicates: int,
) -> Difference:
    """Count, by key, what is new, changed, unchanged and withdrawn against the files in force before.

    For attendance only the registers that this file contains are compared.
    """
    where = "true"
    if _is_moved(dataset):
        before, where = _registers_before(connection, dataset, acceptance, before, home)
    if not before:
        return Difference(acceptance.rows_loaded - duplicates, 0, 0, 0)
    key = ", ".join(sql.name(column) for column in dataset.raw_key)
    others = [str(c.raw_name) for c in dataset.raw_columns if str(c.raw_name) not in dataset.raw_key]
    values = f"hash({', '.join(sql.name(column) for column in others)})" if others else "0"
    value_of_the_last = f"arg_max({values}, _source_row) as value_hash"  # of one key twice the last row counts
    same_key = " and ".join(f"n.{column} is not distinct from o.{column}" for column in key.split(", "))
    old_files = sql.file_list(each.content(home) for each in before)
    row = connection.execute(
        f"""
        with new_rows as (
            select {key}, {value_of_the_last}
            from read_parquet({sql.literal(acceptance.content(home))})
            group by {key}
        ),
        old_rows as (
            select {key}, {value_of_the_last} from read_parquet({old_files}) where {where} group by {key}
        )
        select
            count(*) filter (where o.value_hash is null),
            count(*) filter (where o.value_hash <> n.value_hash),
            count(*) filter (where o.value_hash = n.value_hash),
            count(*) filter (where n.value_hash is null)
        from new_rows as n
        full outer join old_rows as o on {same_key}
        """
    ).fetchone()
    return Difference(*(int(count) for count in row)) if row else Difference(0, 0, 0, 0)


def _registers_before(
    connection: duckdb.DuckDBPyConnection,
    dataset: Dataset,
    acceptance: Acceptance,
    before: list[Acceptance],
    home: Home,
) -> tuple[list[Acceptance], str]:
    """The files that held this file's registers until now, and the condition that picks their rows.

    The small indexes are asked first, so that a new day does not read years of marks.
    """
    if not before:
        return [], "false"
    register = ", ".join(_MOVED_BY[dataset.coverage])
    # Of content that came under several stamps the newest counts.
    newest = {each.file_id: each for each in sorted(before, key=lambda each: each.order)}
    ranked = sorted(newest.values(), key=lambda each: each.order)
    ids = "[" + sql.literals(each.file_id for each in ranked) + "]"
    connection.execute(
        f"""
        create or replace table registers_before as
        select {register}, arg_max(source_file, list_position({ids}, source_file)) as source_file
        from read_parquet({sql.file_list(each.registers(home) for each in ranked)})
        where ({register}) in (select ({register}) from read_parquet({sql.literal(acceptance.registers(home))}))
        group by {register}
        """
    )
    held = {row[0] for row in connection.execute("select distinct source_file from registers_before").fetchall()}
    where = f"({register}, _source_file) in (select ({register}, source_file) from registers_before)"
    return [each for each in ranked if each.file_id in held], where


def _is_moved(dataset: Dataset) -> bool:
    """Does a file replace registers rather than a list?"""
    return dataset.coverage in _MOVED_BY


def _domain(column: Column) -> str:
    """The pseudonym domain of a column, or an empty text."""
    if column.identifier:
        return column.identifier.value
    return "postcode" if column.personal is PersonalData.POSTCODE else ""


def _name(column: Column) -> str:
    return sql.name(column.name.lower())


def _copy(connection: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    """Write a query's rows to a private Parquet file: whole, and on the disk before it counts, or not at all."""
    make_private(path.parent)
    part = unfinished.part_of(path)
    try:
        connection.execute(f"copy ({query}) to {sql.literal(part)} ({_PARQUET})")
        part.chmod(OWNER_ONLY_FILE)
        files.flush(part)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
