"""Arrivals suites: is a delivered file whole, typed, keyed and within its ceilings?

Every suite is derived from the dataset's declaration (`derived`); a module that bears the dataset's name, if there is
one, adds what only the file as a whole can tell. A critical failure refuses the whole file; a warning is said and the
file goes on.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec

import great_expectations.expectations as gxe
from great_expectations import ExpectationSuite
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.metadata_types import FailureSeverity

from childrens_warehouse.datasets import Dataset, Kind
from childrens_warehouse.quality.judge import rule
from childrens_warehouse.reference import code_list


@dataclass(frozen=True)
class Arrival:
    """What a suite may know of the file beside its rows.

    rows_told: rows the manifest promises, None without a manifest.
    rows_unreadable: rows that could not be split into cells, and so are not among those judged.
    """

    dataset: Dataset
    extract_date: dt.date
    rows_told: int | None
    rows_unreadable: int
    rows_read: int


def suite_for(arrival: Arrival) -> ExpectationSuite:
    """The suite of the arrival's dataset."""
    module = f"{__name__}.{arrival.dataset.name}"
    of_its_own = import_module(module).rules(arrival) if find_spec(module) else []
    return ExpectationSuite(arrival.dataset.name, [*derived(arrival), *of_its_own])


def not_in_future(arrival: Arrival, column: str, code: str = "EVENT-IN-FUTURE") -> Expectation:
    """What is dated after the night of the extract has not happened: it is a plan or a slip."""
    return gxe.ExpectColumnValuesToBeBetween(
        column=column, max_value=arrival.extract_date, severity=FailureSeverity.WARNING, meta=rule(code)
    )


def derived(arrival: Arrival) -> list[Expectation]:
    """What the declaration alone demands."""
    dataset = arrival.dataset
    most_refused = min(dataset.ceiling, dataset.ceiling_rows / max(arrival.rows_read, 1))
    mostly = 1 - most_refused
    rules: list[Expectation] = [
        gxe.ExpectTableColumnsToMatchSet(
            column_set=[column.name.lower() for column in dataset.columns],
            exact_match=False,
            meta=rule("FILE-COLUMNS"),
        ),
        gxe.ExpectTableRowCountToBeBetween(min_value=0 if dataset.may_be_empty else 1, meta=rule("FILE-NO-ROWS")),
        gxe.ExpectColumnValuesToBeNull(column="_refusal", mostly=mostly, meta=rule("ROWS-CEILING")),
        gxe.ExpectColumnValuesToBeNull(column="_refusal", severity=FailureSeverity.WARNING, meta=rule("ROWS-REFUSED")),
        gxe.ExpectColumnValuesToBeNull(column="_oddities", severity=FailureSeverity.INFO, meta=rule("ROWS-MARKED")),
    ]
    if arrival.rows_told is not None:
        rules.append(
            gxe.ExpectTableRowCountToEqual(
                value=max(arrival.rows_told - arrival.rows_unreadable, 0), meta=rule("FILE-ROWS")
            )
        )
    for column in dataset.columns:
        name = column.name.lower()
        if column.required:
            code = "KEY-MISSING" if column.name in dataset.key else "CELL-MISSING"
            rules.append(gxe.ExpectColumnValuesToNotBeNull(column=name, mostly=mostly, meta=rule(code)))
        if column.code_list and column.kind is Kind.CODE:  # several codes in a cell are judged row by row only
            # A warning: the row is refused by itself, and ROWS-CEILING counts over all rows. Of the distinct codes,
            # since comparing each of fourteen million rows with each code of a list takes longer than all the rest.
            known = [code.code for code in code_list(column.code_list)]
            rules.append(
                gxe.ExpectColumnDistinctValuesToBeInSet(
                    column=name, value_set=known, severity=FailureSeverity.WARNING, meta=rule("CODE-UNKNOWN")
                )
            )
    if dataset.spell:
        start, end = (name.lower() for name in dataset.spell)
        rules.append(
            gxe.ExpectColumnPairValuesAToBeGreaterThanB(
                column_A=end,
                column_B=start,
                or_equal=True,
                ignore_row_if="either_value_is_missing",
                severity=FailureSeverity.WARNING,
                meta=rule("SPELL-REVERSED"),
            )
        )
    return rules
