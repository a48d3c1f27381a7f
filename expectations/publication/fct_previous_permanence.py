"""Permanence that children had before they came into care."""

from __future__ import annotations

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation

from childrens_warehouse.quality.judge import rule
from expectations.publication import Publication


def rules(publication: Publication) -> list[Expectation]:
    """Rules beyond what the names of the columns promise."""
    return [
        gxe.ExpectColumnValuesToBeInSet(
            column="previous_permanence_code",
            value_set=["P1", "P2", "P3", "P4", "Z1", "unknown"],
            meta=rule("PUB-VALUE"),
        ),
        gxe.ExpectColumnValuesToBeInSet(
            column="order_date_precision",
            value_set=["day", "month", "year"],
            meta=rule("PUB-VALUE"),
        ),
    ]
