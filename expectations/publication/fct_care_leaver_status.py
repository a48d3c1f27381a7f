"""Care leavers as the statutory return has them."""

from __future__ import annotations

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.metadata_types import FailureSeverity

from childrens_warehouse.quality.judge import rule
from expectations.publication import Publication


def rules(publication: Publication) -> list[Expectation]:
    """Rules beyond what the names of the columns promise."""
    return [
        gxe.ExpectColumnValuesToBeBetween(
            column="age_on_birthday",
            min_value=17,
            max_value=21,
            mostly=0.95,
            severity=FailureSeverity.WARNING,
            meta=rule("PUB-VALUE"),
        ),
    ]
