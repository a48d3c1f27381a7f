"""Are there as many rows as there should be, compared with the current release and with what was stored?"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

import duckdb
import pyarrow as pa

from childrens_warehouse.build import candidate
from childrens_warehouse.build.candidate import State
from childrens_warehouse.datasets import Coverage
from childrens_warehouse.publish.current import Release
from childrens_warehouse.publish.tables import Table
from childrens_warehouse.quality.judge import RuleResult

# Rows per authority; "" where a table is not kept by authority.
Volume = Mapping[str, int]

# Below this a half or a double is chance.
_FEWEST_TO_COMPARE = 20
# Fewer files of registers than this have no usual size: the first of all may bear years.
_FEWEST_FILES = 3
_TENFOLD = 10
FILE_TENFOLD, FILE_TENTH = FILE_RULES = ("PUB-FILE-TENFOLD", "PUB-FILE-TENTH")

# Half of what is wrong put right is no reason to stop.
_FEWER_IS_BETTER = frozenset({"fct_data_quality_finding"})


def count(connection: duckdb.DuckDBPyConnection, tables: Iterable[Table]) -> dict[str, dict[str, int]]:
    """Rows per public table and authority."""
    counted = {}
    for table in tables:
        authority = "coalesce(authority_code, '')" if table.has("authority_code") else "''"
        counted[table.name] = dict(
            connection.execute(
                f"select {authority} as authority, count(*) from {table.relation} group by authority order by authority"
            ).fetchall()
        )
    return counted


def compare(
    counted: Mapping[str, Volume], release: Release | None, without: Collection[str] = ()
) -> Iterator[tuple[str, RuleResult]]:
    """Each table against the current release, authority by authority; nothing to say of a first release.

    without: authorities that are left out on purpose.
    """
    before = release.volumes if release else {}
    for table, volume in counted.items():
        pairs = [
            (rows, volume.get(authority, 0))
            for authority, rows in before.get(table, {}).items()
            if rows >= _FEWEST_TO_COMPARE and authority not in without
        ]
        if pairs:
            halved = sum(now * 2 < then for then, now in pairs)
            doubled = sum(now > then * 2 for then, now in pairs)
            if table not in _FEWER_IS_BETTER:
                yield table, _result("PUB-ROWS-HALVED", "at_least_half_of_the_release", "critical", halved, len(pairs))
            yield table, _result("PUB-ROWS-DOUBLED", "at_most_double_of_the_release", "warning", doubled, len(pairs))


def compare_files(connection: duckdb.DuckDBPyConnection, release: Release | None) -> Iterator[tuple[str, RuleResult]]:
    """The files in force that the current release has not, against those it has; one result a rule and dataset.

    A list against the one whose scope it takes; a file of registers, which replaces none, against the median of those
    in force before it, of which there must be a few. Of registers a tenth only warns: so few schools are open on the
    first day of a holiday. Datasets without a fact are compared like any other.
    """
    if release is None or not release.files:
        return
    known = pa.Table.from_pylist(
        [
            {name: each[name] for name in ("authority_code", "dataset", "scope", "source_file", "rows_in_force")}
            for each in release.files
        ]
    )
    connection.register("files_of_the_release", known)
    found = connection.execute(
        f"""
        with compared as (
            select
                n.dataset, n.scope = '{Coverage.SCHOOL_DATE}' as is_registers, n.rows_loaded as now,
                case when n.scope = '{Coverage.SCHOOL_DATE}' then of_registers.usual else b.rows_in_force end as before
            from raw.extract as n
            left join files_of_the_release as b
                on n.authority_code = b.authority_code and n.dataset = b.dataset and n.scope = b.scope
                and n.scope <> '{Coverage.SCHOOL_DATE}'
            left join (
                select e.authority_code, e.dataset, median(e.rows_loaded) as usual
                from raw.extract as e
                where e.source_file in (select source_file from files_of_the_release)
                group by e.authority_code, e.dataset
                having count(*) >= {_FEWEST_FILES}
            ) as of_registers on n.authority_code = of_registers.authority_code and n.dataset = of_registers.dataset
            where (n.authority_code, n.dataset, n.scope, n.source_file)
                not in (select (authority_code, dataset, scope, source_file) from files_of_the_release)
        )
        select
            dataset, any_value(is_registers), count(*),
            count(*) filter (where now >= {_TENFOLD} * before), count(*) filter (where now * {_TENFOLD} <= before)
        from compared
        where greatest(now, before) >= {_FEWEST_TO_COMPARE} and before is not null
        group by dataset
        order by dataset
        """
    ).fetchall()
    connection.unregister("files_of_the_release")
    for dataset, is_registers, compared, tenfold, tenth in found:
        weight = "warning" if is_registers else "critical"
        yield "dim_extract", _result(FILE_TENFOLD, "file_under_tenfold", "critical", tenfold, compared, dataset)
        yield "dim_extract", _result(FILE_TENTH, "file_above_a_tenth", weight, tenth, compared, dataset)


def compare_partitions(connection: duckdb.DuckDBPyConnection, state: State) -> Iterator[tuple[str, RuleResult]]:
    """The partitions in the candidate against those that the state says it holds, judged earlier or now."""
    found = candidate.partition_rows(connection)
    for table in candidate.partitioned_tables(connection):
        expected = {key: held.rows.get(table, 0) for key, held in state.held.items()}
        counted = {key: rows.get(table, 0) for key, rows in found.items()}
        keys = expected.keys() | counted.keys()
        wrong = sum(counted.get(key, 0) != expected.get(key, 0) for key in keys)
        yield table, _result("PUB-ROWS-STORED", "partitions_hold_their_rows", "critical", wrong, len(keys))


def _result(
    rule: str, expectation: str, severity: str, wrong: int, compared: int, dataset: str | None = None
) -> RuleResult:
    return RuleResult(rule, expectation, dataset, severity, wrong == 0, wrong, compared)
