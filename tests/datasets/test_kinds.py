"""What becomes of a cell: read as its kind, judged by the list of its day, or its row refused."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from childrens_warehouse.datasets import BY_NAME, Coverage, Dataset, Source
from childrens_warehouse.datasets.declaration import Column, codes, decimal, partial_date, text, timestamp
from childrens_warehouse.landing import rows
from childrens_warehouse.landing.formats import csv_file

NIGHT = dt.date(2018, 3, 31)


def read(dataset: Dataset, content: str, folder: Path, scope: str) -> duckdb.DuckDBPyConnection:
    """A connection whose view `judged` has the rows of a file."""
    path = folder / "delivered.csv"
    path.write_text(content, encoding="utf-8")
    connection = duckdb.connect()
    delivered = csv_file.read(connection, path, dataset, 2018, folder, "utf-8")
    rows.create_judged(connection, dataset, delivered, rows.period(dataset, scope, NIGHT), folder)
    return connection


def judged(dataset: Dataset, content: str, folder: Path, scope: str, columns: str) -> list[tuple[object, ...]]:
    """The asked-for columns of the rows of a file, in its order."""
    return (
        read(dataset, content, folder, scope).execute(f"select {columns} from judged order by _source_row").fetchall()
    )


def made_of(column: Column) -> Dataset:
    return Dataset(
        name="made", source=Source.HEALTH, file="made.csv", title="Made", grain="One row per id.",
        columns=(text("id", "Id.", required=True), column), key=("id",), coverage=Coverage.FULL, owner="Nobody",
    )  # fmt: skip


TIMESTAMP, DECIMAL = timestamp("cell", "At."), decimal("cell", "Much.")
PARTIAL, CODES = partial_date("cell", "Some day."), codes("cell", "Some.", "SEX")
UNREADABLE, UNKNOWN = "CELL-UNREADABLE:cell:", "CODE-UNKNOWN:cell:"


@pytest.mark.parametrize(
    ("column", "cell", "expected"),
    [
        (TIMESTAMP, "2017-05-31T14:30", dt.datetime(2017, 5, 31, 14, 30)),
        (TIMESTAMP, "2017-05-31T14:30:59", dt.datetime(2017, 5, 31, 14, 30, 59)),
        (TIMESTAMP, "", None),
        (TIMESTAMP, "2017-05-31", UNREADABLE),
        (TIMESTAMP, "31/05/2017 14:30", UNREADABLE),
        (TIMESTAMP, "2017-05-31T24:30", UNREADABLE),
        (TIMESTAMP, "0017-05-31T14:30", UNREADABLE),
        (DECIMAL, "1200.50", Decimal("1200.5")),
        (DECIMAL, "-3", Decimal(-3)),
        (DECIMAL, "1e3", UNREADABLE),
        (DECIMAL, '"1,200.50"', UNREADABLE),
        (DECIMAL, "£12", UNREADABLE),
        (PARTIAL, "30/06/2015", "2015-06-30"),
        (PARTIAL, "zz/06/2015", "2015-06"),
        (PARTIAL, "ZZ/ZZ/2015", "2015"),
        (PARTIAL, "05/zz/2015", "2015"),
        (PARTIAL, "ZZ/ZZ/ZZZZ", None),
        (PARTIAL, "", None),
        (PARTIAL, "31/06/2015", UNREADABLE),
        (PARTIAL, "zz/13/2015", UNREADABLE),
        (PARTIAL, "zz/zz/15", UNREADABLE),
        (PARTIAL, "xx/10/2011", UNREADABLE),
        (PARTIAL, "2015-06-30", UNREADABLE),
        (CODES, " m ; 1.0;F;", "M;1;F"),
        (CODES, "F", "F"),
        (CODES, ";", None),
        (CODES, "F;Q", UNKNOWN),
        (CODES, '"F,M"', UNKNOWN),
    ],
)
def test_a_cell_is_read_as_its_kind_or_its_row_is_refused(column, cell, expected, tmp_path):
    [(value, refusal)] = judged(made_of(column), f"id,cell\n1,{cell}\n", tmp_path, "full", "cell, _refusal")
    assert (refusal if refusal else value) == expected


def test_each_code_of_a_cell_is_judged_by_its_own_dates(tmp_path):
    [(oddities,)] = judged(made_of(CODES), "id,cell\n1,1;M\n", tmp_path, "full", "_oddities")
    assert oddities == "CODE-NOT-YET-VALID"  # 1 is in force in March 2018, M is not


@pytest.mark.parametrize(("year", "code", "mark"), [
    (2024, "1", None), (2024, "M", "CODE-NOT-YET-VALID"), (2025, "M", None), (2025, "1", "CODE-WITHDRAWN"),
])  # fmt: skip
def test_sex_is_judged_by_the_collection_year(year, code, mark, tmp_path):
    content = f"CHILD,SEX,DOB,DUC\n1,{code},05/06/2010,\n"
    scope = f"collection_year:{year}"
    assert judged(BY_NAME["ssda903_uasc"], content, tmp_path, scope, "_refusal, _oddities") == [(None, mark)]


@pytest.mark.parametrize(("year", "code", "mark"), [
    (2021, "F3", None), (2022, "F3", "CODE-WITHDRAWN"), (2021, "P5", "CODE-NOT-YET-VALID"), (2022, "P5", None),
])  # fmt: skip
def test_activities_of_care_leavers_are_judged_by_the_collection_year(year, code, mark, tmp_path):
    content = f"CHILD,DOB,IN_TOUCH,ACTIV,ACCOM\n1,05/06/2003,YES,{code},B1\n"
    scope = f"collection_year:{year}"
    assert judged(BY_NAME["ssda903_oc3"], content, tmp_path, scope, "_refusal, _oddities") == [(None, mark)]


@pytest.mark.parametrize("code", ["S1", "X1", "B", "B3", "01"])
def test_accommodation_that_cannot_be_is_refused(code, tmp_path):
    content = f"CHILD,DOB,IN_TOUCH,ACTIV,ACCOM\n1,05/06/2000,YES,F1,{code}\n"
    found = judged(BY_NAME["ssda903_oc3"], content, tmp_path, "collection_year:2018", "_refusal")
    assert found == [("CODE-UNKNOWN:ACCOM:",)]


OC2 = "CHILD,DOB,SDQ_SCORE,SDQ_REASON,CONVICTED,HEALTH_CHECK,IMMUNISATIONS,TEETH_CHECK,HEALTH_ASSESSMENT,"
OC2 += "SUBSTANCE_MISUSE,INTERVENTION_RECEIVED,INTERVENTION_OFFERED\n1,05/06/2005,"
AD1 = "CHILD,DOB,DATE_INT,DATE_MATCH,FOSTER_CARE,NB_ADOPTR,SEX_ADOPTR,LS_ADOPTR\n1,05/06/2015,"
OC3 = "CHILD,DOB,IN_TOUCH,ACTIV,ACCOM\n1,05/06/2000,"
PLACED = "CHILD,DOB,DATE_PLACED,DATE_PLACED_CEASED,REASON_PLACED_CEASED\n1,05/06/2015,"
PERMANENCE = "CHILD,DOB,PREV_PERM,LA_PERM,DATE_PERM\n1,05/06/2005,"
WORKERS = "CHILD,DOB,SW_ID,SW_DECOM,SW_DEC,SW_REASON\n1,05/06/2005,"
MISSING = "CHILD,DOB,MISSING,MIS_START,MIS_END\n1,05/06/2005,"
DOLO = "CHILD,DOB,DOLO_START,DOLO_END\n1,05/06/2005,"
REVIEWS = "CHILD,DOB,REVIEW,REVIEW_CODE\n1,05/06/2005,"


@pytest.mark.parametrize(("dataset", "content", "mark"), [
    ("ssda903_oc2", OC2 + "40,,0,,1,1,1,1,0,1", None),
    ("ssda903_oc2", OC2 + "41,,0,,1,1,1,0,,", "SDQ-SCORE-RANGE"),
    ("ssda903_oc2", OC2 + "-1,,0,,1,1,1,0,,", "SDQ-SCORE-RANGE"),
    ("ssda903_oc2", OC2 + "12,SDQ2,0,,1,1,1,0,,", "SDQ-SCORE-AND-REASON"),
    ("ssda903_oc2", OC2 + ",SDQ2,0,,1,1,1,0,1,", "INTERVENTION-UNFOUNDED"),
    ("ssda903_oc2", OC2 + ",SDQ2,0,,1,1,1,1,1,1", "INTERVENTION-UNFOUNDED"),
    ("ssda903_oc2", OC2 + ",SDQ2,0,,1,1,1,,,1", "INTERVENTION-UNFOUNDED"),
    ("ssda903_oc3", OC3 + "DIED,0,0", None),
    ("ssda903_oc3", OC3 + "NO,0,0", None),
    ("ssda903_oc3", OC3 + "RHOM,F1,0", "LEAVER-AGAINST-CONTACT"),
    ("ssda903_oc3", OC3 + "YES,F1,0", "LEAVER-AGAINST-CONTACT"),
    ("ssda903_ad1", AD1 + "01/02/2016,01/02/2016,1,2,MF,L11", None),
    ("ssda903_ad1", AD1 + "01/02/2016,,0,1,F1,L0", None),
    ("ssda903_ad1", AD1 + "02/02/2016,01/02/2016,1,2,MF,L2", "ADOPTION-DATES"),
    ("ssda903_ad1", AD1 + ",01/02/2016,1,2,FF,L12", "ADOPTION-DATES"),
    ("ssda903_ad1", AD1 + "01/02/2016,01/02/2016,1,1,FF,L12", "ADOPTERS-DISAGREE"),
    ("ssda903_ad1", AD1 + "01/02/2016,01/02/2016,1,2,FF,L0", "ADOPTERS-DISAGREE"),
    ("ssda903_ad1", AD1 + "01/02/2016,01/02/2016,1,2,MM,L11", "ADOPTERS-DISAGREE"),
    ("ssda903_ad1", AD1 + "01/02/2016,01/02/2016,1,2,MF,L4", "ADOPTERS-DISAGREE"),
    ("ssda903_placed_for_adoption", PLACED + "01/02/2016,,", None),
    ("ssda903_placed_for_adoption", PLACED + "01/02/2016,01/03/2016,", "PLACED-END-REASON"),
    ("ssda903_placed_for_adoption", PLACED + "01/02/2015,,", "BEFORE-BIRTH"),
    ("ssda903_previous_permanence", PERMANENCE + "Z1,,ZZ/ZZ/ZZZZ", None),
    ("ssda903_previous_permanence", PERMANENCE + "P1,WAL,zz/06/2012", None),
    ("ssda903_previous_permanence", PERMANENCE + "Z1,,zz/06/2012", "PERMANENCE-CONTRADICTED"),
    ("ssda903_previous_permanence", PERMANENCE + ",310,", "PERMANENCE-CONTRADICTED"),
    ("ssda903_sw_episodes", WORKERS + "sw1234,01/02/2024,,MANAGE", None),
    ("ssda903_sw_episodes", WORKERS + "1234,01/02/2024,,MANAGE", "SOCIAL-WORKER-ID"),
    ("ssda903_sw_episodes", WORKERS + "XX12,01/02/2004,,", "BEFORE-BIRTH"),
    ("ssda903_missing", MISSING + "M,05/06/2005,", None),
    ("ssda903_missing", MISSING + "A,04/06/2005,", "BEFORE-BIRTH"),
    ("ssda903_dolo", DOLO + "04/06/2005,", "BEFORE-BIRTH"),
    ("ssda903_reviews", REVIEWS + "04/06/2005,PN0", "BEFORE-BIRTH"),
])  # fmt: skip
def test_a_row_that_contradicts_itself_is_kept_and_marked(dataset, content, mark, tmp_path):
    found = judged(BY_NAME[dataset], content + "\n", tmp_path, "collection_year:2018", "_refusal, _oddities")
    assert found == [(None, mark)]


PERSONS = "child_id,nhs_number,upn,former_upn,forename,surname,previous_surname,date_of_birth,expected_date_of_birth,"
PERSONS += "date_of_death,sex,ethnicity,disability,home_postcode,home_postcode_from,unaccompanied,adopted_identity,"
PERSONS += "restricted\n1,,,,Ada,Adams,,"
INTERVIEWS = "child_id,missing_start,returned_at,offered,accepted,interviewed_at\n1,2018-02-01,"
LEAVERS = "child_id,contact_date,eligibility,in_touch,activity,accommodation,pathway_plan_reviewed_on\n1,"
ASSESSMENTS = "assessment_id,patient_id,child_id,assessment_type,requested_on,due_on,seen_on,outcome,area,"
ASSESSMENTS += "report_returned_on\nA1,P1,1,IHA,2018-01-10,2018-01-30,"
SDQ = "patient_id,completed_on,child_id,score,reason_not_completed\nP1,2018-02-01,1,"
EXCLUSIONS = "exclusion_id,upn,school_urn,type,start_date,sessions,reason,cancelled_on\nE1,A310270113001,100001,"
PEPS = "pep_id,child_id,upn,school_year,term,meeting_on,completed_on,quality,child_views,pupil_premium_planned\nP1,"


@pytest.mark.parametrize(("dataset", "content", "mark"), [
    ("persons", PERSONS + "2010-06-05,,,1,WBRI,LD;AUT,HA1 1AA,2017-01-01,N,N,N", None),
    ("persons", PERSONS + ",2018-06-05,,,,,,,,,", None),
    ("persons", PERSONS + "2010-06-05,,,M,,,,,,,", "CODE-NOT-YET-VALID"),
    ("persons", PERSONS + ",,,1,WBRI,,,,,,", "BIRTH-DATE-MISSING"),
    ("persons", PERSONS + "2010-06-05,,2010-06-04,1,,,,,,,", "BEFORE-BIRTH"),
    ("persons", PERSONS + "2010-06-05,,,1,,NONE;LD,,,,,", "DISABILITY-CONTRADICTED"),
    ("return_interviews", INTERVIEWS + "2018-02-01T23:10,Y,Y,2018-02-03T15:00", None),
    ("return_interviews", INTERVIEWS + "2018-02-01T23:10,Y,N,", None),
    ("return_interviews", INTERVIEWS + "2018-02-01T23:10,N,Y,", "INTERVIEW-CONTRADICTED"),
    ("return_interviews", INTERVIEWS + "2018-02-01T23:10,Y,N,2018-02-03T15:00", "INTERVIEW-CONTRADICTED"),
    ("return_interviews", INTERVIEWS + "2018-01-31T23:10,Y,,", "INTERVIEW-DATES"),
    ("return_interviews", INTERVIEWS + "2018-02-01T23:10,Y,Y,2018-02-01T15:00", "INTERVIEW-DATES"),
    ("care_leavers", LEAVERS + "2018-03-01,former_relevant,YES,F1,U1,", None),
    ("care_leavers", LEAVERS + "2018-03-01,former_relevant,YES,F5,U1,", "CODE-NOT-YET-VALID"),
    ("care_leavers", LEAVERS + "2021-04-01,former_relevant,YES,F3,U1,", "CODE-WITHDRAWN"),
    ("care_leavers", LEAVERS + "2018-03-01,relevant,DIED,F1,0,", "LEAVER-AGAINST-CONTACT"),
    ("health_assessments", ASSESSMENTS + "2018-01-20,completed,in,2018-01-25", None),
    ("health_assessments", ASSESSMENTS + ",,in,", None),
    ("health_assessments", ASSESSMENTS + ",completed,in,", "ASSESSMENT-CONTRADICTED"),
    ("health_assessments", ASSESSMENTS + "2018-01-20,not_brought,in,", "ASSESSMENT-CONTRADICTED"),
    ("health_assessments", ASSESSMENTS + "2018-01-09,completed,in,", "ASSESSMENT-DATES"),
    ("health_assessments", ASSESSMENTS + "2018-01-20,completed,in,2018-01-19", "ASSESSMENT-DATES"),
    ("sdq", SDQ + "40,", None),
    ("sdq", SDQ + "41,", "SDQ-SCORE-RANGE"),
    ("sdq", SDQ + "12,SDQ2", "SDQ-SCORE-AND-REASON"),
    ("exclusions", EXCLUSIONS + "FIXD,2018-01-10,4,PP,", None),
    ("exclusions", EXCLUSIONS + "SUSP,2018-01-10,4,PP,", "CODE-NOT-YET-VALID"),
    ("exclusions", EXCLUSIONS + "LNCH,2023-01-10,1,PP,", "CODE-WITHDRAWN"),
    ("exclusions", EXCLUSIONS + "PERM,2018-01-10,,PP,2018-02-01", None),
    ("exclusions", EXCLUSIONS + "FIXD,2018-01-10,91,PP,", "SUSPENSION-LENGTH"),
    ("peps", PEPS + "1,,2017,spring,2018-02-01,,green,Y,850.50", None),
    ("peps", PEPS + ",,2017,spring,,,,,", "PEP-UNNAMED"),
    ("peps", PEPS + "1,,2016,spring,2018-02-01,,,,", "PEP-SCHOOL-YEAR"),
    ("peps", PEPS + "1,,2017,summer,2018-08-31,,,,", None),
    ("peps", PEPS + "1,,2017,autumn,2018-09-01,,,,", "PEP-SCHOOL-YEAR"),
])  # fmt: skip
def test_a_row_of_our_own_formats_that_contradicts_itself_is_kept_and_marked(dataset, content, mark, tmp_path):
    assert judged(BY_NAME[dataset], content + "\n", tmp_path, "full", "_refusal, _oddities") == [(None, mark)]


def test_a_child_may_be_away_and_missing_on_one_day(tmp_path):
    content = MISSING + "A,05/06/2017,05/06/2017\n1,05/06/2005,M,05/06/2017,06/06/2017\n"
    dataset = BY_NAME["ssda903_missing"]
    assert rows.create_duplicates(read(dataset, content, tmp_path, "collection_year:2018"), dataset) == 0
