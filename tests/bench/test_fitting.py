"""The curve that is fitted, on points whose curve is known."""

from __future__ import annotations

import math

import pytest

from bench.scale.fitting import fit, slope

SIZES = (1.0, 4.0, 16.0, 64.0)


@pytest.mark.parametrize("fixed", [0.0, 50.0])
@pytest.mark.parametrize("exponent", [0.7, 1.0, 1.4])
def test_a_known_curve_is_found(fixed: float, exponent: float):
    found = fit([(rows, fixed + 3 * rows**exponent) for rows in SIZES])
    assert found is not None
    assert (found.fixed, found.factor, found.exponent) == pytest.approx((fixed, 3, exponent), abs=0.02)
    assert found.worst < 0.001
    assert not found.is_assumed


def test_what_does_not_grow_is_all_fixed():
    found = fit([(rows, 7.0) for rows in SIZES])
    assert found is not None
    assert found.at(1_000) == pytest.approx(7)
    assert found.rows_at(8) == math.inf


def test_what_shrinks_by_noise_has_no_negative_parts():
    found = fit([(1, 10.0), (4, 9.0), (16, 9.5)])
    assert found is not None
    assert found.fixed >= 0 and found.factor >= 0
    assert found.worst < 0.06


def test_small_sizes_count_as_much_as_large_ones():
    """By absolute errors the largest size alone would decide, and the fixed cost be anything."""
    found = fit([(1, 51.0), (4, 55.0), (16, 66.0), (64, 130.0)])
    assert found is not None
    assert found.fixed == pytest.approx(50, rel=0.05)


def test_noise_of_a_tenth_moves_the_exponent_little():
    noise = (1.1, 0.9, 1.1, 0.9)
    found = fit([(rows, (2 + 5 * rows) * error) for rows, error in zip(SIZES, noise, strict=True)])
    assert found is not None
    assert found.exponent == pytest.approx(1, abs=0.15)
    assert 0.02 < found.worst < 0.15


def test_two_sizes_make_a_straight_line_and_say_so():
    found = fit([(4, 70.0), (1, 40.0)])
    assert found is not None
    assert (found.fixed, found.factor, found.exponent, found.is_assumed) == (
        pytest.approx(30), pytest.approx(10), 1.0, True,
    )  # fmt: skip


def test_one_size_makes_none():
    assert fit([(1, 40.0)]) is None


def test_where_a_limit_is_reached():
    found = fit([(rows, 50 + 3 * rows**1.2) for rows in SIZES])
    assert found is not None
    assert found.at(found.rows_at(10_000)) == pytest.approx(10_000)
    assert found.rows_at(20) == 0


def test_the_plain_exponent_and_the_steps():
    of = [(rows, 5 * rows**1.3) for rows in SIZES]
    assert slope(of) == pytest.approx(1.3)
    found = fit([(1.0, 10.0), (4.0, 16.0), (16.0, 64.0)])
    assert found is not None
    assert found.steps == (pytest.approx(2), pytest.approx(4))
    assert found.straight_at(26) == pytest.approx(64 + 10 * 4)
