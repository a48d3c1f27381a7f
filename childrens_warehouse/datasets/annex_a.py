"""Social care: the child-level lists an inspection asks for (Ofsted ILACS, Annex A): a workbook with a sheet for each.

Names of columns are those of the template; `spellings` are what councils make of them. How cells are spelt is data too
(`seeds/code_spelling.csv`). The lists have no row ids: a row is known by its child and the day something began.
"""

from __future__ import annotations

from childrens_warehouse.datasets.declaration import (
    Area,
    Column,
    Coverage,
    Dataset,
    Identifier,
    Part,
    PersonalData,
    Source,
    birth_date,
    code,
    date,
    identifier,
    integer,
    postcode,
    text,
)

OWNER = "Children's social care data team"
FILE = "annex_a.xlsx"

# Local spellings nobody has told us of refuse their row; they must not cost the council the whole list.
CEILING = 0.2

CHILD = identifier(
    "Child Unique ID",
    Identifier.SOCIAL_CARE_ID,
    "Social care id of the child.",
    required=True,
    spellings=("Child ID", "Child's Unique ID", "Unique Child ID", "Child Unique Identifier", "Unique ID", "Person ID"),
)
SEX = code("Gender", "Gender; the template says sex from 2026.", "ANNEX_A_GENDER", raw_name="gender",
           spellings=("Sex", "Child's Gender", "Child's Sex"))  # fmt: skip
ETHNICITY = code("Ethnicity", "Ethnicity.", "ETHNIC", personal=PersonalData.SENSITIVE, raw_name="ethnicity",
                 spellings=("Ethnic Origin", "Child's Ethnicity"))  # fmt: skip
BORN = birth_date("Date of Birth", spellings=("DOB", "Child's Date of Birth"))
# Systems write the age to the minute, which with the day of the extract is the date of birth: raw carries none.
AGE = text(
    "Age of Child (Years)", "Age as the file gives it; raw has the month of birth instead.",
    personal=PersonalData.NAME, optional=True, spellings=("Age", "Age of Child", "Age (Years)"),
)  # fmt: skip
DISABLED = code(
    "Does the Child have a Disability", "Is the child disabled?", "YES_NO", personal=PersonalData.SENSITIVE,
    raw_name="is_disabled", spellings=("Disability", "Disabled", "Does the Child have a Disability (Y/N)"),
)  # fmt: skip
TEAM = text(
    "Allocated Team", "Team that holds the case.", optional=True, raw_name="allocated_team", spellings=("Team",)
)
FAMILY = identifier(
    "Family identifier", Identifier.FAMILY_ID, "Id of the adoptive family: what lists 10 and 11 meet on.",
    optional=True, spellings=("Family ID", "Family Unique ID"),
)  # fmt: skip


def worker(name: str, description: str, *spellings: str) -> Column:
    return text(name, description, personal=PersonalData.NAME, optional=True, spellings=spellings)


def yes_no(name: str, description: str, raw_name: str, *spellings: str, **options: object) -> Column:
    return code(name, description, "YES_NO", raw_name=raw_name, spellings=spellings, **options)


WORKER = worker("Allocated Worker", "Worker who holds the case.", "Allocated Social Worker", "Social Worker")
PERSON = (CHILD, SEX, ETHNICITY, BORN, AGE)
WHO = (TEAM, WORKER)


def list_of(
    number: int, name: str, title: str, grain: str, columns: tuple[Column, ...], key: tuple[str, ...],
    spell: tuple[str, str] | None = None, may_be_empty: bool = False, derived: tuple[Area, ...] = (),
) -> Dataset:  # fmt: skip
    return Dataset(
        name=f"annex_a_{number}_{name}",
        source=Source.SOCIAL_CARE,
        file="",
        parts=(Part(FILE, f"List {number}"),),
        title=f"Annex A list {number}: {title}",
        grain=grain,
        columns=columns,
        key=key,
        coverage=Coverage.FULL,
        owner=OWNER,
        spell=spell,
        ceiling=CEILING,
        may_be_empty=may_be_empty,
        derived=derived,
    )


CONTACTS = list_of(
    1, "contacts", "contacts", "One row per child, day and source of a contact in the last six months.",
    (
        *PERSON,
        date("Date of Contact", "Day of the contact.", required=True, raw_name="contact_date",
             spellings=("Contact Date",)),
        code("Contact Source", "Who made contact.", "CIN_REFERRAL_SOURCE", required=True, raw_name="contact_source",
             spellings=("Source of Contact",)),
    ),
    key=("Child Unique ID", "Date of Contact", "Contact Source"),
)  # fmt: skip

