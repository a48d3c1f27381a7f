"""Airflow's services killed in the middle of a night: task, worker, scheduler, API, Redis, and both databases.

The services of docker-compose.yml run as processes, and whatever ends is started again, as an engine does that is told
`restart: unless-stopped`. Readers see the last good or the new good release all the while; the night comes to an end
by Airflow's own retries, or when it is run again, and to what an undisturbed night comes to.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import io
import os
import random
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import httpx
import psycopg

from chaos import holding, small
from chaos.contract import Count, Form, Say, sentence
from chaos.range import Range, Whole, shared
from chaos.servers import process_id, shown
from chaos.works import SECOND, WORKS, load
from childrens_warehouse.errors import PostgresUnavailable
from childrens_warehouse.orchestration import services as airflow
from childrens_warehouse.orchestration import supervision
from childrens_warehouse.orchestration.cluster import compose, secrets, services
from childrens_warehouse.orchestration.cluster.places import Places
from childrens_warehouse.orchestration.services import Running
from childrens_warehouse.serving.local import free_port
from childrens_warehouse.settings import PROJECT, Home, Settings

_NIGHTS = {Form.SHORT: 1, Form.LONG: 10, Form.ONE: 1}
_KILLS = 3  # a night
_TASK = "task"
_VICTIMS = (
    _TASK, _TASK, _TASK, "worker-1", "worker-2", "scheduler", "scheduler", "api-server", "redis", "postgres",
    "postgres", "marts-postgres", "dag-processor", "triggerer",
)  # fmt: skip
# A night's tasks in their order, by which moments are told: so long after one of them has begun.
_TASKS = (
    "choose_night", "list_authorities", "wait_for_folder", "find_deliveries", "land_files", "close_night",
    "begin_build", "go_on_if_needed", "build_models", "judge", "choose_build", "publish", "load_into_postgresql",
)  # fmt: skip
_WRITING = ("land_files", "close_night", "begin_build", "build_models", "judge", "publish", "load_into_postgresql")
_LANDING = ("land_social_care", "land_health", "land_education")
# These say nothing about what is published, and the small marts have no tables for them.
_PAUSED = ("publish_report", "watch_deadlines")
_SECONDS_FOR_A_NIGHT = 900.0
_SECONDS_IDLE = 40.0
_SECONDS_BETWEEN_READERS = 2.0
_SECONDS_BETWEEN_LOOKS = 0.5
# Its own shortest tasks take 0.3 s, those that write a second.
_LONGEST_DELAY = 0.8


def run(form: Form, seed: int, say: Say) -> Count:
    """Kill services in so many nights; each is repeated alone by its own seed."""
    if missing := [name for name in services.PROGRAMS if not shutil.which(name)]:
        say(f"not installed, so that no services can run: {', '.join(missing)}")
        return Count()
    total = Count()
    with Services.up(shared()) as up:
        nights = Nights(shared(), up)
        for number in range(_NIGHTS[form]):
            count, said = nights.trial(seed + number)
            total += count
            say(f"{number + 1}/{_NIGHTS[form]} {said}")
    return total


@dataclasses.dataclass(frozen=True)
class Kill:
    """Who is ended by what, so many seconds after a task of this name has begun; of all tasks, that task itself."""

    victim: str
    signal: signal.Signals
    task: str
    seconds: float

    def __str__(self) -> str:
        return f"{self.signal.name} for {self.victim} {self.seconds:.2f} s into {self.task}"

    @classmethod
    def any(cls, rng: random.Random) -> Kill:
        victim = rng.choice(_VICTIMS)
        task = rng.choice(_WRITING if victim == _TASK else _TASKS)
        sent = rng.choice((signal.SIGKILL, signal.SIGKILL, signal.SIGTERM))
        if victim in services.SERVERS and sent == signal.SIGTERM:
            sent = signal.SIGINT  # compose's stop_signal
        return cls(victim, sent, task, rng.uniform(0, _LONGEST_DELAY))


class Services:
    """The services, in a home of their own; tasks work in the range's."""

    def __init__(self, settings: Settings, places: Places, variables: dict[str, str]) -> None:
        self.settings, self.places = settings, places
        self.described = compose.services(variables)
        self.servers = {name: services.server(name, places) for name in services.SERVERS}
        self.records, self.marts = self.servers["postgres"], self.servers["marts-postgres"]
        self.password = (places.secrets / "admin_password").read_text(encoding="utf-8").strip()

    @classmethod
    @contextlib.contextmanager
    def up(cls, range_: Range) -> Iterator[Services]:
        """Start them, and stop them at the end."""
        # No night is due while these run: it would go before the one that is asked for.
        away = dt.datetime.now(range_.settings.timezone) + dt.timedelta(hours=12)
        variables = {"WAREHOUSE_POLL_SECONDS": "2", "WAREHOUSE_SCHEDULE": f"0 {away.hour} * * *"}
        with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
            # As root PostgreSQL runs as another user, who must come to its folder.
            Path(folder).chmod(0o755)
            settings = dataclasses.replace(range_.settings, home=Home(Path(folder) / "home"))
            held = Path(folder) / "secrets"
            secrets.make(held, "localhost")
            (held / "pseudonym_key").write_text(small.KEY, encoding="utf-8")
            inside = (str(PROJECT / "chaos" / "inside"), str(PROJECT), os.environ.get("PYTHONPATH", ""))
            told = {"PYTHONPATH": os.pathsep.join(filter(None, inside)), "CHAOS_HOME": str(range_.root)}
            with mock.patch.dict(os.environ, told), contextlib.ExitStack() as stack:
                stack.callback(services.down, settings)
                with contextlib.redirect_stdout(io.StringIO()):
                    places = services.up(settings, free_port(), held, variables)
                found = cls(settings, places, variables)
                with found.api() as client:
                    for dag_id in _PAUSED:
                        client.patch(f"/dags/{dag_id}", json={"is_paused": True}).raise_for_status()
                yield found

    @property
    def running(self) -> Running:
        found = Running.read(self.settings.home)
        assert found, "some service runs"
        return found

    def api(self) -> httpx.Client:
        return airflow.api(self.running, self.password)

    def end(self, kill: Kill) -> bool:
        """Send the signal; was there whom to send it to?"""
        pid = self._task(kill.task) if kill.victim == _TASK else self._pid(kill.victim)
        if pid is None:
            return False
        try:
            os.kill(pid, kill.signal)
        except ProcessLookupError:
            return False
        return True

    def look_after(self) -> None:
        """Start again what has ended; of its processes none is left then, as in a container."""
        running = self.running
        for name in running.dead():
            for process in supervision.members({name: running.processes[name]}):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process.pid, signal.SIGKILL)
            shutil.rmtree(self.places.work(self.described[name]))
            self._start(name)
        for name, server in self.servers.items():
            if not server.is_running():
                # Its sessions may not have ended yet, which they must before it starts: the next look is soon.
                with contextlib.suppress(PostgresUnavailable, psycopg.Error):
                    self._start(name)

    def query(self, statement: str) -> list[tuple[object, ...]]:
        """Ask Airflow's database. Nothing while it is away."""
        try:
            with psycopg.connect(self.records.address("airflow"), autocommit=True) as connection:
                return connection.execute(statement.encode()).fetchall()
        except psycopg.Error:
            return []

    def logs(self) -> Iterator[Path]:
        return (path for path in self.settings.home.logs.rglob("*") if path.is_file())

    def _start(self, name: str) -> None:
        with contextlib.redirect_stdout(io.StringIO()):
            services.start(self.described[name], self.places, self.running)

    def _pid(self, name: str) -> int | None:
        if name not in self.servers:
            return self.running.processes[name][0]
        with contextlib.suppress(FileNotFoundError):
            return process_id(self.servers[name])
        return None

    def _task(self, task_id: str) -> int | None:
        """A process that is at this task; it is called by the task's id."""
        running = self.query(f"select id from task_instance where task_id = '{task_id}' and state = 'running'")
        titles = {f"airflow worker -- {each}" for (each,) in running}
        for process in self.running.members():
            with contextlib.suppress(OSError):
                if " ".join(Path(f"/proc/{process.pid}/cmdline").read_text().split("\0")).strip() in titles:
                    return process.pid
        return None


