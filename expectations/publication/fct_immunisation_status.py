"""Immunisations of children in care, as they were looked at."""

from __future__ import annotations

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.metadata_types import FailureSeverity

from childrens_warehouse.quality.judge import rule
from expectations.publication import Publication, not_after_night


def rules(publication: Publication) -> list[Expectation]:
    """Rules beyond what the names of the columns promise."""
    return [
        not_after_night(publication, "assessed_on", mostly=0.99),
        # The trust does not know every child; when it knows hardly any, its list lost the social care ids.
        gxe.ExpectColumnValuesToNotBeInSet(
            column="child_key", value_set=[-1], mostly=0.5, severity=FailureSeverity.WARNING, meta=rule("PUB-UNLINKED")
        ),
    ]
