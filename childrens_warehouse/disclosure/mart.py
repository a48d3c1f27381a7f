"""The tables for everybody, made in the candidate: `marts_aggregate.indicator`, a suppressed `indicator_value`, and the
regional figures that follow from it.

Beside them `disclosure.indicator_suppression` says of each hidden row why; that would give hidden figures away and is
for those who may read all.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import duckdb
import numpy as np
import pandas as pd

from childrens_warehouse import sql
from childrens_warehouse.disclosure import SCHEMA, neighbours, regional
from childrens_warehouse.disclosure.figures import KEY, SENSITIVE, of_frame
from childrens_warehouse.disclosure.profiles import Profile
from childrens_warehouse.disclosure.protect import protect, summary
from childrens_warehouse.disclosure.rests import TABLE, small_rests
from childrens_warehouse.errors import BuildFailed

_DEFINITIONS, _FIGURES = "indicator", "indicator_value"
SUPPRESSION = "disclosure.indicator_suppression"
SUPPRESSION_COMMENT = (
    "One row per suppressed row of indicator_value in marts_aggregate.duckdb, and why: primary (a count in it, or the"
    " number of children behind it, is small) or secondary (it would give another away)."
)

# What is shown of every row: what it is about, and what others set or published.
ALWAYS = (*KEY, "member_label", "unit", "finality", "target", "england", "direction")
# Of the row's own counts alone.
OF_THE_ROW = ("numerator", "denominator", "value", "display", "lower_95", "upper_95", "rag")
# Of the row and of the same figure a year before.
OF_THE_YEAR_BEFORE = ("previous_year",)
# Of the row and of the same figure up to a year before.
OF_THE_YEAR = ("previous", "change", "direction_of_travel", "is_beyond_chance")
# Every other column may rest on any earlier row of the same figure.

# More of what is counted than this per child is not children but sessions: then children are estimated.
_SESSIONS = 10


def tables(connection: duckdb.DuckDBPyConnection) -> tuple[str, ...]:
    """The tables that everybody may see, in the order of their names: of regions, where the candidate has them."""
    return (_DEFINITIONS, _FIGURES, *(name for name in regional.TABLES if columns(connection, name)))


def create(
    connection: duckdb.DuckDBPyConnection,
    profile: Profile,
    earlier: Path | None,
    of_regions: Mapping[str, str] = MappingProxyType({}),
) -> Mapping[str, int]:
    """Make the tables in a candidate that is open for writing.

    earlier: folder of the release that is published. of_regions: queries of the suppressed tables (regional.queries).
    """
    frame = _rows(connection, profile, earlier)
    parts = _parts(connection)
    found = []
    told: dict[str, int] = {"known": 0, "small": 0, "hidden": 0}
    for _, of_authority in frame.groupby("authority_code"):
        figures = of_frame(of_authority, parts)
        protection = protect(figures, profile)
        there = figures.rows >= 0
        found.append(
            pd.DataFrame(
                {
                    "row": figures.rows[there],
                    "hidden": protection.hidden[there],
                    "small": protection.small[there],
                    "left_out": figures.left_out[there],
                }
            )
        )
        for name, number in summary(protection, figures).items():
            told[name] += number
    hidden = pd.concat(found) if found else pd.DataFrame(columns=["row", "hidden", "small", "left_out"])
    hidden = hidden[hidden["hidden"].astype(bool) | hidden["left_out"].astype(bool)]
    connection.register("hidden_frame", hidden.astype({"row": np.int64, "small": bool, "left_out": bool}))
    try:
        connection.execute("create or replace temp table hidden_rows as select row, small, left_out from hidden_frame")
        if profile.rounded_to == 1:
            told["hidden"] += _hide_what_a_rest_would_tell(connection, profile)
        connection.execute(f"create or replace temp table untold_rows as {_untold(connection, profile)}")
        connection.execute(f"create schema if not exists {SCHEMA}")
        connection.execute("create schema if not exists disclosure")
        connection.execute(f"create or replace table {SCHEMA}.{_DEFINITIONS} as select * from marts.{_DEFINITIONS}")
        connection.execute(f"create or replace table {SCHEMA}.{_FIGURES} as {_shown(connection, profile)}")
        connection.execute(
            f"create or replace table {SUPPRESSION} as select {', '.join(f'v.{name}' for name in KEY)},"
            " case when h.small then 'primary' else 'secondary' end as reason"
            " from marts.indicator_value as v inner join hidden_rows as h on v.rowid = h.row where not h.left_out"
        )
    finally:
        connection.unregister("hidden_frame")
        connection.execute("drop table if exists hidden_rows")
        connection.execute("drop table if exists untold_rows")
    for table, query in of_regions.items():
        connection.execute(f"create or replace table {SCHEMA}.{table} as {query}")
    for table in tables(connection):
        _copy_comments(connection, table)
    return told


def _untold(connection: duckdb.DuckDBPyConnection, profile: Profile) -> str:
    """The query of the rows whose average of neighbours is not shown; of none in a candidate without neighbours."""
    if not columns(connection, neighbours.LIST) or neighbours.SOURCE not in columns(connection, _FIGURES):
        return "select cast(null as bigint) as row where false"
    return neighbours.untold(profile)


def _hide_what_a_rest_would_tell(connection: duckdb.DuckDBPyConnection, profile: Profile) -> int:
    """Hide all members of a dimension, in all periods of the indicator, where a shown whole still leaves a small rest.

    Windows of events are settled member by member, and a member may be left alone in one of them. Hiding more tells
    nothing new, so one look is enough. Returns how many rows that took.
    """
    figures = (
        f"select v.* replace (case when h.row is not null then 'suppressed' else v.disclosure end as disclosure),"
        f" {counted_as(connection)} as counted_as from marts.indicator_value as v"
        " inner join marts.indicator as i"
        " on v.indicator_id = i.indicator_id and v.definition_version = i.definition_version"
        " left join hidden_rows as h on v.rowid = h.row"
    )
    same = [name for name in (*TABLE, "dimension") if name not in ("as_at", "period")]
    taken = connection.execute(
        f"""
        insert into hidden_rows
        select v.rowid, false, false
        from marts.indicator_value as v
        semi join ({small_rests(figures, profile)}) as r
            on {" and ".join(f"v.{name} = r.{name}" for name in same)}
        anti join hidden_rows as h on v.rowid = h.row
        where v.disclosure = 'open'
        """
    ).fetchone()
    return int(taken[0]) if taken else 0


def has_figures(connection: duckdb.DuckDBPyConnection) -> bool:
    """Does the candidate hold indicators and their definitions?"""
    return {*KEY, "disclosure"} <= set(columns(connection, "indicator_value")) and bool(
        columns(connection, "indicator")
    )


def columns(connection: duckdb.DuckDBPyConnection, table: str, schema: str = "marts") -> list[str]:
    return [
        name
        for (name,) in connection.execute(
            "select column_name from duckdb_columns() where database_name = current_database()"
            " and schema_name = ? and table_name = ? order by column_index",
            [schema, table],
        ).fetchall()
    ]


def _rows(connection: duckdb.DuckDBPyConnection, profile: Profile, earlier: Path | None) -> pd.DataFrame:
    """What `of_frame` needs, of every authority."""
    key = ", ".join(f"v.{name}" for name in KEY)
    same_key = " and ".join(f"b.{name} = v.{name}" for name in KEY)
    before, after = _before(earlier)
    units = sql.literals(sorted(SENSITIVE))
    unknown = connection.execute(f"select distinct unit from marts.indicator where unit not in ({units})").fetchall()
    if unknown:
        raise BuildFailed(f"Nobody said what must be hidden of the unit {unknown[0][0]}.")
    frame = connection.execute(
        f"""
        with most as ({_most_of_a_child(connection)}),
        before as ({before})
        select v.rowid as row, {key}, {counted_as(connection)} as unit,
            coalesce({is_of_events(connection)}, false) as is_of_events,
            cast(v.numerator as bigint) as numerator, cast(v.denominator as bigint) as denominator,
            v.numerator is not null as is_known,
            coalesce(
                most.most >= {_SESSIONS} and v.denominator > 0
                and v.denominator < most.most * {profile.largest_hidden + 1},
                false
            ) as few,
            coalesce(b.disclosure = 'suppressed' and {after}, false) as hidden_before,
            coalesce(b.disclosure = 'open' and {after}, false) as open_before
        from marts.indicator_value as v
        inner join marts.indicator as i
            on v.indicator_id = i.indicator_id and v.definition_version = i.definition_version
        left join most
            on v.authority_code = most.authority_code and v.indicator_id = most.indicator_id
            and v.as_at = most.as_at and v.period = most.period
        left join before as b on {same_key}
        """
    ).df()
    frame["as_at"] = pd.to_datetime(frame["as_at"]).dt.date
    return frame


def counted_as(connection: duckdb.DuckDBPyConnection) -> str:
    """What a row of indicator_value (v) counts, by its definition (i): its unit, or events per hundred subjects."""
    if "interval_method" not in columns(connection, "indicator"):
        return "v.unit"
    return "case when v.unit = 'percent' and i.interval_method = 'byar' then 'events_per_hundred' else v.unit end"


def is_of_events(connection: duckdb.DuckDBPyConnection) -> str:
    """Do the periods of a definition (i) add up?"""
    return "i.counted = 'by_event'" if "counted" in columns(connection, "indicator") else "false"


def _most_of_a_child(connection: duckdb.DuckDBPyConnection) -> str:
    """The largest denominator of a single subject, by indicator, reporting date and period."""
    found = connection.execute(
        "select table_schema || '.' || table_name from information_schema.tables"
        " where table_catalog = current_database() and table_name = 'indicator_subject'"
    ).fetchone()
    names = "authority_code, indicator_id, as_at, period"
    if not found:
        return (
            "select cast(null as varchar) as authority_code, cast(null as varchar) as indicator_id,"
            " cast(null as date) as as_at, cast(null as varchar) as period, 0 as most where false"
        )
    return f"select {names}, max(in_denominator) as most from {found[0]} group by {names}"


def _before(earlier: Path | None) -> tuple[str, str]:
    """The query of what was published before, and the condition that a row's numbers are still the same."""
    names = ", ".join(KEY)
    if earlier is None:
        empty = ", ".join(
            f"cast(null as {'date' if name == 'as_at' else 'integer' if name == 'definition_version' else 'varchar'})"
            f" as {name}"
            for name in KEY
        )
        return f"select {empty}, '' as disclosure, 0 as numerator, 0 as denominator where false", "false"
    suppressed = sql.literal(earlier / "aggregate" / "indicator_value.parquet")
    everything = sql.literal(earlier / "indicator_value.parquet")
    return (
        f"select {names}, s.disclosure, o.numerator, o.denominator from read_parquet({suppressed}) as s"
        f" inner join read_parquet({everything}) as o using ({names})",
        "b.numerator is not distinct from v.numerator and b.denominator is not distinct from v.denominator",
    )


