"""What the three systems deliver beside the return: whole lists, on the night."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from childrens_warehouse.simulate import identity, terms
from childrens_warehouse.simulate.extracts.rows import Row, sex_code
from childrens_warehouse.simulate.panel_report.lives import AUTHORITY, SCHOOL_YEAR, Age, Life
from childrens_warehouse.simulate.panel_report.numbers import names, nhs_number, patient_id, reception_year, upn
from childrens_warehouse.simulate.panel_report.places import home_postcode
from childrens_warehouse.simulate.panel_report.schools import REFERRAL, SCHOOLS, School, school_of

TEAMS = ("Children Looked After 1", "Children Looked After 2")
UNACCOMPANIED_TEAM, LEAVING_CARE_TEAM = "Unaccompanied Young People", "Leaving Care"
YES, NO = "Y", "N"


# ---------------------------------------------------------------- social care


def known_persons(lives: list[Life], night: dt.date) -> list[Row]:
    return [_person(life, night) for life in lives]


def _person(life: Life, night: dt.date) -> Row:
    forename, surname = names(life)
    return {
        "child_id": life.child_id,
        "nhs_number": nhs_number(life),
        "upn": upn(life, night),
        "former_upn": "",
        "forename": forename,
        "surname": surname,
        "previous_surname": "",
        "date_of_birth": life.born_on,
        "expected_date_of_birth": None,
        "date_of_death": None,
        "sex": sex_code(life.sex, night),
        "ethnicity": life.ethnicity,
        "disability": "NONE",
        "home_postcode": life.home_postcode,
        "home_postcode_from": life.born_on if life.home_postcode else None,
        "unaccompanied": YES if life.is_unaccompanied else NO,
        "adopted_identity": NO,
        "restricted": NO,
    }


def allocations(lives: list[Life], night: dt.date) -> list[Row]:
    """One social worker for the time in care, or a personal adviser after it."""
    rows: list[Row] = []
    for life in lives:
        team = UNACCOMPANIED_TEAM if life.is_unaccompanied else TEAMS[life.number % 2]
        ended_on = life.ended_on if life.ended_on and life.ended_on <= night else None
        rows.append(_allocation(life, "social_worker", f"SW{1_310_000 + life.number % 23}", team, ended_on))
        if life.contacts and life.ended_on:
            adviser = f"PA{310_000 + life.number % 7}"
            rows.append(_allocation(life, "personal_adviser", adviser, LEAVING_CARE_TEAM, None, life.ended_on))
    return rows


def _allocation(
    life: Life, role: str, worker: str, team: str, ended_on: dt.date | None, started_on: dt.date | None = None
) -> Row:
    return {
        "child_id": life.child_id,
        "role": role,
        "worker_id": worker,
        "start_date": started_on or life.started_on,
        "end_date": ended_on,
        "team": team,
    }


def return_interviews(lives: list[Life], night: dt.date) -> list[Row]:
    """An interview two days after each return from being missing."""
    return [
        {
            "child_id": life.child_id,
            "missing_start": each.started_on,
            "returned_at": dt.datetime.combine(each.ended_on, dt.time(19, 30)),
            "offered": YES,
            "accepted": YES,
            "interviewed_at": dt.datetime.combine(each.ended_on + 2 * terms.DAY, dt.time(16, 0)),
        }
        for life in lives
        for each in life.absences
        if each.kind == "M"
    ]


def care_leavers(lives: list[Life], night: dt.date) -> list[Row]:
    return [
        {
            "child_id": life.child_id,
            "contact_date": each.on,
            "eligibility": "former_relevant",
            "in_touch": "YES",
            "activity": each.activity,
            "accommodation": each.accommodation,
            "pathway_plan_reviewed_on": each.on - dt.timedelta(days=life.number % 120),
        }
        for life in lives
        for each in life.contacts
    ]


# ---------------------------------------------------------------- health


def _patients(lives: list[Life]) -> list[Life]:
    return [life for life in lives if life.age is not Age.LEAVER]


def patients(lives: list[Life], night: dt.date) -> list[Row]:
    rows: list[Row] = []
    for life in _patients(lives):
        forename, surname = names(life)
        rows.append(
            {
                "patient_id": patient_id(life),
                "nhs_number": nhs_number(life),
                "child_id": life.child_id,
                "forename": forename,
                "surname": surname,
                "date_of_birth": life.born_on,
                "sex": sex_code(life.sex, night),
                "postcode": life.home_postcode,
                "superseded_by": "",
            }
        )
    return rows


def health_assessments(lives: list[Life], night: dt.date) -> list[Row]:
    return [
        {
            "assessment_id": f"HA{life.number:04}{position:02}",
            "patient_id": patient_id(life),
            "child_id": life.child_id,
            "assessment_type": each.kind,
            "requested_on": each.requested_on,
            "due_on": each.due_on,
            "seen_on": each.seen_on,
            "outcome": "completed",
            "area": "in",
            "report_returned_on": each.seen_on + dt.timedelta(days=9),
        }
        for life in _patients(lives)
        for position, each in enumerate(life.assessments)
    ]


def _of_patient(life: Life) -> Row:
    return {"patient_id": patient_id(life), "child_id": life.child_id}


def dental_checks(lives: list[Life], night: dt.date) -> list[Row]:
    return [
        {**_of_patient(life), "checked_on": day, "outcome": "seen"}
        for life in _patients(lives)
        for day in life.dental_checks
    ]


def immunisations(lives: list[Life], night: dt.date) -> list[Row]:
    return [
        {**_of_patient(life), "assessed_on": day, "up_to_date": YES if is_up_to_date else NO}
        for life in _patients(lives)
        for day, is_up_to_date in life.immunised
    ]


def sdq(lives: list[Life], night: dt.date) -> list[Row]:
    return [
        {**_of_patient(life), "completed_on": day, "score": score, "reason_not_completed": None}
        for life in _patients(lives)
        for day, score in life.questionnaires
    ]


# ---------------------------------------------------------------- education


def pupils_of(lives: list[Life]) -> list[Life]:
    """At a school in the school year of the report."""
    return [life for life in lives if life.missed is not None]


def pupils(lives: list[Life], night: dt.date) -> list[Row]:
    rows: list[Row] = []
    for life in pupils_of(lives):
        forename, surname = names(life)
        rows.append(
            {
                "upn": upn(life, night),
                "former_upn": "",
                "child_id": life.child_id,
                "forename": forename,
                "surname": surname,
                "date_of_birth": life.born_on,
                "sex": sex_code(life.sex, night),
                "ethnicity": life.ethnicity,
                "postcode": life.home_postcode or home_postcode(life.stream("postcode at school")),
                "sen_provision": NO,
                "sen_primary_need": "",
                "free_school_meals": YES if life.number % 3 else NO,
                "nhs_number": nhs_number(life),
            }
        )
    return rows


def schools(lives: list[Life], night: dt.date) -> list[Row]:
    return [
        {
            "urn": school.urn,
            "name": school.name,
            "phase": school.phase,
            "la_code": AUTHORITY,
            "postcode": school.postcode,
            "opened_on": None,
            "closed_on": None,
        }
        for school in SCHOOLS
    ]


def enrolments(lives: list[Life], night: dt.date) -> list[Row]:
    rows: list[Row] = []
    for life in pupils_of(lives):
        school, year_group = school_of(life), SCHOOL_YEAR - reception_year(life)
        first = reception_year(life) + (7 if year_group >= 7 else 0)
        started_on = max(dt.date(first, 9, 1), life.started_on) if life.is_unaccompanied else dt.date(first, 9, 1)
        rows.append(_enrolment(life, school, started_on, life.excluded_on, year_group))
        if life.excluded_on:
            rows.append(_enrolment(life, REFERRAL, life.excluded_on, None, year_group))
    return rows


def _enrolment(life: Life, school: School, started_on: dt.date, ended_on: dt.date | None, year_group: int) -> Row:
    return {
        "upn": upn(life, dt.date(2017, 5, 31)),
        "school_urn": school.urn,
        "start_date": started_on,
        "end_date": ended_on,
        "status": "C",
        "year_group": str(year_group),
        "leaving_reason": "Permanently excluded" if ended_on else None,
    }


def exclusions(lives: list[Life], night: dt.date) -> list[Row]:
    rows: list[Row] = []
    for life in pupils_of(lives):
        found: list[tuple[str, dt.date, int | None]] = [("FIXD", day, 2 + life.number % 5) for day in life.suspended_on]
        if life.excluded_on:
            found.append(("PERM", life.excluded_on, None))
        for position, (kind, day, sessions) in enumerate(found):
            rows.append(
                {
                    "exclusion_id": f"EX{life.number:04}{position}",
                    "upn": upn(life, night),
                    "school_urn": school_of(life).urn,
                    "type": kind,
                    "start_date": day,
                    "sessions": sessions,
                    "reason": "Persistent disruptive behaviour",
                    "cancelled_on": None,
                }
            )
    return rows


def peps(lives: list[Life], night: dt.date) -> list[Row]:
    return [
        {
            "pep_id": f"PEP{life.number:04}{each.term[:2].upper()}",
            "child_id": life.child_id,
            "upn": upn(life, night),
            "school_year": SCHOOL_YEAR,
            "term": each.term,
            "meeting_on": each.meeting_on,
            "completed_on": each.completed_on,
            "quality": "green" if each.completed_on and life.number % 3 else "amber" if each.completed_on else "",
            "child_views": YES,
            "pupil_premium_planned": "600.00",
        }
        for life in lives
        for each in life.plans
    ]


def attainment(lives: list[Life], night: dt.date) -> list[Row]:
    return [
        {
            "upn": identity.upn(AUTHORITY, 2000 + life.number % 40, reception_year(life), life.number % 1000),
            "year": year,
            "stage": stage,
            "subject": subject,
            "measure": "level" if stage == "KS2" else "grade",
            "child_id": life.child_id,
            "result": result,
        }
        for life in lives
        for year, stage, subject, result in life.results
    ]


TABLES: dict[str, Callable[[list[Life], dt.date], list[Row]]] = {
    "persons": known_persons,
    "allocations": allocations,
    "return_interviews": return_interviews,
    "care_leavers": care_leavers,
    "patients": patients,
    "health_assessments": health_assessments,
    "dental_checks": dental_checks,
    "immunisations": immunisations,
    "sdq": sdq,
    "pupils": pupils,
    "schools": schools,
    "enrolments": enrolments,
    "exclusions": exclusions,
    "peps": peps,
    "attainment": attainment,
}
