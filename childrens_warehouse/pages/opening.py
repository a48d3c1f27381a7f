"""`make report`: make it, say where it lies, and open the page where there is a desktop to open it on."""

from __future__ import annotations

import os
import subprocess
import sys
import webbrowser


def main(arguments: list[str]) -> int:
    """Run `warehouse report` and open the first page it made. Returns its exit code."""
    finished = subprocess.run(
        [sys.executable, "-m", "childrens_warehouse.cli", "report", *arguments],
        stdout=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    print(finished.stdout, end="")
    pages = [line for line in finished.stdout.splitlines() if line.endswith(".html")]
    if pages and (
        sys.platform in ("darwin", "win32") or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    ):
        webbrowser.open(f"file://{pages[-1]}")
    return finished.returncode


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
