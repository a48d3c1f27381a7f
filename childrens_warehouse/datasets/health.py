"""Health: what the NHS trust that serves children in care delivers (docs/data-dictionary.md)."""

from __future__ import annotations

from childrens_warehouse.datasets.declaration import (
    Coverage,
    Dataset,
    Identifier,
    PersonalData,
    Source,
    code,
    date,
    identifier,
    text,
)

OWNER = "Designated nurse for looked-after children"

HEALTH_ASSESSMENTS = Dataset(
    name="health_assessments",
    source=Source.HEALTH,
    file="health_assessments.csv",
    title="Health assessments of children in care",
    grain="One row per assessment asked for, initial or review, done or not.",
    columns=(
        text("assessment_id", "The trust's own id of the assessment.", required=True),
        identifier("patient_id", Identifier.PATIENT_ID, "The trust's id of the patient.", required=True),
        identifier("child_id", Identifier.SOCIAL_CARE_ID, "Social care id, where the trust knows it."),
        code("assessment_type", "IHA (initial) or RHA (review).", "ASSESSMENT_TYPE", required=True),
        date("requested_on", "Day request and consent reached the trust."),
        date("due_on", "Day it was due by the trust's own clock."),
        date("seen_on", "Day the child was seen; blank if not yet or not at all."),
        code("outcome", "What became of it.", "ASSESSMENT_OUTCOME", personal=PersonalData.SENSITIVE),
        code("area", "Seen inside or outside the authority.", "ASSESSMENT_AREA"),
        date("report_returned_on", "Day the report came back to social care."),
    ),
    key=("assessment_id",),
    coverage=Coverage.FULL,
    owner=OWNER,
)

DATASETS = (HEALTH_ASSESSMENTS,)
