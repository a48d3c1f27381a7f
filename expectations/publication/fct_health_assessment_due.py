"""Health assessments that children in care are owed, done or not."""

from __future__ import annotations

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation

from childrens_warehouse.quality.judge import rule
from expectations.publication import Publication, not_after_night, not_before


def rules(publication: Publication) -> list[Expectation]:
    """Rules beyond what the names of the columns promise."""
    return [
        gxe.ExpectColumnValuesToBeInSet(
            column="timeliness",
            value_set=["on_time", "late", "overdue", "not_yet_due", "not_known"],
            meta=rule("PUB-VALUE"),
        ),
        not_after_night(publication, "seen_on", mostly=1.0),
        not_before("latest_due_on", "earliest_due_on", "PUB-SPELL-REVERSED"),
    ]
