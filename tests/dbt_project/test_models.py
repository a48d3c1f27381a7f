"""The dbt project builds on nothing, its unit tests pass, and its public models keep the house rules."""

from __future__ import annotations

import datetime as dt
import re

import pytest

from childrens_warehouse.build import dbt
from childrens_warehouse.datasets import ALL, PersonalData
from tests.dbt_project.conftest import Built

pytestmark = pytest.mark.slow

# What is in the project today; a number that falls means that dbt no longer sees a file.
UNIT_TESTS = 61
DATA_TESTS = 77
CORE_MODELS = 23

GRAIN = re.compile(r"(One row per |Exactly one row)")
GRAIN_TESTS = {"unique", "unique_combination_of_columns"}
TYPES = {"string", "integer", "bigint", "double", "boolean", "date", "timestamp"}


def kinds(built: Built) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for unique_id in built.statuses:
        found.setdefault(unique_id.split(".")[0], []).append(unique_id)
    return found


def core(built: Built) -> list[dict]:
    return [model for model in built.models if model["fqn"][1] == "core"]


def test_everything_builds_and_passes_on_an_empty_raw_schema(empty_build: Built):
    bad = {node: status for node, status in empty_build.statuses.items() if status not in ("success", "pass")}
    assert not bad, f"{bad}\n{empty_build.output}"


def test_nothing_has_dropped_out_of_the_build(empty_build: Built):
    found = kinds(empty_build)
    assert len(found["unit_test"]) >= UNIT_TESTS
    assert len(found["test"]) >= DATA_TESTS
    assert len(core(empty_build)) >= CORE_MODELS
    assert {model["unique_id"] for model in empty_build.models} == set(found["model"])


def test_parsing_meets_no_deprecation(tmp_path):
    finished = dbt.run(
        ["parse", "--no-partial-parse", "--warn-error-options", '{"error": ["Deprecations"]}'],
        tmp_path / "none.duckdb",
        tmp_path / "target",
    )
    assert finished.returncode == 0, finished.stdout


def test_core_columns_are_described_and_of_plain_types(empty_build: Built):
    """No list or struct, and only names of types that every engine understands."""
    for model in core(empty_build):
        for column in model["columns"].values():
            assert column["description"], f"{model['name']}.{column['name']}"
            assert column["data_type"] in TYPES or column["data_type"].startswith("decimal("), (
                f"{model['name']}.{column['name']} is {column['data_type']}"
            )


def test_every_core_model_says_its_grain_and_tests_it(empty_build: Built):
    tested = {
        node["attached_node"]
        for node in empty_build.manifest["nodes"].values()
        if node["resource_type"] == "test" and (node.get("test_metadata") or {}).get("name") in GRAIN_TESTS
    } | {
        # A table too large for the generic test has one of its own, which is named for it.
        parent
        for node in empty_build.manifest["nodes"].values()
        if node["resource_type"] == "test" and node["name"].endswith("_grain")
        for parent in node["depends_on"]["nodes"]
    }
    for model in core(empty_build):
        assert GRAIN.match(model["description"]), model["name"]
        assert model["unique_id"] in tested, f"{model['name']} has no uniqueness test on its grain"


def test_core_columns_bear_the_personal_data_class_they_arrived_with(empty_build: Built):
    arrived = {
        column.raw_name: str(column.personal)
        for dataset in ALL
        for column in dataset.raw_columns
        if column.personal is not PersonalData.NONE
    }
    assert {"child_key", "pupil_key", "patient_key", "birth_month"} <= set(arrived)
    about_persons = [
        model for model in core(empty_build) if {"child_key", "pupil_key", "patient_key"} & set(model["columns"])
    ]
    assert len(about_persons) >= 8
    for model in about_persons:
        for column in model["columns"].values():
            if column["name"] in arrived:
                marked = column["config"].get("meta", {}).get("personal_data")
                assert marked == arrived[column["name"]], f"{model['name']}.{column['name']} is marked {marked}"


def test_twenty_working_days_by_the_real_calendar(empty_build: Built):
    """From Friday 31 March 2017: Good Friday, Easter Monday and May Day do not count."""
    clocks = dict(
        empty_build.query(
            "select date_day, first_review_due_on from intermediate.int_care_clocks "
            "where date_day in (date '2017-03-31', date '2017-04-01', date '2011-03-31', date '2011-04-01')"
        )
    )
    assert clocks == {
        dt.date(2017, 3, 31): dt.date(2017, 5, 3),
        dt.date(2017, 4, 1): dt.date(2017, 5, 3),
        # four weeks to the day until March 2011; after that the royal wedding of 29 April was a bank holiday too
        dt.date(2011, 3, 31): dt.date(2011, 4, 28),
        dt.date(2011, 4, 1): dt.date(2011, 5, 5),
    }


def test_the_unknown_member_is_in_every_code_dimension(empty_build: Built):
    for table, column in (
        ("dim_placement_type", "placement_type_code"),
        ("dim_legal_status", "legal_status_code"),
        ("dim_ethnicity", "ethnicity_code"),
        ("dim_placement_provider", "provider_code"),
    ):
        assert empty_build.query(f"select count(*) from marts.{table} where {column} = 'unknown'") == [(1,)]
