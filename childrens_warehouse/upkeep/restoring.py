"""Make a home of a backup again: into an empty one, every file held against its hash, at any path.

Until the last step every program refuses the home (home_format): a restore that was cut short is begun again and
leaves nothing behind. What refers to a path, marts.duckdb and its like, is made from each release's own files.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb

from childrens_warehouse.errors import BackupFailed, ConfigurationError, KeyUnavailable, PublishFailed
from childrens_warehouse.landing import pseudonyms
from childrens_warehouse.ledger import Ledger
from childrens_warehouse.publish import aggregate, files, marts
from childrens_warehouse.publish.current import read_manifest
from childrens_warehouse.publish.steps import show_again
from childrens_warehouse.raw import epoch
from childrens_warehouse.settings import OWNER_ONLY_FILE, Home, Settings, make_private
from childrens_warehouse.upkeep import backups, home_format, upgrading
from childrens_warehouse.upkeep.backups import DATA, RESTRICTED, Manifest

Say = Callable[[str], None]


@dataclass(frozen=True)
class Restored:
    """What a restore came to. unopened: releases whose database could not be made again; their files are there."""

    moment: str
    files: int
    release: str | None
    unopened: tuple[str, ...]
    seconds: float


@dataclass(frozen=True)
class _Source:
    folder: Path
    manifest: Manifest


def restore(
    settings: Settings,
    source: Path,
    restricted_from: Path | None = None,
    decrypt_with: str | None = None,
    key_from: Path | None = None,
    data_only: bool = False,
    say: Say = lambda text: None,
) -> Restored:
    """Restore the newest backup of a folder, or the one that is named, into an empty home.

    Raises ConfigurationError where the home is not empty or the parts do not belong together, BackupFailed where a file
    is not what the backup says.
    """
    home = settings.home
    started = time.monotonic()
    parts = _parts(source, restricted_from, data_only)
    told = parts[0].manifest
    if told.format > home_format.FORMAT:
        raise ConfigurationError(
            f"Backup {told.moment} is of a home of format {told.format}, of version {told.program} of the warehouse:"
            f" this version knows formats up to {home_format.FORMAT}. Install that version or a later one."
        )
    _make_way(home)
    home_format.begin_restoring(home)
    for part in parts:
        say(f"restoring {part.manifest.part} of {told.moment}: {len(part.manifest.files)} files")
        _copy(home, part, decrypt_with)
    if key_from:
        _place_key(home, key_from)
    home_format.write(home, told.format)
    upgrading.upgrade(home, say)
    if told.release and (manifest := read_manifest(home, told.release)):
        show_again(settings, manifest)
        say(f"published is {told.release}; making the databases of the other releases")
    unopened = _open_releases(settings, say)
    restored = Restored(
        moment=told.moment,
        files=sum(len(part.manifest.files) for part in parts),
        release=told.release,
        unopened=unopened,
        seconds=round(time.monotonic() - started, 3),
    )
    Ledger(home.ledger).record_upkeep("restore", {**asdict(restored), "from_home": told.home})
    home_format.end_restoring(home)
    home.create()
    say(_about_the_key(home))
    return restored


def check(
    source: Path, restricted_from: Path | None = None, data_only: bool = False, say: Say = lambda text: None
) -> int:
    """Hold every file of a backup against its hash, without writing anything, and return how many there are.

    Of what is encrypted, what lies there. Raises BackupFailed for the first that differs.
    """
    count = 0
    for part in _parts(source, restricted_from, data_only):
        for path, entry in part.manifest.files.items():
            file = part.folder / backups.FILES / path
            if not file.exists() or backups.hash_of(file) != (entry.sealed or entry.sha256):
                raise BackupFailed(_differs(part, path))
            count += 1
        say(f"{part.manifest.part} of {part.manifest.moment}: {len(part.manifest.files)} files are what it says")
    return count


def _parts(source: Path, restricted_from: Path | None, data_only: bool) -> tuple[_Source, ...]:
    """The part `data`, and the part `restricted` of the same moment. Raises as `restore` does."""
    data = _newest(source)
    if data.manifest.part != DATA:
        raise ConfigurationError(
            f"{data.folder} holds the part {data.manifest.part}: name the folder of the part data."
        )
    if data_only or data.manifest.restricted is None:
        return (data,)
    if restricted_from is None:
        raise ConfigurationError(
            "This backup has a second part, with inbox, archive and identities: name its folder with --restricted-from."
            " Without it the next night joins children otherwise; --data-only is for a look at what was published."
        )
    folder = (
        restricted_from if (restricted_from / backups.MANIFEST).exists() else restricted_from / data.manifest.moment
    )
    restricted = _Source(folder, Manifest.read(folder))
    if backups.hash_of(folder / backups.MANIFEST) != data.manifest.restricted or restricted.manifest.part != RESTRICTED:
        raise BackupFailed(f"{folder} is not the second part of {data.folder}.")
    return data, restricted


def _newest(source: Path) -> _Source:
    if not (source / backups.MANIFEST).exists():
        found = backups.complete(source)
        if not found:
            raise ConfigurationError(f"There is no complete backup in {source}.")
        source = found[-1]
    return _Source(source, Manifest.read(source))


def _make_way(home: Home) -> None:
    """See that the home is empty; what an earlier attempt left goes. Raises ConfigurationError."""
    make_private(home.root)
    if home_format.is_being_restored(home):
        for path in home.root.iterdir():
            if path != home_format.path(home):
                files.remove(path)
        return
    if there := sorted(path.relative_to(home.root).as_posix() for path in _files_below(home.root)):
        raise ConfigurationError(
            f"{home.root} is not empty ({there[0]} and {len(there) - 1} more): restore into an empty home, and keep the"
            " old one until you have looked at what is restored."
        )


def _files_below(folder: Path) -> Iterator[Path]:
    """What counts as being there: the marks that an empty home gets by itself do not."""
    ours = {home_format.path(Home(folder)), folder / ".upgrade.lock"}
    return (path for path in folder.rglob("*") if not path.is_dir() and path not in ours)


def _copy(home: Home, part: _Source, decrypt_with: str | None) -> None:
    """Copy each file and hold it against its hash; files that releases share are shared here too."""
    made: dict[tuple[int, int], Path] = {}
    if part.manifest.sealed_with and decrypt_with is None:
        raise ConfigurationError(f"The part {part.manifest.part} is encrypted: name a command with --decrypt-with.")
    for path in part.manifest.folders:
        make_private(home.root / path)
    for path, entry in part.manifest.files.items():
        source, target = part.folder / backups.FILES / path, home.root / path
        make_private(target.parent)
        try:
            told = source.stat()
        except FileNotFoundError:
            raise BackupFailed(_differs(part, path)) from None
        twin = made.get((told.st_dev, told.st_ino)) if path.startswith("releases/") else None
        if twin:
            files.link_or_copy(twin, target)
            continue
        if entry.sealed:
            found = backups.unsealed(source, target, str(decrypt_with))
        else:
            found, _ = backups.copy_and_hash(source, target)
        if found != entry.sha256:
            raise BackupFailed(_differs(part, path))
        os.utime(target, ns=(entry.mtime_ns, entry.mtime_ns))
        _give(target, entry.mode, entry.group)
        made[told.st_dev, told.st_ino] = target
    for path, (mode, group) in part.manifest.folders.items():
        _give(home.root / path, mode, group)


def _give(path: Path, mode: int, group: int) -> None:
    """Permissions as they were; the group where this user may give it."""
    with contextlib.suppress(PermissionError):
        os.chown(path, -1, group)
    path.chmod(mode)


def _differs(part: _Source, path: str) -> str:
    return f"{path} in {part.folder} is not what was backed up: take an earlier backup, and look after that disk."


def _place_key(home: Home, key_from: Path) -> None:
    target = pseudonyms.made_here(home)
    make_private(target.parent)
    shutil.copyfile(key_from, target)
    target.chmod(OWNER_ONLY_FILE)


def _open_releases(settings: Settings, say: Say) -> tuple[str, ...]:
    """Make the databases of every release, and return the releases of which that was not possible."""
    unopened = []
    found = sorted(path.name for path in settings.home.releases.iterdir()) if settings.home.releases.is_dir() else []
    for number, name in enumerate(found, start=1):
        manifest = read_manifest(settings.home, name)
        if manifest is None:
            continue
        try:
            marts.ensure(settings, manifest)
            aggregate.ensure(settings, manifest)
            say(f"release {number} of {len(found)}: {name}")
        except (PublishFailed, OSError, duckdb.Error, KeyError) as error:
            unopened.append(name)
            say(f"release {name} cannot be opened by this version ({type(error).__name__}); its files are there.")
    return tuple(unopened)


def _about_the_key(home: Home) -> str:
    """Whether the next night will find the key that raw is of."""
    now = epoch.current(home)
    if now is None:
        return "Nothing is in raw yet."
    try:
        found = pseudonyms.load(home).key_id
    except (ConfigurationError, KeyUnavailable):
        found = None
    if found == now.key_id:
        return f"The pseudonym key that is set is the one of raw ({now.key_id})."
    return (
        f"Raw is of the pseudonym key {now.key_id}, and the one that is set is"
        f" {found or 'none'}: set it, or name its file with --key-from, before the next night."
    )
