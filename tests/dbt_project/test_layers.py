"""Indicators are all of one shape, and no join compares everything with everything."""

from __future__ import annotations

from typing import Any

import pytest
import sqlglot
from sqlglot import exp

from childrens_warehouse.build import dbt
from childrens_warehouse.datasets import ALL
from tests.dbt_project.conftest import Built

pytestmark = pytest.mark.slow

SHAPE = ("authority_code", "as_at", "subject_key", "in_denominator", "in_numerator", "measure")

Manifest = dict[str, Any]


def _model(manifest: Manifest, name: str) -> dict[str, Any]:
    return manifest["nodes"][f"model.childrens_warehouse.{name}"]


def test_every_indicator_file_is_an_indicator(empty_build: Built):
    """One SQL file and one YAML entry: it is in the dictionary, and in the table of values on every day."""
    expected = {model.removeprefix("ind_") for model in dbt.indicator_models()}
    assert len(expected) >= 8
    assert {model["name"] for model in empty_build.models if model["fqn"][1] == "indicators"} == set(
        dbt.indicator_models()
    )
    assert {name for (name,) in empty_build.query("select indicator_id from marts.indicator")} == expected


def test_indicators_have_the_one_shape(empty_build: Built):
    for model in dbt.indicator_models():
        columns = empty_build.query(
            "select column_name from information_schema.columns "
            f"where table_schema = 'indicators' and table_name = '{model}' order by ordinal_position"
        )
        assert tuple(name for (name,) in columns) == SHAPE, model


def test_indicators_name_datasets_that_exist(empty_build: Built):
    declared = {dataset.name for dataset in ALL}
    for model in dbt.indicator_models():
        datasets = _model(empty_build.manifest, model)["config"]["meta"]["datasets"]
        assert datasets and set(datasets) <= declared, model


def joins_of_everything_with_everything(statement: str) -> list[str]:
    """Left joins that DuckDB cannot hash: no equality, an "or", or a condition on the left side alone.

    Such a join compares every row with every other: nine minutes instead of one second for 900,000 subjects.
    """
    found = []
    for join in sqlglot.parse_one(statement, read="duckdb").find_all(exp.Join):
        condition = join.args.get("on")
        if str(join.side).upper() != "LEFT" or condition is None:
            continue
        parts = [part.unnest() for part in condition.flatten()] if isinstance(condition, exp.And) else [condition]
        tables = [{column.table for column in part.find_all(exp.Column)} for part in parts]
        if (
            not any(isinstance(part, exp.EQ) for part in parts)
            or any(isinstance(part, exp.Or) for part in parts)
            or any(join.alias_or_name not in named for named in tables)
        ):
            found.append(condition.sql())
    return found


def test_left_joins_can_be_hashed(empty_build: Built):
    slow = {
        model["name"]: joins_of_everything_with_everything(empty_build.compiled(model))
        for model in empty_build.models
    }
    assert not {name: joins for name, joins in slow.items() if joins}


@pytest.mark.parametrize(
    "condition",
    [
        "a.id = b.id and a.day >= b.started_on and (b.ended_on is null or a.day < b.ended_on)",
        "a.day >= b.started_on",
        "a.subject = 'pupil' and a.id = b.id",
    ],
)
def test_a_join_of_everything_with_everything_is_found(condition: str):
    assert joins_of_everything_with_everything(f"select * from a left join b on {condition}")
