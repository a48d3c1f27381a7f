"""Initial child protection conferences."""

from __future__ import annotations

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation

from childrens_warehouse.quality.judge import rule
from expectations.publication import Publication, not_after_night


def rules(publication: Publication) -> list[Expectation]:
    """Rules beyond what the names of the columns promise."""
    return [
        gxe.ExpectColumnValuesToBeInSet(
            column="source_dataset",
            value_set=["cin_section47", "cin_details", "annex_a_5_section47"],
            meta=rule("PUB-VALUE"),
        ),
        not_after_night(publication, "conference_on", mostly=0.99),
    ]
