"""What `make nightly` does and shows, as a program of its own."""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from zoneinfo import ZoneInfo

import psutil
import pytest
from rich.console import Console

from childrens_warehouse.errors import BusyError, ConfigurationError
from childrens_warehouse.orchestration import nightly
from childrens_warehouse.orchestration.environment import airflow_environment
from childrens_warehouse.orchestration.nightly import SAMPLE_NIGHT, Told, alone, choose_night
from childrens_warehouse.orchestration.progress import Progress
from childrens_warehouse.orchestration.services import Running
from childrens_warehouse.settings import Home, Settings
from childrens_warehouse.simulate import Scenario, simulate
from tests.conftest import FEW_DATASETS

NIGHT = dt.date(2017, 5, 31)


# Events as the runner tells them.
BUILT = {"event": "dag_ended", "dag": "build_warehouse", "state": "success", "emitted": ["gated_build"]}
SKIPPED = {**BUILT, "emitted": []}
PUBLISHED = {"event": "dag_ended", "dag": "publish_marts", "state": "success", "emitted": ["published_marts"]}
ALARM = {
    "event": "failed", "dag": "land_health", "task": "raise_alarm", "label": None, "reason": "LATE: 310\nLATE: 311",
}  # fmt: skip
BROKEN = {"event": "failed", "dag": "land_health", "task": "land_files", "label": "310", "reason": "OSError"}
DONE = {"event": "done"}
LAND = {"dag": "land_health", "task": "land_files", "label": "310", "seconds": 0.5}


def settings_of(root: Path) -> Settings:
    return dataclasses.replace(Settings.from_environment(), home=Home(root))


def folder(home: Home, night: str) -> Path:
    path = home.create().inbox / "310" / "health" / night
    path.mkdir(parents=True)
    return path


class TestTheNightThatIsRun:
    def test_the_one_asked_for(self, tmp_path):
        assert choose_night(settings_of(tmp_path), "2016-02-29") == dt.date(2016, 2, 29)

    @pytest.mark.parametrize("asked", ["31/05/2017", "2017-02-29", "yesterday"])
    def test_what_is_no_date_is_refused_with_the_form_it_should_have(self, tmp_path, asked):
        with pytest.raises(ConfigurationError, match=f"DATE must look like 2017-05-31, not '{asked}'"):
            choose_night(settings_of(tmp_path), asked)

    def test_else_the_newest_in_the_inbox(self, tmp_path):
        home = Home(tmp_path)
        for night in ("2017-03-31", "2017-10-02", "2017-09-30", "to be sorted"):
            folder(home, night)
        assert choose_night(settings_of(tmp_path), None) == dt.date(2017, 10, 2)

    def test_else_the_night_of_the_sample(self, tmp_path):
        assert choose_night(settings_of(tmp_path), None) == SAMPLE_NIGHT

    def test_where_files_are_fetched_the_night_that_is_due(self, tmp_path):
        folder(Home(tmp_path), "2017-10-02")
        (tmp_path / "ways_in.toml").write_text(
            '[[way_in]]\nauthority = "310"\nsource = "health"\nkind = "folder"\npath = "/srv/out/{extract_date}"\n'
        )
        due = dt.datetime.now(ZoneInfo("Europe/London")).date() - dt.timedelta(days=1)
        assert choose_night(settings_of(tmp_path), None) == due


class TestTheVerdict:
    """Ends well when a release was published or nothing had changed; in no other case."""

    @staticmethod
    def told(*events) -> Told:
        told = Told()
        for event in events:
            told.take(event)
        return told

    def test_published_is_good(self):
        assert self.told(BUILT, PUBLISHED, DONE).is_good

    def test_unchanged_is_good(self):
        assert self.told(SKIPPED, DONE).is_good

    def test_a_refused_or_late_file_needs_a_person_and_is_no_failure(self):
        told = self.told(ALARM, BUILT, PUBLISHED, DONE)
        assert (told.is_good, told.alarms) == (True, ["LATE: 310", "LATE: 311"])

    def test_a_failed_task_is_a_failure_although_the_rest_was_published(self):
        assert not self.told(BROKEN, BUILT, PUBLISHED, DONE).is_good

    def test_a_build_that_failed_is_not_one_that_was_not_needed(self):
        failed = {**SKIPPED, "state": "failed"}
        assert not self.told(failed, DONE).is_good

    def test_gated_but_not_published_is_a_failure(self):
        assert not self.told(BUILT, DONE).is_good

    def test_a_process_that_died_is_a_failure_whatever_it_said_before(self):
        assert not self.told(BUILT, PUBLISHED).is_good


