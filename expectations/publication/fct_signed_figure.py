"""Figures as they were signed off: none in the first year."""

from __future__ import annotations

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation

from childrens_warehouse.quality.judge import rule
from expectations.publication import Publication


def rules(publication: Publication) -> list[Expectation]:
    """Rules beyond what the names of the columns promise."""
    return [
        gxe.ExpectColumnValuesToBeBetween(column="numerator", min_value=0, meta=rule("PUB-NEGATIVE")),
        gxe.ExpectColumnValuesToBeBetween(column="denominator", min_value=0, meta=rule("PUB-NEGATIVE")),
    ]
