"""The control limits of a funnel are held against what chance does, exactly: SciPy's binomial and Poisson."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any, NamedTuple

import pytest
from scipy import stats

from childrens_warehouse.pages.charts import region_funnel
from tests.dbt_project import beside
from tests.dbt_project.conftest import Built

pytestmark = pytest.mark.slow

DAY = dt.date(2017, 3, 31)
DENOMINATORS = (1, 2, 3, 5, 8, 10, 15, 20, 30, 50, 100, 200, 500, 2_000)
# Per thousand, so that the region's numerator and denominator are whole.
SHARES = (0, 1, 5, 10, 20, 50, 100, 200, 300, 400, 500, 600, 700, 800, 900, 950, 990, 999, 1_000)
EXPECTED_EVENTS = (1, 5, 10, 50, 100, 200, 300, 500, 800, 1_000, 2_000, 3_000, 5_000, 8_000, 20_000, 100_000)


class Limits(NamedTuple):
    """As counts, of one denominator and one share or expected number."""

    lower_95: float
    upper_95: float
    lower_998: float
    upper_998: float


def _limits(
    built: Built, unit: str, method: str, asked: list[tuple[int, int, int]]
) -> list[Limits]:
    """The funnel of each authority's denominator beside a region's numerator and denominator."""
    ids = [f"i{number:04}" for number in range(len(asked))]
    key: dict[str, Any] = {"definition_version": 1, "as_at": DAY, "period": "snapshot"}
    whole = {"dimension": "all", "member": "all"}
    found = beside.run(
        built,
        "regional_ranking",
        {
            "marts.indicator": (
                "indicator_id text, definition_version int, interval_method text",
                [{"indicator_id": each, "definition_version": 1, "interval_method": method} for each in ids],
            ),
            "marts.bridge_region_authority": (
                "region text, authority_code text",
                [{"region": "London", "authority_code": "310"}],
            ),
            "marts.dim_local_authority": (
                "local_authority_code text, label text",
                [{"local_authority_code": "310", "label": "Harrow"}],
            ),
            "marts.regional_indicator_value": (
                "region text, indicator_id text, definition_version int, as_at date, period text, dimension text,"
                " member text, members_counted int, numerator bigint, denominator bigint, value double, display text",
                [
                    {
                        "region": "London", "indicator_id": each, **key, **whole, "members_counted": 2,
                        "numerator": numerator, "denominator": denominator, "value": 1.0, "display": "1",
                    }
                    for each, (_, numerator, denominator) in zip(ids, asked, strict=True)
                ],
            ),
            "marts.indicator_value": (
                "authority_code text, indicator_id text, definition_version int, as_at date, period text,"
                " dimension text, member text, numerator bigint, denominator bigint, value double, display text,"
                " unit text, direction text",
                [
                    {
                        "authority_code": "310", "indicator_id": each, **key, **whole, "numerator": 0,
                        "denominator": own, "value": 0.0, "display": "0", "unit": unit, "direction": "low",
                    }
                    for each, (own, _, _) in zip(ids, asked, strict=True)
                ],
            ),
        },
    )  # fmt: skip
    in_order = sorted(found, key=lambda row: str(row["indicator_id"]))
    scale = 100 if unit == "percent" else 10_000
    return [
        Limits(*(row[f"funnel_{name}"] * row["denominator"] / scale for name in Limits._fields)) for row in in_order
    ]


def _beyond(chance: Any, limits: Limits) -> list[float]:
    """How often chance alone leads beyond each limit."""

    def beyond(lower: float, upper: float) -> tuple[float, float]:
        # as counts, a limit comes back from the unit of the value with a last bit more or less
        return chance.cdf(math.ceil(lower - 1e-9) - 1), chance.sf(math.floor(upper + 1e-9))

    return [*beyond(limits.lower_95, limits.upper_95), *beyond(limits.lower_998, limits.upper_998)]


def test_chance_seldom_leads_a_share_out_of_the_funnel(empty_build: Built):
    """Nominal are 2.5 in 100 and 1 in 1,000 on either side; what is more is that counts are whole."""
    asked = [(own, share, 1_000) for own in DENOMINATORS for share in SHARES]
    for (own, share, _), limits in zip(asked, _limits(empty_build, "percent", "wilson", asked), strict=True):
        below_95, above_95, below_998, above_998 = _beyond(stats.binom(own, share / 1_000), limits)
        assert max(below_95, above_95) < (0.065 if own < 10 else 0.05), (own, share)
        assert max(below_998, above_998) < 0.0015, (own, share)
        assert 0 <= limits.lower_998 <= limits.lower_95 <= limits.upper_95 <= limits.upper_998 <= own, (own, share)


def test_chance_seldom_leads_a_rate_out_of_the_funnel(empty_build: Built):
    asked = [(1_000, hundredths, 100_000) for hundredths in EXPECTED_EVENTS]
    for (_, hundredths, _), limits in zip(asked, _limits(empty_build, "per_10k", "byar", asked), strict=True):
        below_95, above_95, below_998, above_998 = _beyond(stats.poisson(hundredths / 100), limits)
        assert max(below_95, above_95) < 0.051, hundredths
        assert max(below_998, above_998) < 0.0015, hundredths
        assert 0 <= limits.lower_998 <= limits.lower_95 <= limits.upper_95 <= limits.upper_998, hundredths


def test_the_funnel_is_no_wider_than_it_need_be(empty_build: Built):
    """Of many children nearly as much lies beyond it as should."""
    asked = [(2_000, share, 1_000) for share in (20, 100, 500, 900, 980)]
    for (own, share, _), limits in zip(asked, _limits(empty_build, "percent", "wilson", asked), strict=True):
        below_95, above_95, below_998, above_998 = _beyond(stats.binom(own, share / 1_000), limits)
        assert min(below_95, above_95) > 0.02, share
        assert min(below_998, above_998) > 0.0006, share
    asked = [(1_000, hundredths, 100_000) for hundredths in (5_000, 20_000, 100_000)]
    for (_, hundredths, _), limits in zip(asked, _limits(empty_build, "percent", "byar", asked), strict=True):
        below_95, above_95, below_998, above_998 = _beyond(stats.poisson(hundredths / 100), limits)
        assert min(below_95, above_95) > 0.02, hundredths
        assert min(below_998, above_998) > 0.0006, hundredths


def test_none_and_all_are_within_their_own_limits(empty_build: Built):
    """Where nobody or everybody of the region counts, so does everybody here."""
    none, everybody = _limits(empty_build, "percent", "wilson", [(20, 0, 1_000), (20, 1_000, 1_000)])
    assert none.lower_95 == 0 and everybody.upper_95 == pytest.approx(20)


def test_a_page_draws_the_limits_that_the_table_has(empty_build: Built):
    """Between the authorities a funnel is drawn by Python: on them it must be the same."""
    z_95, z_998 = region_funnel.DEVIATES.values()
    for unit, method, chance, asked in (
        ("percent", "wilson", "binomial", [(own, share, 1_000) for own in DENOMINATORS for share in SHARES]),
        ("per_10k", "byar", "poisson", [(1_000, hundredths, 100_000) for hundredths in EXPECTED_EVENTS]),
    ):
        for (own, part, of), found in zip(asked, _limits(empty_build, unit, method, asked), strict=True):
            low, high = region_funnel.limits(own, part / of, chance, z_95)
            lowest, highest = region_funnel.limits(own, part / of, chance, z_998)
            assert found == pytest.approx((low, high, lowest, highest), abs=1e-9), (own, part)
