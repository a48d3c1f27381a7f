"""The SSDA903 return of a collection year, as known at the end of a day of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from childrens_warehouse.reference import collection_year
from childrens_warehouse.simulate import terms
from childrens_warehouse.simulate.extracts.rows import Row, sex_code
from childrens_warehouse.simulate.panel_report.lives import YEAR_BEGINS, Life, Placement
from childrens_warehouse.simulate.panel_report.numbers import upn

PLACEMENT_ORDER = "E1"
REASONS_FOR_MOVES = ("CREQB", "CREQO", "CARPL", "CHILD", "LAREQ")


@dataclass(frozen=True)
class _Step:
    """Where a child lives and under which legal status, from a day on."""

    since: dt.date
    placement: Placement
    legal_status: str


def _since(day: dt.date) -> dt.date:
    return dt.date(collection_year(day) - 1, 4, 1)


def _in_care(lives: list[Life], day: dt.date) -> Iterator[Life]:
    """In care on a day of the collection year so far."""
    since = _since(day)
    return (life for life in lives if life.started_on <= day and (life.ended_on is None or life.ended_on >= since))


def header(lives: list[Life], day: dt.date) -> list[Row]:
    return [
        {
            "CHILD": life.child_id,
            "SEX": sex_code(life.sex, day),
            "DOB": life.born_on,
            "ETHNIC": life.ethnicity,
            "UPN": upn(life, day),
            "MOTHER": 0 if life.sex == "F" else None,
            "MC_DOB": None,
        }
        for life in _in_care(lives, day)
    ]


def episodes(lives: list[Life], day: dt.date) -> list[Row]:
    return [
        row
        for life in _in_care(lives, day)
        for row in _episodes(life, day)
        if row["DEC"] is None or (isinstance(row["DEC"], dt.date) and row["DEC"] >= _since(day))
    ]


def _steps(life: Life) -> list[_Step]:
    orders = [life.adoption.ordered_on] if life.adoption else []
    days = sorted({*(stay.started_on for stay in life.stays), *orders})
    return [
        _Step(day, life.stay_on(day).placement, PLACEMENT_ORDER if orders and orders[0] <= day else life.legal_status)
        for day in days
    ]


def _episodes(life: Life, day: dt.date) -> Iterator[Row]:
    steps = [step for step in _steps(life) if step.since <= day]
    for position, step in enumerate(steps):
        before = steps[position - 1] if position else None
        after = steps[position + 1] if position + 1 < len(steps) else None
        ended_on = after.since if after else life.ended_on if life.ended_on and life.ended_on <= day else None
        yield {
            "CHILD": life.child_id,
            "DECOM": step.since,
            "RNE": _reason_new(before, step),
            "LS": step.legal_status,
            "CIN": life.need,
            "PLACE": step.placement.place,
            "PLACE_PROVIDER": step.placement.provider,
            "DEC": ended_on,
            "REC": "X1" if after else life.reason_ended if ended_on else None,
            "REASON_PLACE_CHANGE": _reason_for_move(life, step, after),
            "HOME_POST": life.home_postcode,
            "PL_POST": step.placement.postcode,
            "URN": step.placement.urn,
        }


def _reason_new(before: _Step | None, now: _Step) -> str:
    if before is None:
        return "S"
    if before.placement == now.placement:
        return "L"
    return "P" if before.legal_status == now.legal_status else "B"


def _reason_for_move(life: Life, now: _Step, after: _Step | None) -> str | None:
    if after is None or after.placement == now.placement:
        return None
    # A temporary stay is no move.
    if "T1" in (now.placement.place, after.placement.place):
        return None
    if after.placement.place in ("A6", "P1"):
        return "CARPL"
    return REASONS_FOR_MOVES[(life.number + after.since.day) % len(REASONS_FOR_MOVES)]


def reviews(lives: list[Life], day: dt.date) -> list[Row]:
    return [
        {
            "CHILD": life.child_id,
            "DOB": life.born_on,
            "REVIEW": held_on,
            "REVIEW_CODE": "PN0" if life.years(held_on) < 4 else "PN1" if (life.number + held_on.month) % 5 else "PN6",
        }
        for life in _in_care(lives, day)
        for held_on in life.reviews
        if _since(day) <= held_on <= day
    ]


def uasc(lives: list[Life], day: dt.date) -> list[Row]:
    return [
        {
            "CHILD": life.child_id,
            "SEX": sex_code(life.sex, day),
            "DOB": life.born_on,
            "DUC": terms.add_months(life.born_on, 12 * 18),
        }
        for life in _in_care(lives, day)
        if life.is_unaccompanied
    ]


def ad1(lives: list[Life], day: dt.date) -> list[Row]:
    return [
        {
            "CHILD": life.child_id,
            "DOB": life.born_on,
            "DATE_INT": life.adoption.decided_on,
            "DATE_MATCH": life.adoption.matched_on,
            "FOSTER_CARE": 0,
            "NB_ADOPTR": "2",
            "SEX_ADOPTR": "MF",
            "LS_ADOPTR": "L11",
        }
        for life in _in_care(lives, day)
        if life.adoption and life.adoption.adopted_on and _since(day) <= life.adoption.adopted_on <= day
    ]


def placed_for_adoption(lives: list[Life], day: dt.date) -> list[Row]:
    return [
        {
            "CHILD": life.child_id,
            "DOB": life.born_on,
            "DATE_PLACED": life.adoption.decided_on,
            "DATE_PLACED_CEASED": None,
            "REASON_PLACED_CEASED": None,
        }
        for life in _in_care(lives, day)
        if life.adoption and life.adoption.decided_on <= day
    ]


def previous_permanence(lives: list[Life], day: dt.date) -> list[Row]:
    """Asked of whoever started on or after 1 April 2016."""
    return [
        {
            "CHILD": life.child_id,
            "DOB": life.born_on,
            "PREV_PERM": life.previous_permanence,
            "LA_PERM": None if life.previous_permanence == "Z1" else "310",
            "DATE_PERM": None if life.previous_permanence == "Z1" else "zz/06/2012",
        }
        for life in _in_care(lives, day)
        if life.started_on >= YEAR_BEGINS
    ]


def missing(lives: list[Life], day: dt.date) -> list[Row]:
    return [
        {
            "CHILD": life.child_id,
            "DOB": life.born_on,
            "MISSING": each.kind,
            "MIS_START": each.started_on,
            "MIS_END": each.ended_on,
        }
        for life in _in_care(lives, day)
        for each in life.absences
        if _since(day) <= each.started_on <= day
    ]


TABLES: dict[str, Callable[[list[Life], dt.date], list[Row]]] = {
    "ssda903_header": header,
    "ssda903_episodes": episodes,
    "ssda903_reviews": reviews,
    "ssda903_uasc": uasc,
    "ssda903_ad1": ad1,
    "ssda903_placed_for_adoption": placed_for_adoption,
    "ssda903_previous_permanence": previous_permanence,
    "ssda903_missing": missing,
}
