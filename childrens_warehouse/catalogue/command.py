"""The command `indicators`: every figure with its state and last value, one of them in full, and the page of all."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from childrens_warehouse.catalogue.lines import Line
from childrens_warehouse.settings import Settings

app = typer.Typer(help="Figures: which are computed, how they are defined, and what they last came to.")

_IN_FULL = (
    "definition", "population", "numerator", "exclusions", "clock", "reading", "statutory_source", "definition_owner",
    "unit", "decimals", "direction", "cadence", "periods", "subject", "counted", "references", "catalogue", "datasets",
    "valid_from", "valid_to", "definition_version", "owner",
)  # fmt: skip


_BENCHMARK_COLUMNS = ("what", "slice", "as", "value", "of", "shown in", "used", "document", "note")


def register(to: typer.Typer) -> None:
    """Add the commands to the command line of the package."""
    to.add_typer(app, name="indicators")


@app.callback(invoke_without_command=True)
def _list(
    context: typer.Context,
    area: Annotated[
        str | None, typer.Option(help="Such as health, or 'care leavers'; own: asked for by no paper.")
    ] = None,
    state: Annotated[str | None, typer.Option(help="computed, needs_source, narrative or not_yet.")] = None,
    reference: Annotated[str | None, typer.Option(help="A number under which papers print it: 'PI 16', C12.")] = None,
) -> None:
    """List the figures of the catalogue: state, title, owner, periods, and the last published value."""
    if context.invoked_subcommand:
        return
    from childrens_warehouse.catalogue import lines, rows

    found, values = lines.read(Settings.from_environment().home)
    _among("area", area, {line.area for line in found})
    _among("state", state, set(rows.State))
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("figure", "reference", "state", "title", "computed by", "owner", "periods", "last value"):
        table.add_column(heading, overflow="fold", no_wrap=heading == "figure")
    chosen = lines.chosen(found, area, state, reference)
    for line in chosen:
        owner, periods = (line.entry.said("owner"), line.entry.said("periods")) if line.entry else ("", "")
        computed_by = line.row.indicator_id if line.row else line.figure_id
        cells = (line.figure_id, line.reference, line.state, line.title, computed_by, owner, periods, line.last())
        table.add_row(*map(escape, cells))
    console = _console()
    console.print(table)
    counted = rows.counts(line.row for line in found if line.row)
    told = ", ".join(f"{rows.WORDS[each]} {number}" for each, number in counted.items() if number)
    console.print(f"{len(chosen)} of {len(found)} figures. The catalogue: {told}.")
    if values.source and not values.is_suppressed:
        console.print("Values are not suppressed: small numbers may point at a child.")


@app.command()
def show(
    figure: Annotated[str, typer.Argument(help="Id of an indicator or of a row of the catalogue.")],
) -> None:
    """Tell all about one figure: definition, readings, dated rules, what it is held against, the last values."""
    from childrens_warehouse.catalogue import entries, lines, rules

    all_lines, values = lines.read(Settings.from_environment().home)
    found = {line.figure_id: line for line in all_lines}
    known = entries.read()
    if figure not in found and figure not in known:
        near = difflib.get_close_matches(figure, {*found, *known}, n=3)
        raise typer.BadParameter(f"{figure!r} is no figure" + (f"; did you mean {', '.join(near)}?" if near else ""))
    line = found.get(figure)
    entry = known.get(figure) or (line.entry if line else None)
    console = _console()
    if line:
        _print_row(console, line)
    if entry:
        console.print(f"\n[bold]{escape(entry.indicator_id)}[/]: {escape(entry.title)}")
        _print_pairs(console, ((key, entry.said(key)) for key in _IN_FULL))
    ids = {figure, *([entry.indicator_id, *entry.catalogue] if entry and line is None else [])}
    _print_table(console, "Dated rules", ("topic", "rule", "from", "to", "laid down by", "confidence"), (
        (rule["topic"], rule["rule"], rule["valid_from"], rule["valid_to"], rule["source_document"], rule["confidence"])
        for rule in rules.statutory(ids)
    ))  # fmt: skip
    for authority, members in line.members if line else ():
        _print_table(console, f"Members, {authority}", ("member", "as at", "value"), (
            (label, point.as_at.isoformat(), point.shown) for label, point in members
        ))  # fmt: skip
    if not entry:
        return
    _print_table(console, "Held against", _BENCHMARK_COLUMNS, _benchmarks(entry.indicator_id))
    _print_table(console, "Last values", ("authority", "period", "as at", "value", "numerator", "denominator"), (
        (authority, point.period, point.as_at.isoformat(), point.shown, _number(point.numerator),
         _number(point.denominator))
        for authority in values.authorities()
        for period in entry.periods
        for point in values.series(entry.indicator_id, authority, period)
    ))  # fmt: skip


@app.command(name="page")
def write_page() -> None:
    """Write the page of indicators: one file with every figure, its definition and its last value."""
    from childrens_warehouse.catalogue import page

    settings = Settings.from_environment()
    settings.home.create()
    typer.echo(f"wrote {page.write(settings)}")


def _benchmarks(indicator_id: str) -> list[tuple[str, ...]]:
    """What an indicator is held against, a line each, with the collection years it is shown in."""
    from childrens_warehouse.catalogue import rules

    years: dict[tuple[str, ...], list[str]] = {}
    for each in rules.benchmarks(indicator_id):
        used = "yes" if each["is_used"] == "true" else "no"
        key = (
            each["benchmark"], f"{each['dimension']}={each['member']}", each.get("shown_as", "value"),
            each.get("target") or each["value"], each.get("value_of_period") or each.get("as_at", ""), used,
            each["source_document"], each["note"],
        )  # fmt: skip
        years.setdefault(key, []).append(each.get("collection_year", ""))
    return [(*key[:5], ", ".join(shown), *key[5:]) for key, shown in years.items()]


def _print_row(console: Console, line: Line) -> None:
    console.print(f"[bold]{escape(line.figure_id)}[/]: {escape(line.title)}")
    if line.row is None:
        return
    _print_pairs(console, (
        ("area", line.area), ("reference", line.reference), ("state", line.state), ("missing", line.missing),
        ("computed by", line.row.indicator_id), ("slice", f"{line.row.dimension} {line.row.member}".strip()),
        ("note", line.row.note), ("printed in", line.row.printed_in),
    ))  # fmt: skip


def _print_pairs(console: Console, pairs: Iterable[tuple[str, str]]) -> None:
    for key, text in pairs:
        if text:
            console.print(f"  {key.replace('_', ' ')}: {text}", markup=False, highlight=False)


def _print_table(console: Console, title: str, headings: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    table = Table(title=f"\n{title}", title_justify="left", box=None, pad_edge=False, header_style="bold")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*map(escape, row))
    if table.row_count:
        console.print(table)


def _number(value: int | None) -> str:
    return "" if value is None else f"{value:,}"


def _among(name: str, given: str | None, known: set[str]) -> None:
    if given is not None and given not in known:
        raise typer.BadParameter(f"{name} must be one of {', '.join(sorted(known))}")


def _console() -> Console:
    console = Console()
    if not console.is_terminal:
        console.width = max(console.width, 180)
    return console
