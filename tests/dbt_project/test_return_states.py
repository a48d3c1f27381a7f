"""What is said of a rule that cannot be judged, and of rows that landing marked or no list knows."""

from __future__ import annotations

import re

import pytest

from childrens_warehouse.build.dbt import DBT_PROJECT
from childrens_warehouse.datasets import ALL
from tests.dbt_project import returns
from tests.dbt_project.returns import Warehouse
from tests.dbt_project.rule_cases import ended, episode, header, leaver, twelve_months

pytestmark = pytest.mark.slow

YEAR = 2018
NIGHT = "2017-12-31"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """310: a first return, in the middle of its year. 311: the same without its header. 312: a whole list."""
    path = tmp_path_factory.mktemp("states") / "candidate.duckdb"
    old = {"ls": "V3", "urn": None, "home_post_key": None, "pl_post_key": None}
    with returns.empty(path, NIGHT) as connection:
        for authority in ("310", "311"):
            returns.write(
                connection, "ssda903_episodes", YEAR, authority=authority, stamp=NIGHT,
                rows=[
                    {"child_key": 1, **ended("2017-06-01", "2017-08-01", reason_place_change="CUSTOD")},
                    {"child_key": 2, **episode("2017-12-15", **old)},
                    {"child_key": 3, **episode("2017-06-01", place="H5", urn=None)},
                    {"child_key": 4, **episode("2017-06-01", place="H5", _marks="CODE-WITHDRAWN UPN-CHECK-LETTER")},
                    {"child_key": 9, **episode("2017-06-01")},
                    {"child_key": 1, **episode("2017-07-15", rne="P")},
                ],
            )  # fmt: skip
        returns.write(
            connection, "ssda903_header", YEAR, stamp=NIGHT,
            rows=[
                {"child_key": child, **header(sex="1", birth_month=birth, pupil_key=child)}
                for child, birth in ((1, "2010-05-01"), (2, "2007-05-01"), (3, "2003-07-01"), (4, "2003-06-01"))
            ],
        )  # fmt: skip
        returns.write(
            connection, "ssda903_oc2", YEAR, [{"child_key": 1, **twelve_months("2010-05-01", sdq_score=41)}], NIGHT
        )
        returns.write(connection, "ssda903_oc3", YEAR, [{"child_key": 3, **leaver("2003-07-01")}], NIGHT)
        returns.write(
            connection, "ssda903_episodes", None, authority="312", stamp=NIGHT,
            rows=[{"child_key": 1, **episode("2017-06-01", dec="2017-06-01")}],
        )  # fmt: skip
        returns.write(connection, "pupils", None, [{"pupil_key": 1}], NIGHT)
        returns.write(
            connection, "enrolments", None, stamp=NIGHT,
            rows=[
                {"pupil_key": 1, "school_urn": 100001, "start_date": "2016-09-01", "status": "C"},
                {"pupil_key": 1, "school_urn": 100002, "start_date": "2017-09-01", "status": "C"},
                {"pupil_key": 1, "school_urn": 100003, "start_date": "2017-09-01", "status": "S"},
                {"pupil_key": 2, "school_urn": 100001, "start_date": "2017-09-01", "status": "C"},
            ],
        )  # fmt: skip
    return returns.build(path)


def state(built: Warehouse, rule: str, authority: str = "310") -> tuple:
    (told,) = built.query(
        "select state, reason_not_judged, rows_judged, rows_undecided, rows_found from marts.fct_data_quality_rule "
        f"where authority_code = '{authority}' and rule_code = '{rule}' and collection_year = {YEAR}"
    )
    return told


def rows(built: Warehouse, rule: str, authority: str = "310") -> list[tuple]:
    return built.query(
        "select dataset, source_row from marts.fct_data_quality_finding "
        f"where authority_code = '{authority}' and rule_code = '{rule}' order by all"
    )


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ("SSDA903-411", "derived_here"),
        ("SSDA903-219", "needs_register"),
        ("SSDA903-209", "needs_upn_reason"),
        ("SSDA903-303", "needs_uasc_flag"),
        ("SSDA903-580", "needs_birth_day"),
        ("SSDA903-143", "on_arrival"),
        ("SSDA903-233", "rule_not_in_force"),
        ("SSDA903-570", "file_not_in_force"),
        ("SSDA903-INT08", "file_not_in_force"),
        ("SSDA903-502", "no_return_of_last_year"),
        ("SSDA903-190", "year_not_over"),
    ],
)
def test_a_rule_that_could_not_be_judged_says_why(built: Warehouse, rule: str, reason: str):
    assert state(built, rule) == ("not_judged", reason, None, None, None)
    assert rows(built, rule) == []


