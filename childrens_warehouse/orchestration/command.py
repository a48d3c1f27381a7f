"""The commands about runs of the past, and Airflow's own command line for this home."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
from enum import StrEnum
from typing import Annotated

import typer

from childrens_warehouse.datasets import Source
from childrens_warehouse.settings import Settings

# Set where Airflow is configured by its surroundings, as in the containers; elsewhere it is ours, below the home.
_CONFIGURED = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"

Night = Annotated[dt.datetime, typer.Argument(formats=["%Y-%m-%d"], help="Extract date, 2017-05-31.")]


class Again(StrEnum):
    """Which nights that were run already are run again; Airflow's reprocess behaviour."""

    NONE = "none"
    FAILED = "failed"
    COMPLETED = "completed"


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command("backfill")(backfill)
    app.command(
        "airflow",
        context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []},
    )(airflow)


def backfill(
    first: Night,
    last: Night,
    again: Annotated[Again, typer.Option(help="Run nights again that have run: none, failed, completed.")] = Again.NONE,
) -> None:
    """Have Airflow run a range of nights, of all three sources and in order, by its own backfill."""
    settings = Settings.from_environment()
    for source in Source:
        _airflow(settings, *arguments(settings, source, first.date(), last.date(), again))
        typer.echo(f"land_{source}: nights {first.date()} to {last.date()}, one after the other.")


def airflow(context: typer.Context) -> None:
    """Airflow's own command line, for the Airflow of this home: warehouse airflow dags list."""
    _airflow(Settings.from_environment(), *context.args)


def arguments(settings: Settings, source: str, first: dt.date, last: dt.date, again: Again) -> list[str]:
    """Of Airflow's backfill: the runs whose logical dates stand for these nights, local midnight to midnight."""
    begin, end = (
        dt.datetime.combine(night - settings.extract_offset, time, settings.timezone).isoformat()
        for night, time in ((first, dt.time.min), (last, dt.time(23, 59, 59)))
    )
    return [
        "backfill", "create", "--dag-id", f"land_{source}", "--from-date", begin, "--to-date", end,
        # One after the other; Airflow's default is ten at once.
        "--max-active-runs", "1", "--reprocess-behavior", again.value,
    ]  # fmt: skip


def _airflow(settings: Settings, *words: str) -> None:
    from childrens_warehouse.orchestration.environment import airflow as program
    from childrens_warehouse.orchestration.environment import airflow_environment, prepare

    environment = dict(os.environ)
    if _CONFIGURED not in os.environ:
        environment = airflow_environment(settings)
        # Connections are added before the first night, which would have made the database.
        prepare(settings, environment, settings.home.create().logs / "airflow.log")
    if status := subprocess.run(program(*words), env=environment, check=False).returncode:
        raise typer.Exit(status)
