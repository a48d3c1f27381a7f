"""A process that does one piece of work in a small home, and the ways to end it in the middle.

Processes are forked from a server that has everything imported, so that a trial pays for its work alone. Moments come
by time, or by the n-th system call of a kind that changes files: strace ends the process before that very call, in
Python, SQLite and DuckDB alike.
"""

from __future__ import annotations

import collections
import contextlib
import dataclasses
import multiprocessing
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

from chaos import small
from childrens_warehouse.settings import Settings

# What changes files, of that what a full or read-only disk may refuse, and what reads them.
WRITING = ("write", "pwrite64", "fsync", "fdatasync", "ftruncate", "mkdir", "rename", "link")
CHANGING = (*WRITING, "unlink", "unlinkat", "rmdir", "chmod", "fchmod")
READING = ("read", "pread64")
LONGEST_SECONDS = 600
_SECONDS_TO_ATTACH = 20.0

Act = Callable[[Settings], None]


@dataclasses.dataclass(frozen=True)
class Moment:
    """When, and what: a signal, or an error that the system call answers.

    seconds: after the beginning; or call and number: before the n-th call of this name in one thread.
    """

    signal: signal.Signals | None = signal.SIGKILL
    seconds: float = 0.0
    call: str = ""
    number: int = 0
    error: str = ""
    goes_on: bool = False  # does every later call fail as well?
    is_polite: bool = False  # does the process end by an exception when it is asked to end?
    do: tuple[str, Callable[[], None]] | None = None  # something else that happens then, and what it is called

    def __str__(self) -> str:
        what = self.error or (self.signal.name if self.signal else "")
        if self.do:
            what = self.do[0]
        what += ", handled," if self.is_polite else " from then on" if self.goes_on else ""
        return f"{what} at {self.call} number {self.number}" if self.call else f"{what} after {self.seconds:.2f} s"


def can_trace() -> bool:
    """Is strace here, so that moments can be calls?"""
    return shutil.which("strace") is not None


def run(act: Act, root: Path, said: Path, environment: Mapping[str, str], moment: Moment | None = None) -> int:
    """Do the work and return how the process ended: 0, 1 for an error of ours, or minus the signal.

    said: where its output goes.
    """
    with _process(act, root, said, environment, bool(moment and moment.is_polite)) as (process, go):
        if moment is None:
            go()
            process.join(LONGEST_SECONDS)
        elif moment.call:
            with _traced(process, _injected(moment), moment.call):
                go()
                process.join(LONGEST_SECONDS)
        else:
            go()
            process.join(moment.seconds)
            if moment.do:
                moment.do[1]()
            elif process.is_alive() and moment.signal:
                os.kill(_pid(process), moment.signal)
            process.join(LONGEST_SECONDS)
        if process.exitcode is None:
            process.kill()
            process.join()
            return -int(signal.SIGALRM)
        return process.exitcode


def calls_of(act: Act, root: Path, said: Path, environment: Mapping[str, str]) -> dict[str, int]:
    """How many calls of each kind the work makes, in the thread that makes most of them."""
    listed = said.with_suffix(".calls")
    with (
        _process(act, root, said, environment, False) as (process, go),
        _traced(process, "", ",".join(CHANGING + READING), listed),
    ):
        go()
        process.join(LONGEST_SECONDS)
    found: collections.Counter[tuple[str, str]] = collections.Counter()
    for line in listed.read_text(encoding="utf-8", errors="replace").splitlines():
        if match := re.match(r"(\d+) +(\w+)\(", line):
            found[match[2], match[1]] += 1
    listed.unlink()
    # In one order in every process: a seed chooses among them.
    names = sorted({name for name, _ in found})
    return {call: max(number for (name, _), number in found.items() if name == call) for call in names}


def any_moment(rng: random.Random, seconds: float, calls: Mapping[str, int]) -> Moment:
    """A moment of a piece of work that takes so long and makes so many calls: by time or by call."""
    calls = {name: number for name, number in calls.items() if name in CHANGING}
    sent = rng.choice((signal.SIGKILL, signal.SIGKILL, signal.SIGTERM))
    is_polite = sent == signal.SIGTERM and rng.random() < 0.5
    if calls and rng.random() < 0.6:
        call = rng.choices(list(calls), [min(number, 40) for number in calls.values()])[0]
        return Moment(sent, call=call, number=rng.randint(1, calls[call]), is_polite=is_polite)
    return Moment(sent, seconds=rng.uniform(0, seconds), is_polite=is_polite)


def _injected(moment: Moment) -> str:
    what = f"error={moment.error}" if moment.error else f"signal={moment.signal.name if moment.signal else ''}"
    return f"-e inject={moment.call}:{what}:when={moment.number}{'+' if moment.goes_on else ''}"


@contextlib.contextmanager
def _process(
    act: Act, root: Path, said: Path, environment: Mapping[str, str], is_polite: bool
) -> Iterator[tuple[BaseProcess, Callable[[], None]]]:
    """A process that stands ready, and what lets it begin."""
    server = multiprocessing.get_context("forkserver")
    server.set_forkserver_preload(["chaos.works"])
    ours, theirs = server.Pipe()
    process = server.Process(target=_perform, args=(act, root, said, dict(environment), is_polite, theirs))
    process.start()
    theirs.close()  # so that a process that dies before it is ready is noticed
    try:
        assert ours.recv() == "ready"
        yield process, lambda: ours.send("go")
    finally:
        if process.is_alive():
            process.kill()
        process.join()
        ours.close()


def _perform(
    act: Act, root: Path, said: Path, environment: Mapping[str, str], is_polite: bool, told: Connection
) -> None:
    descriptor = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    sys.stdout, sys.stderr = (os.fdopen(number, "w", buffering=1, closefd=False) for number in (1, 2))
    os.environ.update(environment)
    small.install()
    os.environ.update(environment)
    signal.signal(signal.SIGTERM, (lambda *_: sys.exit(143)) if is_polite else signal.SIG_DFL)
    told.send("ready")
    told.recv()
    try:
        act(small.settings_at(root))
    except Exception:
        traceback.print_exc()
        os._exit(1)


@contextlib.contextmanager
def _traced(process: BaseProcess, injected: str, calls: str, listed: Path = Path(os.devnull)) -> Iterator[None]:
    # Without decoding: what is written stays out of the list.
    tracer = subprocess.Popen(
        ["strace", "-f", "-qq", "-s", "0", "-p", str(_pid(process)), "-o", str(listed), "-e", f"trace={calls}"]
        + (injected.split() if injected else []),
        stderr=subprocess.DEVNULL,
    )
    try:
        patience = time.monotonic() + _SECONDS_TO_ATTACH
        while not re.search(r"TracerPid:\t[1-9]", Path(f"/proc/{_pid(process)}/status").read_text(encoding="ascii")):
            if time.monotonic() > patience or tracer.poll() is not None:
                raise RuntimeError("strace does not attach to a process of ours: is ptrace allowed here?")
            time.sleep(0.005)
        yield
        tracer.wait(LONGEST_SECONDS)
    finally:
        if tracer.poll() is None:
            tracer.kill()
            tracer.wait()


def _pid(process: BaseProcess) -> int:
    assert process.pid
    return process.pid
