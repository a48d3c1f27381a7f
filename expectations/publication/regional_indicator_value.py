"""The figures of regions: none where one authority is alone."""

from __future__ import annotations

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.row_conditions import Column

from childrens_warehouse.quality.judge import rule
from expectations.publication import Publication, not_after_night
from expectations.publication.indicator_value import events_per_hundred


def rules(publication: Publication) -> list[Expectation]:
    """Rules beyond what the names of the columns promise."""
    return [
        gxe.ExpectColumnValuesToBeBetween(column="value", min_value=0, meta=rule("PUB-NEGATIVE")),
        gxe.ExpectColumnPairValuesAToBeGreaterThanB(
            column_A="members", column_B="members_counted", or_equal=True, meta=rule("PUB-PART-OF-WHOLE")
        ),
        gxe.ExpectColumnPairValuesAToBeGreaterThanB(
            column_A="denominator",
            column_B="numerator",
            or_equal=True,
            ignore_row_if="either_value_is_missing",
            row_condition=(Column("unit") == "percent") & Column("indicator_id").is_not_in(events_per_hundred()),
            meta=rule("PUB-PART-OF-WHOLE"),
        ),
        not_after_night(publication, "as_at", mostly=1.0),
    ]
