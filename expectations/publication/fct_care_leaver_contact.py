"""Contacts with care leavers."""

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
            value_set=["care_leavers", "annex_a_9_care_leavers"],
            meta=rule("PUB-VALUE"),
        ),
        not_after_night(publication, "contact_on", mostly=0.98),
    ]
