"""Register marks: every pupil of the area, by session."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation

from expectations.arrivals import Arrival, not_in_future


def rules(arrival: Arrival) -> list[Expectation]:
    """Rules beyond the declaration."""
    return [not_in_future(arrival, "date", "SESSION-IN-FUTURE")]
