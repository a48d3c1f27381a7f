"""The commands of whoever writes models."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from childrens_warehouse.errors import WarehouseError
from childrens_warehouse.settings import PROJECT


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command("new-model")(new_model)
    app.command("new-indicator")(new_indicator)
    app.command("dev")(dev)
    app.command("docs")(docs)
    app.command("check-models")(check_models)


def new_model(
    name: Annotated[str, typer.Argument(help="fct_ and a noun in the singular.")],
    source: Annotated[str, typer.Option("--from", help="Staging model, or int_..._in_force, whose rows it takes.")],
    subject: Annotated[str, typer.Option(help="care, need, health or education.")],
    grain: Annotated[str | None, typer.Option(help="Its key, by commas; default: the key of the list.")] = None,
) -> None:
    """Write a new fact: SQL, contract, tests and the suite of the gate. It builds as it is."""
    from childrens_warehouse.modelling.scaffold import new_fact

    key = tuple(column.strip() for column in grain.split(",")) if grain else ()
    _told(new_fact(name, source, subject, key))
    typer.echo(f"Now: say the rule in words and in rows, then make dev MODEL={name}")


def new_indicator(
    indicator_id: Annotated[str, typer.Argument(help="Lower-case words, e.g. cla_review_participation_pct.")],
    title: Annotated[str, typer.Option(help="As readers see it.")] = "Title as readers see it",
    subject: Annotated[str, typer.Option(help="Its folder: care, need, health or education.")] = "care",
) -> None:
    """Write a new indicator: SQL, and the entry with its definition and a unit test. It builds as it is."""
    from childrens_warehouse.modelling import scaffold

    _told(scaffold.new_indicator(indicator_id, title, subject))
    typer.echo(f"Now: write its definition and its rows, then make dev MODEL=ind_{indicator_id}")


def dev(
    models: Annotated[list[str] | None, typer.Argument(help="Models to build, as dbt selects them.")] = None,
    defer: Annotated[
        bool, typer.Option("--defer", help="Read all else from the published release; alone: what you changed.")
    ] = False,
) -> None:
    """Build models with their tests in a sandbox of invented children, which is made the first time."""
    from childrens_warehouse.modelling import sandbox
    from childrens_warehouse.settings import Settings

    code = sandbox.build(Settings.from_environment(), models or [], defer, typer.echo)
    if not models and not defer:
        typer.echo(f"The sandbox is {sandbox.home().root}. Build a model in it: make dev MODEL=fct_placement")
    raise typer.Exit(code)


def docs(
    to: Annotated[Path | None, typer.Option(help="Folder for the pages; default: var/docs.")] = None,
) -> None:
    """Make the documentation of all models and the lineage of every column, from the sandbox."""
    from childrens_warehouse.modelling import site
    from childrens_warehouse.settings import Settings

    page = site.make(Settings.from_environment(), to or site.FOLDER, typer.echo)
    typer.echo(f"Open {page}, and {page.parent / 'lineage' / 'index.html'} for the columns.")


def check_models() -> None:
    """Parse the dbt project, deprecations as errors, and hold its models to the house rules."""
    from childrens_warehouse.modelling.checking import check

    found = check()
    for offence in found:
        typer.echo(offence)
    if found:
        raise WarehouseError(f"{len(found)} offences against the house rules (childrens_warehouse/modelling/rules.py).")
    typer.echo("The models keep the house rules.")


def _told(files: list[Path]) -> None:
    for path in files:
        typer.echo(f"wrote {path.relative_to(PROJECT)}")
