"""A field corrected until its source does: what raw says, for how long, and what is no field to be corrected."""

from __future__ import annotations

import datetime as dt

import duckdb
import pytest
from typer.testing import CliRunner

from childrens_warehouse.cli import app
from childrens_warehouse.decisions import rectifications, restrictions
from childrens_warehouse.decisions.restrictions import Restriction, Verdict
from childrens_warehouse.landing import pseudonyms
from childrens_warehouse.privacy import finding
from childrens_warehouse.privacy.rotation import rotate
from childrens_warehouse.raw.acceptance import accepted
from childrens_warehouse.raw.in_force import create_raw_schema, in_force
from tests.privacy.conftest import HEADER, OLD, UPNS, YOUNG

WHY = ("--by", "J. Smith", "--reason", "Asked for", "--evidence", "Letter of 3 July", "--authority", "310")


def file_of(keeper, dataset: str) -> str:
    return max((each for each in accepted(keeper.home) if each.dataset == dataset), key=lambda each: each.order).file_id


def correct(keeper, dataset: str, row: int, column: str, value: str) -> str:
    done = CliRunner().invoke(app, ["rectify", "add", file_of(keeper, dataset), str(row), column, value, *WHY])
    return done.output + str(done.exception or "")


def said(keeper, dataset: str, columns: str) -> list[tuple]:
    force = in_force(keeper.settings)
    with duckdb.connect() as connection:
        months = [(each.authority, each.month) for each in force.partitions]
        create_raw_schema(connection, keeper.settings, force, months, with_children=False)
        return connection.execute(f"select {columns}, _marks from raw.{dataset} order by _source_row").fetchall()


def states(keeper) -> str:
    return CliRunner().invoke(app, ["rectify", "list"]).output


def deliver(keeper, day: str, ethnic: str) -> None:
    header = HEADER + f"{OLD},1,17/06/1940,WBRI,{UPNS[0]},,\n{YOUNG},2,18/06/2005,{ethnic},,,\n"
    keeper.deliver("social_care", day, {"header.csv": header})
    keeper.land("social_care", day)


def test_it_holds_while_the_source_says_what_is_wrong_and_is_overtaken_when_it_says_else(keeper):
    before = in_force(keeper.settings).fingerprint
    assert "Written down" in correct(keeper, "ssda903_header", 3, "ETHNIC", "MWBC")
    assert said(keeper, "ssda903_header", "ethnic") == [("WBRI", None), ("MWBC", "RECTIFIED")]
    corrected = in_force(keeper.settings).fingerprint
    assert corrected != before and "in force, row 3 of header.csv" in states(keeper)
    deliver(keeper, "2017-06-02", "WBRI ")  # the same mistake in another file
    assert said(keeper, "ssda903_header", "ethnic")[1] == ("MWBC", "RECTIFIED")
    deliver(keeper, "2017-06-03", "MWBC")
    assert said(keeper, "ssda903_header", "ethnic")[1] == ("MWBC", None)
    assert "overtaken: the source says so now" in states(keeper)
    deliver(keeper, "2017-06-04", "AOTH")
    assert said(keeper, "ssda903_header", "ethnic")[1] == ("AOTH", None)
    assert "something else now, look at it" in states(keeper)


def test_taken_back_the_source_counts_again(keeper):
    before = in_force(keeper.settings).fingerprint
    correct(keeper, "ssda903_header", 3, "ethnic", "MWBC")
    file = file_of(keeper, "ssda903_header")
    done = CliRunner().invoke(app, ["rectify", "remove", file, "3", "ethnic", *WHY[:4], *WHY[6:]])
    assert done.exit_code == 0, done.output
    assert in_force(keeper.settings).fingerprint == before and "No field is corrected" in states(keeper)


def test_dates_and_blanks_keep_their_type(keeper):
    correct(keeper, "ssda903_episodes", 2, "dec", "1956-03-03")
    correct(keeper, "ssda903_episodes", 2, "rec", "")
    assert said(keeper, "ssda903_episodes", "dec, rec")[0] == (dt.date(1956, 3, 3), None, "RECTIFIED")


def test_the_past_is_as_it_was_known(keeper):
    earlier = dt.datetime.now(dt.UTC)
    correct(keeper, "ssda903_header", 3, "ethnic", "MWBC")
    assert not in_force(keeper.settings, earlier).rectifications and in_force(keeper.settings).rectifications


@pytest.mark.parametrize(
    ("column", "value", "says"),
    [
        ("CHILD", "9", "says which record it is or whose"),
        ("upn", "A1", "says which record it is or whose"),
        ("surname", "Else", "has no column surname in raw"),
        ("ethnic", "XXXX", "none of them"),
        ("dob", "soon", "no date"),
        ("ethnic", "WBRI", "says so already"),
    ],
)
def test_what_is_no_field_or_no_value_is_refused_without_repeating_it(keeper, column, value, says):
    found = correct(keeper, "ssda903_header", 3, column, value)
    assert says in found and not rectifications.on_file(keeper.home)
    assert value in ("9", "A1", "WBRI") or f" {value} " not in found


def test_a_register_changes_its_month_alone(keeper):
    marks = "upn,school_urn,date,session,supplier,mark\n" + f"{UPNS[0]},100001,2017-06-01,AM,sims,/\n"
    keeper.deliver("education", "2017-06-02", {"attendance.csv": marks})
    keeper.land("education", "2017-06-02")
    before = {each.month: each.fingerprint for each in in_force(keeper.settings).partitions}
    correct(keeper, "attendance", 2, "mark", "N")
    after = {each.month: each.fingerprint for each in in_force(keeper.settings).partitions}
    assert {month for month in after if after[month] != before[month]} == {dt.date(2017, 6, 1)}
    assert [row for row in said(keeper, "attendance", "mark") if row[1]] == [("N", "RECTIFIED")]


def test_it_survives_a_new_key(keeper, monkeypatch):
    correct(keeper, "ssda903_header", 3, "ethnic", "MWBC")
    new = "another key, as long as one must be"
    rotate(keeper.settings, pseudonyms.of_text(new, "test"), "rotate")
    monkeypatch.setenv("WAREHOUSE_PSEUDONYM_KEY", new)
    assert said(keeper, "ssda903_header", "ethnic") == [("WBRI", None), ("MWBC", "RECTIFIED")]


def test_a_restriction_is_an_input_of_every_build_and_of_the_months_of_its_authority(keeper):
    settings = keeper.settings
    before = in_force(settings)
    child = finding.find(settings, "310", f"upn:{UPNS[0]}").first
    restrictions.append(keeper.home, Restriction(Verdict.RESTRICTED, child, "A", "B", dt.datetime.now(dt.UTC)))
    after = in_force(settings)
    assert after.fingerprint != before.fingerprint
    assert after.partitions[0].fingerprint != before.partitions[0].fingerprint
    # Also of a build as known before it was decided: who may not be shown now may not be shown so either.
    assert in_force(settings, dt.datetime(2017, 7, 1, tzinfo=dt.UTC)).restrictions
    restrictions.append(keeper.home, Restriction(Verdict.LIFTED, child, "A", "B", dt.datetime.now(dt.UTC)))
    assert in_force(settings).fingerprint == before.fingerprint
