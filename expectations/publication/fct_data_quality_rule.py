"""Rules of the returns: which were broken, and which could not be judged."""

from __future__ import annotations

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation

from childrens_warehouse.quality.judge import rule
from expectations.publication import Publication


def rules(publication: Publication) -> list[Expectation]:
    """Rules beyond what the names of the columns promise."""
    return [
        gxe.ExpectColumnValuesToBeInSet(column="is_blocking", value_set=[False], meta=rule("PUB-RETURN")),
        gxe.ExpectColumnValuesToBeInSet(
            column="state", value_set=["passed", "failed", "not_judged"], meta=rule("PUB-VALUE")
        ),
    ]
