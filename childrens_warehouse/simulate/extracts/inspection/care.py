"""Lists 8 and 9: children looked after, and young people who left care."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator

from childrens_warehouse.simulate import identity, terms, visits
from childrens_warehouse.simulate.care import Period, Route
from childrens_warehouse.simulate.episodes import Episode
from childrens_warehouse.simulate.extracts.inspection.known import Known, Night, allocated, name_of
from childrens_warehouse.simulate.extracts.rows import Row, yes_no
from childrens_warehouse.simulate.leavers import activity_code
from childrens_warehouse.simulate.placements import TEMPORARY
from childrens_warehouse.simulate.workers import ADVISER, LEAVING_CARE_TEAM
from childrens_warehouse.simulate.world import Case

ELIGIBILITY = {"relevant": "Relevant", "former_relevant": "Former relevant", "qualifying": "Qualifying"}
PERMANENCE = {
    Route.ADOPTION: "Adoption",
    Route.COURT: "Long term fostering",
    Route.UNACCOMPANIED: "Supported living to independence",
    Route.REMAND: "Return to family",
}


def children_in_care(told: Night) -> Iterator[Row]:
    """A series of short breaks is no being looked after that an inspection asks for."""
    for known in told.known:
        if known.case is None:
            continue
        for number, period in enumerate(known.case.child.periods):
            is_told = period.started_on <= told.night and period.ended_on >= told.since
            if is_told and period.route is not Route.SHORT_BREAKS:
                yield _in_care(told, known, known.case, number, period)


def _in_care(told: Night, known: Known, case: Case, number: int, period: Period) -> Row:
    child, until = case.child, min(period.ended_on, told.night)
    shown = [each for each in case.episodes if period.started_on <= each.started_on < period.ended_on]
    so_far = [each for each in shown if each.started_on <= told.night]
    now = so_far[-1]
    before = child.periods[number - 1] if number else None
    seen, reviewed = (known.seen(period.started_on, until, every) for every in (visits.IN_CARE, visits.REVIEWING))
    gone = [each for each in case.missing if period.started_on <= each.started_on <= until]
    in_year = [each for each in gone if each.started_on >= told.year_ago]
    back = [each for each in gone if each.is_recorded and each.decided_on <= told.night]
    unaccompanied_until = child.unaccompanied_until
    return {
        **told.who(known.child),
        "is_uasc": yes_no(unaccompanied_until is not None and unaccompanied_until >= told.year_ago),
        "is_disabled": yes_no(known.is_disabled),
        "started_on": period.started_on,
        "category_of_need": period.need,
        "is_again_in_care": yes_no(before is not None and terms.add_months(before.ended_on, 12) >= period.started_on),
        "legal_status_started_on": _since(so_far, lambda each: each.legal_status),
        "legal_status": now.legal_status,
        "last_review_date": _latest((each.held_on for each in case.reviews), period, until),
        "last_visit_date": seen.on if seen else None,
        "permanence_plan": _permanence(period, now, told.night),
        "last_reviewing_officer_visit_date": reviewed.on if reviewed else None,
        "last_health_assessment_date": _latest(
            (each.decided_on for each in case.assessments if each.outcome == "completed"), period, until
        ),
        "last_dental_check_date": _latest(
            (each.on for each in case.dental_checks if each.outcome == "seen"), period, until
        ),
        "number_of_placements": len(_placements(so_far, told.year_ago)),
        "ended_on": told.so_far(period.ended_on),
        "reason_ended": now.reason_ceased if period.ended_on <= told.night else None,
        "placement_started_on": _since(so_far, lambda each: each.placement),
        "placement_type": now.placement.place,
        "placement_provider": now.placement.provider,
        "placement_postcode_key": now.placement.postcode,
        "placement_urn": now.placement.urn,
        "placement_location": "In LA" if now.placement.postcode.startswith(identity.NEAR) else "Out of LA",
        "placement_authority": None,
        "number_of_times_missing": sum(each.kind == "M" for each in in_year),
        "number_of_times_absent": sum(each.kind == "A" for each in in_year),
        "return_interview_offered": yes_no(back[-1].is_offered) if back else None,
        "return_interview_accepted": yes_no(back[-1].is_accepted) if back and back[-1].is_offered else None,
        **told.held_by(known, until),
    }


def care_leavers(told: Night) -> Iterator[Row]:
    """Young people up to 21; a latest contact is the last that the list of contacts has."""
    scenario = told.world.scenario
    for case in told.world.cases:
        leaver, child = case.leaver, case.child
        if leaver is None or not leaver.left_on <= told.night < leaver.until:
            continue
        contact = leaver.latest(told.night)
        adviser = allocated(case.allocations, ADVISER, told.night)
        accommodation = contact.accommodation if contact else ""
        eligibility = contact.eligibility if contact else "relevant" if leaver.is_entitled else "qualifying"
        yield {
            **told.who(child),
            "is_uasc": yes_no(child.unaccompanied_until is not None),
            "is_disabled": yes_no(case.person.disability != "NONE"),
            "allocated_team": adviser.team if adviser else LEAVING_CARE_TEAM,
            "Allocated Worker": None,
            "Allocated Personal Advisor": name_of(scenario, adviser.worker_id) if adviser else None,
            "eligibility_category": ELIGIBILITY[eligibility],
            "last_pathway_plan_review_date": contact.plan_reviewed_on if contact else None,
            "in_touch": contact.in_touch if contact else None,
            "last_contact_date": contact.on if contact else None,
            "accommodation_type": accommodation[:1],
            "accommodation_suitability": accommodation[1:],
            "activity": activity_code(contact.activity, contact.on) if contact else None,
        }


def _since(told: list[Episode], of: Callable[[Episode], object]) -> dt.date:
    """The day from which something has been as it is in the last episode."""
    since, now = told[-1].started_on, of(told[-1])
    for each in reversed(told):
        if of(each) != now:
            break
        since = each.started_on
    return since


def _placements(told: list[Episode], since: dt.date) -> list[Episode]:
    """The episodes of a year with which a placement began or in which it went on; a temporary stay is none."""
    settled = [each for each in told if each.placement.place not in TEMPORARY]
    starts = [each for number, each in enumerate(settled)
              if number == 0 or each.placement != settled[number - 1].placement]  # fmt: skip
    ends = [*(each.started_on for each in starts[1:]), dt.date.max]
    return [each for each, ended_on in zip(starts, ends, strict=True) if ended_on >= since]


def _latest(days: Iterator[dt.date], period: Period, until: dt.date) -> dt.date | None:
    return max((day for day in days if period.started_on <= day <= until), default=None)


def _permanence(period: Period, now: Episode, night: dt.date) -> str | None:
    """None before the second review, by which there is to be a plan."""
    if terms.add_months(period.started_on, 4) > night:
        return None
    if now.placement.place == "P1":
        return "Return to family"
    return PERMANENCE.get(period.route, "Return to family" if now.legal_status == "V2" else "Long term fostering")
