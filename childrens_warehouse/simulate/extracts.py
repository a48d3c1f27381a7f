"""The rows of each extract, as the source knew them at the end of its extract date: nothing that came after."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator

from childrens_warehouse.datasets import BY_NAME, Dataset
from childrens_warehouse.reference import collection_year
from childrens_warehouse.simulate import terms
from childrens_warehouse.simulate.pupils import Pupil, roster_from
from childrens_warehouse.simulate.schools import Enrolment, year_group
from childrens_warehouse.simulate.world import Case, World, care_known_from

Value = str | int | dt.date | None
Row = dict[str, Value]

SEX_AS_LETTER_FROM = dt.date(2024, 4, 1)
# Of patients, the share whose social care id the trust knows.
TRUST_KNOWS_CHILD_ID = 0.9
# Of children newly in care, the share whose UPN social care does not have at once.
UPN_LATE = 0.3


def social_care(world: World, night: dt.date) -> dict[str, list[Row]]:
    """The SSDA903 files of the night's collection year, so far."""
    year = collection_year(night)
    since = dt.date(year - 1, 4, 1)
    tables: dict[str, list[Row]] = {
        "ssda903_header": [],
        "ssda903_episodes": [],
        "ssda903_reviews": [],
        "ssda903_uasc": [],
    }
    for case in world.cases:
        shown = [episode for episode in case.episodes if episode.started_on <= night and episode.ended_on >= since]
        if not shown:
            continue
        child = case.child
        tables["ssda903_header"].append(_header(world, case, night))
        for episode in shown:
            is_over = episode.ended_on <= night
            tables["ssda903_episodes"].append(
                {
                    "CHILD": child.child_id,
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
        for review in case.reviews:
            if since <= review.held_on <= night:
                tables["ssda903_reviews"].append(
                    {
                        "CHILD": child.child_id,
                        "DOB": child.born_on,
                        "REVIEW": review.held_on,
                        "REVIEW_CODE": review.participation,
                    }
                )
        # Who ceased to be unaccompanied before the year began is not in its list.
        if child.unaccompanied_until and child.unaccompanied_until >= since:
            tables["ssda903_uasc"].append(
                {
                    "CHILD": child.child_id,
                    "SEX": _sex(child.sex, night),
                    "DOB": child.born_on,
                    "DUC": child.unaccompanied_until,
                }
            )
    return tables


def _header(world: World, case: Case, night: dt.date) -> Row:
    child = case.child
    is_mother = child.mother_of is not None and child.mother_of <= night
    return {
        "CHILD": child.child_id,
        "SEX": _sex(child.sex, night),
        "DOB": child.born_on,
        "ETHNIC": child.ethnicity,
        "UPN": _upn_known(world, case, night),
        "MOTHER": 1 if is_mother else None,
        "MC_DOB": child.mother_of if is_mother else None,
    }


def _sex(sex: str, night: dt.date) -> str:
    """Letters from collection year 2025 on, figures before."""
    return sex if night >= SEX_AS_LETTER_FROM else {"M": "1", "F": "2"}[sex]


def _upn_known(world: World, case: Case, night: dt.date) -> str:
    """The child's UPN, or why there is none yet: under school age, educated abroad, or not yet found out."""
    child = case.child
    started_on = child.first_started_on
    if night < dt.date(child.reception_year, 9, 1):
        return "UN1"
    rng = world.scenario.stream("upn", child.number)
    if child.unaccompanied_until:
        # Those past compulsory school age when they come never get one.
        is_pupil = started_on < dt.date(child.reception_year + 11, 6, 1)
        found_out = started_on + dt.timedelta(days=rng.randrange(50, 90))
        return child.upn if is_pupil and night >= found_out else "UN3"
    if rng.random() < UPN_LATE and night < started_on + dt.timedelta(days=rng.randrange(2, 8)):
        return "UN4"
    return child.upn


def health(world: World, night: dt.date) -> dict[str, list[Row]]:
    """Every assessment asked for since the oldest of the collection years that social care still delivers."""
    since = care_known_from(night)
    rows: list[Row] = []
    for case in world.cases:
        child = case.child
        if not child.is_in_care(since, night):
            continue
        rng = world.scenario.stream("patient", child.number)
        child_id = child.child_id if rng.random() < TRUST_KNOWS_CHILD_ID else ""
        for assessment in case.assessments:
            if not since <= assessment.requested_on <= night:
                continue
            is_known = assessment.decided_on <= night
            has_report = assessment.report_on is not None and assessment.report_on <= night
            is_completed = assessment.outcome == "completed"
            rows.append(
                {
                    "assessment_id": assessment.assessment_id,
                    "patient_id": f"P{2_000_000 + child.number * 3_771_121 % 7_999_993}",
                    "child_id": child_id,
                    "assessment_type": assessment.kind,
                    "requested_on": assessment.requested_on,
                    "due_on": assessment.due_on,
                    "seen_on": assessment.decided_on if is_known and is_completed else None,
                    "outcome": assessment.outcome if is_known else None,
                    "area": assessment.area if is_known and is_completed else None,
                    "report_returned_on": assessment.report_on if has_report else None,
                }
            )
    rows.sort(key=lambda row: str(row["assessment_id"]))
    return {"health_assessments": rows}


def education(world: World, night: dt.date) -> dict[str, list[Row]]:
    """Schools, and the pupils on a roll at any time since the school year before last, with their enrolments."""
    since = roster_from(night)
    tables: dict[str, list[Row]] = {"pupils": [], "schools": [], "enrolments": []}
    for school in world.area.all:
        tables["schools"].append(
            {
                "urn": school.urn,
                "name": school.name,
                "phase": school.phase,
                "la_code": school.authority,
                "postcode": school.postcode,
                "opened_on": school.opened_on,
                "closed_on": None,
            }
        )
    for pupil in world.pupils:
        if pupil.is_on_roll(since, night):
            tables["pupils"].append(_pupil(pupil, night))
            tables["enrolments"].extend(_enrolments(pupil, night))
    return tables


def _pupil(pupil: Pupil, night: dt.date) -> Row:
    return {
        "upn": pupil.upn,
        "former_upn": pupil.former_upn,
        "child_id": pupil.child_id,
        "forename": pupil.forename,
        "surname": pupil.surname,
        "date_of_birth": pupil.born_on,
        "sex": _sex(pupil.sex, night),
        "ethnicity": pupil.ethnicity,
        "postcode": pupil.postcode,
        "sen_provision": pupil.sen_provision,
        "sen_primary_need": pupil.sen_need,
        "free_school_meals": pupil.free_meals,
        "nhs_number": pupil.nhs_number,
    }


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


def rendered(name: str, rows: Iterable[Row]) -> list[list[str]]:
    """The cells of a table as its file spells them, in the declared order of columns."""
    dataset = BY_NAME[name]
    columns = [column.name for column in dataset.columns]
    spell = _spelling(dataset)
    return [[spell(row[column]) for column in columns] for row in rows]


def _spelling(dataset: Dataset) -> Callable[[Value], str]:
    days: dict[dt.date, str] = {}

    def spell(value: Value) -> str:
        if isinstance(value, str):
            return value
        if value is None:
            return ""
        if isinstance(value, int):
            return str(value)
        # The same days come over and over, and formatting one is slow.
        if value not in days:
            days[value] = value.strftime(dataset.date_format)
        return days[value]

    return spell
