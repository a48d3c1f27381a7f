"""Children in care who are one move away from three placements."""

from __future__ import annotations

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.metadata_types import FailureSeverity

from childrens_warehouse.quality.judge import rule
from expectations.publication import Publication, not_after_night


def rules(publication: Publication) -> list[Expectation]:
    """Rules beyond what the names of the columns promise."""
    return [
        gxe.ExpectColumnValuesToBeInSet(
            column="status", value_set=["one_move_away_in_year", "one_move_away", "not_known"], meta=rule("PUB-VALUE")
        ),
        not_after_night(publication, "as_at", mostly=1.0, severity=FailureSeverity.CRITICAL),
        not_after_night(publication, "since_on", mostly=1.0, severity=FailureSeverity.CRITICAL),
    ]
