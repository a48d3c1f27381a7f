"""What the operator reads at the end of a night, from the ledger and the published marts. Counts only."""

from __future__ import annotations

import datetime as dt
import functools
import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

import duckdb
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from childrens_warehouse.datasets import ALL, Source, files_of
from childrens_warehouse.ledger import Ledger
from childrens_warehouse.ledger_views import open_ledger
from childrens_warehouse.publish.current import current_release
from childrens_warehouse.quality import attention
from childrens_warehouse.settings import Settings

HEADLINES = (
    "cla_count",
    "cla_three_plus_placements_pct",
    "cla_reviews_on_time_pct",
    "annual_health_assessment_pct",
    "cla_sessions_missed_pct_1yr",
)

_STATUS_STYLE = {
    "accepted": "green",
    "unchanged": "dim",
    "refused": "bold red",
    "missing": "dim",
    "unexpected": "yellow",
}


# What fits a screen beside the rest.
_MOST_ITEMS, _MOST_FILES = 8, 12


def print_status(
    settings: Settings, night: dt.date, console: Console | None = None, now: dt.datetime | None = None
) -> None:
    """What needs a person first, then the last run of the night in brief: a screenful."""
    console = _wide(console)
    with open_ledger(settings, now) as connection:
        waiting = attention.items(connection, settings.timezone)
    urgent = sum(item.is_urgent for item in waiting)
    look = ", and worth a look" if waiting and not urgent else ""
    console.print(f"[bold]Needs a person: {urgent or 'nothing'}{look}{':' if waiting else '.'}[/]")
    for item in waiting[:_MOST_ITEMS]:
        style = "bold red" if item.is_urgent else "yellow"
        since = f"since {item.since.day} {item.since:%b %Y}: " if item.since else ""
        console.print(f"  [{style}]{item.kind:<8}[/] {escape(since + item.what)}", highlight=False, soft_wrap=True)
        if item.todo:
            console.print(f"           [dim]{escape(item.todo)}[/]", highlight=False, soft_wrap=True)
    if len(waiting) > _MOST_ITEMS:
        console.print(f"  … and {len(waiting) - _MOST_ITEMS} more on the quality page.")
    console.print()
    print_night(settings, night, console=console, in_brief=True)


def print_night(
    settings: Settings,
    night: dt.date,
    run_id: str | None = None,
    console: Console | None = None,
    in_brief: bool = False,
) -> None:
    """Print what landed, what was refused, what the gate said, what is published, and where to look next.

    run_id: the run to speak of; None for the last one of that night.
    in_brief: files of which there is nothing to say are counted only.
    """
    console = _wide(console)
    ledger = Ledger(settings.home.ledger)
    events = _of_run(ledger, "file_event", night, run_id)
    console.rule(f"Night of {night:%A %d %B %Y}")
    _print_files(console, events, in_brief)
    _print_sources(console, _of_run(ledger, "source_night", night, run_id))
    _print_gate(console, ledger)
    _print_release(console, settings, ledger, run_id)
    _print_headlines(console, settings)
    _print_next(console, settings, night, events)


def _wide(console: Console | None) -> Console:
    console = console or Console()
    if not console.is_terminal:
        console.width = max(console.width, 160)
    return console


def _of_run(ledger: Ledger, table: str, night: dt.date, run_id: str | None) -> list[dict[str, Any]]:
    rows = ledger.query(f"select * from {table} where night = ? order by recorded_at", (night.isoformat(),))
    if run_id is None:
        latest: dict[str, str] = {row["source"]: row["run_id"] for row in rows}
        return [row for row in rows if row["run_id"] == latest[row["source"]]]
    return [row for row in rows if row["run_id"] == run_id]


