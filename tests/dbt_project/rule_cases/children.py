"""Rules of the header, unaccompanied children, reviews, the twelve-month set, care leavers and permanence before."""

from __future__ import annotations

from tests.dbt_project.rule_cases import (
    NO_PERMANENCE,
    Case,
    case,
    ended,
    episode,
    header,
    last,
    leaver,
    row,
    twelve_months,
)
from tests.dbt_project.rule_cases.episodes import OPEN_BEFORE

GIRL = header(sex="F", mother="0", birth_month="2011-05-01")
LEAVER_HEAD = header(birth_month="2007-06-01")
LONG_AGO = last(ended("2020-06-01", "2025-06-01"), head=LEAVER_HEAD)


def head_case(rule: str, also=(), before=None, **changes: object) -> Case:
    """A header told wrongly, or differently from last year's."""
    return case(
        rule, episode(), head=header(**changes), at=("header", 0), also=also,
        last_year={"header": [before]} if before else None,
    )  # fmt: skip


def unaccompanied(rule: str, also=(), at=("uasc", 0), last_year=None, **cells: object) -> Case:
    told = {"sex": "M", "duc": "2028-06-01", **cells}
    return case(
        rule, episode(), at=at, also=also, head=header(birth_month="2010-06-01"), last_year=last_year,
        uasc=[row(str(told.pop("birth_month", "2010-06-01")), **told)],
    )  # fmt: skip


def review(rule: str, also=(), head=None, birth_month="2016-05-01", **cells: object) -> Case:
    return case(
        rule, episode(), at=("reviews", 0), also=also, head=head,
        reviews=[row(birth_month, **{"review": "2026-07-01", "review_code": "PN1", **cells})],
    )  # fmt: skip


def year_long(rule: str, birth_month: str = "2016-05-01", also=(), **cells: object) -> Case:
    """In care for the whole year; the twelve-month set is told wrongly."""
    head = header(birth_month=birth_month)
    return case(
        rule, OPEN_BEFORE, at=("oc2", 0), also=also, head=head, last_year=last(OPEN_BEFORE, head=head),
        oc2=[twelve_months(birth_month, **cells)],
    )  # fmt: skip


def part_year(rule: str, also=(), birth_month: str = "2016-05-01", **cells: object) -> Case:
    """In care for a part of the year; the twelve-month set should be blank."""
    blank = dict.fromkeys(
        ("sdq_score", "convicted", "immunisations", "teeth_check", "health_assessment", "substance_misuse")
    )
    return case(
        rule, episode(), at=("oc2", 0), also=also, head=header(birth_month=birth_month),
        oc2=[twelve_months(birth_month, **{**blank, **cells})],
    )  # fmt: skip


def left(
    rule: str, *episodes, also=(), birth_month="2007-06-01", at=("oc3", 0), last_year=None, head=None, **cells: object
) -> Case:
    """A care leaver of 19, in care long ago."""
    return case(
        rule, *episodes, at=at, also=also, head=head or header(birth_month=birth_month),
        last_year=LONG_AGO if last_year is None else last_year, oc3=[leaver(birth_month, **cells)],
    )  # fmt: skip


def permanence(rule: str, also=(), **cells: object) -> Case:
    told = {"prev_perm": "P1", "la_perm": "310", "date_perm": "2020-01-10", **cells}
    return case(rule, episode(), at=("previous_permanence", 0), also=also, previous_permanence=[row(**told)])


BEFORE = header()
MOTHER = {"sex": "F", "mother": "1", "birth_month": "2010-05-01", "mc_birth_month": "2026-07-01"}

