"""Prospective adopters and how far they have come."""

from __future__ import annotations

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation

from childrens_warehouse.quality.judge import rule
from expectations.publication import Publication


def rules(publication: Publication) -> list[Expectation]:
    """Rules beyond what the names of the columns promise."""
    return [
        gxe.ExpectColumnValuesToBeInSet(
            column="status",
            value_set=["enquiry", "stage_1", "stage_2", "approved", "matched", "placed", "adopted", "left"],
            meta=rule("PUB-VALUE"),
        ),
    ]
