"""The small warehouse with one indicator: reviews held in the year to date, as a count of children."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping
from typing import Any

import pytest

from childrens_warehouse.build import steps
from childrens_warehouse.build.candidate import Workspace
from childrens_warehouse.publish import states, tables
from childrens_warehouse.publish.steps import Release, publish
from childrens_warehouse.settings import Settings
from tests.build import small_warehouse

MARCH_31, JUNE_1 = dt.date(2017, 3, 31), dt.date(2017, 6, 1)

_CORE = """
create or replace table marts.fct_withdrawal as select * from raw.withdrawal;
create or replace table marts.bridge_pupil_child (authority_code varchar, pupil_key bigint, child_key bigint);
create or replace table marts.dim_reporting_date as
    select date '2017-03-31' as as_at, true as is_month_end union all select as_at, false from raw.night;
create or replace table marts.fct_review as
    select _authority_code as authority_code, child_key, review as held_on, _source_file as source_file,
        _source_row as source_row from raw.ssda903_reviews;
"""
# What the models of dbt do in earnest: int_indicator_signed and the finality of indicator_value.
_INDICATORS = """
create or replace table marts.indicator as
    select 'reviewed' as indicator_id, 1 as definition_version, 'ssda903_reviews' as datasets;
create or replace table marts.indicator_subject as
    select authority_code, 'reviewed' as indicator_id, as_at, 'year_to_date' as period, child_key as subject_key,
        1 as in_denominator, 1 as in_numerator
    from marts.fct_review cross join marts.dim_reporting_date
    where held_on <= as_at and held_on >= date '2016-04-01';
create or replace table marts.indicator_value as
    with counted as (
        select authority_code, indicator_id, 1 as definition_version, as_at, period, 'all' as dimension,
            'all' as member, cast(count(*) as bigint) as numerator, cast(null as bigint) as denominator
        from marts.indicator_subject group by all
    )
    select c.*, cast(c.numerator as double) as value, cast(c.numerator as varchar) as display,
        case when s.return_year is null then 'provisional' when f.numerator is distinct from c.numerator then 'restated'
            else 'final' end as finality
    from counted as c
    left join raw.sign_off as s on c.authority_code = s.authority_code and s.return_year = year(c.as_at)
    left join raw.signed_figure as f
        on c.authority_code = f.authority_code and c.indicator_id = f.indicator_id and c.as_at = f.as_at;
"""
_TABLES = (
    "fct_withdrawal", "bridge_pupil_child", "dim_reporting_date", "indicator", "indicator_subject",
)  # fmt: skip
_GRAINS = {"fct_review": ["authority_code", "child_key", "held_on"]}
_PARENTS = {
    "model.childrens_warehouse.ind_reviewed": ["model.childrens_warehouse.int_some"],
    "model.childrens_warehouse.int_some": ["model.childrens_warehouse.fct_review", "seed.childrens_warehouse.x"],
    "model.childrens_warehouse.fct_review": [],
}


def install(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(small_warehouse, "TABLES", tuple(sorted((*small_warehouse.TABLES, *_TABLES))))
    monkeypatch.setitem(small_warehouse.SQL, "core", small_warehouse.SQL["core"] + _CORE)
    monkeypatch.setitem(small_warehouse.SQL, "indicators", _INDICATORS)
    monkeypatch.setattr(small_warehouse.Suites, "suite_for", lambda told: told.table.name)
    monkeypatch.setattr(tables, "PUBLIC_NAME", re.compile(".*"))
    monkeypatch.setattr(states, "state_of", lambda home, code: {"parent_map": _PARENTS})
    monkeypatch.setenv("WAREHOUSE_HOME", str(settings.home.root))
    tests = {
        table: {
            "resource_type": "test",
            "attached_node": f"model.childrens_warehouse.{table}",
            "test_metadata": {"name": "unique_combination_of_columns", "kwargs": {"columns": columns}},
        }
        for table, columns in _GRAINS.items()
    }
    workspace = Workspace.of(settings).create()
    workspace.dbt.mkdir(exist_ok=True)
    (workspace.dbt / "manifest.json").write_text(json.dumps({"nodes": tests}), encoding="utf-8")


def deliver(settings: Settings, night: dt.date, *reviews: tuple[int, str]) -> None:
    rows: list[Mapping[str, Any]] = [
        {"child_key": child, "review": dt.date.fromisoformat(day)} for child, day in reviews
    ]
    small_warehouse.deliver(settings, "ssda903_reviews", rows, night, "collection_year:2017")


def released(settings: Settings) -> Release:
    return publish(settings, steps.build(settings, "run").build_id)
