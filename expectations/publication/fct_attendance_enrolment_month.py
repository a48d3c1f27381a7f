"""Attendance by pupil, school and month."""

from __future__ import annotations

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation

from childrens_warehouse.quality.judge import rule
from expectations.publication import Publication


def rules(publication: Publication) -> list[Expectation]:
    """Rules beyond what the names of the columns promise."""
    return [
        # Sixty-two sessions are what 31 days can hold.
        gxe.ExpectColumnValuesToBeBetween(column="recorded_sessions", max_value=62, meta=rule("PUB-SESSIONS")),
        parts_of_whole("recorded_sessions", "possible_sessions"),
        parts_of_whole("possible_sessions", "present_sessions"),
        parts_of_whole("possible_sessions", "authorised_absence_sessions"),
        parts_of_whole("possible_sessions", "unauthorised_absence_sessions"),
    ]


def parts_of_whole(whole: str, part: str) -> Expectation:
    """A part is never more than its whole."""
    return gxe.ExpectColumnPairValuesAToBeGreaterThanB(
        column_A=whole, column_B=part, or_equal=True, ignore_row_if="neither", meta=rule("PUB-PART-OF-WHOLE")
    )
