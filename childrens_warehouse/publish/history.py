"""What was published of every figure, and when: one row per figure and stretch of releases that said the same.

A release folder holds `indicator_history.parquet`: that of the release before, with what this one changed. It is about
releases, not about children's services, so it is no table of the candidate and not part of a release's content; in
marts.duckdb it is the table `indicator_publication`. Figures of the night itself are left out: they are of that night
only.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb

from childrens_warehouse import sql
from childrens_warehouse.publish import files
from childrens_warehouse.settings import Home

FILE = "indicator_history.parquet"
TABLE = "indicator_publication"

_KEY = ("authority_code", "indicator_id", "definition_version", "as_at", "period", "dimension", "member")
_SAID = ("numerator", "denominator", "value", "display", "finality")
COLUMNS = (
    ("authority_code", "VARCHAR", "Three-digit code of the local authority."),
    ("indicator_id", "VARCHAR", "Indicator."),
    ("definition_version", "INTEGER", "Version of its definition."),
    ("as_at", "DATE", "Reporting date; month ends and year ends."),
    ("period", "VARCHAR", "Period that ends with it."),
    ("dimension", "VARCHAR", "What is sliced by."),
    ("member", "VARCHAR", "Member of the slice."),
    ("numerator", "BIGINT", "Numerator as published."),
    ("denominator", "BIGINT", "Denominator as published."),
    ("value", "DOUBLE", "Unrounded value as published; null if there was none."),
    ("display", "VARCHAR", "Value as shown."),
    ("finality", "VARCHAR", "provisional, final or restated, as it was called then."),
    ("first_release_id", "VARCHAR", "First release that said so."),
    ("published_from", "TIMESTAMP", "When that release was written (UTC)."),
    ("published_until", "TIMESTAMP", "When a release said otherwise (UTC); null: this is published."),
)
COMMENT = (
    "One row per figure (authority, indicator, definition version, reporting date, period, dimension, member) and"
    " stretch of releases that published it alike: as published then, beside as known now in indicator_value. Figures"
    " of a single night are left out."
)


def write(
    connection: duckdb.DuckDBPyConnection, home: Home, folder: Path, manifest: Mapping[str, Any]
) -> dict[str, Any] | None:
    """Write the history of a release to be into its folder, from the candidate's figures.

    None where it has none: a build as known on an instant is beside what is published.
    """
    if not {"indicator_value", "dim_reporting_date"} <= manifest["tables"].keys() or manifest["known_on"]:
        return None
    published_at = f"cast({sql.literal(manifest['published_at'])} as timestamptz) at time zone 'UTC'"
    before = home.releases / manifest["previous"] / FILE if manifest["previous"] else None
    names = ", ".join(name for name, _, _ in COLUMNS)
    empty = f"select {', '.join(f'cast(null as {kind}) as {name}' for name, kind, _ in COLUMNS)} where false"
    history = f"select {names} from read_parquet({sql.literal(before)})" if before and before.exists() else empty
    same_key = " and ".join(f"h.{name} = v.{name}" for name in _KEY)
    same = " and ".join(f"h.{name} is not distinct from v.{name}" for name in _SAID)
    connection.execute(
        f"""
        create or replace temp table figures_published as
        with history as ({history}),
        figures as (
            select {", ".join(f"v.{name}" for name in (*_KEY, *_SAID))}
            from marts.indicator_value as v
            inner join marts.dim_reporting_date as d on v.as_at = d.as_at
            where d.is_month_end
        ),
        kept as (
            select h.*, v.as_at is not null as is_said, coalesce({same}, false) as is_same
            from history as h
            left join figures as v on {same_key}
            where h.published_until is null
        )
        select {names}, false as is_changed from history where published_until is not null
        union all
        -- a reporting date that is no longer shown was not said otherwise
        select {", ".join(name for name, _, _ in COLUMNS[:-1])},
            case when is_said and not is_same then {published_at} else published_until end as published_until,
            is_said and not is_same as is_changed
        from kept
        union all
        select {", ".join(f"v.{name}" for name in (*_KEY, *_SAID))}, {sql.literal(manifest["release_id"])},
            {published_at}, null, true
        from figures as v
        left join (select {", ".join(_KEY)} from kept where is_same) as h on {same_key}
        where h.as_at is null
        """
    )
    target = folder / FILE
    changed = connection.execute("select count(*) from figures_published where is_changed").fetchone()
    if before and before.exists() and changed == (0,):
        return {"path": FILE, "is_linked": files.link_or_copy(before, target)}
    connection.execute(
        f"copy (select {names} from figures_published order by {', '.join(_KEY)}, published_from)"
        f" to {sql.literal(target)} (format parquet, compression zstd)"
    )
    connection.execute("drop table figures_published")
    files.flush(target)
    return {"path": FILE, "is_linked": False}


def create_table(connection: duckdb.DuckDBPyConnection, folder: Path, which: str = "true") -> None:
    """The table of marts.duckdb, where the release has a history. which: of its rows, as a condition."""
    path = folder / FILE
    if not path.exists():
        return
    columns = ", ".join(f"{name} {kind}" for name, kind, _ in COLUMNS)
    connection.execute(f"create table {TABLE} ({columns})")
    connection.execute(
        f"insert into {TABLE} select {', '.join(name for name, _, _ in COLUMNS)}"
        f" from read_parquet({sql.literal(path)}) where {which}"
    )
    connection.execute(f"comment on table {TABLE} is {sql.literal(COMMENT)}")
    for name, _, comment in COLUMNS:
        connection.execute(f"comment on column {TABLE}.{name} is {sql.literal(comment)}")
