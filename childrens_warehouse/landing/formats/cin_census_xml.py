"""The children-in-need census as one XML document: a child, its referrals, and what followed each of them.

Source: DfE CIN census, XML schemas of the collections 2021 to 2026. The document has no ids but the child's: referrals,
assessments, plans and enquiries are numbered here within their parent, in the order of their dates (`Record.numbered`).
"""

from __future__ import annotations

import re

from childrens_warehouse.errors import FileRefused
from childrens_warehouse.landing.formats.xml_records import Cells, Document, Record

_CIN_DETAILS = Record(
    "CINdetails",
    part="CINdetails",
    numbered="CINdetailsID",
    ordered_by="CINreferralDate",
    always=("CINreferralDate", "ReferralSource", "ReferralNFA"),
    within=(
        Record(
            "Assessments",
            part="Assessments",
            numbered="AssessmentID",
            ordered_by="AssessmentActualStartDate",
            always=("AssessmentActualStartDate",),
            within=(
                Record(
                    "FactorsIdentifiedAtAssessment",
                    within=(Record("AssessmentFactors", part="AssessmentFactors", text_as="AssessmentFactor"),),
                ),
            ),
        ),
        Record(
            "CINPlanDates",
            part="CINPlanDates",
            numbered="CINPlanID",
            ordered_by="CINPlanStartDate",
            always=("CINPlanStartDate",),
        ),
        Record(
            "Section47",
            part="Section47",
            numbered="Section47ID",
            ordered_by="S47ActualStartDate",
            always=("S47ActualStartDate", "ICPCnotRequired"),
        ),
        Record(
            "ChildProtectionPlans",
            part="ChildProtectionPlans",
            numbered="CPPID",
            ordered_by="CPPstartDate",
            always=("CPPstartDate", "InitialCategoryOfAbuse", "LatestCategoryOfAbuse", "NumberOfPreviousCPP"),
            within=(
                Record("Reviews", within=(Record("CPPreviewDate", part="CPPreviewDate", text_as="CPPreviewDate"),)),
            ),
        ),
    ),
)

_CHILD = Record(
    "Child",
    part="Child",
    always=("LAchildID", "GenderCurrent", "Sex", "Ethnicity"),
    within=(
        Record("ChildIdentifiers", is_single=True),
        Record(
            "ChildCharacteristics",
            is_single=True,
            within=(Record("Disabilities", within=(Record("Disability", part="Disability", text_as="Disability"),)),),
        ),
        _CIN_DETAILS,
    ),
)

_HEADER = Record(
    "Header",
    part="Header",
    within=(Record("CollectionDetails", is_single=True), Record("Source", is_single=True)),
)


def _check_header(cells: Cells, year: int) -> list[str]:
    """Is it a CIN census, and of that year? The reference date is 31 March; systems write other days too."""
    collection = cells.get("Collection", "").strip()
    if collection and collection.upper() != "CIN":
        raise FileRefused(
            "XML-ROOT", "the document's header names another collection than CIN: ask for the CIN census."
        )
    date = cells.get("ReferenceDate", "").strip()
    for element, said in (("Year", cells.get("Year", "").strip()), ("ReferenceDate", date[:4])):
        if said and said != str(year):
            told = f"says {said}" if re.fullmatch(r"\d{4}", said) else "is no year"
            raise FileRefused(
                "XML-YEAR",
                f"{element} in the document's header {told}, and the file is delivered for {year}: correct the "
                "coverage in the manifest, or ask for the census of that year.",
            )
    if date and date[:10] != f"{year}-03-31":
        return ["the header's reference date is not 31 March"]
    return []


DOCUMENT = Document(
    root="Message",
    child=_CHILD,
    header=_HEADER,
    check_header=_check_header,
    inherited=frozenset({"LAchildID", "CINdetailsID", "AssessmentID", "CPPID"}),
)
