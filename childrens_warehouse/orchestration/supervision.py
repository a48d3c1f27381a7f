"""Programs of this machine that are started together, seen to be well, and stopped in order."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

import psutil

from childrens_warehouse.errors import WarehouseError

# A task that is asked to stop is given this long; dbt and DuckDB end a transaction in less.
STOPPED_WITHIN_SECONDS = 30.0


class ServicesError(WarehouseError):
    """The programs could not be started or stopped; the message says which and what to do."""


# Of each program its process id with its time of birth (epoch seconds). Process ids are used again by the system; id
# and birth together are not.
Processes = Mapping[str, tuple[int, float]]


def start(command: Sequence[str], environment: Mapping[str, str], folder: Path, log: Path) -> tuple[int, float]:
    """Start a program in `folder`, as the leader of a session of its own, its output at the end of `log`.

    Returns its process id and time of birth.
    """
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            env=dict(environment),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return process.pid, psutil.Process(process.pid).create_time()


def members(processes: Processes) -> list[psutil.Process]:
    """Every living process of ours: the programs and whatever they started.

    Tasks move to another process group than their program's, but stay in its session.
    """
    sessions = {pid for pid, born in processes.values() if not _is_somebody_else(pid, born)}
    return [process for process in _processes() if _session(process.pid) in sessions]


def dead(processes: Processes) -> list[str]:
    """The programs that are gone."""
    alive = {process.pid for process in members(processes)}
    return [name for name, (pid, _) in processes.items() if pid not in alive]


def stop(processes: Processes, last: Sequence[Collection[str]] = ()) -> int:
    """End the programs, and after them each group of `last` in turn, until nothing of ours is left.

    Returns how many processes ended. Raises ServicesError if one cannot be ended.
    """
    later = [name for names in last for name in names]
    groups = [[name for name in processes if name not in later], *(list(names) for names in last)]
    ended = 0
    for names in groups:
        ended += _stop({name: processes[name] for name in names if name in processes})
    return ended


def _stop(processes: Processes) -> int:
    """Ask the programs, then their tasks as well, then kill."""
    seen: set[int] = set()
    asked: set[int] = set()
    began = time.monotonic()
    while living := members(processes):
        alive = {process.pid for process in living}
        seen |= alive
        waited = time.monotonic() - began
        if waited > 2 * STOPPED_WITHIN_SECONDS:
            raise ServicesError(f"These processes could not be stopped: {', '.join(map(str, sorted(alive)))}")
        if waited > STOPPED_WITHIN_SECONDS:
            for pid in alive:
                _signal(pid, signal.SIGKILL)
        else:
            # The programs end their idle workers themselves, and wait in vain for one that we ended.
            ask = alive & {pid for pid, _ in processes.values()}
            if waited > STOPPED_WITHIN_SECONDS / 3:
                ask = alive
            # Once each: a second SIGTERM makes Airflow give up its orderly end.
            for pid in ask - asked:
                _signal(pid, signal.SIGTERM)
            asked |= ask
        time.sleep(0.2)
    return len(seen)


def check_port(port: int, target: str) -> None:
    """Raise ServicesError if the port cannot be listened on; `target`: of the Makefile, for the advice."""
    if not 1 <= port <= 65535:
        raise ServicesError(f"PORT must be between 1 and 65535, not {port}.")
    with socket.socket() as probe:
        # A port whose last user has gone only just now is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise ServicesError(
                f"Port {port} is taken by another program; choose another: make {target} PORT={port + 1}"
            ) from None


def _signal(pid: int, number: int) -> None:
    # Gone between the look and the signal is as well.
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _processes() -> Iterator[psutil.Process]:
    for process in psutil.process_iter(["status"]):
        # A zombie is dead already and waits for its parent to notice.
        if process.info["status"] != psutil.STATUS_ZOMBIE and process.pid != os.getpid():
            yield process


def _session(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except (ProcessLookupError, PermissionError):
        return None


def _is_somebody_else(pid: int, born: float) -> bool:
    """Has the system given the id to another process? An id is not given again while its session lives."""
    try:
        return abs(psutil.Process(pid).create_time() - born) > 1.0
    except psutil.NoSuchProcess:
        return False
