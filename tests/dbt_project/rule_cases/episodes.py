"""Rules of episodes, their neighbours, their child and the year before."""

from __future__ import annotations

from tests.dbt_project.rule_cases import (
    Case,
    after,
    case,
    decision,
    ended,
    episode,
    header,
    last,
    moved,
    row,
    twelve_months,
)

ADOPTED_HEAD = header(birth_month="2024-05-01")
OPEN_BEFORE = episode("2025-06-01")
# What landing derives of the postcodes.
INSIDE = {"placement_authority_code": "310", "is_placement_in_authority": True, "distance_miles": 3.1}
OUTSIDE = {"placement_authority_code": "304", "is_placement_in_authority": False, "distance_miles": 3.1}
NO_HOME = {**INSIDE, "distance_miles": None, "home_post_key": None, "distance_missing_reason_code": "home_blank"}
NOBODYS_HOME = {**INSIDE, "distance_miles": None, "distance_missing_reason_code": "home_unknown"}
UNACCOMPANIED = {"uasc": [row("2010-06-01", sex="M", duc="2028-06-01")], "head": header(birth_month="2010-06-01")}
YEAR_LONG = {"oc2": [twelve_months()]}


def temporary(decom: str = "2026-08-01", dec: str | None = "2026-08-05", rec: str | None = "X1", **changes: object):
    return episode(
        decom, **{"dec": dec, "rec": rec, "rne": "P", "place": "T1", "place_provider": None, "pl_post_key": 4,
                  "urn": None, **changes}
    )  # fmt: skip


def stays(*between) -> tuple:
    """A placement, what lies between, and the return to it."""
    first = moved(reason_place_change=None)
    back = episode(str(between[-1]["dec"]), rne="P")
    return (first, *between, back)


def short_break(decom: str = "2026-06-01", dec: str = "2026-06-11", **changes: object):
    return ended(
        decom,
        dec,
        "E4A",
        **{"ls": "V3", "place": "U6", "home_post_key": None, "pl_post_key": None, "urn": None, **changes},
    )


def ordered(legal_status: str, dec: str, **changes: object):
    """Under an order for some days, and under a care order since."""
    return (
        moved(dec=dec, ls=legal_status, reason_place_change=None, **changes),
        episode(dec, rne="L", **{**changes, "ls": "C2"}),
    )


def open_last_year(rule: str, also=(), episodes_last=(OPEN_BEFORE,), **changes: object) -> Case:
    """Open over 31 March, and told differently this year."""
    return case(
        rule, episode("2025-06-01", **changes), last_year=last(*episodes_last), also=also, **YEAR_LONG
    )  # fmt: skip


