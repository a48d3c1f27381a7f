"""School of the children looked after on each reporting day."""

from __future__ import annotations

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation

from childrens_warehouse.quality.judge import rule
from expectations.publication import Publication, not_after_night
from expectations.publication.fct_attendance_pupil_month import parts_of_whole


def rules(publication: Publication) -> list[Expectation]:
    """Rules beyond what the names of the columns promise."""
    return [
        # Half days of the 365 that a year can have.
        gxe.ExpectColumnValuesToBeBetween(column="possible_sessions", max_value=732, meta=rule("PUB-SESSIONS")),
        parts_of_whole("possible_sessions", "absent_sessions"),
        not_after_night(publication, "as_at", mostly=1.0),
    ]
