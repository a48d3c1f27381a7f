"""A disk that was away for a while, or a store restored from an older backup, loses nothing that lies in the inbox."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import pytest

from childrens_warehouse.errors import ConfigurationError
from childrens_warehouse.landing import night as landing
from childrens_warehouse.landing import standing
from childrens_warehouse.raw.acceptance import accepted
from tests.conftest import Supplier

MONDAY, TUESDAY = "2017-05-29", "2017-05-30"
HEADER = "CHILD,SEX,DOB,ETHNIC,UPN,MOTHER,MC_DOB\n7,1,17/06/2005,WBRI,UN1,,\n"


@pytest.fixture
def landed(supplier: Supplier) -> Supplier:
    """Monday is landed, Tuesday delivered."""
    supplier.deliver("social_care", MONDAY, {"header.csv": HEADER})
    assert supplier.land("social_care", MONDAY)["header.csv"].status == "accepted"
    supplier.deliver("social_care", TUESDAY, {"header.csv": HEADER + "8,2,18/06/2005,WBRI,UN1,,\n"})
    return supplier


def _unmount(folder: Path) -> Path:
    """What lies below a mount is an empty folder; the disk is elsewhere."""
    disk = folder.with_name(f"{folder.name} elsewhere")
    folder.rename(disk)
    folder.mkdir(mode=0o700)
    return disk


def _mount(disk: Path, folder: Path) -> None:
    shutil.rmtree(folder)
    disk.rename(folder)


def _days_in_raw(supplier: Supplier) -> set[str]:
    return {each.extract_date.isoformat() for each in accepted(supplier.home)}


@pytest.mark.parametrize("store", ["raw", "archive", "restricted"])
def test_nothing_lands_into_the_folder_below_a_mount(landed: Supplier, store: str) -> None:
    folder = landed.home.root / store
    standing.check(landed.settings)
    disk = _unmount(folder)
    with pytest.raises(ConfigurationError, match=f"{store} should hold what was accepted before.*mounted"):
        standing.check(landed.settings)
    _mount(disk, folder)
    standing.check(landed.settings)


def test_before_anything_was_accepted_everything_may_be_empty(supplier: Supplier) -> None:
    standing.check(supplier.settings)


@pytest.mark.parametrize("store", ["raw", "archive", "restricted"])
def test_what_landed_while_a_disk_was_away_lands_again(landed: Supplier, store: str) -> None:
    folder = landed.home.root / store
    disk = _unmount(folder)
    landed.land("social_care", TUESDAY)
    _mount(disk, folder)
    assert standing.lost(landed.settings, "310", "social_care") == {dt.date.fromisoformat(TUESDAY)}
    outcome = landed.land("social_care", "2017-05-31")["header.csv"]  # the next night, not the same again
    assert (outcome.status, outcome.rows_loaded) in (("accepted", 2), ("unchanged", 2))
    assert _days_in_raw(landed) == {MONDAY, TUESDAY}
    assert standing.lost(landed.settings, "310", "social_care") == set()
    assert len(list(landed.home.archive.rglob("*header.csv"))) == 2


def test_a_raw_store_from_an_older_backup_is_filled_up_from_the_inbox(landed: Supplier, tmp_path: Path) -> None:
    shutil.copytree(landed.home.raw, tmp_path / "backup")
    landed.land("social_care", TUESDAY)
    assert _days_in_raw(landed) == {MONDAY, TUESDAY}
    shutil.rmtree(landed.home.raw)
    shutil.copytree(tmp_path / "backup", landed.home.raw)
    landed.land("social_care", TUESDAY)
    assert _days_in_raw(landed) == {MONDAY, TUESDAY}


def test_a_disk_that_goes_away_in_the_middle_of_a_file_has_it_not_accepted(
    landed: Supplier, monkeypatch: pytest.MonkeyPatch
) -> None:
    from childrens_warehouse.landing import keep

    compare = keep.compare

    def compare_and_lose_the_disk(*given: object) -> object:
        difference = compare(*given)
        _unmount(landed.home.archive)
        return difference

    monkeypatch.setattr(keep, "compare", compare_and_lose_the_disk)
    [delivery] = landing.expect(landed.settings, "social_care", dt.date.fromisoformat(TUESDAY), "310", "test")
    with pytest.raises(OSError, match="unmounted"):
        landing.land(landed.settings, delivery, "test")
    assert _days_in_raw(landed) == {MONDAY}


def test_once_there_are_releases_nothing_is_accepted_into_an_empty_raw_store(landed: Supplier) -> None:
    release = landed.home.releases / "2017-05-29-abcdefgh"
    release.mkdir(parents=True)
    (release / "manifest.json").write_text("{}")
    disk = _unmount(landed.home.raw)
    with pytest.raises(ConfigurationError, match="is empty, although releases were made from it"):
        landed.land("social_care", TUESDAY)
    _mount(disk, landed.home.raw)
    landed.land("social_care", TUESDAY)
    assert _days_in_raw(landed) == {MONDAY, TUESDAY}
