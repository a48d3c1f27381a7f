"""What the warehouse is made of: a bill of materials in CycloneDX per lock, with versions and hashes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from childrens_warehouse.settings import PROJECT

# Bill -> lock. The tests' own packages are on no machine that holds data.
BILLS = {
    "warehouse": "requirements.lock",
    "warehouse-service": "requirements-service.lock",
    "superset": "bi/superset/requirements.lock",
}


def write(folder: Path) -> list[Path]:
    """Write the bills into a folder; the same locks give the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, lock in BILLS.items():
        target = folder / f"{name}.cdx.json"
        subprocess.run(
            [
                str(Path(sys.executable).with_name("cyclonedx-py")), "requirements", str(PROJECT / lock),
                "--pyproject", str(PROJECT / "pyproject.toml"), "--output-reproducible", "--of", "JSON",
                "--validate", "--output-file", str(target),
            ],
            check=True,
        )  # fmt: skip
        written.append(target)
    return written
