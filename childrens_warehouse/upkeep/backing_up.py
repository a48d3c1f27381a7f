"""Write a backup while nights run: consistent, and of the size of what changed since the last.

What is fixed in one moment, with raw's lock held for as long as that takes: the ledger (by SQLite's own backup), which
acceptances count, the epoch, which release is published. All else is immutable once it bears its name, so that it can
be copied afterwards: content is there before its acceptance, and a release is whole. The ledger is never ahead of raw:
a night that landed meanwhile is known to the restored ledger or lands again, and neither loses nor doubles a row.

A file that the last backup has, of the same size and time, is linked from there; one that has a second name in the
home (releases share files) has one in the backup.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import hashlib
import json
import os
import sqlite3
import stat
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from childrens_warehouse import __version__
from childrens_warehouse.build import candidate
from childrens_warehouse.errors import BackupFailed, ConfigurationError
from childrens_warehouse.ledger import Ledger
from childrens_warehouse.publish import files
from childrens_warehouse.publish.current import MANIFEST, current_manifest
from childrens_warehouse.raw import disposal, epoch
from childrens_warehouse.raw.acceptance import Acceptance
from childrens_warehouse.settings import OWNER_ONLY_DIRECTORY, OWNER_ONLY_FILE, Home, Settings, make_private
from childrens_warehouse.upkeep import backups, home_format
from childrens_warehouse.upkeep.backups import DATA, PARTIAL, RESTRICTED, Entry, Manifest

Say = Callable[[str], None]
_ACCEPTANCE = "/accepted/"


@dataclass(frozen=True)
class Written:
    """What a backup came to. files: it holds; copied, bytes: of them new in it; seconds: in all, and with the lock."""

    moment: str
    files: int
    copied: int
    bytes: int
    seconds: float
    locked_seconds: float
    left_out: tuple[str, ...]

    def sentence(self) -> str:
        """The same for a log."""
        return (
            f"Backup {self.moment}: {self.files} files, of which {self.copied} with {self.bytes / 1e6:.1f} MB are new;"
            f" {self.seconds:.1f} s, raw was held for {self.locked_seconds:.2f} s."
        )


@dataclass
class _Part:
    """One part that is being written."""

    name: str
    folder: Path
    moment: str
    command: str | None
    before: Manifest | None
    before_folder: Path | None
    entries: dict[str, Entry] = dataclasses.field(default_factory=dict)
    folders: dict[str, tuple[int, int]] = dataclasses.field(default_factory=dict)
    copied: int = 0
    bytes: int = 0
    # (device, inode) in the home -> path here, of files with several names
    names: dict[tuple[int, int], str] = dataclasses.field(default_factory=dict)
    # when a file, or its name, changed last
    changed: dict[str, int] = dataclasses.field(default_factory=dict)

    @property
    def partial(self) -> Path:
        return self.folder / f"{self.moment}{PARTIAL}"

    def target(self, path: str) -> Path:
        return self.partial / backups.FILES / path

    def add(self, path: str, file: Path, told: os.stat_result | None = None) -> None:
        """Take a file in: linked where it is known already, copied where not. One that went meanwhile is left out."""
        try:
            told = told or file.stat()
        except FileNotFoundError:
            return
        target = self.target(path)
        make_private(target.parent)
        twin = self.names.get((told.st_dev, told.st_ino))
        known = self._known(path, told)
        if twin and twin in self.entries:
            files.link_or_copy(self.target(twin), target)
            hashes = (self.entries[twin].sha256, self.entries[twin].sealed)
        elif known and self.before_folder:
            files.link_or_copy(self.before_folder / backups.FILES / path, target)
            hashes = (known.sha256, known.sealed)
        else:
            try:
                hashes = backups.copy_and_hash(file, target, self.command)
            except FileNotFoundError:
                files.remove(target)
                return
            self.copied += 1
            self.bytes += told.st_size
        self.changed[path] = told.st_ctime_ns
        if told.st_nlink > 1:
            self.names.setdefault((told.st_dev, told.st_ino), path)
        self.entries[path] = Entry(told.st_size, told.st_mtime_ns, stat.S_IMODE(told.st_mode), told.st_gid, *hashes)

    def _known(self, path: str, told: os.stat_result) -> Entry | None:
        """The last backup's entry, where that is certain to be of the same content."""
        was = self.before.files.get(path) if self.before else None
        if was is None or (was.size, was.mtime_ns) != (told.st_size, told.st_mtime_ns) or not self.before_folder:
            return None
        return was if (self.before_folder / backups.FILES / path).exists() else None


