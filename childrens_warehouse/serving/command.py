"""The commands `rollback` and `load-postgresql`: which release is read, in the files and on the server."""

from __future__ import annotations

import datetime as dt
import time
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from childrens_warehouse.errors import PublishFailed, WarehouseError
from childrens_warehouse.settings import Settings


def register(app: typer.Typer) -> None:
    """Add the commands to the command line of the package."""
    app.command()(rollback)
    app.command(name="load-postgresql")(load_postgresql)


def rollback(
    release: Annotated[str | None, typer.Argument(help="The release to go back to; default: the one before.")] = None,
    only_list: Annotated[bool, typer.Option("--list", help="Only list what one can go back to.")] = False,
) -> None:
    """Publish an earlier release again as it was, in the files and in PostgreSQL. The next night goes forward again."""
    from childrens_warehouse.publish.current import current_manifest
    from childrens_warehouse.publish.steps import switch_to

    settings = _settings()
    if only_list:
        _list(settings)
        return
    now = current_manifest(settings.home)
    wanted = release or (now or {}).get("previous")
    if not wanted:
        raise PublishFailed("There is no release before the published one: `warehouse rollback --list` shows them all.")
    started = time.perf_counter()
    done = switch_to(settings, wanted)
    before = f", instead of {now['release_id']}" if now and done.is_new else ""
    typer.echo(
        f"Files: release {wanted} is published{before}{'' if done.is_new else ' already'};"
        f" data as at {done.as_at}. {time.perf_counter() - started:.1f} s."
    )
    if settings.postgres:
        _load(settings, f"rollback-{dt.datetime.now(dt.UTC):%Y%m%dT%H%M%S}")
    typer.echo(
        "The next night publishes anew what is in force then. Until what was wrong is put right, pause publish_marts."
    )


def load_postgresql() -> None:
    """Load the published release into the PostgreSQL server and make it current there, as publish_marts does."""
    settings = _settings()
    _load(settings, f"load-{dt.datetime.now(dt.UTC):%Y%m%dT%H%M%S}")


def _settings() -> Settings:
    settings = Settings.from_environment()
    settings.home.create()
    return settings


def _load(settings: Settings, run_id: str) -> None:
    """Bring the server to the published release; an alarm that it is behind ends with it."""
    from childrens_warehouse.alarms import note, observing
    from childrens_warehouse.serving import steps

    served = steps.load(settings, say=typer.echo)
    typer.echo(f"PostgreSQL: {served.sentence()}")
    scope, troubles = observing.serving(settings, served.to_dict())
    note(settings, run_id, scope, troubles)


def _list(settings: Settings) -> None:
    from childrens_warehouse.publish.current import MANIFEST, current_manifest, read_manifest

    current = (current_manifest(settings.home) or {}).get("release_id")
    found = [read_manifest(settings.home, path.parent.name) for path in settings.home.releases.glob(f"*/{MANIFEST}")]
    # A build of the past stands beside what is published and never becomes it.
    releases = sorted(
        (each for each in found if each and not each["known_on"]), key=lambda each: each["published_at"], reverse=True
    )
    on_server, there, away = _on_server(settings)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("release", "data as at", "written (UTC)", "files", "PostgreSQL"):
        table.add_column(heading, no_wrap=True)
    for each in releases:
        name = each["release_id"]
        table.add_row(
            name,
            each["as_at"],
            f"{dt.datetime.fromisoformat(each['published_at']):%Y-%m-%d %H:%M}",
            "published" if name == current else "",
            "current" if name == on_server else "there" if name in there else "",
        )
    Console(soft_wrap=True).print(table)
    if away:
        typer.echo(away)


def _on_server(settings: Settings) -> tuple[str | None, tuple[str, ...], str]:
    """The release that is current on the server, those that are there, and why that is not known."""
    from childrens_warehouse.serving import steps

    if not settings.postgres:
        return None, (), ""
    try:
        return *steps.status(settings), ""
    except WarehouseError as error:
        return None, (), str(error)
