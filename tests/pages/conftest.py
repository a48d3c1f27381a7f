"""A small published release, invented: three dozen month ends of a few indicators, in both editions. Only read."""

from __future__ import annotations

import dataclasses
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

import duckdb
import pytest
import yaml

from childrens_warehouse import sql
from childrens_warehouse.catalogue import entries
from childrens_warehouse.settings import PROJECT, Home, Settings

_MODELS = PROJECT / "dbt_project" / "models" / "reports"
RELEASE = "2017-05-31-00000000"

# indicator, period, unit, decimals, direction; its value grows by a step each month.
_INDICATORS = """
    ('cla_count', 'snapshot', 'count', 0, 'none', 'Children looked after', 'B1, C1, C2, C3, C4', 170, 1),
    ('cla_rate_per_10k', 'snapshot', 'per_10k', 1, 'none', 'Children looked after per 10,000 children', 'PI 14, B1', 30, 0.2),
    ('cla_three_plus_placements_pct', 'year_to_date', 'percent', 1, 'low', 'Children with three placements', 'PI 16, C12', 8, 0.2),
    ('iha_within_20wd_pct', 'month', 'percent', 0, 'high', 'Initial health assessments in time', 'C7, TS12, TS13', 40, 1)
"""  # noqa: E501
_FIGURES = """
    with indicators (indicator_id, period, unit, decimals, direction, title, reference_numbers, first, step) as (
        values {indicators}
    ),
    months as (
        select number, last_day(date '2014-06-01' + to_months(cast(number as integer))) as as_at
        from range(36) as months (number)
    ),
    members as (
        select * from (values
            ('all', 'all', 'All', 1), ('sex', 'male', 'Male', 0.5), ('sex', 'female', 'Female', 0.5),
            ('sex', 'unknown', 'Unknown <b>', 0)
        ) as members (dimension, member, member_label, part)
    )
    select
        '310' as authority_code, indicator_id, 1 as definition_version, as_at, period, dimension, member, member_label,
        case when unit = 'percent' then round(first * part + number) else floor((first + step * number) * part) end
            as numerator,
        case when unit = 'percent' then 200 end as denominator,
        case when unit = 'count' then floor((first + step * number) * part)
            else (first + step * number) * part end as value,
        case when unit = 'count' then cast(cast(floor((first + step * number) * part) as integer) as varchar)
            else cast(cast((first + step * number) * part as decimal(9, 1)) as varchar) end as display,
        unit, 1.0 as lower_95, 99.0 as upper_95,
        case when as_at <= date '2016-03-31' then 'final' else 'provisional' end as finality,
        'open' as disclosure,
        case when unit = 'percent' and dimension = 'all' then 11.0 end as target,
        case when unit = 'percent' and dimension = 'all' then 'red' end as rag,
        case when dimension = 'all' then 41.0 end as statistical_neighbour,
        case when dimension = 'all' then 60.0 end as england,
        (first + step * (number - 1)) * part as previous, null::double as previous_year, step * part as change,
        'worse' as direction_of_travel, false as is_beyond_chance, 20.0 as process_mean, 10.0 as process_lower,
        30.0 as process_upper, 'common_cause' as variation, null::varchar as variation_rule, 'none' as assurance,
        direction
    from indicators cross join months cross join members
"""
_DEFINITIONS = """
    select indicator_id, 1, title, 'Counts <them>.', 'All of them.', 'Those who are.', 'None.', 'The day.', 'Half up.',
        'As printed.', 'House rule', 'The council', 'Head of service', unit, decimals, direction, 'monthly',
        string_agg(period, ' '), reference_numbers
    from (values {indicators})
    as indicators (indicator_id, period, unit, decimals, direction, title, reference_numbers, first, step)
    group by all
"""
_DEFINED = (
    "indicator_id, definition_version, title, definition, population, numerator, exclusions, clock, rounding, reading,"
    " statutory_source, definition_owner, owner, unit, decimals, direction, cadence, periods, reference_numbers"
)
# What the suppressed mart blanks, as publication does.
_SUPPRESS = """
    update indicator_value set numerator = null, denominator = null, value = null, display = null, lower_95 = null,
        upper_95 = null, rag = null, previous = null, change = null, direction_of_travel = null,
        disclosure = 'suppressed'
    where member in ('male', 'female') and indicator_id = 'cla_count' and as_at = date '2016-12-31'
"""


def create(connection: duckdb.DuckDBPyConnection, model: str) -> None:
    """An empty table with the columns of a model's contract."""
    told = yaml.safe_load((_MODELS / f"{model}.yml").read_text(encoding="utf-8"))
    (columns,) = (each["columns"] for each in told["models"] if each["name"] == model)
    names = ", ".join(f"{each['name']} {each['data_type'].replace('string', 'varchar')}" for each in columns)
    connection.execute(f"create table {model} ({names})")


def every_indicator() -> str:
    """Those of the catalogue, in each of their periods."""
    rows = [
        (each.indicator_id, period, each.meta["unit"], each.meta["decimals"], each.meta["direction"], each.title,
         each.said("references"), 20 + number % 50, number % 7 / 4)
        for number, each in enumerate(entries.read().values())
        for period in each.periods
    ]  # fmt: skip
    return values(rows)


def values(rows: Iterable[tuple[str | float, ...]]) -> str:
    """Rows as SQL's VALUES has them."""
    cells = (", ".join(sql.literal(each) if isinstance(each, str) else str(each) for each in row) for row in rows)
    return ", ".join(f"({row})" for row in cells)


def write_release(path: Path, *changes: str, indicators: str = _INDICATORS) -> None:
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            f"create table release as select '{RELEASE}' as release_id, date '2017-05-31' as as_at,"
            " timestamp '2017-06-01 05:30:00' as published_at"
        )
        create(connection, "indicator")
        create(connection, "indicator_value")
        connection.execute(f"insert into indicator ({_DEFINED}) {_DEFINITIONS.format(indicators=indicators)}")
        figures = _FIGURES.format(indicators=indicators)
        connection.execute(f"insert into indicator_value by name {figures}")
        for change in changes:
            connection.execute(change)


@pytest.fixture(scope="session")
def chromium() -> tuple[str, ...]:
    """The browser as a command, without a window. Give it a --user-data-dir of its own: two cannot share one.

    Without it tests are skipped, and fail where WAREHOUSE_REQUIRE_BROWSER is set.
    """
    found = shutil.which("chromium")
    if found:
        return found, "--headless", "--no-sandbox", "--disable-gpu"
    missing = "chromium is not on PATH; docs/testing.md says how to get it"
    if os.environ.get("WAREHOUSE_REQUIRE_BROWSER"):
        pytest.fail(missing)
    pytest.skip(missing)


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home in which both editions of a release are published."""
    settings = dataclasses.replace(Settings.from_environment(), home=Home(tmp_path_factory.mktemp("home")).create())
    write_release(settings.home.marts)
    write_release(settings.home.marts_aggregate, _SUPPRESS)
    return settings