EARLY_HELP = list_of(
    2, "early_help", "early help assessments",
    "One row per child and early help assessment of the last six months.",
    (
        *PERSON,
        date("Assessment start date", "Day it started.", required=True, raw_name="started_on"),
        date("Assessment completion date", "Day it was completed; blank while it goes on.", raw_name="completed_on",
             spellings=("Assessment end date",)),
        text("Organisation completing assessment", "Who carries it out.", optional=True, raw_name="organisation",
             spellings=("Organisation completing the assessment",)),
    ),
    key=("Child Unique ID", "Assessment start date"),
    spell=("Assessment start date", "Assessment completion date"),
    may_be_empty=True,  # early help is often another service's
)  # fmt: skip

REFERRALS = list_of(
    3, "referrals", "referrals", "One row per child, day and source of a referral in the last six months.",
    (
        *PERSON,
        date("Date of Referral", "Day of the referral.", required=True, raw_name="referral_date",
             spellings=("Referral Date",)),
        code("Referral Source", "Who referred the child.", "CIN_REFERRAL_SOURCE", required=True,
             raw_name="referral_source", spellings=("Source of Referral",)),
        yes_no("Referral NFA?", "Did it lead to no further action?", "is_referral_without_action",
               "Referral No Further Action"),
        integer("Number of Referrals in Last 12 Months", "Referrals before this one in twelve months.", optional=True,
                raw_name="number_of_referrals"),
        *WHO,
    ),
    key=("Child Unique ID", "Date of Referral", "Referral Source"),
)  # fmt: skip

ASSESSMENTS = list_of(
    4, "assessments", "assessments", "One row per child and assessment of the last six months.",
    (
        *PERSON,
        DISABLED,
        date("Continuous Assessment Start Date", "Day it started.", required=True, raw_name="started_on",
             spellings=("Assessment Start Date",)),
        yes_no("Child Seen During Continuous Assessment", "Was the child seen?", "is_child_seen",
               "Child Seen During Assessment"),
        date("Continuous Assessment Date of Authorisation", "Day it was authorised; blank while it goes on.",
             raw_name="authorised_on",
             spellings=("Assessment Date of Authorisation", "Assessment Authorisation Date")),
        text("Was the child assessed as requiring LA children's social care support?",
             "Outcome, as the council words it.", optional=True, raw_name="outcome"),
        *WHO,
    ),
    key=("Child Unique ID", "Continuous Assessment Start Date"),
    spell=("Continuous Assessment Start Date", "Continuous Assessment Date of Authorisation"),
)  # fmt: skip

SECTION_47 = list_of(
    5, "section47", "section 47 enquiries and initial conferences",
    "One row per child and section 47 enquiry of the last six months.",
    (
        *PERSON,
        DISABLED,
        date("Strategy discussion initiating Section 47 Enquiry Start Date", "Day of the strategy discussion.",
             required=True, raw_name="started_on", spellings=("Section 47 Enquiry Start Date",)),
        yes_no("Was an Initial Child Protection Conference deemed unnecessary?", "Was no conference needed?",
               "is_conference_unnecessary", "Was an ICPC deemed unnecessary?"),
        date("Date of Initial Child Protection Conference", "Day of the conference.", raw_name="conference_date",
             spellings=("Date of ICPC",)),
        yes_no("Did the Initial Child Protection Conference Result in a Child Protection Plan",
               "Did it lead to a plan?", "is_plan_made", "Did the ICPC Result in a Child Protection Plan"),
        integer("Number of Section 47 Enquiries in the last 12 months", "Enquiries in twelve months.", optional=True,
                raw_name="number_of_enquiries"),
        integer("Number of ICPCs in the last 12 months", "Conferences in twelve months.", optional=True,
                raw_name="number_of_conferences"),
        *WHO,
    ),
    key=("Child Unique ID", "Strategy discussion initiating Section 47 Enquiry Start Date"),
)  # fmt: skip

