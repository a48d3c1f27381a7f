"""The commands about folders that a night does without."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import typer

from childrens_warehouse.datasets import Source
from childrens_warehouse.landing import skips
from childrens_warehouse.settings import Settings

group = typer.Typer(no_args_is_help=True, help="Let a night do without one source of one authority.")

Authority = Annotated[str, typer.Argument(help="Three-digit code of the authority.")]
OfSource = Annotated[Source, typer.Argument(help="The source.")]
Night = Annotated[dt.datetime, typer.Argument(formats=["%Y-%m-%d"], help="The extract date, 2017-05-31.")]
By = Annotated[str, typer.Option(help="Who decides.")]
Reason = Annotated[str, typer.Option(help="Why; without a child's name.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.add_typer(group, name="skip")


@group.command("list")
def list_skips() -> None:
    """What is skipped, by whom and why."""
    found = skips.in_force(Settings.from_environment())
    for each in found:
        typer.echo(f"{each.authority} {each.source} {each.night}: by {each.by} ({each.reason})")
    if not found:
        typer.echo("Nothing is skipped.")


@group.command()
def add(authority: Authority, source: OfSource, night: Night, by: By, reason: Reason) -> None:
    """Neither wait for a folder nor land it: what was in force stays."""
    settings = Settings.from_environment()
    settings.home.create()
    skips.skip(settings, authority, source, night.date(), by, reason)
    typer.echo(f"{source} of {authority} for {night.date()} is skipped: the night goes on with what is in force.")


@group.command("remove")
def take_back(authority: Authority, source: OfSource, night: Night, by: By, reason: Reason) -> None:
    """Take a skip back: the next run lands the folder."""
    skips.take_back(Settings.from_environment(), authority, source, night.date(), by, reason)
    typer.echo(f"{source} of {authority} for {night.date()} is not skipped any more: the next run lands it.")
