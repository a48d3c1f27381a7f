"""Education: schools, the pupils on their rolls and every register mark of the area (docs/data-dictionary.md)."""

from __future__ import annotations

from childrens_warehouse.datasets.declaration import (
    Coverage,
    Dataset,
    Identifier,
    PersonalData,
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

OWNER = "Education information team"

UPN = identifier("upn", Identifier.UPN, "Unique pupil number.", required=True)

PUPILS = Dataset(
    name="pupils",
    source=Source.EDUCATION,
    file="pupils.csv",
    title="Pupils of the area",
    grain="One row per pupil.",
    columns=(
        UPN,
        identifier("former_upn", Identifier.UPN, "UPN the pupil had before.", raw_name="former_pupil_key"),
        identifier("child_id", Identifier.SOCIAL_CARE_ID, "Social care id, where the school knows it."),
        name_of_person("forename", "Forename."),
        name_of_person("surname", "Surname."),
        birth_date("date_of_birth"),
        code("sex", "Sex.", "SEX"),
        code("ethnicity", "Ethnicity.", "ETHNIC", personal=PersonalData.SENSITIVE),
        postcode("postcode", "Postcode of home."),
        code(
            "sen_provision",
            "Special educational need provision: N, K or E.",
            "SEN_PROVISION",
            personal=PersonalData.SENSITIVE,
        ),
        code("sen_primary_need", "Primary special educational need.", "SEN_NEED", personal=PersonalData.SENSITIVE),
        code("free_school_meals", "Eligible for free school meals.", "YES_NO", personal=PersonalData.SENSITIVE),
        identifier("nhs_number", Identifier.NHS_NUMBER, "NHS number, where the school knows it."),
    ),
    key=("upn",),
    coverage=Coverage.FULL,
    owner=OWNER,
)

SCHOOLS = Dataset(
    name="schools",
    source=Source.EDUCATION,
    file="schools.csv",
    title="Schools",
    grain="One row per school (URN).",
    columns=(
        integer("urn", "Unique reference number of the school.", required=True),
        text("name", "Name of the school.", raw_name="school_name"),
        code("phase", "Phase of education.", "SCHOOL_PHASE"),
        text("la_code", "Three-digit code of the authority it lies in."),
        text("postcode", "Postcode of the school (of a place, not of a person)."),
        date("opened_on", "Day it opened; blank if unknown."),
        date("closed_on", "Day it closed; blank while open."),
    ),
    key=("urn",),
    coverage=Coverage.FULL,
    owner=OWNER,
)

ENROLMENTS = Dataset(
    name="enrolments",
    source=Source.EDUCATION,
    file="enrolments.csv",
    title="Enrolments",
    grain="One row per pupil, school and start date.",
    columns=(
        UPN,
        integer("school_urn", "School.", required=True),
        date("start_date", "First day on roll.", required=True),
        date("end_date", "Day the pupil left the roll; blank while on it."),
        code("status", "Kind of registration: C, M, S or G.", "ENROLMENT_STATUS"),
        code("year_group", "National curriculum year group.", "YEAR_GROUP"),
        text("leaving_reason", "Why the pupil left."),
    ),
    key=("upn", "school_urn", "start_date"),
    coverage=Coverage.FULL,
    owner=OWNER,
    spell=("start_date", "end_date"),
)

ATTENDANCE = Dataset(
    name="attendance",
    source=Source.EDUCATION,
    file="attendance.csv",
    title="Register marks",
    grain="One row per pupil, school, date, session and supplier.",
    columns=(
        UPN,
        integer("school_urn", "School.", required=True),
        date("date", "Day of the session.", raw_name="session_date", required=True),
        code("session", "AM or PM.", "SESSION", required=True),
        text("supplier", "The school's system, or the attendance provider.", required=True),
        code("mark", "Register mark; blank if none was recorded.", "ATTENDANCE", personal=PersonalData.SENSITIVE),
    ),
    key=("upn", "school_urn", "date", "session", "supplier"),
    coverage=Coverage.SCHOOL_DATE,
    owner=OWNER,
    judged_on="date",
    ceiling_rows=50_000,
)

DATASETS = (PUPILS, SCHOOLS, ENROLMENTS, ATTENDANCE)
