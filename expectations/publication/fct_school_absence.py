"""Absence of each school of the area."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation

from expectations.publication import Publication, not_after_night
from expectations.publication.fct_attendance_pupil_month import parts_of_whole


def rules(publication: Publication) -> list[Expectation]:
    """Rules beyond what the names of the columns promise."""
    return [
        parts_of_whole("possible_sessions", "absent_sessions"),
        not_after_night(publication, "as_at", mostly=1.0),
    ]
