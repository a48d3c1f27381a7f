"""Bridge: each pupil of an authority is one child."""

from __future__ import annotations

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.metadata_types import FailureSeverity

from childrens_warehouse.quality.judge import rule
from expectations.publication import Publication, has_rows


def rules(publication: Publication) -> list[Expectation]:
    """Rules beyond what the names of the columns promise."""
    return [
        has_rows(severity=FailureSeverity.WARNING),
        gxe.ExpectColumnValuesToBeInSet(
            column="link_rule",
            value_set=["decision", "nhs_number", "upn", "social_care_id", "likeness", "none"],
            meta=rule("PUB-VALUE"),
        ),
        # Pupils whom two sources claim for two children: a few are life, many are a broken extract.
        gxe.ExpectColumnValuesToBeInSet(
            column="is_contested",
            value_set=[False],
            mostly=0.99,
            severity=FailureSeverity.WARNING,
            meta=rule("PUB-CONTESTED"),
        ),
    ]
