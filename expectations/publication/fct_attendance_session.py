"""Attendance, session by session."""

from __future__ import annotations

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.metadata_types import FailureSeverity

from childrens_warehouse.quality.judge import rule
from expectations.publication import Publication, not_after_night


def rules(publication: Publication) -> list[Expectation]:
    """Rules beyond what the names of the columns promise."""
    return [
        gxe.ExpectColumnValuesToBeInSet(column="session_code", value_set=["AM", "PM"], meta=rule("PUB-VALUE")),
        not_after_night(publication, "session_date", mostly=1.0),
        # More than one mark in twenty missing means that registers were not closed.
        gxe.ExpectColumnValuesToNotBeInSet(
            column="attendance_code_key",
            value_set=[0],
            mostly=0.95,
            severity=FailureSeverity.WARNING,
            meta=rule("PUB-UNMARKED"),
        ),
    ]
