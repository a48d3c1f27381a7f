"""Personal education plans of children in care."""

from __future__ import annotations

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation

from childrens_warehouse.quality.judge import rule
from expectations.publication import Publication, not_after_night


def rules(publication: Publication) -> list[Expectation]:
    """Rules beyond what the names of the columns promise."""
    return [
        gxe.ExpectColumnValuesToBeInSet(
            column="term", value_set=["autumn", "spring", "summer", "unknown"], meta=rule("PUB-VALUE")
        ),
        gxe.ExpectColumnValuesToBeInSet(
            column="quality_code", value_set=["red", "amber", "green", "unknown"], meta=rule("PUB-VALUE")
        ),
        not_after_night(publication, "completed_on", mostly=0.99),
    ]
