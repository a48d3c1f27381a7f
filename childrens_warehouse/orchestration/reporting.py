"""The tasks of publish_report: thin wrappers around the pages package."""

from __future__ import annotations

from typing import Any

from airflow.sdk import task

from childrens_warehouse.observing.logs import say
from childrens_warehouse.orchestration.house import LONG
from childrens_warehouse.settings import Settings


@task
def choose_days(*, params: dict[str, Any]) -> list[str]:
    """The month ends to report on: the one asked for, or the newest month end and quarter end of the release."""
    from childrens_warehouse.pages import making

    if params["as_at"]:
        return [params["as_at"]]
    return [day.isoformat() for day in making.due(Settings.from_environment())]


@task(execution_timeout=LONG)
def make_reports(days: list[str]) -> list[str]:
    """Make every edition of these days, and the pages of regions, that would tell anything new; name the files."""
    import datetime as dt

    from childrens_warehouse.pages import making
    from childrens_warehouse.pages.regions import writing

    settings = Settings.from_environment()
    made: list[str] = []
    for day in map(dt.date.fromisoformat, days):
        for edition in making.editions():
            made += map(str, making.remake(settings, edition, day))
        made += map(str, writing.remake(settings, day))
    say("\n".join(made) or "Every report there is tells the figures of this release.")
    return made
