"""A year's return made by others, dirty on purpose: most of the national rules find something in it.

WAREHOUSE_SSDA903_SAMPLES names the folder that holds the files of the year to 31 March 2018. They stay where they are.
"""

from __future__ import annotations

import datetime as dt
import json
import os
from pathlib import Path

import duckdb
import pytest

from childrens_warehouse.raw.in_force import create_raw_schema, in_force
from childrens_warehouse.run import land_night
from tests.dbt_project import returns
from tests.dbt_project.returns import Warehouse
from tests.nights.conftest import home_at

FOLDER = Path(os.environ.get("WAREHOUSE_SSDA903_SAMPLES") or "nowhere")
DAY = dt.date(2018, 3, 31)
# Social workers and deprivation of liberty are no part of a return of that year.
FILES = [f"{file}.csv" for file in returns.FILES if file not in ("sw_episodes", "dolo")]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (FOLDER / "oc2.csv").exists(), reason="WAREHOUSE_SSDA903_SAMPLES names no folder"),
]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    settings = home_at(tmp_path_factory.mktemp("sample"))
    folder = settings.home.inbox / "310" / "social_care" / DAY.isoformat()
    folder.mkdir(parents=True)
    for name in FILES:
        # The reason in every row of this file is XXX, for which arrival refuses it whole.
        text = (FOLDER / name).read_text(encoding="utf-8-sig")
        (folder / name).write_text(text.replace("XXX", "RD4") if name == "placed_for_adoption.csv" else text)
    (folder / "_manifest.json").write_text(json.dumps({
        "authority": "310", "source": "social_care", "extract_date": DAY.isoformat(),
        "generated_at": "2018-05-31T12:00:00Z",
        "files": [{"name": name, "coverage": "collection_year:2018"} for name in FILES],
    }))  # fmt: skip
    outcomes = land_night(settings, DAY, "sample")
    assert {outcome.status for outcome in outcomes} == {"accepted"}
    path = tmp_path_factory.mktemp("candidate") / "candidate.duckdb"
    with duckdb.connect(str(path)) as connection:
        create_raw_schema(connection, settings, in_force(settings), [])
    return returns.build(path)


def count(built: Warehouse, state: str) -> int:
    ((found,),) = built.query(
        f"select count(*) from marts.fct_data_quality_rule where state = '{state}' and rule_code like 'SSDA903-%'"
    )
    return found


def test_more_than_a_hundred_rules_find_something(built: Warehouse):
    assert count(built, "failed") > 100
    assert count(built, "passed") > 50


def test_rules_find_as_many_rows_as_were_counted_in_the_files(built: Warehouse):
    """Episodes without an end before another, with half an end, and begun before the one before ended."""
    found = dict(
        built.query("select rule_code, rows_found from marts.fct_data_quality_rule where rule_code like 'SSDA903-%'")
    )
    assert found["SSDA903-142"] == 10
    assert found["SSDA903-148"] == 1_413
    assert found["SSDA903-501"] == 62


def test_nothing_of_it_blocks(built: Warehouse):
    assert built.query("select count(*) from marts.fct_data_quality_rule where is_blocking") == [(0,)]
