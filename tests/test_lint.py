"""`make lint` is green: style and types of Python, YAML and SQL. The house rules have tests of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from childrens_warehouse.build import dbt
from childrens_warehouse.settings import PROJECT

pytestmark = pytest.mark.slow


@pytest.mark.timeout(1_800)
@pytest.mark.parametrize(
    "command",
    [
        ("ruff", "check", "."),
        ("mypy",),
        ("yamllint", "--strict", "."),
        ("sqlfluff", "lint", "--nocolor", "--disable-progress-bar", "--processes", "2",
         "dbt_project/models", "dbt_project/tests"),
    ],
    ids=lambda command: command[0],
)  # fmt: skip
def test_lint(command: tuple[str, ...], tmp_path: Path):
    tool, *arguments = command
    finished = subprocess.run(
        [str(Path(sys.executable).parent / tool), *arguments],
        cwd=PROJECT,
        env={**os.environ, **dbt.environment(Path(":memory:"), tmp_path / "target")},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout[-6000:]
