"""The epoch of raw: the one pseudonym key that everything in force was made with.

`raw/epoch.json` names it, and one rename changes it: before the rename all of the old epoch is in force, after it
all of the new. Files of raw carry the key's id in their names, so that two epochs can lie side by side meanwhile.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from childrens_warehouse.errors import ConfigurationError
from childrens_warehouse.publish import files
from childrens_warehouse.settings import OWNER_ONLY_FILE, Home, make_private


@dataclass(frozen=True)
class Past:
    """An epoch that is over: its key, when it ended (UTC), and the releases whose pseudonyms are of it."""

    key_id: str
    until: str
    releases: tuple[str, ...]


@dataclass(frozen=True)
class Epoch:
    """The epoch in force: its key, when it began (UTC), and those before it, oldest first."""

    key_id: str
    since: str
    before: tuple[Past, ...] = ()


def _path(home: Home) -> Path:
    return home.raw / "epoch.json"


def current(home: Home) -> Epoch | None:
    """The epoch in force; None before the first file was ever accepted."""
    try:
        content = json.loads(_path(home).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    before = tuple(Past(past["key_id"], past["until"], tuple(past["releases"])) for past in content["before"])
    return Epoch(content["key_id"], content["since"], before)


@contextmanager
def held(home: Home, *, alone: bool = False) -> Iterator[None]:
    """Keep the epoch as it is meanwhile. `alone`: nobody else holds it, so it may be changed; waits for that."""
    make_private(home.raw)
    descriptor = os.open(home.raw / ".epoch.lock", os.O_RDWR | os.O_CREAT, OWNER_ONLY_FILE)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        yield
    finally:
        os.close(descriptor)


def begin(home: Home, key_id: str) -> None:
    """Begin the first epoch with the first file accepted; of two processes the first counts.

    Raises ConfigurationError when raw holds files and does not say of which key, or when it is empty and should not be.
    """
    if current(home) is None:
        with held(home, alone=True):
            if current(home) is not None:
                return
            if any(home.raw.glob("*/*/accepted/*/*.json")):
                raise ConfigurationError(
                    f"{home.raw} holds files but no epoch.json, which names their key: restore it from your backup."
                )
            if any(home.releases.glob("*/manifest.json")):
                # Else what landed into the folder below a mount would be all that the next release is made of.
                raise ConfigurationError(
                    f"{home.raw} is empty, although releases were made from it: is its disk mounted? Nothing is "
                    "accepted until it is there again, or restored from your backup."
                )
            files.write_json(_path(home), asdict(Epoch(key_id, _now())))


def require(home: Home, key_id: str) -> None:
    """See that raw is of this key. Call it while `held`. Raises ConfigurationError when it is of another."""
    now = current(home)
    if now is not None and now.key_id != key_id:
        raise ConfigurationError(mismatch(now, key_id))


def mismatch(now: Epoch, key_id: str) -> str:
    """What to say when the key that is set is not the key of raw."""
    if key_id in {past.key_id for past in now.before}:
        return (
            f"The pseudonym key that is set ({key_id}) was retired: raw is under key {now.key_id} since {now.since}. "
            "Set the new key, then run again."
        )
    return (
        f"The pseudonym key that is set has the id {key_id}, but raw was made with key {now.key_id}: the same child "
        "would be two. Set that key again; or, if a new key is wanted, run `warehouse rotate-key` first."
    )


def switch(home: Home, key_id: str) -> Epoch:
    """Put the epoch of another key in force. Call it while `held` alone, when all of raw is there under that key."""
    now = current(home)
    at = _now()
    before: tuple[Past, ...] = ()
    if now is not None:
        told = {release for past in now.before for release in past.releases}
        releases = sorted(path.parent.name for path in home.releases.glob("*/manifest.json"))
        before = (*now.before, Past(now.key_id, at, tuple(name for name in releases if name not in told)))
    epoch = Epoch(key_id, at, before)
    files.write_json(_path(home), asdict(epoch))
    return epoch


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat(timespec="microseconds")
