"""Are there as many rows as there should be, compared with the current release and with what was stored?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import duckdb

from childrens_warehouse.build import candidate
from childrens_warehouse.build.candidate import State
from childrens_warehouse.publish.current import Release
from childrens_warehouse.publish.tables import Table
from childrens_warehouse.quality.judge import RuleResult

# Rows per authority; "" where a table is not kept by authority.
Volume = Mapping[str, int]

# Below this a half or a double is chance.
_FEWEST_TO_COMPARE = 20

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


def compare(counted: Mapping[str, Volume], release: Release | None) -> Iterator[tuple[str, RuleResult]]:
    """Each table against the current release, authority by authority; nothing to say of a first release."""
    before = release.volumes if release else {}
    for table, volume in counted.items():
        pairs = [
            (rows, volume.get(authority, 0))
            for authority, rows in before.get(table, {}).items()
            if rows >= _FEWEST_TO_COMPARE
        ]
        if pairs:
            halved = sum(now * 2 < then for then, now in pairs)
            doubled = sum(now > then * 2 for then, now in pairs)
            if table not in _FEWER_IS_BETTER:
                yield table, _result("PUB-ROWS-HALVED", "at_least_half_of_the_release", "critical", halved, len(pairs))
            yield table, _result("PUB-ROWS-DOUBLED", "at_most_double_of_the_release", "warning", doubled, len(pairs))


def compare_partitions(connection: duckdb.DuckDBPyConnection, state: State) -> Iterator[tuple[str, RuleResult]]:
    """The partitions in the candidate against those that the state says it holds, judged earlier or now."""
    found = candidate.partition_rows(connection)
    for table in candidate.partitioned_tables(connection):
        expected = {key: held.rows.get(table, 0) for key, held in state.held.items()}
        counted = {key: rows.get(table, 0) for key, rows in found.items()}
        keys = expected.keys() | counted.keys()
        wrong = sum(counted.get(key, 0) != expected.get(key, 0) for key in keys)
        yield table, _result("PUB-ROWS-STORED", "partitions_hold_their_rows", "critical", wrong, len(keys))


def _result(rule: str, expectation: str, severity: str, wrong: int, compared: int) -> RuleResult:
    return RuleResult(rule, expectation, None, severity, wrong == 0, wrong, compared)
