"""Keyed pseudonyms: HMAC-SHA-256 with domain separation, cut to 63 bits so that a key is an integer.

The key comes from WAREHOUSE_PSEUDONYM_KEY (at least 32 characters) or a file named by
WAREHOUSE_PSEUDONYM_KEY_FILE. On a laptop with neither, a key is made once in <home>/secrets, readable by its
owner alone. docs/adr/0004-raw-and-pseudonyms.md has the reasons, and the odds of a collision.
"""

from __future__ import annotations

import hmac
import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from childrens_warehouse.datasets.declaration import LOCAL_IDENTIFIERS
from childrens_warehouse.errors import ConfigurationError
from childrens_warehouse.landing import identifiers
from childrens_warehouse.settings import OWNER_ONLY_FILE, Home, make_private

_SHORTEST_KEY = 32


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
    """The pseudonymiser of this home. Raises ConfigurationError when the key is too short or unreadable."""
    text = os.environ.get("WAREHOUSE_PSEUDONYM_KEY", "").strip()
    path = os.environ.get("WAREHOUSE_PSEUDONYM_KEY_FILE", "").strip()
    if not text and path:
        try:
            text = Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ConfigurationError(
                f"WAREHOUSE_PSEUDONYM_KEY_FILE cannot be read ({error.strerror}): {path}"
            ) from None
    if not text:
        text = _made_once(home.root / "secrets" / "pseudonym.key")
    if len(text) < _SHORTEST_KEY:
        raise ConfigurationError(
            f"The pseudonym key is shorter than {_SHORTEST_KEY} characters: set WAREHOUSE_PSEUDONYM_KEY to a longer."
        )
    return Pseudonymiser(text.encode())


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
