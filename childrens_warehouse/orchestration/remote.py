"""Folders on other machines, through Airflow's connections: what lies in them, and reading it.

S3, Azure and mounted folders are `ObjectStoragePath`; SFTP is the provider's hook, which checks the host key that the
connection names (docs/adr/0006-ways-in-and-alarms.md).
"""

from __future__ import annotations

import contextlib
import datetime as dt
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, Protocol

from airflow.sdk import BaseHook, ObjectStoragePath

from childrens_warehouse.errors import BusyError, WayInFailed
from childrens_warehouse.landing import manifest
from childrens_warehouse.landing.ways_in import PROTOCOLS, SFTP, FolderWay

BLOCK = 8 * 1024 * 1024
REQUESTS = 128
# A server that says nothing for so long will not say anything more.
SECONDS_OF_SILENCE = 120.0


class NoFolder(WayInFailed):
    """The night's folder is not there."""


@dataclass(frozen=True)
class RemoteFile:
    """One file as its server tells of it. tag: what changes with the content, where the server has such a thing."""

    name: str
    size: int
    modified: dt.datetime
    tag: str | None

    @property
    def version(self) -> str:
        return "|".join([str(self.size), self.modified.isoformat(), self.tag or ""])


class Remote(Protocol):
    """A place that folders are fetched from."""

    def look(self, folder: str) -> dict[str, RemoteFile]:
        """The files of a folder that landing would take up, and its manifest. Raises WayInFailed."""

    def open(self, folder: str, file: RemoteFile) -> contextlib.AbstractContextManager[BinaryIO]: ...


@contextlib.contextmanager
def connect(way: FolderWay) -> Iterator[Remote]:
    """Connect, and close when done. Raises WayInFailed, also for whatever goes wrong inside the block."""
    try:
        if way.kind == SFTP:
            hook = BaseHook.get_hook(str(way.connection))
            if not hasattr(hook, "get_managed_conn"):
                raise WayInFailed(f"{way.name}: the connection is not of type sftp.")
            hook.conn_retry_attempts = 1  # the sensor tries again; a wrong password must not be tried three times
            with hook.get_managed_conn() as client:
                client.get_channel().settimeout(SECONDS_OF_SILENCE)
                yield _Sftp(client)
        else:
            yield _Storage(PROTOCOLS[way.kind], way.connection)
    except BusyError:
        raise
    except Exception as error:
        raise failure(way.name, error) from None


def failure(name: str, error: Exception) -> WayInFailed:
    """A foreign error as one of ours: whose it is and whether waiting may help."""
    if isinstance(error, WayInFailed):
        told = str(error)
        return error if told.startswith(name) else WayInFailed(f"{name}: {told}", error.may_heal)
    kind = type(error).__name__
    if kind == "AirflowNotFoundException":
        return WayInFailed(f"{name}: Airflow has no such connection; add it (docs/ways-in.md).")
    if isinstance(error, ImportError) or str(error).startswith(("No filesystem registered", "Unknown hook type")):
        return WayInFailed(f"{name}: Airflow's provider for it is not installed (docs/ways-in.md).")
    if kind == "FileExpired":  # S3: another object under the name that was listed
        return WayInFailed(f"{name}: the folder changed while it was fetched", may_heal=True)
    if kind in ("AuthenticationException", "BadAuthenticationType", "PasswordRequiredException"):
        return WayInFailed(f"{name}: the server does not accept these credentials; put the connection right.")
    if kind == "BadHostKeyException" or "not found in known_hosts" in str(error):
        return WayInFailed(
            f"{name}: the server's host key is not the one we know. Ask its owner before you change host_key."
        )
    if isinstance(error, PermissionError) or kind in ("ClientAuthenticationError", "NoCredentialsError"):
        return WayInFailed(f"{name}: access is denied ({kind}); put the connection or the rights there right.")
    if isinstance(error, OSError) or kind in _AWAY:
        told = f": {error.strerror}" if isinstance(error, OSError) and error.strerror else ""
        return WayInFailed(f"{name} cannot be reached or read ({kind}{told}).", may_heal=True)
    # A mistake of ours, or a connection that is set up wrongly: its own words may quote a secret.
    return WayInFailed(f"{name} failed with {kind}; is the connection complete?", may_heal=True)


