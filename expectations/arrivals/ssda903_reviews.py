"""SSDA903 reviews: one row per review held."""

from __future__ import annotations

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.metadata_types import FailureSeverity

from childrens_warehouse.quality.judge import rule
from expectations.arrivals import Arrival


def rules(arrival: Arrival) -> list[Expectation]:
    """Rules beyond the declaration."""
    # A review is reported once it was held: a date after the extract is a plan or a slip.
    return [
        gxe.ExpectColumnValuesToBeBetween(
            column="review",
            max_value=arrival.extract_date,
            severity=FailureSeverity.WARNING,
            meta=rule("REVIEW-IN-FUTURE"),
        )
    ]
