"""Health: what the NHS trust that serves children in care delivers (docs/data-dictionary.md)."""

from __future__ import annotations

from childrens_warehouse.datasets import marks
from childrens_warehouse.datasets.declaration import (
    Area,
    Coverage,
    Dataset,
    Identifier,
    PersonalData,
    RowMark,
    Source,
    birth_date,
    code,
    date,
    identifier,
    integer,
    name_of_person,
    postcode,
    text,
)

OWNER = "Designated nurse for looked-after children"

PATIENT_ID = identifier("patient_id", Identifier.PATIENT_ID, "The trust's id of the patient.", required=True)
CHILD_ID = identifier("child_id", Identifier.SOCIAL_CARE_ID, "Social care id, where the trust knows it.")

PATIENTS = Dataset(
    name="patients",
    source=Source.HEALTH,
    file="patients.csv",
    title="Patients of the trust's looked-after children's service",
    grain="One row per patient of the trust.",
    columns=(
        PATIENT_ID,
        identifier("nhs_number", Identifier.NHS_NUMBER, "NHS number."),
        CHILD_ID,
        name_of_person("forename", "Forename."),
        name_of_person("surname", "Surname."),
        birth_date("date_of_birth"),
        code("sex", "Sex, as letter or as number.", "PERSON_SEX"),
        postcode("postcode", "Postcode of home."),
        identifier(
            "superseded_by",
            Identifier.NHS_NUMBER,
            "NHS number that replaced this patient's.",
            raw_name="superseded_by_nhs_number_key",
        ),
    ),
    key=("patient_id",),
    coverage=Coverage.FULL,
    owner=OWNER,
    derived=(Area("postcode", "home"),),
)

HEALTH_ASSESSMENTS = Dataset(
    name="health_assessments",
    source=Source.HEALTH,
    file="health_assessments.csv",
    title="Health assessments of children in care",
    grain="One row per assessment asked for, initial or review, done or not.",
    columns=(
        text("assessment_id", "The trust's own id of the assessment.", required=True),
        PATIENT_ID,
        CHILD_ID,
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
    marks=(
        RowMark("ASSESSMENT-CONTRADICTED", "(outcome = 'completed') <> (seen_on is not null)"),
        RowMark("ASSESSMENT-DATES", "seen_on < requested_on or report_returned_on < seen_on"),
    ),
)

DENTAL_CHECKS = Dataset(
    name="dental_checks",
    source=Source.HEALTH,
    file="dental_checks.csv",
    title="Dental checks of children in care",
    grain="One row per patient and day of a dental check, held or refused.",
    columns=(
        PATIENT_ID,
        date("checked_on", "Day of the check, or of its refusal.", required=True),
        CHILD_ID,
        code("outcome", "Seen or refused.", "DENTAL_OUTCOME", personal=PersonalData.SENSITIVE),
    ),
    key=("patient_id", "checked_on"),
    coverage=Coverage.FULL,
    owner=OWNER,
)

IMMUNISATIONS = Dataset(
    name="immunisations",
    source=Source.HEALTH,
    file="immunisations.csv",
    title="Immunisations of children in care",
    grain="One row per patient and day on which the immunisations were looked at.",
    columns=(
        PATIENT_ID,
        date("assessed_on", "Day they were looked at.", required=True),
        CHILD_ID,
        code("up_to_date", "Up to date for the age on that day.", "YES_NO", personal=PersonalData.SENSITIVE),
    ),
    key=("patient_id", "assessed_on"),
    coverage=Coverage.FULL,
    owner=OWNER,
)

SDQ = Dataset(
    name="sdq",
    source=Source.HEALTH,
    file="sdq.csv",
    title="Strengths and difficulties questionnaires",
    grain="One row per patient and day a questionnaire was completed or given up.",
    columns=(
        PATIENT_ID,
        date("completed_on", "Day it was completed, or given up.", required=True),
        CHILD_ID,
        integer("score", "Total score, 0 to 40.", raw_name="sdq_score", personal=PersonalData.SENSITIVE),
        code(
            "reason_not_completed",
            "Why there is no score.",
            "SDQ_REASON",
            raw_name="sdq_reason",
            personal=PersonalData.SENSITIVE,
        ),
    ),
    key=("patient_id", "completed_on"),
    coverage=Coverage.FULL,
    owner=OWNER,
    marks=(marks.score_range("score"), marks.score_and_reason("score", "reason_not_completed")),
)

DATASETS = (PATIENTS, HEALTH_ASSESSMENTS, DENTAL_CHECKS, IMMUNISATIONS, SDQ)
