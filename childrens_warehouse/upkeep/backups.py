"""What a backup is on disk: one folder per part and moment, complete under its final name.

    <folder>/<moment>/backup.json         every file with size, hash and mode; written before the last rename
    <folder>/<moment>/files/<path in the home>
    <folder>/<moment>.partial/            one that was cut short: never taken for a backup, and removed by the next

The two parts go to folders of their own and bear the same moment: `data` (pseudonyms, figures, decisions, the ledger)
and `restricted` (inbox, archive, identities). The key is in neither.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shlex
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

from childrens_warehouse.errors import BackupFailed, BusyError
from childrens_warehouse.publish import files
from childrens_warehouse.settings import OWNER_ONLY_FILE, Home, make_private

MANIFEST = "backup.json"
FILES = "files"
PARTIAL = ".partial"
DATA, RESTRICTED = "data", "restricted"

# What of a home is in which part.
FOLDERS: Mapping[str, tuple[str, ...]] = {
    DATA: ("raw", "decisions", "quarantine", "releases", "published"),
    RESTRICTED: ("inbox", "archive", "restricted"),
}
# Made again by the next night, by `make superset`, or by whoever sets a server up; docs/operating/backup.md.
MADE_AGAIN = frozenset({"build", "logs", "quality", "airflow", "postgresql", "services", "superset", "secrets"})
# The same below those: databases come from a release's own files, the directory of postcodes from the installation.
_NOT_COPIED = ("restricted/scratch/", "restricted/reference/")
_DATABASES = ("marts.duckdb", "marts_aggregate.duckdb")
_OF_A_MOMENT = frozenset({"published/current.json", "raw/disposal.json"})

_BLOCK = 1 << 20


@dataclass(frozen=True)
class Entry:
    """One file of the home. sealed: SHA-256 of what lies in the backup, where that is encrypted."""

    size: int
    mtime_ns: int
    mode: int
    group: int
    sha256: str
    sealed: str | None = None


@dataclass(frozen=True)
class Manifest:
    """What a part holds.

    home: the path it was at. format: of the home. release: the published one. key_id: of raw. sealed_with: hash of the
    command that encrypted it. restricted: hash of the manifest of the other part, in the part `data` only. folders:
    mode and group by path.
    """

    part: str
    moment: str
    program: str
    home: str
    format: int
    release: str | None
    key_id: str | None
    sealed_with: str | None
    restricted: str | None = None
    folders: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    files: Mapping[str, Entry] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """Raises BackupFailed where there is no complete backup."""
        try:
            told = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
            entries = {path: Entry(**entry) for path, entry in told["files"].items()}
            folders = {path: (mode, group) for path, (mode, group) in told["folders"].items()}
            return cls(**{**told, "files": entries, "folders": folders})
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise BackupFailed(f"{folder} is no complete backup ({type(error).__name__}).") from None


def complete(folder: Path) -> tuple[Path, ...]:
    """The complete backups in a folder, oldest first."""
    found = (path.parent for path in folder.glob(f"*/{MANIFEST}"))
    return tuple(sorted(path for path in found if not path.name.endswith(PARTIAL)))


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Be the only one that writes there, and clear away what was cut short. Raises BusyError."""
    make_private(folder)
    descriptor = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, OWNER_ONLY_FILE)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BusyError(f"Another backup is being written into {folder}.") from None
        for left_over in folder.glob(f"*{PARTIAL}"):
            files.remove(left_over)
        yield
    finally:
        os.close(descriptor)


def copied(home: Home, part: str) -> Iterator[tuple[str, Path]]:
    """(path in the home, file) of everything that a part holds; a folder's path ends with a slash.

    What is being written is left out: it bears a name of its own until it counts.
    """
    for top in FOLDERS[part]:
        folder = home.root / top
        if folder.is_dir():
            yield from _below(folder, f"{top}/")


def told_apart(home: Home) -> tuple[str, ...]:
    """Folders of the home that no part holds and that nothing makes again: somebody's own."""
    known = {*FOLDERS[DATA], *FOLDERS[RESTRICTED], *MADE_AGAIN}
    return tuple(
        sorted(path.name for path in home.root.iterdir() if path.is_dir() and path.name not in known | {".", ".."})
    )


def _below(folder: Path, path: str) -> Iterator[tuple[str, Path]]:
    if path.startswith(_NOT_COPIED):
        return
    yield path, folder
    try:
        found = sorted(os.scandir(folder), key=lambda each: each.name)
    except FileNotFoundError:
        return  # a file's removal by retention, or a folder that a supplier takes back
    for each in found:
        name = f"{path}{each.name}"
        if each.name.startswith(".") or each.name.endswith((PARTIAL, ".part", ".wal")) or each.is_symlink():
            continue
        if each.is_dir():
            yield from _below(Path(each.path), f"{name}/")
        elif not _is_made_again(name):
            yield name, Path(each.path)


def _is_made_again(path: str) -> bool:
    """marts.duckdb and its like are made again from the release's other files; so are notes of what is under way."""
    return (path.startswith(("releases/", "published/")) and path.endswith(_DATABASES)) or path in _OF_A_MOMENT


def copy_and_hash(source: Path, target: Path, command: str | None = None) -> tuple[str, str | None]:
    """Copy a file, through a command that encrypts it if there is one.

    Returns the SHA-256 of what was read, and of what was written where that is something else. Raises
    BackupFailed when the command fails.
    """
    make_private(target.parent)
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, OWNER_ONLY_FILE)
    with source.open("rb") as reader, os.fdopen(descriptor, "wb") as writer:
        digest = _through(command, reader, writer) if command else _pump(reader, writer)
    files.flush(target)
    return digest, hash_of(target) if command else None


def hash_of(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def unsealed(path: Path, target: Path, command: str) -> str:
    """Write what a command makes of an encrypted file, and return the SHA-256 of that. Raises BackupFailed."""
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, OWNER_ONLY_FILE)
    with path.open("rb") as reader, os.fdopen(descriptor, "wb") as writer:
        _through(command, reader, writer)
    return hash_of(target)


def _pump(reader: IO[bytes], writer: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while block := reader.read(_BLOCK):
        digest.update(block)
        writer.write(block)
    return digest.hexdigest()


def _through(command: str, reader: IO[bytes], writer: IO[bytes]) -> str:
    """Feed a command without a shell; what it says is not repeated: it may quote what it reads."""
    try:
        with subprocess.Popen(
            shlex.split(command), stdin=subprocess.PIPE, stdout=writer, stderr=subprocess.DEVNULL
        ) as process:
            try:
                with process.stdin as feeding:  # type: ignore[union-attr]
                    digest = _pump(reader, feeding)
            except BrokenPipeError:
                digest = ""
    except (OSError, ValueError) as error:
        raise BackupFailed(f"The command {shlex.split(command)[0]!r} cannot be run ({type(error).__name__}).") from None
    if process.returncode:
        raise BackupFailed(f"The command {shlex.split(command)[0]!r} ended with {process.returncode}: run it by hand.")
    return digest
