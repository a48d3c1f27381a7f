"""Social care: the SSDA903 return (children looked after) under its standard names.

Source: DfE children looked-after return, file set and columns; dates are dd/mm/yyyy. Numbers of rules in comments are
those of the return's own validation.
"""

from __future__ import annotations

from childrens_warehouse.datasets import marks
from childrens_warehouse.datasets.declaration import (
    Area,
    Column,
    Coverage,
    Dataset,
    Distance,
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
    partial_date,
    postcode,
    text,
)

OWNER = "Children's social care data team"
DATE_FORMAT = "%d/%m/%Y"
# The same return as one document; it has no form for social workers and deprivation of liberty known here.
XML = "ssda903.xml"

CHILD = identifier("CHILD", Identifier.SOCIAL_CARE_ID, "Social care id of the child.", required=True)
DOB = birth_date("DOB")

# Lists of a few dozen children: one row in twenty is two slips, which must not cost the council the whole list.
SMALL_LIST_CEILING = 0.2


def flag(name: str, description: str) -> Column:
    """0, 1 or blank; what it says of a child is of a special category."""
    return code(name, description, "FLAG", personal=PersonalData.SENSITIVE)


HEADER = Dataset(
    name="ssda903_header",
    source=Source.SOCIAL_CARE,
    file="header.csv",
    parts=(Part(XML, "HEADER"),),
    title="SSDA903 header",
    grain="One row per child in the collection year.",
    columns=(
        CHILD,
        code("SEX", "Sex: 1 or 2 to year 2024, M, F or U from 2025.", "SEX"),
        birth_date("DOB", required=True),
        code("ETHNIC", "Ethnicity.", "ETHNIC", personal=PersonalData.SENSITIVE),
        identifier("UPN", Identifier.UPN, "Unique pupil number, or the reason it is not known (UN1 to UN7)."),
        code("MOTHER", "1 if the child is a mother.", "MOTHER", personal=PersonalData.SENSITIVE),
        birth_date("MC_DOB", "Date of birth of her child; raw keeps the month.", raw_name="mc_birth_month"),
    ),
    key=("CHILD",),
    coverage=Coverage.COLLECTION_YEAR,
    owner=OWNER,
    date_format=DATE_FORMAT,
)

EPISODES = Dataset(
    name="ssda903_episodes",
    source=Source.SOCIAL_CARE,
    file="episodes.csv",
    parts=(Part(XML, "EPISODE"),),
    title="SSDA903 episodes of care",
    grain="One row per child and episode: a new episode starts when legal status, placement or carer changes.",
    columns=(
        CHILD,
        date("DECOM", "Day the episode commenced.", required=True),
        code("RNE", "Reason for the new episode.", "RNE"),
        code("LS", "Legal status.", "LS"),
        code("CIN", "Category of need.", "CIN", personal=PersonalData.SENSITIVE),
        # PL is what the return's XML form calls it.
        code("PLACE", "Placement type.", "PLACE", spellings=("PL",)),
        code("PLACE_PROVIDER", "Placement provider.", "PLACE_PROVIDER"),
        date("DEC", "Day the episode ceased; blank while it is open."),
        code("REC", "Reason the episode ceased.", "REC"),
        code("REASON_PLACE_CHANGE", "Reason the placement changed.", "REASON_PLACE_CHANGE"),
        postcode("HOME_POST", "Postcode of home."),
        postcode("PL_POST", "Postcode of the placement."),
        integer(
            "URN",
            "Ofsted unique reference number of the placement's provider; XXXXXXX where it has none.",
            blank_when=("XXXXXXX",),
        ),
    ),
    key=("CHILD", "DECOM"),
    coverage=Coverage.COLLECTION_YEAR,
    owner=OWNER,
    date_format=DATE_FORMAT,
    spell=("DECOM", "DEC"),
    derived=(Area("HOME_POST", "home"), Area("PL_POST", "placement"), Distance("HOME_POST", "PL_POST")),
    # SSDA903 rule 148: an episode's end and its reason come together or not at all.
    marks=(RowMark("EPISODE-END-REASON", "(dec is null) <> (rec is null)"),),
)

