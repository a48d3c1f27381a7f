"""The commands `quarantine`, `ledger` and `quality-page`: what the ledger knows, for people. Counts, never values."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from childrens_warehouse import spreadsheets
from childrens_warehouse.settings import Settings

# What fits a terminal's scroll-back; the rest is in --csv.
_MOST_LINES = 200

AsCsv = Annotated[bool, typer.Option("--csv", help="As comma-separated values, all of them.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the command line of the package."""
    app.command("quarantine")(_quarantine)
    app.command("ledger")(_ledger)
    app.command("quality-page")(_quality_page)


def _settings() -> Settings:
    settings = Settings.from_environment()
    settings.home.create()
    return settings


def _quarantine(
    authority: Annotated[str | None, typer.Option(help="Three-digit code.")] = None,
    source: Annotated[str | None, typer.Option(help="social_care, health or education.")] = None,
    dataset: Annotated[str | None, typer.Option(help="Name of the dataset, not of the file.")] = None,
    rule: Annotated[str | None, typer.Option(help="Rule code, as expectations/rules.csv has it.")] = None,
    only_open: Annotated[
        bool, typer.Option("--open/--all", help="What still waits to be put right, or what was resolved as well.")
    ] = True,
    as_csv: AsCsv = False,
) -> None:
    """Files and rows that were set aside: since when, how often, where they lie, and whether they are resolved."""
    from childrens_warehouse.ledger_views import open_ledger

    with open_ledger(_settings()) as connection:
        wanted = {"authority": authority, "source": source, "rule": rule, "state": "open" if only_open else None}
        given = {name: value for name, value in wanted.items() if value is not None}
        of_file = dict.fromkeys(given, "{} = ?")
        of_row = dict(of_file)
        if dataset is not None:
            given["dataset"] = dataset
            of_row["dataset"] = "{} = ?"
            of_file["dataset"] = "list_contains(string_split(datasets, ' '), ?)"
        found = connection.execute(
            f"""
            select
                'file' as kind, state, authority, source, datasets as dataset, null as scope, file_name,
                null as source_row, rule, null as "column", first_seen, last_seen, resolved_on, times_seen, archived_as
            from refused_file {_where(of_file)}
            union all
            select
                'row', state, authority, source, dataset, scope, file_name, source_row, rule, "column",
                cast(first_seen as date), cast(last_seen as date), cast(resolved_on as date), times_seen, archived_as
            from refused_row {_where(of_row)}
            order by kind, state, authority, source, dataset, rule, last_seen desc, source_row
            """,
            [*given.values(), *given.values()],
        )
        names = [column[0] for column in found.description or ()]
        rows = found.fetchall()
    if as_csv:
        spreadsheets.write(sys.stdout, names, rows)
        return
    if not rows:
        typer.echo("Nothing is set aside." if only_open else "Nothing was ever set aside.")
        return
    _print("Set aside", names[:-1], [row[:-1] for row in rows])
    files = sum(row[0] == "file" for row in rows)
    typer.echo(f"{files} files refused whole, {len(rows) - files} rows. What each rule means: expectations/rules.csv.")


def _where(conditions: dict[str, str]) -> str:
    return "where " + " and ".join(text.format(name) for name, text in conditions.items()) if conditions else ""


def _ledger(
    statement: Annotated[str, typer.Argument(help="One select; docs/ledger.md lists the relations.")],
    as_csv: AsCsv = False,
) -> None:
    """Ask the ledger: files, nights, gates, builds, releases and what was set aside, in SQL. Reads only."""
    from childrens_warehouse import ledger_views

    with ledger_views.open_ledger(_settings()) as connection:
        names, rows = ledger_views.query(connection, statement)
    if as_csv:
        spreadsheets.write(sys.stdout, names, rows)
    else:
        _print(None, names, rows)


def _quality_page() -> None:
    """Write the quality page: one file that tells how the nights went and what needs a person."""
    from childrens_warehouse.quality import page

    typer.echo(f"wrote {page.write(_settings())}")


def _print(title: str | None, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    console = Console()
    if not console.is_terminal:
        console.width = max(console.width, 200)
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for name in names:
        table.add_column(name, overflow="fold")
    for row in rows[:_MOST_LINES]:
        table.add_row(*("" if value is None else escape(str(value)) for value in row))
    console.print(table)
    if len(rows) > _MOST_LINES:
        console.print(f"… and {len(rows) - _MOST_LINES:,} more: narrow it down, or take --csv.")
