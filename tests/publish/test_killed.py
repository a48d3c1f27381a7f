"""Publication killed before each thing it does to files: readers see the old release or the new one, whole."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from childrens_warehouse.build import steps
from childrens_warehouse.errors import BuildFailed, PublishFailed
from childrens_warehouse.ledger import Ledger
from childrens_warehouse.publish import files
from childrens_warehouse.publish.steps import current_release, publish
from childrens_warehouse.settings import PROJECT, Settings
from tests.build import small_warehouse
from tests.build.small_warehouse import SESSION, TABLES

JUNE_1 = dt.date(2017, 6, 1)

# Dies before the n-th change to a file; what was done before is done.
_KILLED = """
import os, signal, sys
from pathlib import Path
from childrens_warehouse.publish import files, marts, release, steps
from tests.build import small_warehouse
settings = small_warehouse.settings_for(Path(sys.argv[1]))
left = [int(sys.argv[3])]
def counted(function):
    def wrapper(*given, **named):
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        left[0] -= 1
        return function(*given, **named)
    return wrapper
for module, names in {
    files: ("write_json", "replace", "link_or_copy", "open_to_group"),
    marts: ("_write", "_check", "create_release"),
    release: ("_put",),
}.items():
    for name in names:
        setattr(module, name, counted(getattr(module, name)))
steps.publish(settings, sys.argv[2])
print(left[0])
"""


def test_what_was_published_by_somebody_who_died_before_saying_so_is_in_the_ledger_after_the_next_build(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_warehouse.deliver_night(settings)
    build_id = steps.build(settings, "run").build_id

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "record_release", killed)
        with pytest.raises(KeyboardInterrupt):
            publish(settings, build_id)
    release = current_release(settings)
    told = "select release_id, build_id from release_event"
    assert (release.build_id, Ledger(settings.home.ledger).query(told)) == (build_id, [])
    for _ in range(2):
        assert not steps.begin(settings, "again").needed
        (row,) = Ledger(settings.home.ledger).query(told)
        assert (row["release_id"], row["build_id"]) == (release.release_id, build_id)


def publish_and_die(home: Path, build_id: str, after: int) -> int:
    """Publish in a process that dies after so many changes. Its return code."""
    finished = subprocess.run(
        [sys.executable, "-c", _KILLED, str(home), build_id, str(after)],
        cwd=PROJECT,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode in (0, -signal.SIGKILL), finished.stderr
    return finished.returncode


def what_a_reader_sees(settings: Settings) -> tuple[str, int, int]:
    """Release, children and sessions; and that every table answers."""
    with duckdb.connect(str(settings.home.marts), read_only=True) as connection:
        rows = {table: connection.execute(f"select count(*) from marts.{table}").fetchone()[0] for table in TABLES}
        [(release,)] = connection.execute("select release_id from marts.release").fetchall()
    return release, rows["dim_child"], rows[SESSION]


@pytest.mark.slow
def test_killed_at_any_point_leaves_the_old_release_or_the_new_one(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(small_warehouse.Suites, "suite_for", lambda told: told.table.name)
    small_warehouse.deliver_two_months(settings)
    old = publish(settings, steps.build(settings, "old").build_id)
    small_warehouse.deliver_night(settings, JUNE_1, children=31)
    build_id = steps.build(settings, "new").build_id
    saw_old, saw_new = (old.release_id, 30, 120), (f"{build_id[:19]}", 31, 180)
    home, kept = settings.home.root, tmp_path / "kept"
    shutil.copytree(home, kept)

    seen = []
    for after in range(1000):
        shutil.rmtree(home)
        shutil.copytree(kept, home)
        died = publish_and_die(home, build_id, after) != 0
        sees = what_a_reader_sees(settings)
        assert sees in (saw_old, saw_new), after
        # A folder under its final name is complete, whenever we died.
        for folder in settings.home.releases.glob("*[0-9a-f]"):
            assert (folder / "manifest.json").exists()
        seen.append(sees)
        if not died:
            break
        # What a night would do next: see which release it is, and publish again.
        assert current_release(settings).release_id == sees[0], after
        assert publish(settings, build_id).release_id == saw_new[0]
        assert what_a_reader_sees(settings) == saw_new
        assert not list(settings.home.releases.glob("*.partial")) and not list(settings.home.published.glob(".*"))

    assert len(seen) > 20, "nothing was counted: the test kills nobody"
    assert seen[-1] == saw_new
    # Once new, never old again: there is one moment at which everything changes.
    switched = seen.index(saw_new)
    assert seen == [saw_old] * switched + [saw_new] * (len(seen) - switched)
    assert current_release(settings).release_id == saw_new[0]


@pytest.fixture
def two_releases(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """A release that is published and one to come, both with figures for everybody: the release and the build."""
    monkeypatch.setattr(small_warehouse.Suites, "suite_for", lambda told: told.table.name)
    monkeypatch.setattr(small_warehouse, "TABLES", (*TABLES, "indicator"))
    monkeypatch.setitem(small_warehouse.SQL, "indicators", _FIGURES)
    small_warehouse.deliver_two_months(settings)
    old = publish(settings, steps.build(settings, "old").build_id)
    small_warehouse.deliver_night(settings, JUNE_1, children=31)
    return old.release_id, steps.build(settings, "new").build_id


_FIGURES = """
create or replace table marts.indicator as
    select 'children' as indicator_id, 1 as definition_version, 0 as decimals, 'count' as unit, 'on_day' as counted;
