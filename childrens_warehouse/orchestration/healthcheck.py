"""Is this program of Airflow well? For containers, whose images have no curl.

    python -m childrens_warehouse.orchestration.healthcheck scheduler --url http://api-server:8080
    python -m childrens_warehouse.orchestration.healthcheck worker-1

Ends with 0 when the program's heart beats, by the same page that `make up` waits for; with 1 otherwise. A worker of
Celery's is on no page: it is sent a ping, as `celery inspect ping` does, but without loading Airflow for it.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import subprocess
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


def ping(worker: str, broker: str) -> str:
    """What a worker answers through Redis: healthy, or why it could not be asked."""
    from celery import Celery
    from kombu.exceptions import KombuError

    name = f"celery@{worker}"
    try:
        with Celery(broker=broker, set_as_current=False) as asking:
            answers = asking.control.ping(destination=[name], timeout=10, limit=1)
    except (OSError, KombuError) as error:
        # The address has a password in it; the kind of error has none.
        return f"not known: {type(error).__name__}"
    return "healthy" if any(name in answer for answer in answers) else "no answer"


def broker() -> str:
    """Where Airflow is told to find Redis."""
    command = shlex.split(os.environ["AIRFLOW__CELERY__BROKER_URL_CMD"])
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="healthcheck", description=__doc__.split("\n", 1)[0])
    parser.add_argument("program", help=f"{', '.join(PARTS)}, or the name of a worker")
    parser.add_argument("--url", default="http://127.0.0.1:8080", help="the address of Airflow's pages")
    choice = parser.parse_args(argv)
    found = status(choice.program, choice.url) if choice.program in PARTS else ping(choice.program, broker())
    print(f"{choice.program}: {found}")
    return 0 if found == "healthy" else 1


if __name__ == "__main__":
    sys.exit(main())
