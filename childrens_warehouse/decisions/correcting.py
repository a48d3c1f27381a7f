"""Prepare a rectification from the row that is wrong, and say of each whether it still holds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import duckdb

from childrens_warehouse import sql
from childrens_warehouse.datasets import BY_NAME, Dataset
from childrens_warehouse.decisions import rectifications
from childrens_warehouse.decisions.rectifications import Rectification, Verdict
from childrens_warehouse.errors import WarehouseError
from childrens_warehouse.raw.acceptance import Acceptance
from childrens_warehouse.raw.in_force import in_force
from childrens_warehouse.reference import code_list
from childrens_warehouse.settings import Settings


def prepare(
    settings: Settings, authority: str, file_id: str, row: int, dataset: str, column: str, value: str | None
) -> tuple[Rectification, list[str]]:
    """The rectification of a field, not decided yet; and the other scopes in which its record says the same.

    Raises WarehouseError where no such row is in force, or the field may not be corrected so.
    """
    each = _file(settings, authority, file_id, dataset)
    declared = BY_NAME[each.dataset]
    try:
        field = rectifications.column_of(declared, column)
    except ValueError as error:
        raise WarehouseError(f"{error}.") from None
    name, record = str(field.raw_name), _record(settings, each, row)
    with duckdb.connect() as connection:
        try:
            found = connection.execute(
                "select cast(try_cast($value as " + field.raw_type + ") as varchar), $value is not null",
                {"value": value},
            ).fetchone() or (None, False)
        except duckdb.Error:
            found = (None, True)
    if found[1] and found[0] is None:
        raise WarehouseError(f"This is no {field.kind.value} as raw has it ({field.raw_type}).")
    if field.code_list and value is not None:
        codes = {code.code for code in code_list(field.code_list)}
        if not codes.issuperset(value.split(";")):
            raise WarehouseError(f"{column} has codes of list {field.code_list}, and this is none of them.")
    was = _said(settings, each, record, name)
    if was == found[0]:
        raise WarehouseError(f"{column} of this row says so already.")
    said = Rectification(
        Verdict.CORRECTED, authority, declared.name, each.scope, record, name, was, found[0], "", "", "",
        dt.datetime.now(dt.UTC),
    )  # fmt: skip
    others = [
        other.scope
        for other in _in_force(settings, authority, declared.name)
        if not said.is_of(other.scope) and _has(settings, other, record, name, was)
    ]
    return said, sorted(others)


def standing(settings: Settings, authority: str, file_id: str, row: int, dataset: str, column: str) -> Rectification:
    """The correction that stands on a field of a row. Raises WarehouseError where none does."""
    column = column.lower()
    each = _file(settings, authority, file_id, dataset)
    record = _record(settings, each, row)
    for said in rectifications.in_force(rectifications.on_file(settings.home)):
        declared = {str(one.raw_name): one.name.lower() for one in BY_NAME[each.dataset].raw_columns}
        is_column = column in (said.column, declared[said.column])
        if is_column and (said.authority, said.dataset, said.record) == (authority, each.dataset, record):
            return said
    raise WarehouseError(f"Nothing corrects {column} of this row: `warehouse rectify list` shows what is corrected.")


def states(settings: Settings) -> list[tuple[Rectification, str, str]]:
    """Each correction that was not withdrawn, whether it still holds, and the file and row it is on."""
    return [(said, *_state(settings, said)) for said in rectifications.in_force(rectifications.on_file(settings.home))]


def _state(settings: Settings, said: Rectification) -> tuple[str, str]:
    files = [each for each in _in_force(settings, said.authority, said.dataset) if said.is_of(each.scope)]
    for each in files:
        with duckdb.connect() as connection:
            found = connection.execute(
                f"select cast({sql.name(said.column)} as varchar), _source_row"
                f" from read_parquet({sql.literal(each.content(settings.home))})"
                f" where {rectifications.is_record(BY_NAME[said.dataset], said.record)} order by _source_row desc"
            ).fetchone()
        if found is None:
            continue
        place = f"row {found[1]} of {each.file_name} ({each.extract_date}, {each.file_id})"
        if found[0] == said.was:
            return "in force", place
        if found[0] == said.value:
            return "overtaken: the source says so now", place
        return "overtaken: the source says something else now, look at it", place
    return "without effect: the record is in no file in force", ""


def _file(settings: Settings, authority: str, file_id: str, dataset: str) -> Acceptance:
    found = [
        each
        for each in in_force(settings).extracts
        if each.authority == authority and each.file_id == file_id and dataset in ("", each.dataset)
    ]
    if not found:
        raise WarehouseError(
            f"No file in force of authority {authority} is {file_id}{f' with {dataset}' if dataset else ''}."
        )
    if len({each.dataset for each in found}) > 1:
        raise WarehouseError(f"This file bears {', '.join(sorted(each.dataset for each in found))}: say --dataset.")
    return found[0]


def _in_force(settings: Settings, authority: str, dataset: str) -> Iterator[Acceptance]:
    for each in in_force(settings).extracts:
        if (each.authority, each.dataset) == (authority, dataset):
            yield each


def _record(settings: Settings, each: Acceptance, row: int) -> tuple[tuple[str, str | int], ...]:
    dataset: Dataset = BY_NAME[each.dataset]
    keys = ", ".join(map(sql.name, dataset.raw_key))
    with duckdb.connect() as connection:
        found = connection.execute(
            f"select {keys} from read_parquet({sql.literal(each.content(settings.home))}) where _source_row = ?", [row]
        ).fetchone()
    if found is None:
        raise WarehouseError(f"{each.file_name} ({each.file_id}) has no row {row} in raw.")
    plain = (cell if isinstance(cell, int | str) else str(cell) for cell in found)
    return tuple(zip(dataset.raw_key, plain, strict=True))


def _said(settings: Settings, each: Acceptance, record: tuple[tuple[str, str | int], ...], column: str) -> str | None:
    """What the record says, by its last row in the file: the one that counts."""
    with duckdb.connect() as connection:
        found = connection.execute(
            f"select cast({sql.name(column)} as varchar) from read_parquet({sql.literal(each.content(settings.home))})"
            f" where {rectifications.is_record(BY_NAME[each.dataset], record)} order by _source_row desc"
        ).fetchone()
    return found[0] if found else None


def _has(
    settings: Settings, each: Acceptance, record: tuple[tuple[str, str | int], ...], column: str, was: str | None
) -> bool:
    with duckdb.connect() as connection:
        found = connection.execute(
            f"select 1 from read_parquet({sql.literal(each.content(settings.home))})"
            f" where {rectifications.is_record(BY_NAME[each.dataset], record)}"
            f" and cast({sql.name(column)} as varchar) is not distinct from ?",
            [was],
        ).fetchone()
    return found is not None