create or replace table marts.indicator_value as
    select '310' as authority_code, 'children' as indicator_id, 1 as definition_version, date '2017-05-31' as as_at,
        'snapshot' as period, 'all' as dimension, 'all' as member, count(*) as numerator,
        cast(null as bigint) as denominator, cast(count(*) as double) as value, 'count' as unit, 'open' as disclosure
    from marts.dim_child;
"""


def published(settings: Settings) -> set[str]:
    """The releases that marts.duckdb, marts_aggregate.duckdb and current.json are of."""
    named = {json.loads((settings.home.published / "current.json").read_text())["release_id"]}
    for path in (settings.home.marts, settings.home.marts_aggregate):
        with duckdb.connect(str(path), read_only=True) as connection:
            named |= {name for (name,) in connection.execute("select release_id from release").fetchall()}
    return named


def _when_all_are_to_change(monkeypatch: pytest.MonkeyPatch, then: Callable[[], None]) -> None:
    """Have something happen between the renames of the two databases that readers open."""
    replaced = files.replace

    def replace(new: Path, path: Path) -> None:
        if path.name == "marts.duckdb" and path.parent.name == "published":
            then()
        replaced(new, path)

    monkeypatch.setattr(files, "replace", replace)


def test_an_error_between_the_two_databases_leaves_both_as_they_were(
    settings: Settings, two_releases: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room() -> None:
        raise OSError(28, "No space left on device")

    _when_all_are_to_change(monkeypatch, no_room)
    old, build_id = two_releases
    with pytest.raises(PublishFailed, match=f"Release {old} stays published"):
        publish(settings, build_id)
    assert published(settings) == {old}


def test_a_kill_between_the_two_databases_is_made_good_by_the_next_build_even_if_it_fails(
    settings: Settings, two_releases: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def die() -> None:
        raise Killed

    with monkeypatch.context() as context:
        _when_all_are_to_change(context, die)
        with pytest.raises(Killed):
            publish(settings, two_releases[1])
    assert len(published(settings)) == 2
    monkeypatch.setattr(small_warehouse, "SQL", {"staging": "select nothing"})
    small_warehouse.deliver_night(settings, JUNE_1 + dt.timedelta(days=1), children=32)
    with pytest.raises(BuildFailed):
        steps.build(settings, "failing")
    assert published(settings) == {two_releases[0]}
