"""What the trust delivers: everything since the oldest of the collection years that social care still delivers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from childrens_warehouse.simulate.extracts.rows import Build, Row, sex_code, yes_no
from childrens_warehouse.simulate.persons import Patient, patient
from childrens_warehouse.simulate.world import Case, World, care_known_from


def _patients(world: World, night: dt.date) -> Iterator[tuple[Case, Patient]]:
    since = care_known_from(night, world.scenario.returns)
    for case in world.cases:
        if case.child.is_in_care(since, night):
            yield case, patient(world.scenario, case.child)


def patients(world: World, night: dt.date) -> list[Row]:
    return [
        {
            "patient_id": known.patient_id,
            "nhs_number": known.nhs_number,
            "child_id": known.child_id,
            "forename": case.child.forename,
            "surname": case.child.surname,
            "date_of_birth": case.child.born_on,
            "sex": sex_code(case.child.sex, night),
            "postcode": case.child.home_postcode,
            "superseded_by": known.superseded_by,
        }
        for case, known in _patients(world, night)
    ]


def health_assessments(world: World, night: dt.date) -> list[Row]:
    since = care_known_from(night, world.scenario.returns)
    rows: list[Row] = []
    for case, known in _patients(world, night):
        for assessment in case.assessments:
            if not since <= assessment.requested_on <= night:
                continue
            is_known = assessment.decided_on <= night
            has_report = assessment.report_on is not None and assessment.report_on <= night
            is_completed = assessment.outcome == "completed"
            rows.append(
                {
                    "assessment_id": assessment.assessment_id,
                    "patient_id": known.patient_id,
                    "child_id": known.child_id,
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
    return rows


def dental_checks(world: World, night: dt.date) -> list[Row]:
    since = care_known_from(night, world.scenario.returns)
    return [
        {
            "patient_id": known.patient_id,
            "checked_on": check.on,
            "child_id": known.child_id,
            "outcome": check.outcome,
        }
        for case, known in _patients(world, night)
        for check in case.dental_checks
        if since <= check.on <= night
    ]


def immunisations(world: World, night: dt.date) -> list[Row]:
    since = care_known_from(night, world.scenario.returns)
    return [
        {
            "patient_id": known.patient_id,
            "assessed_on": looked_at.on,
            "child_id": known.child_id,
            "up_to_date": yes_no(looked_at.is_up_to_date),
        }
        for case, known in _patients(world, night)
        for looked_at in case.immunisations
        if since <= looked_at.on <= night
    ]


def sdq(world: World, night: dt.date) -> list[Row]:
    since = care_known_from(night, world.scenario.returns)
    return [
        {
            "patient_id": known.patient_id,
            "completed_on": each.on,
            "child_id": known.child_id,
            "score": each.score,
            "reason_not_completed": each.reason,
        }
        for case, known in _patients(world, night)
        for each in case.questionnaires
        if since <= each.on <= night
    ]


TABLES: dict[str, Build] = {
    "patients": patients,
    "health_assessments": health_assessments,
    "dental_checks": dental_checks,
    "immunisations": immunisations,
    "sdq": sdq,
}
