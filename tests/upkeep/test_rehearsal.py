"""A home dies after a night; restored elsewhere from its backup alone, it goes on as the one that lived."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import shutil

import duckdb
import pytest

from childrens_warehouse.build import steps
from childrens_warehouse.ledger import Ledger
from childrens_warehouse.publish.current import current_manifest, current_release
from childrens_warehouse.publish.steps import Release, publish
from childrens_warehouse.settings import Home, Settings
from childrens_warehouse.upkeep import backing_up, restoring
from tests.build import small_warehouse

JUNE_1, JUNE_2 = dt.date(2017, 6, 1), dt.date(2017, 6, 2)


def night(settings: Settings, force: bool = False) -> Release:
    return publish(settings, steps.build(settings, "run", force=force).build_id)


def contents(settings: Settings) -> dict[str, str]:
    """Hash of every published table, as readers are shown it."""
    manifest = current_manifest(settings.home)
    return {name: table["content_hash"] for name, table in manifest["tables"].items()}


def rows(settings: Settings) -> list[tuple]:
    with duckdb.connect(str(settings.home.marts), read_only=True) as marts:
        return marts.execute("from fct_attendance_pupil_month order by all").fetchall()


@pytest.fixture
def living(tmp_path, monkeypatch) -> Settings:
    small_warehouse.install(monkeypatch.setattr)
    return small_warehouse.settings_for(tmp_path / "home")


@pytest.fixture
def restored(living, tmp_path) -> Settings:
    """What was backed up after two months of nights, in another place. The home it is of is gone."""
    small_warehouse.deliver_two_months(living)
    night(living)
    small_warehouse.deliver_night(living, JUNE_1)
    night(living)
    backing_up.write(living, tmp_path / "data", tmp_path / "restricted")
    shutil.move(living.home.root, tmp_path / "kept aside")
    restored = dataclasses.replace(living, home=Home(tmp_path / "elsewhere"))
    restoring.restore(restored, tmp_path / "data", tmp_path / "restricted")
    shutil.move(tmp_path / "kept aside", living.home.root)
    return restored


def test_the_restored_home_publishes_the_same_and_converges_with_the_one_that_lived(living, restored):
    before = current_release(living)
    assert current_release(restored) == before
    assert contents(restored) == contents(living) and rows(restored) == rows(living) != []

    # Nothing came: nothing is published. The build that looks begins from nothing.
    assert not steps.build(restored, "look").start.needed

    for settings in (living, restored):
        small_warehouse.deliver_night(settings, JUNE_2, children=31)
    went_on, lived_on = night(restored), night(living)
    assert went_on.release_id == lived_on.release_id != before.release_id
    assert contents(restored) == contents(living) and rows(restored) == rows(living)
    assert current_manifest(restored.home)["previous"] == before.release_id
    # It shares with the release before what did not change, as the other does.
    assert went_on.linked == lived_on.linked > 0
    events = Ledger(restored.home.ledger).query("select event, detail from upkeep_event")
    assert [(each["event"], json.loads(each["detail"])["from_home"]) for each in events] == [
        ("restore", str(living.home.root))
    ]


def test_raw_alone_gives_the_same_hashes(living, restored):
    """No release, no candidate and nothing published is left: only what cannot be made again."""
    for lost in (restored.home.releases, restored.home.published, restored.home.build):
        shutil.rmtree(lost)
    restored.home.create()
    again = night(restored, force=True)
    assert contents(restored) == contents(living) and rows(restored) == rows(living)
    assert again.release_id == current_release(living).release_id
