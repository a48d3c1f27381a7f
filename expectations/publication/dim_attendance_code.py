"""Register codes: a code counts in one way only."""

from __future__ import annotations

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation

from childrens_warehouse.quality.judge import rule
from expectations.publication import Publication, has_rows


def rules(publication: Publication) -> list[Expectation]:
    """Rules beyond what the names of the columns promise."""
    return [
        has_rows(at_least=40),
        gxe.ExpectColumnValuesToBeInSet(
            column="statistical_group",
            value_set=[
                "attending",
                "approved educational activity",
                "authorised absence",
                "unauthorised absence",
                "not required",
                "unable to attend",
                "administrative",
                "unknown",
            ],
            meta=rule("PUB-VALUE"),
        ),
    ]
