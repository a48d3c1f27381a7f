"""What macros that engines write differently must say, on every engine: expressions of Jinja, and values as text."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

_DAY, _TWO = "\"date '{}'\"", "\"date '{}'\", \"date '{}'\""


def _on(day: str, more: str) -> str:
    return f"{_DAY.format(day)}, {more}"


CASES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "add_days": (
        (_on("2016-02-28", "1"), "2016-02-29"),
        (_on("2017-02-28", "1"), "2017-03-01"),
        (_on("2017-01-01", "-1"), "2016-12-31"),
        (_on("2017-03-25", "'1 + 1'"), "2017-03-27"),  # over the night when clocks change
    ),
    "add_months": (
        (_on("2016-08-31", "6"), "2017-02-28"),
        (_on("2015-08-31", "6"), "2016-02-29"),
        (_on("2017-03-31", "-1"), "2017-02-28"),
        (_on("2016-02-29", "12"), "2017-02-28"),
    ),
    "add_hours": (
        ("\"timestamp '2017-05-31 23:30:00'\", 1", "2017-06-01 00:30:00"),
        ("\"timestamp '2017-03-26 00:30:00'\", 72", "2017-03-29 00:30:00"),
    ),
    "days_between": (
        (_TWO.format("2017-03-31", "2017-04-01"), "1"),
        (_TWO.format("2017-04-01", "2017-03-31"), "-1"),
        (_TWO.format("2016-02-01", "2016-03-01"), "29"),
    ),
    "last_day_of_month": (
        (_DAY.format("2016-02-01"), "2016-02-29"),
        (_DAY.format("2017-12-31"), "2017-12-31"),
    ),
    # Of one date engines count days or months their own way: these stand on the macros above.
    "months_before": (
        (_on("2017-02-28", "1"), "2017-01-31"),
        (_on("2016-02-29", "12"), "2015-02-28"),
    ),
    "whole_months_looked_after": (
        (_TWO.format("2017-02-27", "2016-08-31"), "5"),
        (_TWO.format("2017-02-28", "2016-08-31"), "6"),
        (_TWO.format("2017-05-30", "2017-05-01"), "0"),
    ),
    "turned": (
        (f"18, {_TWO.format('1999-05-01', '2017-05-31')}", "true"),
        (f"18, {_TWO.format('1999-06-01', '2017-05-31')}", "false"),
        (f"18, {_TWO.format('1999-05-01', '2017-05-15')}", "unknown"),
    ),
    "display_number": (
        ("'cast(1.005 as double)', 2", "1.01"),
        ("'cast(12.5 as double)', 0", "13"),
        ("'cast(-0.5 as double)', 0", "-1"),
    ),
    "cubed": (("'(1 + 0.5)'", "3.375"),),
}
# A star with all columns but one is no expression.
ALL_BUT = (
    "select 'all_but' as macro, 0 as number, cast(sum(a + c) as {{ dbt.type_string() }}) as said from ("
    "select {{ all_but('t', 'b') }} from (select 1 as a, 2 as b, 3 as c) as t union all select 10 as a, 30 as c) as u"
)


def query() -> str:
    """One row per case: macro, number of the case and what it says."""
    return " union all ".join([*_selects(), ALL_BUT])


def expected() -> dict[tuple[str, int], str]:
    told = {(macro, number): value for macro, cases in CASES.items() for number, (_, value) in enumerate(cases)}
    return {**told, ("all_but", 0): "44"}


def said(output: str) -> dict[tuple[str, int], str]:
    """What dbt showed, as it prints JSON; before it other lines may stand."""
    rows = json.loads(output[output.index("{") :])["show"]
    return {(row["macro"], int(row["number"])): str(row["said"]) for row in rows}


def _selects() -> Iterator[str]:
    for macro, cases in CASES.items():
        for number, (arguments, _) in enumerate(cases):
            value = f"{{{{ {macro}({arguments}) }}}}"
            if macro == "cubed":  # a chain of factors: how many zeros follow is the engine's business
                value = f"cast({value} as decimal(10, 3))"
            yield (
                f"select '{macro}' as macro, {number} as number,"
                f" coalesce(cast({value} as {{{{ dbt.type_string() }}}}), 'unknown') as said"
            )
