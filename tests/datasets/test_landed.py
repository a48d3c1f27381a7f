"""Files of our own formats, landed: what raw keeps of a row, and what only the restricted store has."""

from __future__ import annotations

import csv
import datetime as dt
import os
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from childrens_warehouse.datasets import ALL

SAMPLES = Path(os.environ.get("WAREHOUSE_SSDA903_SAMPLES") or "nowhere")
DAY = "2017-05-31"
PERSONS = (
    "child_id,nhs_number,upn,former_upn,forename,surname,previous_surname,date_of_birth,expected_date_of_birth,"
    "date_of_death,sex,ethnicity,disability,home_postcode,home_postcode_from,unaccompanied,adopted_identity,restricted\n"
    "C77,9434765919,H801200001001,,Zebedee,Quillfeather,Oldname,2005-06-17,,2017-05-30,1,wbri,LD; aut,HA1 1AA,"
    "2016-02-29,N,N,Y\n"
)
ALLOCATIONS = (
    "child_id,role,worker_id,start_date,end_date,team\n"
    "C77,social_worker,SW90210,2016-02-01,,Team one\n"
    "C78,iro,SW90210,2016-02-01,2016-03-01,Team one\n"
)
INTERVIEWS = (
    "child_id,missing_start,returned_at,offered,accepted,interviewed_at\n"
    "C77,2017-02-01,2017-02-02T23:10,Y,Y,2017-02-04T15:00:30\n"
)
PEPS = (
    "pep_id,child_id,upn,school_year,term,meeting_on,completed_on,quality,child_views,pupil_premium_planned\n"
    "P1,C77,H801200001001,2016,spring,2017-02-01,,green,Y,850.5\n"
)


def landed(supplier, source: str, file: str, content: str, dataset: str, columns: str):
    """The rows raw has of one delivered file."""
    supplier.deliver(source, DAY, {file: content})
    outcome = supplier.land(source, DAY)[file]
    assert (outcome.status, outcome.rows_refused, outcome.marks) == ("accepted", 0, {})
    raw = supplier.home.raw / dataset
    return duckdb.execute(f"select {columns} from read_parquet('{raw}/**/*.parquet') order by all").fetchall()


def test_a_person_is_in_raw_without_what_names_it(supplier):
    [row] = landed(
        supplier, "social_care", "persons.csv", PERSONS, "persons",
        "birth_month, death_month, expected_birth_month, sex, ethnicity, disability, home_postcode_from, restricted",
    )  # fmt: skip
    june, may = dt.date(2005, 6, 1), dt.date(2017, 5, 1)
    assert row == (june, may, None, "1", "WBRI", "LD;AUT", dt.date(2016, 2, 29), "Y")
    [everything] = duckdb.execute(f"from read_parquet('{supplier.home.raw}/persons/**/*.parquet')").fetchall()
    for secret in ("Zebedee", "Quillfeather", "Oldname", "C77", "9434765919", "H801200001001", "HA1", "2005-06-17"):
        assert secret not in repr(everything) and "datetime.date(2005, 6, 17)" not in repr(everything)


def test_one_worker_of_two_children_has_one_key(supplier):
    rows = landed(
        supplier, "social_care", "allocations.csv", ALLOCATIONS, "allocations", "worker_role, team_name, worker_key"
    )
    assert [row[:2] for row in rows] == [("iro", "Team one"), ("social_worker", "Team one")]
    assert rows[0][2] == rows[1][2] > 0


def test_times_are_kept_to_the_second(supplier):
    rows = landed(
        supplier, "social_care", "return_interviews.csv", INTERVIEWS, "return_interviews", "returned_at, interviewed_at"
    )
    assert rows == [(dt.datetime(2017, 2, 2, 23, 10), dt.datetime(2017, 2, 4, 15, 0, 30))]


def test_amounts_are_decimals(supplier):
    rows = landed(supplier, "education", "peps.csv", PEPS, "peps", "school_year, pupil_premium_planned")
    assert rows == [(2016, Decimal("850.5000"))]


@pytest.mark.skipif(not (SAMPLES / "oc2.csv").exists(), reason="WAREHOUSE_SSDA903_SAMPLES names no folder")
def test_a_return_made_by_others_is_refused_only_where_its_codes_are_unknown(supplier):
    """It bears REASON_PLACED_CEASED XXX and SW_REASON SWLAZY in every row of two files, on purpose."""
    files = {dataset.file: (SAMPLES / dataset.file).read_bytes() for dataset in ALL if "ssda903" in dataset.name}
    supplier.deliver("social_care", "2018-03-31", files, coverage="collection_year:2018")
    outcomes = supplier.land("social_care", "2018-03-31")
    refused = {name for name, outcome in outcomes.items() if outcome.status != "accepted"}
    assert len(outcomes) == 12 and refused == {"placed_for_adoption.csv", "sw_episodes.csv"}
    with (SAMPLES / "oc3.csv").open(newline="", encoding="utf-8-sig") as handle:
        unknown = [row for row in csv.DictReader(handle) if row["ACCOM"] in ("S1", "X1", "01", "02")]
    assert outcomes["oc3.csv"].refusals == {"CODE-UNKNOWN": len(unknown)}
    with (SAMPLES / "oc2.csv").open(newline="", encoding="utf-8-sig") as handle:
        rows = list(csv.DictReader(handle))
    unfounded = [
        row for row in rows
        if (row["SUBSTANCE_MISUSE"] == "0" and "1" in (row["INTERVENTION_RECEIVED"], row["INTERVENTION_OFFERED"]))
        or row["INTERVENTION_RECEIVED"] == row["INTERVENTION_OFFERED"] == "1"
    ]  # fmt: skip
    assert outcomes["oc2.csv"].marks == {"INTERVENTION-UNFOUNDED": len(unfounded)}
