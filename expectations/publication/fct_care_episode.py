"""Episodes of care, as the return in force has them."""

from __future__ import annotations

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation

from childrens_warehouse.quality.judge import rule
from expectations.publication import Publication, not_after_night, not_before


def rules(publication: Publication) -> list[Expectation]:
    """Rules beyond what the names of the columns promise."""
    return [
        not_after_night(publication, "started_on", mostly=1.0),
        not_before("started_on", "placement_started_on", "PUB-SPELL-REVERSED"),
        not_before("placement_started_on", "period_of_care_started_on", "PUB-SPELL-REVERSED"),
        gxe.ExpectColumnValuesToBeBetween(column="nights", min_value=0, meta=rule("PUB-NEGATIVE")),
    ]
