"""Write an export: a page to read, a CSV per table, all of it as JSON, and a manifest. For the owner alone."""

from __future__ import annotations

import datetime as dt
import io
import json
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2

from childrens_warehouse import spreadsheets
from childrens_warehouse.errors import ConfigurationError
from childrens_warehouse.ledger import Ledger
from childrens_warehouse.privacy import finding
from childrens_warehouse.privacy.retention.persons import linking
from childrens_warehouse.privacy.subject.collecting import collect
from childrens_warehouse.privacy.subject.tables import Collected
from childrens_warehouse.raw.acceptance import write_atomically
from childrens_warehouse.settings import OWNER_ONLY_DIRECTORY, Settings

# What the page shows of a table; all of it is in the CSV.
_ROWS_SHOWN = 50

LAYERS = {
    "inbox": "Files as delivered, not archived",
    "archive": "Originals as delivered",
    "restricted": "Who the person is: names, dates of birth, numbers",
    "raw": "Rows taken in, under pseudonyms",
    "quarantine": "Rows that were refused",
    "links": "Which identities are held to be this person, and why",
    "decisions": "What people decided about the person",
    "candidate": "The last build, before publication",
    "releases": "What was published, in the releases kept",
    "postgresql": "What the server for reports has",
    "reports": "Pages for managers of teams",
    "disclosed": "To whom it was disclosed",
    "access_log": "Who read or looked up",
}


@dataclass(frozen=True)
class Export:
    """What was written, and where."""

    reference: str
    folder: Path
    rows: dict[str, int]
    redacted: int
    withheld: int


def export(settings: Settings, authority: str, whom: str, to: Path, by: str, reason: str) -> Export:
    """Find a person and write everything that is held on them into a new folder.

    Raises WarehouseError where nobody or more than one is found, ConfigurationError where the folder is there.
    """
    if not by.strip() or not reason.strip():
        raise ConfigurationError("Say who makes the export, and on what occasion: --by and --reason.")
    if to.exists():
        raise ConfigurationError(f"{to} is there already: an export gets a folder of its own.")
    linked = linking(settings)
    found = finding.find(settings, authority, whom, linked)
    collected = collect(settings, found, linked)
    reference = f"S-{secrets.token_hex(4)}"
    made_at = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    told = {
        "reference": reference, "made_at": made_at, "by": by.strip(), "reason": reason.strip(), "authority": authority,
        "rows": collected.counts(),
        "tables": [
            {"layer": table.layer, "table": table.name, "rows": len(table.rows), "file": _file(table.layer, name)}
            for name, table in _named(collected)
        ],
        "redacted": _redactions(collected),
        "withheld": [
            dict(zip(("layer", "what", "why"), each, strict=True)) for each in sorted(set(collected.withheld))
        ],
        "logs": "No log of the warehouse has a value of a person: none was searched.",
    }  # fmt: skip
    to.mkdir(mode=OWNER_ONLY_DIRECTORY, parents=True)
    to.chmod(OWNER_ONLY_DIRECTORY)
    for name, table in _named(collected):
        text = io.StringIO()
        spreadsheets.write(text, table.columns, table.rows)
        write_atomically(to / _file(table.layer, name), text.getvalue().encode())
    everything = [{"layer": each.layer, "table": each.name, "rows": each.to_dicts()} for each in collected.tables]
    write_atomically(to / "everything.json", json.dumps(everything, indent=1, default=str, ensure_ascii=False).encode())
    write_atomically(to / "manifest.json", json.dumps(told, indent=1, ensure_ascii=False).encode())
    write_atomically(to / "index.html", _page(collected, told).encode())
    Ledger(settings.home.ledger).record_access(
        "subject export", reference, by.strip(), reason=reason.strip(), authority=authority, rows=collected.counts()
    )
    return Export(reference, to, collected.counts(), sum(collected.redacted.values()), len(set(collected.withheld)))


def _named(collected: Collected) -> list[tuple[str, Any]]:
    """Tables with a name of their own in their layer: a list delivered in several shapes has several."""
    seen: dict[tuple[str, str], int] = {}
    named = []
    for table in sorted(collected.tables, key=lambda table: (list(LAYERS).index(table.layer), table.name)):
        seen[table.layer, table.name] = number = seen.get((table.layer, table.name), 0) + 1
        named.append((table.name if number == 1 else f"{table.name}-{number}", table))
    return named


def _file(layer: str, name: str) -> str:
    return f"{layer}/{name}.csv"


def _redactions(collected: Collected) -> list[dict[str, Any]]:
    return [
        {"layer": layer, "table": table, "column": column, "tells_of": whose, "cells": cells}
        for (layer, table, column, whose), cells in sorted(collected.redacted.items())
    ]


def _page(collected: Collected, told: dict[str, Any]) -> str:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    return environment.get_template("export.html.j2").render(
        told=told, layers=LAYERS, tables=_named(collected), shown=_ROWS_SHOWN
    )
