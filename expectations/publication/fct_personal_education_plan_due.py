"""Personal education plans owed by term."""

from __future__ import annotations

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation

from childrens_warehouse.quality.judge import rule
from expectations.publication import Publication


def rules(publication: Publication) -> list[Expectation]:
    """Rules beyond what the names of the columns promise."""
    return [
        gxe.ExpectColumnValuesToBeInSet(
            column="term", value_set=["autumn", "spring", "summer"], meta=rule("PUB-VALUE")
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="age_before_school_year", min_value=5, max_value=15, meta=rule("PUB-VALUE")
        ),
    ]