REVIEWS = Dataset(
    name="ssda903_reviews",
    source=Source.SOCIAL_CARE,
    file="reviews.csv",
    parts=(Part(XML, "AREVIEW"),),
    title="SSDA903 reviews",
    grain="One row per child and statutory review held.",
    columns=(
        CHILD,
        DOB,
        date("REVIEW", "Day the review was held.", required=True),
        code("REVIEW_CODE", "How the child took part.", "REVIEW_CODE"),
    ),
    key=("CHILD", "REVIEW"),
    coverage=Coverage.COLLECTION_YEAR,
    owner=OWNER,
    date_format=DATE_FORMAT,
    marks=(marks.before_birth("REVIEW"),),
    may_be_empty=True,  # on the first days of a collection year nobody has been reviewed yet
)

UASC = Dataset(
    name="ssda903_uasc",
    source=Source.SOCIAL_CARE,
    file="uasc.csv",
    parts=(Part(XML, "UASC"),),
    title="SSDA903 unaccompanied asylum-seeking children",
    grain="One row per child who was unaccompanied and seeking asylum in the collection year.",
    columns=(
        CHILD,
        code("SEX", "Sex: 1 or 2 to year 2024, M, F or U from 2025.", "SEX"),
        DOB,
        date("DUC", "Day the child ceased to be unaccompanied and seeking asylum, or turns 18."),
    ),
    key=("CHILD",),
    coverage=Coverage.COLLECTION_YEAR,
    owner=OWNER,
    date_format=DATE_FORMAT,
    may_be_empty=True,
)

OC2 = Dataset(
    name="ssda903_oc2",
    source=Source.SOCIAL_CARE,
    file="oc2.csv",
    parts=(Part(XML, "OC2"),),
    title="SSDA903 health and wellbeing of children looked after for twelve months (OC2)",
    grain="One row per child looked after continuously for the twelve months to 31 March.",
    columns=(
        CHILD,
        DOB,
        integer(
            "SDQ_SCORE",
            "Strengths and difficulties score as the carer sees it, 0 to 40.",
            personal=PersonalData.SENSITIVE,
        ),
        code("SDQ_REASON", "Why there is no score.", "SDQ_REASON", personal=PersonalData.SENSITIVE),
        flag("CONVICTED", "Convicted or cautioned in the year; asked from the age of 10."),
        flag("HEALTH_CHECK", "Development checks up to date; asked under the age of 5."),
        flag("IMMUNISATIONS", "Immunisations up to date."),
        flag("TEETH_CHECK", "Teeth checked by a dentist in the year."),
        flag("HEALTH_ASSESSMENT", "Health assessed as often as the age asks for."),
        flag("SUBSTANCE_MISUSE", "Found to have a substance misuse problem in the year."),
        flag("INTERVENTION_RECEIVED", "Received an intervention for it."),
        flag("INTERVENTION_OFFERED", "Was offered one and refused; asked where none was received."),
    ),
    key=("CHILD",),
    coverage=Coverage.COLLECTION_YEAR,
    owner=OWNER,
    date_format=DATE_FORMAT,
    marks=(
        marks.score_range("sdq_score"),
        marks.score_and_reason("sdq_score", "sdq_reason"),
        # Rules 158, 192, 193: an intervention needs the problem, and an offer refused is none received.
        RowMark(
            "INTERVENTION-UNFOUNDED",
            "(intervention_received = '1' and coalesce(substance_misuse, '0') <> '1') "
            "or (intervention_offered = '1' and coalesce(intervention_received, '0') = '1') "
            "or (intervention_offered = '1' and coalesce(substance_misuse, '0') <> '1')",
        ),
    ),
    may_be_empty=True,
)

OC3 = Dataset(
    name="ssda903_oc3",
    source=Source.SOCIAL_CARE,
    file="oc3.csv",
    parts=(Part(XML, "OC3"),),
    title="SSDA903 care leavers (OC3)",
    grain="One row per care leaver whose birthday of the return's ages fell in the collection year.",
    columns=(
        CHILD,
        DOB,
        code("IN_TOUCH", "Is the authority in touch?", "IN_TOUCH"),
        code("ACTIV", "Main activity around the birthday.", "ACTIV", personal=PersonalData.SENSITIVE),
        code(
            "ACCOM",
            "Accommodation: a letter, then 1 suitable or 2 not; 0 where it does not apply.",
            "ACCOM",
            personal=PersonalData.SENSITIVE,
        ),
    ),
    key=("CHILD",),
    coverage=Coverage.COLLECTION_YEAR,
    owner=OWNER,
    date_format=DATE_FORMAT,
    ceiling=SMALL_LIST_CEILING,
    marks=(marks.leaver_against_contact("activ", "accom"),),
    may_be_empty=True,
)

