"""The steps of a night: each is timed, written into the ledger, and told to whoever asked to be told."""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
import inspect
import sqlite3
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar

from childrens_warehouse.ledger import Ledger
from childrens_warehouse.observing import lineage, logs, metrics
from childrens_warehouse.settings import Settings

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class Step:
    """One run of a step. facts: what is known of it (logs.FACTS, and `source`); more once it has ended."""

    name: str
    began_at: dt.datetime
    facts: Mapping[str, str]

    @property
    def run_id(self) -> str:
        return self.facts.get("run_id", "")


def observed(name: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Make a function a step that can be seen. It takes `settings` first, and what it is about by these names:
    run_id, night, build_id, release_id, source; or returns something that has them.

    Nothing that goes wrong in the telling reaches the step.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        signature = inspect.signature(function)

        @functools.wraps(function)
        def step(*args: P.args, **kwargs: P.kwargs) -> R:
            given = signature.bind(*args, **kwargs).arguments
            settings: Settings = given["settings"]
            facts = logs.known() | _facts(given)
            began = time.monotonic()
            this = Step(name, dt.datetime.now(dt.UTC), facts)
            with logs.about(**{**{key: value for key, value in facts.items() if key in logs.FACTS}, "step": name}):
                lineage.begun(settings, this)
                try:
                    result = function(*args, **kwargs)
                except Exception as error:
                    _end(settings, this, time.monotonic() - began, None, error)
                    raise
                learnt = {fact: getattr(result, fact) for fact in _NAMES if getattr(result, fact, None)}
                this = dataclasses.replace(this, facts={**facts, **_facts(learnt)})
                _end(settings, this, time.monotonic() - began, result, None)
                return result

        return step

    return decorate


_NAMES = ("run_id", "night", "build_id", "release_id", "source")


def _facts(given: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(given[name]) for name in _NAMES if given.get(name)}


def _end(settings: Settings, step: Step, seconds: float, result: Any, error: Exception | None) -> None:
    facts = {name: step.facts.get(name) for name in _NAMES if name != "run_id"}
    try:
        Ledger(settings.home.ledger).record_step(
            run_id=step.run_id, **facts, step=step.name, state="failed" if error else "done",
            error=type(error).__name__ if error else None, seconds=round(seconds, 3),
        )  # fmt: skip
    except (sqlite3.Error, OSError) as unwritten:
        # A full disk, most often: what the step itself says of it must be heard.
        logs.say(f"The ledger could not be told how {step.name} ended ({type(unwritten).__name__}).", is_error=True)
    lineage.ended(settings, step, result, error)
    metrics.push_after(settings, step.name)
