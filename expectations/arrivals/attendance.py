"""Register marks: every pupil of the area, by session."""

from __future__ import annotations

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.metadata_types import FailureSeverity

from childrens_warehouse.quality.judge import rule
from expectations.arrivals import Arrival


def rules(arrival: Arrival) -> list[Expectation]:
    """Rules beyond the declaration."""
    # A register is marked on the day: a session after the night of the extract has not happened yet.
    return [
        gxe.ExpectColumnValuesToBeBetween(
            column="date",
            max_value=arrival.extract_date,
            severity=FailureSeverity.WARNING,
            meta=rule("SESSION-IN-FUTURE"),
        )
    ]
