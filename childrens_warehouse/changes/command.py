"""The commands about the past: a build as known at a moment, what changed between releases, a release made again."""

from __future__ import annotations

import dataclasses
import datetime as dt
import os
from pathlib import Path
from typing import Annotated

import duckdb
import typer

from childrens_warehouse import spreadsheets, sql
from childrens_warehouse.changes import reproducing
from childrens_warehouse.changes.compare import Compared, Side, compare
from childrens_warehouse.changes.restated import Restated, restated
from childrens_warehouse.errors import WarehouseError
from childrens_warehouse.settings import Settings, parse_instant

_FORMATS = {".csv": "format csv, header true", ".parquet": "format parquet"}


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command("as-known")(as_known)
    app.command("changes")(changes)
    app.command("restated")(list_restated)
    app.command("reproduce")(reproduce)


def as_known(
    known_on: Annotated[str, typer.Argument(help="2017-06-01 (its end) or 2017-06-01T02:10:00Z.")],
) -> None:
    """Build what was known at a moment as a release of its own, beside what is published."""
    from childrens_warehouse.build import steps
    from childrens_warehouse.publish import steps as publishing

    settings = dataclasses.replace(Settings.from_environment(), known_on=parse_instant(known_on))
    result = steps.build(settings, f"as-known-{dt.datetime.now(dt.UTC):%Y%m%dT%H%M%S}", typer.echo)
    release = publishing.publish(settings, result.build_id)
    database = settings.home.releases / release.release_id / "marts.duckdb"
    typer.echo(f"Release {release.release_id} is what was known at {settings.known_on:%Y-%m-%dT%H:%M:%SZ}: {database}")
    typer.echo(f"What changed since: warehouse changes {release.release_id} current")


def changes(
    older: Annotated[str, typer.Argument(help="A release, or previous.")] = "previous",
    newer: Annotated[str, typer.Argument(help="A release, or current.")] = "current",
    table: Annotated[str | None, typer.Option(help="This table alone, e.g. fct_placement.")] = None,
    to: Annotated[Path | None, typer.Option(help="Write the rows that differ to this .csv or .parquet.")] = None,
) -> None:
    """List what changed between two releases: by table, kind of change and reason."""
    if to and to.suffix not in _FORMATS:
        raise typer.BadParameter(f"{to.name} must end in .csv or .parquet")
    settings = Settings.from_environment()
    connection = duckdb.connect(config={"memory_limit": settings.memory_limit, "threads": settings.threads})
    done = compare(connection, settings, Side.of(settings, older), Side.of(settings, newer), [table] if table else None)
    _print(connection, done)
    if to:
        mask = os.umask(0o077)
        try:
            rows = "select * from changes"
            if to.suffix == ".csv":
                rows = spreadsheets.select_sql(connection, rows)
            connection.execute(f"copy ({rows} order by all) to {sql.literal(to)} ({_FORMATS[to.suffix]})")
        except duckdb.IOException:
            raise WarehouseError(f"{to} cannot be written: name a folder that is there and yours, with room.") from None
        finally:
            os.umask(mask)
        typer.echo(f"The rows, by child key, were written to {to} for you alone.")


def list_restated(
    older: Annotated[str, typer.Argument(help="A release, or previous.")] = "previous",
    newer: Annotated[str, typer.Argument(help="A release, or current.")] = "current",
    indicator: Annotated[str | None, typer.Option(help="This indicator alone, e.g. cla_count.")] = None,
    as_at: Annotated[
        dt.datetime | None, typer.Option(formats=["%Y-%m-%d"], help="This reporting date alone, 2017-03-31.")
    ] = None,
) -> None:
    """List the figures that two releases tell otherwise for the same day, and what was delivered late or corrected."""
    settings = Settings.from_environment()
    connection = duckdb.connect(config={"memory_limit": settings.memory_limit, "threads": settings.threads})
    before, now = Side.of(settings, older), Side.of(settings, newer)
    found = restated(connection, settings, before, now, indicator, as_at.date() if as_at else None)
    typer.echo(f"As published in {before.release_id}, and as known in {now.release_id}: {len(found)} figures differ.")
    for each in found:
        _print_restated(each, before.code != now.code)


def _print_restated(each: Restated, is_other_code: bool) -> None:
    typer.echo(
        f"{each.authority} {each.indicator_id} {each.as_at} {each.period}: {each.before} -> {each.now} "
        f"({each.finality}); subjects: {each.entered} entered, {each.left} left, {each.otherwise} count otherwise"
    )
    for why in each.because:
        known = f", known {why.known_at:%Y-%m-%dT%H:%M:%SZ}" if why.known_at else ""
        typer.echo(f"    {why.reason}: {why.table} of {why.children}, from {why.dataset}{known}")
    if each.is_other_definition:
        typer.echo("    its definition has another version: warehouse indicators show tells both")
    elif each.is_unexplained:
        other = " or the code, which is another" if is_other_code else ""
        typer.echo(f"    no delivered row about them says so: it follows from reference data, rows about others{other}")


def reproduce(release: Annotated[str, typer.Argument(help="A release, or current.")] = "current") -> None:
    """Build a release again from what its manifest names, and compare it table by table. Changes nothing."""
    settings = Settings.from_environment()
    made = reproducing.reproduce(settings, release, typer.echo)
    for table in made.differing:
        typer.echo(f"{table}: other content")
    if made.differing:
        raise WarehouseError(f"Release {made.release_id} was not reproduced: {len(made.differing)} tables differ.")
    typer.echo(f"Release {made.release_id} was reproduced: {made.tables} tables, content hash for content hash.")


def _print(connection: duckdb.DuckDBPyConnection, done: Compared) -> None:
    typer.echo(
        f"From {done.older.release_id} (night of {done.older.as_at}) to {done.newer.release_id} (night of "
        f"{done.newer.as_at}): {done.unchanged} tables unchanged."
    )
    if done.is_other_code:
        typer.echo("The two were built by different code: what follows from that is called consequence.")
    for what, tables in (
        ("only in the older", done.only_older),
        ("only in the newer", done.only_newer),
        ("not compared, as no release recorded its grain", done.without_grain),
    ):
        if tables:
            typer.echo(f"{what}: {', '.join(tables)}")
    found = connection.execute(
        """
        select table_name, change, reason, count(*), count(distinct coalesce(child_key, pupil_key, patient_key))
        from changes group by all order by all
        """
    ).fetchall()
    if not found:
        typer.echo("Nothing changed.")
        return
    typer.echo(f"{'table':<36}{'change':<10}{'reason':<14}{'rows':>9}{'children':>10}")
    for name, change, reason, rows, children in found:
        typer.echo(f"{name:<36}{change:<10}{reason:<14}{rows:>9,}{children:>10,}")
