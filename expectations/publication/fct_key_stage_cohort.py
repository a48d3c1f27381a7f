"""Children looked after at the end of a key stage, and what they reached."""

from __future__ import annotations

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation

from childrens_warehouse.quality.judge import rule
from expectations.publication import Publication, not_after_night


def rules(publication: Publication) -> list[Expectation]:
    """Rules beyond what the names of the columns promise."""
    return [
        gxe.ExpectColumnValuesToBeBetween(column="gcse_good_pass_count", min_value=0, meta=rule("PUB-NEGATIVE")),
        gxe.ExpectColumnValuesToBeInSet(column="stage_code", value_set=["KS1", "KS2", "KS4"], meta=rule("PUB-VALUE")),
        not_after_night(publication, "as_at", mostly=1.0),
    ]
