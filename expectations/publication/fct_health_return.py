"""What the return says of the health of children looked after for twelve months."""

from __future__ import annotations

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation

from childrens_warehouse.quality.judge import rule
from expectations.publication import Publication


def rules(publication: Publication) -> list[Expectation]:
    """Rules beyond what the names of the columns promise."""
    return [
        gxe.ExpectColumnValuesToBeInSet(
            column="sdq_band_code", value_set=["normal", "borderline", "concern"], meta=rule("PUB-VALUE")
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="collection_year", max_value=publication.as_at.year + 1, meta=rule("PUB-FUTURE")
        ),
    ]
