"""A release on the server is the release of the files: whole, keyed, described, loaded once and current in one step."""

from __future__ import annotations

import datetime as dt
from typing import Any

import psycopg
import pytest

from childrens_warehouse.serving import steps
from childrens_warehouse.settings import Settings
from tests.serving.releases import release_of

pytestmark = pytest.mark.slow


def ask(database: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(database) as connection:
        return connection.execute(query).fetchall()


def test_every_table_of_the_release_is_there_with_its_rows(settings: Settings, database: str) -> None:
    release_id = release_of(settings)

    served = steps.load(settings)

    assert (served.release_id, served.is_new, served.reused) == (release_id, True, 0)
    assert ask(database, "select release_id, as_at, known_on, gate_verdict from marts.release") == [
        (release_id, dt.date(2017, 5, 31), None, "pass")
    ]
    assert ask(database, "select release_id from marts_aggregate.release") == [(release_id,)]
    for table, rows in {
        "dim_child": 30, "fct_placement": 30, "fct_review": 30, "fct_attendance_pupil_month": 40, "indicator_value": 6,
        "indicator_subject": 50, "indicator_publication": 6, "indicator_suppression": 2,
    }.items():  # fmt: skip
        assert ask(database, f"select count(*) from marts.{table}") == [(rows,)], table
