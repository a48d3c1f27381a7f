"""Pupils of the area."""

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
            column="date_of_birth",
            max_value=arrival.extract_date,
            severity=FailureSeverity.WARNING,
            meta=rule("BIRTH-DATE-RANGE"),
        )
    ]
