"""Contacts with children's social care, and whether they led to a referral."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation

from expectations.publication import Publication, not_after_night


def rules(publication: Publication) -> list[Expectation]:
    """Rules beyond what the names of the columns promise."""
    return [
        not_after_night(publication, "contact_on", mostly=0.99),
    ]
