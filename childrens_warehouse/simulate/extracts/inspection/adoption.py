"""Lists 10 and 11: children whose plan is adoption, and people who want to adopt."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from childrens_warehouse.simulate import adopters as adopting
from childrens_warehouse.simulate import terms
from childrens_warehouse.simulate.adopters import Family
from childrens_warehouse.simulate.extracts.inspection.known import Night
from childrens_warehouse.simulate.extracts.rows import Row, yes_no
from childrens_warehouse.simulate.permanence import Journey
from childrens_warehouse.simulate.world import Case

# Plans for adoption and adopters are told for so long after they ended.
ADOPTION_MONTHS = 12


def adoption(told: Night) -> Iterator[Row]:
    """The last plan of each child for whom adoption was the plan within the year."""
    for case, journey in _journeys(told):
        if journey.decided_on > told.night:
            continue
        child, family = case.child, adopting.of_child(told.world.scenario, case.child, journey)
        is_matched = family and journey.matched_on and journey.matched_on <= told.night
        is_back = journey.taken_back_on is not None and journey.taken_back_on <= told.night
        period = next(each for each in child.periods if each.started_on <= journey.decided_on <= each.ended_on)
        yield {
            "child_key": child.child_id,
            "adoptive_family_key": family.family_id if family and is_matched else None,
            **told.about(child),
            "is_disabled": yes_no(case.person.disability != "NONE"),
            "entered_care_on": period.started_on,
            "decision_date": journey.decided_on,
            "placement_order_date": told.so_far(journey.ordered_on),
            "matching_date": told.so_far(journey.matched_on),
            "placed_on": told.so_far(journey.placed_on),
            "adoption_order_date": told.so_far(journey.adopted_on),
            "decision_taken_back_date": told.so_far(journey.taken_back_on),
            "reason_taken_back": journey.reason_taken_back if is_back else None,
            "fostering_for_adoption_date": told.so_far(_fostered_for_adoption(case, journey)),
        }


def adopters(told: Night) -> Iterator[Row]:
    for case, journey in _journeys(told):
        if family := adopting.of_child(told.world.scenario, case.child, journey):
            is_fostering = _fostered_for_adoption(case, journey) is not None
            yield from _family(told, family, is_fostering, journey)
    for family in adopting.unmatched(told.world.scenario, told.night):
        yield from _family(told, family, False, None)


def _family(told: Night, family: Family, is_fostering: bool, journey: Journey | None) -> Iterator[Row]:
    if family.enquired_on > told.night:
        return
    known_until = min(told.night, family.left_on) if family.left_on else told.night

    def so_far(day: dt.date | None) -> dt.date | None:
        return day if day and day <= known_until else None

    for each in family.adopters:
        yield {
            "adopter_key": each.adopter_id,
            "adoptive_family_key": family.family_id,
            "gender": each.sex,
            "ethnicity": each.ethnicity,
            "is_disabled": yes_no(each.is_disabled),
            "is_fostering_for_adoption": yes_no(is_fostering),
            "enquiry_date": family.enquired_on,
            "stage_1_started_on": so_far(family.stage_1[0]),
            "stage_1_ended_on": so_far(family.stage_1[1]),
            "stage_2_started_on": so_far(family.stage_2[0]),
            "stage_2_ended_on": so_far(family.stage_2[1]),
            "application_date": so_far(family.applied_on),
            "approval_date": so_far(family.approved_on),
            "matching_date": so_far(journey.matched_on) if journey else None,
            "placed_on": so_far(journey.placed_on) if journey else None,
            "number_of_children_placed": 1 if journey and so_far(journey.placed_on) else None,
            "adoption_order_date": so_far(journey.adopted_on) if journey else None,
            "left_on": told.so_far(family.left_on),
            "reason_for_leaving": family.reason_left if told.so_far(family.left_on) else None,
        }


def _journeys(told: Night) -> Iterator[tuple[Case, Journey]]:
    """The last plan of each child, decided or still to be decided: its family may be there before it."""
    since = terms.add_months(told.night, -ADOPTION_MONTHS)
    for case in told.world.cases:
        if not case.child.is_in_care(since, told.night):
            continue
        found = [each for each in case.journeys if each.until >= since]
        decided = [each for each in found if each.decided_on <= told.night]
        if found:
            yield case, (decided or found)[-1]


def _fostered_for_adoption(case: Case, journey: Journey) -> dt.date | None:
    """The day the child moved to carers who then adopted it."""
    if not journey.by_foster_carer or journey.placed_on is None:
        return None
    return next((each.started_on for each in case.episodes
                 if each.placement.place in ("U2", "U5") and each.ended_on == journey.placed_on), None)  # fmt: skip
