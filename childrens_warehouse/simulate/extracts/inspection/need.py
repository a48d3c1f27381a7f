"""Lists 1 to 7: contacts, early help, referrals and what followed them."""

from __future__ import annotations

from collections.abc import Iterator

from childrens_warehouse.simulate import contacts as hearing
from childrens_warehouse.simulate import terms, visits
from childrens_warehouse.simulate.contacts import Heard
from childrens_warehouse.simulate.extracts.inspection.known import Known, Night
from childrens_warehouse.simulate.extracts.rows import Row, yes_no
from childrens_warehouse.simulate.need import Referral

EMERGENCY = frozenset({"L1", "L2"})


def _heard(told: Night) -> Iterator[tuple[Row, Heard]]:
    for known in told.known:
        yield told.who(known.child), known.heard
    for child in hearing.children_heard_of(told.world.scenario, told.night):
        yield told.who(child), child.heard


def contacts(told: Night) -> Iterator[Row]:
    for person, heard in _heard(told):
        for each in heard.contacts:
            if told.since <= each.on <= told.night:
                yield {**person, "contact_date": each.on, "contact_source": each.source}


def early_help(told: Night) -> Iterator[Row]:
    for person, heard in _heard(told):
        for each in heard.early_help:
            if each.started_on <= told.night and each.completed_on >= told.since:
                yield {
                    **person,
                    "started_on": each.started_on,
                    "completed_on": told.so_far(each.completed_on),
                    "organisation": each.organisation,
                }


def referrals(told: Night) -> Iterator[Row]:
    for known, each in _referred(told):
        if each.referred_on < told.since:
            continue
        before = terms.add_months(each.referred_on, -12)
        yield {
            **told.who(known.child),
            "referral_date": each.referred_on,
            "referral_source": each.source,
            "is_referral_without_action": yes_no(each.has_no_further_action),
            "number_of_referrals": sum(before <= one.referred_on < each.referred_on for one in known.referrals),
            **told.held_by(known, each.referred_on),
        }


def assessments(told: Night) -> Iterator[Row]:
    for known, each in _referred(told):
        found = each.assessed
        if found is None or not found.started_on <= told.night or found.authorised_on < told.since:
            continue
        is_done = found.authorised_on <= told.night
        rng = told.world.scenario.stream("assessed", known.child.number, each.number)
        is_seen, needs_support = rng.random() < 0.95, each.reason not in ("RC8", "RC9")
        yield {
            **told.who(known.child),
            "is_disabled": yes_no(known.is_disabled),
            "started_on": found.started_on,
            "is_child_seen": yes_no(is_seen) if is_done else None,
            "authorised_on": told.so_far(found.authorised_on),
            "outcome": ("Yes" if needs_support else "No") if is_done else None,
            **told.held_by(known, found.authorised_on),
        }


def enquiries(told: Night) -> Iterator[Row]:
    for known, each in _referred(told):
        found = each.enquiry
        if found is None or not told.since <= found.started_on <= told.night:
            continue
        is_held = found.conference_on is not None and found.conference_on <= told.night
        before = terms.add_months(found.started_on, -12)
        enquired = [one.enquiry for one in known.referrals
                    if one.enquiry and before <= one.enquiry.started_on <= found.started_on]  # fmt: skip
        yield {
            **told.who(known.child),
            "is_disabled": yes_no(known.is_disabled),
            "started_on": found.started_on,
            "is_conference_unnecessary": yes_no(found.conference_on is None),
            "conference_date": found.conference_on if is_held else None,
            "is_plan_made": yes_no(each.protection is not None) if is_held else None,
            "number_of_enquiries": len(enquired),
            "number_of_conferences": sum(
                one.conference_on is not None and one.conference_on <= told.night for one in enquired
            ),
            **told.held_by(known, found.started_on),
        }


def children_in_need(told: Night) -> Iterator[Row]:
    for known, each in _referred(told):
        if each.assessed is None or each.closed_on < told.since:
            continue
        is_closed = each.closed_on <= told.night
        seen = known.seen(each.referred_on, min(each.closed_on, told.night), visits.IN_NEED)
        yield {
            **told.who(known.child),
            "is_disabled": yes_no(known.is_disabled),
            "started_on": each.referred_on,
            "primary_need_code": each.need,
            "last_seen_on": seen.on if seen else None,
            "closed_on": told.so_far(each.closed_on),
            "reason_for_closure": each.reason if is_closed else None,
            "case_status": _status(told, known, each),
            **told.held_by(known, each.closed_on),
        }


def _status(told: Night, known: Known, each: Referral) -> str:
    if each.closed_on <= told.night:
        return "Closed case"
    if known.cared_for(told.night):
        return "Looked after child"
    if each.protection and each.protection.started_on <= told.night < each.protection.ended_on:
        return "Child protection plan"
    if each.plan and each.plan[0] <= told.night:
        return "Child in need plan"
    return "Open assessment"


def protection_plans(told: Night) -> Iterator[Row]:
    for known, each in _referred(told):
        plan = each.protection
        if plan is None or plan.started_on > told.night or plan.ended_on < told.since:
            continue
        until = min(plan.ended_on, told.night)
        seen = known.seen(plan.started_on, until, visits.PROTECTED)
        emergencies = known.case.episodes if known.case else ()
        yield {
            **told.who(known.child),
            "is_disabled": yes_no(known.is_disabled),
            "started_on": plan.started_on,
            "initial_category_of_abuse": plan.category,
            "latest_category_of_abuse": plan.latest_category,
            "last_visit_date": seen.on if seen else None,
            "is_child_seen_alone": yes_no(seen.is_seen_alone) if seen else None,
            "last_review_date": max((day for day in plan.reviews if day <= until), default=None),
            "ended_on": told.so_far(plan.ended_on),
            "is_emergency_protected": yes_no(any(
                one.legal_status in EMERGENCY and one.started_on <= told.night and one.ended_on >= told.since
                for one in emergencies
            )),
            "number_of_previous_plans": plan.previous,
            **told.held_by(known, until),
        }  # fmt: skip


def _referred(told: Night) -> Iterator[tuple[Known, Referral]]:
    return (
        (known, each) for known in told.known for each in known.referrals
        if each.closed_on >= told.since or each.referred_on >= told.since
    )  # fmt: skip
