"""Every public table of the dbt project has its suite, whose rules are documented, and no suite is for nothing."""

from __future__ import annotations

import csv
import datetime as dt
from functools import cache

import pytest
import yaml
from great_expectations.expectations.metadata_types import FailureSeverity

from childrens_warehouse.publish.tables import PUBLIC_NAME, Column, Table
from childrens_warehouse.settings import PROJECT
from expectations import publication


@cache
def public_models() -> dict[str, Table]:
    """From the models' YAML: what is public by name, with its columns."""
    found = {}
    for path in (PROJECT / "dbt_project" / "models").rglob("*.yml"):
        for model in yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader).get("models") or []:
            if PUBLIC_NAME.fullmatch(model["name"]):
                columns = tuple(
                    Column(column["name"], column.get("data_type", ""), True, None)
                    for column in model.get("columns") or []
                )
                found[model["name"]] = Table(model["name"], columns, (), None)
    return found


def test_every_public_table_has_a_suite_and_every_suite_a_table():
    assert set(publication.tables()) == set(public_models())


@pytest.mark.parametrize("name", publication.tables())
def test_a_suite_can_be_made_speaks_of_real_columns_and_is_documented(name: str):
    table = public_models()[name]
    suite = publication.suite_for(publication.Publication(table, dt.date(2017, 5, 31), ("310",)))
    with (PROJECT / "expectations" / "rules.csv").open(newline="") as handle:
        documented = {row["rule"] for row in csv.DictReader(handle)}
    assert suite.expectations
    columns = {column.name for column in table.columns}
    for expectation in suite.expectations:
        assert expectation.meta["rule"] in documented
        for argument in ("column", "column_A", "column_B"):
            named = getattr(expectation, argument, None)
            assert named is None or named in columns, (table.name, named)


def test_no_critical_rule_allows_a_share_so_that_what_passes_together_passes_for_each_authority():
    """The gate looks at authorities one by one only where all together do not pass (build/members.py)."""
    lenient = [
        (name, expectation.meta["rule"])
        for name, table in public_models().items()
        for expectation in publication.suite_for(
            publication.Publication(table, dt.date(2017, 5, 31), ("310",))
        ).expectations
        if getattr(expectation, "mostly", 1.0) != 1.0 and expectation.severity == FailureSeverity.CRITICAL
    ]
    assert lenient == []
