"""Workers who hold cases."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation

from expectations.publication import Publication, not_after_night


def rules(publication: Publication) -> list[Expectation]:
    """Rules beyond what the names of the columns promise."""
    return [
        not_after_night(publication, "first_allocated_on", mostly=0.98),
    ]
