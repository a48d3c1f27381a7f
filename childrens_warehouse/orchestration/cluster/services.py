"""The services of docker-compose.yml on this machine: what `make up-services` starts and `make down-services` stops.

    python -m childrens_warehouse.orchestration.cluster.services up --port 8443
    python -m childrens_warehouse.orchestration.cluster.services down

The very same programs with the same configuration files and the same secrets as ordinary processes, in the same order:
PostgreSQL from its wheel, redis-server and caddy from the PATH, Airflow's programs and two workers from this
environment. For a machine without a container engine, and for the tests.
"""

from __future__ import annotations

import argparse
import functools
import os
import shutil
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import httpx
import psycopg
from psycopg.sql import SQL, Identifier, Literal

from childrens_warehouse.errors import WarehouseError
from childrens_warehouse.orchestration import services, supervision
from childrens_warehouse.orchestration.cluster import compose, secrets
from childrens_warehouse.orchestration.cluster.compose import Service
from childrens_warehouse.orchestration.cluster.places import Places
from childrens_warehouse.orchestration.environment import ADMIN, create_home
from childrens_warehouse.orchestration.services import Running
from childrens_warehouse.orchestration.supervision import ServicesError
from childrens_warehouse.serving.local import LocalServer, free_port
from childrens_warehouse.settings import PROJECT, Settings, make_private

# Not Python's, and not from a wheel: what installs them on Debian and Ubuntu.
PROGRAMS = {"redis-server": "redis-server", "caddy": "caddy"}
SERVERS = ("postgres", "marts-postgres")
# Whom the others need to the end: tasks tell the API how they ended, and Redis has what they were.
LAST = (("api-server", "proxy"), ("redis",))
HEALTHY_WITHIN_SECONDS = 180.0
_ENV_FILE = PROJECT / ".env"


def up(settings: Settings, port: int, folder: Path, variables: Mapping[str, str]) -> Places:
    """Start every service, each after those that it waits for, and return when all are well and all DAGs are there.

    port: of the pages. folder: of the secrets. variables: what compose would take from .env and the environment.
    Raises ServicesError if something is missing, up already or not well, and leaves nothing running then.
    """
    if already := Running.read(settings.home):
        raise ServicesError(f"Airflow is already up for this home at {already.address}; stop it first.")
    for program, package in PROGRAMS.items():
        if not shutil.which(program):
            raise ServicesError(f"{program} is not on the PATH: install it (Debian, Ubuntu: apt install {package}).")
    if missing := [name for name in secrets.NAMES if not (folder / name).exists()]:
        raise ServicesError(f"{folder} lacks {', '.join(missing)}: run `make secrets` first.")
    supervision.check_port(port, "up-services")
    create_home(settings)
    places = Places(
        settings.home, folder, variables.get("PAGES_HOST") or "localhost", variables.get("PAGES_BIND") or "127.0.0.1",
        port, *(free_port() for _ in range(4)),
    )  # fmt: skip
    # What a start that was killed has left.
    down(settings)
    places.make()
    running = Running(places.api, {})
    try:
        for service in compose.services(variables).values():
            running = start(service, places, running)
            if service.name == "api-server":
                # Tasks report to it: without it the others are not begun with.
                _wait(service.name, places, running, functools.partial(_answers, running))
        _wait_for_all(places, running, variables)
        services.wait_for_dags(running, (folder / "admin_password").read_text(encoding="utf-8").strip())
    except BaseException:
        down(settings)
        raise
    return places


def down(settings: Settings) -> int:
    """Stop everything `up` started, and see that it is gone. Returns how many processes and servers were stopped."""
    running = Running.read(settings.home)
    stopped = supervision.stop(running.processes, LAST) if running else 0
    Running.forget(settings.home)
    if places := Places.read(settings.home):
        stopped += sum(server(name, places).stop() for name in SERVERS)
    return stopped


