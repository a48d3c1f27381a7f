"""What runs on DuckDB today must run on Spark when a region outgrows one machine.

Every compiled model is carried over with sqlglot. That proves syntax and functions, not results; where the engines
differ in meaning (docs/adr), a dispatched macro of ours holds the difference.
"""

from __future__ import annotations

import re

import pytest
import sqlglot
from sqlglot import ErrorLevel, exp

from childrens_warehouse.build.dbt import DBT_PROJECT
from tests.dbt_project.conftest import Built

pytestmark = pytest.mark.slow

# Functions that were looked up and mean the same on Spark 4 in the way the models use them, by sqlglot's names.
# A name that is not here is a question to answer, not an error: look it up, then add it or write a macro.
CARRIED = {
    "AND", "OR", "CASE", "IF", "COALESCE", "NULLIF", "TRY_CAST", "CAST", "EXISTS",
    "COUNT", "SUM", "MIN", "MAX", "AVG", "ROUND", "ABS", "FLOOR", "SQRT", "GREATEST", "LEAST", "GROUPING",
    "GROUP_CONCAT",
    "LOGICAL_OR", "LOGICAL_AND", "BITWISE_COUNT", "BITWISE_OR_AGG",
    "ROW_NUMBER", "RANK", "DENSE_RANK", "LAG", "LEAD",
    "CONCAT", "CONCAT_WS", "REPLACE", "RIGHT", "LEFT", "SUBSTRING", "STR_POSITION", "LENGTH", "LOWER", "UPPER", "TRIM",
    "DATEDIFF", "DATE_TRUNC", "EXTRACT", "TIMESTAMP_TRUNC", "TS_OR_DS_TO_DATE", "LAST_DAY",
    # only in the calendar, where dbt's own macro writes it for each engine
    "GENERATE_SERIES", "EXPLODE",
    # only as dbt's own split_part, by a blank
    "REGEXP_SPLIT",
}  # fmt: skip


def carry(statement: str) -> str:
    """The statement in Spark's words. Raises sqlglot's error if it cannot be said there."""
    (carried,) = sqlglot.transpile(
        statement, read="duckdb", write="spark", unsupported_level=ErrorLevel.RAISE, error_level=ErrorLevel.RAISE
    )
    return carried


def functions(statement: str) -> set[str]:
    """Names of the functions that a statement in Spark's words calls."""
    return {
        function.name.upper() if isinstance(function, exp.Anonymous) else function.sql_name()
        for function in sqlglot.parse_one(statement, read="spark").find_all(exp.Func)
    }


def nested_types(statement: str) -> list[str]:
    """List and struct types and literals, which public models must not hold."""
    tree = sqlglot.parse_one(statement, read="duckdb")
    nested = [exp.Array, exp.Struct, exp.ArrayAgg, exp.Map]
    return [node.sql() for node in tree.find_all(*nested)] + [
        kind.sql() for kind in tree.find_all(exp.DataType) if kind.this in exp.DataType.NESTED_TYPES
    ]


def test_every_model_can_be_said_in_spark(empty_build: Built):
    problems = {}
    carried = 0
    for model in empty_build.models:
        try:
            unknown = functions(carry(empty_build.compiled(model))) - CARRIED
        except sqlglot.errors.SqlglotError as error:
            problems[model["name"]] = str(error)[:300]
            continue
        carried += 1
        if unknown:
            problems[model["name"]] = f"not known to be the same on Spark: {', '.join(sorted(unknown))}"
    assert not problems
    assert carried == len(empty_build.models) > 40


def test_no_model_holds_a_list_or_a_struct(empty_build: Built):
    nested = {model["name"]: nested_types(empty_build.compiled(model)) for model in empty_build.models}
    assert not {name: found for name, found in nested.items() if found}


@pytest.mark.parametrize(
    "statement",
    [
        "select strptime(held_on, '%d/%m/%Y') from reviews",
        "select list_aggregate(list(marks), 'string_agg', ' ') from episodes",
        "select epoch_ms(stamp) from episodes",
    ],
)
def test_a_function_that_spark_lacks_is_found(statement: str):
    """The check above must be able to fail."""
    assert functions(carry(statement)) - CARRIED


def test_a_list_is_found():
    assert nested_types("select list(marks) from episodes")
    assert nested_types("select {'child': child_key} as row from episodes")
    assert nested_types("select cast(null as varchar[]) as marks")
    assert not nested_types("select max(marks) from episodes")


def test_every_dispatched_macro_of_ours_has_a_word_for_spark():
    dispatched = set()
    for path in (DBT_PROJECT / "macros").rglob("*.sql"):
        text = path.read_text(encoding="utf-8")
        for name in re.findall(r"adapter\.dispatch\(\s*'(\w+)',\s*'childrens_warehouse'", text):
            dispatched.add(name)
            for engine in ("default", "spark"):
                assert re.search(rf"macro {engine}__{name}\(", text), f"{path.name}: no {engine}__{name}"
    assert {"add_days", "add_hours", "add_months", "days_between", "last_day_of_month"} <= dispatched
