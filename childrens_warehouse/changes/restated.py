"""Which figures two releases tell otherwise for the same day, and why: who counts anew, and what was delivered of them.

Figures meet on authority, indicator, reporting date and period. The children behind them are `indicator_subject` of
both releases; why they count otherwise is what `compare` says of the rows about them in the tables that the indicator
is computed from, as dbt's manifest of the newer release has them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import duckdb

from childrens_warehouse import sql
from childrens_warehouse.changes.compare import Side, compare
from childrens_warehouse.errors import WarehouseError
from childrens_warehouse.publish import states
from childrens_warehouse.settings import Settings

# Of all rows about a child the most telling reason is given: what follows from another row explains nothing.
REASONS = ("linked", "withdrawn", "corrected", "late", "new")


@dataclass(frozen=True)
class Why:
    """What was delivered: `children` subjects of the figure about whom `table` differs for that reason."""

    reason: str
    table: str
    dataset: str | None
    known_at: dt.datetime | None
    children: int


@dataclass(frozen=True)
class Restated:
    """One figure that changed. `before`, `now`: as shown. entered, left, otherwise: its subjects."""

    authority: str
    indicator_id: str
    as_at: dt.date
    period: str
    before: str
    now: str
    finality: str
    is_other_definition: bool
    entered: int
    left: int
    otherwise: int
    because: tuple[Why, ...] = field(default=())

    @property
    def is_unexplained(self) -> bool:
        """No delivered row explains it: reference data, a link of somebody else, or the code."""
        return not self.because


def restated(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    older: Side,
    newer: Side,
    indicator_id: str | None = None,
    as_at: dt.date | None = None,
) -> list[Restated]:
    """Every figure of the whole (no slices) that the two releases tell otherwise, with its reasons.

    Leaves the tables `figures` and `subjects` in the connection. Raises WarehouseError for an indicator neither has.
    """
    for side in (older, newer):
        if missing := {"indicator_value", "indicator_subject"} - side.tables.keys():
            raise WarehouseError(f"Release {side.release_id} has no {' and no '.join(sorted(missing))}.")
    connection.execute(f"attach if not exists {sql.literal(older.database)} as older (read_only)")
    connection.execute(f"attach if not exists {sql.literal(newer.database)} as newer (read_only)")
    _find_figures(connection, indicator_id, as_at)
    _find_subjects(connection)
    lineage = _lineage(settings, newer, connection)
    tables = {table for found in lineage.values() for table in found}
    compare(connection, settings, older, newer, only=sorted(tables))
    _explain(connection, lineage)
    return _told(connection)


def _find_figures(connection: duckdb.DuckDBPyConnection, indicator_id: str | None, as_at: dt.date | None) -> None:
    wanted = ["n.dimension = 'all'", "o.dimension = 'all'"]
    if indicator_id:
        found = connection.execute(
            "select 1 from newer.indicator where indicator_id = $1 union select 1 from older.indicator where"
            " indicator_id = $1",
            [indicator_id],
        ).fetchone()
        if not found:
            raise WarehouseError(f"Neither release has an indicator {indicator_id}.")
        wanted.append(f"n.indicator_id = {sql.literal(indicator_id)}")
    if as_at:
        wanted.append(f"n.as_at = {sql.literal(as_at)}")
    connection.execute(
        f"""
        create or replace temp table figures as
        select
            n.authority_code, n.indicator_id, n.as_at, n.period, n.finality,
            n.definition_version <> o.definition_version as is_other_definition,
            coalesce(o.display, '-') as before, coalesce(n.display, '-') as now,
            o.numerator as older_numerator, o.denominator as older_denominator,
            n.numerator as newer_numerator, n.denominator as newer_denominator
        from newer.indicator_value as n
        inner join older.indicator_value as o
            on n.authority_code = o.authority_code and n.indicator_id = o.indicator_id
            and n.as_at = o.as_at and n.period = o.period
        where {" and ".join(wanted)}
            and (n.numerator, n.denominator, n.value) is distinct from (o.numerator, o.denominator, o.value)
        """
    )


def _find_subjects(connection: duckdb.DuckDBPyConnection) -> None:
    """Who counts otherwise in the figures that changed. A child may count several times: sums are compared."""

    def side(name: str) -> str:
        return f"""
            select s.authority_code, s.indicator_id, s.as_at, s.period, s.subject_key,
                sum(s.in_denominator) as denominator, sum(s.in_numerator) as numerator
            from {name}.indicator_subject as s
            semi join figures as f using (authority_code, indicator_id, as_at, period)
            group by all
        """

    connection.execute(
        f"""
        create or replace temp table subjects as
        select
            authority_code, indicator_id, as_at, period, subject_key,
            case when o.denominator is null then 'entered' when n.denominator is null then 'left' else 'otherwise' end
                as change
        from ({side("older")}) as o
        full outer join ({side("newer")}) as n using (authority_code, indicator_id, as_at, period, subject_key)
        where (o.denominator, o.numerator) is distinct from (n.denominator, n.numerator)
        """
    )


def _lineage(settings: Settings, newer: Side, connection: duckdb.DuckDBPyConnection) -> dict[str, tuple[str, ...]]:
    """The published tables with rows of their own that each indicator is computed from, near and far."""
    manifest = states.state_of(settings.home, newer.code) or {"parent_map": {}}
    parents: Mapping[str, list[str]] = manifest["parent_map"]
    by_name = {node.rsplit(".", 1)[-1]: node for node in parents if node.startswith("model.")}
    found: dict[str, tuple[str, ...]] = {}
    for (indicator,) in connection.execute("select distinct indicator_id from figures order by all").fetchall():
        seen: set[str] = set()
        todo = [by_name[f"ind_{indicator}"]] if f"ind_{indicator}" in by_name else []
        while todo:
            for parent in parents.get(todo.pop(), ()):
                if parent not in seen and parent.startswith("model."):
                    seen.add(parent)
                    todo.append(parent)
        names = {node.rsplit(".", 1)[-1] for node in seen}
        found[indicator] = tuple(sorted(name for name in names if _has_lineage(newer.tables.get(name))))
    return found


def _has_lineage(table: Mapping[str, Any] | None) -> bool:
    return table is not None and any(column["name"] == "source_file" for column in table["columns"])


def _explain(connection: duckdb.DuckDBPyConnection, lineage: Mapping[str, tuple[str, ...]]) -> None:
    connection.execute("create or replace temp table reads (indicator_id varchar, table_name varchar)")
    pairs = [(indicator, table) for indicator, tables in lineage.items() for table in tables]
    if pairs:
        connection.executemany("insert into reads values (?, ?)", pairs)
    rank = " ".join(f"when {sql.literal(reason)} then {number}" for number, reason in enumerate(REASONS))
    connection.execute(
        f"""
        create or replace temp table explained as
        with about as (
            -- a row about a pupil is about the child that the pupil is
            select c.*, coalesce(c.child_key, b.child_key, c.pupil_key) as person_key
            from changes as c
            left join newer.bridge_pupil_child as b
                on c.authority_code = b.authority_code and c.pupil_key = b.pupil_key
            where c.reason in ({sql.literals(REASONS)})
            union all
            select c.*, c.pupil_key
            from changes as c
            where c.pupil_key is not null and c.reason in ({sql.literals(REASONS)})
        )
        select s.authority_code, s.indicator_id, s.as_at, s.period, s.subject_key, a.reason, a.table_name, a.dataset,
            a.known_at
        from subjects as s
        inner join reads as r on s.indicator_id = r.indicator_id
        inner join about as a
            on s.authority_code = a.authority_code and s.subject_key = a.person_key and r.table_name = a.table_name
        qualify dense_rank() over (
            partition by s.authority_code, s.indicator_id, s.as_at, s.period, s.subject_key
            order by case a.reason {rank} end
        ) = 1
        """
    )


def _told(connection: duckdb.DuckDBPyConnection) -> list[Restated]:
    because: dict[tuple[Any, ...], list[Why]] = {}
    for *key, reason, table, dataset, known_at, children in connection.execute(
        "select authority_code, indicator_id, as_at, period, reason, table_name, dataset, max(known_at),"
        " count(distinct subject_key) from explained"
        " group by authority_code, indicator_id, as_at, period, reason, table_name, dataset order by all"
    ).fetchall():
        because.setdefault(tuple(key), []).append(Why(reason, table, dataset, known_at, children))
    rows = connection.execute(
        """
        select f.authority_code, f.indicator_id, f.as_at, f.period, f.before, f.now, f.finality, f.is_other_definition,
            count(*) filter (s.change = 'entered'), count(*) filter (s.change = 'left'),
            count(*) filter (s.change = 'otherwise')
        from figures as f
        left join subjects as s using (authority_code, indicator_id, as_at, period)
        group by all
        order by f.authority_code, f.indicator_id, f.as_at, f.period
        """
    ).fetchall()
    return [
        Restated(
            authority=row[0],
            indicator_id=row[1],
            as_at=row[2],
            period=row[3],
            before=row[4],
            now=row[5],
            finality=row[6],
            is_other_definition=row[7],
            entered=row[8],
            left=row[9],
            otherwise=row[10],
            because=tuple(because.get(row[:4], ())),
        )
        for row in rows
    ]