class TestOneAtATime:
    def test_a_second_one_is_told_to_wait(self, tmp_path):
        home = Home(tmp_path)
        with alone(home), pytest.raises(BusyError, match="Another `make nightly` is at work"), alone(home):
            pass

    def test_the_next_one_may_go_when_the_first_has_ended(self, tmp_path):
        for _ in range(2):
            with alone(Home(tmp_path)):
                pass

    def test_none_beside_a_scheduler(self, tmp_path):
        home = Home(tmp_path)
        home.airflow.mkdir()
        idle = [sys.executable, "-c", "import time; time.sleep(600)"]
        program = subprocess.Popen(idle, start_new_session=True)
        try:
            born = psutil.Process(program.pid).create_time()
            Running(8123, {"scheduler": (program.pid, born)}).write(home)
            with pytest.raises(BusyError, match=r"up for this home at http://127\.0\.0\.1:8123"), alone(home):
                pass
        finally:
            program.kill()
            program.wait()


class TestWhatIsShown:
    @staticmethod
    def shown(*events, terminal=False) -> str:
        output = io.StringIO()
        with Progress(Console(file=output, force_terminal=terminal, width=60)) as progress:
            for event in events:
                progress.event(event)
        return output.getvalue()

    def test_a_line_names_the_step_and_its_seconds(self):
        text = self.shown({"event": "started", **LAND}, {"event": "succeeded", **LAND})
        assert re.fullmatch(r"\[ +0 s\]   done     land_files 310  \(0\.0 s\)\n", text)

    def test_bookkeeping_leaves_no_line(self):
        brief = {"dag": "land_health", "task": "choose_night", "label": None, "seconds": 0.1}
        assert self.shown({"event": "started", **brief}, {"event": "succeeded", **brief}) == ""

    def test_a_failure_says_why_on_one_line_however_long(self):
        reason = "FILE-HASH: " + "the file is not what its manifest says, " * 5
        text = self.shown({"event": "failed", **LAND, "reason": reason})
        assert "FAILED   land_files 310: FILE-HASH:" in text
        assert text.count("\n") == 1

    def test_square_brackets_in_a_reason_are_shown_as_they_are(self):
        assert "column [child_id]" in self.shown({"event": "failed", **LAND, "reason": "column [child_id]"})

    def test_a_terminal_gets_a_live_line(self):
        text = self.shown({"event": "started", **LAND}, terminal=True)
        assert "land_files 310" in text and "\x1b[" in text

    def test_a_step_of_many_files_names_the_one_it_is_at_and_its_seconds_go_on(self, monkeypatch):
        now = [100.0]
        monkeypatch.setattr("childrens_warehouse.orchestration.progress.time.monotonic", lambda: now[0])
        output = io.StringIO()
        with Progress(Console(file=output, width=60)) as progress:
            progress.event({"event": "started", **LAND})
            now[0] += 10
            progress.event({"event": "at", "what": "310: 3 of 17: sdq.csv of 2017-05-31"})
            now[0] += 6
            progress.tick()
            progress.event({"event": "succeeded", **LAND})
        assert "... 310: 3 of 17: sdq.csv of 2017-05-31, 16 s so far" in output.getvalue()
        assert "done     land_files 310  (16.0 s)" in output.getvalue()

    def test_where_there_is_no_live_line_a_long_step_shows_that_it_lives(self, monkeypatch):
        now = [100.0]
        monkeypatch.setattr("childrens_warehouse.orchestration.progress.time.monotonic", lambda: now[0])
        output = io.StringIO()
        with Progress(Console(file=output, width=60)) as progress:
            progress.start("build_models")
            for _ in range(40):
                now[0] += 1
                progress.tick()
        assert output.getvalue() == (
            "[   15 s] ... build_models, 15 s so far\n[   30 s] ... build_models, 30 s so far\n"
        )


def like(home: Home, folder: Path) -> Home:
    """A new home with an Airflow that is set up, because setting it up takes as long as a night."""
    new = Home(folder / "home").create()
    shutil.copytree(home.airflow, new.airflow)
    return new


def run_nightly(home: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "childrens_warehouse.orchestration.nightly", *arguments],
        env={**os.environ, "WAREHOUSE_HOME": str(home), **variables},
        capture_output=True, text=True, check=False, timeout=600,
    )  # fmt: skip


def open_runs(home: Home) -> list[tuple[str, str]]:
    with sqlite3.connect(f"file:{home.airflow / 'airflow.db'}?mode=ro", uri=True) as records:
        return records.execute("select dag_id, state from dag_run where state not in ('success', 'failed')").fetchall()


def waiting_calls(home: Home) -> list[str]:
    with sqlite3.connect(f"file:{home.airflow / 'airflow.db'}?mode=ro", uri=True) as records:
        return [dag_id for (dag_id,) in records.execute("select target_dag_id from asset_dag_run_queue")]


@pytest.fixture(scope="module")
def night(tmp_path_factory):
    """A home with one small night, run once."""
    home = Home(tmp_path_factory.mktemp("nightly") / "home")
    few = Scenario(night=NIGHT, nights=1, children=12, pupils=40, attendance_days=10, datasets=FEW_DATASETS)
    simulate(home.create().inbox, few)
    return home, run_nightly(home.root)


