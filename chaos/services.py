"""Services killed while nights go through them: a scheduler, workers, Redis, PostgreSQL, and single tasks.

The services are those of `make up-services`: Airflow with two Celery workers, as processes. A program that was killed
is started again, as a container's engine does it; everything else they must find out by themselves.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import os
import random
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil

from chaos import holding, small
from chaos.contract import Count, Form, Say
from childrens_warehouse.orchestration.cluster import compose, secrets, services
from childrens_warehouse.orchestration.cluster.places import Places
from childrens_warehouse.orchestration.environment import ADMIN
from childrens_warehouse.orchestration.services import Running
from childrens_warehouse.publish.current import current_release
from childrens_warehouse.serving.local import free_port
from childrens_warehouse.settings import PROJECT, Home, Settings

_NIGHTS = {Form.SHORT: 1, Form.LONG: 12, Form.ONE: 1}
_PROGRAMS = ("scheduler", "triggerer", "api-server", "dag-processor", "worker-1", "worker-2", "redis")
_SERVERS = ("postgres", "marts-postgres")
_LANDING = ("land_social_care", "land_education", "land_health")
_SECONDS_FOR_A_NIGHT = 1500.0
_VARIABLES = {
    "WAREHOUSE_POLL_SECONDS": "2",
    # A task whose worker is gone is noticed after this, instead of after five minutes.
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "30",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "5",
}


def run(form: Form, seed: int, say: Say) -> Count:
    """Run one night undisturbed, then so many with a kill in each; the kills of a night are repeated by its seed."""
    if missing := [name for name in services.PROGRAMS if not shutil.which(name)]:
        say(f"not on PATH, so nothing is started: {', '.join(missing)}")
        return Count()
    small.install()
    with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
        # As root PostgreSQL runs as another user, who must come to its folder.
        Path(folder).chmod(0o755)
        with _up(Path(folder)) as cluster:
            seconds = cluster.night(small.NIGHTS[0], None)[1]
            say(f"an undisturbed night takes {seconds:.0f} s")
            total = Count()
            for number in range(_NIGHTS[form]):
                count, sentence = cluster.trial(small.NIGHTS[1 + number], seed + number, seconds)
                total += count
                say(f"{number + 1}/{_NIGHTS[form]} {sentence}")
            return total


@contextlib.contextmanager
def _up(folder: Path) -> Iterator[Cluster]:
    settings = dataclasses.replace(Settings.from_environment(), home=Home(folder / "home").create())
    held = folder / "secrets"
    secrets.make(held, "localhost")
    before = os.environ.get("PYTHONPATH", "")
    os.environ["PYTHONPATH"] = os.pathsep.join((str(PROJECT / "chaos" / "inside"), str(PROJECT)))
    os.environ.update(_VARIABLES)
    try:
        yield Cluster(settings, services.up(settings, free_port(), held, _VARIABLES), folder)
    finally:
        services.down(settings)
        os.environ["PYTHONPATH"] = before
        for name in _VARIABLES:
            os.environ.pop(name, None)


class Cluster:
    """The services of one home, and beside it a home in which the same nights go by undisturbed."""

    def __init__(self, settings: Settings, places: Places, folder: Path) -> None:
        self.settings, self.places = settings, places
        self.undisturbed = small.settings_at(folder / "undisturbed")
        password = (places.secrets / "admin_password").read_text(encoding="utf-8").strip()
        self.sign_in = {"username": ADMIN, "password": password}

    def trial(self, night: dt.date, seed: int, seconds: float) -> tuple[Count, str]:
        """One night with a kill in it. What it came to, and a sentence about it."""
        rng = random.Random(seed)
        target = rng.choice(("task", "task", "task", *_PROGRAMS, *_SERVERS))
        after = rng.uniform(0, seconds)
        named = f"services, seed {seed}: {target} killed after {after:.0f} s of the night {night}"
        broken, took = self.night(night, (target, after))
        settings = self.settings
        broken += [
            *holding.nothing_half_counts(settings),
            *(each for each in holding.permissions_kept(settings) if not each.startswith("services")),
        ]
        leaks = holding.leaks(settings, small.sample().searcher)
        count = Count(
            kills=1,
            deliveries=small.FILES,
            unaccounted=holding.unaccounted(settings),
            leaks=len(leaks),
            broken=tuple(f"{named}: {each}" for each in (*broken, *leaks)),
        )
        return count, f"{named}: {'survived' if count.is_clean else 'BROKEN'}, published after {took:.0f} s"

    def night(self, night: dt.date, kill: tuple[str, float] | None) -> tuple[list[str], float]:
        """Deliver and run one night until it is published. What did not hold, and how long it took."""
        before = holding.published(self.settings.home)
        for settings in (self.undisturbed, self.settings):
            small.sample().deliver(settings, night)
        wanted = small.run(self.undisturbed, night)
        began = time.monotonic()
        for dag in _LANDING:
            self._trigger(dag, night)
        broken: list[str] = []
        while time.monotonic() - began < _SECONDS_FOR_A_NIGHT:
            if kill and time.monotonic() - began >= kill[1]:
                self._kill(kill[0])
                kill = None
            broken += holding.readers_see(self.settings, (before, wanted))
            release = current_release(self.settings)
            if kill is None and release and release.release_id == wanted and self._is_quiet():
                break
            time.sleep(1)
        else:
            return [*broken, f"release {wanted} is not published"], _SECONDS_FOR_A_NIGHT
        broken += holding.readers_see(self.settings, (wanted,), is_settled=True)
        if holding.content_hashes(self.settings) != holding.content_hashes(self.undisturbed):
            broken.append("what is published is not what an undisturbed night publishes")
        return broken, time.monotonic() - began

    def _kill(self, target: str) -> None:
        """End a program with all it started, or a single task, and start the program again."""
        running = self._running()
        known = compose.services(_VARIABLES)
        if target in _SERVERS:
            told = (self.places.folder / target / "data" / "postmaster.pid").read_text(encoding="ascii")
            os.kill(int(told.split()[0]), signal.SIGKILL)
            time.sleep(2)
            services._start_server(known[target], self.places)
        elif target in _PROGRAMS:
            session = running.processes[target][0]
            _end([each for each in running.members() if os.getsid(each.pid) == session])
            services._start(known[target], self.places, running)
        else:
            tasks = [each for each in running.members() if "task" in " ".join(each.cmdline())]
            _end(random.Random(len(tasks)).sample(tasks, min(1, len(tasks))))

    def _trigger(self, dag: str, night: dt.date) -> None:
        """Start a DAG; a service that was just killed may need a moment."""
        told = {"logical_date": None, "conf": {"extract_date": night.isoformat(), "wait": False}}
        for _ in range(30):
            with contextlib.suppress(httpx.HTTPError), self._client() as client:
                client.post(f"/api/v2/dags/{dag}/dagRuns", json=told).raise_for_status()
                return
            time.sleep(2)
        raise RuntimeError(f"{dag} cannot be started")

    def _is_quiet(self) -> bool:
        """Is no run of a DAG under way any more?"""
        with contextlib.suppress(httpx.HTTPError), self._client() as client:
            answer = client.get("/api/v2/dags/~/dagRuns", params={"state": ["running", "queued"]}).raise_for_status()
            return not answer.json()["total_entries"]
        return False

    def _client(self) -> httpx.Client:
        certificate = str(self.places.secrets / "certificate.pem")
        client = httpx.Client(base_url=self.places.pages_address, verify=certificate, timeout=60)
        answer = client.post("/auth/token", json=self.sign_in).raise_for_status()
        client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        return client

    def _running(self) -> Running:
        running = Running.read(self.settings.home)
        assert running
        return running


def _end(processes: list[psutil.Process]) -> None:
    for each in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            each.kill()
    psutil.wait_procs(processes, timeout=10)
