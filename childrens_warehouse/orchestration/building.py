"""The tasks of build_warehouse and publish_marts: thin wrappers around the build and publish packages.

Imports of the package are inside the tasks: a DAG file is parsed every few seconds and must not load dbt.
"""

from __future__ import annotations

from typing import Any

from airflow.sdk import task
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from childrens_warehouse.observing.logs import say
from childrens_warehouse.orchestration.assets import GATED_BUILD, PUBLISHED_MARTS
from childrens_warehouse.orchestration.house import LONG, WRITER_POOL, run_id
from childrens_warehouse.settings import Settings


@task(pool=WRITER_POOL)
def begin_build() -> dict[str, Any]:
    """Fix what goes into this build: the files in force now, and whether they differ from the release's."""
    from childrens_warehouse.build import steps

    return steps.begin(Settings.from_environment(), run_id()).to_dict()


@task.short_circuit
def go_on_if_needed(start: dict[str, Any]) -> bool:
    """Stop here, green, when the published release already holds exactly these inputs."""
    say(start["reason"], build_id=start["build_id"])
    return start["needed"]


@task(pool=WRITER_POOL, execution_timeout=LONG)
def build_models(start: dict[str, Any]) -> list[dict[str, Any]]:
    """Build and test every layer of the candidate; what each came to is told, and shown, layer by layer."""
    from childrens_warehouse.build import steps

    layers = [layer.to_dict() for layer in steps.build_layers(Settings.from_environment(), start["build_id"])]
    for layer in layers:
        told = {name: value for name, value in layer.items() if name != "slowest"}
        say(f"Built: {told}", **told)
    return layers


@task(pool=WRITER_POOL, execution_timeout=LONG)
def judge(start: dict[str, Any]) -> dict[str, Any]:
    """Let the candidate through, or stop here: the last good release stays published.

    Of several authorities, those alone that are refused are named: the night goes on without their data.
    """
    from childrens_warehouse.build import steps
    from childrens_warehouse.errors import AuthoritiesRefused

    try:
        steps.gate(Settings.from_environment(), start["build_id"])
    except AuthoritiesRefused as refused:
        say(str(refused))
        return {"build_id": start["build_id"], "refused": list(refused.authorities)}
    return {"build_id": start["build_id"], "refused": []}


@task(pool=WRITER_POOL, execution_timeout=LONG, outlets=[GATED_BUILD])
def build_without_refused(verdict: dict[str, Any], *, outlet_events: Any = None) -> dict[str, Any]:
    """Where the gate refused some authorities, build again with these as they were last published; else nothing.

    What has passed the gate then is for publication. Pink: without the refused there is nothing new to publish.
    """
    from childrens_warehouse.build import steps

    build_id = verdict["build_id"]
    if verdict["refused"]:
        built = steps.build(Settings.from_environment(), run_id(), say)
        if not built.start.needed:
            raise AirflowSkipException(built.start.reason)
        build_id = built.build_id
    outlet_events[GATED_BUILD].extra = {"build_id": build_id}
    return {"build_id": build_id}


@task
def choose_build(*, params: dict[str, Any], triggering_asset_events: Any = None) -> str:
    """The build to publish: the one asked for, or the newest that passed the gate and called this run."""
    if params["build_id"]:
        return params["build_id"]
    events = [event for events in (triggering_asset_events or {}).values() for event in events]
    if not events:
        raise AirflowFailException("No gated build called this run; name one in the parameter build_id.")
    return max(events, key=lambda event: event.timestamp).extra["build_id"]


@task(pool=WRITER_POOL, execution_timeout=LONG, outlets=[PUBLISHED_MARTS])
def publish(build_id: str, *, outlet_events: Any = None) -> dict[str, Any]:
    """Put the release in the place of the last one, in one step."""
    from childrens_warehouse.publish import steps

    release = steps.publish(Settings.from_environment(), build_id).to_dict()
    outlet_events[PUBLISHED_MARTS].extra = release
    return release


@task(execution_timeout=LONG)
def load_into_postgresql(release: dict[str, Any]) -> dict[str, Any]:
    """Bring the PostgreSQL server to the release, where there is one; what it served, it serves until then."""
    from childrens_warehouse.serving import steps

    settings = Settings.from_environment()
    if settings.postgres is None:
        raise AirflowSkipException("WAREHOUSE_POSTGRES_URL is blank: the release is in the files alone.")
    # What is published now, which may be newer than the run's.
    served = steps.load(settings).to_dict()
    say(f"Loaded into PostgreSQL: {served}", **served)
    return served


@task
def write_quality_page() -> None:
    """Draw the night for those who answer for it; as a teardown it runs whatever came before and decides nothing."""
    from childrens_warehouse.catalogue import page as indicators_page
    from childrens_warehouse.quality import page

    for drawn in (page, indicators_page):
        say(drawn.write_after_a_night(Settings.from_environment()))
