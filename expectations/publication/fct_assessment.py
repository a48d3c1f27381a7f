"""Social care assessments, with the clock of 45 working days."""

from __future__ import annotations

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation

from childrens_warehouse.quality.judge import rule
from expectations.publication import Publication, not_after_night, not_before


def rules(publication: Publication) -> list[Expectation]:
    """Rules beyond what the names of the columns promise."""
    return [
        gxe.ExpectColumnValuesToBeInSet(
            column="source_dataset",
            value_set=["cin_assessment", "annex_a_4_assessments"],
            meta=rule("PUB-VALUE"),
        ),
        not_after_night(publication, "started_on", mostly=0.99),
        not_before("authorised_on", "started_on", "PUB-SPELL-REVERSED"),
    ]
