"""What social care delivers beside the national returns: whole lists, as its system has them on the night."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from childrens_warehouse.simulate import persons
from childrens_warehouse.simulate.care import Outcome
from childrens_warehouse.simulate.extracts.rows import Build, Row, sex_code, upn_known, yes_no
from childrens_warehouse.simulate.leavers import activity_code
from childrens_warehouse.simulate.need import ChildInNeed
from childrens_warehouse.simulate.permanence import was_adopted_before
from childrens_warehouse.simulate.world import Case, World, care_known_from


def _known(world: World, night: dt.date) -> Iterator[Case]:
    """Everybody with a case, and leavers, since the oldest of the collection years that are still delivered."""
    since = care_known_from(night, world.scenario.returns)
    return (case for case in world.cases if case.is_known(since, night) or case.is_in_need(since, night))


def known_persons(world: World, night: dt.date) -> list[Row]:
    since = care_known_from(night, world.scenario.returns)
    in_need = [child for child in world.in_need if child.is_known(since, night)]
    rows = [_person(world, case, night) for case in _known(world, night)]
    return rows + [_person_in_need(world, child, night) for child in in_need]


def _person(world: World, case: Case, night: dt.date) -> Row:
    child = case.child
    found = case.person
    upn = upn_known(world, case, night)
    return {
        "child_id": child.child_id,
        "nhs_number": found.nhs_number,
        "upn": upn,
        # Who has no number yet has had no other either.
        "former_upn": found.former_upn if upn == child.upn else "",
        "forename": child.forename,
        "surname": child.surname,
        "previous_surname": found.previous_surname,
        "date_of_birth": child.born_on,
        "expected_date_of_birth": None,
        "date_of_death": _died_on(case, night),
        "sex": sex_code(child.sex, night),
        "ethnicity": child.ethnicity,
        "disability": found.disability,
        "home_postcode": child.home_postcode,
        "home_postcode_from": found.home_since if child.home_postcode else None,
        "unaccompanied": yes_no(child.unaccompanied_until is not None),
        "adopted_identity": yes_no(was_adopted_before([each for each in case.previous_permanence
                                                       if each.started_on <= night])),
        "restricted": yes_no(found.is_restricted),
    }  # fmt: skip


def _person_in_need(world: World, child: ChildInNeed, night: dt.date) -> Row:
    found = persons.person_in_need(world.scenario, child)
    return {
        "child_id": child.child_id,
        "nhs_number": found.nhs_number,
        "upn": persons.upn_in_need(child, night),
        "former_upn": "",
        "forename": child.forename,
        "surname": child.surname,
        "previous_surname": found.previous_surname,
        "date_of_birth": child.born_on,
        "expected_date_of_birth": None,
        "date_of_death": None,
        "sex": sex_code(child.sex, night),
        "ethnicity": child.ethnicity,
        "disability": found.disability,
        "home_postcode": child.home_postcode,
        "home_postcode_from": found.home_since,
        "unaccompanied": "N",
        "adopted_identity": "N",
        "restricted": yes_no(found.is_restricted),
    }


def _died_on(case: Case, night: dt.date) -> dt.date | None:
    last = case.child.periods[-1]
    died_on = last.ended_on if last.outcome is Outcome.DIED else case.leaver.died_on if case.leaver else None
    return died_on if died_on and died_on <= night else None


def allocations(world: World, night: dt.date) -> list[Row]:
    since = care_known_from(night, world.scenario.returns)
    allocated = [(case.child.child_id, case.allocations) for case in _known(world, night)]
    allocated += [(child.child_id, child.allocations) for child in world.in_need]
    return [
        {
            "child_id": child_id,
            "role": each.role,
            "worker_id": each.worker_id,
            "start_date": each.started_on,
            "end_date": each.ended_on if each.ended_on <= night else None,
            "team": each.team,
        }
        for child_id, found in allocated
        for each in found
        if each.started_on <= night and each.ended_on >= since
    ]


def return_interviews(world: World, night: dt.date) -> list[Row]:
    """A row from the day a child is back; the answers follow when the child was asked and interviewed."""
    since = care_known_from(night, world.scenario.returns)
    rows: list[Row] = []
    for case in _known(world, night):
        for spell in case.missing:
            if not spell.is_recorded or not since <= spell.ended_on <= night:
                continue
            is_decided = spell.decided_on <= night
            is_held = spell.interviewed_at is not None and spell.interviewed_at.date() <= night
            rows.append(
                {
                    "child_id": case.child.child_id,
                    "missing_start": spell.started_on,
                    "returned_at": spell.returned_at,
                    "offered": yes_no(spell.is_offered) if is_decided else "",
                    "accepted": yes_no(spell.is_accepted) if is_decided and spell.is_offered else "",
                    "interviewed_at": spell.interviewed_at if is_held else None,
                }
            )
    return rows


def care_leavers(world: World, night: dt.date) -> list[Row]:
    since = care_known_from(night, world.scenario.returns)
    return [
        {
            "child_id": case.child.child_id,
            "contact_date": contact.on,
            "eligibility": contact.eligibility,
            "in_touch": contact.in_touch,
            "activity": activity_code(contact.activity, contact.on),
            "accommodation": contact.accommodation,
            "pathway_plan_reviewed_on": contact.plan_reviewed_on,
        }
        for case in _known(world, night)
        if case.leaver
        for contact in case.leaver.contacts
        if since <= contact.on <= night
    ]


TABLES: dict[str, Build] = {
    "persons": known_persons,
    "allocations": allocations,
    "return_interviews": return_interviews,
    "care_leavers": care_leavers,
}