def health(name: str, places: Places, variables: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Ask one of Airflow's programs how it is, with the command that a container's engine would ask it with."""
    service = compose.services(variables)[name]
    return subprocess.run(
        places.command(service, service.health),
        env=places.environment(service), cwd=PROJECT, capture_output=True, text=True, check=False,
    )  # fmt: skip


def start(service: Service, places: Places, running: Running) -> Running:
    """Start one service, for the first time or again; databases are open when this returns. What runs then."""
    if service.name in SERVERS:
        _say(f"Starting {service.name}")
        _start_server(service, places)
        return running
    if service.name == "setup":
        _say("Preparing databases, pools and roles")
        run_once(service, places)
        return running
    command = places.command(service, service.command)
    if service.name == "redis":
        # As a process it takes a port that is free, and keeps to this machine, which is what its file says.
        command = command[: command.index("--bind")]
        command += ["--port", str(places.redis), "--aclfile", str(places.secrets / "redis_users.acl")]
    _say(f"Starting {service.name}")
    started = supervision.start(
        command, places.environment(service), make_private(places.work(service)), places.log(service.name)
    )
    running = Running(running.port, {**running.processes, service.name: started})
    running.write(places.home)
    return running


def run_once(service: Service, places: Places) -> None:
    """Run a service that ends by itself. Raises ServicesError if it fails."""
    with places.log(service.name).open("ab") as output:
        done = subprocess.run(
            places.command(service, service.command), env=places.environment(service),
            cwd=make_private(places.work(service)), stdout=output, stderr=output, check=False,
        )  # fmt: skip
    if done.returncode:
        raise ServicesError(f"{service.name} failed ({done.returncode}); see {places.log(service.name)}")


def _start_server(service: Service, places: Places) -> None:
    """PostgreSQL, with what the image makes of its environment on its first start: a user, a password, a database."""
    held = server(service.name, places)
    config = next(word for word in places.command(service, service.command) if word.startswith("config_file="))
    held.start({"config_file": config.removeprefix("config_file=")})
    told = places.environment(service)
    user, database = told["POSTGRES_USER"], told["POSTGRES_DB"]
    password = Path(told["POSTGRES_PASSWORD_FILE"]).read_text(encoding="utf-8").strip()
    with psycopg.connect(held.address(), autocommit=True) as connection:
        if not connection.execute("select 1 from pg_roles where rolname = %s", (user,)).fetchone():
            connection.execute(SQL("create role {} superuser login").format(Identifier(user)))
        connection.execute(SQL("alter role {} password {}").format(Identifier(user), Literal(password)))
        if not connection.execute("select 1 from pg_database where datname = %s", (database,)).fetchone():
            connection.execute(SQL("create database {} owner {}").format(Identifier(database), Identifier(user)))


def server(name: str, places: Places) -> LocalServer:
    """The PostgreSQL server that is this service."""
    return LocalServer(places.folder / name, places.postgres if name == "postgres" else places.marts)


def _answers(running: Running) -> bool:
    return bool(services.health(running))


def _wait_for_all(places: Places, running: Running, variables: Mapping[str, str]) -> None:
    def airflow_is_well() -> bool:
        found = services.health(running)
        return bool(found) and all(state.get("status") == "healthy" for state in found.values())

    # What a person's browser would have to be told about a certificate of our own making; the council's is known to it.
    trusted = ssl.create_default_context()
    trusted.load_verify_locations(places.secrets / "certificate.pem")

    def pages_answer() -> bool:
        try:
            return httpx.get(places.pages_address + services.HEALTH, verify=trusted, timeout=5).is_success
        except httpx.HTTPError:
            return False

    _wait("Airflow", places, running, airflow_is_well)
    _wait("the proxy", places, running, pages_answer)
    workers = [name for name in running.processes if name.startswith("worker-")]
    _wait("a worker", places, running, lambda: all(not health(name, places, variables).returncode for name in workers))


def _wait(what: str, places: Places, running: Running, is_well: Callable[[], bool]) -> None:
    deadline = time.monotonic() + HEALTHY_WITHIN_SECONDS
    while time.monotonic() < deadline:
        if gone := running.dead():
            raise ServicesError(f"{gone[0]} ended while starting; see {places.log(gone[0])}")
        if is_well():
            return
        time.sleep(0.5)
    raise ServicesError(f"{what} is not well after {HEALTHY_WITHIN_SECONDS:.0f} s; see the logs in {places.home.logs}")


def variables_of_compose() -> dict[str, str]:
    """What compose fills in: .env of the checkout, and above it the environment."""
    return {**(compose.settings_file(_ENV_FILE) if _ENV_FILE.exists() else {}), **os.environ}


def _say(text: str) -> None:
    print(f"== {text}", flush=True)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="services", description=__doc__.split("\n", 1)[0])
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("up", help="start").add_argument("--port", type=int, default=8443)
    commands.add_parser("down", help="stop")
    choice = parser.parse_args(argv)
    try:
        settings = Settings.from_environment()
        if choice.command == "up":
            folder = secrets.folder()
            places = up(settings, choice.port, folder, variables_of_compose())
            print(f"Airflow is up:  {places.pages_address} (certificate: {folder / 'certificate.pem'})")
            print(f"Sign in as:     {ADMIN}  password: in {folder / 'admin_password'}")
            print(f"Logs:           {places.home.logs}")
            print(f"PostgreSQL:     for BI tools 127.0.0.1:{places.marts}")
            print("Stop it with:   make down-services")
        else:
            stopped = down(settings)
            print(f"Stopped {stopped} processes; nothing is left running." if stopped else "Nothing was running.")
    except WarehouseError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