@pytest.mark.slow
def test_a_night_ends_well_and_says_so(night):
    home, done = night
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
    assert done.stderr == ""
    assert done.stdout.startswith(f"Night of {NIGHT}, home {home.root}\n")
    for dag_id in ("land_social_care", "land_health", "land_education", "build_warehouse", "publish_marts"):
        assert re.search(rf"^\[ *\d+ s\] {dag_id}$", done.stdout, re.MULTILINE), dag_id
    assert re.search(r"done     build_models  \(\d+\.\d s\)", done.stdout)
    assert "FAILED" not in done.stdout
    assert f"Log: {home.logs / 'nightly-2017-05-31.log'}" in done.stdout
    assert home.marts.exists()


@pytest.mark.slow
def test_what_airflow_says_is_in_the_log_and_not_on_the_screen(night):
    home, done = night
    log = (home.logs / "nightly-2017-05-31.log").read_text()
    assert "[DAG TEST] starting task_id=judge" in log
    assert "[DAG TEST]" not in done.stdout


@pytest.mark.slow
def test_only_the_report_is_left_for_a_scheduler_to_go_on_with(night):
    home, _ = night
    assert open_runs(home) == []
    assert waiting_calls(home) == ["publish_report"]


@pytest.mark.slow
def test_the_same_night_again_changes_nothing_and_says_so(night):
    home, _ = night
    before = (home.marts.stat().st_ino, home.marts.stat().st_mtime_ns)
    again = run_nightly(home.root, "--date", NIGHT.isoformat())
    assert again.returncode == 0, again.stdout[-3000:]
    assert "Nothing new was delivered: every file is as it was landed before." in again.stdout
    assert "build_models" not in again.stdout and "publish_marts" not in again.stdout
    assert (home.marts.stat().st_ino, home.marts.stat().st_mtime_ns) == before


@pytest.mark.slow
def test_a_night_without_folders_goes_on_at_once_with_what_is_in_force(night):
    home, _ = night
    done = run_nightly(home.root, "--date", "2017-06-01")
    assert done.returncode == 0, done.stdout[-3000:]
    assert "The inbox holds no folder of 2017-06-01: going on with what is in force." in done.stdout
    assert "look at  LATE: 310 delivered no complete folder of education for 2017-06-01" in done.stdout
    assert "\nNeeds a person:\n  LATE: 310 delivered no complete folder of social_care for 2017-06-01" in done.stdout


@pytest.mark.slow
def test_a_failure_is_told_with_its_reason_and_the_log_and_ends_with_1(tmp_path, night):
    home = like(night[0], tmp_path)
    folder(home, NIGHT.isoformat())
    done = run_nightly(home.root)
    assert done.returncode == 1
    assert "FAILED:\n  build_warehouse.begin_build : Nothing is in force: no file has been accepted yet." in done.stdout
    assert "Nothing is published yet." in done.stdout
    assert f"Log: {home.logs / 'nightly-2017-05-31.log'}" in done.stdout
    assert open_runs(home) == []


@pytest.mark.slow
@pytest.mark.parametrize("killed", ["nightly is asked to stop", "nightly is killed", "the runner is killed"])
def test_a_night_that_is_cut_short_leaves_nothing_running(tmp_path, night, killed):
    """Asked, as by Ctrl-C or a service manager; killed, as by a lack of memory."""
    home = like(night[0], tmp_path)
    few = Scenario(night=NIGHT, nights=1, children=12, pupils=40, attendance_days=10, datasets=FEW_DATASETS)
    simulate(home.inbox, few)
    program = subprocess.Popen(
        [sys.executable, "-m", "childrens_warehouse.orchestration.nightly"],
        env={**os.environ, "WAREHOUSE_HOME": str(home.root)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    runner = None
    try:
        for line in program.stdout:
            if "done     land_files" in line:
                runner = next(
                    child for child in psutil.Process(program.pid).children() if "runner" in " ".join(child.cmdline())
                )
                if killed == "the runner is killed":
                    runner.kill()
                elif killed == "nightly is killed":
                    program.kill()
                else:
                    program.terminate()
                break
        rest = program.stdout.read()
        ended_with = program.wait(60)
        runner.wait(60)
    finally:
        program.kill()
        program.wait()
        if runner and runner.is_running():
            runner.kill()
    expected = {"nightly is asked to stop": 130, "nightly is killed": -signal.SIGKILL, "the runner is killed": 1}
    assert ended_with == expected[killed], rest
    if killed == "the runner is killed":
        assert "The process that runs the DAGs ended before its time" in rest
    if killed == "nightly is killed":
        # Nobody was left to close the run: the next night does.
        assert "Closed 1 runs that an interrupted process had left open." in close_what_is_left(home)
    assert open_runs(home) == []
    # And nothing stands in the way of the next.
    with alone(home):
        pass


def close_what_is_left(home: Home) -> str:
    settings = dataclasses.replace(Settings.from_environment(), home=home)
    return subprocess.run(
        [sys.executable, "-m", "childrens_warehouse.orchestration.runner", "abandon"],
        env=airflow_environment(settings), capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip


def test_where_nothing_is_configured_the_sample_night_is_one_that_can_be_simulated():
    assert Scenario(night=nightly.SAMPLE_NIGHT)
