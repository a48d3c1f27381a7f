"""The children-in-need census of the night's collection year, so far: one XML document, written child by child."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

from childrens_warehouse.datasets.cin_census import CHILDREN, FILE
from childrens_warehouse.reference import collection_year, collection_year_end
from childrens_warehouse.simulate import persons, terms
from childrens_warehouse.simulate.care import Outcome
from childrens_warehouse.simulate.delivery import DeliveredFile, coverage_of
from childrens_warehouse.simulate.extracts.rows import upn_known
from childrens_warehouse.simulate.need import Assessed, ChildInNeed, Referral
from childrens_warehouse.simulate.world import Case, World

SEX_FROM = 2024


def write(folder: Path, world: World, night: dt.date) -> DeliveredFile:
    """Everybody with a case open at any time of the year, and all that belongs to those cases."""
    year = collection_year(night)
    since = dt.date(year - 1, 4, 1)
    with (folder / FILE).open("w", encoding="utf-8") as file:
        file.write('<?xml version="1.0" encoding="utf-8"?>\n<Message>\n')
        file.write(_header(world.scenario.authority, year, night))
        file.write("<Children>\n")
        for case in world.cases:
            told = _told(case.referrals, since, night)
            if told:
                file.write(_child_in_care(world, case, night, told))
        for child in world.in_need:
            told = _told(child.referrals, since, night)
            if told:
                file.write(_child_in_need(world, child, night, told))
        file.write("</Children>\n</Message>\n")
    return DeliveredFile(FILE, None, coverage_of(CHILDREN.name, year))


def _told(referrals: tuple[Referral, ...], since: dt.date, night: dt.date) -> list[Referral]:
    return [each for each in referrals if each.referred_on <= night and each.closed_on >= since]


def _header(authority: str, year: int, night: dt.date) -> str:
    details = _cells(Collection="CIN", Year=year, ReferenceDate=collection_year_end(year))
    source = _cells(SourceLevel="L", LEA=authority, SoftwareCode="Invented", SerialNo=1, DateTime=f"{night}T22:00:00")
    return f"<Header><CollectionDetails>{details}</CollectionDetails><Source>{source}</Source></Header>\n"


def _child_in_care(world: World, case: Case, night: dt.date, referrals: list[Referral]) -> str:
    child = case.child
    found = case.person
    last = child.periods[-1]
    has_died = last.outcome is Outcome.DIED and last.ended_on <= night
    return _child(
        child.child_id,
        upn_known(world, case, night),
        child.born_on,
        last.ended_on if has_died else None,
        child.sex,
        child.ethnicity,
        found.disability,
        night,
        referrals,
    )


def _child_in_need(world: World, child: ChildInNeed, night: dt.date, referrals: list[Referral]) -> str:
    found = persons.person_in_need(world.scenario, child)
    return _child(
        child.child_id,
        persons.upn_in_need(child, night),
        child.born_on,
        None,
        child.sex,
        child.ethnicity,
        found.disability,
        night,
        referrals,
    )


def _child(
    child_id: str,
    upn: str,
    born_on: dt.date,
    died_on: dt.date | None,
    sex: str,
    ethnicity: str,
    disability: str,
    night: dt.date,
    referrals: list[Referral],
) -> str:
    number = {"UPNunknown": upn} if upn.startswith("UN") else {"UPN": upn}
    has_sex = collection_year(night) >= SEX_FROM
    told_as = {"Sex": sex} if has_sex else {"GenderCurrent": {"M": "1", "F": "2"}[sex]}
    identifiers = _cells(LAchildID=child_id, **number, PersonBirthDate=born_on, **told_as, PersonDeathDate=died_on)
    disabilities = "".join(_cells(Disability=each) for each in disability.split(";"))
    return (
        f"<Child><ChildIdentifiers>{identifiers}</ChildIdentifiers><ChildCharacteristics>"
        f"{_cells(Ethnicity=ethnicity)}<Disabilities>{disabilities}</Disabilities></ChildCharacteristics>"
        + "".join(_details(each, night) for each in referrals)
        + "</Child>\n"
    )


def _details(referral: Referral, night: dt.date) -> str:
    is_closed = referral.closed_on <= night
    return (
        "<CINdetails>"
        + _cells(
            CINdetailsID=referral.number,
            CINreferralDate=referral.referred_on,
            ReferralSource=referral.source,
            PrimaryNeedCode=referral.need,
            CINclosureDate=referral.closed_on if is_closed else None,
            ReasonForClosure=referral.reason if is_closed else None,
            ReferralNFA=int(referral.has_no_further_action),
        )
        + "".join(_records(referral, night))
        + "</CINdetails>"
    )


def _records(referral: Referral, night: dt.date) -> Iterator[str]:
    if referral.assessed and referral.assessed.started_on <= night:
        found = referral.assessed
        is_done = found.authorised_on <= night
        factors = "".join(_cells(AssessmentFactors=each) for each in found.factors) if is_done else ""
        cells = _cells(
            AssessmentActualStartDate=found.started_on,
            AssessmentInternalReviewDate=_review_due(found, night),
            AssessmentAuthorisationDate=found.authorised_on if is_done else None,
        )
        factors = f"<FactorsIdentifiedAtAssessment>{factors}</FactorsIdentifiedAtAssessment>" if factors else ""
        yield f"<Assessments>{cells}{factors}</Assessments>"
    if referral.plan and referral.plan[0] <= night:
        started_on, ended_on = referral.plan
        cells = _cells(CINPlanStartDate=started_on, CINPlanEndDate=ended_on if ended_on <= night else None)
        yield f"<CINPlanDates>{cells}</CINPlanDates>"
    if referral.enquiry and referral.enquiry.started_on <= night:
        enquiry = referral.enquiry
        held_on = enquiry.conference_on
        cells = _cells(
            S47ActualStartDate=enquiry.started_on,
            InitialCPCtarget=enquiry.due_on,
            DateOfInitialCPC=held_on if held_on and held_on <= night else None,
            ICPCnotRequired=int(held_on is None),
        )
        yield f"<Section47>{cells}</Section47>"
    if referral.protection and referral.protection.started_on <= night:
        plan = referral.protection
        reviews = "".join(_cells(CPPreviewDate=each) for each in plan.reviews if each <= night)
        cells = _cells(
            CPPstartDate=plan.started_on,
            CPPendDate=plan.ended_on if plan.ended_on <= night else None,
            InitialCategoryOfAbuse=plan.category,
            LatestCategoryOfAbuse=plan.latest_category,
            NumberOfPreviousCPP=plan.previous,
        )
        yield f"<ChildProtectionPlans>{cells}<Reviews>{reviews}</Reviews></ChildProtectionPlans>"


def _review_due(found: Assessed, night: dt.date) -> dt.date | None:
    """A manager is to look at it after ten working days, unless it is authorised by then."""
    due_on = terms.working_days_after(found.started_on, 10)
    return due_on if due_on <= min(night, found.authorised_on) else None


def _cells(**values: str | int | dt.date | None) -> str:
    """An element for every value there is. Codes, dates and ids hold nothing that XML would have escaped."""
    return "".join(f"<{name}>{value}</{name}>" for name, value in values.items() if value is not None)