def write(
    settings: Settings,
    to: Path,
    restricted_to: Path | None = None,
    encrypt_with: str | None = None,
    keep: int | None = None,
    say: Say = lambda text: None,
) -> Written:
    """Write a backup of the home. Raises ConfigurationError for folders that cannot be, BusyError, BackupFailed.

    encrypt_with: a command that encrypts what it reads, for the part `restricted`. keep: so many stay; None: all.
    """
    home = settings.home
    _see_that_folders_can_be(home, to, restricted_to)
    started = time.monotonic()
    with contextlib.ExitStack() as held:
        for folder in filter(None, (to, restricted_to)):
            held.enter_context(backups.alone(folder))
        moment = _moment(to)
        data = _part(DATA, to, moment, None)
        restricted = _part(RESTRICTED, restricted_to, moment, encrypt_with) if restricted_to else None
        if disposal.begun(home):
            with candidate.locked(settings):
                disposal.finish(home)
        told = _fix(home, data)
        for path, file in backups.copied(home, DATA):
            if not _is_newer_release(path, told["releases"]):
                _take(data, path, file)
        _see_that_raw_is_whole(home, data, told["at_ns"])
        if restricted:
            for path, file in backups.copied(home, RESTRICTED):
                _take(restricted, path, file)
        sealed = _finish(restricted, home, told, None) if restricted else None
        _finish(data, home, told, sealed)
        if keep:
            for folder in filter(None, (to, restricted_to)):
                for old in backups.complete(folder)[:-keep]:
                    files.replace(old, old.with_name(f"{old.name}{PARTIAL}"))
                    files.remove(old.with_name(f"{old.name}{PARTIAL}"))
    parts = [data, *([restricted] if restricted else [])]
    written = Written(
        moment=moment,
        files=sum(len(part.entries) for part in parts),
        copied=sum(part.copied for part in parts),
        bytes=sum(part.bytes for part in parts),
        seconds=round(time.monotonic() - started, 3),
        locked_seconds=told["locked_seconds"],
        left_out=backups.told_apart(home),
    )
    Ledger(home.ledger).record_upkeep("backup", {**dataclasses.asdict(written), "restricted": restricted is not None})
    say(written.sentence())
    return written


def _see_that_folders_can_be(home: Home, *folders: Path | None) -> None:
    told = [folder.resolve() for folder in folders if folder]
    for folder in told:
        if folder.is_relative_to(home.root) or home.root.is_relative_to(folder):
            raise ConfigurationError(f"{folder} and the home {home.root} lie in one another: back up to elsewhere.")
    if len(told) == 2 and (told[0].is_relative_to(told[1]) or told[1].is_relative_to(told[0])):
        raise ConfigurationError(f"{told[0]} and {told[1]} lie in one another: identities are kept apart.")


def _moment(folder: Path) -> str:
    """The name of a backup, by when it is made."""
    while True:
        moment = f"{dt.datetime.now(dt.UTC):%Y-%m-%dT%H%M%SZ}"
        if not (folder / moment).exists():
            return moment
        time.sleep(0.2)


def _part(name: str, folder: Path, moment: str, command: str | None) -> _Part:
    earlier = backups.complete(folder)
    before = Manifest.read(earlier[-1]) if earlier else None
    is_alike = before is not None and before.part == name and before.sealed_with == _name_of(command)
    part = _Part(name, folder, moment, command, before if is_alike else None, earlier[-1] if is_alike else None)
    part.partial.mkdir(mode=OWNER_ONLY_DIRECTORY)
    return part


def _name_of(command: str | None) -> str | None:
    return hashlib.sha256(command.encode()).hexdigest() if command else None


class _Told(TypedDict):
    """What was fixed in one moment. releases: those that were complete."""

    locked_seconds: float
    at_ns: int
    releases: frozenset[str]
    release: str | None
    key_id: str | None


