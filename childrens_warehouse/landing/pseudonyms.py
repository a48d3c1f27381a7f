"""Keyed pseudonyms: HMAC-SHA-256 with domain separation, cut to 63 bits so that a key is an integer.

The key is text of at least 32 characters. The first of these that is set gives it: WAREHOUSE_PSEUDONYM_KEY;
WAREHOUSE_PSEUDONYM_KEY_FILE, a file that holds it; WAREHOUSE_PSEUDONYM_KEY_COMMAND, a command that prints it, as any
secrets store has one. On a laptop with none of them, a key is made once in <home>/secrets, readable by its owner
alone. Reasons: docs/adr/0004-raw-and-pseudonyms.md and docs/adr/0007-keys-and-rotation.md.
"""

from __future__ import annotations

import hmac
import os
import secrets
import shlex
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from childrens_warehouse.datasets.declaration import LOCAL_IDENTIFIERS
from childrens_warehouse.errors import ConfigurationError, KeyUnavailable
from childrens_warehouse.landing import identifiers
from childrens_warehouse.ledger import Ledger
from childrens_warehouse.raw import epoch
from childrens_warehouse.settings import OWNER_ONLY_FILE, Home, Settings, make_private

_SHORTEST_KEY = 32
_SECONDS_FOR_COMMAND = 60


@dataclass(frozen=True)
class Pseudonymiser:
    """Turns identifiers into pseudonyms. The key never shows in its representation."""

    key: bytes = field(repr=False)

    @property
    def key_id(self) -> str:
        """Names the key without telling it: raw made with two keys must not be mixed."""
        return hmac.digest(self.key, b"key-id", "sha256").hex()[:8]

    def pseudonym(self, domain: str, authority: str, value: str) -> int:
        """63 bits, never negative. Local identifiers of two authorities differ; national ones are the same."""
        scope = authority if domain in LOCAL_IDENTIFIERS else ""
        message = "\x1f".join(("childrens-warehouse", domain, scope, value)).encode()
        return int.from_bytes(hmac.digest(self.key, message, "sha256")[:8], "big") >> 1

    def map(self, domain: str, authority: str, texts: Iterable[str]) -> list[tuple[str, int | None, bool]]:
        """(text as delivered, pseudonym or None, check digit holds) for distinct texts.

        Raises ConfigurationError if two values share a pseudonym, which needs a new key.
        """
        mapped: list[tuple[str, int | None, bool]] = []
        seen: dict[int, str] = {}
        for text in texts:
            value = identifiers.normalise(domain, text)
            if identifiers.stands_for_unknown(domain, value):
                mapped.append((text, None, True))
                continue
            key = self.pseudonym(domain, authority, value)
            if seen.setdefault(key, value) != value:
                raise ConfigurationError(
                    f"Two {domain} values share a pseudonym under key {self.key_id}: choose another key."
                )
            mapped.append((text, key, identifiers.is_valid(domain, value)))
        return mapped


def load(home: Home) -> Pseudonymiser:
    """The pseudonymiser of this home.

    Raises ConfigurationError when the key is not there or too short, KeyUnavailable when its command fails.
    """
    if text := os.environ.get("WAREHOUSE_PSEUDONYM_KEY", "").strip():
        return of_text(text, "WAREHOUSE_PSEUDONYM_KEY")
    if path := os.environ.get("WAREHOUSE_PSEUDONYM_KEY_FILE", "").strip():
        return of_file(Path(path), "WAREHOUSE_PSEUDONYM_KEY_FILE")
    if command := os.environ.get("WAREHOUSE_PSEUDONYM_KEY_COMMAND", "").strip():
        return of_text(_output(command), "what WAREHOUSE_PSEUDONYM_KEY_COMMAND printed")
    if not made_here(home).exists() and (now := epoch.current(home)):
        # A key made now would fit nothing that is there.
        raise ConfigurationError(
            f"No pseudonym key is set, and raw was made with key {now.key_id}: set WAREHOUSE_PSEUDONYM_KEY, _FILE or "
            f"_COMMAND. If the key is lost, `warehouse rotate-key` gives raw another one."
        )
    return of_text(_made_once(made_here(home)), str(made_here(home)))


def of_text(text: str, where: str) -> Pseudonymiser:
    """The pseudonymiser of a key; `where` it comes from is said when it is too short (ConfigurationError)."""
    if len(text) < _SHORTEST_KEY:
        raise ConfigurationError(
            f"The pseudonym key is shorter than {_SHORTEST_KEY} characters ({where}): "
            "make one with `openssl rand -base64 48`."
        )
    return Pseudonymiser(text.encode())


def of_file(path: Path, setting: str) -> Pseudonymiser:
    """The pseudonymiser of the key in a file. Raises ConfigurationError when there is none that can be read."""
    try:
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        what = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ConfigurationError(f"{setting} cannot be read ({what}): {path}") from None
    return of_text(text, str(path))


def check(settings: Settings, run_id: str) -> str:
    """See, before anything lands, that the key is there and is the key of raw; note its id in the ledger, once a run.

    Raises ConfigurationError when it is not, KeyUnavailable when its command fails.
    """
    home = settings.home
    key_id = load(home).key_id
    now = epoch.current(home)
    if now and now.key_id != key_id:
        raise ConfigurationError(epoch.mismatch(now, key_id))
    ledger = Ledger(home.ledger)
    if not ledger.query("select 1 from key_event where run_id = ? and event = 'night'", (run_id,)):
        ledger.record_key(run_id, key_id, "night", {})
    return key_id


def is_made_here() -> bool:
    """Does no setting name a key, so that the home's own counts?"""
    names = ("WAREHOUSE_PSEUDONYM_KEY", "WAREHOUSE_PSEUDONYM_KEY_FILE", "WAREHOUSE_PSEUDONYM_KEY_COMMAND")
    return not any(os.environ.get(name, "").strip() for name in names)


def made_here(home: Home) -> Path:
    """Where a home keeps the key that was made for it."""
    return home.root / "secrets" / "pseudonym.key"


@cache
def _output(command: str) -> str:
    """What a command prints, asked once per process. Never shown: it is the key, and an error may quote it."""
    try:
        done = subprocess.run(
            shlex.split(command), capture_output=True, text=True, timeout=_SECONDS_FOR_COMMAND, check=False
        )
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise KeyUnavailable(
            f"WAREHOUSE_PSEUDONYM_KEY_COMMAND cannot be run ({type(error).__name__}): run it by hand to see why."
        ) from None
    if done.returncode:
        raise KeyUnavailable(
            f"WAREHOUSE_PSEUDONYM_KEY_COMMAND ended with {done.returncode}: run it by hand to see why."
        )
    return done.stdout.strip()


def _made_once(path: Path) -> str:
    """Read the key of this home, making it first if there is none. Safe when two processes start together."""
    make_private(path.parent)
    if not path.exists():
        candidate = path.with_suffix(f".{secrets.token_hex(8)}")
        descriptor = os.open(candidate, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY_FILE)
        with os.fdopen(descriptor, "w", encoding="utf-8") as handle:
            handle.write(secrets.token_hex(32))
            handle.flush()
            os.fsync(handle.fileno())
        try:
            os.link(candidate, path)  # fails where another process was first, and then its key counts
        except FileExistsError:
            pass
        finally:
            candidate.unlink()
    return path.read_text(encoding="utf-8").strip()
