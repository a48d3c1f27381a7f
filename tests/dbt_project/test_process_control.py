"""Process control of a monthly series, worked by hand: its limits, and each rule with the point where it just fires."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from tests.dbt_project import beside
from tests.dbt_project.conftest import Built

pytestmark = pytest.mark.slow

# Up and down by one: mean 10, moving ranges of 2, so limits at 10 - 5.32 and 10 + 5.32, their outer thirds beyond 3.55.
QUIET = [9.0, 11.0] * 6

Series = list[float | None]


def _month_ends(count: int) -> list[dt.date]:
    firsts = [dt.date(2014 + month // 12, month % 12 + 1, 1) for month in range(1, count + 1)]
    return [first - dt.timedelta(days=1) for first in firsts]


def control(built: Built, series: Series, period: str = "snapshot", cadence: str = "monthly") -> list[dict[str, Any]]:
    days = _month_ends(len(series))
    found = beside.run(
        built,
        "int_indicator_control",
        {
            "marts.indicator": (
                "indicator_id text, cadence text", [{"indicator_id": "some_pct", "cadence": cadence}],
            ),
            "marts.dim_reporting_date": (
                "as_at date, is_month_end boolean",
                # the end of an earlier year, and a night
                [
                    {"as_at": dt.date(2012, 3, 31), "is_month_end": True},
                    {"as_at": days[-1] + dt.timedelta(days=9), "is_month_end": False},
                    *({"as_at": day, "is_month_end": True} for day in days),
                ],
            ),
            "reports.int_indicator_figures": (
                "series_number bigint, indicator_id text, as_at date, period text, indicator_value double",
                [
                    {
                        "series_number": number, "indicator_id": "some_pct", "as_at": day, "period": period,
                        "indicator_value": value,
                    }
                    for number in (1, 2)
                    for day, value in zip(
                        [*days, days[-1] + dt.timedelta(days=9)], [*series, 1000.0], strict=True
                    )
                ],
            ),
        },
    )  # fmt: skip
    rows = sorted(found, key=lambda row: (row["series_number"], row["as_at"]))
    assert rows[: len(rows) // 2] == [{**row, "series_number": 1} for row in rows[len(rows) // 2 :]]
    return rows[: len(rows) // 2]


def told(built: Built, series: Series) -> list[tuple[str | None, int]]:
    return [(row["variation_rule"], row["variation_sign"]) for row in control(built, series)]


def test_limits_are_the_mean_and_its_moving_ranges(empty_build: Built):
    rows = control(empty_build, QUIET)
    assert len(rows) == 12
    for row in rows:
        assert row["process_mean"] == pytest.approx(10)
        assert (row["process_lower"], row["process_upper"]) == pytest.approx((10 - 5.32, 10 + 5.32))
        assert (row["variation_rule"], row["variation_sign"]) == (None, 0)


def test_a_jump_does_not_widen_the_limits_that_show_it(empty_build: Built):
    """Ranges: fourteen of 2, one of 29 down from the jump and one of 31 up to it; both are beyond 3.27 x 5.5."""
    rows = control(empty_build, [*QUIET, 40.0, 9.0, 11.0, 9.0, 11.0])
    assert rows[0]["process_upper"] - rows[0]["process_mean"] == pytest.approx(2.66 * 2)
    assert [row["variation_rule"] for row in rows].count("outside_limits") == 1
    assert (rows[12]["variation_rule"], rows[12]["variation_sign"]) == ("outside_limits", 1)


def test_eleven_points_are_too_few_and_gaps_are_no_points(empty_build: Built):
    assert control(empty_build, QUIET[:11]) == []
    assert control(empty_build, [None, *QUIET[:11]]) == []
    assert len(control(empty_build, [None, *QUIET])) == 12


def test_only_months_of_what_is_looked_at_every_month(empty_build: Built):
    assert control(empty_build, QUIET, period="year_to_date") == []
    assert control(empty_build, QUIET, cadence="quarterly") == []
    assert len(control(empty_build, QUIET, period="month")) == 12


def test_seven_on_one_side_are_a_shift_and_six_are_none(empty_build: Built):
    low, high = [9.0, 8.0], [11.0, 12.0]
    seven = [*low * 4, *high * 3, 11.0]
    assert told(empty_build, seven) == [("shift", -1)] * 8 + [("shift", 1)] * 7
    six = [*low * 3, *high * 3]
    assert told(empty_build, six) == [(None, 0)] * 12


def test_a_point_on_the_mean_ends_the_run(empty_build: Built):
    """Mean 10: three above, one on it, three above."""
    series = [11.0, 12.0, 11.0, 10.0, 12.0, 11.0, 12.0, 8.0, 9.0, 8.0, 9.0, 7.0]
    assert [rule for rule, _ in told(empty_build, series)] == [None] * 12


def test_seven_that_rise_are_a_trend_and_six_are_none(empty_build: Built):
    """On both sides of the mean, so that no shift is in it."""
    seven = [10.0, 12.0, 9.0, 7.0, 8.0, 9.0, 10.0, 11.0, 12.0, 13.0, 9.0, 12.0, 8.0, 11.0]
    assert told(empty_build, seven) == [(None, 0)] * 3 + [("trend", 1)] * 7 + [(None, 0)] * 4
    six = [10.0, 12.0, 9.0, 8.0, 9.0, 10.0, 11.0, 12.0, 13.0, 9.0, 12.0, 8.0, 11.0]
    assert told(empty_build, six) == [(None, 0)] * 13
    assert told(empty_build, [-value for value in seven]) == [(None, 0)] * 3 + [("trend", -1)] * 7 + [(None, 0)] * 4


def test_two_of_three_near_a_limit(empty_build: Built):
    """Limits at some 10 +- 8.2, their outer thirds beyond 5.5: 16 is near, 15 is not."""
    near = [9.0, 11.0, 9.0, 11.0, 9.0, 16.0, 10.0, 16.0, 8.0, 7.0, 9.0, 7.0, 8.0, 10.0]
    rows = control(empty_build, near)
    assert rows[0]["process_mean"] == pytest.approx(10)
    third = (rows[0]["process_upper"] - 10) / 3
    assert 2 * third < 6 < 3 * third
    assert [(row["variation_rule"], row["variation_sign"]) for row in rows[5:8]] == [
        ("two_of_three", 1), (None, 0), ("two_of_three", 1),
    ]  # fmt: skip
    # one point more between them, and they are not of the same three
    apart = [9.0, 11.0, 9.0, 11.0, 9.0, 16.0, 10.0, 10.0, 16.0, 8.0, 7.0, 9.0, 7.0, 8.0, 10.0]
    assert "two_of_three" not in {rule for rule, _ in told(empty_build, apart)}


def test_a_constant_series_is_quiet(empty_build: Built):
    """A mean of many tenths is not a tenth to the last bit."""
    rows = control(empty_build, [0.1] * 36)
    assert len(rows) == 36
    assert {(row["variation_rule"], row["variation_sign"]) for row in rows} == {(None, 0)}
