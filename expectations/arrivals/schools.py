"""Schools."""

from __future__ import annotations

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.metadata_types import FailureSeverity

from childrens_warehouse.quality.judge import rule
from expectations.arrivals import Arrival


def rules(arrival: Arrival) -> list[Expectation]:
    """Rules beyond the declaration."""
    # URNs of DfE have six digits, those of Ofsted up to eight.
    return [
        gxe.ExpectColumnValuesToBeBetween(
            column="urn",
            min_value=10_000,
            max_value=99_999_999,
            severity=FailureSeverity.WARNING,
            meta=rule("URN-RANGE"),
        )
    ]
