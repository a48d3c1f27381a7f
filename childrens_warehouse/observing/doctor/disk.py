"""The home as a file system: who may see it, room, what it can do, its clock."""

from __future__ import annotations

import contextlib
import datetime as dt
import fcntl
import os
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from childrens_warehouse.build.candidate import Workspace
from childrens_warehouse.ledger import Ledger
from childrens_warehouse.observing.doctor.finding import Seen, ok, warn, wrong
from childrens_warehouse.settings import Home, Settings

_LEAST_ROOM = 1 << 30
_LEAST_INODES = 10_000
# What the night needs at most, in sizes of what the last one left: a candidate and what it spills, a release and its
# database before the old one may go.
_TIMES = 3
_SECONDS_OFF = 2.0
_SECONDS_WRONG = 60.0


def permissions(settings: Settings) -> Seen:
    """Of the home and the folders in it; --deep looks at every file."""
    home = settings.home
    sound = True
    for path, forbidden, mode in _modes(home):
        if not path.exists():
            continue
        found = path.stat()
        if found.st_mode & forbidden:
            sound = False
            yield wrong(
                f"{path} has mode {stat.S_IMODE(found.st_mode):o}: others may see or change what is in it.",
                f"chmod {mode} {path}",
            )
        if os.geteuid() not in (0, found.st_uid):
            sound = False
            yield wrong(
                f"{path} belongs to user {found.st_uid}, not to this one.", "Run as the user who owns the home."
            )
    if sound:
        yield ok(f"Folders of {home.root} are for whom they must be.")


def _modes(home: Home) -> Iterator[tuple[Path, int, str]]:
    """Path, the bits it must not have, and the mode it should."""
    others_write = stat.S_IWGRP | stat.S_IWOTH
    yield home.root, others_write | stat.S_IRGRP | stat.S_IROTH, "710"
    private = (
        home.archive, home.restricted, home.raw, home.decisions, home.quarantine, home.build, home.logs, home.airflow,
        home.postgres, home.root / "secrets",
    )  # fmt: skip
    for folder in private:
        yield folder, stat.S_IRWXG | stat.S_IRWXO, "700"
    for folder in (home.releases, home.published, home.quality):
        yield folder, others_write | stat.S_IROTH, "750"
    yield home.ledger, stat.S_IRWXG | stat.S_IRWXO, "600"


def permissions_of_files(settings: Settings) -> Seen:
    """Everything in the folders that are for the owner alone."""
    home = settings.home
    open_ones = [
        path
        for folder in (home.restricted, home.raw, home.archive, home.decisions, home.quarantine)
        for path in folder.rglob("*")
        if path.lstat().st_mode & (stat.S_IRWXG | stat.S_IRWXO) and not path.is_symlink()
    ]
    if open_ones:
        yield wrong(
            f"{len(open_ones)} files or folders are open to others, the first of them {open_ones[0]}.",
            "chmod -R go= on the folder it lies in.",
        )
    else:
        yield ok("Every file about a child is for its owner alone.")


def room(settings: Settings) -> Seen:
    home, disk = settings.home, os.statvfs(settings.home.root)
    free = disk.f_bavail * disk.f_frsize
    needed = max(_LEAST_ROOM, _TIMES * (_size(Workspace.of(settings).candidate) + _size(home.marts)))
    said = f"{_gigabytes(free)} are free, and the next night takes {_gigabytes(needed)} at most"
    if free < needed:
        yield wrong(f"{said}.", 'Make room: what may go is in docs/operating-guide.md under "The disk is full".')
    elif free < _TIMES * needed:
        yield warn(f"{said}.", "Make room before it is short.")
    else:
        yield ok(f"{said}.")
    if disk.f_files:  # a file system that makes them as it goes has none to count
        newest = max(home.releases.glob("*/manifest.json"), key=lambda path: path.stat().st_mtime, default=None)
        files = sum(len(names) for _, _, names in os.walk(newest.parent)) if newest else 0
        needed_inodes = max(_LEAST_INODES, _TIMES * files)
        said = f"{disk.f_favail:,} files can still be made"
        if disk.f_favail < needed_inodes:
            yield wrong(f"{said}; a night may need {needed_inodes:,}.", "Remove old releases, or take another disk.")
        else:
            yield ok(f"{said}.")