def _fix(home: Home, data: _Part) -> _Told:
    """Fix what is of one moment: ledger, acceptances, decisions, and which releases there are."""
    with epoch.held(home, alone=True):
        started = time.monotonic()
        published = current_manifest(home)
        now = epoch.current(home)
        releases = frozenset(path.parent.name for path in home.releases.glob(f"*/{MANIFEST}"))
        at_ns = time.time_ns()
        _copy_ledger(home, data)
        for path, file in _of_the_moment(home):
            data.add(path, file)
        locked = round(time.monotonic() - started, 3)
    return {
        "locked_seconds": locked,
        "at_ns": at_ns,
        "releases": releases,
        "release": published["release_id"] if published else None,
        "key_id": now.key_id if now else None,
    }


def _of_the_moment(home: Home) -> Iterable[tuple[str, Path]]:
    """Small files that change or come into being: what is copied after them is there for good before they are."""
    yield from ((path.name, path) for path in sorted(home.root.iterdir()) if path.is_file() and _is_kept(path.name))
    yield from ((path, file) for path, file in backups.copied(home, DATA) if _is_of_the_moment(path))


def _is_of_the_moment(path: str) -> bool:
    if path.endswith("/"):
        return False
    return path.startswith("decisions/") or path == "raw/epoch.json" or _ACCEPTANCE in path


def _is_kept(name: str) -> bool:
    """Files of the home itself: waivers, ways in, schedules. The ledger is copied by SQLite, the format is told."""
    return not name.startswith((".", "ledger.sqlite")) and name != "home.json"


def _is_newer_release(path: str, releases: frozenset[str]) -> bool:
    """Is it of a release that was not there yet in the moment that counts?"""
    top, _, rest = path.partition("/")
    return top == "releases" and bool(rest) and rest.split("/")[0] not in releases


def _see_that_raw_is_whole(home: Home, data: _Part, at_ns: int) -> None:
    """Every acceptance that counts has its content, as it was then. Raises BackupFailed where somebody took it away
    meanwhile (another key) or wrote it anew (`replay`, retention)."""
    for path in data.entries:
        if path.startswith("raw/") and _ACCEPTANCE in path:
            acceptance = Acceptance.from_dict(json.loads(data.target(path).read_text(encoding="utf-8")))
            content = acceptance.content(home).relative_to(home.root).as_posix()
            if content not in data.entries or data.changed[content] > at_ns:
                raise BackupFailed(
                    f"{content} was replaced while the backup was written, by another key, `warehouse replay` or"
                    " `warehouse retention` perhaps: make it again."
                )


def _take(part: _Part, path: str, file: Path) -> None:
    if path.endswith("/"):
        with contextlib.suppress(FileNotFoundError):
            told = file.stat()
            part.folders[path] = (stat.S_IMODE(told.st_mode), told.st_gid)
    elif not _is_of_the_moment(path):
        part.add(path, file)


def _copy_ledger(home: Home, data: _Part) -> None:
    if not home.ledger.exists():
        return
    target = data.target("ledger.sqlite")
    make_private(target.parent)
    with (
        contextlib.closing(sqlite3.connect(home.ledger)) as source,
        contextlib.closing(sqlite3.connect(target)) as copy,
    ):
        source.backup(copy)
        copy.execute("pragma journal_mode = delete")
    target.chmod(OWNER_ONLY_FILE)
    files.flush(target)
    told = target.stat()
    data.copied += 1
    data.bytes += told.st_size
    data.entries["ledger.sqlite"] = Entry(
        told.st_size, told.st_mtime_ns, OWNER_ONLY_FILE, told.st_gid, backups.hash_of(target)
    )


def _finish(part: _Part, home: Home, told: _Told, restricted: str | None) -> str:
    """Write down what the part holds, and let it count. Returns the hash of what was written down."""
    manifest = Manifest(
        part=part.name,
        moment=part.moment,
        program=__version__,
        home=str(home.root),
        format=home_format.format_of(home) or home_format.FORMAT,
        sealed_with=_name_of(part.command),
        restricted=restricted,
        folders=part.folders,
        files=part.entries,
        release=told["release"],
        key_id=told["key_id"],
    )
    lost = [path for path in part.entries if not part.target(path).exists()]
    if lost:
        raise BackupFailed(f"{len(lost)} files are missing from {part.partial}, first {lost[0]}.")
    files.write_json(part.partial / backups.MANIFEST, manifest.to_json())
    for folder in sorted({part.target(path).parent for path in part.entries}):
        files.flush(folder)
    files.flush(part.partial)
    files.replace(part.partial, part.folder / part.moment)
    return backups.hash_of(part.folder / part.moment / backups.MANIFEST)
