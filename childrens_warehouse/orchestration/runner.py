"""Run the real DAGs of one night in this process, one after the other, without a scheduler.

    python -m childrens_warehouse.orchestration.runner night --date 2017-05-31 --run-id ID --events FD
    python -m childrens_warehouse.orchestration.runner abandon

The child process of `nightly`: what Airflow, dbt and the tasks say goes to its output, and what a person wants to
follow goes to the descriptor FD as one JSON object per line. `abandon` closes what a killed run left open.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import signal
import time
from dataclasses import dataclass
from typing import Any, TextIO

from airflow.dag_processing.dagbag import DagBag
from airflow.listeners import hookimpl
from airflow.models.asset import AssetDagRunQueue, AssetEvent
from airflow.models.dagrun import DagRun
from airflow.sdk.exceptions import AirflowFailException
from airflow.sdk.listener import get_listener_manager
from airflow.utils.session import create_session
from airflow.utils.state import DagRunState, State, TaskInstanceState
from airflow.utils.types import DagRunTriggeredByType
from sqlalchemy import delete, select

from childrens_warehouse.datasets import Source
from childrens_warehouse.errors import WarehouseError
from childrens_warehouse.observing.logs import say
from childrens_warehouse.orchestration.assets import GATED_BUILD, LANDED, PUBLISHED_MARTS
from childrens_warehouse.orchestration.environment import DAGS
from childrens_warehouse.orchestration.telling import FOLLOWERS


@dataclass(frozen=True)
class Finished:
    """A DAG run that has ended: its state, and what its tasks told of each asset they emitted."""

    dag_id: str
    state: str
    emitted: dict[str, dict[str, Any]]


class Events:
    """Tells the parent process what happens; listens to Airflow's tasks."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._started: dict[str, float] = {}

    def tell(self, event: str, **details: Any) -> None:
        try:
            self._stream.write(json.dumps({"event": event, **details}) + "\n")
            self._stream.flush()
        except BrokenPipeError:
            # Nobody is there any more to follow the night or to close it: end, and whatever we started with us. What
            # is left open is closed by the next night.
            if os.getpgrp() == os.getpid():
                os.killpg(0, signal.SIGKILL)
            os._exit(1)

    def at(self, what: str) -> None:
        """What the task under way is at."""
        self.tell("at", what=what)

    @hookimpl
    def on_task_instance_running(self, previous_state: Any, task_instance: Any) -> None:
        self._started[str(task_instance.id)] = time.monotonic()
        self._tell_task("started", task_instance)

    @hookimpl
    def on_task_instance_success(self, previous_state: Any, task_instance: Any) -> None:
        self._tell_task("succeeded", task_instance)

    @hookimpl
    def on_task_instance_skipped(self, previous_state: Any, task_instance: Any) -> None:
        self._tell_task("skipped", task_instance)

    @hookimpl
    def on_task_instance_failed(self, previous_state: Any, task_instance: Any, error: Any) -> None:
        retries = task_instance.state == TaskInstanceState.UP_FOR_RETRY
        self._tell_task("retrying" if retries else "failed", task_instance, reason=_reason(error))

    def _tell_task(self, event: str, task_instance: Any, **details: Any) -> None:
        started = self._started.get(str(task_instance.id), time.monotonic())
        self.tell(
            event,
            dag=task_instance.dag_id,
            task=task_instance.task_id,
            label=getattr(task_instance, "rendered_map_index", None),
            seconds=round(time.monotonic() - started, 1),
            **details,
        )


def run_night(night: dt.date, run_id: str, events: Events) -> None:
    """Land the three sources, build when each has called for it, publish what passed the gate.

    The report is not made: who runs nights by hand makes it when it is wanted. Its call waits for a scheduler.
    """
    landed = [
        run_dag(f"land_{source}", {"extract_date": night.isoformat(), "wait": False, "run_id": run_id}, events)
        for source in Source
    ]
    called = {name for run in landed for name in run.emitted}
    if called >= {asset.name for asset in LANDED.values()}:
        built = run_dag("build_warehouse", {"run_id": run_id}, events)
        if gated := built.emitted.get(GATED_BUILD.name):
            published = run_dag("publish_marts", {"run_id": run_id, "build_id": gated["build_id"]}, events)
            events.tell("release", published=published.emitted.get(PUBLISHED_MARTS.name))


def run_dag(dag_id: str, conf: dict[str, Any], events: Events) -> Finished:
    """One run of one DAG, start to end."""
    events.tell("dag_started", dag=dag_id)
    bag = DagBag(DAGS)
    if bag.import_errors:
        raise ImportError("; ".join(f"{path}: {error}" for path, error in bag.import_errors.items()))
    run = bag.dags[dag_id].test(run_conf=conf)
    with create_session() as session:
        emitted = {
            event.asset.name: dict(event.extra)
            for event in session.scalars(select(AssetEvent).where(AssetEvent.source_run_id == run.run_id))
            if event.source_dag_id == dag_id
        }
        # This run has served whatever called for it: a scheduler that starts later must not serve it again.
        session.execute(delete(AssetDagRunQueue).where(AssetDagRunQueue.target_dag_id == dag_id))
    finished = Finished(dag_id, str(run.state), emitted)
    events.tell("dag_ended", dag=dag_id, state=finished.state, emitted=sorted(emitted))
    return finished


def abandon() -> int:
    """Fail the runs that a killed process of ours left open, lest a scheduler goes on with them. Returns how many.

    Runs of a scheduler stay as they are: it takes them up itself.
    """
    with create_session() as session:
        left = session.scalars(
            select(DagRun).where(
                DagRun.triggered_by == DagRunTriggeredByType.TEST,
                DagRun.state.in_([DagRunState.RUNNING, DagRunState.QUEUED]),
            )
        ).all()
        for run in left:
            for task in run.get_task_instances(session=session):
                if task.state not in State.finished:
                    task.state = TaskInstanceState.FAILED
            run.state = DagRunState.FAILED
        return len(left)


def _reason(error: Any) -> str:
    """The message, where it is one of ours; a foreign one may quote a value from a child's record."""
    if isinstance(error, WarehouseError | AirflowFailException):
        return str(error)
    return f"{type(error).__name__} (the message is in the log)"


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="runner")
    commands = parser.add_subparsers(dest="command", required=True)
    night = commands.add_parser("night")
    night.add_argument("--date", type=dt.date.fromisoformat, required=True)
    night.add_argument("--run-id", required=True)
    night.add_argument("--events", type=int, required=True, help="an open file descriptor")
    commands.add_parser("abandon")
    choice = parser.parse_args(argv)
    if left := abandon():
        say(f"Closed {left} runs that an interrupted process had left open.")
    if choice.command == "night":
        with os.fdopen(choice.events, "w", encoding="utf-8") as stream:
            events = Events(stream)
            get_listener_manager().add_listener(events)
            FOLLOWERS.append(events.at)
            run_night(choice.date, choice.run_id, events)
            events.tell("done")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
