"""The workbook of an inspection's lists: as the reader takes it, the same every time, of the same lives as the rest."""

from __future__ import annotations

import dataclasses
import datetime as dt
import zipfile
from collections import defaultdict
from itertools import pairwise
from pathlib import Path

import pytest
from lxml import etree

from childrens_warehouse.datasets import annex_a
from childrens_warehouse.landing.formats.text_rows import TextRows
from childrens_warehouse.reference import collection_year
from childrens_warehouse.simulate import Scenario, adopters, extracts, simulate, terms, visits, world
from tests.landing.formats.reading import read as read_workbook
from tests.landing.formats.reading import rows as rows_of
from tests.simulate.conftest import Extracts, manifest

Row = dict[str, str]
SMALL = Scenario(night=dt.date(2017, 5, 18), nights=1, children=40, pupils=120, attendance_days=1, dirt=False)


def _list(told: Extracts, dataset: str) -> list[Row]:
    """The rows of a list of the first night."""
    header, *cells = told.cells(dataset, told.scenario.first_night)
    return [dict(zip(header, row, strict=True)) for row in cells]


def _census(told: Extracts) -> dict[tuple[str, str], etree._Element]:
    """Episodes of need by child and day of the referral."""
    path = told.folder("social_care", told.scenario.first_night) / "cin_census.xml"
    return {
        (child.findtext("ChildIdentifiers/LAchildID"), each.findtext("CINreferralDate")): each
        for child in etree.parse(path).iter("Child")
        for each in child.findall("CINdetails")
    }


def _since(told: Extracts) -> str:
    return str(terms.add_months(told.scenario.first_night, -6))


# ---------------------------------------------------------------- the file


def test_the_reader_takes_every_list_as_it_is_declared(told: Extracts, tmp_path: Path) -> None:
    night = told.scenario.first_night
    path = told.folder("social_care", night) / "annex_a.xlsx"
    parts = read_workbook(path, "annex_a.xlsx", collection_year(night), tmp_path)
    assert len(parts) == len(annex_a.DATASETS) == 11
    for dataset in annex_a.DATASETS:
        part = parts[dataset.parts[0].name]
        assert isinstance(part, TextRows) and part.rows and not part.unreadable and not part.notes, dataset.name
        header = told.cells(dataset.name, night)[0]
        assert header == [column.name for column in dataset.columns]
        assert [[value or "" for value in row.values()] for row in rows_of(part)] == told.cells(dataset.name, night)[1:]


def test_keys_are_unique_and_what_is_required_is_there(told: Extracts) -> None:
    for dataset in annex_a.DATASETS:
        rows = _list(told, dataset.name)
        keys = [tuple(row[name] for name in dataset.key) for row in rows]
        assert len(set(keys)) == len(keys), dataset.name
        required = {column.name for column in dataset.columns if column.required} | set(dataset.key)
        assert all(row[name] for row in rows for name in required), dataset.name


def test_nobody_is_told_of_what_is_to_come(told: Extracts) -> None:
    night = str(told.scenario.first_night)
    for dataset in annex_a.DATASETS:
        days = [column.name for column in dataset.columns if column.kind == "date"]
        assert max(row[name] for row in _list(told, dataset.name) for name in days) <= night


def test_the_file_bears_the_time_of_its_night(tmp_path: Path) -> None:
    simulate(tmp_path / "inbox", SMALL)
    folder = tmp_path / "inbox/310/social_care/2017-05-18"
    with zipfile.ZipFile(folder / "annex_a.xlsx") as package:
        assert {member.date_time for member in package.infolist()} == {(2017, 5, 19, 2, 10, 0)}
        said = package.read("docProps/core.xml").decode()
    assert said.count("2017-05-19T02:10:00Z") == 2
    [entry] = [entry for entry in manifest(folder)["files"] if entry["name"] == "annex_a.xlsx"]
    assert entry["coverage"] == "full" and "rows" not in entry


@pytest.mark.parametrize(
    ("asked", "comes"), [("annex_a_10_adoption", True), ("ssda903_header", False)], ids=["one list", "none"]
)
def test_it_comes_whole_when_one_of_its_lists_is_asked_for(asked: str, comes: bool, tmp_path: Path) -> None:
    simulate(tmp_path / "inbox", dataclasses.replace(SMALL, datasets=frozenset({asked})))
    assert (tmp_path / "inbox/310/social_care/2017-05-18/annex_a.xlsx").exists() == comes


