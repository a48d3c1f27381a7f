"""Does anything that is committed look like a secret? By detect-secrets, against what people know to be none.

`known.json` holds file, kind and hash of what was looked at and is no secret, never the text itself.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable
from pathlib import Path

from detect_secrets import SecretsCollection
from detect_secrets.settings import default_settings

from childrens_warehouse.settings import PROJECT

KNOWN = Path(__file__).with_name("known.json")
# Hashes of packages, tables of public codes, and drawings: long words that mean nothing.
_NOT_READ = (".lock", ".csv", ".svg", ".png", ".tsv")
_NOT_READ_NAMES = ("requirements-uv.txt", "known.json")

Found = tuple[str, str, str, int]


def files() -> list[Path]:
    """What is committed, or would be with the next commit, as far as people write it.

    Raises CalledProcessError where the project is no clone.
    """
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=PROJECT, capture_output=True, text=True, check=True,
    ).stdout.split("\0")  # fmt: skip
    return [
        path
        for name in sorted(filter(None, listed))
        if not name.endswith(_NOT_READ) and (path := PROJECT / name).is_file() and path.name not in _NOT_READ_NAMES
    ]


def look(paths: Iterable[Path], root: Path = PROJECT) -> list[Found]:
    """(file, kind, hash of it, line) of whatever looks like a secret."""
    secrets = SecretsCollection(root=str(root))
    with default_settings():
        for path in paths:
            secrets.scan_file(str(path.relative_to(root)))
    return sorted(
        (name, secret.type, secret.secret_hash, secret.line_number) for name, secret in secrets if secret.secret_hash
    )


def accept(found: Iterable[Found]) -> None:
    """Write down that these are no secrets."""
    entries = sorted({(name, kind, hashed) for name, kind, hashed, _ in found})
    KNOWN.write_text(json.dumps(entries, indent=1) + "\n", encoding="utf-8")


def unknown(found: Iterable[Found]) -> list[str]:
    """A line for each that nobody has looked at yet; the text itself is not repeated."""
    known = {tuple(entry) for entry in json.loads(KNOWN.read_text(encoding="utf-8"))}
    return [
        f"{name}:{line}: {kind}. If it is one, it is known to others from now on: change it. If not: "
        "python -m security secrets --accept"
        for name, kind, hashed, line in found
        if (name, kind, hashed) not in known
    ]