_AWAY = (
    "SSHException", "EOFError", "EndpointConnectionError", "ConnectTimeoutError", "ReadTimeoutError",
    "ServiceRequestError", "ServiceResponseError",
)  # fmt: skip


class _Sftp:
    def __init__(self, client: Any) -> None:
        self.client = client

    def look(self, folder: str) -> dict[str, RemoteFile]:
        found = []
        try:
            entries = self.client.listdir_attr(folder)
        except FileNotFoundError:
            raise _missing(folder) from None
        for entry in entries:
            mode = entry.st_mode or 0
            if stat.S_ISDIR(mode):
                continue
            modified = dt.datetime.fromtimestamp(entry.st_mtime or 0, dt.UTC)
            is_file = stat.S_ISREG(mode) or not stat.S_IFMT(mode)
            found.append((RemoteFile(entry.filename, entry.st_size or 0, modified, None), is_file))
        return _checked(found)

    @contextlib.contextmanager
    def open(self, folder: str, file: RemoteFile) -> Iterator[BinaryIO]:
        with self.client.open(f"{folder}/{file.name}", "rb") as handle:
            # Many requests under way at once, else every 32 kB wait for an answer; not all, or they fill the memory.
            handle.prefetch(file.size, max_concurrent_requests=REQUESTS)
            yield handle


class _Storage:
    def __init__(self, protocol: str, connection: str | None) -> None:
        self.protocol, self.connection = protocol, connection

    def _path(self, folder: str) -> ObjectStoragePath:
        return ObjectStoragePath(f"{self.protocol}://{folder}", conn_id=self.connection)

    def look(self, folder: str) -> dict[str, RemoteFile]:
        path = self._path(folder)
        path.fs.invalidate_cache()  # what was listed a minute ago is kept otherwise
        prefix = path.path.rstrip("/").lstrip("/") + "/"
        found = []
        try:
            entries = path.fs.ls(path.path, detail=True)
        except FileNotFoundError:
            raise _missing(folder) from None
        for entry in entries:
            name = str(entry["name"]).lstrip("/").removeprefix(prefix)
            if entry["type"] == "directory" and not entry.get("islink"):
                continue
            if not name or f"{name}/" == prefix:  # the folder itself, which some stores keep as an empty object
                continue
            is_file = entry["type"] == "file" and not entry.get("islink")
            found.append((RemoteFile(name, int(entry["size"] or 0), _modified(entry), _tag(entry)), is_file))
        return _checked(found)

    @contextlib.contextmanager
    def open(self, folder: str, file: RemoteFile) -> Iterator[BinaryIO]:
        path = self._path(folder)
        with path.fs.open(f"{path.path.rstrip('/')}/{file.name}", "rb", block_size=BLOCK) as handle:
            yield handle


def _modified(entry: dict[str, Any]) -> dt.datetime:
    """Each kind of storage has its own word for it."""
    found = next(entry[key] for key in ("mtime", "LastModified", "last_modified") if entry.get(key) is not None)
    moment = found if isinstance(found, dt.datetime) else dt.datetime.fromtimestamp(float(found), dt.UTC)
    return moment.replace(tzinfo=dt.UTC) if moment.tzinfo is None else moment.astimezone(dt.UTC)


def _tag(entry: dict[str, Any]) -> str | None:
    found = entry.get("ETag") or entry.get("etag")
    return str(found).strip('"') if found else None


def _missing(folder: str) -> NoFolder:
    return NoFolder(f"there is no folder {folder} yet", may_heal=True)


def _checked(found: list[tuple[RemoteFile, bool]]) -> dict[str, RemoteFile]:
    """Only files that landing would take up; hidden ones and uploads under way are left.

    Raises WayInFailed for a name that leads out of the folder and for links: then nothing of it is fetched.
    """
    kept = {}
    for file, is_file in found:
        if file.name in ("", ".", "..") or any(character in "/\\" or character < " " for character in file.name):
            raise WayInFailed("the folder names a file outside itself: nothing of it is fetched. Tell its owner.")
        if file.name.startswith(".") or (file.name.startswith("_") and file.name != manifest.NAME):
            continue
        if not is_file:
            raise WayInFailed(
                "the folder holds a link, or what is no plain file: the files themselves must be delivered."
            )
        kept[file.name] = file
    return kept
