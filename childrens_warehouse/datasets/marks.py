"""Oddities that several datasets can bear, each written once. Numbers of rules are those of the SSDA903 validation."""

from __future__ import annotations

from childrens_warehouse.datasets.declaration import RowMark


def before_birth(column: str, birth: str = "dob") -> RowMark:
    """Rules 184, 586, 703 and their like: nothing can happen to a child who is not born."""
    return RowMark("BEFORE-BIRTH", f"{column.lower()} < {birth}")


def score_range(score: str) -> RowMark:
    """Rule 180: the score of strengths and difficulties runs from 0 to 40."""
    return RowMark("SDQ-SCORE-RANGE", f"{score} not between 0 and 40")


def score_and_reason(score: str, reason: str) -> RowMark:
    """Rule 197a: a score and a reason why there is none."""
    return RowMark("SDQ-SCORE-AND-REASON", f"{score} is not null and {reason} is not null")


def leaver_against_contact(activity: str, accommodation: str) -> RowMark:
    """Rules 344 and 345: who died or went home has no activity and accommodation, who is in touch has."""
    return RowMark(
        "LEAVER-AGAINST-CONTACT",
        f"(in_touch in ('DIED', 'RHOM') and ({activity} <> '0' or {accommodation} <> '0'))"
        f" or (in_touch = 'YES' and ({activity} = '0' or {accommodation} = '0'))",
    )
