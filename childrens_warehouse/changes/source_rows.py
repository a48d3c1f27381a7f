"""Why a row differs: what the delivered rows behind it say, in the release before and in this one.

| reason | the row |
| --- | --- |
| new | tells of a day after the night of the older release |
| late | tells of an earlier day, and came only since |
| corrected | is there in both, and the delivered row behind it says something else |
| withdrawn | is gone, because the list it came from no longer has it |
| linked | is the same delivered row, of another child: identities were joined or parted |
| consequence | follows from other rows, from the later night, or from other code |
"""

from __future__ import annotations

import datetime as dt

import duckdb
import pyarrow.parquet as pq

from childrens_warehouse import sql
from childrens_warehouse.raw.acceptance import accepted
from childrens_warehouse.settings import Settings


def create(connection: duckdb.DuckDBPyConnection) -> None:
    """The tables that `load` fills, and what the newer release says was withdrawn since the older."""
    connection.execute(
        "create temp table source_rows (source_file varchar, source_row bigint, dataset varchar, said ubigint)"
    )
    connection.execute("create temp table loaded (source_file varchar)")
    connection.execute(
        """
        create temp table withdrawn as
        select * from newer.fct_withdrawal
        where (source_file, source_row, dataset, known_at) not in (
            select (source_file, source_row, dataset, known_at) from older.fct_withdrawal
        )
        """
    )
    connection.execute(
        """
        create temp table extracts as
        select source_file, dataset, max(generated_at) as generated_at
        from (select * from older.dim_extract union all by name select * from newer.dim_extract)
        group by source_file, dataset
        """
    )


def load(connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Hash what the delivered rows behind `differing` say. Files that retention removed stay unknown."""
    wanted = {
        row[0]
        for row in connection.execute(
            "select older_source_file from differing union select newer_source_file from differing"
            " except select source_file from loaded"
        ).fetchall()
        if row[0]
    }
    for each in accepted(settings.home):
        content = each.content(settings.home)
        if each.file_id in wanted and content.exists():
            # Cells that say nothing are left out: a column that was declared since does not make a row another.
            cells = ", ".join(
                f"{sql.literal(name + '=')} || cast({sql.name(name)} as varchar)"
                for name in pq.read_schema(content).names
                if name not in ("_source_row", "_source_file")
            )
            connection.execute(
                f"insert into source_rows select {sql.literal(each.file_id)}, _source_row, {sql.literal(each.dataset)},"
                f" hash(concat_ws(chr(31), {cells})) from read_parquet({sql.literal(content)})"
            )
    connection.executemany("insert into loaded values (?)", [[file] for file in sorted(wanted)] or [[None]])


def with_reasons(table: str, older_as_at: dt.date) -> str:
    """The statement that adds the rows of `differing` to `changes`."""
    return f"""
        insert into changes
        with said as (
            -- a row of a workbook shares file and number with rows of the other sheets
            select source_file, source_row, dataset, any_value(said) as said
            from source_rows group by source_file, source_row, dataset
        ),
        told as (
            select
                d.*,
                o.said as older_said, n.said as newer_said,
                coalesce(n.dataset, o.dataset) as dataset
            from differing as d
            left join said as o
                on d.older_source_file = o.source_file and d.older_source_row = o.source_row
                and coalesce(d.older_source_dataset, o.dataset) = o.dataset
            left join said as n
                on d.newer_source_file = n.source_file and d.newer_source_row = n.source_row
                and coalesce(d.newer_source_dataset, n.dataset) = n.dataset
                and (o.dataset is null or o.dataset = n.dataset)
            qualify row_number() over (partition by d.row_key, d.change order by n.dataset, o.dataset) = 1
        ),
        -- the same delivered row, once under another child
        moved as (
            select distinct added.newer_said as said
            from told as added
            inner join told as removed on added.newer_said = removed.older_said
            where
                added.change = 'added' and removed.change = 'removed'
                and coalesce(added.child_key, added.pupil_key) <> coalesce(removed.child_key, removed.pupil_key)
        ),
        -- a key that names file and row is another one after every delivery, though nothing else is
        delivered_again as (
            select row_key from told where change = 'added'
            intersect
            select row_key from told where change = 'removed'
        ),
        gone as (
            select authority_code, dataset, child_key, pupil_key, patient_key, max(known_at) as known_at
            from withdrawn group by all
        )
        select
            {sql.literal(table)}, t.authority_code, t.child_key, t.pupil_key, t.patient_key, t.row_key, t.change,
            case
                when coalesce(t.newer_said, t.older_said) in (select said from moved) then 'linked'
                when t.change = 'added' and t.happened_on > {sql.literal(older_as_at)} then 'new'
                when t.change = 'added' and t.newer_source_file is not null then 'late'
                when t.change = 'changed' and t.older_said <> t.newer_said then 'corrected'
                when t.change = 'removed' and g.known_at is not null then 'withdrawn'
                else 'consequence'
            end,
            t.columns_changed, t.happened_on,
            case when t.change = 'removed' then g.known_at else x.generated_at end,
            coalesce(t.dataset, x.dataset, g.dataset)
        from told as t
        left join extracts as x
            on t.newer_source_file = x.source_file and coalesce(t.dataset, x.dataset) = x.dataset
        left join gone as g
            on t.authority_code = g.authority_code
            and t.older_source_file is not null
            and coalesce(t.child_key, t.pupil_key, t.patient_key) = coalesce(g.child_key, g.pupil_key, g.patient_key)
            and coalesce(t.dataset, g.dataset) = g.dataset
        where t.row_key not in (select row_key from delivered_again)
        qualify row_number() over (partition by t.row_key, t.change order by g.known_at desc nulls last, x.dataset) = 1
    """
