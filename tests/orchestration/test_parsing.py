"""What reading the DAG files costs, and that it is the same for one authority and for thirty-three."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from childrens_warehouse.settings import PROJECT, Home

SECONDS = 2.0
SOURCES = ("education", "health", "social_care")


def _parsed(folder: Path, authorities: int) -> dict[str, dict]:
    home = Home(folder / "home").create()
    for number in range(authorities):
        for source in SOURCES:
            for night in ("2017-05-30", "2017-05-31"):
                delivered = home.inbox / str(301 + number) / source / night
                delivered.mkdir(parents=True)
                (delivered / "_manifest.json").write_text("{}")
    program = [sys.executable, str(Path(__file__).with_name("parse_dags.py")), str(PROJECT / "dags")]
    environment = {**os.environ, "AIRFLOW_HOME": str(folder / "airflow"), "WAREHOUSE_HOME": str(home.root)}
    done = subprocess.run(program, env=environment, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def parsed(tmp_path_factory):
    return {number: _parsed(tmp_path_factory.mktemp(f"of-{number}"), number) for number in (1, 33)}


@pytest.mark.parametrize("authorities", [1, 33])
def test_each_file_is_read_in_less_than_two_seconds_of_a_processor(parsed, authorities):
    assert len(parsed[authorities]) == len(list((PROJECT / "dags").glob("*.py")))
    assert [told["errors"] for told in parsed[authorities].values() if told["errors"]] == []
    assert {name: told["seconds"] for name, told in parsed[authorities].items() if told["seconds"] >= SECONDS} == {}


def test_what_is_read_does_not_depend_on_the_number_of_authorities(parsed):
    one, many = (
        {name: (told["dags"], told["tasks"], told["looked_at"]) for name, told in parsed[number].items()}
        for number in (1, 33)
    )
    assert one == many
    # No folder of the inbox is looked at, however many there are: authorities are found when a run begins.
    assert {path for _, _, looked_at in one.values() for path in looked_at} <= {"/home.json"}


def test_thirty_three_take_no_longer_than_one(parsed):
    one, many = (sum(told["seconds"] for told in parsed[number].values()) for number in (1, 33))
    # Half a second of noise over all files, and twice the time, on a machine that does other things beside.
    assert many < 2 * one + 0.5


def test_reading_a_file_loads_nothing_that_lands_or_builds(parsed):
    heavy = {"pandas", "duckdb", "dbt", "great_expectations", "paramiko", "s3fs", "pyarrow", "splink"}
    loaded = {name: heavy & {module.split(".")[0] for module in told["modules"]} for name, told in parsed[33].items()}
    assert {name: found for name, found in loaded.items() if found} == {}
