"""Children looked after on each reporting day, with how their health care stands."""

from __future__ import annotations

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.metadata_types import FailureSeverity

from childrens_warehouse.quality.judge import rule
from expectations.publication import Publication, not_after_night, not_before


def rules(publication: Publication) -> list[Expectation]:
    """Rules beyond what the names of the columns promise."""
    return [
        gxe.ExpectColumnValuesToBeInSet(
            column="sdq_band_code", value_set=["normal", "borderline", "concern"], meta=rule("PUB-VALUE")
        ),
        not_before("as_at", "period_of_care_started_on", "PUB-SPELL-REVERSED"),
        not_before("as_at", "health_assessed_on", "PUB-FUTURE"),
        not_before("as_at", "dental_checked_on", "PUB-FUTURE"),
        not_before("as_at", "immunisation_assessed_on", "PUB-FUTURE"),
        not_after_night(publication, "as_at", mostly=1.0, severity=FailureSeverity.CRITICAL),
        gxe.ExpectColumnValuesToBeInSet(
            column="is_known_to_trust",
            value_set=[True],
            mostly=0.5,
            severity=FailureSeverity.WARNING,
            meta=rule("PUB-UNLINKED"),
        ),
    ]
