"""Who is in the release, by region: nobody where one authority is alone."""

from __future__ import annotations

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation

from childrens_warehouse.quality.judge import rule
from expectations.publication import Publication


def rules(publication: Publication) -> list[Expectation]:
    """Rules beyond what the names of the columns promise."""
    return [
        gxe.ExpectColumnValuesToBeBetween(column="members", min_value=2, meta=rule("PUB-VALUE")),
    ]
