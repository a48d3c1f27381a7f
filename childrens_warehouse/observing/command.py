"""The commands `doctor` and `metrics`."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer

from childrens_warehouse.settings import Settings

app = typer.Typer(no_args_is_help=True, help="Figures of the last nights, for whoever watches them.")


def register(to: typer.Typer) -> None:
    """Add the commands to the command line of the package."""
    to.command()(doctor)
    to.add_typer(app, name="metrics")


def doctor(
    deep: Annotated[
        bool, typer.Option(help="Read every file of the published release too, against its hashes.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The same as one JSON document.")] = False,
) -> None:
    """Look at this installation and say what is wrong with it and what to do. Ends with 1 if anything is wrong."""
    from childrens_warehouse.observing import doctor as looking
    from childrens_warehouse.observing import logs
    from childrens_warehouse.observing.doctor import State

    found = looking.examine(deep=deep)
    if as_json:
        logs.hand_over(json.dumps([asdict(each) for each in found], indent=1))
    else:
        for each in found:
            typer.echo(each.line())
        counted = {state: sum(each.state is state for each in found) for state in State}
        typer.echo(
            f"{counted[State.WRONG]} wrong, {counted[State.WARN]} to look at, {counted[State.OK]} as they must be."
        )
    raise typer.Exit(any(each.state is State.WRONG for each in found))


@app.command()
def show() -> None:
    """Every figure there is now, one a line."""
    from childrens_warehouse.observing import metrics

    for each in metrics.figures(Settings.from_environment()):
        marks = ", ".join(f"{name}={value}" for name, value in each.attributes.items() if value)
        typer.echo(f"{each.metric.full_name}{{{marks}}} {each.value:.15g}")


@app.command()
def push() -> None:
    """Send every figure once to OTEL_EXPORTER_OTLP_ENDPOINT, for cron: every night sends them by itself too."""
    from childrens_warehouse.errors import ConfigurationError
    from childrens_warehouse.observing import metrics

    if not metrics.is_on():
        raise ConfigurationError("No receiver of metrics is named: set OTEL_EXPORTER_OTLP_ENDPOINT.")
    typer.echo(f"{metrics.push(Settings.from_environment())} figures were sent.")
