"""Every dataset has its suite, and the suite finds what the row rules find."""

from __future__ import annotations

import csv
import datetime as dt
import re

import duckdb
import pytest

from childrens_warehouse.datasets import ALL, BY_NAME
from childrens_warehouse.landing import rows
from childrens_warehouse.landing.formats import csv_file
from childrens_warehouse.quality.judge import Verdict, judge
from childrens_warehouse.settings import PROJECT
from expectations.arrivals import Arrival, suite_for


@pytest.mark.parametrize("dataset", ALL, ids=lambda dataset: dataset.name)
def test_every_dataset_has_a_suite_with_documented_rules(dataset):
    suite = suite_for(Arrival(dataset, dt.date(2017, 5, 31), 10, 0, 10))
    with (PROJECT / "expectations" / "rules.csv").open(newline="") as handle:
        documented = {row["rule"] for row in csv.DictReader(handle)}
    assert {expectation.meta["rule"] for expectation in suite.expectations} <= documented
    assert len(suite.expectations) >= 5


def test_every_rule_code_in_the_code_is_documented():
    with (PROJECT / "expectations" / "rules.csv").open(newline="") as handle:
        documented = {row["rule"] for row in csv.DictReader(handle)}
    used: set[str] = set()
    for path in (PROJECT / "childrens_warehouse" / "landing").rglob("*.py"):
        used |= set(
            re.findall(r'"((?:FILE|MANIFEST|ROWS?|CELL|KEY|CODE|SPELL|COVERAGE|UPN|NHS)-[A-Z-]+)"', path.read_text())
        )
    assert len(used) > 20 and used <= documented


def test_the_suite_counts_what_the_row_rules_refuse(tmp_path):
    dataset = BY_NAME["enrolments"]
    lines = ["upn,school_urn,start_date,end_date,status,year_group,leaving_reason"]
    lines += [f"A{n:012},100001,2016-09-01,,C,7," for n in range(95)]
    lines += ["B1,100001,2016-09-01,2016-08-01,C,7,"] * 2  # over before it began
    lines += ["B2,100001,2016-09-01,,Z,7,", ",100001,2016-09-01,,C,7,", "B3,100001,2016-02-30,,C,7,"]
    path = tmp_path / "enrolments.csv"
    path.write_text("\n".join(lines) + "\n")
    connection = duckdb.connect()
    text = csv_file.read(connection, path, dataset, 2018, tmp_path, "utf-8")
    rows.create_judged(connection, dataset, text, rows.period(dataset, "full", dt.date(2017, 5, 31)), tmp_path)
    refused = rows.refusals(connection, dataset, text, hash).rows
    judgement = judge(
        connection, suite_for(Arrival(dataset, dt.date(2017, 5, 31), 100, 0, 100)), "select * from judged"
    )
    found = {result.rule: result.unexpected_count for result in judgement.failed}
    assert judgement.verdict is Verdict.WARN  # five in a hundred is the ceiling, not above it
    assert len(refused) == found["ROWS-REFUSED"] == 5
    assert found["SPELL-REVERSED"] == 2
    assert found["CODE-UNKNOWN"] == 1  # one code, in however many rows
