"""What dbt's project was when a release was built: kept once per state of the code, for builds that defer to a release.

published/states/<code fingerprint>.json.gz     dbt's manifest: models, tests and their code, no rows
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

from childrens_warehouse.publish import files
from childrens_warehouse.settings import GROUP_READS_DIRECTORY, GROUP_READS_FILE, Home


def keep(home: Home, code: str, dbt_manifest: Path) -> None:
    """Keep the manifest of this code unless it is kept already; nothing where dbt left none."""
    target = _path(home, code)
    if target.exists() or not dbt_manifest.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    target.parent.chmod(GROUP_READS_DIRECTORY)  # whatever the umask
    partial = target.with_suffix(".partial")
    partial.write_bytes(gzip.compress(dbt_manifest.read_bytes(), compresslevel=6))
    partial.chmod(GROUP_READS_FILE)
    files.replace(partial, target)


def state_of(home: Home, code: str) -> dict[str, Any] | None:
    """The manifest of that code, or None."""
    target = _path(home, code)
    return json.loads(gzip.decompress(target.read_bytes())) if target.exists() else None


def _path(home: Home, code: str) -> Path:
    return home.published / "states" / f"{code[:16]}.json.gz"
