"""The boundaries of the dbt project, read from its manifest: who may read whom, and what may be seen in public.

Each rule is a function from a manifest to its offences, so that every test can also show that it would find one.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlglot
from sqlglot import exp

from childrens_warehouse.build import dbt
from childrens_warehouse.datasets import ALL
from tests.dbt_project.conftest import Built

pytestmark = pytest.mark.slow

# What a model of a layer may read: layers, "seed", or "source".
MAY_READ = {
    "staging": {"source"},
    "intermediate": {"staging", "intermediate", "core", "seed"},
    "quality": {"staging", "intermediate", "quality", "core", "seed"},
    "core": {"staging", "intermediate", "quality", "core", "seed"},
    "indicators": {"core"},
    "reports": {"core", "indicators", "reports"},
}
# They tell of the rows that staging leaves out, so they must see them.
SEES_WHAT_LANDED = {"int_rows_landed", "dq_findings_marks"}

# Values that may be in a public model only as a pseudonym, by which rows can be matched and nobody named.
KEYS_ONLY = {"identifier", "postcode"}

SHAPE = ("authority_code", "as_at", "period", "subject_key", "in_denominator", "in_numerator", "measure")

Manifest = dict[str, Any]


def models(manifest: Manifest) -> list[dict[str, Any]]:
    return [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]


def kind(manifest: Manifest, unique_id: str) -> str:
    """The layer of a model; the resource type of anything else."""
    node = manifest["nodes"].get(unique_id)
    return node["fqn"][1] if node and node["resource_type"] == "model" else unique_id.split(".")[0]


def reads_across_a_boundary(manifest: Manifest) -> Iterator[str]:
    for model in models(manifest):
        allowed = MAY_READ[model["fqn"][1]] | ({"source"} if model["name"] in SEES_WHAT_LANDED else set())
        for parent in model["depends_on"]["nodes"]:
            if kind(manifest, parent) not in allowed:
                yield f"{model['name']} reads {parent}"


def public_but_personal(manifest: Manifest) -> Iterator[str]:
    """Columns of public models that say, or arrived as, more than a key."""
    arrived = {
        str(column.name).lower(): str(column.personal)
        for dataset in ALL
        for column in dataset.columns
        if column.is_identity and column.raw_name != column.name.lower()
    }
    for model in models(manifest):
        if model["config"]["access"] != "public":
            continue
        for column in model["columns"].values():
            name = column["name"]
            marked = column["config"].get("meta", {}).get("personal_data", "none")
            is_key = name.endswith("_key") and column["data_type"] == "bigint"
            if marked == "name" or (marked in KEYS_ONLY and not is_key):
                yield f"{model['name']}.{name} is a {marked}"
            elif name in arrived:
                yield f"{model['name']}.{name} has the name of a {arrived[name]}"
            elif is_key and name != "attendance_code_key" and marked not in KEYS_ONLY:
                yield f"{model['name']}.{name} is a key and not marked as one"


def said_in_public_elsewhere(manifest: Manifest) -> Iterator[str]:
    """Public models are the contract: core, and the two tables of indicators."""
    for model in models(manifest):
        is_public = model["config"]["access"] == "public"
        should_be = model["fqn"][1] == "core" or model["name"] in ("indicator", "indicator_value")
        if is_public != should_be:
            yield f"{model['name']} is {model['config']['access']}"
        if is_public and not (model["config"]["contract"]["enforced"] and model["config"]["schema"] == "marts"):
            yield f"{model['name']} has no contract in marts"


def test_each_layer_reads_what_it_may(empty_build: Built):
    assert not list(reads_across_a_boundary(empty_build.manifest))


def test_nothing_public_names_a_person(empty_build: Built):
    assert not list(public_but_personal(empty_build.manifest))


def test_only_core_and_the_indicator_tables_are_public(empty_build: Built):
    assert not list(said_in_public_elsewhere(empty_build.manifest))


def _model(manifest: Manifest, name: str) -> dict[str, Any]:
    return manifest["nodes"][f"model.childrens_warehouse.{name}"]


def _indicator_reads_staging(manifest: Manifest) -> None:
    _model(manifest, "ind_cla_count")["depends_on"]["nodes"].append(
        "model.childrens_warehouse.stg_social_care__episodes"
    )


def _report_reads_a_seed(manifest: Manifest) -> None:
    _model(manifest, "indicator_value")["depends_on"]["nodes"].append("seed.childrens_warehouse.indicator_target")


def _core_reads_a_source(manifest: Manifest) -> None:
    _model(manifest, "fct_enrolment")["depends_on"]["nodes"].append("source.childrens_warehouse.raw.enrolments")


@pytest.mark.parametrize("break_it", [_indicator_reads_staging, _report_reads_a_seed, _core_reads_a_source])
def test_a_read_across_a_boundary_is_found(empty_build: Built, break_it: Callable[[Manifest], None]):
    manifest = copy.deepcopy(empty_build.manifest)
    break_it(manifest)
    assert len(list(reads_across_a_boundary(manifest))) == 1


@pytest.mark.parametrize(
    "column",
    [
        {"name": "surname", "data_type": "string", "config": {"meta": {"personal_data": "name"}}},
        {"name": "upn", "data_type": "string", "config": {"meta": {}}},
        {"name": "home_area", "data_type": "string", "config": {"meta": {"personal_data": "postcode"}}},
        {"name": "carer_key", "data_type": "bigint", "config": {}},
    ],
)
def test_a_personal_column_in_public_is_found(empty_build: Built, column: dict[str, Any]):
    manifest = copy.deepcopy(empty_build.manifest)
    _model(manifest, "dim_child")["columns"][column["name"]] = column
    assert len(list(public_but_personal(manifest))) == 1


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