def _parts(connection: duckdb.DuckDBPyConnection) -> list[tuple[tuple[str, str], tuple[str, str]]]:
    """Members of a slice that are part of a member of another: types of placement, of their groups.

    A type goes by the code of a placement and its provider ("U4 PR1"), a group by the code alone.
    """
    if "source_value" not in columns(connection, "dim_indicator_member"):
        return []
    found = connection.execute(
        """
        select distinct p.member, o.member
        from marts.dim_placement_type as t
        inner join marts.dim_indicator_member as p
            on p.dimension = 'placement_type' and split_part(p.source_value, ' ', 1) = t.placement_type_code
        inner join marts.dim_indicator_member as o
            on o.dimension = 'placement_group' and lower(o.source_value) = lower(t.placement_group)
        """
    ).fetchall()
    return [(("placement_type", part), ("placement_group", of)) for part, of in found]


def _shown(connection: duckdb.DuckDBPyConnection, profile: Profile) -> str:
    """The query of the suppressed table; columns nobody named are withheld as soon as any of their figures is."""
    figure = ", ".join(name for name in KEY if name != "as_at")
    is_hidden = "is_hidden"
    shown = []
    types = dict(
        connection.execute(
            "select column_name, data_type from duckdb_columns() where database_name = current_database()"
            " and schema_name = 'marts' and table_name = 'indicator_value'"
        ).fetchall()
    )
    for name in columns(connection, "indicator_value"):
        if name in ALWAYS:
            shown.append(sql.name(name))
        elif name in neighbours.COLUMNS:
            shown.append(f"case when not is_untold then {sql.name(name)} end as {sql.name(name)}")
        elif name == "disclosure":
            shown.append(f"case when {is_hidden} then 'suppressed' else disclosure end as disclosure")
        elif profile.rounded_to > 1:
            told = _rounded(name, profile.rounded_to) or "null"
            shown.append(f"cast({told} as {types[name]}) as {sql.name(name)}")
        elif name in OF_THE_ROW:
            shown.append(f"case when not {is_hidden} then {sql.name(name)} end as {sql.name(name)}")
        elif name in OF_THE_YEAR_BEFORE:
            shown.append(f"case when not is_hidden_with_year_before then {sql.name(name)} end as {sql.name(name)}")
        elif name in OF_THE_YEAR:
            shown.append(f"case when not is_hidden_in_year then {sql.name(name)} end as {sql.name(name)}")
        else:
            shown.append(f"case when not is_hidden_ever then {sql.name(name)} end as {sql.name(name)}")
    return f"""
        with marked as (
            select v.*, i.decimals, h.row is not null as is_hidden, coalesce(h.left_out, false) as is_left_out,
                u.row is not null as is_untold
            from marts.indicator_value as v
            inner join marts.indicator as i
                on v.indicator_id = i.indicator_id and v.definition_version = i.definition_version
            left join hidden_rows as h on v.rowid = h.row
            left join untold_rows as u on v.rowid = u.row
        ),
        looked_around as (
            select *,
                bool_or(is_hidden) over (partition by {figure}) as is_hidden_ever,
                bool_or(is_hidden) over (
                    partition by {figure} order by as_at range between interval 13 months preceding and current row
                )
                or coalesce(lag(is_hidden) over (partition by {figure} order by as_at), false) as is_hidden_in_year,
                is_hidden or coalesce(
                    -- 28 February and 29 February are a year apart
                    bool_or(is_hidden) over (
                        partition by {figure} order by as_at
                        range between interval 367 days preceding and interval 364 days preceding
                    ),
                    false
                ) as is_hidden_with_year_before
            from marked
        )
        select {", ".join(shown)} from looked_around where not is_left_out
    """