def _print_files(console: Console, events: Sequence[dict[str, Any]], in_brief: bool) -> None:
    """One line a file, or a dataset where a file bears several."""
    table = Table(title="What landed", title_justify="left", box=None, pad_edge=False, header_style="bold")
    for heading in ("file", "night of"):
        table.add_column(heading, no_wrap=True)
    table.add_column("status")
    for heading in ("read", "loaded", "refused", "new", "changed", "unchanged", "withdrawn"):
        table.add_column(heading, justify="right")
    table.add_column("what to know", overflow="fold")
    datasets = Counter(_file(event) for event in events)
    landed = [event for event in sorted(events, key=_as_landed) if event["status"] != "missing"]
    shown = landed
    if in_brief:
        remarked = [event for event in landed if _remark(event)]
        shown = sorted(remarked, key=lambda event: event["status"] == "accepted")[:_MOST_FILES]
    for event in shown:
        style = _STATUS_STYLE[event["status"]]
        table.add_row(
            f"{event['authority']}/{event['source']}/{event['file_name']}"
            + (f" ({event['dataset']})" if datasets[_file(event)] > 1 else ""),
            event["extract_date"],
            f"[{style}]{event['status']}[/]",
            *(_count(event[f"rows_{what}"]) for what in (
                "read", "loaded", "refused", "new", "changed", "unchanged", "withdrawn"
            )),
            _remark(event),
        )  # fmt: skip
    if shown:
        console.print(table)
    if len(landed) > len(shown):
        rest = Counter(event["status"] for event in landed) - Counter(event["status"] for event in shown)
        counted = ", ".join(f"{count} {status}" for status, count in sorted(rest.items()))
        console.print(f"{'Beside these' if shown else 'Without a remark'}: {counted}.")
    totals = {what: sum(event[f"rows_{what}"] or 0 for event in events) for what in ("read", "loaded", "refused")}
    console.print(
        f"Accounted for: {totals['read']:,} read = {totals['loaded']:,} loaded + {totals['refused']:,} refused."
    )
    if events and all(event["status"] in ("unchanged", "missing", "unexpected") for event in events):
        console.print("[bold]Nothing new was delivered: every file is as it was landed before.[/]")
    missing = {f"{event['source']}/{event['file_name']}" for event in events if event["status"] == "missing"}
    if missing:
        names = f"{len(missing)} files" if in_brief and len(missing) > _MOST_FILES else ", ".join(sorted(missing))
        console.print(f"Not delivered, stays as it was known: {names}.")
    console.print()


def _file(event: dict[str, Any]) -> tuple[str, str, str, str]:
    return event["authority"], event["source"], event["extract_date"], event["file_name"]


def _as_landed(event: dict[str, Any]) -> tuple[int, str, str, int, str, int]:
    """Sources in their order, each night by night, files as they are declared; the tasks ran in any order."""
    files = [file.name for source in Source for file in files_of(source)]
    datasets = [dataset.name for dataset in ALL]
    place = files.index(event["file_name"]) if event["file_name"] in files else len(files)
    position = datasets.index(event["dataset"]) if event["dataset"] in datasets else len(datasets)
    source = list(Source).index(Source(event["source"]))
    return source, event["authority"], event["extract_date"], place, event["file_name"], position


def _remark(event: dict[str, Any]) -> str:
    parts = []
    if event["status"] in ("refused", "unexpected"):
        parts.append(f"{event['rule']}: {event['reason']}")
    for column, word in (("refusals", "refused"), ("marks", "marked")):
        counts = json.loads(event[column]) if event[column] else {}
        if counts:
            parts.append(f"{word}: " + ", ".join(f"{rule} {rows:,}" for rule, rows in counts.items()))
    if event["notes"]:
        parts.append(event["notes"])
    return "; ".join(parts)


def _print_sources(console: Console, nights: Sequence[dict[str, Any]]) -> None:
    for row in nights:
        summary = json.loads(row["summary"])
        as_of = ", ".join(f"{authority} as of {day or 'never'}" for authority, day in summary["as_of"].items())
        late = f" [yellow]Late: {', '.join(summary['late'])}; what was known stays.[/]" if summary["late"] else ""
        console.print(f"{summary['source']}: {as_of or 'no folder in the inbox'}.{late}")
    console.print()


