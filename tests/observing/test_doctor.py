"""Break one thing of an installation, and the doctor names it; a sound one is found sound, and quickly."""

from __future__ import annotations

import ctypes.util
import dataclasses
import datetime as dt
import fcntl
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from childrens_warehouse.alarms.incidents import Key, Kind, Scope, Trouble, note
from childrens_warehouse.build.candidate import Workspace
from childrens_warehouse.build.steps import build
from childrens_warehouse.landing import pseudonyms
from childrens_warehouse.ledger import Ledger
from childrens_warehouse.observing import doctor
from childrens_warehouse.observing.doctor import Finding, State, program
from childrens_warehouse.publish.steps import publish
from childrens_warehouse.settings import PROJECT, Home, Settings
from tests.build import small_warehouse

Spoil = Callable[[Home, pytest.MonkeyPatch], None]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a night that was published."""
    root = tmp_path_factory.mktemp("kept") / "home"
    with pytest.MonkeyPatch.context() as patched:
        small_warehouse.install(patched.setattr)
        settings = small_warehouse.settings_for(root)
        small_warehouse.deliver_night(settings)
        publish(settings, build(settings, "run").build_id)
    # The small warehouse has no key and leaves raw as it comes.
    text = (root / "raw" / "epoch.json").read_text()
    (root / "raw" / "epoch.json").write_text(text.replace('"test"', f'"{pseudonyms.load(settings.home).key_id}"'))
    subprocess.run(["chmod", "--recursive", "go=", root / "raw"], check=True)
    (root / "inbox" / "310" / "social_care" / "2017-05-31").mkdir(parents=True)
    Ledger(settings.home.ledger).record_source_night("run", dt.date(2017, 5, 31), "social_care", {"late": []})
    (root / "retention.toml").write_text((PROJECT / "seeds" / "retention_example.toml").read_text())
    return root


@pytest.fixture
def home(kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A copy of it, hard links too, to be spoilt."""
    root = tmp_path / "home"
    subprocess.run(["cp", "-a", kept, root], check=True)
    for name in [each for each in os.environ if each.startswith("WAREHOUSE_REQUIRE_") or each.endswith("_SAMPLES")]:
        monkeypatch.delenv(name)  # told to the tests, and no installation has them
    monkeypatch.setenv("WAREHOUSE_HOME", str(root))
    monkeypatch.setenv("WAREHOUSE_ALARM_EMAIL", "duty@council.example")
    return Home(root)


def looked(check: str, deep: bool = False) -> list[Finding]:
    return [each for each in doctor.examine(deep) if each.check == check and each.state is not State.OK]


def test_a_sound_installation_is_found_sound_within_seconds(home):
    began = time.monotonic()
    found = doctor.examine()
    assert [each.line() for each in found if each.state is not State.OK] == []
    assert time.monotonic() - began < 5
    assert {each.check for each in found} >= {"packages", "permissions", "ledger", "release", "key", "airflow"}


def test_looking_changes_nothing(home):
    def tree() -> dict[str, tuple[int, int]]:
        return {
            str(path): (path.stat().st_size, path.stat().st_mode)
            for path in home.root.rglob("*")
            if not path.name.startswith("ledger.sqlite-")
        }

    before = tree()
    doctor.examine(deep=True)
    assert tree() == before


