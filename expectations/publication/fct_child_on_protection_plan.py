"""Children on a child protection plan on each reporting day."""

from __future__ import annotations

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.metadata_types import FailureSeverity

from childrens_warehouse.quality.judge import rule
from expectations.publication import Publication, not_after_night


def rules(publication: Publication) -> list[Expectation]:
    """Rules beyond what the names of the columns promise."""
    return [
        gxe.ExpectColumnValuesToBeBetween(
            column="age", min_value=0, max_value=18, mostly=0.95, severity=FailureSeverity.WARNING, meta=rule("PUB-AGE")
        ),
        gxe.ExpectColumnValuesToBeBetween(column="days_on_plan", min_value=0, meta=rule("PUB-NEGATIVE")),
        not_after_night(publication, "as_at", mostly=1.0, severity=FailureSeverity.CRITICAL),
    ]