def test_a_rule_that_was_judged_counts_its_rows(built: Warehouse):
    assert state(built, "SSDA903-180") == ("failed", None, 1, 0, 1)
    assert state(built, "SSDA903-355") == ("passed", None, 6, 0, 0)


def test_a_row_that_the_day_of_birth_decides_is_not_judged(built: Warehouse):
    """Child 3 turned 14 in the month after the placement began, child 4 in the very month."""
    assert rows(built, "SSDA903-371") == [("ssda903_episodes", 4)]
    assert state(built, "SSDA903-371") == ("failed", None, 5, 1, 1)


def test_codes_are_judged_by_the_list_of_the_year(built: Warehouse):
    assert rows(built, "SSDA903-1009") == [("ssda903_episodes", 2)]
    assert state(built, "SSDA903-101")[0] == "passed"


def test_what_is_open_has_lasted_until_the_night_and_not_until_the_end_of_the_year(built: Warehouse):
    assert rows(built, "SSDA903-365") == []


def test_every_rule_has_a_state_in_every_return(built: Warehouse):
    told = built.query(
        "select authority_code, count(*) from marts.fct_data_quality_rule "
        "where rule_code like 'SSDA903-%' group by all order by all"
    )
    assert told == [("310", 322), ("311", 322)]


def test_a_whole_list_is_no_return(built: Warehouse):
    assert rows(built, "SSDA903-355", "312") == []
    assert rows(built, "CHILD-UNKNOWN", "312") == [("ssda903_episodes", 2)]


def test_a_return_without_its_header_blocks(built: Warehouse):
    blocking = built.query("select authority_code, rule_code from marts.fct_data_quality_rule where is_blocking")
    assert blocking == [("311", "RETURN-WITHOUT-HEADER")]
    assert state(built, "RETURN-WITHOUT-HEADER", "311") == ("failed", None, 6, 0, 6)
    assert state(built, "RETURN-WITHOUT-HEADER") == ("passed", None, 6, 0, 0)
    assert state(built, "SSDA903-INT03", "311")[:2] == ("not_judged", "file_not_in_force")


def test_each_mark_of_a_row_is_a_finding(built: Warehouse):
    for mark in ("CODE-WITHDRAWN", "UPN-CHECK-LETTER"):
        assert rows(built, mark) == [("ssda903_episodes", 5)]
        assert state(built, mark) == ("failed", None, 6, 0, 1)


def test_the_order_of_episodes_is_a_finding(built: Warehouse):
    assert rows(built, "EPISODE-OVERLAP") == [("ssda903_episodes", 2)]


def test_rows_that_no_list_knows_are_findings(built: Warehouse):
    assert rows(built, "CHILD-UNKNOWN") == [("ssda903_episodes", 6)]
    assert rows(built, "PUPIL-UNKNOWN") == [("enrolments", 5)]
    assert rows(built, "ENROLMENT-OVERLAP") == [("enrolments", 3)]


def test_every_dataset_tells_its_marks_and_is_counted():
    """But attendance, of which raw holds only the months that are rebuilt tonight."""
    models = DBT_PROJECT / "models"
    marks = (models / "quality" / "dq_findings_marks.sql").read_text(encoding="utf-8")
    landed = (models / "intermediate" / "warehouse" / "int_rows_landed.sql").read_text(encoding="utf-8")
    declared = {dataset.name for dataset in ALL} - {"attendance"}
    assert set(re.findall(r"^    \('(\w+)', (?:'child_key'|none), ", marks, re.MULTILINE)) == declared
    assert set(re.findall(r"^    '(\w+)',$", landed, re.MULTILINE)) == declared
