"""Social care: the SSDA903 return (children looked after) under its standard names.

Source: DfE children looked-after return, file set and columns; dates are dd/mm/yyyy.
"""

from __future__ import annotations

from childrens_warehouse.datasets.declaration import (
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
    postcode,
)

OWNER = "Children's social care data team"
DATE_FORMAT = "%d/%m/%Y"

CHILD = identifier("CHILD", Identifier.SOCIAL_CARE_ID, "Social care id of the child.", required=True)
DOB = birth_date("DOB")

HEADER = Dataset(
    name="ssda903_header",
    source=Source.SOCIAL_CARE,
    file="header.csv",
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
    title="SSDA903 episodes of care",
    grain="One row per child and episode: a new episode starts when legal status, placement or carer changes.",
    columns=(
        CHILD,
        date("DECOM", "Day the episode commenced.", required=True),
        code("RNE", "Reason for the new episode.", "RNE"),
        code("LS", "Legal status.", "LS"),
        code("CIN", "Category of need.", "CIN", personal=PersonalData.SENSITIVE),
        code("PLACE", "Placement type.", "PLACE"),
        code("PLACE_PROVIDER", "Placement provider.", "PLACE_PROVIDER"),
        date("DEC", "Day the episode ceased; blank while it is open."),
        code("REC", "Reason the episode ceased.", "REC"),
        code("REASON_PLACE_CHANGE", "Reason the placement changed.", "REASON_PLACE_CHANGE"),
        postcode("HOME_POST", "Postcode of home."),
        postcode("PL_POST", "Postcode of the placement."),
        integer("URN", "Ofsted unique reference number of the placement's provider."),
    ),
    key=("CHILD", "DECOM"),
    coverage=Coverage.COLLECTION_YEAR,
    owner=OWNER,
    date_format=DATE_FORMAT,
    spell=("DECOM", "DEC"),
    # SSDA903 rule 148: an episode's end and its reason come together or not at all.
    marks=(RowMark("EPISODE-END-REASON", "(dec is null) <> (rec is null)"),),
)

REVIEWS = Dataset(
    name="ssda903_reviews",
    source=Source.SOCIAL_CARE,
    file="reviews.csv",
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
    may_be_empty=True,  # on the first days of a collection year nobody has been reviewed yet
)

UASC = Dataset(
    name="ssda903_uasc",
    source=Source.SOCIAL_CARE,
    file="uasc.csv",
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

DATASETS = (HEADER, EPISODES, REVIEWS, UASC)
