"""The calendar."""

from __future__ import annotations

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation

from childrens_warehouse.quality.judge import rule
from expectations.publication import Publication, has_rows, not_before


def rules(publication: Publication) -> list[Expectation]:
    """Rules beyond what the names of the columns promise."""
    # Forty years of days: fewer would lose facts, and one day without its month end would lose figures.
    return [
        has_rows(at_least=14_600),
        gxe.ExpectColumnValuesToBeBetween(column="financial_quarter", min_value=1, max_value=4, meta=rule("PUB-VALUE")),
        not_before("month_end", "date_day", "PUB-CALENDAR"),
        not_before("date_day", "month_start", "PUB-CALENDAR"),
    ]