def _print_gate(console: Console, ledger: Ledger) -> None:
    last = ledger.query("select build_id from gate_event order by rowid desc limit 1")
    if not last:
        return
    rows = ledger.query("select * from gate_event where build_id = ?", (last[0]["build_id"],))
    worst = [row for row in rows if row["verdict"] != "pass"]
    passed = len(rows) - len(worst)
    console.print(f"Gate of build {last[0]['build_id']}: {passed} of {len(rows)} suites passed without a word.")
    for row in worst:
        style = "yellow" if row["verdict"] == "warn" else "bold red"
        rules = ", ".join(sorted({str(failed.get("rule")) for failed in json.loads(row["failed"])}))
        console.print(f"  [{style}]{row['verdict']}[/] {row['suite']}: {rules}")


def _print_release(console: Console, settings: Settings, ledger: Ledger, run_id: str | None) -> None:
    release = current_release(settings)
    if release is None:
        console.print("[bold yellow]Nothing is published yet.[/]\n")
        return
    # Not the last release written: one as known on an instant is never put before readers.
    events = ledger.query(
        "select recorded_at, run_id from release_event where release_id = ? order by rowid desc limit 1",
        (release.release_id,),
    )
    since = events[0]["recorded_at"] if events else release.published_at.isoformat(timespec="seconds")
    stands = "Nothing changed, so release" if run_id and events and events[0]["run_id"] != run_id else "Release"
    console.print(f"{stands} [bold]{release.release_id}[/] is published, since {since}.\n")


def _print_headlines(console: Console, settings: Settings) -> None:
    if not settings.home.marts.exists():
        return
    wanted = ", ".join("?" for _ in HEADLINES)
    with duckdb.connect(str(settings.home.marts), read_only=True) as connection:
        rows = connection.execute(
            f"""
            select v.authority_code, i.title, v.period, v.as_at, v.display, v.unit, v.numerator, v.denominator
            from marts.indicator_value as v
            inner join marts.indicator as i using (indicator_id, definition_version)
            where v.dimension = 'all' and v.indicator_id in ({wanted})
            qualify row_number() over (partition by v.authority_code, v.indicator_id order by v.as_at desc) = 1
            order by v.authority_code, list_position([{wanted}], v.indicator_id)
            """,
            [*HEADLINES, *HEADLINES],
        ).fetchall()
    table = Table(title="Headline indicators", title_justify="left", box=None, pad_edge=False, header_style="bold")
    for heading in ("authority", "indicator", "period", "as at"):
        table.add_column(heading)
    for heading in ("value", "numerator", "denominator"):
        table.add_column(heading, justify="right")
    for authority, title, period, as_at, display, unit, numerator, denominator in rows:
        value = "not available" if display is None else f"{display}{' %' if unit == 'percent' else ''}"
        table.add_row(authority, title, period, f"{as_at:%d %b %Y}", value, _count(numerator), _count(denominator))
    console.print(table)
    console.print()


def _print_next(console: Console, settings: Settings, night: dt.date, events: Sequence[dict[str, Any]]) -> None:
    home = settings.home
    console.print("[bold]Where to look next[/]")
    say = functools.partial(console.print, soft_wrap=True)  # a path is copied whole
    if home.marts.exists():
        say(f"  query        duckdb -readonly {home.marts}   (schema marts)")
    if any(event["rows_refused"] or event["status"] == "refused" for event in events):
        say(f"  refusals     {home.quarantine}  (rule, row and what to do; the files are in the archive)")
    say(f"  ledger       {home.ledger}  (every file, gate and release)")
    if (home.quality / "index.html").exists():
        say(f"  quality      {home.quality / 'index.html'}  (the page: nights, datasets, what is set aside)")
    say(f"  logs         {home.logs}")
    console.print(f"  again        warehouse status --night {night}")


def _count(value: float | int | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.2f}"