AD1 = Dataset(
    name="ssda903_ad1",
    source=Source.SOCIAL_CARE,
    file="ad1.csv",
    parts=(Part(XML, "AD1"),),
    title="SSDA903 adoptions (AD1)",
    grain="One row per child adopted in the collection year.",
    columns=(
        CHILD,
        DOB,
        date("DATE_INT", "Day it was decided that the child should be placed for adoption."),
        date("DATE_MATCH", "Day the child was matched with the adopters."),
        code("FOSTER_CARE", "1 if the adopters were the child's foster carers, else 0.", "FLAG"),
        code("NB_ADOPTR", "Number of adopters.", "NB_ADOPTR", spellings=("NB_ADOPTER",)),
        code("SEX_ADOPTR", "Sex of the adopters.", "SEX_ADOPTR", personal=PersonalData.SENSITIVE),
        code("LS_ADOPTR", "Legal status of the adopters.", "LS_ADOPTR", personal=PersonalData.SENSITIVE),
    ),
    key=("CHILD",),
    coverage=Coverage.COLLECTION_YEAR,
    owner=OWNER,
    date_format=DATE_FORMAT,
    ceiling=SMALL_LIST_CEILING,
    marks=(
        RowMark("ADOPTION-DATES", "date_match is not null and (date_int is null or date_int > date_match)"),  # rule 333
        # Rules 511, 514, 517 to 520 and 524.
        RowMark(
            "ADOPTERS-DISAGREE",
            "(nb_adoptr = '1' and sex_adoptr in ('MM', 'FF', 'MF')) "
            "or (nb_adoptr = '2' and sex_adoptr in ('M1', 'F1')) "
            "or (ls_adoptr = 'L0') <> (sex_adoptr in ('M1', 'F1')) "
            "or (ls_adoptr in ('L11', 'L3') and sex_adoptr <> 'MF') "
            "or (ls_adoptr in ('L12', 'L4') and sex_adoptr not in ('MM', 'FF'))",
        ),
    ),
    may_be_empty=True,
)

PLACED_FOR_ADOPTION = Dataset(
    name="ssda903_placed_for_adoption",
    source=Source.SOCIAL_CARE,
    file="placed_for_adoption.csv",
    parts=(Part(XML, "AD_PLACED"),),
    title="SSDA903 decisions that a child should be placed for adoption",
    grain="One row per child and decision that the child should be placed for adoption.",
    columns=(
        CHILD,
        DOB,
        date("DATE_PLACED", "Day of the decision.", required=True),
        date("DATE_PLACED_CEASED", "Day the decision was taken back; blank while it stands."),
        code("REASON_PLACED_CEASED", "Why it was taken back.", "REASON_PLACED_CEASED"),
    ),
    key=("CHILD", "DATE_PLACED"),
    coverage=Coverage.COLLECTION_YEAR,
    owner=OWNER,
    date_format=DATE_FORMAT,
    spell=("DATE_PLACED", "DATE_PLACED_CEASED"),
    ceiling=SMALL_LIST_CEILING,
    marks=(
        # Rules 119 and 563: both or neither.
        RowMark("PLACED-END-REASON", "(date_placed_ceased is null) <> (reason_placed_ceased is null)"),
        marks.before_birth("DATE_PLACED"),
    ),
    may_be_empty=True,
)

