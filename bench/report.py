"""The report of one quarter: page, PDF and figures of both editions, as `warehouse report` makes them.

    python -m bench --only-report [--home FOLDER]

Of the release that is published in the home, for its newest quarter end; the files are put elsewhere and thrown away.
Whole processes, start-up included, because whoever asks for a report waits for them.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

MOST_SECONDS = 20.0
RUNS = 3


def measure(options: argparse.Namespace, folder: Path) -> bool:
    """Make both editions three times, and each alone once. Is the bound missed?"""
    environment = {**os.environ, **({"WAREHOUSE_HOME": str(options.home.resolve())} if options.home else {})}
    both = [_seconds(folder / "both", environment) for _ in range(RUNS)]
    files = sorted((folder / "both").iterdir())
    for edition in ("public", "panel"):
        print(f"the {edition} edition alone: {_seconds(folder / edition, environment, '--edition', edition):.1f} s")
    told = ", ".join(f"{seconds:.1f}" for seconds in both)
    print(f"both editions, {len(files)} files of {sum(path.stat().st_size for path in files) / 1e6:.1f} MB: {told} s")
    print(f"median {statistics.median(both):.1f} s (bound {MOST_SECONDS:.0f} s)")
    return statistics.median(both) > MOST_SECONDS


def _seconds(to: Path, environment: dict[str, str], *arguments: str) -> float:
    started = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "childrens_warehouse.cli", "report", "--to", str(to), *arguments],
        env=environment, check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    return time.perf_counter() - started
