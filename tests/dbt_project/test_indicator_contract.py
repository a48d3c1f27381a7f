"""An entry of an indicator says what it must, and nothing that nobody reads (docs/adr/0011-indicators.md)."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from childrens_warehouse.build import dbt
from tests.dbt_project.conftest import Built

pytestmark = pytest.mark.slow

NO_KEY = object()

# What is changed in a good entry, and what is said of it.
CASES: tuple[tuple[dict[str, Any], str], ...] = (
    ({}, ""),
    ({"valid_from": "2016-04-01", "valid_to": "2017-03-31", "references": ["PI 16"], "reading": "Ours."}, ""),
    ({"counted": "by_event", "periods": ["month", "quarter", "rolling_12_months"], "counts": "subjects"}, ""),
    ({"unit": "per_10k", "denominator": "children_0_17", "interval": "byar"}, ""),
    ({"clock": NO_KEY}, "has no clock in config.meta of its YAML entry"),
    ({"colour": "blue"}, "says colour, which nobody reads"),
    ({"definition_owner": "national"}, "definition_owner must be one of"),
    ({"cadence": "weekly"}, "cadence must be one of"),
    ({"subject": "carer"}, "subject must be one of"),
    ({"interval": "exact"}, "interval must be one of"),
    ({"periods": ["snapshot", "year_to_date"]}, "counted on a day has exactly one period"),
    ({"periods": ["week"]}, "periods must be among"),
    ({"counted": "by_event", "periods": ["snapshot"]}, "periods must be among"),
    ({"counted": "by_event", "periods": []}, "needs a period and a dataset"),
    ({"counts": "subjects"}, "counts is for what is counted by_event"),
    ({"unit": "per_10k"}, "denominator names the population of a rate"),
    ({"denominator": "children_0_17"}, "denominator names the population of a rate"),
)


def test_each_offence_against_the_contract_is_named(empty_build: Built, tmp_path: Path):
    folder = dbt.DBT_PROJECT / "models" / "indicators"
    (path,) = folder.rglob("ind_cla_count.yml")
    good = yaml.safe_load(path.read_text(encoding="utf-8"))["models"][0]["config"]["meta"]
    entries = [{key: value for key, value in {**good, **change}.items() if value is not NO_KEY} for change, _ in CASES]
    inline = "\n".join(f"{n}: {{{{ indicator_offence({json.dumps(entry)}) }}}}." for n, entry in enumerate(entries))
    # A folder of its own: what the build wrote about itself is for other tests.
    shutil.copy(empty_build.target / "partial_parse.msgpack", tmp_path)
    finished = dbt.run(["compile", "--quiet", "--inline", inline], empty_build.candidate, tmp_path)
    said = dict(line.split(": ", 1) for line in finished.stdout.splitlines() if line[:1].isdigit())
    assert len(said) == len(CASES), finished.stdout
    for number, (change, offence) in enumerate(CASES):
        assert said[str(number)].startswith(offence) and bool(offence) == (said[str(number)] != "."), change
