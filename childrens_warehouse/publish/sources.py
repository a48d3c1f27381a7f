"""How old each source is in a release: the table `release_source` of both databases, from the release's manifest."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from childrens_warehouse.datasets import Source

TABLE = "release_source"
COMMENT = "As of which night the release knows each source. One row per authority and source."
COLUMNS = (
    ("authority_code", "VARCHAR", "Three-digit code of the authority."),
    ("source", "VARCHAR", "System that delivered: social_care, health or education."),
    ("as_of", "DATE", "Newest extract date of its files in force; null: it never delivered any."),
    ("age_in_days", "INTEGER", "Days from as_of to the night of the release: 0 where it delivered that night."),
)


def rows(manifest: Mapping[str, Any]) -> list[tuple[str, str, dt.date | None, int | None]]:
    """The rows, by authority and source. Every authority of the release has one for each source."""
    night = dt.date.fromisoformat(manifest["as_at"])
    newest: dict[tuple[str, str], dt.date] = {}
    for file in manifest["inputs"]["files"]:
        key, day = (file["authority_code"], file["source"]), dt.date.fromisoformat(file["extract_date"])
        newest[key] = max(newest.get(key, day), day)
    return [
        (authority, source.value, as_of, (night - as_of).days if as_of else None)
        for authority in sorted({authority for authority, _ in newest})
        for source in Source
        for as_of in (newest.get((authority, source.value)),)
    ]
