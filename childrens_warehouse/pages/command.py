"""The commands `report`, the Corporate Parenting Report of what is published, and `region-report`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from childrens_warehouse.pages.reading import Edition
from childrens_warehouse.settings import Settings


def register(app: typer.Typer) -> None:
    """Add the commands to the command line of the package."""
    app.command("report")(_report)
    app.command("region-report")(_region_report)


def _report(
    as_at: Annotated[
        dt.datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="A month end; the newest quarter end that is published if left out."),
    ] = None,
    edition: Annotated[
        Edition | None,
        typer.Option(
            help="public: small numbers suppressed; panel: shown. Both if left out. manager: work lists and the"
            " children behind figures, by team, as of the night."
        ),
    ] = None,
    authority: Annotated[str | None, typer.Option(help="Three-digit code; every authority if left out.")] = None,
    to: Annotated[Path | None, typer.Option(file_okay=False, help="Write it there instead of publishing it.")] = None,
    pdf: Annotated[bool, typer.Option(help="With a PDF beside the page, or without.")] = True,
) -> None:
    """Make the Corporate Parenting Report: a page that needs nothing else, its PDF, and its figures as CSV."""
    from childrens_warehouse.pages import making

    settings = Settings.from_environment()
    settings.home.create()
    if edition is Edition.MANAGER:
        for path in _managers(settings, as_at, authority, to):
            typer.echo(path)
        return
    told = (as_at.date() if as_at else None, authority, pdf, to)
    for path in making.make(settings, edition, *told) if edition else making.make_both(settings, *told):
        typer.echo(path)


def _managers(settings: Settings, as_at: dt.datetime | None, authority: str | None, to: Path | None) -> Iterator[Path]:
    from childrens_warehouse.pages import reading
    from childrens_warehouse.pages.managers import writing

    if as_at or to:
        raise typer.BadParameter("the managers' pages are of the published night, and lie where only managers read")
    for code in [authority] if authority else reading.authorities(settings.home, Edition.MANAGER):
        yield writing.write(settings, code)


def _region_report(
    region: Annotated[
        str | None, typer.Option(help="As in seeds/local_authority.csv, or England; all if left out.")
    ] = None,
    as_at: Annotated[
        dt.datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="A month end; the newest quarter end that is published if left out."),
    ] = None,
    to: Annotated[Path | None, typer.Option(file_okay=False, help="Write it there instead of publishing it.")] = None,
) -> None:
    """Make the page of a region for everybody: its authorities ranked and held against chance."""
    from childrens_warehouse.pages.regions import writing

    settings = Settings.from_environment()
    settings.home.create()
    for path in writing.write(settings, region, as_at.date() if as_at else None, to):
        typer.echo(path)