CASES = (
    head_case("101", sex="1"),
    head_case("103", ethnic=None),
    head_case("165", mother="0"),
    head_case("174", mc_birth_month="2026-05-01"),
    head_case("232", sex="U"),
    head_case("301", birth_month="2027-04-01", also=[("302", "episodes", 0)]),
    head_case("351", birth_month="2005-03-01", also=[("352", "episodes", 0), ("359", "episodes", 0)]),
    head_case("393", sex="F", also=[("165", "header", 0)]),
    case(
        "399",
        ended(ls="V3", dec="2026-06-10", place="U6", home_post_key=None, pl_post_key=None, urn=None),
        head=GIRL,
        at=("header", 0),
    ),
    case(
        "399",
        ended(ls="V3", dec="2026-06-10", place="U6", home_post_key=None, pl_post_key=None, urn=None),
        at=("reviews", 0),
        reviews=[row(review="2026-06-05", review_code="PN1")],
        name="399 a review",
    ),
    head_case("444", pupil_key=7, also=[]),
    head_case("444", pupil_key=7),
    head_case("611", **{**MOTHER, "mc_birth_month": None}),
    head_case("612", **{**MOTHER, "mother": "0"}),
    head_case("620", sex="F", mother="1", birth_month="2016-05-01", mc_birth_month="2026-07-01"),
    head_case("621", sex="F", mother="1", birth_month="2010-05-01", mc_birth_month="2009-05-01"),
    case("625", ended(), head=header(**{**MOTHER, "mc_birth_month": "2026-10-01"}), at=("header", 0)),
    head_case("625", **{**MOTHER, "mc_birth_month": "2027-04-01"}),
    case(
        "628",
        head=header(sex="F", mother="0", birth_month="2007-06-01"),
        at=("header", 0),
        also=[("165", "header", 0)],
        oc3=[leaver()],
        last_year=last(ended("2020-06-01", "2025-06-01"), head=header(sex="F", mother="0", birth_month="2007-06-01")),
    ),
    case("EPI", at=("header", 0)),
    head_case("202", before=header(sex="F")),
    head_case("203", before=header(birth_month="2016-06-01")),
    head_case("204", before=header(ethnic="MWBC")),
    head_case("207", before=header(sex="F", mother="1", birth_month="2011-05-01"), **GIRL),
    head_case("208", before=header(pupil_key=99)),
    head_case("624", before=header(**{**MOTHER, "mc_birth_month": "2026-06-01"}), **MOTHER),
    head_case(
        "626",
        before=header(sex="F", mother="0", birth_month="2010-05-01"),
        also=[],
        **{**MOTHER, "mc_birth_month": "2026-02-01"},
    ),
    # unaccompanied
    unaccompanied("INT18", birth_month="2010-07-01", duc="2028-07-01"),
    unaccompanied("INT21", sex="F"),
    case("INT09", at=("uasc", 0), header=[], uasc=[row("2010-06-01", sex="M", duc="2028-06-01")]),
    case(
        "231",
        episode(),
        head=header(birth_month="2016-04-01"),
        at=("uasc", 0),
        uasc=[row("2016-04-01", sex="M", duc="2027-01-01")],
    ),
    unaccompanied("304", duc="2028-07-02"),
    unaccompanied("205D", at=("header", 0), last_year={"header": [header(birth_month="2010-06-01")]}),
    unaccompanied(
        "205B",
        last_year={
            "header": [header(birth_month="2010-06-01")],
            "uasc": [row("2010-06-01", sex="M", duc="2028-06-20")],
        },
    ),
    case(
        "205A",
        OPEN_BEFORE,
        at=("uasc", -1),
        oc2=[twelve_months()],
        last_year=last(OPEN_BEFORE, uasc=[row(sex="M", duc="2034-05-01")]),
    ),
    case(
        "1014",
        head=LEAVER_HEAD,
        at=("uasc", 0),
        last_year={**LONG_AGO, "uasc": [row("2007-06-01", sex="M", duc="2025-06-01")]},
        oc3=[leaver()],
        uasc=[row("2007-06-01", sex="M", duc="2025-06-01")],
    ),
    # reviews
    review("INT17", birth_month="2016-06-01"),
    case(
        "INT08",
        at=("reviews", 0),
        header=[],
        also=[("1012", "reviews", 0)],
        reviews=[row(review="2026-07-01", review_code="PN1")],
    ),
    review("167", review_code=None),
    review("440", review_code="PN0"),
    review("441", head=header(birth_month="2022-08-01"), birth_month="2022-08-01"),
    # twelve months
    case("INT14", OPEN_BEFORE, at=("oc2", 0), last_year=last(OPEN_BEFORE), oc2=[twelve_months("2016-06-01")]),
    case(
        "INT05",
        at=("oc2", 0),
        header=[],
        also=[("1012", "oc2", 0)],
        oc2=[dict.fromkeys(twelve_months()) | {"birth_month": "2016-05-01"}],
    ),
    year_long("157", sdq_score=None, sdq_reason="SDQ1"),
    year_long("158", substance_misuse="1", intervention_received="1", intervention_offered="0"),
    year_long("159", substance_misuse="1", intervention_received="0"),
    year_long("180", sdq_score=41),
    year_long("182", immunisations=None, also=[("191", "oc2", 0)]),
    part_year("185", sdq_score=12),
    year_long("186", sdq_score=None),
    year_long("188", "2023-05-01", convicted=None, health_check="1"),
    year_long("189", "2009-03-01"),
    part_year("190", immunisations="1", teeth_check="1", health_assessment="1", substance_misuse="0"),
    year_long("191", teeth_check=None, also=[("182", "oc2", 0)]),
    year_long("192", substance_misuse="1"),
    year_long("193", intervention_received="1"),
    year_long("197a", sdq_reason="SDQ4"),
    year_long("197B", "2022-06-01", sdq_score=None, convicted=None, health_check="1"),
    part_year("198", sdq_reason="SDQ4"),
    year_long("542", "2017-05-01"),
    year_long("543", convicted=None),
    year_long("544", convicted="1", teeth_check=None, also=[("182", "oc2", 0), ("191", "oc2", 0)]),
    year_long("545", "2022-05-01", convicted=None),
    year_long("546", health_check="1"),
    year_long(
        "547",
        "2022-05-01",
        convicted=None,
        health_check="1",
        teeth_check=None,
        also=[("182", "oc2", 0), ("191", "oc2", 0)],
    ),
    case(
        "215",
        head=LEAVER_HEAD,
        at=("oc2", 0),
        last_year=LONG_AGO,
        oc3=[leaver()],
        oc2=[twelve_months("2007-06-01", sdq_score=None)],
        also=[("190", "oc2", 0), ("1012", "oc2", 0)],
    ),
    # care leavers
    left(
        "INT15",
        head=header(birth_month="2007-07-01"),
        last_year=last(ended("2020-06-01", "2025-06-01"), head=header(birth_month="2007-07-01")),
    ),
    case("INT06", at=("oc3", 0), header=[], last_year={"episodes": LONG_AGO["episodes"]}, oc3=[leaver()]),
    left("131", in_touch=None, also=[("153", "oc3", 0)]),
    left("132", activ="F3"),
    left("133", accom=None, also=[("153", "oc3", 0)]),
    left("153", activ=None, also=[("132", "oc3", 0)]),
    case(
        "187",
        OPEN_BEFORE,
        head=header(birth_month="2009-05-01"),
        at=("oc3", 0),
        last_year=last(OPEN_BEFORE, head=header(birth_month="2009-05-01")),
        oc2=[twelve_months("2009-05-01")],
        oc3=[leaver("2009-05-01")],
        also=[("215", "oc2", 0), ("1007", "oc3", 0)],
    ),
    left("344", in_touch="DIED"),
    left("345", activ="0"),
    left(
        "347",
        birth_month="2009-03-01",
        accom="T1",
        last_year=last(ended("2020-06-01", "2025-06-01"), head=header(birth_month="2009-03-01")),
        also=[],
    ),
    left("348", last_year={**LONG_AGO, "oc3": [leaver(in_touch="DIED", activ="0", accom="0")]}),
    left(
        "391",
        birth_month="2010-05-01",
        last_year=last(ended("2024-06-01", "2025-06-01"), head=header(birth_month="2010-05-01")),
    ),
    left(
        "3001",
        birth_month="2009-06-01",
        accom="Z1",
        last_year=last(ended("2024-06-01", "2025-06-20"), head=header(birth_month="2009-06-01")),
    ),
    left("1000", last_year=last(ended("2020-06-01", "2025-06-01", "E2"), head=LEAVER_HEAD)),
    case(
        "1001",
        ended("2025-06-01", rec="E11", place="A4"),
        head=header(birth_month="2009-06-01"),
        at=("oc3", 0),
        last_year=last(OPEN_BEFORE | {"place": "A4"}, head=header(birth_month="2009-06-01")),
        oc3=[leaver("2009-06-01")],
        also=[("551", "episodes", 0), ("601", "episodes", 0), ("1007", "oc3", 0), ("1016", "oc3", 0)],
    ),
    left("1002", last_year={"header": [LEAVER_HEAD]}),
    case(
        "1007",
        episode("2025-06-01", dec="2026-09-01", rec="E4A"),
        head=header(birth_month="2009-06-01"),
        at=("oc3", 0),
        last_year=last(OPEN_BEFORE, head=header(birth_month="2009-06-01")),
        oc3=[leaver("2009-06-01")],
        also=[("1016", "oc3", 0)],
    ),
    left("1010", last_year=last(OPEN_BEFORE, head=LEAVER_HEAD)),
    case(
        "1011",
        ended("2025-06-01", rec="E3", dec="2026-05-01"),
        head=header(birth_month="2008-12-01"),
        at=("oc3", 0),
        last_year=last(OPEN_BEFORE, head=header(birth_month="2008-12-01")),
        oc3=[leaver("2008-12-01")],
    ),
    case(
        "1016",
        episode("2025-06-01", dec="2026-06-20", rec="E4A"),
        head=header(birth_month="2009-05-01"),
        at=("oc3", 0),
        last_year=last(OPEN_BEFORE, head=header(birth_month="2009-05-01")),
        oc3=[leaver("2009-05-01")],
        also=[("1007", "oc3", 0)],
    ),
    # permanence
    permanence("632", date_perm="2026-06-01"),
    permanence("632", date_perm="2026-07"),
    permanence("633", la_perm="31"),
    case(
        "634",
        episode("2016-03-31"),
        at=("previous_permanence", 0),
        last_year=last(episode("2016-03-31")),
        head=header(birth_month="2016-03-01"),
        oc2=[twelve_months("2016-03-01")],
        previous_permanence=[row("2016-03-01", prev_perm="Z1", la_perm=None, date_perm=None)],
        also=[("203", "header", 0)],
    ),
    permanence("635", prev_perm="Z1"),
    case(
        "INT07",
        at=("previous_permanence", 0),
        header=[],
        also=[("1012", "previous_permanence", 0)],
        previous_permanence=[row(prev_perm="Z1", la_perm=None, date_perm=None)],
    ),
    # a child who comes twice: landing marks the earlier row
    case("INT32", episode(), at=("header", 0), header=[header(_marks="KEY-DUPLICATE"), header()]),
    case(
        "INT33",
        OPEN_BEFORE,
        at=("oc2", 0),
        last_year=last(OPEN_BEFORE),
        oc2=[twelve_months(_marks="KEY-DUPLICATE"), twelve_months()],
    ),
    case("INT34", head=LEAVER_HEAD, last_year=LONG_AGO, at=("oc3", 0), oc3=[leaver(_marks="KEY-DUPLICATE"), leaver()]),
    case(
        "INT35",
        episode(),
        at=("previous_permanence", 0),
        previous_permanence=[{**NO_PERMANENCE, "_marks": "KEY-DUPLICATE"}, NO_PERMANENCE],
    ),
    case(
        "INT36",
        episode(),
        head=header(birth_month="2010-06-01"),
        at=("uasc", 0),
        uasc=[
            row("2010-06-01", sex="M", duc="2028-06-01", _marks="KEY-DUPLICATE"),
            row("2010-06-01", sex="M", duc="2028-06-01"),
        ],
    ),
    case(
        "INT16",
        episode(),
        at=("previous_permanence", 0),
        previous_permanence=[row("2016-06-01", prev_perm="Z1", la_perm=None, date_perm=None)],
    ),
)

CLEAN = (
    case("", episode(), head=GIRL, name="a girl"),
    case("", episode(), head=header(**MOTHER), name="a mother"),
    unaccompanied("", last_year=None),
    case("", episode(), reviews=[row(review="2026-07-01", review_code="PN1")], name="a review"),
    case("", head=LEAVER_HEAD, last_year=LONG_AGO, oc3=[leaver()], name="a care leaver"),
    year_long("", "2021-05-01", convicted=None, sdq_score=9),
    part_year(""),
    permanence("", date_perm="2026-05"),
    case(
        "",
        episode(),
        head=header(sex="F", mother="0"),
        name="sex told in the codes of the year",
        last_year={"header": [header(sex="2", mother="0")]},
    ),
)
