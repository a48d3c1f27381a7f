"""Children looked after on each reporting day."""

from __future__ import annotations

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.metadata_types import FailureSeverity

from childrens_warehouse.quality.judge import rule
from expectations.publication import Publication, not_after_night, not_before


def rules(publication: Publication) -> list[Expectation]:
    """Rules beyond what the names of the columns promise."""
    return [
        gxe.ExpectColumnValuesToBeBetween(
            column="age", min_value=0, max_value=18, mostly=0.95, severity=FailureSeverity.WARNING, meta=rule("PUB-AGE")
        ),
        not_before("as_at", "period_of_care_started_on", "PUB-SPELL-REVERSED"),
        not_before("as_at", "placement_started_on", "PUB-SPELL-REVERSED"),
        gxe.ExpectColumnValuesToBeBetween(column="months_looked_after", min_value=0, meta=rule("PUB-NEGATIVE")),
        not_after_night(publication, "as_at", mostly=1.0, severity=FailureSeverity.CRITICAL),
    ]
