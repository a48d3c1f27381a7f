"""The dbt project builds on nothing, its unit tests pass, and its public models keep the house rules."""

from __future__ import annotations

import datetime as dt

import pytest

from childrens_warehouse.build import dbt
from tests.dbt_project.conftest import Built

pytestmark = pytest.mark.slow

# What is in the project today; a number that falls means that dbt no longer sees a file.
UNIT_TESTS = 440
DATA_TESTS = 250
CORE_MODELS = 91


def kinds(built: Built) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for unique_id in built.statuses:
        found.setdefault(unique_id.split(".")[0], []).append(unique_id)
    return found


def core(built: Built) -> list[dict]:
    return [model for model in built.models if model["fqn"][1] == "core"]


def test_everything_builds_and_passes_on_an_empty_raw_schema(empty_build: Built):
    built = {node: status for node, status in empty_build.statuses.items() if not node.startswith("exposure.")}
    bad = {node: status for node, status in built.items() if status not in ("success", "pass")}
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


def test_twenty_working_days_by_the_real_calendar(empty_build: Built):
    """From Friday 31 March 2017: Good Friday, Easter Monday and May Day do not count."""
    clocks = dict(
        empty_build.query(
            "select date_day, first_review_due_on from intermediate.int_care_clocks "
            "where date_day in (date '2017-03-31', date '2017-04-01', date '2016-12-05', "
            "date '2011-03-31', date '2011-04-01')"
        )
    )
    assert clocks == {
        dt.date(2017, 3, 31): dt.date(2017, 5, 3),
        dt.date(2017, 4, 1): dt.date(2017, 5, 3),
        # 26 and 27 December and 2 January
        dt.date(2016, 12, 5): dt.date(2017, 1, 5),
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
        ("dim_local_authority", "local_authority_code"),
    ):
        assert empty_build.query(f"select count(*) from marts.{table} where {column} = 'unknown'") == [(1,)]
