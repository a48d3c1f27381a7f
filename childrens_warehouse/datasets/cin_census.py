"""Social care: the children-in-need census, one XML document a year.

Source: DfE CIN census, XML schemas of the collections 2021 to 2026. A child is known by the authority's own id; the
document gives no other, so referrals and what follows them are numbered within their parent in the order of their dates
(childrens_warehouse/landing/formats/cin_census_xml.py), and every row bears the ids of all it belongs to.
"""

from __future__ import annotations

from childrens_warehouse.datasets.declaration import (
    Column,
    Coverage,
    Dataset,
    Identifier,
    Part,
    PersonalData,
    RowMark,
    Source,
    birth_date,
    code,
    date,
    identifier,
    integer,
    text,
)

OWNER = "Children's social care data team"
FILE = "cin_census.xml"

CHILD = identifier("LAchildID", Identifier.SOCIAL_CARE_ID, "Social care id of the child.", required=True)
DETAILS = integer(
    "CINdetailsID", "Number of the referral among the child's, by its date.", required=True, raw_name="cin_details_id"
)
ASSESSMENT = integer(
    "AssessmentID", "Number of the assessment among the referral's, by its start.", required=True,
    raw_name="assessment_id",
)  # fmt: skip
PLAN = integer(
    "CPPID", "Number of the child protection plan among the referral's, by its start.", required=True,
    raw_name="child_protection_plan_id",
)  # fmt: skip


def flag(name: str, description: str, raw_name: str) -> Column:
    """0 or 1; systems also write true and false."""
    return code(name, description, "FLAG", raw_name=raw_name)


def abuse(name: str, description: str, raw_name: str) -> Column:
    return code(name, description, "ABUSE", personal=PersonalData.SENSITIVE, raw_name=raw_name)


def dataset(part: str, name: str, title: str, grain: str, columns: tuple[Column, ...], **options: object) -> Dataset:
    options.setdefault("may_be_empty", True)
    return Dataset(
        name=name,
        source=Source.SOCIAL_CARE,
        file="",
        parts=(Part(FILE, part),),
        title=title,
        grain=grain,
        columns=columns,
        coverage=Coverage.COLLECTION_YEAR,
        owner=OWNER,
        **options,  # type: ignore[arg-type]
    )


HEADER = dataset(
    "Header",
    "cin_header",
    "CIN census: what the document says of itself",
    "One row per census document.",
    (
        text("LEA", "Three-digit code of the authority the document is of.", required=True, raw_name="authority_told"),
        text("Collection", "Name of the collection: CIN.", optional=True),
        integer("Year", "Collection year the document says it is of.", optional=True, raw_name="year_told"),
        date("ReferenceDate", "Last day of the collection year.", optional=True, raw_name="reference_date"),
        text("SourceLevel", "L: from a local authority.", optional=True, raw_name="source_level"),
        text("SoftwareCode", "System that wrote the document.", optional=True, raw_name="software_code"),
        text("Release", "Release of that system.", optional=True),
        text("SerialNo", "Number of the document among those of the year.", optional=True, raw_name="serial_number"),
        text("DateTime", "When the document was written, as it says.", optional=True, raw_name="written_at"),
    ),
    key=("LEA",),
    authority_column="LEA",
)

CHILDREN = dataset(
    "Child",
    "cin_child",
    "CIN census: children",
    "One row per child in need at any time of the collection year.",
    (
        CHILD,
        identifier("UPN", Identifier.UPN, "Unique pupil number.", optional=True),
        identifier(
            "FormerUPN", Identifier.UPN, "Unique pupil number before this one.", optional=True,
            raw_name="former_pupil_key",
        ),
        code("UPNunknown", "Why there is no UPN.", "UPN_UNKNOWN", optional=True, raw_name="upn_unknown"),
        birth_date("PersonBirthDate", optional=True),
        birth_date(
            "ExpectedPersonBirthDate", "Day an unborn child is expected; raw keeps the month.", optional=True,
            raw_name="expected_birth_month",
        ),
        code("GenderCurrent", "Gender, to year 2023.", "CIN_GENDER", until=2023, raw_name="gender_current"),
        code("Sex", "Sex, from year 2024.", "CIN_SEX", since=2024),
        date(
            "PersonDeathDate", "Day the child died.", optional=True, personal=PersonalData.SENSITIVE,
            raw_name="died_on",
        ),
        code("Ethnicity", "Ethnicity.", "ETHNIC", personal=PersonalData.SENSITIVE),
    ),
    key=("LAchildID",),
    may_be_empty=False,
)  # fmt: skip

DISABILITIES = dataset(
    "Disability",
    "cin_disability",
    "CIN census: disabilities",
    "One row per child and disability.",
    (
        CHILD,
        code("Disability", "Kind of disability; NONE where it was asked and there is none.", "DISABILITY",
             personal=PersonalData.SENSITIVE, required=True),
    ),
    key=("LAchildID", "Disability"),
)  # fmt: skip

