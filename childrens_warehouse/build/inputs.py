"""What a build is a function of, as two fingerprints: the code, and everything.

Two builds with equal inputs have equal content, so a build whose inputs are those of the current release is not
needed, and attendance partitions built by other code are not kept.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from pathlib import Path

from childrens_warehouse import __version__
from childrens_warehouse.disclosure.profiles import LOCAL
from childrens_warehouse.raw.in_force import InForce
from childrens_warehouse.settings import PROJECT

# Whatever decides the content of a release or whether it passes. The command line and the DAGs do not.
_CODE = (
    ("seeds", "*.csv"),
    ("dbt_project", "*.yml"),
    ("dbt_project", "*.sql"),
    ("dbt_project", "*.csv"),
    ("expectations", "*.py"),
    ("expectations", "*.csv"),
    ("childrens_warehouse/build", "*.py"),
    ("childrens_warehouse/datasets", "*.py"),
    ("childrens_warehouse/decisions", "re*.py"),
    ("childrens_warehouse/decisions", "neighbours.py"),
    ("childrens_warehouse/identity", "*.csv"),
    ("childrens_warehouse/identity", "*.json"),
    ("childrens_warehouse/identity", "*.py"),
    ("childrens_warehouse/disclosure", "*.py"),
    ("childrens_warehouse/publish", "*.py"),
    ("childrens_warehouse/quality", "*.py"),
    ("childrens_warehouse/raw", "*.py"),
    ("childrens_warehouse/signing", "sign_offs.py"),
)
_NOT_CODE = frozenset({"target", "logs", "__pycache__"})
_ENGINES = ("duckdb", "dbt-core", "dbt-duckdb", "great-expectations", "splink")


def code_fingerprint(project: Path = PROJECT) -> str:
    """SHA-256 over the files and engine versions that decide what a release holds."""
    digest = hashlib.sha256()
    for path in sorted(set(_files(project))):
        digest.update(path.relative_to(project).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    digest.update(json.dumps(versions(), sort_keys=True).encode())
    return digest.hexdigest()


def versions() -> dict[str, str]:
    """Of this package and of the engines under it."""
    return {"childrens-warehouse": __version__, **{engine: version(engine) for engine in _ENGINES}}


def commit(project: Path = PROJECT) -> str | None:
    """The commit that is checked out, for whoever wants that code again; None outside a checkout. In no hash."""
    try:
        head = (project / ".git" / "HEAD").read_text(encoding="utf-8").strip()
        if not head.startswith("ref: "):
            return head
        return (project / ".git" / head.removeprefix("ref: ")).read_text(encoding="utf-8").strip()
    except OSError:
        return None


def inputs_fingerprint(night: InForce, code: str, disclosure: str = LOCAL.name) -> str:
    """SHA-256 over the code and what is in force: files, night, known-on instant, id of the pseudonym key; and which
    rule of disclosure, where it is not the usual one."""
    other = "" if disclosure == LOCAL.name else f"\n{disclosure}"
    return hashlib.sha256(f"{code}\n{night.fingerprint}{other}".encode()).hexdigest()


def _files(project: Path) -> Iterator[Path]:
    for folder, pattern in _CODE:
        yield from _outside(_NOT_CODE, project, (project / folder).rglob(pattern))


def _outside(names: frozenset[str], project: Path, paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        parts = path.relative_to(project).parts
        # dbt leaves a .user.yml with a random id beside its profile.
        if names.isdisjoint(parts) and not parts[-1].startswith("."):
            yield path
