"""What was made of what, as OpenLineage events: files of the inbox, raw datasets, models, tables of the release.

Off, until a receiver is named in the way OpenLineage's own programs know: OPENLINEAGE_URL, OPENLINEAGE__TRANSPORT__...,
OPENLINEAGE_CONFIG, or Airflow's AIRFLOW__OPENLINEAGE__TRANSPORT. Nothing of the client is loaded while it is off, and
nothing that goes wrong here reaches a night: it is said in one line.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from childrens_warehouse.observing import logs
from childrens_warehouse.settings import Settings

if TYPE_CHECKING:
    from openlineage.client.event_v2 import RunEvent

    from childrens_warehouse.observing.steps import Step

_OFF = "OPENLINEAGE_DISABLED"
_SECONDS_TO_BEGIN = 5.0
_SECONDS_TO_END = 30.0


def is_on() -> bool:
    """Was a receiver named?"""
    if os.environ.get(_OFF, "").strip().lower() == "true":
        return False
    named = ("OPENLINEAGE_URL", "OPENLINEAGE_CONFIG", "AIRFLOW__OPENLINEAGE__TRANSPORT")
    return any(
        value.strip() and (name in named or name.startswith("OPENLINEAGE__TRANSPORT"))
        for name, value in os.environ.items()
    )


def begun(settings: Settings, step: Step) -> None:
    """Tell that a step begins."""
    if is_on() and step.name in _TOLD:
        from childrens_warehouse.observing.lineage import runs

        _send(lambda: [runs.begun(step)], _SECONDS_TO_BEGIN)


def ended(settings: Settings, step: Step, result: Any, error: Exception | None) -> None:
    """Tell how a step ended, and what it read and wrote: what each dataset was made of is a run of its own."""
    if not is_on() or step.name not in (*_TOLD, "close"):
        return

    def events() -> Iterator[RunEvent]:
        from childrens_warehouse.observing.lineage import runs

        if error is None:
            yield from _of_datasets(settings, step, result)
        if step.name in _TOLD:
            yield runs.ended(step, error)

    _send(events, _SECONDS_TO_END)


# Steps that are runs of their own. What is landed is told when the night of a source is closed.
_TOLD = ("build", "gate", "publish", "serve")


def _of_datasets(settings: Settings, step: Step, result: Any) -> Iterator[RunEvent]:
    from childrens_warehouse.observing.lineage import landed, models, releases

    if step.name == "close":
        yield from landed.events(settings, step)
    elif step.name == "build":
        yield from models.events(settings, step)
    elif step.name == "publish":
        yield from releases.published(settings, step, result.release_id)
    elif step.name == "serve":
        yield from releases.served(settings, step, result.release_id)


def _send(events: Callable[[], Iterable[RunEvent]], seconds: float) -> None:
    from childrens_warehouse.observing.lineage import sending

    try:
        sending.send(events(), seconds)
    except Exception as error:
        # A foreign error's words may hold an address with a password in it.
        logs.say(f"Lineage was not told ({type(error).__name__}): the night goes on without it.", is_error=True)


__all__ = ["begun", "ended", "is_on"]
