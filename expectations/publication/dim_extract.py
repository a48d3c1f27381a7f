"""Files in force: what every figure rests on, and how old it is."""

from __future__ import annotations

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.metadata_types import FailureSeverity

from childrens_warehouse.quality.judge import rule
from expectations.publication import Publication, has_rows


def rules(publication: Publication) -> list[Expectation]:
    """Rules beyond what the names of the columns promise."""
    return [
        has_rows(),
        gxe.ExpectColumnValuesToBeBetween(column="age_in_days", min_value=0, meta=rule("PUB-FUTURE")),
        # A source that has not been heard of for a week is said; the figures stand.
        gxe.ExpectColumnMinToBeBetween(
            column="age_in_days", max_value=7, severity=FailureSeverity.WARNING, meta=rule("PUB-STALE")
        ),
        gxe.ExpectColumnValuesToBeInSet(
            column="source", value_set=["social_care", "health", "education"], meta=rule("PUB-VALUE")
        ),
    ]
