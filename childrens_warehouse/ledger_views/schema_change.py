"""What changed in a file's columns since the file before it: pure comparison, and the relation `schema_change`."""

from __future__ import annotations

import difflib
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

import duckdb
import pyarrow as pa

# Of two headers that differ more than this, one was taken away and another came.
_LIKENESS = 0.6


class Change(StrEnum):
    """What happened to one column, or to their order."""

    ADDED = "added"
    REMOVED = "removed"
    RENAMED = "renamed"
    RETYPED = "retyped"
    REORDERED = "reordered"


@dataclass(frozen=True)
class ColumnChange:
    """One change. column: as it is called now, or was if it is gone; was: what it was called before a renaming."""

    change: Change
    column: str
    was: str | None = None


def compare(before: Sequence[str], after: Sequence[str], unreadable: Collection[str] = ()) -> tuple[ColumnChange, ...]:
    """The changes from one header to the next.

    unreadable: columns of which most cells can no longer be read as what they are declared.
    A removed and an added column are one renamed column when their names are each other's nearest.
    """
    removed = [column for column in before if column not in after]
    added = [column for column in after if column not in before]
    renamed = _pairs(removed, added)
    changes = [ColumnChange(Change.RENAMED, now, was) for was, now in renamed.items()]
    changes += [ColumnChange(Change.REMOVED, column) for column in removed if column not in renamed]
    changes += [ColumnChange(Change.ADDED, column) for column in added if column not in renamed.values()]
    changes += [ColumnChange(Change.RETYPED, column) for column in after if column in unreadable]
    stayed = [renamed.get(column, column) for column in before if column in after or column in renamed]
    if stayed != [column for column in after if column in stayed]:
        moved = next(now for was, now in zip(stayed, (c for c in after if c in stayed), strict=True) if was != now)
        changes.append(ColumnChange(Change.REORDERED, moved))
    return tuple(changes)


def _pairs(removed: Sequence[str], added: Sequence[str]) -> dict[str, str]:
    """Old name -> new name, the most alike first, each name once."""
    alike = sorted(
        (
            (difflib.SequenceMatcher(None, was.lower(), now.lower()).ratio(), was, now)
            for was in removed
            for now in added
        ),
        reverse=True,
    )
    pairs: dict[str, str] = {}
    for likeness, was, now in alike:
        if likeness >= _LIKENESS and was not in pairs and now not in pairs.values():
            pairs[was] = now
    return pairs


_HEADERS = """
with
accepted_file as (
    select
        authority, dataset, generated_at, sha256, any_value(source) as source, any_value(file_name) as file_name,
        max(extract_date) as extract_date, any_value(columns) as columns, any_value(rows_read) as rows_read
    from file_event
    where status in ('accepted', 'unchanged') and columns is not null
    group by authority, dataset, generated_at, sha256
),
unreadable as (
    select authority, dataset, generated_at, "column", count(*) as rows
    from refused_row_file
    where rule = 'CELL-UNREADABLE'
    group by all
),
beside as (
    select
        f.authority, f.dataset, f.generated_at,
        list(u."column") filter (where 2 * u.rows >= f.rows_read) as unreadable
    from accepted_file as f
    inner join unreadable as u using (authority, dataset, generated_at)
    group by all
),
consecutive as (
    select
        f.*,
        coalesce(b.unreadable, []) as unreadable,
        lag(f.columns) over by_stamp as columns_before,
        lag(f.extract_date) over by_stamp as extract_date_before,
        lag(coalesce(b.unreadable, [])) over by_stamp as unreadable_before
    from accepted_file as f
    left join beside as b using (authority, dataset, generated_at)
    window by_stamp as (partition by f.authority, f.dataset order by f.generated_at, f.sha256)
)
select
    authority, source, dataset, generated_at, extract_date, extract_date_before, file_name, columns_before, columns,
    list_filter(unreadable, lambda each: not list_contains(unreadable_before, each)) as newly_unreadable
from consecutive
where columns_before is not null and (columns <> columns_before or len(newly_unreadable) > 0)
order by generated_at, authority, dataset
"""

_SCHEMA = pa.schema(
    [
        ("authority", pa.string()),
        ("source", pa.string()),
        ("dataset", pa.string()),
        ("generated_at", pa.timestamp("us")),
        ("extract_date", pa.date32()),
        ("extract_date_before", pa.date32()),
        ("file_name", pa.string()),
        ("change", pa.string()),
        ("column_name", pa.string()),
        ("was", pa.string()),
    ]
)


def derive(connection: duckdb.DuckDBPyConnection) -> pa.Table:
    """One row per change between two accepted files of a dataset that follow each other by stamp."""
    found = connection.execute(_HEADERS).fetchall()
    return pa.Table.from_pylist(
        [
            {
                "authority": authority,
                "source": source,
                "dataset": dataset,
                "generated_at": generated_at,
                "extract_date": day,
                "extract_date_before": day_before,
                "file_name": file_name,
                "change": str(each.change),
                "column_name": each.column,
                "was": each.was,
            }
            for authority, source, dataset, generated_at, day, day_before, file_name, before, after, unreadable in found
            for each in compare(json.loads(before), json.loads(after), unreadable)
        ],
        schema=_SCHEMA,
    )
