"""The SSDA903 return of the night's collection year, so far."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from childrens_warehouse.reference import collection_year
from childrens_warehouse.simulate import leavers, workers
from childrens_warehouse.simulate.extracts.rows import Build, Row, sex_code, upn_known
from childrens_warehouse.simulate.leavers import Contact, Leaver, activity_code, birthday
from childrens_warehouse.simulate.world import Case, World

# Ages at which the return asks how care leavers are.
LEAVERS_ASKED_AT = range(17, leavers.OLDEST + 1)


def _year_from(night: dt.date) -> dt.date:
    return dt.date(collection_year(night) - 1, 4, 1)


def _in_care(world: World, night: dt.date) -> Iterator[Case]:
    """Cases with an episode in the year so far."""
    return (case for case in world.cases if case.child.is_in_care(_year_from(night), night))


def header(world: World, night: dt.date) -> list[Row]:
    """Everybody whom another file of the year names."""
    since = _year_from(night)
    with_leavers = is_year_end(night) and world.scenario.delivers("ssda903_oc3")
    return [
        _header(world, case, night)
        for case in world.cases
        if case.child.is_in_care(since, night) or (with_leavers and _asked(case, night))
    ]


def _header(world: World, case: Case, night: dt.date) -> Row:
    child = case.child
    is_mother = child.mother_of is not None and child.mother_of <= night
    # Asked of girls in care, and of nobody else.
    is_asked = child.sex == "F" and child.is_in_care(_year_from(night), night)
    return {
        "CHILD": child.child_id,
        "SEX": sex_code(child.sex, night),
        "DOB": child.born_on,
        "ETHNIC": child.ethnicity,
        "UPN": upn_known(world, case, night),
        "MOTHER": int(is_mother) if is_asked else None,
        "MC_DOB": child.mother_of if is_mother and is_asked else None,
    }


def is_year_end(night: dt.date) -> bool:
    return (night.month, night.day) == (3, 31)


def episodes(world: World, night: dt.date) -> list[Row]:
    since = _year_from(night)
    rows: list[Row] = []
    for case in _in_care(world, night):
        for episode in case.episodes:
            if episode.started_on > night or episode.ended_on < since:
                continue
            is_over = episode.ended_on <= night
            rows.append(
                {
                    "CHILD": case.child.child_id,
                    "DECOM": episode.started_on,
                    "RNE": episode.reason_new,
                    "LS": episode.legal_status,
                    "CIN": episode.need,
                    "PLACE": episode.placement.place,
                    "PLACE_PROVIDER": episode.placement.provider,
                    "DEC": episode.ended_on if is_over else None,
                    "REC": episode.reason_ceased if is_over else None,
                    "REASON_PLACE_CHANGE": episode.reason_place_change if is_over else None,
                    "HOME_POST": episode.home_postcode,
                    "PL_POST": episode.placement.postcode,
                    "URN": episode.placement.urn,
                }
            )
    return rows


def reviews(world: World, night: dt.date) -> list[Row]:
    since = _year_from(night)
    return [
        {
            "CHILD": case.child.child_id,
            "DOB": case.child.born_on,
            "REVIEW": review.held_on,
            "REVIEW_CODE": review.participation,
        }
        for case in _in_care(world, night)
        for review in case.reviews
        if since <= review.held_on <= night
    ]


def uasc(world: World, night: dt.date) -> list[Row]:
    """Who ceased to be unaccompanied before the year began is not in its list."""
    return [
        {
            "CHILD": case.child.child_id,
            "SEX": sex_code(case.child.sex, night),
            "DOB": case.child.born_on,
            "DUC": case.child.unaccompanied_until,
        }
        for case in _in_care(world, night)
        if case.child.unaccompanied_until and case.child.unaccompanied_until >= _year_from(night)
    ]


def oc2(world: World, night: dt.date) -> list[Row]:
    """Only of a year that is over."""
    rows: list[Row] = []
    for case in _in_care(world, night):
        found = case.year_in_care(collection_year(night))
        if found is None:
            continue
        rows.append(
            {
                "CHILD": case.child.child_id,
                "DOB": case.child.born_on,
                "SDQ_SCORE": found.sdq_score,
                "SDQ_REASON": found.sdq_reason,
                "CONVICTED": _flag(found.convicted),
                "HEALTH_CHECK": _flag(found.health_check),
                "IMMUNISATIONS": _flag(found.immunised),
                "TEETH_CHECK": _flag(found.teeth_checked),
                "HEALTH_ASSESSMENT": _flag(found.health_assessed),
                "SUBSTANCE_MISUSE": _flag(found.misuses_substances),
                "INTERVENTION_RECEIVED": _flag(found.intervention_received),
                "INTERVENTION_OFFERED": _flag(found.intervention_offered),
            }
        )
    return rows


def _flag(value: bool | None) -> int | None:
    return None if value is None else int(value)


def oc3(world: World, night: dt.date) -> list[Row]:
    """Leavers with a birthday in the year, as they were around it."""
    rows: list[Row] = []
    for case in world.cases:
        found = _asked(case, night)
        if found is None:
            continue
        day, leaver = found
        contact = leaver.latest(min(day + dt.timedelta(days=30), night))
        rows.append({"CHILD": case.child.child_id, "DOB": case.child.born_on, **_as_told(contact, night)})
    return rows


def _asked(case: Case, night: dt.date) -> tuple[dt.date, Leaver] | None:
    """The birthday of the year that a leaver is asked about; None of everybody else."""
    child, since = case.child, _year_from(night)
    if leavers.known_until(child) is None or child.last_ended_on > night:
        return None
    days = (birthday(child.born_on, years) for years in LEAVERS_ASKED_AT)
    day = next((day for day in days if since <= day <= night), None)
    leaver = case.leaver
    if day is None or leaver is None or not leaver.is_entitled or leaver.left_on >= day:
        return None
    has_died = leaver.died_on is not None and leaver.died_on < since
    return None if has_died else (day, leaver)


def _as_told(contact: Contact | None, night: dt.date) -> Row:
    if contact is None:
        return {"IN_TOUCH": "NO", "ACTIV": "0", "ACCOM": "0"}
    return {
        "IN_TOUCH": contact.in_touch,
        "ACTIV": activity_code(contact.activity, night),
        "ACCOM": contact.accommodation,
    }


def ad1(world: World, night: dt.date) -> list[Row]:
    """Adopted in the year."""
    since = _year_from(night)
    rows: list[Row] = []
    for case in _in_care(world, night):
        for journey in case.journeys:
            if journey.adopted_on is None or not since <= journey.adopted_on <= night:
                continue
            number, sex, status = journey.adopters
            rows.append(
                {
                    "CHILD": case.child.child_id,
                    "DOB": case.child.born_on,
                    "DATE_INT": journey.decided_on,
                    "DATE_MATCH": journey.matched_on,
                    "FOSTER_CARE": int(journey.by_foster_carer),
                    "NB_ADOPTR": number,
                    "SEX_ADOPTR": sex,
                    "LS_ADOPTR": status,
                }
            )
    return rows


def placed_for_adoption(world: World, night: dt.date) -> list[Row]:
    """Decisions that stood at any time of the year."""
    since = _year_from(night)
    rows: list[Row] = []
    for case in _in_care(world, night):
        for journey in case.journeys:
            if journey.decided_on > night or journey.until < since:
                continue
            is_back = journey.taken_back_on is not None and journey.taken_back_on <= night
            rows.append(
                {
                    "CHILD": case.child.child_id,
                    "DOB": case.child.born_on,
                    "DATE_PLACED": journey.decided_on,
                    "DATE_PLACED_CEASED": journey.taken_back_on if is_back else None,
                    "REASON_PLACED_CEASED": journey.reason_taken_back if is_back else None,
                }
            )
    return rows


def previous_permanence(world: World, night: dt.date) -> list[Row]:
    """Of everybody's latest period of care, where it is new enough to be asked."""
    rows: list[Row] = []
    for case in _in_care(world, night):
        known = [each for each in case.previous_permanence if each.started_on <= night]
        if known:
            rows.append(
                {
                    "CHILD": case.child.child_id,
                    "DOB": case.child.born_on,
                    "PREV_PERM": known[-1].kind,
                    "LA_PERM": known[-1].authority,
                    "DATE_PERM": known[-1].arranged_on,
                }
            )
    return rows