class Nights:
    """Runs the second night under the services, kills some of them, and looks what came of it."""

    def __init__(self, range_: Range, up: Services) -> None:
        self.range, self.services = range_, up
        self.night = next(work for work in WORKS if work.name == "night")
        self.whole: Whole = range_.undisturbed(self.night)
        self.address = up.marts.address("warehouse")
        # With a role that may do all: the socket asks nobody for a password.
        self.marts = {"WAREHOUSE_POSTGRES_URL": up.marts.address("warehouse", "warehouse")}
        range_.do(load, self.marts)
        self.shown = shown(self.address)

    def trial(self, seed: int) -> tuple[Count, str]:
        """One night with its kills. What it came to, and a sentence about it."""
        rng = random.Random(seed)
        kills = [Kill.any(rng) for _ in range(_KILLS)]
        self._begin()
        began = time.monotonic()
        ended, again, broken = self._watch(kills)
        seconds = time.monotonic() - began
        settings = self.range.settings
        broken += [
            *holding.readers_see(settings, self.whole.releases[-1:], is_settled=True),
            *holding.nothing_half_counts(settings),
            *holding.permissions_kept(settings),
            *holding.explained(settings, ()),
            *holding.tidy(settings),
        ]
        if holding.content_hashes(settings) != self.whole.hashes:
            broken.append("what is published is not what an undisturbed night publishes")
        if shown(self.address) != self.shown:
            broken.append("what PostgreSQL shows in the end is not the release")
        searcher = small.sample().searcher
        leaks = holding.leaks(settings, searcher)
        leaks += [str(each) for path in self.services.logs() for each in searcher.in_file(path, path.name)]
        told = "; ".join(f"{kill}{'' if kill in ended else ' (had ended before)'}" for kill in kills)
        named = f"services, seed {seed}: {told}"
        count = dataclasses.replace(self.range.count(broken, leaks, named), kills=len(ended))
        became = f"survived, {seconds:.0f} s{', run again' if again else ''}"
        return count, sentence(count, f"{named}: {became}")

    def _begin(self) -> None:
        """The first night is published, in the files and on the server, and the second's landing is asked for."""
        self.range.start_from("delivered")
        self.range.do(load, self.marts)
        self.shown_before = shown(self.address)
        self.last = self._last_run()
        self._ask()

    def _ask(self) -> None:
        """Start the landings, as a person on duty does."""
        until = time.monotonic() + _SECONDS_FOR_A_NIGHT
        wanted = list(_LANDING)
        while wanted:
            try:
                with self.services.api() as client:
                    client.delete("/dags/build_warehouse/assets/queuedEvents")
                    while wanted:
                        body = {"logical_date": None, "conf": {"extract_date": SECOND.isoformat(), "wait": False}}
                        client.post(f"/dags/{wanted[0]}/dagRuns", json=body).raise_for_status()
                        wanted.pop(0)
            except httpx.HTTPError:
                if time.monotonic() > until:
                    raise
                self.services.look_after()
                time.sleep(0.5)

    def _watch(self, kills: list[Kill]) -> tuple[list[Kill], bool, list[str]]:
        """Do the kills at their moments and wait until the night is over.

        Which of them met anybody, was the night run again, and what readers did not see as they should.
        """
        waiting, met, broken, again = list(kills), list[Kill](), list[str](), False
        began = busy = read = looked = time.monotonic()
        seen: dict[str, float] = {}
        while True:
            now = time.monotonic()
            if now > looked + _SECONDS_BETWEEN_LOOKS:
                self.services.look_after()
                looked = now
            for task_id in self._begun():
                seen.setdefault(task_id, now)
            due = [kill for kill in waiting if kill.task in seen and now >= seen[kill.task] + kill.seconds]
            for kill in due:
                waiting.remove(kill)
                if self.services.end(kill):
                    met.append(kill)
            if due or now > read + _SECONDS_BETWEEN_READERS:
                broken += self._readers()
                read = time.monotonic()
            states = self.services.query(f"select dag_id, state from dag_run where id > {self.last}")
            if not states or any(state in ("queued", "running") for _, state in states):
                busy = now
            elif ("publish_marts", "success") in states and not waiting:
                return met, again, broken
            elif now > busy + _SECONDS_IDLE:
                if again:
                    return met, again, [*broken, f"came to no end: {sorted(map(str, states))}"]
                again, busy, waiting = True, now, []
                self._ask()
            if now > began + _SECONDS_FOR_A_NIGHT:
                return met, again, [*broken, f"not over after {_SECONDS_FOR_A_NIGHT:.0f} s: {sorted(map(str, states))}"]
            time.sleep(0.03)

    def _last_run(self) -> int:
        """The last run of the nights before; their services may be coming back."""
        until = time.monotonic() + _SECONDS_FOR_A_NIGHT
        while time.monotonic() < until:
            if found := self.services.query("select coalesce(max(id), 0) from dag_run"):
                return int(str(found[0][0]))
            self.services.look_after()
            time.sleep(0.5)
        raise PostgresUnavailable("Airflow's database does not come back.")

    def _begun(self) -> set[str]:
        """The tasks of this night of which one has begun."""
        found = self.services.query(
            "select distinct t.task_id from task_instance as t join dag_run as r using (dag_id, run_id)"
            f" where r.id > {self.last} and t.start_date is not null"
        )
        return {str(task_id) for (task_id,) in found}

    def _readers(self) -> list[str]:
        """What readers of the files and of the server do not see as they should, now."""
        broken = self.range.readers_still(self.whole)
        with contextlib.suppress(psycopg.OperationalError):  # the server is away
            # A load may come between one view and the next: then the second look is after it.
            if not any(shown(self.address) in (self.shown_before, self.shown) for _ in range(2)):
                broken.append("readers of PostgreSQL see neither release whole")
        return broken
