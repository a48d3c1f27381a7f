"""What a task's lines are about (childrens_warehouse.observing.logs), before its work begins; and how far it is."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from airflow.sdk import Context

from childrens_warehouse.observing import logs


def about_this_task(context: Context) -> None:
    """The run, and whatever of night, build and release the task is handed: by name, or in what a task before it
    handed on."""
    dag_run, params = context["dag_run"], context["params"]
    found = {"night": params.get("extract_date"), "build_id": params.get("build_id")}
    for name, value in _handed(context["task"]).items():
        told = value if isinstance(value, Mapping) else {name: value}
        found |= {fact: told[fact] for fact in logs.FACTS if isinstance(told.get(fact), str) and told[fact]}
    logs.begin_task(**{**found, "run_id": (dag_run.conf or {}).get("run_id") or dag_run.run_id})


# Who runs tasks in its own process, as `make nightly` does, is told here of what they are at.
FOLLOWERS: list[Callable[[str], None]] = []


def follow(what: str) -> None:
    """Say what a long task is at, for a person who watches. Names of files and counts, never a value."""
    for follower in FOLLOWERS:
        follower(what)


def _handed(task: Any) -> Mapping[str, Any]:
    """The arguments of a task's function, by name."""
    function = getattr(task, "python_callable", None)
    if function is None:
        return {}
    return inspect.signature(function).bind_partial(*task.op_args, **task.op_kwargs).arguments
