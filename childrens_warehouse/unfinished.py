"""Files and folders that are being made: each bears the machine and the process that makes it.

So whoever comes after a process that was killed can tell what it left, and remove it: at once on the same machine,
after a day where another machine made it, or another container, whose processes nobody here can see.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from childrens_warehouse.settings import make_private

_MAKER = r"(?:(?P<machine>[^.]+)-)?(?P<process>\d+)"
_FILE = re.compile(rf"\..+\.{_MAKER}\.part(?:ial)?")
_FOLDER = re.compile(rf"{_MAKER}-[^-]+")
_SECONDS_OF_ANOTHER_MACHINE = 24 * 3600.0

# Looked through once by each process: what somebody leaves while it runs, the next one finds.
_looked_through: set[Path] = set()


def part_of(path: Path, ending: str = ".part") -> Path:
    """Where to write what will be `path` once it is whole. Removes what was left in that folder by the killed."""
    if path.parent not in _looked_through:
        _looked_through.add(path.parent)
        sweep(path.parent)
    return path.with_name(f".{path.name}.{_machine()}-{os.getpid()}{ending}")


def sweep(folder: Path) -> None:
    """Remove the parts of files that processes left in this folder which are gone."""
    for path in folder.glob(".*.part*"):
        if (match := _FILE.fullmatch(path.name)) and _is_gone(match, path):
            path.unlink(missing_ok=True)


def sweep_folders(parent: Path) -> None:
    """Remove the private folders that processes left here which are gone."""
    for path in parent.glob("*"):
        if (match := _FOLDER.fullmatch(path.name)) and _is_gone(match, path):
            shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def folder(parent: Path) -> Iterator[Path]:
    """A private folder that is gone afterwards; and those that the killed left beside it go as well."""
    make_private(parent)
    sweep_folders(parent)
    made = Path(tempfile.mkdtemp(prefix=f"{_machine()}-{os.getpid()}-", dir=parent))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _machine() -> str:
    return re.sub(r"[^A-Za-z0-9]", "_", socket.gethostname())


def _is_gone(match: re.Match[str], path: Path) -> bool:
    if match["machine"] in (None, _machine()):
        return not Path(f"/proc/{match['process']}").exists()
    try:
        return time.time() - path.stat().st_mtime > _SECONDS_OF_ANOTHER_MACHINE
    except FileNotFoundError:
        return False
