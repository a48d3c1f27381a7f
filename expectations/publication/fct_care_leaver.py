"""Care leavers on each reporting date."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation

from expectations.publication import Publication, not_after_night


def rules(publication: Publication) -> list[Expectation]:
    """Rules beyond what the names of the columns promise."""
    return [
        not_after_night(publication, "as_at", mostly=1.0),
        not_after_night(publication, "last_contact_on", mostly=1.0),
    ]
