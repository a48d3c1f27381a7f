"""What a release tells of itself from its manifest, as small tables of both databases: `release_source`, how old each
source is in it, and `release_authority`, who is in it and as of when.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from childrens_warehouse import sql
from childrens_warehouse.build.candidate import State
from childrens_warehouse.datasets import Source

Manifest = Mapping[str, Any]


@dataclass(frozen=True)
class ToldTable:
    """A table that is made of the manifest. columns: name, DuckDB's type and what it says."""

    name: str
    comment: str
    columns: tuple[tuple[str, str, str], ...]
    rows: Callable[[Manifest], list[tuple[Any, ...]]]

    def create(self, connection: duckdb.DuckDBPyConnection, manifest: Manifest) -> None:
        columns = ", ".join(f"{name} {kind}" for name, kind, _ in self.columns)
        connection.execute(f"create table {self.name} ({columns})")
        connection.execute(f"comment on table {self.name} is {sql.literal(self.comment)}")
        for name, _, comment in self.columns:
            connection.execute(f"comment on column {self.name}.{name} is {sql.literal(comment)}")
        if found := self.rows(manifest):
            marks = ", ".join("?" for _ in self.columns)
            connection.executemany(f"insert into {self.name} values ({marks})", found)


def authorities_of(state: State, gate: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What a manifest keeps of each authority: what the gate said of what it delivered, and whether it is kept back."""
    verdicts = {each["authority"]: each["verdict"] for each in gate["members"]}
    told = {
        code: {"authority_code": code, "gate_verdict": verdict, "kept_back_since": None, "refused_rules": []}
        for code, verdict in verdicts.items()
    }
    for each in state.kept_back:
        told[each.authority] = {
            "authority_code": each.authority,
            "gate_verdict": "fail",
            "kept_back_since": each.since.isoformat(),
            "refused_rules": list(each.rules),
        }
    return [told[code] for code in sorted(told)]


def _newest(manifest: Manifest) -> dict[tuple[str, str], dt.date]:
    """(authority, source) -> the newest night of its files."""
    newest: dict[tuple[str, str], dt.date] = {}
    for file in manifest["inputs"]["files"]:
        key, day = (file["authority_code"], file["source"]), dt.date.fromisoformat(file["extract_date"])
        newest[key] = max(newest.get(key, day), day)
    return newest


def _sources(manifest: Manifest) -> list[tuple[Any, ...]]:
    """Every authority of the release has a row for each source."""
    night, newest = dt.date.fromisoformat(manifest["as_at"]), _newest(manifest)
    return [
        (authority, source.value, as_of, (night - as_of).days if as_of else None)
        for authority in sorted({authority for authority, _ in newest})
        for source in Source
        for as_of in (newest.get((authority, source.value)),)
    ]


def _authorities(manifest: Manifest) -> list[tuple[Any, ...]]:
    """Releases of earlier programs do not say what the gate said of each authority."""
    newest: dict[str, dt.date] = {}
    for (authority, _), day in _newest(manifest).items():
        newest[authority] = max(newest.get(authority, day), day)
    judged = {each["authority_code"]: each for each in manifest.get("authorities", ())}
    rows = []
    for authority in sorted({*newest, *judged}):
        told = judged.get(authority, {})
        since = told.get("kept_back_since")
        rows.append(
            (
                authority,
                authority in newest,
                newest.get(authority),
                told.get("gate_verdict"),
                since is not None,
                dt.date.fromisoformat(since) if since else None,
                "; ".join(told.get("refused_rules", ())) or None,
            )
        )
    return rows


SOURCE = ToldTable(
    "release_source",
    "As of which night the release knows each source. One row per authority and source.",
    (
        ("authority_code", "VARCHAR", "Three-digit code of the authority."),
        ("source", "VARCHAR", "System that delivered: social_care, health or education."),
        ("as_of", "DATE", "Newest extract date of its files in force; null: it never delivered any."),
        ("age_in_days", "INTEGER", "Days from as_of to the night of the release: 0 where it delivered that night."),
    ),
    _sources,
)
AUTHORITY = ToldTable(
    "release_authority",
    "Who is in the release, as of when, and what the gate said of what each delivered. One row per authority.",
    (
        ("authority_code", "VARCHAR", "Three-digit code of the authority."),
        ("is_in_release", "BOOLEAN", "Does the release hold anything of it? Not where nothing of it passed the gate."),
        ("as_of", "DATE", "Newest extract date of its files in the release."),
        (
            "gate_verdict",
            "VARCHAR",
            "What the gate said of what is in force of it: pass, warn, or fail, which keeps it back; null: not known.",
        ),
        (
            "is_kept_back",
            "BOOLEAN",
            "Is it in the release as it was last published, because the gate refused what it delivered since?",
        ),
        ("kept_back_since", "DATE", "Night of the first build that was refused for it."),
        ("refused_rules", "VARCHAR", "What it breaks: rules with their tables, separated by semicolons."),
    ),
    _authorities,
)
ALL: Sequence[ToldTable] = (SOURCE, AUTHORITY)
NAMES = frozenset(table.name for table in ALL)
