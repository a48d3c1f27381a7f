"""What education delivers: schools, pupils on a roll at any time since the school year before last, how they fare."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from functools import lru_cache

from childrens_warehouse.simulate import register, schooling, terms
from childrens_warehouse.simulate.extracts.rows import Build, Row, sex_code, upn_known, yes_no
from childrens_warehouse.simulate.pupils import KNOWS_CHILD_ID, Pupil, roster_from
from childrens_warehouse.simulate.schools import Enrolment, year_group
from childrens_warehouse.simulate.world import World, care_known_from


def _pupils(world: World, night: dt.date) -> Iterator[Pupil]:
    since = roster_from(night)
    return (pupil for pupil in world.pupils if pupil.is_on_roll(since, night))


def schools(world: World, night: dt.date) -> list[Row]:
    return [
        {
            "urn": school.urn,
            "name": school.name,
            "phase": school.phase,
            "la_code": school.authority,
            "postcode": school.postcode,
            "opened_on": school.opened_on,
            "closed_on": None,
        }
        for school in world.area.all
    ]


def pupils(world: World, night: dt.date) -> list[Row]:
    return [
        {
            "upn": pupil.upn,
            "former_upn": pupil.former_upn,
            "child_id": pupil.child_id,
            "forename": pupil.forename,
            "surname": pupil.surname,
            "date_of_birth": pupil.born_on,
            "sex": sex_code(pupil.sex, night),
            "ethnicity": pupil.ethnicity,
            "postcode": pupil.postcode,
            "sen_provision": pupil.sen_provision,
            "sen_primary_need": pupil.sen_need,
            "free_school_meals": pupil.free_meals,
            "nhs_number": pupil.nhs_number,
        }
        for pupil in _pupils(world, night)
    ]


def enrolments(world: World, night: dt.date) -> list[Row]:
    return [row for pupil in _pupils(world, night) for row in _enrolments(pupil, night)]


def _enrolments(pupil: Pupil, night: dt.date) -> Iterator[Row]:
    for spell in sorted(pupil.enrolments, key=lambda spell: (spell.started_on, spell.school.urn)):
        if spell.started_on > night:
            continue
        is_over = spell.ended_on <= night
        yield {
            "upn": pupil.upn,
            "school_urn": spell.school.urn,
            "start_date": spell.started_on,
            "end_date": spell.ended_on if is_over else None,
            "status": _status(spell, night),
            "year_group": year_group(pupil.reception_year, min(night, spell.ended_on - terms.DAY)),
            "leaving_reason": spell.leaving_reason if is_over else None,
        }


def _status(spell: Enrolment, night: dt.date) -> str:
    """Kind of registration on the last day known of it."""
    if spell.second:
        return "S"
    return "M" if spell.is_dual(min(night, spell.ended_on - terms.DAY)) else "C"


def exclusions(world: World, night: dt.date) -> list[Row]:
    since = roster_from(night)
    suspended = _suspended(world)
    rows: list[Row] = []
    for pupil in _pupils(world, night):
        for each in schooling.exclusions(world.scenario, pupil, suspended.get(pupil.upn, [])):
            if not since <= each.started_on <= night:
                continue
            is_cancelled = each.cancelled_on is not None and each.cancelled_on <= night
            rows.append(
                {
                    "exclusion_id": each.exclusion_id,
                    "upn": pupil.upn,
                    "school_urn": each.school_urn,
                    "type": each.kind,
                    "start_date": each.started_on,
                    "sessions": each.sessions,
                    "reason": each.reason,
                    "cancelled_on": each.cancelled_on if is_cancelled else None,
                }
            )
    return rows


@lru_cache(maxsize=1)
def _suspended(world: World) -> dict[str, list[register.Suspension]]:
    """By pupil, in the order of their days, from the first night's roster on; a pupil of two schools has it once."""
    scenario = world.scenario
    found: dict[tuple[str, dt.date], register.Suspension] = {}
    for each in register.suspensions(register.roll(world), roster_from(scenario.first_night), scenario.night):
        found.setdefault((each.upn, each.started_on), each)
    by_pupil: dict[str, list[register.Suspension]] = {}
    for (upn, _), each in found.items():
        by_pupil.setdefault(upn, []).append(each)
    return by_pupil


def peps(world: World, night: dt.date) -> list[Row]:
    since = care_known_from(night, world.scenario.returns)
    rows: list[Row] = []
    for case in world.cases:
        child = case.child
        upn = upn_known(world, case, night)
        for plan in case.plans:
            if not since <= plan.opened_on <= night:
                continue
            is_held = plan.meeting_on is not None and plan.meeting_on <= night
            is_complete = plan.completed_on is not None and plan.completed_on <= night
            rows.append(
                {
                    "pep_id": plan.plan_id,
                    "child_id": child.child_id if plan.is_named or upn != child.upn else "",
                    "upn": upn if upn == child.upn else "",
                    "school_year": plan.school_year,
                    "term": plan.term,
                    "meeting_on": plan.meeting_on if is_held else None,
                    "completed_on": plan.completed_on if is_complete else None,
                    "quality": plan.quality if is_complete else "",
                    "child_views": yes_no(plan.has_child_views) if is_held else "",
                    "pupil_premium_planned": f"{plan.premium}.00" if is_held else "",
                }
            )
    rows.sort(key=lambda row: str(row["pep_id"]))
    return rows


def attainment(world: World, night: dt.date) -> list[Row]:
    """Results of pupils who are or were in care, at a school of the area's list when they had them."""
    since = roster_from(night)
    in_care_since = care_known_from(night, world.scenario.returns)
    rows: list[Row] = []
    for case in world.cases:
        child = case.child
        pupil = world.pupil_by_upn.get(child.upn)
        if pupil is None or not pupil.is_on_roll(since, night) or not child.is_in_care(in_care_since, night):
            continue
        is_known = world.scenario.stream("virtual school", child.number).random() < KNOWS_CHILD_ID
        for each in case.results:
            tested_on = dt.date(each.year, 6, 1)
            if each.published_on > night or not pupil.is_on_roll(tested_on, tested_on):
                continue
            rows.append(
                {
                    "upn": pupil.upn,
                    "year": each.year,
                    "stage": each.stage,
                    "subject": each.subject,
                    "measure": each.measure,
                    "child_id": child.child_id if is_known else "",
                    "result": each.result,
                }
            )
    return rows


TABLES: dict[str, Build] = {
    "pupils": pupils,
    "schools": schools,
    "enrolments": enrolments,
    "exclusions": exclusions,
    "peps": peps,
    "attainment": attainment,
}
