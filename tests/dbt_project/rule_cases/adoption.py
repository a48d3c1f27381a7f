"""Rules of adoptions and of decisions to place for adoption."""

from __future__ import annotations

from tests.dbt_project.rule_cases import Case, adopters, case, decision, ended, episode, header, last, leaver, moved

HEAD = header(birth_month="2024-05-01")
FOSTERED = moved(dec="2026-07-10")
PLACED = episode("2026-07-10", rne="B", ls="E1", place="A6", pl_post_key=3)
ADOPTED = {**PLACED, "dec": "2026-12-01", "rec": "E12"}


def adopted(
    rule: str, also=(), at=("ad1", 0), decided: str = "2026-06-10", episodes=(FOSTERED, ADOPTED), **cells: object
) -> Case:
    """A child adopted in the year, told wrongly in AD1."""
    return case(
        rule, *episodes, head=HEAD, at=at, also=also, ad1=[adopters(**cells)], placed_for_adoption=[decision(decided)]
    )


def placed(
    rule: str,
    *decisions,
    also=(),
    at=("placed_for_adoption", 0),
    episodes=(FOSTERED, PLACED),
    last_year=None,
    head=HEAD,
) -> Case:
    """A child placed for adoption, the decision told wrongly."""
    return case(rule, *episodes, head=head, at=at, also=also, placed_for_adoption=decisions, last_year=last_year)


def told_last_year(*decisions) -> dict:
    return {"header": [HEAD], "placed_for_adoption": decisions}


def reversed_on(day: str, decided: str = "2026-06-10", **changes: object):
    return decision(decided, **{"date_placed_ceased": day, "reason_placed_ceased": "RD4", **changes})


BEFORE = (episode("2025-01-01"),)
IN_CARE_BEFORE = {"episodes": BEFORE}

