"""Education: schools, the pupils on their rolls, every register mark of the area, and how the pupils fare."""

from __future__ import annotations

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
    decimal,
    identifier,
    integer,
    name_of_person,
    postcode,
    text,
)

OWNER = "Education information team"
VIRTUAL_SCHOOL = "Virtual school"

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
        code("sex", "Sex, as letter or as number.", "PERSON_SEX"),
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
    derived=(Area("postcode", "home"),),
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

EXCLUSIONS = Dataset(
    name="exclusions",
    source=Source.EDUCATION,
    file="exclusions.csv",
    title="Suspensions and permanent exclusions",
    grain="One row per suspension or permanent exclusion.",
    columns=(
        text("exclusion_id", "The system's own id of the exclusion.", required=True),
        UPN,
        integer("school_urn", "School."),
        code("type", "Suspension or permanent exclusion.", "EXCLUSION_TYPE", raw_name="exclusion_type", required=True),
        date("start_date", "First day excluded.", required=True),
        integer("sessions", "Sessions (half-days) of a suspension."),
        text("reason", "Why.", raw_name="exclusion_reason", personal=PersonalData.SENSITIVE),
        date("cancelled_on", "Day it was cancelled; blank while it stands."),
    ),
    key=("exclusion_id",),
    coverage=Coverage.FULL,
    owner=OWNER,
    judged_on="start_date",
    # The law allows 45 days of suspension in a school year.
    marks=(RowMark("SUSPENSION-LENGTH", "type <> 'PERM' and sessions not between 1 and 90"),),
    may_be_empty=True,
)

PEPS = Dataset(
    name="peps",
    source=Source.EDUCATION,
    file="peps.csv",
    title="Personal education plans",
    grain="One row per personal education plan of a term.",
    columns=(
        text("pep_id", "The system's own id of the plan.", required=True),
        identifier("child_id", Identifier.SOCIAL_CARE_ID, "Social care id, where the virtual school knows it."),
        identifier("upn", Identifier.UPN, "Unique pupil number; blank before school age."),
        integer("school_year", "School year the plan is for: 2016 is 2016/17.", required=True),
        code("term", "Term the plan is for.", "SCHOOL_TERM", required=True),
        date("meeting_on", "Day of the meeting; blank if not yet held."),
        date("completed_on", "Day the plan was complete; blank if not yet."),
        code("quality", "The virtual school's rating.", "PEP_QUALITY", raw_name="pep_quality"),
        code("child_views", "The plan holds the child's views.", "YES_NO"),
        decimal("pupil_premium_planned", "Pupil premium the plan lays out, in pounds."),
    ),
    key=("pep_id",),
    coverage=Coverage.FULL,
    owner=VIRTUAL_SCHOOL,
    marks=(
        RowMark("PEP-UNNAMED", "child_id is null and upn is null"),
        RowMark(
            "PEP-SCHOOL-YEAR", "school_year <> year(meeting_on) - case when month(meeting_on) < 9 then 1 else 0 end"
        ),
    ),
)

ATTAINMENT = Dataset(
    name="attainment",
    source=Source.EDUCATION,
    file="attainment.csv",
    title="Attainment",
    grain="One row per pupil, year, stage, subject and measure.",
    columns=(
        UPN,
        integer("year", "Year of the result: 2016 is summer 2016.", raw_name="result_year", required=True),
        code("stage", "Assessment or key stage.", "ATTAINMENT_STAGE", required=True),
        text("subject", "Subject.", required=True),
        text("measure", "What was measured: level, grade, scaled score, points.", required=True),
        identifier("child_id", Identifier.SOCIAL_CARE_ID, "Social care id, where the source knows it."),
        text("result", "The result, as the measure writes it."),
    ),
    key=("upn", "year", "stage", "subject", "measure"),
    coverage=Coverage.FULL,
    owner=VIRTUAL_SCHOOL,
)

DATASETS = (PUPILS, SCHOOLS, ENROLMENTS, ATTENDANCE, EXCLUSIONS, PEPS, ATTAINMENT)
