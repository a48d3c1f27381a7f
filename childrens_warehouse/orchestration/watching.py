"""The tasks of watch_deadlines: is what readers have late, old, or behind on the server?

Imports of the package are inside the tasks: a DAG file is parsed every few seconds.
"""

from __future__ import annotations

from typing import Any

from airflow.sdk import CronTriggerTimetable, task
from airflow.sdk.exceptions import AirflowSkipException

from childrens_warehouse.observing.logs import say
from childrens_warehouse.orchestration.alarming import tell_of_readers
from childrens_warehouse.orchestration.house import LONG, SETTINGS
from childrens_warehouse.settings import Settings


def every_quarter_of_an_hour() -> CronTriggerTimetable:
    return CronTriggerTimetable("*/15 * * * *", timezone=str(SETTINGS.timezone))


@task(execution_timeout=LONG)
def bring_postgresql_up_to_date() -> dict[str, Any] | None:
    """Load what is published where the server is behind: after an outage, or a publication that could not load it."""
    from childrens_warehouse.publish.current import current_manifest

    settings = Settings.from_environment()
    if settings.postgres is None or (manifest := current_manifest(settings.home)) is None:
        raise AirflowSkipException("No server is set, or nothing is published.")
    from childrens_warehouse.serving import steps

    if steps.status(settings)[0] == manifest["release_id"]:
        return {"release_id": manifest["release_id"]}
    served = steps.load(settings)
    say(served.sentence())
    return served.to_dict()


@task(trigger_rule="all_done")
def look_at_deadlines(served: dict[str, Any] | None) -> None:
    """Open or resolve the incidents of a night that is late, of figures that are old and of a server that is behind."""
    tell_of_readers(served)
