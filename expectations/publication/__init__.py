"""Publication suites: may this public table of the candidate be published?

One module per public table, named as the table, with a function `rules(publication)`. What the names of columns
promise (a spell ends after it starts, a count is not negative) is derived here for every table alike.

Only what no contract and no dbt test says better: uniqueness, relationships and rules across tables are dbt tests,
and they have passed when the gate looks.
"""

from __future__ import annotations

import datetime as dt
import pkgutil
from dataclasses import dataclass
from importlib import import_module

import great_expectations.expectations as gxe
from great_expectations import ExpectationSuite
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.metadata_types import FailureSeverity

from childrens_warehouse.publish.tables import Table
from childrens_warehouse.quality.judge import rule


@dataclass(frozen=True)
class Publication:
    """What a suite may know beside the rows.

    authorities: those with a file in force.
    """

    table: Table
    as_at: dt.date
    authorities: tuple[str, ...]


def tables() -> tuple[str, ...]:
    """The tables somebody wrote a suite for: the modules of this folder."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))


def suite_for(publication: Publication) -> ExpectationSuite:
    """The suite of a table. Raises ModuleNotFoundError if nobody wrote its module."""
    name = publication.table.name
    module = import_module(f"{__name__}.{name}")
    return ExpectationSuite(name, [*derived(publication), *module.rules(publication)])


def derived(publication: Publication) -> list[Expectation]:
    """What the names of the columns promise."""
    table = publication.table
    rules: list[Expectation] = []
    if table.has("authority_code"):
        rules.append(
            gxe.ExpectColumnValuesToBeInSet(
                column="authority_code", value_set=list(publication.authorities), meta=rule("PUB-AUTHORITY")
            )
        )
    if table.has("started_on") and table.has("ended_on"):
        rules.append(not_before("ended_on", "started_on", "PUB-SPELL-REVERSED"))
    for column in table.columns:
        if column.name.startswith("rows_") or column.name.endswith(("_count", "_sessions")):
            rules.append(gxe.ExpectColumnValuesToBeBetween(column=column.name, min_value=0, meta=rule("PUB-NEGATIVE")))
    return rules


def not_before(
    later: str, earlier: str, code: str, severity: FailureSeverity = FailureSeverity.CRITICAL
) -> Expectation:
    """The one date is not before the other, where both are known."""
    return gxe.ExpectColumnPairValuesAToBeGreaterThanB(
        column_A=later,
        column_B=earlier,
        or_equal=True,
        ignore_row_if="either_value_is_missing",
        severity=severity,
        meta=rule(code),
    )


def not_after_night(
    publication: Publication, column: str, mostly: float, severity: FailureSeverity = FailureSeverity.WARNING
) -> Expectation:
    """What happened, happened by the night the figures speak of."""
    return gxe.ExpectColumnValuesToBeBetween(
        column=column, max_value=publication.as_at, mostly=mostly, severity=severity, meta=rule("PUB-FUTURE")
    )


def has_rows(at_least: int = 1, severity: FailureSeverity = FailureSeverity.CRITICAL) -> Expectation:
    """The table is not empty."""
    return gxe.ExpectTableRowCountToBeBetween(min_value=at_least, severity=severity, meta=rule("PUB-EMPTY"))
