"""The commands of whoever keeps an installation: upgrade, backup, restore."""

from __future__ import annotations

from typing import Annotated

import typer

from childrens_warehouse import __version__
from childrens_warehouse.settings import Settings


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command("upgrade")(upgrade)


def upgrade(
    check: Annotated[
        bool, typer.Option("--check", help="Say what is due, and do nothing; ends with 1 if it is.")
    ] = False,
) -> None:
    """Bring the home to the format of this program, step by step. Safe to run again."""
    from childrens_warehouse.upkeep import home_format, upgrading

    home = Settings.of_any_home().home
    if home_format.format_of(home) is None:
        typer.echo(
            f"There is nothing in {home.root} yet: the first program that works there makes it of today's format."
        )
        return
    if (home_format.format_of(home) or 0) > home_format.FORMAT or home_format.is_being_restored(home):
        home_format.look(home)
    if check:
        steps = upgrading.due(home)
        typer.echo(f"Format {home_format.format_of(home)}; version {__version__} has {home_format.FORMAT}.")
        for step in steps:
            typer.echo(f"due: {step.what}{' (by itself, with the next command)' if step.is_harmless else ''}")
        raise typer.Exit(1 if steps else 0)
    was = upgrading.upgrade(home, typer.echo)
    typer.echo(f"{home.root} was of format {was} and is of {home_format.FORMAT}.")
