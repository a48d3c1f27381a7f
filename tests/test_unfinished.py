"""What a process left that was killed goes with the next one; what another is at work on stays."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from childrens_warehouse import unfinished
from childrens_warehouse.publish import files

DAY = 24 * 3600


@pytest.fixture
def dead() -> int:
    """The id of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_parts_of_the_killed_go_and_parts_of_the_living_stay(tmp_path: Path, dead: int) -> None:
    ours = unfinished.part_of(tmp_path / "rows.parquet")
    ours.touch()
    left = ours.with_name(ours.name.replace(str(os.getpid()), str(dead)))
    older = tmp_path / f".rows.parquet.{dead}.part"
    page = tmp_path / f".index.html.{dead}.partial"
    others = [tmp_path / ".rows.parquet.partial", tmp_path / "rows.parquet"]
    for path in (left, older, page, *others):
        path.touch()
    unfinished.sweep(tmp_path)
    assert set(tmp_path.iterdir()) == {ours, *others}


def test_parts_of_another_machine_stay_for_a_day(tmp_path: Path, dead: int) -> None:
    parts = [tmp_path / f".{name}.parquet.elsewhere-{dead}.part" for name in ("today", "yesterday")]
    for path in parts:
        path.touch()
    os.utime(parts[1], (time.time() - DAY - 60,) * 2)
    unfinished.sweep(tmp_path)
    assert list(tmp_path.iterdir()) == parts[:1]


def test_a_folder_goes_with_its_process_or_with_the_next(tmp_path: Path, dead: int) -> None:
    left, elsewhere = tmp_path / f"{dead}-abc", tmp_path / f"elsewhere-{dead}-abc"
    for folder in (left, elsewhere):
        folder.mkdir()
        (folder / "text.parquet").touch()
    with unfinished.folder(tmp_path) as made:
        assert made.stat().st_mode & 0o777 == 0o700
        assert set(tmp_path.iterdir()) == {made, elsewhere}
        with unfinished.folder(tmp_path) as another:
            assert made.exists() and another != made
    assert list(tmp_path.iterdir()) == [elsewhere]


def test_identities_of_a_killed_landing_go_although_nothing_else_lands(supplier, dead: int) -> None:
    left = supplier.home.restricted / "scratch" / f"{dead}-abc"
    left.mkdir(parents=True)
    (left / "text.parquet").touch()
    supplier.land("social_care", "2017-05-31")
    assert not left.exists()


def test_a_folder_that_is_removed_is_whole_or_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    release = tmp_path / "2017-05-31-abcdefgh"
    release.mkdir()
    for name in ("manifest.json", "dim_child.parquet"):
        (release / name).touch()

    def killed(path: Path) -> None:
        (path / "dim_child.parquet").unlink()
        raise SystemExit

    with monkeypatch.context() as meanwhile, pytest.raises(SystemExit):
        meanwhile.setattr("childrens_warehouse.publish.files.shutil.rmtree", killed)
        files.remove(release)
    assert not release.exists() and not list(tmp_path.glob("*/manifest.json"))
    files.remove(release)
    assert not list(tmp_path.iterdir())
