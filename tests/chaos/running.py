"""A part of the fault suite as whoever runs `make chaos` has it: a program of its own, whose process it may change."""

from __future__ import annotations

import re
import subprocess
import sys

from childrens_warehouse.settings import PROJECT


def must_hold(part: str, seed: int) -> None:
    """Run the short form of a part; it breaks or delivers something, and nothing is lost by it."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "chaos", "--short", "--part", part, "--seed", str(seed)],
        cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-6000:]
    told = re.search(r"^all +(\d+) +(\d+) +(\d+) +0 +0 +0 ", done.stdout, re.MULTILINE)
    assert told and sum(map(int, told.groups())) > 0, done.stdout[-6000:]
