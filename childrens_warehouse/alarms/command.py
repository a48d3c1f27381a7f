"""The command `alarms`: list incidents, judge the age of what is published, try the channels, close by hand."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
from typing import Annotated

import typer

from childrens_warehouse.settings import Settings

app = typer.Typer(help="Incidents: what is open, what was resolved, and whether anybody is told.")

# Set where Airflow is configured by its surroundings, as in the containers; elsewhere it is ours, below the home.
_CONFIGURED = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"


def register(to: typer.Typer) -> None:
    """Add the commands to the command line of the package."""
    to.add_typer(app, name="alarms")


@app.callback(invoke_without_command=True)
def _list(
    context: typer.Context,
    days: Annotated[int, typer.Option(help="How many days back a resolved incident is recent.")] = 7,
) -> None:
    """List open incidents, and those resolved lately."""
    if context.invoked_subcommand:
        return
    from childrens_warehouse.alarms import open_incidents, recent_incidents
    from childrens_warehouse.alarms.wording import since

    settings = _settings()
    still_open = open_incidents(settings)
    typer.echo(f"Open: {len(still_open)}")
    for incident in still_open:
        typer.echo(f"  {incident.key}  {since(settings, incident)}\n    {incident.happened}\n    {incident.to_do}")
        typer.echo(f"    {incident.key.kind.page}")
    resolved = recent_incidents(settings, dt.datetime.now(dt.UTC) - dt.timedelta(days=days))
    typer.echo(f"Resolved in {days} days: {len(resolved)}")
    for incident in resolved:
        typer.echo(f"  {incident.key}  {since(settings, incident)}\n    {incident.resolution}")
    typer.echo(f"Told by: {', '.join(settings.alarms.channels) or 'nothing; docs/alarms.md says how to set it up'}")


@app.command()
def check() -> None:
    """Is what is published late or too old? Sends what is due; ends with 1 if it is, or a channel failed. For cron."""
    from childrens_warehouse.alarms import note, observing, sending

    settings = _settings()
    found = []
    for scope, troubles in (observing.deadline(settings), observing.staleness(settings)):
        note(settings, "warehouse alarms check", scope, troubles)
        found += troubles
    typer.echo("\n".join(f"{trouble.happened} {trouble.to_do}" for trouble in found) or "Nothing is late or stale.")
    failed = _channels(settings, "due") if sending.is_due(settings) else 0
    raise typer.Exit(1 if found or failed else 0)


@app.command()
def test() -> None:
    """Send a test to every channel that is set up."""
    settings = _settings()
    if not settings.alarms.channels:
        typer.echo("No channel is set up: set WAREHOUSE_ALARM_EMAIL or WAREHOUSE_ALARM_WEBHOOK_CONNECTION.")
        raise typer.Exit(1)
    raise typer.Exit(_channels(settings, "test"))


@app.command()
def close(
    key: Annotated[str, typer.Argument(help="The incident's key, as listed: refused:310:social_care:header.csv")],
    why: Annotated[str, typer.Option(help="What the others should know.", prompt="Why")],
) -> None:
    """Close an incident that no night will resolve, such as a refused file that nobody delivers again."""
    from childrens_warehouse.alarms import close_by_hand

    incident = close_by_hand(_settings(), key, why)
    typer.echo(f"{incident.key}: {incident.resolution}. Those who were told of it hear so with the next run.")


def _settings() -> Settings:
    settings = Settings.from_environment()
    settings.home.create()
    return settings


def _channels(settings: Settings, what: str) -> int:
    """Run the part that needs Airflow's libraries, in a process that is configured as its own are."""
    from childrens_warehouse.orchestration.environment import airflow_environment

    environment = dict(os.environ) if _CONFIGURED in os.environ else airflow_environment(settings)
    program = [sys.executable, "-m", "childrens_warehouse.orchestration.channels", what]
    return subprocess.run(program, env=environment, check=False).returncode
