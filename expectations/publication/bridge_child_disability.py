"""Disabilities of children, as the census has them."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation

from expectations.publication import Publication


def rules(publication: Publication) -> list[Expectation]:
    """Rules beyond what the names of the columns promise: contract and tests of the model say all there is."""
    return []
