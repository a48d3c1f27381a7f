"""Dental checks of children in care: a day to come is an appointment."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation

from expectations.arrivals import Arrival, not_in_future


def rules(arrival: Arrival) -> list[Expectation]:
    """Rules beyond the declaration."""
    return [not_in_future(arrival, "checked_on")]