def test_the_command_ends_with_one_where_something_is_wrong_and_tells_it_as_json_too(home):
    home.raw.chmod(0o755)
    done = subprocess.run(
        [sys.executable, "-m", "childrens_warehouse.cli", "doctor", "--json"],
        env={**os.environ, "WAREHOUSE_LOG_FORMAT": "json"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    wrong = [each for each in json.loads(done.stdout) if each["state"] == "wrong"]
    assert [(each["check"], each["to_do"]) for each in wrong] == [("permissions", f"chmod 700 {home.raw}")]


# name: check, state, words of it, what is spoilt
SPOILT: dict[str, tuple[str, State, str, Spoil]] = {}


def spoilt(check: str, state: State, words: str) -> Callable[[Spoil], Spoil]:
    def note_it(spoil: Spoil) -> Spoil:
        SPOILT[spoil.__name__] = (check, state, words, spoil)
        return spoil

    return note_it


@spoilt("settings", State.WRONG, "Did you mean WAREHOUSE_STALE_AFTER_HOURS?")
def a_setting_is_misspelt(home, patch):
    patch.setenv("WAREHOUSE_STALE_AFTER_HOUR", "24")


@spoilt("settings", State.WRONG, "WAREHOUSE_THREADS must be a whole number, not 'two'")
def a_setting_is_no_number(home, patch):
    patch.setenv("WAREHOUSE_THREADS", "two")


@spoilt("settings", State.WRONG, "ZoneInfoNotFoundError")
def the_time_zone_is_not_known(home, patch):
    patch.setenv("WAREHOUSE_TIMEZONE", "Europe/Londn")


@spoilt("time zone", State.WARN, "Nights are counted in UTC")
def the_time_zone_is_another(home, patch):
    patch.setenv("WAREHOUSE_TIMEZONE", "UTC")


@spoilt("settings", State.WRONG, "WAREHOUSE_SCHEDULE is no cron expression")
def the_schedule_is_none(home, patch):
    patch.setenv("WAREHOUSE_SCHEDULE", "at four")


@spoilt("settings", State.WRONG, "WAREHOUSE_ENCODINGS names 'utf-99'")
def an_encoding_is_none(home, patch):
    patch.setenv("WAREHOUSE_ENCODINGS", "utf-8,utf-99")


@spoilt("settings", State.WRONG, "WAREHOUSE_MEMORY_LIMIT is no size")
def the_memory_is_no_size(home, patch):
    patch.setenv("WAREHOUSE_MEMORY_LIMIT", "plenty")


@spoilt("home", State.WRONG, "There is no ")
def the_home_is_away(home, patch):
    shutil.rmtree(home.root)


@spoilt("settings", State.WRONG, "install that version or a later one")
def the_home_is_newer_than_the_program(home, patch):
    (home.root / "home.json").write_text('{"format": 99, "program": "9.9"}')


@spoilt("python", State.WRONG, "Python 3.12.1 runs this")
def python_is_another(home, patch):
    patch.setattr(sys, "version_info", (3, 12, 1))


@spoilt("permissions", State.WRONG, "restricted has mode 750")
def a_folder_is_open(home, patch):
    home.restricted.chmod(0o750)


@spoilt("permissions", State.WRONG, "ledger.sqlite has mode 644")
def the_ledger_is_open(home, patch):
    home.ledger.chmod(0o644)


@spoilt("room", State.WRONG, "are free, and the next night takes")
def the_disk_is_full(home, patch):
    _disk(patch, f_bavail=1000)


@spoilt("room", State.WRONG, "100 files can still be made")
def the_inodes_are_gone(home, patch):
    _disk(patch, f_favail=100)


@spoilt("file system", State.WRONG, "link from releases/ to published/")
def it_cannot_link(home, patch):
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    patch.setattr(os, "link", refuse)


@spoilt("file system", State.WRONG, "lock (flock)")
def its_locks_lock_nothing(home, patch):
    patch.setattr(fcntl, "flock", lambda *_: None)


@spoilt("clock", State.WRONG, "This clock and the file system's are")
def its_clock_is_another(home, patch):
    now = time.time
    patch.setattr(time, "time", lambda: now() + 600)


@spoilt("clock", State.WRONG, "which is yet to come")
def the_clock_was_ahead(home, patch):
    at = (dt.datetime.now(dt.UTC) + dt.timedelta(minutes=10)).isoformat()
    Ledger(home.ledger).record_file(
        recorded_at=at, run_id="r", night="2017-05-31", authority="310", source="health", extract_date="2017-05-31",
        dataset="patients", file_name="patients.csv", status="missing",
    )  # fmt: skip


@spoilt("key", State.WRONG, "but raw was made with key")
def the_key_is_another(home, patch):
    patch.setenv("WAREHOUSE_PSEUDONYM_KEY", "another key, as long as it has to be to be one")


@spoilt("key", State.WRONG, "No pseudonym key is set, and raw was made with key")
def the_key_is_gone(home, patch):
    patch.delenv("WAREHOUSE_PSEUDONYM_KEY")


@spoilt("inbox", State.WRONG, "There is no inbox")
def the_inbox_is_away(home, patch):
    shutil.rmtree(home.inbox)


@spoilt("inbox", State.WARN, "no folder of an authority")
def the_inbox_is_empty(home, patch):
    shutil.rmtree(home.inbox / "310")


@spoilt("ways in", State.WRONG, "ways_in.toml is not TOML")
def ways_in_cannot_be_read(home, patch):
    (home.root / "ways_in.toml").write_text("[[way_in]\n")


@spoilt("ledger", State.WRONG, "The ledger is damaged")
def the_ledger_is_damaged(home, patch):
    home.ledger.write_bytes(b"SQLite format 3\x00" + b"\xff" * 5000)


@spoilt("ledger", State.WRONG, "There are releases and no ledger")
def the_ledger_is_gone(home, patch):
    home.ledger.unlink()


@spoilt("last night", State.WRONG, "was landed 3 days ago")
def nothing_runs_any_more(home, patch):
    with sqlite3.connect(home.ledger) as connection:
        at = (dt.datetime.now(dt.UTC) - dt.timedelta(days=3)).isoformat(timespec="seconds")
        connection.execute("update source_night set recorded_at = ?", (at,))


@spoilt("incidents", State.WARN, "1 incidents are open: build")
def an_incident_is_open(home, patch):
    trouble = Trouble(Key(Kind.BUILD), "It failed.", "Mend it.")
    note(Settings.from_environment(), "run", Scope(dt.date(2017, 5, 31)), [trouble])


@spoilt("incidents", State.WARN, "Nobody is told of incidents")
def nobody_is_told(home, patch):
    patch.delenv("WAREHOUSE_ALARM_EMAIL")


@spoilt("release", State.WRONG, "cannot be opened")
def the_database_is_cut_short(home, patch):
    content = home.marts.read_bytes()
    home.marts.unlink()
    home.marts.write_bytes(content[: len(content) // 2])


@spoilt("release", State.WRONG, "lacks 1 files")
def a_file_of_the_release_is_gone(home, patch):
    next(home.releases.glob("*/dim_child.parquet")).unlink()


@spoilt("release", State.WRONG, "There are releases and no ")
def nothing_is_published_any_more(home, patch):
    home.marts.unlink()


@spoilt("candidate", State.WARN, "was cut short in core")
def a_build_was_cut_short(home, patch):
    workspace = Workspace(home.build)
    workspace.save(dataclasses.replace(workspace.load(), in_step="core"))


@spoilt("readers' groups", State.WRONG, "names no-such-group, which is no group here")
def the_group_is_none(home, patch):
    patch.setenv("WAREHOUSE_READERS_GROUP", "no-such-group")


@spoilt("pango", State.WARN, "pango-1.0")
def pango_is_missing(home, patch):
    patch.setattr(ctypes.util, "find_library", lambda name: None)


@spoilt("retention", State.WARN, "Everything is kept for ever")
def there_is_no_schedule(home, patch):
    (home.root / "retention.toml").unlink()


@spoilt("postgresql", State.WRONG, "cannot be reached")
def postgresql_is_away(home, patch):
    patch.setenv("WAREHOUSE_POSTGRES_URL", "postgresql://warehouse@127.0.0.1:1/warehouse")


@spoilt("airflow", State.WRONG, "Airflow has no pool warehouse_landing, warehouse_writer")
def the_pools_are_gone(home, patch):
    _airflow(home, {"default_pool": 128})


@spoilt("airflow", State.WRONG, "two could write at once")
def two_may_write(home, patch):
    _airflow(home, {"warehouse_writer": 2, "warehouse_landing": 2})


@spoilt("airflow", State.WRONG, "cannot be asked (OperationalError)")
def airflow_has_no_tables(home, patch):
    home.airflow.mkdir(mode=0o700)
    sqlite3.connect(home.airflow / "airflow.db").close()


@pytest.mark.parametrize("name", SPOILT)
def test_what_is_broken_is_named(name, home, monkeypatch):
    check, state, words, spoil = SPOILT[name]
    spoil(home, monkeypatch)
    found = looked(check)
    assert any(each.state is state and words in each.line() for each in found), [each.line() for each in found]


def test_a_file_that_was_changed_is_found_by_looking_deep(home):
    assert looked("content", deep=True) == []
    path = next(home.releases.glob("*/dim_child.parquet"))
    other = next(home.releases.glob("*/fct_review.parquet"))
    path.unlink()
    path.write_bytes(other.read_bytes())
    assert looked("release") == []
    (found,) = looked("content", deep=True)
    assert found.state is State.WRONG and "dim_child.parquet" in found.said


def test_a_file_that_is_open_is_found_by_looking_deep(home):
    path = next(path for path in home.raw.rglob("*") if path.is_file())
    path.chmod(0o644)
    assert looked("permissions") == []
    assert str(path) in looked("permissions", deep=True)[0].said


def test_a_lock_whose_taker_died_is_told_from_one_at_work(home):
    """dbt goes on under the lock where whoever started it was killed."""
    take = (
        "import fcntl, os, subprocess, sys\n"
        "lock = os.open(sys.argv[1], os.O_RDWR)\n"
        "fcntl.flock(lock, fcntl.LOCK_EX)\n"
        "child = subprocess.Popen(['sleep', '60'], pass_fds=(lock,), stdout=subprocess.DEVNULL)\n"
        "print(child.pid, flush=True)\n"
        "sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", take, home.build / ".lock"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as taker:
        child = int(taker.stdout.readline())
        try:
            (at_work,) = [each for each in doctor.examine() if each.check == "candidate"]
            assert at_work.state is State.OK and f"process {taker.pid}" in at_work.said
            taker.kill()
            taker.wait()
            (found,) = looked("candidate")
            assert found.state is State.WRONG and f"kill {child}" in found.to_do
        finally:
            taker.kill()
            os.kill(child, 9)


def test_a_package_that_is_not_as_locked_is_named(tmp_path):
    (tmp_path / "requirements.lock").write_text("duckdb==0.1.0 \\\n    --hash=sha256:aa\nno-such-package==1.0\n")
    ((state, said, to_do),) = program.packages(tmp_path)
    assert state is State.WRONG and "make setup" in to_do
    assert "duckdb 1.5.5 instead of 0.1.0" in said and "no-such-package missing instead of 1.0" in said


def test_a_worker_that_is_not_let_to_airflows_records_is_no_fault(home, monkeypatch):
    worker = yaml.safe_load((PROJECT / "docker-compose.yml").read_text())["services"]["worker-1"]
    name = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"
    monkeypatch.setenv(name, worker["environment"][name])
    assert looked("airflow") == []


def test_asking_for_the_key_makes_none(settings, monkeypatch):
    monkeypatch.delenv("WAREHOUSE_PSEUDONYM_KEY")
    assert "the first night will make one" in looked("key")[0].said
    assert not (settings.home.root / "secrets").exists()


def _disk(patch: pytest.MonkeyPatch, **other: int) -> None:
    class Disk:
        f_bavail, f_frsize, f_files, f_favail = 1 << 40, 4096, 1 << 20, 1 << 20

    for name, value in other.items():
        setattr(Disk, name, value)
    patch.setattr(os, "statvfs", lambda path: Disk)


def _airflow(home: Home, slots: dict[str, int]) -> None:
    home.airflow.mkdir(mode=0o700)
    (home.airflow / ".pools.json").touch()
    with sqlite3.connect(home.airflow / "airflow.db") as connection:
        connection.execute("create table slot_pool (pool text, slots integer)")
        connection.executemany("insert into slot_pool values (?, ?)", slots.items())