CHILDREN_IN_NEED = list_of(
    6, "children_in_need", "children in need", "One row per child and episode of need.",
    (
        *PERSON,
        DISABLED,
        date("CIN Start Date", "Day the episode began.", required=True, raw_name="started_on",
             spellings=("Child in Need Start Date",)),
        code("Primary Need Code", "Primary need.", "CIN_PRIMARY_NEED", personal=PersonalData.SENSITIVE,
             raw_name="primary_need_code", spellings=("Primary Need",)),
        date("Date Child Was Last Seen", "Day the child was last seen.", optional=True, raw_name="last_seen_on"),
        date("CIN Closure Date", "Day the case closed; blank while open.", raw_name="closed_on",
             spellings=("Child in Need Closure Date",)),
        code("Reason for Closure", "Why it closed.", "CIN_CLOSURE", raw_name="reason_for_closure"),
        text("Case Status", "Status, as the council words it.", optional=True, raw_name="case_status"),
        *WHO,
    ),
    key=("Child Unique ID", "CIN Start Date"),
    spell=("CIN Start Date", "CIN Closure Date"),
)  # fmt: skip

PROTECTION_PLANS = list_of(
    7, "child_protection", "child protection plans", "One row per child and child protection plan.",
    (
        *PERSON,
        DISABLED,
        date("Child Protection Plan Start Date", "Day the plan started.", required=True, raw_name="started_on",
             spellings=("CP Plan Start Date", "CPP Start Date")),
        code("Initial Category of Abuse", "Category at the start.", "ABUSE", personal=PersonalData.SENSITIVE,
             raw_name="initial_category_of_abuse"),
        code("Latest Category of Abuse", "Category now.", "ABUSE", personal=PersonalData.SENSITIVE,
             raw_name="latest_category_of_abuse"),
        date("Date of the Last Statutory Visit", "Day of the last visit.", optional=True, raw_name="last_visit_date"),
        yes_no("Was the Child Seen Alone?", "Was the child seen alone at it?", "is_child_seen_alone", optional=True),
        date("Date of latest review conference", "Day of the last review conference.", optional=True,
             raw_name="last_review_date"),
        date("Child Protection Plan End Date", "Day the plan ended; blank while it goes on.", raw_name="ended_on",
             spellings=("CP Plan End Date", "CPP End Date")),
        yes_no("Subject to Emergency Protection Order or Protected Under Police Powers in Last Six Months (Y/N)",
               "Was the child taken into emergency or police protection in six months?", "is_emergency_protected",
               "Subject to EPO or Police Powers in Last Six Months (Y/N)", optional=True),
        integer("Number of Previous Child Protection Plans", "Plans before this one.", optional=True,
                raw_name="number_of_previous_plans"),
        *WHO,
    ),
    key=("Child Unique ID", "Child Protection Plan Start Date"),
    spell=("Child Protection Plan Start Date", "Child Protection Plan End Date"),
)  # fmt: skip

