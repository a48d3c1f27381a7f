"""Run one Great Expectations suite where the data is (DuckDB, by SQL) and return a verdict.

No value of a row ever leaves here: results are asked for as counts. An expectation that could not be evaluated
is neither a pass nor a fail: it raises `GateError`, which blocks.

docs/adr/0002-great-expectations-engine.md has the reasons and the measurements.
"""

from __future__ import annotations

import itertools
import logging
import os
import warnings
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from childrens_warehouse.errors import GateError

if TYPE_CHECKING:
    import duckdb
    from great_expectations import ExpectationSuite
    from great_expectations.core import ExpectationSuiteValidationResult, ExpectationValidationResult
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

# Counts and nothing else: the default format puts offending values into results and so into logs.
RESULT_FORMAT = {"result_format": "BASIC", "partial_unexpected_count": 0}

_view_numbers = itertools.count(1)


class Verdict(StrEnum):
    """PASS: nothing to say. WARN: something is odd, go on. FAIL: stop."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True)
class RuleResult:
    """What one expectation found, in counts."""

    rule: str
    expectation: str
    column: str | None
    severity: str
    success: bool
    unexpected_count: int | None
    element_count: int | None


@dataclass(frozen=True)
class Judgement:
    """What one suite says of one relation."""

    suite: str
    verdict: Verdict
    results: tuple[RuleResult, ...]

    @property
    def evaluated(self) -> int:
        return len(self.results)

    @property
    def failed(self) -> tuple[RuleResult, ...]:
        return tuple(result for result in self.results if not result.success)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def rule(code: str) -> dict[str, str]:
    """The `meta` of an expectation: its stable rule code, explained in `expectations/rules.csv`."""
    return {"rule": code}


def judge(connection: duckdb.DuckDBPyConnection, suite: ExpectationSuite, query: str) -> Judgement:
    """Evaluate `suite` on the rows that `query` returns on `connection`.

    The connection may be read-only. Raises GateError when anything could not be evaluated.
    """
    if not suite.expectations:
        raise GateError(f"The suite {suite.name} is empty: it would pass anything.")
    gx = _great_expectations()
    cursor = connection.cursor()
    view = f"judged_{next(_view_numbers)}"
    cursor.execute(f"create or replace temp view {view} as {query}")
    try:
        result = _validate(gx, cursor, view, suite)
    except GateError:
        raise
    except Exception as error:
        raise GateError(f"{suite.name}: could not be judged ({type(error).__name__}).") from None
    finally:
        cursor.close()  # and with it the temporary view
    return _read(suite, result)


def warm_up() -> None:
    """Import what the first judgement would import: seconds that a benchmark must not count."""
    _great_expectations()


def _great_expectations() -> Any:
    """Import Great Expectations on first use (seconds), quiet, sending nothing, and able to talk to DuckDB."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    warnings.filterwarnings("ignore", module="great_expectations")
    import great_expectations as gx
    from great_expectations.execution_engine import sqlalchemy_execution_engine as engine

    for name in ("great_expectations", "alembic"):
        logging.getLogger(name).setLevel(logging.ERROR)
    if not any(str(dialect) == "duckdb" for dialect in engine._PERSISTED_CONNECTION_DIALECTS):
        # Without this Great Expectations closes a DuckDB connection before it has fetched the answer.
        engine._PERSISTED_CONNECTION_DIALECTS = (  # type: ignore[assignment]
            *engine._PERSISTED_CONNECTION_DIALECTS,
            _Dialect("duckdb"),
        )
    return gx


class _Dialect(str):
    """A dialect name that compares as text and, like the enumeration beside it, has a value."""

    @property
    def value(self) -> str:
        return str(self)


def _validate(
    gx: Any, cursor: duckdb.DuckDBPyConnection, view: str, suite: ExpectationSuite
) -> ExpectationSuiteValidationResult:
    from duckdb_engine import ConnectionWrapper

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    source = context.data_sources.add_sql(
        "duckdb",
        connection_string="duckdb:///:memory:",
        create_temp_table=False,
        kwargs={"creator": lambda: ConnectionWrapper(cursor)},
    )
    batch = source.add_table_asset(view, table_name=view).add_batch_definition_whole_table("whole")
    definition = context.validation_definitions.add(
        gx.ValidationDefinition(name=view, data=batch, suite=context.suites.add(suite))
    )
    try:
        return definition.run(result_format=RESULT_FORMAT)
    finally:
        # Left open, the connection would be rolled back by the garbage collector, at any moment and in any code.
        execution_engine = source.get_execution_engine()
        if execution_engine._connection is not None:
            execution_engine._connection.close()
        execution_engine.close()
        source.get_engine().dispose()


def _read(suite: ExpectationSuite, result: ExpectationSuiteValidationResult) -> Judgement:
    not_judged = [_rule_of(each) for each in result.results if _raised(each.exception_info)]
    if not_judged or len(result.results) != len(suite.expectations):
        missing = ", ".join(sorted(set(not_judged))) or "some expectations"
        raise GateError(f"{suite.name}: could not judge {missing}.")
    results = tuple(_rule_result(each) for each in result.results)
    broken = {each.severity for each in results if not each.success}
    verdict = Verdict.FAIL if "critical" in broken else Verdict.WARN if broken else Verdict.PASS
    return Judgement(suite.name, verdict, results)


def _rule_result(each: ExpectationValidationResult) -> RuleResult:
    configuration = _configuration(each)
    return RuleResult(
        rule=_rule_of(each),
        expectation=configuration.type,
        column=configuration.kwargs.get("column"),
        severity=str(getattr(configuration.severity, "value", configuration.severity) or "critical"),
        success=bool(each.success),
        unexpected_count=each.result.get("unexpected_count"),
        element_count=each.result.get("element_count"),
    )


def _rule_of(each: ExpectationValidationResult) -> str:
    configuration = _configuration(each)
    return (configuration.meta or {}).get("rule", configuration.type)


def _configuration(each: ExpectationValidationResult) -> ExpectationConfiguration:
    if each.expectation_config is None:
        raise GateError("Great Expectations returned a result that does not say of which expectation.")
    return each.expectation_config


def _raised(exception_info: dict[str, Any] | None) -> bool:
    """Great Expectations reports an exception either flat or per metric."""
    if not exception_info:
        return False
    if "raised_exception" in exception_info:
        return bool(exception_info["raised_exception"])
    return any(detail.get("raised_exception") for detail in exception_info.values())
