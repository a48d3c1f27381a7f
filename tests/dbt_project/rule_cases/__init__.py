"""Invented children of the return of the year to 31 March 2027, each with one fault, and some without any.

A case is what the files say of one child; `broken` is everything that the rules should say about it, as
(rule, dataset, number of the row within the case).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

YEAR = 2027
FIRST, LAST = "2026-04-01", "2027-03-31"

Row = Mapping[str, Any]
Files = Mapping[str, Sequence[Row]]
Finding = tuple[str, str, int]


@dataclass(frozen=True)
class Case:
    """What this year's and last year's files say of one child, and what the rules should say."""

    name: str
    files: Files
    last_year: Files = field(default_factory=dict)
    broken: frozenset[Finding] = frozenset()


def episode(decom: str = "2026-06-01", **changes: Any) -> Row:
    """A child who came into care and is fostered."""
    return {
        "decom": decom, "dec": None, "rne": "S", "ls": "C2", "cin": "N1", "place": "U4", "place_provider": "PR1",
        "rec": None, "reason_place_change": None, "home_post_key": 1, "pl_post_key": 2, "urn": 1234567, **changes,
    }  # fmt: skip


def ended(decom: str = "2026-06-01", dec: str = "2026-09-01", rec: str = "E4A", **changes: Any) -> Row:
    """The same, who went home."""
    return episode(decom, dec=dec, rec=rec, **changes)


def moved(decom: str = "2026-06-01", dec: str = "2026-08-01", **changes: Any) -> Row:
    """The same, who moved on."""
    return ended(decom, dec, "X1", **{"reason_place_change": "CARPL", **changes})


def after(decom: str = "2026-08-01", **changes: Any) -> Row:
    """Where such a child moved to."""
    return episode(decom, **{"rne": "P", "place": "U6", "pl_post_key": 3, "urn": 7654321, **changes})


def header(**changes: Any) -> Row:
    return {
        "sex": "M", "birth_month": "2016-05-01", "ethnic": "WBRI", "pupil_key": "own", "mother": None,
        "mc_birth_month": None, **changes,
    }  # fmt: skip


def row(birth_month: str = "2016-05-01", **cells: Any) -> Row:
    """A row of one of the other files, which all bear the date of birth."""
    return {"birth_month": birth_month, **cells}


def twelve_months(birth_month: str = "2016-05-01", **changes: Any) -> Row:
    """A row of the twelve-month set of a ten-year-old."""
    return {
        "birth_month": birth_month, "sdq_score": 12, "sdq_reason": None, "convicted": "0", "health_check": None,
        "immunisations": "1", "teeth_check": "1", "health_assessment": "1", "substance_misuse": "0",
        "intervention_received": None, "intervention_offered": None, **changes,
    }  # fmt: skip


def leaver(birth_month: str = "2007-06-01", **changes: Any) -> Row:
    return row(birth_month, **{"in_touch": "YES", "activ": "F2", "accom": "U1", **changes})


def adopters(**changes: Any) -> Row:
    return row(
        "2024-05-01",
        **{
            "date_int": "2026-06-10", "date_match": "2026-07-01", "foster_care": "0", "nb_adoptr": "1",
            "sex_adoptr": "F1", "ls_adoptr": "L0", **changes,
        },
    )  # fmt: skip


def decision(date_placed: str = "2026-06-10", **changes: Any) -> Row:
    return row(
        "2024-05-01", date_placed=date_placed, **{"date_placed_ceased": None, "reason_placed_ceased": None, **changes}
    )


NO_PERMANENCE = row(prev_perm="Z1", la_perm=None, date_perm=None)


def case(
    rule: str,
    *episodes: Row,
    at: tuple[str, int] = ("episodes", 0),
    also: Sequence[Finding] = (),
    head: Row | None = None,
    last_year: Files | None = None,
    name: str = "",
    **files: Sequence[Row],
) -> Case:
    """A child who breaks one rule, and what cannot but be broken with it (`also`).

    Header and previous permanence are there without being named; `files` replaces or adds.
    """
    top = head or header()
    of_child: dict[str, Sequence[Row]] = {"header": [top], "episodes": episodes}
    if any(one["rne"] == "S" and one["decom"] >= FIRST for one in episodes):
        of_child["previous_permanence"] = [{**NO_PERMANENCE, "birth_month": top["birth_month"]}]
    of_child |= files
    broken = {(rule, *at), *also} if rule else set(also)
    return Case(name or rule, of_child, last_year or {}, frozenset(broken))


def last(*episodes: Row, head: Row | None = None, **files: Sequence[Row]) -> Files:
    """What last year's return said."""
    return {"header": [head or header()], "episodes": episodes, **files}
