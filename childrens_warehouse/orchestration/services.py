"""Airflow as a set of programs on this machine: what `make up` starts and `make down` stops.

    python -m childrens_warehouse.orchestration.services up --port 8080
    python -m childrens_warehouse.orchestration.services down

The same four programs run as services in docker-compose.yml. Where WAREHOUSE_POSTGRES_URL is local, a PostgreSQL
server for BI tools comes up and goes down with them. For one machine and its own people: SQLite, a
LocalExecutor, and one generated password; docs/operating-guide.md says what a shared server needs instead.
"""

from __future__ import annotations

import argparse
import json
import secrets
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil

from childrens_warehouse.errors import WarehouseError
from childrens_warehouse.observing.logs import JSON, spoken
from childrens_warehouse.orchestration import supervision
from childrens_warehouse.orchestration.environment import (
    ADMIN,
    DAGS,
    airflow,
    airflow_environment,
    keep_secret,
    passwords,
    prepare,
    prepare_pools,
)
from childrens_warehouse.orchestration.healthcheck import HEALTH
from childrens_warehouse.orchestration.supervision import ServicesError
from childrens_warehouse.serving import local
from childrens_warehouse.settings import Home, Settings, log_format

# The arguments of `airflow` for each program. No log servers: the pages read the logs from the same disk.
COMPONENTS: dict[str, tuple[str, ...]] = {
    "api-server": ("api-server",),
    "scheduler": ("scheduler", "--skip-serve-logs"),
    "dag-processor": ("dag-processor",),
    "triggerer": ("triggerer", "--skip-serve-logs"),
}
HEALTHY_WITHIN_SECONDS = 240.0
# The others tell it how they ended.
LAST = (("api-server",),)


