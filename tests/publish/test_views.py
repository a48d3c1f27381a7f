"""Views over a release: whom they tell of, and that other engines can make them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import duckdb
import pytest
import sqlglot

from childrens_warehouse.publish import views
from tests.publish import contracts

NIGHT = dt.date(2017, 5, 31)
H = {"authority_code": "310"}
SUBJECT = {**H, "as_at": NIGHT, "period": "snapshot", "in_denominator": 1, "in_numerator": 1}


ROWS: dict[str, list[dict[str, Any]]] = {
    "indicator": [
        {"indicator_id": "of_children", "subject": "looked_after_child", "numerator": "Counted.", "population": "All."},
        {"indicator_id": "of_pupils", "subject": "pupil", "numerator": "Counted.", "population": "All."},
        {"indicator_id": "of_workers", "subject": "worker", "numerator": "Counted.", "population": "All."},
        {"indicator_id": "of_schools", "subject": "school", "numerator": "Counted.", "population": "All."},
    ],
    "indicator_subject": [
        {**SUBJECT, "indicator_id": "of_children", "subject_key": 1, "measure": 3},
        {**SUBJECT, "indicator_id": "of_children", "subject_key": 2, "in_numerator": 0},
        {**SUBJECT, "indicator_id": "of_children", "subject_key": 3, "first_event_on": "2017-05-01",
         "last_event_on": "2017-05-29"},
        {**SUBJECT, "indicator_id": "of_pupils", "subject_key": 101},
        {**SUBJECT, "indicator_id": "of_pupils", "subject_key": 102},
        {**SUBJECT, "indicator_id": "of_workers", "subject_key": 9},
        {**SUBJECT, "indicator_id": "of_schools", "subject_key": 1},
    ],
    # pupil 101 is child 1; child 2's key is also a pupil's, who is somebody else
    "bridge_pupil_child": [
        {**H, "pupil_key": 101, "child_key": 1},
        {**H, "pupil_key": 2, "child_key": 77},
    ],
    "fct_case_holder": [
        {**H, "as_at": NIGHT, "child_key": 1, "worker_key": 10, "team_name": "CLA 2"},
        {**H, "as_at": dt.date(2017, 4, 30), "child_key": 1, "worker_key": 9, "team_name": "CLA 1"},
        {**H, "as_at": NIGHT, "child_key": 2, "worker_key": 11, "team_name": "Leaving Care"},
    ],
    "fct_looked_after_child": [
        {**H, "as_at": NIGHT, "child_key": 1, "period_of_care_started_on": "2015-01-01",
         "placement_started_on": "2016-01-01"},
        {**H, "as_at": dt.date(2017, 4, 30), "child_key": 2, "period_of_care_started_on": "2015-01-01"},
    ],
    "fct_child_on_protection_plan": [{**H, "as_at": NIGHT, "child_key": 3, "plan_started_on": "2017-02-01"}],
}  # fmt: skip


@pytest.fixture(scope="module")
def children() -> dict[tuple[str, int], dict[str, Any]]:
    """The rows of indicator_child, by indicator and child."""
    with duckdb.connect() as connection:
        for table, rows in ROWS.items():
            contracts.create(connection, table, rows)
        connection.execute(f"create view indicator_child as {views.query('indicator_child')}")
        found = connection.execute("select * from indicator_child")
        names = [column[0] for column in found.description]
        rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    assert len(rows) == 5
    return {(row["indicator_id"], row["child_key"]): row for row in rows}


def test_a_child_is_with_who_holds_its_case_on_the_day_if_anybody_does(children: Any) -> None:
    told = {
        key: (row["team_name"], row["worker_key"]) for (which, key), row in children.items() if which == "of_children"
    }
    assert told == {1: ("CLA 2", 10), 2: ("Leaving Care", 11), 3: ("unknown", -1)}


def test_it_says_why_in_words_and_dates(children: Any) -> None:
    one, two, three = (children["of_children", key] for key in (1, 2, 3))
    assert (one["is_counted"], one["rule"], one["measure"]) == (True, "Counted.", 3)
    assert (two["is_counted"], two["rule"]) == (False, "All.")
    assert (one["looked_after_since"], one["placed_since"]) == (dt.date(2015, 1, 1), dt.date(2016, 1, 1))
    assert two["looked_after_since"] is None
    assert three["on_protection_plan_since"] == dt.date(2017, 2, 1)
    assert (three["first_event_on"], three["last_event_on"]) == (dt.date(2017, 5, 1), dt.date(2017, 5, 29))


def test_a_pupil_is_the_child_it_is_joined_to_and_a_worker_none(children: Any) -> None:
    assert {(key, row["pupil_key"]) for (which, key), row in children.items() if which == "of_pupils"} == {
        (1, 101), (-1, 102),
    }  # fmt: skip
    assert {key for which, key in children if which == "of_children"} == {1, 2, 3}


@pytest.mark.parametrize("name", [view["name"] for view in views.described()])
def test_every_column_is_described_and_every_engine_can_make_it(name: str) -> None:
    (told,) = (view for view in views.described() if view["name"] == name)
    with duckdb.connect() as connection:
        for table in views.reads(name):
            contracts.create(connection, table)
        found = connection.execute(f"describe {views.query(name)}").fetchall()
        (read_by_another,) = sqlglot.transpile(views.query(name), read="postgres", write="duckdb")
        assert connection.execute(f"describe {read_by_another}").fetchall() == found
    kinds = {"string": "VARCHAR"}
    assert [(row[0], row[1]) for row in found] == [
        (column["name"], kinds.get(column["data_type"], column["data_type"].upper())) for column in told["columns"]
    ]


def test_a_release_without_the_tables_has_no_view_over_them() -> None:
    assert views.over(["indicator"]) == {}
    assert set(views.over(ROWS)) == {"indicator_child"}