PREVIOUS_PERMANENCE = Dataset(
    name="ssda903_previous_permanence",
    source=Source.SOCIAL_CARE,
    file="previous_permanence.csv",
    parts=(Part(XML, "PERMANENCE"),),
    title="SSDA903 permanence before this period of care",
    grain="One row per child who started to be looked after on or after 1 April 2016.",
    columns=(
        CHILD,
        DOB,
        code("PREV_PERM", "Kind of permanence the child had before, Z1 for none.", "PREV_PERM"),
        text("LA_PERM", "Code of the authority that arranged it: three digits, or WAL, SCO, NIR, NUK."),
        partial_date("DATE_PERM", "Date of the order, as far as it is known."),
    ),
    key=("CHILD",),
    coverage=Coverage.COLLECTION_YEAR,
    owner=OWNER,
    date_format=DATE_FORMAT,
    marks=(
        # Rule 635: a date or an authority of something that never was.
        RowMark(
            "PERMANENCE-CONTRADICTED",
            "coalesce(prev_perm, 'Z1') = 'Z1' and (la_perm is not null or date_perm is not null)",
        ),
    ),
    may_be_empty=True,
)

MISSING = Dataset(
    name="ssda903_missing",
    source=Source.SOCIAL_CARE,
    file="missing.csv",
    parts=(Part(XML, "AMISSING"),),
    title="SSDA903 children missing or away",
    grain="One row per child, kind and day on which the child went missing or away from placement.",
    columns=(
        CHILD,
        DOB,
        code("MISSING", "M missing, A away without authorisation.", "MISSING", required=True),
        date("MIS_START", "Day it began.", required=True),
        date("MIS_END", "Day the child was back; blank while not."),
    ),
    # A child may go away and missing on one day: two spells.
    key=("CHILD", "MIS_START", "MISSING"),
    coverage=Coverage.COLLECTION_YEAR,
    owner=OWNER,
    date_format=DATE_FORMAT,
    spell=("MIS_START", "MIS_END"),
    ceiling=SMALL_LIST_CEILING,
    marks=(marks.before_birth("MIS_START"),),
    may_be_empty=True,
)

SOCIAL_WORKER_EPISODES = Dataset(
    name="ssda903_sw_episodes",
    source=Source.SOCIAL_CARE,
    file="sw_episodes.csv",
    title="SSDA903 social workers of a child",
    grain="One row per child, social worker and day the worker was allocated.",
    columns=(
        CHILD,
        DOB,
        identifier("SW_ID", Identifier.WORKER_ID, "Registration number of the social worker.", required=True),
        date("SW_DECOM", "Day the worker was allocated.", required=True),
        date("SW_DEC", "Day the worker left the case; blank while allocated."),
        code("SW_REASON", "Why the worker changed.", "SW_REASON"),
    ),
    key=("CHILD", "SW_ID", "SW_DECOM"),
    coverage=Coverage.COLLECTION_YEAR,
    owner=OWNER,
    date_format=DATE_FORMAT,
    spell=("SW_DECOM", "SW_DEC"),
    marks=(
        RowMark("SOCIAL-WORKER-ID", "not regexp_matches(sw_id, '^(SW|XX)', 'i')"),  # rule SW02STG1
        marks.before_birth("SW_DECOM"),
    ),
    may_be_empty=True,
    since=2024,
)

DEPRIVATION_OF_LIBERTY = Dataset(
    name="ssda903_dolo",
    source=Source.SOCIAL_CARE,
    file="DoLo.csv",
    title="SSDA903 deprivation-of-liberty orders",
    grain="One row per child and day a deprivation-of-liberty order took effect.",
    columns=(
        CHILD,
        DOB,
        date("DOLO_START", "Day the order took effect.", required=True),
        date("DOLO_END", "Day it ended; blank while in force."),
    ),
    key=("CHILD", "DOLO_START"),
    coverage=Coverage.COLLECTION_YEAR,
    owner=OWNER,
    date_format=DATE_FORMAT,
    spell=("DOLO_START", "DOLO_END"),
    ceiling=SMALL_LIST_CEILING,
    marks=(marks.before_birth("DOLO_START"),),
    may_be_empty=True,
    since=2027,
)

DATASETS = (
    HEADER,
    EPISODES,
    REVIEWS,
    UASC,
    OC2,
    OC3,
    AD1,
    PLACED_FOR_ADOPTION,
    PREVIOUS_PERMANENCE,
    MISSING,
    SOCIAL_WORKER_EPISODES,
    DEPRIVATION_OF_LIBERTY,
)
