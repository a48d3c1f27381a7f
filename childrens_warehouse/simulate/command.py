"""The command `simulate`: invented extracts into the inbox of a warehouse home."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from childrens_warehouse.errors import ConfigurationError
from childrens_warehouse.settings import Home, Settings
from childrens_warehouse.simulate import Scenario, panel_report, several


class Told(StrEnum):
    """Simulations that tell one story, the same every time."""

    PANEL_REPORT = "panel-report-2017"


def register(app: typer.Typer) -> None:
    """Add the command to the command line of the package."""
    app.command("simulate")(_simulate)


def _simulate(
    night: Annotated[
        dt.datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Extract date of the last night; the last full day if left out."),
    ] = None,
    nights: Annotated[int, typer.Option(help="How many nights, up to that one.")] = 3,
    children: Annotated[
        int, typer.Option(help="About how many children in care; of a region, in each authority on average.")
    ] = 120,
    pupils: Annotated[
        int, typer.Option(help="About how many pupils on the area's rolls; of a region, in each on average.")
    ] = 600,
    seed: Annotated[int, typer.Option(help="The same seed gives the same extracts, byte for byte.")] = 310,
    authority: Annotated[
        list[str] | None,
        typer.Option(help="Three-digit code of the local authority; may be given several times. 310 if left out."),
    ] = None,
    region: Annotated[
        str | None,
        typer.Option(
            help="All authorities of a region of England on that night (London: 33), of differing sizes that follow "
            "from the seed; City of London is tiny."
        ),
    ] = None,
    dirt: Annotated[
        bool, typer.Option("--dirty/--clean", help="With a sprinkling of what real systems deliver wrong, or without.")
    ] = True,
    scenario: Annotated[
        Told | None,
        typer.Option(
            help="Instead of chance: the children behind a panel's report, up to 31 May 2017 (docs/acceptance.md). "
            "Only --home is heard beside it."
        ),
    ] = None,
    home: Annotated[
        Path | None, typer.Option(file_okay=False, help="Warehouse home; WAREHOUSE_HOME if left out.")
    ] = None,
) -> None:
    """Write invented extracts of the three sources into the inbox."""
    try:
        settings = Settings.from_environment()
        last = night.date() if night else (dt.datetime.now(settings.timezone) + settings.extract_offset).date()
        average = Scenario(night=last, nights=nights, children=children, pupils=pupils, seed=seed, dirt=dirt)
        if region and authority:
            raise ConfigurationError("--region and --authority exclude each other: a region is all its authorities.")
        named = (replace(average, authority=code) for code in dict.fromkeys(authority or [average.authority]))
        drawn = several.of_region(region, average) if region else tuple(named)
        inbox = (Home(home.expanduser().resolve()) if home else settings.home).create().inbox
        if scenario is Told.PANEL_REPORT:
            where = inbox / panel_report.AUTHORITY
            written = panel_report.write(inbox, panel_report.draw(), typer.echo)
        else:
            where = inbox if len(drawn) > 1 else inbox / drawn[0].authority
            written = several.simulate_several(inbox, drawn, typer.echo)
    except ConfigurationError as error:
        typer.echo(f"simulate: {error}", err=True)
        raise typer.Exit(2) from None
    typer.echo(f"{len(written)} folders written below {where}")