def test_who_is_drawn_for_a_later_night_is_in_no_earlier_list() -> None:
    after = dataclasses.replace(SMALL, night=dt.date(2018, 5, 18), nights=366)
    one, other = world.draw(SMALL), world.draw(after)
    assert len(other.in_need) > len(one.in_need)
    assert list(extracts.inspection.tables(one, SMALL.night)) == list(extracts.inspection.tables(other, SMALL.night))


# ---------------------------------------------------------------- contacts, referrals and what followed


def test_every_referral_follows_a_contact_of_its_source(told: Extracts) -> None:
    contacts = _list(told, "annex_a_1_contacts")
    made = {(row["Child Unique ID"], row["Contact Source"], row["Date of Contact"]) for row in contacts}
    referrals = _list(told, "annex_a_3_referrals")
    for row in referrals:
        day = dt.date.fromisoformat(row["Date of Referral"])
        days = [str(day - dt.timedelta(days=number)) for number in range(12)]
        is_told = {(row["Child Unique ID"], row["Referral Source"], each) for each in days} & made
        assert is_told or days[-1] < _since(told)
    referred = {row["Child Unique ID"] for row in referrals}
    share = sum(row["Child Unique ID"] in referred for row in contacts) / len(contacts)
    assert 0.25 < share < 0.75


def test_referrals_are_those_of_the_census(told: Extracts) -> None:
    year = f"{told.scenario.first_night.year - (told.scenario.first_night.month < 4)}-04-01"
    listed = {
        (row["Child Unique ID"], row["Date of Referral"]): (row["Referral Source"], row["Referral NFA?"])
        for row in _list(told, "annex_a_3_referrals")
    }
    census = {
        key: (each.findtext("ReferralSource"), "a) Yes" if each.findtext("ReferralNFA") == "1" else "b) No")
        for key, each in _census(told).items() if key[1] >= _since(told)
    }  # fmt: skip
    assert census and census.items() <= listed.items()
    # What the list has beyond it was closed before the census's year began.
    assert all(day < year for _, day in listed.keys() - census.keys())


@pytest.mark.parametrize(
    ("dataset", "record", "start", "end"),
    [
        ("annex_a_4_assessments", "Assessments", ("Continuous Assessment Start Date", "AssessmentActualStartDate"),
         ("Continuous Assessment Date of Authorisation", "AssessmentAuthorisationDate")),
        ("annex_a_5_section47", "Section47",
         ("Strategy discussion initiating Section 47 Enquiry Start Date", "S47ActualStartDate"),
         ("Date of Initial Child Protection Conference", "DateOfInitialCPC")),
        ("annex_a_6_children_in_need", ".", ("CIN Start Date", "CINreferralDate"),
         ("CIN Closure Date", "CINclosureDate")),
        ("annex_a_7_child_protection", "ChildProtectionPlans", ("Child Protection Plan Start Date", "CPPstartDate"),
         ("Child Protection Plan End Date", "CPPendDate")),
    ],
    ids=["assessments", "enquiries", "children in need", "plans"],
)  # fmt: skip
def test_cases_are_those_of_the_census(
    told: Extracts, dataset: str, record: str, start: tuple[str, str], end: tuple[str, str]
) -> None:
    census = {
        (child, found.findtext(start[1])): found.findtext(end[1]) or ""
        for (child, _), each in _census(told).items()
        for found in ([each] if record == "." else each.findall(record))
    }
    shared = {
        (row["Child Unique ID"], row[start[0]]): row[end[0]]
        for row in _list(told, dataset) if (row["Child Unique ID"], row[start[0]]) in census
    }  # fmt: skip
    assert len(shared) >= 5
    assert shared.items() <= census.items()


def test_early_help_is_given_before_and_after_social_care(told: Extracts) -> None:
    rows = _list(told, "annex_a_2_early_help")
    known = {row["child_id"] for row in told.rows("persons", told.scenario.first_night)}
    assert {row["Child Unique ID"] in known for row in rows} == {True, False}
    assert {bool(row["Assessment completion date"]) for row in rows} == {True, False}


def test_visits_are_held_within_the_plan_and_never_forgotten() -> None:
    since, scenario = dt.date(2017, 1, 10), SMALL
    days = [since + dt.timedelta(days=number) for number in range(200)]
    seen = [visits.latest(scenario, 7, since, day, visits.PROTECTED) for day in days]
    first = next(number for number, each in enumerate(seen) if each)
    assert all(each and since <= each.on <= day for each, day in zip(seen[first:], days[first:], strict=True))
    told = [each.on for each in seen if each]
    assert all(before <= after for before, after in pairwise(told)) and len(set(told)) > 8


