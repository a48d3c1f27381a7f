"""What disappeared from the lists: true of past files, so little of it can be wrong."""

from __future__ import annotations

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation

from childrens_warehouse.datasets import ALL, Coverage
from childrens_warehouse.quality.judge import rule
from expectations.publication import Publication


def rules(publication: Publication) -> list[Expectation]:
    """Rules beyond what the names of the columns promise."""
    lists = [dataset.name for dataset in ALL if dataset.coverage is not Coverage.SCHOOL_DATE]
    return [gxe.ExpectColumnValuesToBeInSet(column="dataset", value_set=lists, meta=rule("PUB-VALUE"))]
