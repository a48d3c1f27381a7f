"""The figures: what every chart and report reads."""

from __future__ import annotations

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.metadata_types import FailureSeverity
from great_expectations.expectations.row_conditions import Column

from childrens_warehouse.catalogue import entries
from childrens_warehouse.quality.judge import rule
from expectations.publication import Publication, has_rows, not_after_night


def events_per_hundred() -> list[str]:
    """Percentages that count how often something happens to a hundred subjects, who may have more than one each."""
    return [
        name
        for name, entry in entries.read().items()
        if (entry.meta["unit"], entry.meta.get("interval")) == ("percent", "byar")
    ]


def rules(publication: Publication) -> list[Expectation]:
    """Rules beyond what the names of the columns promise."""
    return [
        has_rows(),
        gxe.ExpectColumnValuesToBeInSet(
            column="disclosure", value_set=["open", "suppressed", "not_available"], meta=rule("PUB-VALUE")
        ),
        gxe.ExpectColumnValuesToBeInSet(
            column="finality", value_set=["provisional", "final", "restated"], meta=rule("PUB-VALUE")
        ),
        gxe.ExpectColumnValuesToBeBetween(column="value", min_value=0, meta=rule("PUB-NEGATIVE")),
        gxe.ExpectColumnPairValuesAToBeGreaterThanB(
            column_A="denominator",
            column_B="numerator",
            or_equal=True,
            ignore_row_if="either_value_is_missing",
            # A sum of days is no part of the children it is divided by, nor are events of the pupils they happen to.
            row_condition=(Column("unit") == "percent") & Column("indicator_id").is_not_in(events_per_hundred()),
            meta=rule("PUB-PART-OF-WHOLE"),
        ),
        not_after_night(publication, "as_at", mostly=1.0, severity=FailureSeverity.CRITICAL),
    ]