# ---------------------------------------------------------------- care, leavers, adoption


def test_children_looked_after_are_those_with_an_open_episode(told: Extracts) -> None:
    """Under the legal status and in the placement of that episode; short breaks apart."""
    night = told.scenario.first_night
    open_now = {
        row["CHILD"]: (row["LS"], row["PLACE"], row["PL_POST"], row["URN"])
        for row in told.rows("ssda903_episodes", night) if not row["DEC"] and row["LS"] not in ("V3", "V4")
    }  # fmt: skip
    rows = _list(told, "annex_a_8_children_in_care")
    listed = {
        row["Child Unique ID"]: (row["Child's Legal Status"], row["Placement Type"], row["Placement postcode"],
                                 row["URN of Placement"])
        for row in rows if not row["Date Ceased to be Looked After"]
    }  # fmt: skip
    assert listed == open_now
    ended = [row for row in rows if row["Date Ceased to be Looked After"]]
    assert ended and all(row["Reason Ceased to be Looked After"] for row in ended)
    assert min(row["Date Ceased to be Looked After"] for row in ended) >= _since(told)
    for row in rows:
        started = row["Date Started to be Looked After"]
        since = [row["Start date of current legal status"], row["Start Date of Most Recent Placement"]]
        later = [row[name] for name in row if name.startswith("Date of La") and row[name]]
        assert all(started <= day for day in (*since, *later))
        assert int(row["Number of Placements in the Last 12 months"]) >= 1


def test_leavers_were_last_in_contact_when_their_list_says(told: Extracts) -> None:
    latest: dict[str, Row] = {}
    for row in sorted(told.rows("care_leavers", told.scenario.first_night), key=lambda row: row["contact_date"]):
        latest[row["child_id"]] = row
    rows = _list(told, "annex_a_9_care_leavers")
    told_of = [row for row in rows if row["Latest Date of Contact"]]
    assert len(told_of) > 0.8 * len(rows)
    for row in told_of:
        contact = latest[row["Child Unique ID"]]
        assert row["Latest Date of Contact"] == contact["contact_date"]
        assert row["LA in Touch"] == contact["in_touch"] and row["Activity Status"] == contact["activity"]
        assert row["Type of Accommodation"] + row["Suitability of Accommodation"] == contact["accommodation"]


def test_plans_for_adoption_are_those_of_the_return_and_have_their_family(told: Extracts) -> None:
    children = _list(told, "annex_a_10_adoption")
    families: dict[str, list[Row]] = defaultdict(list)
    for row in _list(told, "annex_a_11_adopters"):
        families[row["Family identifier"]].append(row)
    assert {len(each) for each in families.values()} == {1, 2}
    matched = [row for row in children if row["Family identifier"]]
    assert matched == [row for row in children if row["Date of Matching Child and Prospective Adopters"]] != []
    for row in matched:
        for adopter in families[row["Family identifier"]]:
            assert (
                adopter["Date adopter matched with child(ren)"]
                == row["Date of Matching Child and Prospective Adopters"]
            )
            assert adopter["Date of Adoption Order"] == row["Date of Adoption Order"]
    decided = {(row["Child Unique ID"], row["Date of Decision that Child Should be Placed for Adoption"])
               for row in children}  # fmt: skip
    declared = {(row["CHILD"], dt.datetime.strptime(row["DATE_PLACED"], "%d/%m/%Y").date().isoformat())
                for row in told.rows("ssda903_placed_for_adoption", told.scenario.first_night)}  # fmt: skip
    assert declared and len(declared & decided) > 0.9 * len(declared)


def test_adopters_go_their_way_in_order() -> None:
    night = dt.date(2017, 5, 18)
    families = list(adopters.unmatched(dataclasses.replace(SMALL, children=400), night))
    for each in families:
        days = [each.enquired_on, *each.stage_1, *each.stage_2]
        assert days == sorted(days) and each.stage_2[0] < each.applied_on < each.approved_on
        assert each.left_on is None or each.left_on > each.enquired_on
    left = sum(each.left_on is not None for each in families) / len(families)
    assert 0.1 < left < 0.45
    assert len({adopter.adopter_id for each in families for adopter in each.adopters}) >= len(families)