CHILDREN_IN_CARE = list_of(
    8, "children_in_care", "children looked after", "One row per child and period of being looked after.",
    (
        *PERSON,
        yes_no("Unaccompanied Asylum Seeking Child (UASC) within the Last 12 Months (Y/N)",
               "Was the child unaccompanied and seeking asylum in twelve months?", "is_uasc",
               "UASC within the Last 12 Months (Y/N)", "UASC", personal=PersonalData.SENSITIVE, optional=True),
        DISABLED,
        date("Date Started to be Looked After", "Day the period began.", required=True, raw_name="started_on"),
        code("Child's Category of Need", "Category of need.", "CIN_PRIMARY_NEED", personal=PersonalData.SENSITIVE,
             raw_name="category_of_need", spellings=("Category of Need",)),
        yes_no("Is this a second or subsequent period of being a Looked After Child within the last 12 months (Y/N)",
               "Was the child looked after before within twelve months?", "is_again_in_care",
               "Second or subsequent period of being LAC within the last 12 months (Y/N)", optional=True),
        date("Start date of current legal status", "Day the legal status began.", optional=True,
             raw_name="legal_status_started_on"),
        code("Child's Legal Status", "Legal status.", "LS", raw_name="legal_status", spellings=("Legal Status",)),
        date("Date of Latest Statutory Review", "Day of the last review.", optional=True, raw_name="last_review_date"),
        date("Date of Last Social Work Visit", "Day of the last visit.", optional=True, raw_name="last_visit_date"),
        text("What is the permanence plan for this child?", "Permanence plan, as the council words it.", optional=True,
             raw_name="permanence_plan"),
        date("Date of Last IRO Visit / Contact to the Child", "Day the reviewing officer last saw the child.",
             optional=True, raw_name="last_reviewing_officer_visit_date"),
        date("Date of Last Health Assessment", "Day of the last health assessment.", optional=True,
             raw_name="last_health_assessment_date"),
        date("Date of Last Dental Check", "Day of the last dental check.", optional=True,
             raw_name="last_dental_check_date"),
        integer("Number of Placements in the Last 12 months", "Placements in twelve months.", optional=True,
                raw_name="number_of_placements"),
        date("Date Ceased to be Looked After", "Day the period ended; blank while it goes on.", raw_name="ended_on"),
        code("Reason Ceased to be Looked After", "Why it ended.", "REC", raw_name="reason_ended"),
        date("Start Date of Most Recent Placement", "Day the placement began.", optional=True,
             raw_name="placement_started_on"),
        code("Placement Type", "Placement type.", "PLACE", raw_name="placement_type"),
        code("Placement Provider", "Placement provider.", "PLACE_PROVIDER", raw_name="placement_provider",
             optional=True),
        postcode("Placement postcode", "Postcode of the placement.", optional=True, raw_name="placement_postcode_key"),
        text("URN of Placement", "Ofsted unique reference number of the placement's provider.", optional=True,
             raw_name="placement_urn"),
        text("Placement Location", "In or out of the authority, as the council words it.", optional=True,
             raw_name="placement_location"),
        text("LA of Placement", "Authority the placement lies in, as the council words it.", optional=True,
             raw_name="placement_authority"),
        integer("Number of Episodes the Child has been 'Missing' from their Placement in the last 12 months",
                "Times missing in twelve months.", optional=True, raw_name="number_of_times_missing",
                spellings=("Number of Episodes 'Missing' in the last 12 months",)),
        integer("Number of Episodes the Child has been 'Absent' from their Placement in the last 12 months",
                "Times absent in twelve months.", optional=True, raw_name="number_of_times_absent",
                spellings=("Number of Episodes 'Absent' in the last 12 months",)),
        text("Was the child offered a Return Interview after their last missing episode (Y/N)?",
             "Was a return interview offered, as the council words it.", optional=True,
             raw_name="return_interview_offered",
             spellings=("Offered a Return Interview after last missing episode (Y/N)?",)),
        text("Did the child accept a Return Interview after their last missing episode (Y/N)?",
             "Was it accepted, as the council words it.", optional=True, raw_name="return_interview_accepted",
             spellings=("Accepted a Return Interview (Y/N)?",)),
        *WHO,
    ),
    key=("Child Unique ID", "Date Started to be Looked After"),
    spell=("Date Started to be Looked After", "Date Ceased to be Looked After"),
    derived=(Area("Placement postcode", "placement"),),
)  # fmt: skip

CARE_LEAVERS = list_of(
    9, "care_leavers", "care leavers", "One row per young person who left care.",
    (
        *PERSON,
        yes_no("UASC, or formerly UASC if 18 or over (Y/N)", "Unaccompanied and seeking asylum, now or before 18?",
               "is_uasc", "Unaccompanied Asylum Seeking Child (UASC), or formerly UASC if 18 or over (Y/N)", "UASC",
               personal=PersonalData.SENSITIVE, optional=True),
        DISABLED,
        *WHO,
        worker("Allocated Personal Advisor", "Personal adviser.", "Allocated Personal Adviser", "Personal Advisor"),
        text("Eligibility Category", "Category of leaver, as the council words it.", optional=True,
             raw_name="eligibility_category"),
        date("Latest Pathway Plan Review Date", "Day the pathway plan was last reviewed.", optional=True,
             raw_name="last_pathway_plan_review_date"),
        code("LA in Touch", "Is the authority in touch?", "IN_TOUCH", raw_name="in_touch",
             spellings=("Is the LA in touch?",)),
        date("Latest Date of Contact", "Day of the last contact.", optional=True, raw_name="last_contact_date"),
        code("Type of Accommodation", "Accommodation.", "ACCOMMODATION_TYPE", personal=PersonalData.SENSITIVE,
             raw_name="accommodation_type"),
        code("Suitability of Accommodation", "1 suitable, 2 not.", "ACCOMMODATION_SUITABILITY",
             raw_name="accommodation_suitability"),
        code("Activity Status", "Main activity.", "ACTIV", personal=PersonalData.SENSITIVE, raw_name="activity",
             spellings=("Activity",)),
    ),
    key=("Child Unique ID",),
)  # fmt: skip