CIN_DETAILS = dataset(
    "CINdetails",
    "cin_details",
    "CIN census: referrals and the episodes of need that follow",
    "One row per child and referral.",
    (
        CHILD,
        DETAILS,
        date("CINreferralDate", "Day of the referral.", required=True, raw_name="referral_date"),
        code("ReferralSource", "Who referred the child.", "CIN_REFERRAL_SOURCE", raw_name="referral_source"),
        code("PrimaryNeedCode", "Primary need.", "CIN_PRIMARY_NEED", optional=True, personal=PersonalData.SENSITIVE,
             raw_name="primary_need_code"),
        date("CINclosureDate", "Day the case closed; blank while open.", optional=True, raw_name="closure_date"),
        code("ReasonForClosure", "Why it closed.", "CIN_CLOSURE", optional=True, raw_name="reason_for_closure"),
        date("DateOfInitialCPC", "Day of the initial child protection conference, where no enquiry led to it.",
             optional=True, raw_name="initial_conference_date"),
        flag("ReferralNFA", "1 if the referral led to no further action.", "is_referral_without_action"),
    ),
    key=("LAchildID", "CINdetailsID"),
    may_be_empty=False,
    spell=("CINreferralDate", "CINclosureDate"),
    # CIN validation: an episode's end and its reason come together or not at all.
    marks=(RowMark("CIN-CLOSURE-REASON", "(cinclosuredate is null) <> (reasonforclosure is null)"),),
)  # fmt: skip

ASSESSMENTS = dataset(
    "Assessments",
    "cin_assessment",
    "CIN census: assessments",
    "One row per referral and assessment.",
    (
        CHILD,
        DETAILS,
        ASSESSMENT,
        date("AssessmentActualStartDate", "Day it started.", required=True, raw_name="started_on"),
        date("AssessmentInternalReviewDate", "Day by which it was to be reviewed.", optional=True,
             raw_name="internal_review_date"),
        date("AssessmentAuthorisationDate", "Day it was authorised; blank while it goes on.", optional=True,
             raw_name="authorised_on"),
    ),
    key=("LAchildID", "CINdetailsID", "AssessmentID"),
    spell=("AssessmentActualStartDate", "AssessmentAuthorisationDate"),
)  # fmt: skip

ASSESSMENT_FACTORS = dataset(
    "AssessmentFactors",
    "cin_assessment_factor",
    "CIN census: factors identified at the end of an assessment",
    "One row per assessment and factor.",
    (
        CHILD,
        DETAILS,
        ASSESSMENT,
        code("AssessmentFactor", "Factor.", "CIN_FACTOR", personal=PersonalData.SENSITIVE, required=True,
             raw_name="assessment_factor"),
    ),
    key=("LAchildID", "CINdetailsID", "AssessmentID", "AssessmentFactor"),
)  # fmt: skip

PLANS = dataset(
    "CINPlanDates",
    "cin_plan",
    "CIN census: child in need plans",
    "One row per referral and child in need plan.",
    (
        CHILD,
        DETAILS,
        integer("CINPlanID", "Number of the plan among the referral's, by its start.", required=True,
                raw_name="cin_plan_id"),
        date("CINPlanStartDate", "Day the plan started.", required=True, raw_name="started_on"),
        date("CINPlanEndDate", "Day it ended; blank while it goes on.", optional=True, raw_name="ended_on"),
    ),
    key=("LAchildID", "CINdetailsID", "CINPlanID"),
    spell=("CINPlanStartDate", "CINPlanEndDate"),
)  # fmt: skip

SECTION_47 = dataset(
    "Section47",
    "cin_section47",
    "CIN census: section 47 enquiries",
    "One row per referral and section 47 enquiry.",
    (
        CHILD,
        DETAILS,
        integer("Section47ID", "Number of the enquiry among the referral's, by its start.", required=True,
                raw_name="section47_id"),
        date("S47ActualStartDate", "Day the enquiry started.", required=True, raw_name="started_on"),
        date("InitialCPCtarget", "Day by which the initial conference is due.", optional=True,
             raw_name="initial_conference_due_on"),
        date("DateOfInitialCPC", "Day of the initial child protection conference.", optional=True,
             raw_name="initial_conference_date"),
        flag("ICPCnotRequired", "1 if no initial conference was needed.", "is_initial_conference_not_required"),
    ),
    key=("LAchildID", "CINdetailsID", "Section47ID"),
)  # fmt: skip

PROTECTION_PLANS = dataset(
    "ChildProtectionPlans",
    "cin_protection_plan",
    "CIN census: child protection plans",
    "One row per referral and child protection plan.",
    (
        CHILD,
        DETAILS,
        PLAN,
        date("CPPstartDate", "Day the plan started.", required=True, raw_name="started_on"),
        date("CPPendDate", "Day it ended; blank while it goes on.", optional=True, raw_name="ended_on"),
        abuse("InitialCategoryOfAbuse", "Category of abuse at the start.", "initial_category_of_abuse"),
        abuse("LatestCategoryOfAbuse", "Category of abuse now.", "latest_category_of_abuse"),
        integer("NumberOfPreviousCPP", "Plans the child was on before.", raw_name="number_of_previous_plans"),
    ),
    key=("LAchildID", "CINdetailsID", "CPPID"),
    spell=("CPPstartDate", "CPPendDate"),
)  # fmt: skip

PROTECTION_REVIEWS = dataset(
    "CPPreviewDate",
    "cin_protection_review",
    "CIN census: reviews of child protection plans",
    "One row per child protection plan and review.",
    (
        CHILD,
        DETAILS,
        PLAN,
        date("CPPreviewDate", "Day of the review.", required=True, raw_name="review_date"),
    ),
    key=("LAchildID", "CINdetailsID", "CPPID", "CPPreviewDate"),
)  # fmt: skip

DATASETS = (
    HEADER,
    CHILDREN,
    DISABILITIES,
    CIN_DETAILS,
    ASSESSMENTS,
    ASSESSMENT_FACTORS,
    PLANS,
    SECTION_47,
    PROTECTION_PLANS,
    PROTECTION_REVIEWS,
)
