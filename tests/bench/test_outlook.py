"""What follows from measurements, on measurements whose slopes are known; expectations are computed by hand."""

from __future__ import annotations

import dataclasses
import math

import pytest

from bench.scale import outlook
from bench.scale.bounds import bounds
from bench.scale.cases import Case
from bench.scale.outlook import Assumptions
from bench.scale.results import Results
from tests.bench.invented import measurement, rows_series

ASSUMED = Assumptions(
    first_load_hours=10, night_hours=1, disk_bytes=200e9, efficiency=0.5, workers=2, processors_a_worker=5,
    gigabytes_a_processor=4, pounds_a_processor_hour=0.1, pounds_a_gigabyte_month=0.01,
)  # fmt: skip


def duckdb() -> list:
    """A first load of 10 + 50 + 9 seconds a million; memory of 1 GiB + 10 MiB a million; disk of 0.1 GB a million."""
    return rows_series("duckdb", lambda n: 50 + 9 * n, peak=lambda n: 2.0**30 + n * 10 * 2**20)


def test_what_is_met_first_comes_first():
    found = outlook.limits(Results(duckdb()), ASSUMED)
    by_what = {limit.what: limit.millions for limit in found}
    assert by_what["time of the first load"] == pytest.approx((36_000 - 60) / 9, rel=0.01)
    assert by_what["time of one more night"] == pytest.approx((3_600 - 6) / 0.9, rel=0.01)
    assert by_what["memory"] == pytest.approx(23 * 1024 / 10, rel=0.01)
    # 365 nights of 0.1 GB leave 163.5 GB for the first load
    assert by_what["disk for a year of nights"] == pytest.approx(1_635, rel=0.01)
    assert [limit.what for limit in found][:2] == ["disk for a year of nights", "memory"]


def test_a_curve_that_bends_upwards_after_all_is_held_against_the_straight_line():
    """The worse of both counts: the last step of this one is steeper than the curve."""
    measured = rows_series("duckdb", {1: 51.0, 4: 54.0, 16: 66.0, 64: 400.0}.__getitem__)
    found = outlook.fitted(Results(measured), "duckdb", "first", outlook.seconds)
    assert found is not None
    estimate = outlook.Estimate.of(found, 450)
    assert estimate.worse == max(estimate.curve, estimate.line)
    assert estimate.line == pytest.approx(410 + (400 - 66) / 48 * (450 - 64))


def test_processors_that_finish_in_time():
    spark = outlook.on_spark(Results([*duckdb(), *rows_series("spark", lambda n: 400 + 30 * n)]), "first")
    assert spark is not None
    # 30,000 seconds of two processors: in 10,400 s less 400 s and 10 s of the rest it takes their worth three times
    needed = spark.processors_for(1_000, 400 + 10 + 10_000, ASSUMED)
    assert needed == 2 + math.ceil((6 - 2) / 0.5)
    assert spark.processors_for(1, 10_000, ASSUMED) == 2
    assert spark.processors_for(1_000, 405, ASSUMED) is None


def test_the_size_from_which_on_spark_wins():
    """Ten processors are worth 2 + 8 x 0.5 = 6, three times the machine: 400 + 10 n against 50 + 20 n."""
    measured = [*rows_series("duckdb", lambda n: 50 + 20 * n), *rows_series("spark", lambda n: 400 + 30 * n)]
    alone, as_large = outlook.wins(Results(measured), "first", ASSUMED)
    assert alone.millions == pytest.approx(35, rel=0.02)
    # DuckDB on as many processors is three times as fast as well, and never loses.
    assert as_large.millions == math.inf


def test_nothing_is_said_of_what_is_not_measured():
    assert outlook.limits(Results([]), ASSUMED) == []
    assert outlook.on_spark(Results(duckdb()), "first") is None
    assert list(outlook.wins(Results(duckdb()), "first", ASSUMED)) == []
    assert outlook.cost(Results([]), 450, ASSUMED) is None
    assert outlook.cost_on_spark(Results(duckdb()), 450, ASSUMED) is None


def test_what_a_year_costs():
    found = outlook.cost(Results(duckdb()), 100, ASSUMED)
    assert found is not None
    seconds = 60 + 9 * 100 + 365 * (6 + 0.9 * 100)
    assert found.processor_hours == pytest.approx(seconds / 3600 * 2, rel=0.01)
    assert found.gigabytes == pytest.approx(0.1 * 100 + 36.5, rel=0.01)
    assert found.pounds == pytest.approx(found.processor_hours * 0.1 + found.gigabytes * 6 * 0.01)


def test_a_year_on_the_cluster_pays_for_all_of_it_while_it_works():
    measured = Results([*duckdb(), *rows_series("spark", lambda n: 400 + 30 * n)])
    found = outlook.cost_on_spark(measured, 100, ASSUMED)
    assert found is not None
    built = [400 + 30 * 100 / 3, 40 + 3 * 100 / 3]
    hours = (built[0] * 10 + 10 * 2 + 365 * (built[1] * 10 + 1 * 2)) / 3600
    assert found.processor_hours == pytest.approx(hours, rel=0.01)


def test_nodes_that_grow_faster_than_rows_are_named():
    less = measurement(Case("duckdb", "rows", 16, 16), nodes={"straight": 2.0, "square": 1.0, "small": 0.1})
    more = measurement(Case("duckdb", "rows", 64, 64), nodes={"straight": 8.1, "square": 16.0, "small": 1.0, "new": 9})
    found = outlook.steep_nodes(Results([less, more]), "first")
    assert [(name, round(exponent, 2)) for name, _, _, exponent in found] == [("square", 2.0)]
    assert outlook.steep_nodes(Results([more]), "first") == []


def bounded(peak: float = 3e9, seconds: float = 640.0, night: float = 55.0) -> list:
    history = Case("duckdb", "history", 64, 16)
    return [
        measurement(Case("duckdb", "rows", 4, 4), models=40, rest=0),
        measurement(Case("duckdb", "rows", 64, 64), models=seconds, rest=0, peak=peak),
        measurement(dataclasses.replace(history, millions=14), "more", models=50, rest=0),
        measurement(history, "more", models=night, rest=0),
    ]


@pytest.mark.parametrize(
    ("results", "missed"),
    [
        (bounded(), [False, False, False]),
        (bounded(peak=6.1e9), [True, False, False]),
        (bounded(seconds=833.0), [False, True, False]),
        (bounded(night=60.5), [False, False, True]),
    ],
)
def test_bounds(results: list, missed: list[bool]):
    assert [bound.is_missed for bound in bounds(Results(results))] == missed


def test_a_bound_whose_sizes_were_not_measured_says_so():
    told = [bound.sentence for bound in bounds(Results(bounded()[:1]))]
    assert all("not measured" in sentence for sentence in told)
