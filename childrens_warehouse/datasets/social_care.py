"""Social care: what the national returns lack, asked for in a format of ours (docs/data-dictionary.md)."""

from __future__ import annotations

from childrens_warehouse.datasets import marks
from childrens_warehouse.datasets.declaration import (
    Area,
    Column,
    Coverage,
    Dataset,
    Identifier,
    PersonalData,
    RowMark,
    Source,
    birth_date,
    code,
    codes,
    date,
    identifier,
    name_of_person,
    postcode,
    text,
    timestamp,
)

OWNER = "Children's social care data team"

CHILD_ID = identifier("child_id", Identifier.SOCIAL_CARE_ID, "Social care id of the child.", required=True)


def yes_no(name: str, description: str, personal: PersonalData = PersonalData.NONE) -> Column:
    return code(name, description, "YES_NO", personal=personal)


PERSONS = Dataset(
    name="persons",
    source=Source.SOCIAL_CARE,
    file="persons.csv",
    title="Children and young people known to social care",
    grain="One row per social care id.",
    columns=(
        CHILD_ID,
        identifier("nhs_number", Identifier.NHS_NUMBER, "NHS number, where social care knows it."),
        identifier("upn", Identifier.UPN, "Unique pupil number, or the reason it is not known (UN1 to UN7)."),
        identifier("former_upn", Identifier.UPN, "UPN the child had before.", raw_name="former_pupil_key"),
        name_of_person("forename", "Forename."),
        name_of_person("surname", "Surname."),
        name_of_person("previous_surname", "Surname the child had before."),
        birth_date("date_of_birth"),
        birth_date(
            "expected_date_of_birth",
            "Day the birth is expected of a child not yet born; raw keeps the month.",
            raw_name="expected_birth_month",
        ),
        birth_date("date_of_death", "Date of death; raw keeps the month.", raw_name="death_month"),
        code("sex", "Sex: 1 or 2 to year 2024, M, F or U from 2025.", "SEX"),
        code("ethnicity", "Ethnicity.", "ETHNIC", personal=PersonalData.SENSITIVE),
        codes("disability", "Disabilities, or NONE.", "DISABILITY", personal=PersonalData.SENSITIVE),
        postcode("home_postcode", "Postcode of home."),
        date("home_postcode_from", "First day at that postcode."),
        yes_no("unaccompanied", "Came unaccompanied and seeking asylum.", PersonalData.SENSITIVE),
        yes_no("adopted_identity", "This identity replaced another on adoption.", PersonalData.SENSITIVE),
        yes_no("restricted", "Address or file is protected.", PersonalData.SENSITIVE),
    ),
    key=("child_id",),
    coverage=Coverage.FULL,
    owner=OWNER,
    derived=(Area("home_postcode", "home"),),
    marks=(
        RowMark("BIRTH-DATE-MISSING", "date_of_birth is null and expected_date_of_birth is null"),
        marks.before_birth("date_of_death", birth="date_of_birth"),
        RowMark(
            "DISABILITY-CONTRADICTED",
            "list_contains(string_split(disability, ';'), 'NONE') and disability <> 'NONE'",
        ),
    ),
)

ALLOCATIONS = Dataset(
    name="allocations",
    source=Source.SOCIAL_CARE,
    file="allocations.csv",
    title="Workers allocated to a child",
    grain="One row per child, role, worker and first day of the allocation.",
    columns=(
        CHILD_ID,
        code("role", "What the worker is to the child.", "ALLOCATION_ROLE", raw_name="worker_role", required=True),
        identifier("worker_id", Identifier.WORKER_ID, "The system's id of the worker.", required=True),
        date("start_date", "First day of the allocation.", required=True),
        date("end_date", "Day the allocation ended; blank while it lasts."),
        text("team", "Team the worker allocated works in.", raw_name="team_name"),
    ),
    key=("child_id", "role", "worker_id", "start_date"),
    coverage=Coverage.FULL,
    owner=OWNER,
    spell=("start_date", "end_date"),
)

RETURN_INTERVIEWS = Dataset(
    name="return_interviews",
    source=Source.SOCIAL_CARE,
    file="return_interviews.csv",
    title="Return home interviews after a child was missing",
    grain="One row per child and day on which the missing spell began.",
    columns=(
        CHILD_ID,
        date("missing_start", "Day the missing spell began, as in missing.csv.", required=True),
        timestamp("returned_at", "When the child was back: the clock of the interview starts."),
        yes_no("offered", "An interview was offered."),
        yes_no("accepted", "The child accepted it."),
        timestamp("interviewed_at", "When the interview was held; blank if none was."),
    ),
    key=("child_id", "missing_start"),
    coverage=Coverage.FULL,
    owner=OWNER,
    marks=(
        RowMark(
            "INTERVIEW-CONTRADICTED",
            "(accepted = 'Y' and offered = 'N') or (interviewed_at is not null and accepted = 'N')",
        ),
        RowMark("INTERVIEW-DATES", "cast(returned_at as date) < missing_start or interviewed_at < returned_at"),
    ),
    may_be_empty=True,
)

CARE_LEAVERS = Dataset(
    name="care_leavers",
    source=Source.SOCIAL_CARE,
    file="care_leavers.csv",
    title="Contacts with care leavers",
    grain="One row per young person and day of contact.",
    columns=(
        CHILD_ID,
        date("contact_date", "Day of the contact, or of the attempt.", required=True),
        code("eligibility", "What the young person is entitled to.", "CARE_LEAVER_ELIGIBILITY"),
        code("in_touch", "Is the authority in touch?", "IN_TOUCH"),
        code("activity", "Main activity.", "ACTIV", personal=PersonalData.SENSITIVE),
        code(
            "accommodation",
            "Accommodation: a letter, then 1 suitable or 2 not; 0 where it does not apply.",
            "ACCOM",
            personal=PersonalData.SENSITIVE,
        ),
        date("pathway_plan_reviewed_on", "Day the pathway plan was last reviewed."),
    ),
    key=("child_id", "contact_date"),
    coverage=Coverage.FULL,
    owner=OWNER,
    judged_on="contact_date",
    marks=(marks.leaver_against_contact("activity", "accommodation"),),
    may_be_empty=True,
)

DATASETS = (PERSONS, ALLOCATIONS, RETURN_INTERVIEWS, CARE_LEAVERS)
