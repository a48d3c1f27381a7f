"""The limits of chance of a figure are those that statistics knows: Wilson's, and Byar's beside the exact ones."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from scipy import stats

from tests.dbt_project import beside
from tests.dbt_project.conftest import Built

pytestmark = pytest.mark.slow

DAY = dt.date(2017, 3, 31)
SHARES = [(0, 1), (1, 1), (0, 8), (1, 8), (4, 8), (28, 211), (34, 176), (210, 211), (211, 211), (6_543, 37_000)]
EVENTS = [0, 1, 2, 5, 10, 17, 100, 1_234]
POPULATION = 56_960


def _limits(built: Built, unit: str, method: str, counted: list[tuple[int, int]]) -> list[tuple[float, float, float]]:
    """(value, lower, upper) of each numerator and denominator."""
    ids = [f"i{number:03}" for number in range(len(counted))]
    key: dict[str, Any] = {"authority_code": "310", "as_at": DAY, "period": "month"}
    found = beside.run(
        built,
        "int_indicator_figures",
        {
            "marts.indicator": (
                "indicator_id text, definition_version int, subject text, unit text, interval_method text,"
                " population_group text, parts_per_unit int",
                [
                    {
                        "indicator_id": each, "definition_version": 1, "subject": "worker", "unit": unit,
                        "interval_method": method, "population_group": "children_0_17" if unit == "per_10k" else None,
                        "parts_per_unit": 1,
                    }
                    for each in ids
                ],
            ),
            "reports.int_indicator_coverage": (
                "authority_code text, indicator_id text, as_at date, period text, is_known boolean",
                [{**key, "indicator_id": each, "is_known": True} for each in ids],
            ),
            "reports.int_indicator_cells": (
                "authority_code text, indicator_id text, as_at date, period text, dimension text, member text,"
                " numerator bigint, denominator bigint",
                [
                    {
                        **key, "indicator_id": each, "dimension": "all", "member": "all", "numerator": numerator,
                        "denominator": denominator,
                    }
                    for each, (numerator, denominator) in zip(ids, counted, strict=True)
                ],
            ),
            "marts.dim_population": (
                "authority_code text, population_group text, dimension text, member text, valid_from date,"
                " valid_to date, population_count bigint",
                [
                    {
                        "authority_code": "310", "population_group": "children_0_17", "dimension": "all",
                        "member": "all", "valid_from": DAY, "valid_to": DAY, "population_count": POPULATION,
                    }
                ],
            ),
            "marts.dim_indicator_member": (
                "dimension text, member text, member_label text",
                [{"dimension": "all", "member": "all", "member_label": "All"}],
            ),
        },
    )  # fmt: skip
    return [(row["indicator_value"], row["lower_95"], row["upper_95"]) for row in sorted(found, key=_id)]


def _id(row: dict[str, Any]) -> str:
    return str(row["indicator_id"])


def test_limits_of_a_share_are_wilsons(empty_build: Built):
    found = _limits(empty_build, "percent", "wilson", SHARES)
    for (numerator, denominator), (value, lower, upper) in zip(SHARES, found, strict=True):
        expected = stats.binomtest(numerator, denominator).proportion_ci(method="wilson")
        assert value == pytest.approx(100 * numerator / denominator)
        assert (lower, upper) == pytest.approx((100 * expected.low, 100 * expected.high), abs=1e-9)


def test_nothing_to_be_a_share_of_has_no_limits(empty_build: Built):
    assert _limits(empty_build, "percent", "wilson", [(0, 0)]) == [(None, None, None)]


def _byar(events: int) -> tuple[float, float]:
    z = stats.norm.ppf(0.975)
    lower = events * (1 - 1 / (9 * events) - z / (3 * events**0.5)) ** 3 if events else 0.0
    upper = (events + 1) * (1 - 1 / (9 * (events + 1)) + z / (3 * (events + 1) ** 0.5)) ** 3
    return lower, upper


def test_limits_of_events_are_byars_and_near_the_exact_ones(empty_build: Built):
    found = _limits(empty_build, "count", "byar", [(events, events) for events in EVENTS])
    for events, (value, lower, upper) in zip(EVENTS, found, strict=True):
        assert value == events
        assert (lower, upper) == pytest.approx(_byar(events), abs=1e-9)
        exact = (stats.chi2.ppf(0.025, 2 * events) / 2 if events else 0.0, stats.chi2.ppf(0.975, 2 * events + 2) / 2)
        assert (lower, upper) == pytest.approx(exact, rel=0.01, abs=0.02)


def test_limits_of_a_rate_are_those_of_its_events(empty_build: Built):
    found = _limits(empty_build, "per_10k", "byar", [(events, events) for events in EVENTS])
    for events, (value, lower, upper) in zip(EVENTS, found, strict=True):
        assert value == pytest.approx(10_000 * events / POPULATION)
        assert (lower, upper) == pytest.approx([10_000 * limit / POPULATION for limit in _byar(events)], abs=1e-9)


def test_limits_of_events_per_hundred_are_those_of_the_events(empty_build: Built):
    """Exclusions per hundred pupils: of four hundred, and of fewer pupils than there were exclusions."""
    for pupils in (400, 3):
        found = _limits(empty_build, "percent", "byar", [(events, pupils) for events in EVENTS])
        for events, (value, lower, upper) in zip(EVENTS, found, strict=True):
            assert value == pytest.approx(100 * events / pupils)
            assert (lower, upper) == pytest.approx([100 * limit / pupils for limit in _byar(events)], abs=1e-9)


@pytest.mark.parametrize("unit", ["percent", "mean_days", "count"])
def test_sums_and_means_have_none(empty_build: Built, unit: str):
    ((value, lower, upper),) = _limits(empty_build, unit, "none", [(5, 10)])
    assert value is not None and lower is None and upper is None