def missing(world: World, night: dt.date) -> list[Row]:
    since = _year_from(night)
    return [
        {
            "CHILD": case.child.child_id,
            "DOB": case.child.born_on,
            "MISSING": spell.kind,
            "MIS_START": spell.started_on,
            "MIS_END": spell.ended_on if spell.ended_on <= night else None,
        }
        for case in _in_care(world, night)
        for spell in case.missing
        if spell.started_on <= night and spell.ended_on >= since
    ]


def sw_episodes(world: World, night: dt.date) -> list[Row]:
    since = _year_from(night)
    return [
        {
            "CHILD": case.child.child_id,
            "DOB": case.child.born_on,
            "SW_ID": each.worker_id,
            "SW_DECOM": each.started_on,
            "SW_DEC": each.ended_on if each.ended_on <= night else None,
            "SW_REASON": each.reason,
        }
        for case in _in_care(world, night)
        for each in case.allocations
        if each.role == workers.SOCIAL_WORKER and each.started_on <= night and each.ended_on >= since
    ]


def dolo(world: World, night: dt.date) -> list[Row]:
    since = _year_from(night)
    return [
        {
            "CHILD": case.child.child_id,
            "DOB": case.child.born_on,
            "DOLO_START": order.started_on,
            "DOLO_END": order.ended_on if order.ended_on <= night else None,
        }
        for case in _in_care(world, night)
        for order in case.orders
        if order.started_on <= night and order.ended_on >= since
    ]


TABLES: dict[str, Build] = {
    "ssda903_header": header,
    "ssda903_episodes": episodes,
    "ssda903_reviews": reviews,
    "ssda903_uasc": uasc,
    "ssda903_oc2": oc2,
    "ssda903_oc3": oc3,
    "ssda903_ad1": ad1,
    "ssda903_placed_for_adoption": placed_for_adoption,
    "ssda903_previous_permanence": previous_permanence,
    "ssda903_missing": missing,
    "ssda903_sw_episodes": sw_episodes,
    "ssda903_dolo": dolo,
}
# Told when the year is over.
YEARLY = frozenset({"ssda903_oc2", "ssda903_oc3"})
