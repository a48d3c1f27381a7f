"""The gate really evaluates: each outcome is provoked once."""

from __future__ import annotations

import duckdb
import pytest

from childrens_warehouse.errors import GateError
from childrens_warehouse.quality.judge import Verdict, judge, rule

gx = pytest.importorskip("great_expectations")
import great_expectations.expectations as gxe  # noqa: E402


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("create table visits as select * from (values (1, 'Ada'), (2, 'Bob'), (2, null)) as t(id, who)")
    return connection


def test_clean_is_pass(connection):
    suite = gx.ExpectationSuite("visits", [gxe.ExpectColumnValuesToNotBeNull(column="id", meta=rule("V-1"))])
    judgement = judge(connection, suite, "select * from visits")
    assert judgement.verdict is Verdict.PASS
    assert [(each.rule, each.unexpected_count, each.element_count) for each in judgement.results] == [("V-1", 0, 3)]


def test_a_critical_failure_is_fail_and_names_its_rule(connection):
    suite = gx.ExpectationSuite("visits", [gxe.ExpectColumnValuesToBeUnique(column="id", meta=rule("V-2"))])
    judgement = judge(connection, suite, "select * from visits")
    assert judgement.verdict is Verdict.FAIL
    assert [each.rule for each in judgement.failed] == ["V-2"]
    assert judgement.failed[0].unexpected_count == 2


def test_a_warning_is_warn(connection):
    suite = gx.ExpectationSuite(
        "visits", [gxe.ExpectColumnValuesToNotBeNull(column="who", severity="warning", meta=rule("V-3"))]
    )
    assert judge(connection, suite, "select * from visits").verdict is Verdict.WARN


def test_what_could_not_be_judged_blocks(connection):
    suite = gx.ExpectationSuite("visits", [gxe.ExpectColumnValuesToNotBeNull(column="absent", meta=rule("V-4"))])
    with pytest.raises(GateError, match="V-4"):
        judge(connection, suite, "select * from visits")


def test_an_empty_suite_blocks(connection):
    with pytest.raises(GateError, match="empty"):
        judge(connection, gx.ExpectationSuite("visits"), "select * from visits")


def test_no_value_leaves(connection):
    suite = gx.ExpectationSuite(
        "visits", [gxe.ExpectColumnValuesToBeInSet(column="who", value_set=["Zed"], meta=rule("V-5"))]
    )
    judgement = judge(connection, suite, "select * from visits")
    assert judgement.verdict is Verdict.FAIL
    assert "Ada" not in str(judgement.to_dict()) and "Bob" not in str(judgement.to_dict())


def test_a_read_only_database_can_be_judged(tmp_path):
    path = tmp_path / "some.duckdb"
    with duckdb.connect(str(path)) as writer:
        writer.execute("create table visits as select 1 as id")
    with duckdb.connect(str(path), read_only=True) as reader:
        suite = gx.ExpectationSuite("visits", [gxe.ExpectColumnValuesToNotBeNull(column="id", meta=rule("V-6"))])
        assert judge(reader, suite, "select * from visits").verdict is Verdict.PASS
