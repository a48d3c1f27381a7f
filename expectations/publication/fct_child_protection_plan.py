"""Child protection plans."""

from __future__ import annotations

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.metadata_types import FailureSeverity

from childrens_warehouse.quality.judge import rule
from expectations.publication import Publication


def rules(publication: Publication) -> list[Expectation]:
    """Rules beyond what the names of the columns promise."""
    return [
        gxe.ExpectColumnValuesToBeInSet(
            column="initial_category_of_abuse_code",
            value_set=["NEG", "PHY", "SAB", "EMO", "MUL", "unknown"],
            meta=rule("PUB-VALUE"),
        ),
        gxe.ExpectColumnValuesToBeInSet(
            column="latest_category_of_abuse_code",
            value_set=["NEG", "PHY", "SAB", "EMO", "MUL", "unknown"],
            meta=rule("PUB-VALUE"),
        ),
        gxe.ExpectColumnValuesToBeInSet(
            column="duration_band",
            value_set=[
                "three_months_or_less",
                "three_to_six_months",
                "six_to_twelve_months",
                "one_to_two_years",
                "two_years_or_more",
            ],
            meta=rule("PUB-VALUE"),
        ),
        gxe.ExpectColumnValuesToBeInSet(
            column="is_in_future",
            value_set=[False],
            mostly=0.98,
            severity=FailureSeverity.WARNING,
            meta=rule("PUB-FUTURE"),
        ),
    ]
