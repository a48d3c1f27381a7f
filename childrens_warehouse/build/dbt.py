"""Run dbt on a candidate database, as its own process.

A process of its own because dbt-duckdb keeps the database open as long as the interpreter lives, and the gate
wants to open it read-only right after.

    python -m childrens_warehouse.build.dbt --candidate FILE <any dbt command>
    eval "$(python -m childrens_warehouse.build.dbt --environment)"     for tools that drive dbt themselves
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from childrens_warehouse.settings import PROJECT

DBT_PROJECT = PROJECT / "dbt_project"


def indicator_models() -> tuple[str, ...]:
    """Names of the indicator models: every `ind_*.sql`. Adding a file is adding an indicator."""
    return tuple(sorted(path.stem for path in (DBT_PROJECT / "models" / "indicators").rglob("ind_*.sql")))


def environment(candidate: Path, target_path: Path | None = None) -> dict[str, str]:
    """The variables dbt needs beside our own settings."""
    variables = {
        "WAREHOUSE_CANDIDATE": str(candidate),
        "WAREHOUSE_INDICATORS": ",".join(indicator_models()),
        "DBT_PROJECT_DIR": str(DBT_PROJECT),
        "DBT_PROFILES_DIR": str(DBT_PROJECT),
    }
    target = target_path or os.environ.get("WAREHOUSE_DBT_TARGET")
    if target:
        # dbt no longer takes these two from dbt_project.yml.
        variables["DBT_TARGET_PATH"] = str(target)
        variables["DBT_LOG_PATH"] = str(Path(target) / "logs")
    return variables


def run(
    arguments: Sequence[str],
    candidate: Path,
    target_path: Path | None = None,
    extra: Mapping[str, str] | None = None,
    pass_fds: Sequence[int] = (),
) -> subprocess.CompletedProcess[str]:
    """Run dbt and return the finished process with its output; never raises for a failed build.

    pass_fds: descriptors the child keeps open, so that a lock outlives us while dbt still writes.
    """
    return subprocess.run(
        [sys.executable, "-m", "dbt.cli.main", *arguments],
        cwd=DBT_PROJECT,
        env={**os.environ, **environment(candidate, target_path), **(extra or {})},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
        pass_fds=tuple(pass_fds),
    )


def main(argv: Sequence[str]) -> int:
    if list(argv) == ["--environment"]:
        # What a tool that drives dbt itself must export: sqlfluff, an editor.
        print("\n".join(f"export {name}={shlex.quote(value)}" for name, value in environment(Path(":memory:")).items()))
        return 0
    if len(argv) < 3 or argv[0] != "--candidate":
        print(__doc__)
        return 2
    finished = subprocess.run(
        [sys.executable, "-m", "dbt.cli.main", *argv[2:]],
        cwd=DBT_PROJECT,
        env={**os.environ, **environment(Path(argv[1]).resolve())},
        check=False,
    )
    return finished.returncode


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
