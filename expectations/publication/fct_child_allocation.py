"""Who holds the case of each child on each reporting day."""

from __future__ import annotations

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.metadata_types import FailureSeverity

from childrens_warehouse.quality.judge import rule
from expectations.publication import Publication, not_after_night


def rules(publication: Publication) -> list[Expectation]:
    """Rules beyond what the names of the columns promise."""
    return [
        gxe.ExpectColumnValuesToBeBetween(column="days_since_allocation", min_value=0, meta=rule("PUB-NEGATIVE")),
        gxe.ExpectColumnValuesToBeBetween(column="days_without_social_worker", min_value=0, meta=rule("PUB-NEGATIVE")),
        not_after_night(publication, "as_at", mostly=1.0, severity=FailureSeverity.CRITICAL),
    ]
