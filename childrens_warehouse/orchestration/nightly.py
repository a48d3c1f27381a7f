"""Run one night from the inbox to published marts: what `make nightly` does.

    python -m childrens_warehouse.orchestration.nightly --date 2017-05-31

Sets up what is missing, invents extracts if the inbox is empty, runs the real DAGs one after the other, and prints
what became of it. Ends with 0 when a release was published or nothing had changed, with 1 when something failed.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import fcntl
import json
import os
import selectors
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from rich.console import Console

from childrens_warehouse.errors import BusyError, ConfigurationError, WarehouseError
from childrens_warehouse.landing import ways_in
from childrens_warehouse.observing.logs import spoken
from childrens_warehouse.orchestration.dates import extract_date
from childrens_warehouse.orchestration.environment import airflow_environment, prepare
from childrens_warehouse.orchestration.progress import Progress
from childrens_warehouse.orchestration.services import Running
from childrens_warehouse.quality import page
from childrens_warehouse.settings import Home, Settings

# The night of the sample extracts: the end of a month, in a school year and a collection year that are under way.
SAMPLE_NIGHT = dt.date(2017, 5, 31)
SECONDS_TO_STOP = 10.0


@dataclass
class Told:
    """What the runner told of the night."""

    is_done: bool = False
    failures: list[str] = field(default_factory=list)
    alarms: list[str] = field(default_factory=list)
    states: dict[str, str] = field(default_factory=dict)
    emitted: set[str] = field(default_factory=set)

    def take(self, event: dict[str, Any]) -> None:
        kind = event["event"]
        if kind == "done":
            self.is_done = True
        elif kind == "dag_ended":
            self.states[event["dag"]] = event["state"]
            self.emitted |= set(event["emitted"])
        elif kind == "failed" and event["task"] == "raise_alarm":
            # Not a failure of the night: files were refused or late, and the rest went on without them.
            self.alarms += event["reason"].splitlines()
        elif kind == "failed":
            self.failures.append(f"{event['dag']}.{event['task']} {event['label'] or ''}: {event['reason']}")

    @property
    def is_published(self) -> bool:
        return "published_marts" in self.emitted

    @property
    def is_unchanged(self) -> bool:
        return self.states.get("build_warehouse") == "success" and "gated_build" not in self.emitted

    @property
    def is_good(self) -> bool:
        return self.is_done and not self.failures and (self.is_published or self.is_unchanged)


def choose_night(settings: Settings, asked: str | None) -> dt.date:
    """The night asked for; else the one that is due where files are fetched; else the newest one in the inbox.

    Without either, the night of the sample.
    """
    if asked:
        try:
            return dt.date.fromisoformat(asked)
        except ValueError:
            raise ConfigurationError(f"DATE must look like 2017-05-31, not {asked!r}.") from None
    if ways_in.load(settings):
        return extract_date(settings, dt.datetime.now(dt.UTC))
    return max(nights_in(settings.home), default=SAMPLE_NIGHT)


def nights_in(home: Home) -> set[dt.date]:
    """Every extract date the inbox holds a folder of."""
    nights = set()
    for folder in home.inbox.glob("*/*/*/"):
        with contextlib.suppress(ValueError):
            nights.add(dt.date.fromisoformat(folder.name))
    return nights


@contextlib.contextmanager
def alone(home: Home) -> Iterator[int]:
    """One `make nightly` at a time for this home, and none beside a scheduler. Raises BusyError.

    Gives the descriptor of the lock: a child that keeps it open keeps the lock, should this process be killed.
    """
    if running := Running.read(home):
        raise BusyError(
            f"Airflow is up for this home at {running.address}: trigger the DAGs there, or stop it first: make down"
        )
    with (home.root / "nightly.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise BusyError("Another `make nightly` is at work on this home; wait until it has ended.") from None
        yield lock.fileno()


def run_night(settings: Settings, asked: str | None, console: Console) -> bool:
    """The whole of it. True when a release was published or nothing had changed."""
    home = settings.home.create()
    night = choose_night(settings, asked)
    with alone(home) as lock:
        console.print(f"Night of {night}, home {home.root}", highlight=False, soft_wrap=True)
        log = home.logs / f"nightly-{night}.log"
        run_id = f"nightly-{night}-{dt.datetime.now(dt.UTC):%Y%m%dT%H%M%SZ}"
        with Progress(console) as progress:
            if ways_in.load(settings):
                progress.line("Files are fetched as ways_in.toml says.")
            elif not nights_in(home):
                _simulate(home, night, progress)
            elif night not in nights_in(home):
                progress.line(f"The inbox holds no folder of {night}: going on with what is in force.", "yellow")
            environment = airflow_environment(settings)
            progress.start("preparing Airflow's database")
            progress.done("  done     preparing Airflow's database" if prepare(settings, environment, log) else None)
            told = _run_dags(night, run_id, environment, log, lock, progress)
            if not told.is_good:
                # the DAG that writes it may not have been reached
                page.write_after_a_night(settings)
    _print_summary(settings, night, run_id, told, log, console)
    return told.is_good


def _simulate(home: Home, night: dt.date, progress: Progress) -> None:
    from childrens_warehouse.simulate import Scenario, simulate

    progress.start("inventing sample extracts, because the inbox is empty")
    simulate(home.inbox, Scenario(night=night))
    progress.done("  done     inventing sample extracts, because the inbox is empty")


def _run_dags(
    night: dt.date, run_id: str, environment: dict[str, str], log: Path, lock: int, progress: Progress
) -> Told:
    """Run the DAGs in a process of their own, so that what Airflow and dbt say goes to the log and not here."""
    told = Told()
    progress.start("starting Airflow")
    reading, writing = os.pipe()
    with log.open("ab") as output, os.fdopen(reading, "rb", buffering=0) as events:
        output.write(f"\n=== {run_id}\n".encode())
        output.flush()
        child = subprocess.Popen(
            _runner("night", "--date", night.isoformat(), "--run-id", run_id, "--events", str(writing)),
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=(writing, lock),
            start_new_session=True,
        )
        os.close(writing)
        try:
            for event in _read(events, progress):
                told.take(event)
                progress.event(event)
            child.wait()
        except BaseException:
            progress.line("Stopping, and closing the run that was under way ...", "yellow")
            raise
        finally:
            _stop(child)
            if not told.is_done:
                subprocess.run(_runner("abandon"), env=environment, stdout=output, stderr=output, check=False)
    if not told.is_done and not told.failures:
        told.failures.append(f"The process that runs the DAGs ended before its time (exit code {child.returncode}).")
    return told


def _runner(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "childrens_warehouse.orchestration.runner", *arguments]


def _read(events: BinaryIO, progress: Progress) -> Iterator[dict[str, Any]]:
    """The runner's events until it closes its end, the seconds on the screen going on meanwhile."""
    os.set_blocking(events.fileno(), False)
    pending = b""
    with selectors.DefaultSelector() as selector:
        selector.register(events, selectors.EVENT_READ)
        while True:
            if not selector.select(timeout=0.5):
                progress.tick()
                continue
            chunk = events.read(65536)
            if not chunk:
                return
            *lines, pending = (pending + chunk).split(b"\n")
            yield from map(json.loads, lines)