CASES = (
    case(
        "INT11",
        FOSTERED,
        ADOPTED,
        head=HEAD,
        at=("ad1", 0),
        placed_for_adoption=[decision()],
        ad1=[{**adopters(), "birth_month": "2024-06-01"}],
    ),
    case(
        "INT31",
        FOSTERED,
        ADOPTED,
        head=HEAD,
        at=("ad1", 0),
        placed_for_adoption=[decision()],
        ad1=[adopters(_marks="KEY-DUPLICATE"), adopters()],
    ),
    case(
        "INT01",
        header=[],
        at=("ad1", 0),
        ad1=[{**dict.fromkeys(adopters()), "birth_month": "2024-05-01"}],
        also=[("1012", "ad1", 0)],
    ),
    adopted("151", foster_care=None, also=[("601", "episodes", 1)]),
    adopted("331", date_match="2026-07-11"),
    adopted("333", date_match="2026-06-09"),
    adopted("334", date_int="2026-05-10", decided="2026-06-10", also=[("523", "ad1", 0)]),
    adopted("335", foster_care="1"),
    adopted("511", nb_adoptr="2"),
    adopted("514", sex_adoptr="MF", nb_adoptr="2"),
    adopted("517", ls_adoptr="L3", sex_adoptr="MM", nb_adoptr="2"),
    adopted("518", ls_adoptr="L4", sex_adoptr="MF", nb_adoptr="2"),
    adopted("519", ls_adoptr="L2"),
    adopted("520", ls_adoptr="L11", sex_adoptr="FF", nb_adoptr="2"),
    adopted("521", date_int="2026-07-11", date_match="2026-07-11", also=[("331", "ad1", 0), ("523", "ad1", 0)]),
    adopted("523", date_int="2026-06-11"),
    adopted("524", ls_adoptr="L12", sex_adoptr="MF", nb_adoptr="2"),
    adopted("582", at=("episodes", 1), date_match="2026-12-01", also=[("331", "ad1", 0)]),
    case(
        "525",
        FOSTERED,
        ADOPTED,
        head=HEAD,
        at=("ad1", 0),
        ad1=[adopters()],
        placed_for_adoption=[reversed_on("2026-11-01")],
        also=[("558", "episodes", 1)],
    ),
    case("601", FOSTERED, ADOPTED, head=HEAD, at=("episodes", 1), placed_for_adoption=[decision()]),
    case("602", FOSTERED, PLACED, head=HEAD, at=("ad1", 0), ad1=[adopters()], placed_for_adoption=[decision()]),
    case(
        "134",
        FOSTERED,
        ADOPTED,
        head=header(birth_month="2009-06-01"),
        at=("ad1", 0),
        placed_for_adoption=[decision() | {"birth_month": "2009-06-01"}],
        ad1=[{**adopters(), "birth_month": "2009-06-01"}],
        oc3=[leaver("2009-06-01")],
        also=[("1001", "oc3", 0), ("1007", "oc3", 0), ("1016", "oc3", 0)],
    ),
    case(
        "187",
        episode("2025-06-01"),
        head=HEAD,
        at=("ad1", 0),
        last_year=last(episode("2025-06-01"), head=HEAD),
        ad1=[adopters(date_int="2026-06-10")],
        also=[("602", "ad1", 0), ("191", "episodes", 0)],
    ),
    # decisions
    placed("INT12", {**decision(), "birth_month": "2024-06-01"}),
    case(
        "INT02",
        header=[],
        at=("placed_for_adoption", 0),
        placed_for_adoption=[decision()],
        also=[("1012", "placed_for_adoption", 0)],
    ),
    case("117", episode(), head=HEAD, at=("placed_for_adoption", 0), placed_for_adoption=[decision("2027-04-01")]),
    case(
        "117",
        ended(),
        head=HEAD,
        at=("placed_for_adoption", 0),
        placed_for_adoption=[decision("2026-09-02")],
        name="117 after care",
    ),
    case(
        "118",
        episode(),
        head=HEAD,
        at=("placed_for_adoption", 0),
        placed_for_adoption=[reversed_on("2026-05-20", "2026-05-10")],
        also=[("1003", "placed_for_adoption", 0)],
    ),
    case(
        "119",
        episode(),
        head=HEAD,
        at=("placed_for_adoption", 0),
        placed_for_adoption=[reversed_on("2026-07-20", reason_placed_ceased=None)],
    ),
    case(
        "184",
        episode(),
        head=HEAD,
        at=("placed_for_adoption", 0),
        placed_for_adoption=[decision("2024-05-01", _marks="BEFORE-BIRTH")],
        also=[("1003", "placed_for_adoption", 0), ("559", "placed_for_adoption", 0)],
    ),
    placed("552", decision("2026-07-11"), also=[("554", "placed_for_adoption", 0)]),
    placed("553", reversed_on("2026-08-01")),
    placed("554", decision("2026-07-01"), episodes=(episode(ls="E1"),)),
    placed(
        "559",
        decision("2025-06-10"),
        episodes=BEFORE,
        last_year=last(*BEFORE, head=HEAD),
        also=[("191", "episodes", 0)],
    ),
    placed("560", decision("2026-06-10"), last_year=told_last_year(decision("2026-01-10"))),
    placed(
        "561",
        reversed_on("2026-06-20"),
        episodes=(episode(),),
        last_year=told_last_year(reversed_on("2026-06-20")),
        also=[("584", "placed_for_adoption", 0)],
    ),
    placed("579", reversed_on("2026-06-20"), decision("2026-06-15"), at=("placed_for_adoption", 1)),
    placed("583", decision("2026-06-05"), decision("2026-06-15"), also=[("579", "placed_for_adoption", 1)]),
    placed("584", decision("2026-06-10"), last_year=told_last_year(reversed_on("2026-06-20", "2026-06-12"))),
    placed("1003", decision("2026-05-31")),
)

CLEAN = (
    adopted(""),
    placed("", decision()),
    placed("", reversed_on("2026-06-20", "2026-06-05"), decision("2026-06-25")),
    case(
        "",
        ended(place="A6", ls="E1"),
        head=HEAD,
        placed_for_adoption=[reversed_on("2026-08-20", "2026-06-01")],
        name="left care after the decision was taken back",
    ),
)
