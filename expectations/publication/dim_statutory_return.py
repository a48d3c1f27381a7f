"""Which lists belong to which return."""

from __future__ import annotations

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation

from childrens_warehouse.quality.judge import rule
from expectations.publication import Publication, has_rows


def rules(publication: Publication) -> list[Expectation]:
    """Rules beyond what the names of the columns promise."""
    return [
        has_rows(),
        gxe.ExpectColumnValuesToBeInSet(
            column="return_code", value_set=["ssda903", "cin_census", "school_census"], meta=rule("PUB-VALUE")
        ),
    ]