CASES = (
    # one episode
    case("146", episode(place="H5", urn=None), head=header(birth_month="2010-05-01")),
    case("148", episode(dec="2026-08-01")),
    case("149", ended(rec="E43")),
    case("178", *stays(temporary(place_provider="PR1")), at=("episodes", 1), also=[("213", "episodes", 1)]),
    case("213", episode(place="Z11", urn=None), also=[("178", "episodes", 0)]),
    case("214", short_break(urn=1234567)),
    case(
        "217",
        moved(),
        after(place="A3", rne="B"),
        at=("episodes", 1),
        also=[("551", "episodes", 1), ("436", "episodes", 1)],
    ),
    case("218", episode(urn=None)),
    case("222", episode(place="R2", place_provider="PR3")),
    case("225", moved(reason_place_change=None), after()),
    case("226", *stays(temporary(reason_place_change="CARPL")), at=("episodes", 1)),
    case("233", episode(reason_place_change="CARPL")),
    case("234", moved(reason_place_change="CUSTOD"), after(), head=header(birth_month="2018-05-01")),
    case("336", moved(place="K2"), after(place="A3", rne="T"), at=("episodes", 1), also=[("551", "episodes", 1)]),
    case(
        "353",
        episode("1991-10-13"),
        head=header(birth_month="1991-05-01"),
        also=[
            ("NoE", "episodes", 0),
            ("562", "episodes", 0),
            ("351", "header", 0),
            ("359", "episodes", 0),
            ("191", "episodes", 0),
        ],
    ),
    case("354", episode("2027-04-01")),
    case("355", ended(dec="2026-06-01")),
    case("357", episode(rne="P"), also=[("191", "episodes", 0)]),
    case("361", *ordered("L1", "2026-06-05"), name="361 four days"),
    case("362", *ordered("L2", "2026-06-23")),
    case("363", *ordered("L3", "2026-06-09")),
    case("364", *ordered("J2", "2026-06-23"), head=header(birth_month="2012-05-01")),
    case("365", short_break(dec="2026-06-19")),
    case("366", short_break(rne="P"), short_break("2026-07-01", "2026-07-05"), also=[("357", "episodes", 0)]),
    case(
        "367",
        *(short_break(f"2026-{month:02}-01", f"2026-{month:02}-17") for month in range(6, 11)),
        also=[("367", "episodes", number) for number in range(1, 5)],
    ),
    case("375", *stays(temporary(dec="2026-09-13")), at=("episodes", 1)),
    case("376", *stays(temporary(place="T3", dec="2026-08-23")), at=("episodes", 1)),
    case(
        "377",
        *stays(
            temporary(place="T3"),
            episode("2026-08-05", dec="2026-09-01", rec="X1", rne="P"),
            temporary("2026-09-01", "2026-09-05", place="T3"),
            episode("2026-09-05", dec="2026-10-01", rec="X1", rne="P"),
            temporary("2026-10-01", "2026-10-05", place="T3"),
        ),
        at=("episodes", 1),
        also=[("377", "episodes", 3), ("377", "episodes", 5)],
    ),
    case("378", episode(place="P1", ls="V2", place_provider="PR0", urn=None)),
    case("379", *stays(temporary(place="T4", dec="2026-08-09")), at=("episodes", 1)),
    case("380", episode(place="T0", place_provider=None, urn=None)),
    case("381", moved(reason_place_change=None), temporary(rec="E4A"), at=("episodes", 1)),
    case("382", short_break(place="T2", place_provider=None), also=[("380", "episodes", 0), ("381", "episodes", 0)]),
    case(
        "383",
        moved(reason_place_change=None),
        temporary(),
        episode("2026-08-05", rne="P", place="U6"),
        at=("episodes", 2),
    ),
    case(
        "383",
        moved(reason_place_change=None),
        temporary(),
        episode("2026-08-05", rne="P", pl_post_key=9),
        at=("episodes", 2),
        name="383 another address",
    ),
    case("384", short_break(place="U1")),
    case("385", ended(dec="2027-04-01")),
    case("388", ended(rec="X1")),
    case(
        "388",
        ended(dec="2026-08-01"),
        episode("2026-08-01"),
        name="388 care ended and went on",
        also=[("431", "episodes", 1)],
    ),
    case("390", ended(rec="E11"), also=[("601", "episodes", 0)]),
    case("164", episode(**NO_HOME), also=[("392a", "episodes", 0), ("392b", "episodes", 0)]),
    case("169", episode(**{**OUTSIDE, "placement_authority_code": None})),
    case("179", episode(**{**INSIDE, "is_placement_in_authority": None})),
    case("392c", episode(**NOBODYS_HOME), also=[("164", "episodes", 0), ("392a", "episodes", 0)]),
    case("406", episode(**INSIDE), **UNACCOMPANIED),
    case("420", short_break(**INSIDE)),
    case("454", episode(**{**OUTSIDE, "distance_miles": 350.1})),
    case("1015", episode(place="K2", **OUTSIDE)),
    case("218", episode(urn=None, **INSIDE), name="218 in England"),
    case("392b", episode(home_post_key=None)),
    case("392d", episode(home_post_key=2)),
    case("398", short_break(home_post_key=1)),
    case("408", episode(place="A6"), also=[("551", "episodes", 0)]),
    case("426", short_break(), short_break("2026-08-01", "2026-08-05", ls="V4"), also=[("426", "episodes", 1)]),
    case(
        "446",
        episode("2005-11-30", ls="E1"),
        head=header(birth_month="2005-06-01"),
        also=[
            ("NoE", "episodes", 0),
            ("562", "episodes", 0),
            ("553", "episodes", 0),
            ("359", "episodes", 0),
            ("191", "episodes", 0),
        ],
    ),
    case("516", ended(rec="E45", place="K2")),
    case("526", episode(place_provider=None)),
    case("527", episode(place="R5", urn=None)),
    case("528", episode(place="R2", urn=None, place_provider="PR2")),
    case("529", episode(place_provider="PR3")),
    case("530", episode(place="P1", urn=None, place_provider="PR4")),
    case("531", episode(place="P1", urn=None, place_provider="PR5")),
    case("550", episode(place_provider="PR0")),
    # neighbours
    case("142", episode(), after(), also=[("433", "episodes", 1)]),
    case("431", moved(), after(rne="S"), at=("episodes", 1)),
    case("432", ended(dec="2026-08-01"), after("2026-08-05"), at=("episodes", 1), also=[("433", "episodes", 1)]),
    case("433", moved(), after("2026-08-02"), at=("episodes", 1), also=[("388", "episodes", 0)]),
    case("434", moved(reason_place_change=None), after(rne="L", ls="C1"), at=("episodes", 1)),
    case("435", moved(), episode("2026-08-01", rne="P"), at=("episodes", 1)),
    case("435", moved(), after(ls="C1"), at=("episodes", 1), name="435 another legal status"),
    case("436", moved(), after(rne="B"), at=("episodes", 1)),
    case("437", ended(rec="E15"), episode("2026-10-01")),
    case(
        "501",
        moved(dec="2026-08-10"),
        after(),
        at=("episodes", 1),
        also=[("388", "episodes", 0), ("433", "episodes", 1)],
    ),
    case("504", moved(), after(cin="N2"), at=("episodes", 1)),
    # the child
    case("INT03", episode(), header=[], also=[("INT07", "previous_permanence", 0)]),
    case(
        "199",
        ended(dec="2026-08-01", rec="E11", place="A4"),
        episode("2026-10-01"),
        at=("episodes", 1),
        also=[("551", "episodes", 0), ("601", "episodes", 0)],
    ),
    case("302", episode(), head=header(birth_month="2026-07-01")),
    case("352", episode(), head=header(birth_month="2008-05-01"), also=[("359", "episodes", 0)]),
    case("358", episode(ls="J1"), head=header(birth_month="2017-05-01")),
    case(
        "359",
        episode("2025-06-01"),
        head=header(birth_month="2009-02-01"),
        last_year=last(OPEN_BEFORE, head=header(birth_month="2009-02-01")),
        oc2=[twelve_months("2009-02-01", sdq_score=None)],
    ),
    case("371", episode(place="K3"), head=header(birth_month="2010-07-01")),
    case("372", episode(place="R5", urn=None, place_provider="PR3"), head=header(birth_month="2016-07-01")),
    case("373", episode(place="S1"), head=header(birth_month="2022-07-01")),
    case("374", episode(place="P3", urn=None), head=header(birth_month="2012-07-01")),
    case(
        "386",
        ended(dec="2026-09-10", rec="E11", place="A4"),
        head=header(birth_month="2008-08-01"),
        also=[("551", "episodes", 0), ("601", "episodes", 0)],
    ),
    case("387", ended(rec="E5"), head=header(birth_month="2012-10-01")),
    case("389", ended(rec="E7"), head=header(birth_month="2010-10-01")),
    case("407", ended(dec="2026-09-10", rec="E47"), head=header(birth_month="2008-08-01")),
    case("460", ended(rec="E17"), head=header(birth_month="2008-10-01")),
    case("607", ended(), head=header(sex="F"), also=[("165", "header", 0), ("393", "header", 0)]),
    case("191", OPEN_BEFORE, last_year=last(OPEN_BEFORE)),
    case("551", episode(place="A4"), head=ADOPTED_HEAD),
    case("553", episode(ls="E1"), head=ADOPTED_HEAD),
    case("557", ended(place="A4"), head=ADOPTED_HEAD, placed_for_adoption=[decision("2026-06-01")]),
    case(
        "558",
        ended(place="A4", rec="E11"),
        head=ADOPTED_HEAD,
        also=[("601", "episodes", 0)],
        placed_for_adoption=[decision("2026-06-01", date_placed_ceased="2026-08-01", reason_placed_ceased="RD4")],
    ),
    case("630", episode(), previous_permanence=[row(prev_perm="P1", la_perm="310", date_perm=None)]),
    case("1012", at=("reviews", 0), reviews=[row(review="2026-07-01", review_code="PN1")], also=[("EPI", "header", 0)]),
    # the year before
    case("NoE", OPEN_BEFORE, last_year=last(), also=[("562", "episodes", 0)], **YEAR_LONG),
    case("502", episode("2025-07-01"), last_year=last(OPEN_BEFORE), also=[("562", "episodes", 0)], **YEAR_LONG),
    open_last_year("503A", rne="B"),
    open_last_year("503B", ls="C1"),
    open_last_year("503C", cin="N2"),
    open_last_year("503D", place="U6"),
    open_last_year("503E", place_provider="PR4"),
    open_last_year("503F", urn=7654321),
    open_last_year(
        "452",
        also=[("503H", "episodes", 0), ("503J", "episodes", 0)],
        episodes_last=(episode("2025-06-01", **INSIDE),),
        **OUTSIDE,
    ),
    open_last_year(
        "453",
        also=[("503G", "episodes", 0)],
        episodes_last=(episode("2025-06-01", **INSIDE),),
        **{**INSIDE, "distance_miles": 3.3},
    ),
    case("562", OPEN_BEFORE, last_year=last(ended("2025-05-01", "2025-05-20")), **YEAR_LONG),
)