ADOPTION = list_of(
    10, "adoption", "children with an adoption plan", "One row per child for whom adoption is or was the plan.",
    (
        CHILD,
        FAMILY,
        *PERSON[1:],
        DISABLED,
        date("Date the Child Entered Care", "Day the child came into care.", raw_name="entered_care_on"),
        date("Date of Decision that Child Should be Placed for Adoption", "Day of the decision.",
             raw_name="decision_date"),
        date("Date of Placement Order", "Day of the placement order.", raw_name="placement_order_date"),
        date("Date of Matching Child and Prospective Adopters", "Day of the match.", raw_name="matching_date",
             spellings=("Date of Matching", "Date of Matching Child and Prospective Adopter(s)")),
        date("Date Placed for Adoption", "Day the child moved in.", raw_name="placed_on"),
        date("Date of Adoption Order", "Day of the adoption order.", raw_name="adoption_order_date"),
        date("Date of Decision that Child Should No Longer be Placed for Adoption", "Day the decision was taken back.",
             optional=True, raw_name="decision_taken_back_date",
             spellings=("Date of Decision No Longer to be Placed",)),
        code("Reason Why Child No Longer Placed for Adoption", "Why it was taken back.", "REASON_PLACED_CEASED",
             optional=True, raw_name="reason_taken_back", spellings=("Reason Why No Longer Placed",)),
        date("Date the child was placed for fostering in FFA or concurrent planning placement",
             "Day the child moved into fostering for adoption.", optional=True, raw_name="fostering_for_adoption_date",
             spellings=("Date placed in FFA or concurrent planning placement",)),
    ),
    key=("Child Unique ID",),
    may_be_empty=True,
)  # fmt: skip

ADOPTERS = list_of(
    11, "adopters", "prospective adopters", "One row per adopter.",
    (
        identifier("Individual adopter identifier", Identifier.ADOPTER_ID, "Id of the adopter.", required=True,
                   spellings=("Adopter ID", "Individual adopter ID", "Adopter identifier")),
        FAMILY,
        SEX,
        ETHNICITY,
        code("Disability", "Is the adopter disabled?", "YES_NO", personal=PersonalData.SENSITIVE,
             raw_name="is_disabled", spellings=("Does the Adopter have a Disability",)),
        yes_no("Is the (prospective) adopter fostering for adoption?", "Fostering for adoption?",
               "is_fostering_for_adoption"),
        date("Date enquiry received", "Day of the enquiry.", raw_name="enquiry_date"),
        date("Date Stage 1 started", "Day stage 1 began.", raw_name="stage_1_started_on",
             spellings=("Date Stage 1 started / accepted",)),
        date("Date Stage 1 ended", "Day stage 1 ended.", raw_name="stage_1_ended_on"),
        date("Date Stage 2 started", "Day stage 2 began.", raw_name="stage_2_started_on"),
        date("Date Stage 2 ended", "Day stage 2 ended.", raw_name="stage_2_ended_on"),
        date("Date application submitted", "Day of the application.", raw_name="application_date"),
        date("Date application approved", "Day it was approved.", raw_name="approval_date"),
        date("Date adopter matched with child(ren)", "Day of the match.", raw_name="matching_date",
             spellings=("Date adopter matched", "Date adopter matched with child / children")),
        date("Date child/children placed with adopter(s)", "Day the child moved in.", raw_name="placed_on",
             spellings=("Date child/children placed",)),
        integer("No. of children placed", "Children placed.", optional=True, raw_name="number_of_children_placed",
                spellings=("Number of children placed",)),
        date("Date of Adoption Order", "Day of the adoption order.", raw_name="adoption_order_date"),
        date("Date of leaving adoption process", "Day the adopter left.", optional=True, raw_name="left_on"),
        text("Reason for leaving adoption process", "Why, as the council words it.", optional=True,
             raw_name="reason_for_leaving"),
    ),
    key=("Individual adopter identifier",),
    may_be_empty=True,
)  # fmt: skip

DATASETS = (
    CONTACTS,
    EARLY_HELP,
    REFERRALS,
    ASSESSMENTS,
    SECTION_47,
    CHILDREN_IN_NEED,
    PROTECTION_PLANS,
    CHILDREN_IN_CARE,
    CARE_LEAVERS,
    ADOPTION,
    ADOPTERS,
)
