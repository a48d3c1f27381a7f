"""SSDA903 children missing or away: one row per spell."""

from __future__ import annotations

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.metadata_types import FailureSeverity

from childrens_warehouse.quality.judge import rule
from expectations.arrivals import Arrival


def rules(arrival: Arrival) -> list[Expectation]:
    """Rules beyond the declaration."""
    return [
        gxe.ExpectColumnValuesToBeBetween(
            column="mis_start",
            max_value=arrival.extract_date,
            severity=FailureSeverity.WARNING,
            meta=rule("EVENT-IN-FUTURE"),
        )
    ]
