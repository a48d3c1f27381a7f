"""Every code that a dataset may bear has its group, and the calendars reach as far as the figures."""

from __future__ import annotations

import csv
import datetime as dt
from collections import Counter
from itertools import combinations, pairwise

import pytest
import yaml

from childrens_warehouse.datasets import ALL
from childrens_warehouse.reference import SEEDS, code_list
from childrens_warehouse.settings import PROJECT

DAY = dt.timedelta(days=1)


def seed(name: str) -> list[dict[str, str]]:
    with (SEEDS / f"{name}.csv").open(newline="", encoding="utf-8") as handle:
        return list(csv.DictReader(handle))


def column(name: str, key: str) -> list[str]:
    return [row[key] for row in seed(name)]


LISTS = sorted({column.code_list for dataset in ALL for column in dataset.columns if column.code_list})


@pytest.mark.parametrize("list_name", LISTS)
def test_every_list_a_dataset_names_is_there(list_name: str):
    assert code_list(list_name)


def test_no_list_is_there_that_nobody_names():
    assert set(column("code_list", "list_name")) <= {*LISTS, "DISTANCE_MISSING"}


@pytest.mark.parametrize(
    ("list_name", "grouping", "key", "group"),
    [
        ("PLACE", "placement_type", "placement_type_code", "placement_group"),
        ("LS", "legal_status", "legal_status_code", "legal_status_group"),
        ("ETHNIC", "ethnicity", "ethnicity_code", "ethnic_group"),
        ("REC", "care_end_reason", "end_reason_code", "end_reason_group"),
        ("ACTIV", "care_leaver_activity", "activity_code", "activity_group"),
        ("ATTENDANCE", "attendance_code", "mark", "statistical_group"),
    ],
)
def test_every_code_has_a_group_and_every_group_a_code(list_name: str, grouping: str, key: str, group: str):
    groups = {row[key]: row[group] for row in seed(grouping)}
    assert {code.code for code in code_list(list_name)} == set(groups) - {""}
    assert all(groups.values())


def test_every_kind_of_accommodation_is_known_by_its_letter():
    letters = {code.code[0] for code in code_list("ACCOM")}
    assert letters == {code.code for code in code_list("ACCOMMODATION_TYPE")}


@pytest.mark.parametrize(
    ("dimension", "grouping", "group"),
    [("placement_group", "placement_type", "placement_group"), ("ethnic_group", "ethnicity", "ethnic_group")],
)
def test_every_group_is_shown_by_a_member(dimension: str, grouping: str, group: str):
    shown = {row["source_value"] for row in seed("indicator_member") if row["dimension"] == dimension}
    assert set(column(grouping, group)) <= shown


def test_a_register_mark_counts_one_way_at_a_time():
    marks = seed("attendance_code")
    ways = ("is_present", "is_authorised_absence", "is_unauthorised_absence")
    for row in marks:
        assert [row[way] for way in ways].count("true") == (1 if row["is_possible"] == "true" else 0), row["mark"]
    for one, other in combinations(marks, 2):
        if one["mark"] == other["mark"]:
            assert (one["valid_to"] or "9999") < (other["valid_from"] or "0000") or (
                other["valid_to"] or "9999"
            ) < (one["valid_from"] or "0000"), one["mark"]  # fmt: skip


def test_one_reason_only_does_not_end_care():
    assert [row["end_reason_code"] for row in seed("care_end_reason") if row["is_end_of_care"] == "false"] == ["X1"]


def test_bank_holidays_reach_as_far_as_the_calendar():
    project = yaml.safe_load((PROJECT / "dbt_project" / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]
    first, last = (int(project[name][:4]) for name in ("calendar_first_day", "calendar_last_day"))
    holidays = map(dt.date.fromisoformat, column("bank_holiday", "holiday_on"))
    by_year = Counter(day.year for day in holidays if day.isoweekday() <= 5)
    assert sorted(by_year) == list(range(first, last + 1))
    assert set(by_year.values()) <= {8, 9, 10}, "eight, and what jubilees, weddings and funerals add"


def test_school_terms_say_whose_they_are_and_leave_no_half_term_out():
    terms = seed("school_term")
    authorities = {row["local_authority_code"] for row in seed("local_authority")}
    assert {row["authority_code"] for row in terms} <= authorities | {""}, "blank: the typical English dates"
    typical = [row for row in terms if not row["authority_code"]]
    years = sorted({int(row["school_year"]) for row in typical})
    assert years == list(range(2005, years[-1] + 1)) and years[-1] >= 2028
    half_terms = Counter((int(row["school_year"]), int(row["half_term"])) for row in typical)
    assert half_terms == {(year, number): 1 for year in years for number in range(1, 7)}
    days = [(dt.date.fromisoformat(row["first_day"]), dt.date.fromisoformat(row["last_day"])) for row in typical]
    assert all(first <= last for first, last in days)
    assert all(ended + DAY < began for (_, ended), (began, _) in pairwise(sorted(days)))
