"""SSDA903 header: one row per child."""

from __future__ import annotations

import datetime as dt

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.metadata_types import FailureSeverity

from childrens_warehouse.quality.judge import rule
from expectations.arrivals import Arrival


def rules(arrival: Arrival) -> list[Expectation]:
    """Rules beyond the declaration."""
    # A child in this return is under 26 (care leavers included) and not born after the extract.
    return [
        gxe.ExpectColumnValuesToBeBetween(
            column="dob",
            min_value=arrival.extract_date - dt.timedelta(days=26 * 366),
            max_value=arrival.extract_date,
            severity=FailureSeverity.WARNING,
            meta=rule("BIRTH-DATE-RANGE"),
        )
    ]
