"""Views over the tables of a release: nothing to store, and the same text for every engine that serves them.

    views/<name>.sql    one select, in SQL that DuckDB and PostgreSQL read alike; tables are named without a schema
    views/<name>.yml    what it says, as the YAML of a dbt model has it

A release keeps the text in its manifest, so that any engine can make the views of any release as they were.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

_FOLDER = Path(__file__).parent
_READ = re.compile(r"^\s*(?:from|(?:inner|left) join) (\w+)", re.MULTILINE)


def described() -> list[dict[str, Any]]:
    """The views' YAML entries, by name."""
    found = (yaml.safe_load(path.read_text(encoding="utf-8"))["models"] for path in sorted(_FOLDER.glob("*.yml")))
    return [entry for entries in found for entry in entries]


def query(name: str) -> str:
    """The select of a view."""
    return (_FOLDER / f"{name}.sql").read_text(encoding="utf-8").strip()


def reads(name: str) -> frozenset[str]:
    """The tables a view is made from."""
    return frozenset(_READ.findall(query(name)))


def reads_only(query: str, tables: Container[str]) -> bool:
    """Can a view be made where there are these tables?"""
    return all(name in tables for name in _READ.findall(query))


def over(tables: Iterable[str]) -> dict[str, dict[str, Any]]:
    """The views that can be made from these tables, as a manifest keeps them: query, comment, comments of columns."""
    present = frozenset(tables)
    return {
        entry["name"]: {
            "query": query(entry["name"]),
            "comment": " ".join(entry["description"].split()),
            "columns": {column["name"]: " ".join(column["description"].split()) for column in entry["columns"]},
        }
        for entry in described()
        if reads(entry["name"]) <= present
    }
