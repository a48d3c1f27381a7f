"""A part of the fault suite as whoever runs `make chaos` has it: a program of its own, whose process it may change."""

from __future__ import annotations

import re
import subprocess
import sys

from childrens_warehouse.settings import PROJECT


def must_hold(part: str, seed: int, *, broken: int, delivered: int = 0) -> None:
    """Run the short form of a part: so much is broken by it, or delivered to it where that is asked, and nothing lost.

    broken: kills and faults at least. delivered: so many deliveries at least will do instead; 0: they will not.
    """
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "chaos", "--short", "--part", part, "--seed", str(seed)],
        cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-6000:]
    told = re.search(r"^all +(\d+) +(\d+) +(\d+) +0 +0 +0 ", done.stdout, re.MULTILINE)
    assert told, done.stdout[-6000:]
    kills, faults, deliveries = map(int, told.groups())
    assert kills + faults >= broken or 0 < delivered <= deliveries, done.stdout[-6000:]
