"""Where authorities stand in their region: nowhere where one is alone."""

from __future__ import annotations

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation

from childrens_warehouse.quality.judge import rule
from expectations.publication import Publication, not_after_night


def rules(publication: Publication) -> list[Expectation]:
    """Rules beyond what the names of the columns promise."""
    return [
        gxe.ExpectColumnValuesToBeBetween(column="value", min_value=0, meta=rule("PUB-NEGATIVE")),
        gxe.ExpectColumnPairValuesAToBeGreaterThanB(
            column_A="ranked", column_B="rank_in_region", or_equal=True, meta=rule("PUB-PART-OF-WHOLE")
        ),
        gxe.ExpectColumnValuesToBeInSet(
            column="funnel_position",
            value_set=["within", "above_95", "above_998", "below_95", "below_998"],
            meta=rule("PUB-VALUE"),
        ),
        not_after_night(publication, "as_at", mostly=1.0),
    ]
