"""Nights built by dbt, backed up and restored elsewhere: the same is published, and people's rights reach the marts."""

from __future__ import annotations

import dataclasses
import stat

import duckdb
import pytest
from typer.testing import CliRunner

from childrens_warehouse.build.steps import build
from childrens_warehouse.cli import app
from childrens_warehouse.identity import codes
from childrens_warehouse.privacy import finding, releases
from childrens_warehouse.publish.current import current_manifest
from childrens_warehouse.publish.steps import publish
from childrens_warehouse.settings import Home, Settings
from childrens_warehouse.upkeep import backing_up, restoring
from tests.nights.conftest import Nights, contents

pytestmark = pytest.mark.slow

WHY = ("--by", "J. Smith", "--reason", "Request 18", "--authority", "310")


@pytest.fixture(scope="module")
def restored(night_by_night: Nights, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Another home, made from a backup of that of the nights: it has no candidate, and nobody built in it."""
    folders = tmp_path_factory.mktemp("data"), tmp_path_factory.mktemp("restricted")
    backing_up.write(night_by_night.settings, *folders)
    elsewhere = Home(tmp_path_factory.mktemp("restored") / "home")
    settings = dataclasses.replace(night_by_night.settings, home=elsewhere)
    restoring.restore(settings, *folders)
    return settings


def ask(settings: Settings, query: str) -> list[tuple]:
    with duckdb.connect(str(settings.home.marts), read_only=True) as marts:
        return marts.execute(query).fetchall()


def told(settings: Settings, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    monkeypatch.setenv("WAREHOUSE_HOME", str(settings.home.root))
    done = CliRunner().invoke(app, [*arguments, *WHY])
    assert done.exit_code == 0, f"{done.output} {done.exception}"


def test_what_is_restored_is_what_was_and_builds_to_the_same(night_by_night: Nights, restored: Settings) -> None:
    was, is_now = current_manifest(night_by_night.settings.home), current_manifest(restored.home)
    assert was == is_now is not None
    first = night_by_night.results[0].release
    assert first and contents(restored, first.release_id) == contents(night_by_night.settings, first.release_id)
    assert contents(restored) == contents(night_by_night.settings)
    assert not (restored.home.build / "candidate.duckdb").exists()
    # The next night finds nothing new; told to build all the same, dbt comes to the same rows from what was restored.
    assert not build(restored, "next night").start.needed
    built = build(restored, "from what was restored", force=True)
    assert publish(restored, built.build_id).release_id == is_now["release_id"]
    assert contents(restored) == contents(night_by_night.settings)


def test_a_restriction_and_a_correction_go_through_dbt_to_what_is_published(
    restored: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    ((child,),) = ask(
        restored, "select child_key from fct_review inner join bridge_pupil_child using (authority_code, child_key)"
        " order by all limit 1",
    )  # fmt: skip
    ((other, on, file, row),) = ask(
        restored, "select child_key, review_on, source_file, source_row from fct_review"
        f" where participation_code = 'PN1' and child_key <> {child} order by all limit 1",
    )  # fmt: skip
    figure = "select as_at, numerator from indicator_value where indicator_id = 'cla_count' and dimension = 'all'"
    before, figures = str((current_manifest(restored.home) or {})["release_id"]), ask(restored, f"{figure} order by 1")
    person = f"code:{codes.spellings(child)[0]}"
    keys = finding.find(restored, "310", person).keys
    assert len(keys) > 1 and releases.bears(restored.home, before, keys)
    told(restored, monkeypatch, "restrict", "add", person)
    told(restored, monkeypatch, "rectify", "add", file, str(row), "review_code", "PN3", "--evidence", "Minutes")
    done = publish(restored, build(restored, "with decisions").build_id)
    # Nobody meets the restricted child, who counts; the other's review says what is right, and that it was corrected.
    assert not releases.bears(restored.home, done.release_id, keys)
    assert stat.S_IMODE((restored.home.releases / before).stat().st_mode) == 0o700
    assert ask(restored, f"{figure} order by 1") == figures != []
    ((code, marks),) = ask(
        restored,
        f"select participation_code, marks from fct_review where child_key = {other} and review_on = '{on}'",
    )  # fmt: skip
    assert code == "PN3" and "RECTIFIED" in marks
