"""Is this program of Airflow well? For containers, whose images have no curl.

    python -m childrens_warehouse.orchestration.healthcheck scheduler --url http://api-server:8080

Ends with 0 when the program's heart beats, by the same page that `make up` waits for; with 1 otherwise.
"""

from __future__ import annotations

import argparse
import json
import sys
import urllib.request

HEALTH = "/api/v2/monitor/health"

# The program, and the part of the health page that speaks of it.
PARTS = {
    "api-server": "metadatabase",
    "scheduler": "scheduler",
    "dag-processor": "dag_processor",
    "triggerer": "triggerer",
}


def status(program: str, url: str) -> str:
    """What the health page says of the program: healthy, unhealthy, or why it could not be asked."""
    try:
        with urllib.request.urlopen(url + HEALTH, timeout=10) as answer:  # noqa: S310 - our own address
            return json.load(answer)[PARTS[program]]["status"] or "never started"
    except (OSError, ValueError, KeyError) as error:
        return f"not known: {error}"


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="healthcheck", description=__doc__.split("\n", 1)[0])
    parser.add_argument("program", choices=PARTS)
    parser.add_argument("--url", default="http://127.0.0.1:8080", help="the address of Airflow's pages")
    choice = parser.parse_args(argv)
    found = status(choice.program, choice.url)
    print(f"{choice.program}: {found}")
    return 0 if found == "healthy" else 1


if __name__ == "__main__":
    sys.exit(main())
