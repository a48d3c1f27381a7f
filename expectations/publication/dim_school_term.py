"""School terms by halves."""

from __future__ import annotations

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation

from childrens_warehouse.quality.judge import rule
from expectations.publication import Publication, has_rows


def rules(publication: Publication) -> list[Expectation]:
    """Rules beyond what the names of the columns promise."""
    return [
        has_rows(),
        gxe.ExpectColumnValuesToBeInSet(
            column="term", value_set=["autumn", "spring", "summer"], meta=rule("PUB-VALUE")
        ),
    ]
