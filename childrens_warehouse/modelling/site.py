"""The documentation of all models: dbt's site in one page, and beside it the lineage of every column (dbt-colibri).

    <folder>/index.html            dbt's documentation: models, columns, tests, code, exposures
    <folder>/lineage/index.html    where each column comes from and where it goes

Made from the sandbox, so no page can hold anything of a child. No page asks another host for anything.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from childrens_warehouse.build import dbt
from childrens_warehouse.build.candidate import Workspace
from childrens_warehouse.errors import WarehouseError
from childrens_warehouse.modelling import sandbox
from childrens_warehouse.settings import PROJECT, Settings

FOLDER = PROJECT / "var" / "docs"


def make(settings: Settings, folder: Path, say: Callable[[str], None]) -> Path:
    """Make the site and return its first page. Raises WarehouseError when dbt or dbt-colibri fails."""
    inside = sandbox.ensure(settings, say)
    workspace = Workspace.of(inside)
    say("Asking dbt for every model and column.")
    done = dbt.run(["--quiet", "docs", "generate", "--static"], workspace.candidate, workspace.dbt)
    if done.returncode:
        raise WarehouseError(f"dbt could not make the documentation:\n{done.stdout.strip()}")
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(workspace.dbt / "static_index.html", folder / "index.html")
    say("Following every column.")
    _lineage(workspace.dbt, folder / "lineage")
    return folder / "index.html"


def _lineage(target: Path, folder: Path) -> None:
    finished = subprocess.run(
        [
            sys.executable, "-c", "from dbt_colibri.cli.cli import cli; cli()", "generate", "--disable-telemetry",
            "--manifest", str(target / "manifest.json"), "--catalog", str(target / "catalog.json"),
            "--output-dir", str(folder),
        ],
        env={**os.environ, "DO_NOT_TRACK": "1"},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )  # fmt: skip
    if finished.returncode or not (folder / "index.html").exists():
        raise WarehouseError(f"dbt-colibri could not follow the columns:\n{finished.stdout[-2000:].strip()}")