def _rounded(name: str, to: int) -> str | None:
    """A column where counts are shown to the nearest `to`; nothing that would tell the unrounded number."""
    numerator = f"cast(floor((numerator + {to / 2}) / {to}) * {to} as bigint)"
    denominator = (
        "case when unit = 'per_10k' then denominator"
        f" else cast(floor((denominator + {to / 2}) / {to}) * {to} as bigint) end"
    )
    is_mean = "unit in ('mean', 'mean_days')"
    value = (
        f"case when unit = 'count' then cast({numerator} as double)"
        f" when unit = 'percent' then {numerator} * 100.0 / nullif({denominator}, 0)"
        f" when unit = 'per_10k' then {numerator} * 10000.0 / nullif({denominator}, 0)"
        f" when {is_mean} then cast(display as double) end"
    )
    by_decimals = " ".join(
        f"when decimals = {number} then cast(cast(round({value}, {number}) as decimal(18, {number})) as varchar)"
        for number in range(4)
    )
    told = {
        "numerator": f"case when not {is_mean} then {numerator} end",
        "denominator": denominator,
        "value": value,
        "display": f"case when disclosure <> 'not_available' then case {by_decimals} end end",
    }
    return f"case when not is_hidden then {told[name]} end" if name in told else None


def _copy_comments(connection: duckdb.DuckDBPyConnection, table: str) -> None:
    """Words for the table and its columns, as dbt wrote them for the open one."""
    there = "database_name = current_database() and schema_name = 'marts' and table_name = ?"
    for (comment,) in connection.execute(f"select comment from duckdb_tables() where {there}", [table]).fetchall():
        if comment:
            connection.execute(f"comment on table {SCHEMA}.{table} is {sql.literal(comment)}")
    for name, comment in connection.execute(
        f"select column_name, comment from duckdb_columns() where {there} and comment is not null", [table]
    ).fetchall():
        connection.execute(f"comment on column {SCHEMA}.{table}.{sql.name(name)} is {sql.literal(comment)}")
