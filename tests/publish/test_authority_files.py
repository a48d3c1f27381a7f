"""Readers of one authority have a file with its rows, whole, and with nobody else's."""

from __future__ import annotations

import dataclasses
import datetime as dt
import stat
from pathlib import Path

import duckdb
import pytest

from childrens_warehouse.build import steps
from childrens_warehouse.errors import ConfigurationError
from childrens_warehouse.publish.steps import publish, switch_to
from childrens_warehouse.settings import Settings
from tests.build import small_warehouse

HARROW, BROMLEY = "310", "305"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    small_warehouse.install(monkeypatch.setattr)
    return small_warehouse.settings_for(tmp_path / "home", authority_files={BROMLEY: None})


def night(settings: Settings, day: dt.date, children: int = 25) -> str:
    small_warehouse.deliver_night(settings, day)
    small_warehouse.deliver_night(settings, day, children=children, authority=BROMLEY)
    return publish(settings, steps.build(settings, "run").build_id).release_id


def own(settings: Settings, code: str = BROMLEY) -> Path:
    return settings.home.published / "authorities" / code / "marts.duckdb"


def rows(path: Path) -> dict[str, int]:
    """Rows by table, of those that are told apart by authority; and that none of them is another's."""
    found = {}
    with duckdb.connect(str(path), read_only=True) as marts:
        named = "select table_name from duckdb_columns() where column_name = 'authority_code'"
        for (table,) in marts.execute(named).fetchall():
            if not table.startswith("release_"):
                told = marts.execute(f"select authority_code, count(*) from marts.{table} group by 1").fetchall()
                assert {code for code, _ in told} <= {BROMLEY}, table
                found[table] = sum(count for _, count in told)
    return found


def test_it_has_the_authoritys_rows_of_every_table_and_no_others(settings: Settings) -> None:
    release = night(settings, dt.date(2017, 5, 31))
    found = rows(own(settings))
    assert found["dim_child"] == found["fct_review"] == 25
    assert found[small_warehouse.SESSION] == 60
    with duckdb.connect(str(own(settings)), read_only=True) as marts:
        assert marts.execute("select release_id from release").fetchone() == (release,)
        # stored, not looked up in a folder that its readers must not enter
        assert marts.execute("select count(*) from duckdb_views() where sql like '%read_parquet%'").fetchone() == (0,)
    text = own(settings).read_bytes()
    assert str(settings.home.releases).encode() not in text
    assert stat.S_IMODE(own(settings).stat().st_mode) == 0o640
    assert not own(settings, HARROW).exists()


def test_what_a_region_tells_of_others_is_not_in_it(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the own figure a region of two tells the other's, and a rank has the region's figure beside it."""
    of_regions = ("bridge_region_authority", "regional_indicator_value", "regional_ranking")
    monkeypatch.setattr(small_warehouse, "TABLES", tuple(sorted((*small_warehouse.TABLES, *of_regions))))
    tables = "".join(
        f"create or replace table marts.{name} as select 'London' as region, unnest(['{HARROW}', '{BROMLEY}']) as"
        f" authority_code{', 3 as indicator_id' if name != of_regions[0] else ''};"
        for name in of_regions
    )
    monkeypatch.setitem(small_warehouse.SQL, "core", small_warehouse.SQL["core"] + tables)
    night(settings, dt.date(2017, 5, 31))
    assert rows(own(settings))["bridge_region_authority"] == 1
    with duckdb.connect(str(own(settings)), read_only=True) as marts:
        assert marts.execute("from duckdb_tables() where table_name like 'regional%'").fetchall() == []
    with duckdb.connect(str(settings.home.marts), read_only=True) as marts:
        assert marts.execute("select count(*) from marts.regional_ranking").fetchone() == (2,)


def test_it_follows_each_release_and_each_way_back(settings: Settings) -> None:
    first = night(settings, dt.date(2017, 5, 31))
    night(settings, dt.date(2017, 6, 1), children=26)
    assert rows(own(settings))["dim_child"] == 26
    switch_to(settings, first)
    assert rows(own(settings))["dim_child"] == 25


def test_whoever_is_no_longer_asked_for_has_none(settings: Settings) -> None:
    night(settings, dt.date(2017, 5, 31))
    other = dataclasses.replace(settings, authority_files={HARROW: None})
    small_warehouse.deliver_night(settings, dt.date(2017, 6, 1))
    publish(other, steps.build(other, "run").build_id)
    assert own(settings, HARROW).exists()
    assert not own(settings).parent.exists()


def test_its_readers_may_pass_by_name_and_list_nothing(settings: Settings) -> None:
    night(settings, dt.date(2017, 5, 31))
    for folder in (settings.home.root, settings.home.published, settings.home.published / "authorities"):
        assert stat.S_IMODE(folder.stat().st_mode) & 0o007 == 0o001, folder
    nobody = dataclasses.replace(settings, authority_files={})
    small_warehouse.deliver_night(settings, dt.date(2017, 6, 1))
    publish(nobody, steps.build(nobody, "run").build_id)
    assert stat.S_IMODE(settings.home.published.stat().st_mode) & 0o007 == 0


@pytest.mark.parametrize("wrong", ["31", "310=a, 310=b", "harrow", "310 305"])
def test_a_setting_that_names_no_authority_is_refused(monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    monkeypatch.setenv("WAREHOUSE_AUTHORITY_FILES", wrong)
    with pytest.raises(ConfigurationError, match="WAREHOUSE_AUTHORITY_FILES"):
        Settings.from_environment()
