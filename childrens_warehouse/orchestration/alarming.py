"""The ends of the DAGs: bring the incidents in line with what the run found, and tell whom it concerns.

Last tasks, not callbacks: a task that is killed leaves its callbacks to the DAG processor, which sees neither the
data nor the ledger and tries nothing twice; a last task runs whatever became of those before it, is tried again, and
shows what it did. Those of the DAGs after the landing are teardowns, whose own state leaves the run's alone.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any

from airflow.sdk import task

from childrens_warehouse.observing.logs import say
from childrens_warehouse.orchestration.house import run_id
from childrens_warehouse.settings import Settings

if TYPE_CHECKING:
    from childrens_warehouse.orchestration.troubles import Left  # loads what lands, which no DAG file may


@task
def tell_of_build(
    start: dict[str, Any] | None,
    layers: list[dict[str, Any]] | None,
    verdict: dict[str, Any] | None,
    passed: dict[str, Any] | None,
) -> None:
    """Open or resolve the incidents of building and of the gate, and tell of them once."""
    from childrens_warehouse.alarms import observing

    settings = Settings.from_environment()
    _tell(settings, observing.build(settings, run_id(), start, layers, verdict, passed))


@task
def tell_of_publication(build_id: str | None, release: dict[str, Any] | None, served: dict[str, Any] | None) -> None:
    """Open or resolve the incidents of publication and of PostgreSQL, and tell of them once."""
    from childrens_warehouse.alarms import observing

    settings = Settings.from_environment()
    found = [observing.publication(settings, build_id, release)]
    if release is not None:
        found.append(observing.serving(settings, served))
    _tell(settings, *found)


@task
def tell_of_report(made: list[str] | None) -> None:
    """Open or resolve the incident of the report, and tell of it once."""
    from childrens_warehouse.alarms import observing

    settings = Settings.from_environment()
    _tell(settings, observing.report(settings, made))


def tell_of_readers(served: dict[str, Any] | None) -> None:
    """Open or resolve the incidents of what readers have: late, old, or behind on the PostgreSQL server."""
    from childrens_warehouse.alarms import observing
    from childrens_warehouse.publish.current import current_manifest

    settings = Settings.from_environment()
    is_published = current_manifest(settings.home) is not None
    _tell(settings, *([observing.serving(settings, served)] if is_published else []))


def tell_of_landing(
    source: str,
    night: str | None,
    folders: Iterable[dict[str, Any]],
    left: Left,
    closed: dict[str, Any] | None,
    ways_in: Collection[str] | None,
    fetched: Iterable[dict[str, Any]],
    is_listed: bool,
) -> None:
    """Open or resolve the incidents of one night of a source, and tell of them once."""
    from childrens_warehouse.alarms import observing

    settings = Settings.from_environment()
    folders = list(folders)
    brought = {each["authority"] for each in fetched}
    _tell(
        settings,
        observing.landing(
            settings,
            source,
            # Without one, choose_night failed: nothing was listed either, and that is told.
            dt.date.fromisoformat(night) if night else dt.datetime.now(settings.timezone).date(),
            run_id(),
            on_time=[each["authority"] for each in folders if not each["is_late"] and not each.get("is_skipped")],
            skipped=[folder["authority"] for folder in folders if folder.get("is_skipped")],
            late=[folder["authority"] for folder in folders if folder["is_late"]],
            lost=[(each["authority"], each["extract_date"], each["file_name"]) for each in left.lost],
            is_listed=is_listed,
            unlisted=left.unlisted if is_listed else (),
            is_closed=closed is not None,
            fetched=sorted(brought),
            unfetched=None if ways_in is None else sorted(set(ways_in) - brought),
        ),
    )


def _tell(settings: Settings, *found: Any) -> None:
    """Note what was found, and whether what is published is late or has grown old; then send what is due."""
    from childrens_warehouse.alarms import note, observing, sending

    for scope, troubles in (*found, observing.deadline(settings), observing.staleness(settings)):
        changes = note(settings, run_id(), scope, troubles)
        for word, incidents in (("opened", changes.opened), ("resolved", changes.resolved)):
            for incident in incidents:
                say(f"Incident {word}: {incident.key}: {incident.resolution or incident.happened}")
    if sending.is_due(settings):
        from childrens_warehouse.orchestration import channels  # loads the providers, so only when there is news

        for line in sending.send_due(settings, channels.channels(settings), run_id()):
            say(line)
