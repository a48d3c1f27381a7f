"""Health assessments of children in care."""

from __future__ import annotations

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.metadata_types import FailureSeverity

from childrens_warehouse.quality.judge import rule
from expectations.arrivals import Arrival


def rules(arrival: Arrival) -> list[Expectation]:
    """Rules beyond the declaration."""
    # A child was seen on or before the night of the extract; a later date is an appointment.
    return [
        gxe.ExpectColumnValuesToBeBetween(
            column="seen_on",
            max_value=arrival.extract_date,
            severity=FailureSeverity.WARNING,
            meta=rule("SEEN-IN-FUTURE"),
        )
    ]
