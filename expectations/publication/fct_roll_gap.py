"""Times in which pupils are on no roll."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation

from expectations.publication import Publication, not_before


def rules(publication: Publication) -> list[Expectation]:
    """Rules beyond what the names of the columns promise."""
    return [not_before("back_on_roll_on", "off_roll_from", "PUB-SPELL-REVERSED")]
