"""The tables that readers ask for (bench/readers.py), in the shapes of their models and the sizes of a whole area."""

from __future__ import annotations

import datetime as dt

import yaml  # type: ignore[import-untyped]

from childrens_warehouse import sql
from childrens_warehouse.pages.managers import worklists
from childrens_warehouse.pages.managers.reading import HEADLINES
from childrens_warehouse.settings import PROJECT

NIGHT, AUTHORITY = dt.date(2017, 5, 31), "310"
# 36 month ends, and the ends of four years before them.
DAYS = [dt.date(2014 + (5 + n) // 12, (5 + n) % 12 + 1, 1) - dt.timedelta(days=1) for n in range(1, 37)]
DAYS += [dt.date(year, 3, 31) for year in range(2011, 2015)]
INDICATORS = [*(name for name, _ in HEADLINES), *(f"indicator_{number}" for number in range(len(HEADLINES), 254))]
# As many questions for slices as a report has.
SLICES = ("age_band", "placement_group", "sex", "ethnic_group", "placement_type", "placement_location", "team", "need")
_ANY = {
    "string": "'some words'", "bigint": "1", "integer": "1", "double": "1.5", "boolean": "true",
    "date": "date '2017-03-01'",
}  # fmt: skip


def tables(number: int, children: int) -> str:
    """SQL that gives an invented release what these readers ask for, each row with the release's number."""
    key = "cast(hash(c) >> 1 as bigint)"
    ids = f"unnest([{sql.literals(INDICATORS)}])"
    headlines = ", ".join(f"({sql.literal(name)}, {sql.literal(period)})" for name, period in HEADLINES)
    slices = f"[{sql.literals(SLICES)}]"
    lists = "".join(
        _table(each.table, f"range({children // 5}) as t (c)", child_key=key, worker_key=number, status="'due'")
        for each in worklists.ALL
    )
    return (
        _table("dim_reporting_date", f"(select unnest([{sql.literals(DAYS)}]::date[]) as d)", as_at="d")
        + _table("indicator", f"(select {ids} as i)", indicator_id="i", decimals=number, subject="'looked_after_child'")
        # One figure of the whole, every second indicator's of two periods, and 54 of slices.
        + _table(
            "indicator_value",
            "marts.indicator as i, marts.dim_reporting_date as d, range(56) as t (n)"
            " where n <> 1 or hash(i.indicator_id) % 2 = 0",
            indicator_id="i.indicator_id", as_at="d.as_at",
            period="case n when 1 then 'year_to_date' else 'snapshot' end",
            dimension=f"case when n < 2 then 'all' else {slices}[n % 8 + 1] end",
            member="case when n < 2 then 'all' else 'member_' || n end", member_label="'Member ' || n",
            numerator="n * 7 % 90", denominator="n * 11 % 97 + 90", value="n * 7 % 90 / (n * 11 % 97 + 90) * 100",
            disclosure="'open'", process_mean=number,
        )
        + _table(
            "indicator_subject",
            f"(values {headlines}) as h (i, p), marts.dim_reporting_date as d, range({children}) as t (c)",
            indicator_id="i", as_at="d.as_at", period="p", subject_key=key, in_numerator="c % 2",
            measure=f"case d.as_at when date '{NIGHT}' then {number} else 0 end",
        )
        + _table(
            "fct_allocation", f"range({children}) as t (c)", child_key=key, worker_role_code="'social_worker'",
            worker_key=number, started_on="date '2011-01-01'", ended_on="null", team_name="'Team ' || c % 12",
        )
        + _table(
            "fct_case_holder", f"marts.dim_reporting_date as d, range({children}) as t (c)", as_at="d.as_at",
            child_key=key, worker_role_code="'social_worker'", worker_key=number, team_name="'Team ' || c % 12",
        )
        + _table("bridge_pupil_child", f"range({children}) as t (c)", child_key=key, pupil_key="hash(-1 - c) >> 1")
        + _table(
            "fct_child_on_protection_plan", f"range({children // 8}) as t (c)", child_key=key, as_at=f"date '{NIGHT}'",
        )
        + lists
        + """
        alter table marts.fct_looked_after_child add column period_of_care_started_on date default date '2016-01-01';
        alter table marts.fct_looked_after_child add column placement_started_on date default date '2016-06-01';
        create or replace table marts_aggregate.indicator as from marts.indicator;
        create or replace table marts_aggregate.indicator_value as from marts.indicator_value;
        create or replace table disclosure.indicator_suppression as
            select authority_code, indicator_id, definition_version, as_at, period, dimension, member, 'primary' as
            reason from marts.indicator_value where member = 'member_3';
        """
    )  # fmt: skip


def _table(name: str, rows: str, **said: object) -> str:
    """A table of the columns that its model has; what is not said of one is the same in all rows."""
    (path,) = (PROJECT / "dbt_project" / "models").rglob(f"{name}.yml")
    (model,) = yaml.safe_load(path.read_text(encoding="utf-8"))["models"]
    said = {"authority_code": sql.literal(AUTHORITY), **said}
    columns = ", ".join(
        f"cast({said.get(each['name'], _ANY[each['data_type']])} as"
        f" {each['data_type'].replace('string', 'varchar')}) as {each['name']}"
        for each in model["columns"]
    )
    return f"create or replace table marts.{name} as select {columns} from {rows};\n"
