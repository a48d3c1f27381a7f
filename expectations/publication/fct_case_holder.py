"""Who holds the case of each child on each reporting day."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.metadata_types import FailureSeverity

from expectations.publication import Publication, not_after_night


def rules(publication: Publication) -> list[Expectation]:
    """Rules beyond what the names of the columns promise."""
    return [not_after_night(publication, "as_at", mostly=1.0, severity=FailureSeverity.CRITICAL)]
