"""Pupils of the area at the end of each term."""

from __future__ import annotations

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation

from childrens_warehouse.quality.judge import rule
from expectations.publication import Publication, not_after_night


def rules(publication: Publication) -> list[Expectation]:
    """Rules beyond what the names of the columns promise."""
    return [
        gxe.ExpectColumnValuesToBeBetween(column="suspension_count", min_value=0, meta=rule("PUB-NEGATIVE")),
        not_after_night(publication, "as_at", mostly=1.0),
    ]
