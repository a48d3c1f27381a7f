"""Reviews of pathway plans, with due date and timeliness."""

from __future__ import annotations

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation

from childrens_warehouse.quality.judge import rule
from expectations.publication import Publication, not_after_night


def rules(publication: Publication) -> list[Expectation]:
    """Rules beyond what the names of the columns promise."""
    return [
        gxe.ExpectColumnValuesToBeInSet(
            column="timeliness",
            value_set=["on_time", "late", "overdue", "not_yet_due", "no_clock"],
            meta=rule("PUB-VALUE"),
        ),
        not_after_night(publication, "held_on", mostly=0.98),
    ]
