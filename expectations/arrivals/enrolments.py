"""Enrolments."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation

from expectations.arrivals import Arrival


def rules(arrival: Arrival) -> list[Expectation]:
    """Rules beyond the declaration."""
    return []
