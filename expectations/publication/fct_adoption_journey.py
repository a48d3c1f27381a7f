"""Plans for adoption, from the decision to the order."""

from __future__ import annotations

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation

from childrens_warehouse.quality.judge import rule
from expectations.publication import Publication, not_after_night


def rules(publication: Publication) -> list[Expectation]:
    """Rules beyond what the names of the columns promise."""
    return [
        gxe.ExpectColumnValuesToBeInSet(
            column="status",
            value_set=["adopted", "taken_back", "left_care", "placed", "matched", "waiting"],
            meta=rule("PUB-VALUE"),
        ),
        not_after_night(publication, "decided_on", mostly=0.98),
    ]
