"""The figures that papers name, and whether they are computed."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation

from expectations.publication import Publication, has_rows


def rules(publication: Publication) -> list[Expectation]:
    """Rules beyond what the names of the columns promise."""
    return [has_rows(at_least=354)]