def _stop(child: subprocess.Popen[bytes]) -> None:
    """End the child and whatever it started, dbt among it."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if child.poll() is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(SECONDS_TO_STOP)


def _print_summary(settings: Settings, night: dt.date, run_id: str, told: Told, log: Path, console: Console) -> None:
    from childrens_warehouse import report

    console.print()
    report.print_night(settings, night, run_id, console)
    for title, style, lines in (("Needs a person", "yellow", told.alarms), ("FAILED", "red", told.failures)):
        if lines:
            console.print(f"\n{title}:", style=f"bold {style}")
            for line in lines:
                console.print(f"  {line}", markup=False, highlight=False, soft_wrap=True)
    if not told.is_good and settings.home.marts.exists():
        console.print("\nReaders still have the last good release.")
    console.print(f"\nLog: {log}", markup=False, highlight=False, soft_wrap=True)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="nightly", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--date", help="the night to run, as 2017-05-31; default: the newest in the inbox")
    choice = parser.parse_args(argv)
    # A service manager that stops us and a terminal that is closed mean what Ctrl-C means.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    console = Console()
    try:
        return 0 if run_night(Settings.from_environment(), choice.date, console) else 1
    except WarehouseError as error:
        console.print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
        return 1
    except KeyboardInterrupt:
        console.print("Stopped. Nothing half-done is published; run it again when you like.")
        return 130


if __name__ == "__main__":
    with spoken():
        raise SystemExit(main())
