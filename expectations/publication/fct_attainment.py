"""Attainment of pupils."""

from __future__ import annotations

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation

from childrens_warehouse.quality.judge import rule
from expectations.publication import Publication


def rules(publication: Publication) -> list[Expectation]:
    """Rules beyond what the names of the columns promise."""
    return [
        gxe.ExpectColumnValuesToBeInSet(
            column="stage_code",
            value_set=["EYFSP", "PHONICS", "KS1", "KS2", "KS4", "KS5"],
            meta=rule("PUB-VALUE"),
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="result_year", min_value=1988, max_value=publication.as_at.year, meta=rule("PUB-VALUE")
        ),
    ]
