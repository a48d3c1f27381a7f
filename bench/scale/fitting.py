"""From few points to a fixed cost and a power of the rows: y = fixed + factor * rows ** exponent.

Exponents are tried one after the other, and for each the other two are found by least squares of the relative
errors, neither below zero. Relative, because noise grows with what is measured, and the small sizes must count.
What lies apart by less than the fixed cost's noise has no exponent worth the name: `Fit.steps` tells the plain
cost of one more row between neighbouring sizes, which assumes nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

LEAST_EXPONENT, MOST_EXPONENT, STEP = 0.3, 2.0, 0.01
# Below three sizes an exponent cannot be told: one row more is taken to cost as much as any other.
LEAST_SIZES = 3

Point = tuple[float, float]


@dataclass(frozen=True)
class Fit:
    """`rows` in millions. is_assumed: too few sizes were measured, and the exponent is taken to be 1."""

    fixed: float
    factor: float
    exponent: float
    is_assumed: bool
    points: tuple[Point, ...]

    def at(self, rows: float) -> float:
        return self.fixed + self.factor * rows**self.exponent

    def rows_at(self, most: float) -> float:
        """The rows at which `most` is reached; infinite where it never is, 0 where it always was."""
        if most <= self.fixed:
            return 0.0
        return ((most - self.fixed) / self.factor) ** (1 / self.exponent) if self.factor else math.inf

    @property
    def worst(self) -> float:
        """The largest relative distance between a point and the curve."""
        return max(abs(self.at(rows) - value) / value for rows, value in self.points)

    @property
    def steps(self) -> tuple[float, ...]:
        """What one more million rows costs between neighbouring sizes."""
        return tuple(
            (value - before) / (rows - fewer)
            for (fewer, before), (rows, value) in zip(self.points, self.points[1:], strict=False)
            if rows > fewer
        )

    def straight_at(self, rows: float) -> float:
        """On the straight line through the last two sizes."""
        last, value = self.points[-1]
        return value + (self.steps[-1] if self.steps else 0.0) * (rows - last)


def fit(points: Sequence[Point]) -> Fit | None:
    """None where fewer than two sizes were measured."""
    ordered = tuple(sorted(points))
    sizes = len({rows for rows, _ in ordered})
    if sizes < 2:
        return None
    if sizes < LEAST_SIZES:
        fixed, factor, _ = _line(ordered, 1.0)
        return Fit(fixed, factor, 1.0, True, ordered)
    count = round((MOST_EXPONENT - LEAST_EXPONENT) / STEP)
    tried = [round(LEAST_EXPONENT + STEP * number, 4) for number in range(count + 1)]
    best = min(tried, key=lambda exponent: _line(ordered, exponent)[2])
    fixed, factor, _ = _line(ordered, best)
    return Fit(fixed, factor, best, False, ordered)


def slope(points: Sequence[Point]) -> float:
    """The plain exponent, the fixed cost included: least squares of the logarithms."""
    logs = [(math.log(rows), math.log(value)) for rows, value in points]
    x, y = (sum(column) / len(logs) for column in zip(*logs, strict=True))
    return sum((a - x) * (b - y) for a, b in logs) / sum((a - x) ** 2 for a, _ in logs)


def _line(points: Sequence[Point], exponent: float) -> tuple[float, float, float]:
    """Fixed cost, factor and the sum of squared relative errors that they leave."""
    rows = [(count**exponent, value, 1 / value**2) for count, value in points]
    w = sum(weight for _, _, weight in rows)
    wx = sum(weight * x for x, _, weight in rows)
    wy = sum(weight * y for _, y, weight in rows)
    wxx = sum(weight * x * x for x, _, weight in rows)
    wxy = sum(weight * x * y for x, y, weight in rows)
    determinant = w * wxx - wx * wx
    candidates = [(0.0, wxy / wxx), (wy / w, 0.0)]
    if determinant > 0:
        factor = (w * wxy - wx * wy) / determinant
        candidates.append(((wy - factor * wx) / w, factor))
    possible = [(fixed, factor) for fixed, factor in candidates if fixed >= 0 and factor >= 0]
    left = [
        (fixed, factor, sum(weight * (fixed + factor * x - y) ** 2 for x, y, weight in rows))
        for fixed, factor in possible
    ]
    return min(left, key=lambda each: each[2])
