"""Returns of many years lie side by side, each judged by the format and the code lists of the year it speaks of."""

from __future__ import annotations

import random

import duckdb
import pytest

from childrens_warehouse.raw.in_force import create_raw_schema, in_force

EPISODES = "CHILD,DECOM,RNE,LS,CIN,PLACE,PLACE_PROVIDER,DEC,REC,REASON_PLACE_CHANGE,HOME_POST,PL_POST,URN\n"
HEADER = "CHILD,SEX,DOB,ETHNIC,UPN,MOTHER,MC_DOB\n"
WORKERS = "CHILD,DOB,SW_ID,SW_DECOM,SW_DEC,SW_REASON\n"
DOLO = "CHILD,DOB,DOLO_START,DOLO_END\n"
# year -> (sex, placement) as that year's format has them
FORMATS = {2017: ("1", "H5"), 2018: ("2", "P2"), 2024: ("1", "K3"), 2025: ("F", "K3"), 2027: ("M", "Z12")}


def deliver(supplier, year: int, sex: str, place: str) -> None:
    files = {
        "header.csv": HEADER + f"1,{sex},05/06/2010,WBRI,UN3,,\n",
        "episodes.csv": EPISODES + f"1,01/12/{year - 1},S,C2,N1,{place},PR4,,,,,,\n",
    }
    if year >= 2024:
        files["sw_episodes.csv"] = WORKERS + f"1,05/06/2010,SW1234,01/12/{year - 1},,FCONTA\n"
    if year >= 2027:
        files["DoLo.csv"] = DOLO + f"1,05/06/2010,01/12/{year - 1},\n"
    # No supplier's stamp lies in the future, a return's year may.
    stamp = "2026-06-01T02:10:00Z" if year > 2026 else None
    supplier.deliver("social_care", f"{year}-03-31", files, generated_at=stamp)


def raw(supplier, query: str) -> list[tuple[object, ...]]:
    connection = duckdb.connect()
    create_raw_schema(connection, supplier.settings, in_force(supplier.settings), [])
    return connection.execute(query).fetchall()


def test_returns_of_five_formats_stand_side_by_side_in_whatever_order_they_come(supplier):
    years = list(FORMATS)
    random.Random(3).shuffle(years)
    for year in years:
        deliver(supplier, year, *FORMATS[year])
    outcomes = supplier.land("social_care", "2027-03-31")
    assert {outcome.status for outcome in outcomes.values()} == {"accepted"}
    by_year = "select _collection_year, sex, _marks from raw.ssda903_header order by all"
    assert raw(supplier, by_year) == [(year, sex, None) for year, (sex, _) in FORMATS.items()]
    places = "select _collection_year, place, _marks from raw.ssda903_episodes order by all"
    assert raw(supplier, places) == [(year, place, None) for year, (_, place) in FORMATS.items()]
    assert raw(supplier, "select distinct _collection_year from raw.ssda903_sw_episodes order by all") == [
        (2024,), (2025,), (2027,),
    ]  # fmt: skip
    assert raw(supplier, "select _collection_year from raw.ssda903_dolo") == [(2027,)]


@pytest.mark.parametrize(
    ("year", "sex", "place", "marks"),
    [
        (2017, "F", "K3", {"CODE-NOT-YET-VALID"}),
        (2018, "1", "Z11", {"CODE-NOT-YET-VALID"}),
        (2025, "1", "H5", {"CODE-WITHDRAWN"}),
        (2027, "M", "Z1", {"CODE-WITHDRAWN"}),
    ],
)
def test_a_code_of_another_years_format_is_accepted_and_marked(supplier, year, sex, place, marks):
    deliver(supplier, year, sex, place)
    supplier.land("social_care", f"{year}-03-31")
    found = raw(supplier, "select _marks from raw.ssda903_header union all select _marks from raw.ssda903_episodes")
    assert {mark for (each,) in found for mark in (each or "").split()} == marks


def test_a_file_that_the_format_of_its_year_does_not_have_is_read_and_said(supplier):
    supplier.deliver(
        "social_care", "2018-03-31", {"sw_episodes.csv": WORKERS + "1,05/06/2010,SW1234,01/12/2017,,FCONTA\n"}
    )
    outcome = supplier.land("social_care", "2018-03-31")["sw_episodes.csv"]
    assert (outcome.status, outcome.rows_loaded) == ("accepted", 1)
    assert "the format of 2018 has no such list" in outcome.notes
