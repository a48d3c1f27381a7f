"""Does what the facts hold add up with what was landed?

Counted here from the files' own numbers, apart from dbt, which accounts for each dropped row by its reason in
`fct_reconciliation` (judged by that table's suite).
"""

from __future__ import annotations

from collections.abc import Iterator

import duckdb

from childrens_warehouse import sql
from childrens_warehouse.datasets import ALL, Coverage
from childrens_warehouse.quality.judge import RuleResult

_SMALL = tuple(dataset.name for dataset in ALL if dataset.coverage is not Coverage.SCHOOL_DATE)
_LARGE = tuple(dataset.name for dataset in ALL if dataset.coverage is Coverage.SCHOOL_DATE)


def results(connection: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, RuleResult]]:
    """(table, result) of each comparison; counts of authorities, datasets or months that do not add up."""
    yield "dim_extract", _compare(
        connection, "PUB-LANDED", "raw_holds_what_the_files_have_in_force", f"""
        with told as (
            select authority_code, dataset, sum(rows_in_force) as expected
            from raw.extract group by authority_code, dataset
        ),
        found as ({" union all ".join(_count_of(dataset) for dataset in _SMALL)}
            union all
            select authority_code, {sql.literal(_LARGE[0])} as dataset, sum(rows_in_force) as found
            from marts.fct_attendance_partition group by authority_code
        )
        select coalesce(expected, 0) as expected, coalesce(found, 0) as found
        from told full join found using (authority_code, dataset)
        """,
    )  # fmt: skip
    yield "fct_attendance_session", _compare(
        connection, "PUB-SESSIONS-EXPLAINED", "sessions_are_rows_in_force_but_for_those_explained", """
        with told as (
            select
                authority_code, session_month, rows_in_force - rows_duplicate - rows_second_supplier as expected
            from marts.fct_attendance_partition
        ),
        found as (
            select authority_code, session_month, count(*) as found
            from marts.fct_attendance_session group by authority_code, session_month
        )
        select coalesce(expected, 0) as expected, coalesce(found, 0) as found
        from told full join found using (authority_code, session_month)
        """,
    )  # fmt: skip


def _count_of(dataset: str) -> str:
    return (
        f"select _authority_code as authority_code, {sql.literal(dataset)} as dataset, count(*) as found"
        f" from raw.{sql.name(dataset)} group by _authority_code"
    )


def _compare(connection: duckdb.DuckDBPyConnection, rule: str, expectation: str, query: str) -> RuleResult:
    """Judge pairs (expected, found): critical when one pair differs."""
    wrong, compared = connection.execute(
        f"select count(*) filter (where expected <> found), count(*) from ({query})"
    ).fetchone() or (0, 0)
    return RuleResult(rule, expectation, None, "critical", wrong == 0, wrong, compared)
