"""The SSDA903 return as one XML document: the same lists as its CSV files, child by child.

Source: XML form of the DfE children looked-after return 2021. Placement type is `PL` here and `PLACE` in the CSV files;
that a child is unaccompanied and seeking asylum is a flag here and a list there. The document says nothing of its year.
"""

from __future__ import annotations

from childrens_warehouse.landing.formats.xml_records import Block, Document, Record

_HEADER = Record(
    "HEADER",
    is_single=True,
    within=(
        Record("AMISSING", part="AMISSING"),
        Record("AREVIEW", part="AREVIEW"),
        Record("PERMANENCE", part="PERMANENCE", is_single=True, is_optional=True),
        Record("OC2", part="OC2", is_single=True, is_optional=True),
        Record("AD_PLACED", part="AD_PLACED"),
    ),
)

DOCUMENT = Document(
    root="EXPSSDA903",
    child=Record(
        "CHILD",
        part="HEADER",
        within=(_HEADER, Record("EPISODE", part="EPISODE", always=("DECOM",))),
        blocks=(
            Block("UASC", filled=("DUC",), flag="UASC"),
            Block(
                "AD1",
                filled=("DATE_INT", "DATE_MATCH", "FOSTER_CARE", "NB_ADOPTR", "SEX_ADOPTR", "LS_ADOPTR"),
            ),
            Block("OC3", filled=("IN_TOUCH", "ACTIV", "ACCOM")),
        ),
        always=("CHILD", "DOB"),
    ),
    inherited=frozenset({"CHILD", "DOB"}),
    elements={"CHILDID": "CHILD"},
)
