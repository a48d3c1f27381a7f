"""Referrals to children's social care."""

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
            value_set=["cin_details", "annex_a_3_referrals"],
            meta=rule("PUB-VALUE"),
        ),
        not_after_night(publication, "referred_on", mostly=0.99),
        not_before("closed_on", "referred_on", "PUB-SPELL-REVERSED"),
    ]
