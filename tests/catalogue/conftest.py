"""A home with published figures, invented; made once, only read."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import duckdb
import pytest

from childrens_warehouse.catalogue import published
from childrens_warehouse.settings import Home, Settings

# Thirteen months and one more, of one indicator; one month's figure is suppressed.
_VALUES = """
    create table release (release_id varchar);
    create table indicator_value as
    select
        '310' as authority_code, 'cla_count' as indicator_id, 1 as definition_version, as_at, 'snapshot' as period,
        dimension, case dimension when 'sex' then 'female' else 'all' end as member,
        cast(numerator as bigint) as numerator, cast(null as bigint) as denominator,
        case when number <> 3 then cast(numerator as double) end as value,
        case when number = 3 then null else cast(numerator as varchar) end as display,
        'count' as unit, case when number = 3 then 'suppressed' else 'open' end as disclosure,
        cast(null as double) as target, 41.5 as statistical_neighbour, cast(null as double) as england
    from (
        select
            number, 100 + number as numerator, unnest(['all', 'sex']) as dimension,
            last_day(date '2016-04-01' + to_months(cast(number as integer))) as as_at
        from range(14) as months (number)
    )
"""


def write_values(path: Path) -> None:
    with duckdb.connect(str(path)) as connection:
        connection.execute(_VALUES)


@pytest.fixture(scope="session")
def with_values(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Suppressed values are published."""
    settings = dataclasses.replace(Settings.from_environment(), home=Home(tmp_path_factory.mktemp("home")).create())
    write_values(settings.home.published / published.AGGREGATE)
    return settings
