"""Numbers of children by two things at once: they add up to the indicator, and only the panel edition has them."""

from __future__ import annotations

import dataclasses
import datetime as dt
from pathlib import Path

import duckdb
import pytest

from childrens_warehouse.pages import crossing, reading
from childrens_warehouse.pages.reading import Edition
from childrens_warehouse.settings import Home, Settings
from tests.pages.conftest import write_release

MARCH = dt.date(2017, 3, 31)
# Three children who count, one who does not; the first has become a boy on paper since.
_ROWS = """
    create table fct_looked_after_child as
    select '310' as authority_code, date '2017-03-31' as as_at, date '2017-01-01' as placement_started_on, *
    from (values ('a', 0, true, 'up_to_20'), ('b', 16, false, 'over_50'), ('c', 16, null, 'unaccompanied'),
        ('d', 16, true, 'up_to_20')) as children (child_key, age, is_in_authority, distance_band);
    create table indicator_subject as
    select '310' as authority_code, 'cla_count' as indicator_id, as_at, unnest(['a', 'b', 'c']) as subject_key
    from (values (date '2017-03-31'), (date '2017-02-28')) as days (as_at);
    create table dim_child as
    select '310' as authority_code, * from (values
        ('a', date '1900-01-01', date '2017-04-01', 'F'), ('a', date '2017-04-01', null, 'M'),
        ('b', date '1900-01-01', null, 'M'), ('c', date '1900-01-01', null, 'M'), ('d', date '1900-01-01', null, 'M')
    ) as children (child_key, valid_from, valid_to, sex_code);
    create table fct_placement as
    select '310' as authority_code, date '2017-01-01' as started_on, * from (values
        ('a', '310'), ('b', '919'), ('c', 'unknown'), ('d', '310')) as placements (child_key, placement_authority_code)
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    own = dataclasses.replace(Settings.from_environment(), home=Home(tmp_path).create())
    write_release(own.home.marts, _ROWS)
    write_release(own.home.marts_aggregate)
    return own


def test_children_are_counted_once_and_as_they_were_on_the_day(settings: Settings) -> None:
    with reading.open_release(settings.home, Edition.PANEL, "310") as release:
        bands = {band.name: (band.male, band.female) for band in crossing.by_age_and_sex(release, MARCH)}
        streams = [
            (each.place, each.distance, each.children) for each in crossing.by_place_and_distance(release, MARCH)
        ]
        places = [(each.code, each.region, each.children) for each in crossing.by_authority(release, MARCH)]
    assert {name: each for name, each in bands.items() if any(each)} == {"Under 1": (0, 1), "16": (2, 0)}
    assert streams == [
        ("In Harrow", "Up to 20 miles", 1),
        ("Outside Harrow", "Over 50 miles", 1),
        ("Not known or not told", "Unaccompanied: no home here", 1),
    ]
    assert places == [("310", "London", 1), ("919", "East of England", 1)]


def test_the_public_edition_counts_nobody(settings: Settings) -> None:
    with (
        reading.open_release(settings.home, Edition.PUBLIC, "310") as release,
        pytest.raises(ValueError, match="counts no rows"),
    ):
        crossing.by_authority(release, MARCH)
    with duckdb.connect(str(settings.home.marts_aggregate), read_only=True) as connection:
        tables = {name for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall()}
    assert tables == {"release", "indicator", "indicator_value"}