CLEAN = (
    case("", OPEN_BEFORE, last_year=last(OPEN_BEFORE), name="in care all year", **YEAR_LONG),
    case("", moved(), after(), name="moved"),
    case("", *stays(temporary()), name="back after a stay in hospital"),
    case("", short_break(), short_break("2026-08-01", "2026-08-18"), name="two short breaks"),
    case("", *ordered("L1", "2026-06-04"), name="police protection of 72 hours"),
    case("", *ordered("L2", "2026-06-22"), name="emergency protection of 21 days"),
    case("", ended(), name="went home"),
    case("", episode(**{**OUTSIDE, "distance_miles": 350.0}), name="fostered by own carers, 350 miles away"),
    case("", episode(**{**NO_HOME, "home_post_key": None}), name="unaccompanied, without a home here", **UNACCOMPANIED),
    case("", short_break(**{"distance_missing_reason_code": "home_blank"}), name="short break without postcodes"),
    case(
        "",
        episode(urn=None, **{**OUTSIDE, "placement_authority_code": "WAL"}),
        name="fostered in Wales, where Ofsted registers nobody",
    ),
    case(
        "",
        episode("2025-06-01", **{**INSIDE, "distance_miles": 3.2}),
        last_year=last(episode("2025-06-01", **INSIDE)),
        name="a tenth of a mile further than last year",
        **YEAR_LONG,
    ),
    case("", ended(), episode("2026-10-01"), name="came back into care"),
    case("", ended("2025-06-01"), last_year=last(OPEN_BEFORE), name="left care in the year"),
    case("", episode(place="K3"), head=header(birth_month="2010-04-01"), name="supported accommodation at 16"),
    case("", *stays(temporary(dec="2026-09-12")), name="six weeks in hospital"),
    case(
        "",
        *stays(
            temporary(place="T3"),
            episode("2026-08-05", dec="2026-09-01", rec="X1", rne="P"),
            temporary("2026-09-01", "2026-09-05", place="T3"),
        ),
        name="two holidays of the carer",
    ),
)
