"""The latest visits to children."""

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
            column="visit_kind",
            value_set=["child_in_need", "child_protection", "looked_after", "reviewing_officer"],
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