@dataclass(frozen=True)
class Running:
    """What was started: the address, and each program's process id with its time of birth (epoch seconds)."""

    port: int
    processes: dict[str, tuple[int, float]]

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @classmethod
    def read(cls, home: Home) -> Running | None:
        """What `up` wrote for this home and is at least in part still alive; None if there is nothing."""
        try:
            record = json.loads(_record(home).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        running = cls(record["port"], {name: (pid, born) for name, (pid, born) in record["processes"].items()})
        return running if running.members() else None

    def write(self, home: Home) -> None:
        _record(home).write_text(json.dumps(asdict(self)), encoding="utf-8")

    @staticmethod
    def forget(home: Home) -> None:
        """Nothing of it runs any more."""
        _record(home).unlink(missing_ok=True)

    def members(self) -> list[psutil.Process]:
        """Every living process of ours: the programs and whatever they started."""
        return supervision.members(self.processes)

    def dead(self) -> list[str]:
        """The programs that are gone."""
        return supervision.dead(self.processes)


def up(settings: Settings, port: int) -> Running:
    """Start what is needed and return when the pages, the scheduler and all DAGs are there.

    Raises ServicesError if they are up already or the port is taken, and leaves nothing running then.
    """
    if already := Running.read(settings.home):
        raise ServicesError(f"Airflow is already up for this home at {already.address}; stop it with: make down")
    supervision.check_port(port, "up")
    environment = airflow_environment(settings, port)
    log = settings.home.logs / "airflow-setup.log"
    _say("Preparing Airflow's database")
    prepare(settings, environment, log)
    prepare_pools(settings, environment, log)
    password = _password(settings.home)
    _say("Starting " + ", ".join(COMPONENTS))
    running = Running(port, {name: _start(name, settings.home, environment) for name in COMPONENTS})
    running.write(settings.home)
    try:
        _wait_until_healthy(running, settings.home)
        wait_for_dags(running, password)
    except BaseException:
        supervision.stop(running.processes, LAST)
        Running.forget(settings.home)
        raise
    return running


def down(settings: Settings) -> int:
    """Stop everything `up` started, and see that it is gone. Returns how many processes were stopped."""
    running = Running.read(settings.home)
    stopped = supervision.stop(running.processes, LAST) if running else 0
    Running.forget(settings.home)
    return stopped


def api(running: Running, password: str) -> httpx.Client:
    """A client for Airflow's REST interface, signed in."""
    answer = httpx.post(
        f"{running.address}/auth/token", json={"username": ADMIN, "password": password}, timeout=30
    ).raise_for_status()
    return httpx.Client(
        base_url=f"{running.address}/api/v2",
        headers={"Authorization": f"Bearer {answer.json()['access_token']}"},
        timeout=30,
    )


def read_password(home: Home) -> str:
    return json.loads(passwords(home).read_text(encoding="utf-8"))[ADMIN]


def _record(home: Home) -> Path:
    return home.airflow / "services.json"


def _password(home: Home) -> str:
    """The password of the one user, made on the first start and kept."""
    keep_secret(passwords(home), json.dumps({ADMIN: secrets.token_urlsafe(12)}))
    return read_password(home)


def _start(name: str, home: Home, environment: dict[str, str]) -> tuple[int, float]:
    return supervision.start(airflow(*COMPONENTS[name]), environment, home.airflow, home.logs / f"airflow-{name}.log")


def _wait_until_healthy(running: Running, home: Home) -> None:
    started = time.monotonic()
    waiting_for = list(COMPONENTS)
    while time.monotonic() - started < HEALTHY_WITHIN_SECONDS:
        if dead := running.dead():
            raise ServicesError(f"{dead[0]} ended while starting; see {home.logs / f'airflow-{dead[0]}.log'}")
        found = health(running)
        waiting_for = [part for part, state in found.items() if state.get("status") != "healthy"]
        if found and not waiting_for:
            return
        time.sleep(1)
    raise ServicesError(
        f"Not healthy after {HEALTHY_WITHIN_SECONDS:.0f} s: {', '.join(waiting_for)}; see the logs in {home.logs}"
    )


def health(running: Running) -> dict[str, Any]:
    """What the health page says of each part; empty while nobody answers."""
    try:
        return httpx.get(running.address + HEALTH, timeout=10).raise_for_status().json()
    except httpx.HTTPError:
        return {}


def wait_for_dags(running: Running, password: str) -> None:
    """Return when Airflow has taken up every DAG. Raises ServicesError with the reason where it does not."""
    expected = {path.stem for path in DAGS.glob("*.py")}
    found: set[str] = set()
    with api(running, password) as client:
        deadline = time.monotonic() + HEALTHY_WITHIN_SECONDS
        while time.monotonic() < deadline:
            found = {dag["dag_id"] for dag in client.get("/dags").raise_for_status().json()["dags"]}
            if expected <= found:
                return
            time.sleep(1)
        errors = client.get("/importErrors").raise_for_status().json()["import_errors"]
    reasons = "; ".join(error["stack_trace"].strip().splitlines()[-1] for error in errors)
    raise ServicesError(f"DAGs that Airflow did not take up: {', '.join(sorted(expected - found))}. {reasons}")


def _say(text: str) -> None:
    print(f"== {text}", flush=True)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="services", description=__doc__.split("\n", 1)[0])
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("up", help="start").add_argument("--port", type=int, default=8080)
    commands.add_parser("down", help="stop")
    choice = parser.parse_args(argv)
    try:
        settings = Settings.from_environment()
        if choice.command == "up":
            server = local.ensure(settings)
            running = up(settings, choice.port)
            print(f"Airflow is up:  {running.address}")
            # A log that is kept is no place for it.
            password = passwords(settings.home) if log_format() == JSON else read_password(settings.home)
            print(f"Sign in as:     {ADMIN}  password: {password}")
            print(f"Logs:           {settings.home.logs}")
            if server:
                print(f"PostgreSQL:     {server.address(local.DATABASE)}; for BI tools 127.0.0.1:{server.port}")
            print("Stop it with:   make down")
        elif choice.command == "down":
            stopped = down(settings)
            if (server := local.of(settings)) and server.stop():
                print("Stopped PostgreSQL.")
            print(f"Stopped {stopped} processes; nothing is left running." if stopped else "Nothing was running.")
    except WarehouseError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    with spoken():
        raise SystemExit(main())