def file_system(settings: Settings) -> Seen:
    """Does it do what a night asks of it? Tried in folders of our own, which are gone afterwards."""
    home = settings.home
    if not (home.build.is_dir() and home.releases.is_dir() and home.published.is_dir()):
        yield ok("The home is empty yet: the first night makes its folders.")
        return
    if home.releases.stat().st_dev != home.published.stat().st_dev:
        yield wrong(
            "releases/ and published/ lie on different file systems: a release cannot be switched to in one step.",
            "Put the whole home on one.",
        )
    failed = [name for name, works in _tried(home) if not works]
    if failed:
        yield wrong(
            f"The file system of {home.root} does not do this: {', '.join(failed)}.",
            "Put the home on a local disk, or on NFS 4 with locks; a share for Windows will not do.",
        )
    else:
        yield ok("It writes, renames, links and locks.")


def _tried(home: Home) -> Iterator[tuple[str, bool]]:
    with tempfile.TemporaryDirectory(prefix=".doctor-", dir=home.build) as folder:
        first, second = Path(folder) / "first", Path(folder) / "second"
        yield "write and flush", _works(_write, first)
        yield "rename over a file", _works(_write, second) and _works(first.replace, second)
        yield "lock (flock)", _works(_lock, second)
    with (
        tempfile.TemporaryDirectory(prefix=".doctor-", dir=home.releases) as of_release,
        tempfile.TemporaryDirectory(prefix=".doctor-", dir=home.published) as published,
    ):
        file, link = Path(of_release) / "file", Path(published) / "link"
        yield "link from releases/ to published/", _works(_write, file) and _works(link.hardlink_to, file)


def _works(trial: Callable[[Path], object], path: Path) -> bool:
    try:
        trial(path)
    except OSError:
        return False
    return True


def _write(path: Path) -> None:
    with path.open("wb") as handle:
        handle.write(b"doctor")
        handle.flush()
        os.fsync(handle.fileno())


def _lock(path: Path) -> None:
    """Two at once must not get it."""
    with path.open("rb+") as one, path.open("rb+") as other:
        fcntl.flock(one, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
            raise OSError("two processes have the same lock")


def clock(settings: Settings) -> Seen:
    """This machine's against the file system's, which is another machine's where it is mounted; and the ledger's."""
    folder = settings.home.build if settings.home.build.is_dir() else settings.home.root
    with tempfile.NamedTemporaryFile(prefix=".doctor-", dir=folder) as file:
        file.write(b"doctor")
        file.flush()
        apart = abs(time.time() - Path(file.name).stat().st_mtime)
    yield from apart_from("the file system's", apart)
    (last,) = Ledger(settings.home.ledger).query("select max(recorded_at) as at from file_event") or ({"at": None},)
    ahead = dt.datetime.fromisoformat(last["at"]) - dt.datetime.now(dt.UTC) if last["at"] else dt.timedelta()
    if ahead > dt.timedelta(seconds=_SECONDS_WRONG):
        yield wrong(
            f"The ledger's last file was landed at {last['at']}, which is yet to come.",
            "This clock is behind, or was ahead then: set it by NTP.",
        )


def apart_from(whose: str, seconds: float) -> Seen:
    """How far this machine's clock is from another one."""
    if seconds > _SECONDS_WRONG:
        yield wrong(f"This clock and {whose} are {seconds:.0f} s apart.", "Set both by NTP.")
    elif seconds > _SECONDS_OFF:
        yield warn(f"This clock and {whose} are {seconds:.0f} s apart.", "Set both by NTP.")
    else:
        yield ok(f"This clock and {whose} agree.")


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _gigabytes(size: int) -> str:
    return f"{size / 1e9:.1f} GB"
