"""SSDA903 episodes of care."""

from __future__ import annotations

import datetime as dt

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.metadata_types import FailureSeverity

from childrens_warehouse.quality.judge import rule
from expectations.arrivals import Arrival


def rules(arrival: Arrival) -> list[Expectation]:
    """Rules beyond the declaration."""
    # SSDA903 rule 353: the Children Act 1989 came into force on 14 October 1991.
    return [
        gxe.ExpectColumnValuesToBeBetween(
            column="decom", min_value=dt.date(1991, 10, 14), severity=FailureSeverity.WARNING, meta=rule("SSDA903-353")
        ),
    ]
