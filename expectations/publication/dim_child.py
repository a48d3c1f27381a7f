"""Children and pupils, with the history of what changes about them."""

from __future__ import annotations

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.metadata_types import FailureSeverity

from childrens_warehouse.quality.judge import rule
from expectations.publication import Publication, has_rows, not_after_night, not_before


def rules(publication: Publication) -> list[Expectation]:
    """Rules beyond what the names of the columns promise."""
    return [
        has_rows(at_least=2),  # one is the unknown member
        not_before("valid_to", "valid_from", "PUB-SPELL-REVERSED"),
        gxe.ExpectColumnValuesToBeInSet(column="sex_code", value_set=["M", "F", "U"], meta=rule("PUB-VALUE")),
        not_after_night(publication, "birth_month", mostly=0.999),
        # Inferred members were seen in a fact and in no list: some are life, many are a missing list.
        gxe.ExpectColumnValuesToBeInSet(
            column="is_inferred",
            value_set=[False],
            mostly=0.95,
            severity=FailureSeverity.WARNING,
            meta=rule("PUB-INFERRED"),
        ),
    ]
