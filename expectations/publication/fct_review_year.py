"""Children looked after on each reporting day, with their reviews of the financial year."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.metadata_types import FailureSeverity

from expectations.publication import Publication, not_after_night, not_before


def rules(publication: Publication) -> list[Expectation]:
    """Rules beyond what the names of the columns promise."""
    return [
        not_before("as_at", "period_of_care_started_on", "PUB-SPELL-REVERSED"),
        not_after_night(publication, "as_at", mostly=1.0, severity=FailureSeverity.CRITICAL),
        not_before("reviews_due_count", "reviews_on_time_count", "PUB-PART-OF-WHOLE"),
    ]
