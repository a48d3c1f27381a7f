"""Plans for the permanence of children looked after."""

from __future__ import annotations

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation

from childrens_warehouse.quality.judge import rule
from expectations.publication import Publication


def rules(publication: Publication) -> list[Expectation]:
    """Rules beyond what the names of the columns promise."""
    return [
        gxe.ExpectColumnValuesToBeInSet(
            column="permanence_plan_code",
            value_set=[
                "return_home",
                "adoption",
                "guardianship",
                "long_term_fostering",
                "residential",
                "supported_living",
                "other",
                "unknown",
            ],
            meta=rule("PUB-VALUE"),
        ),
    ]
