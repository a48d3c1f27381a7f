"""How each source comes into the inbox: the configuration, read from `ways_in.toml` (docs/ways-in.md).

Knows no Airflow: what is written here names Airflow's connections, and `childrens_warehouse.orchestration` uses them.
Without the file, everything comes by folder, as the suppliers put it into the inbox.
"""

from __future__ import annotations

import datetime as dt
import re
import string
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from childrens_warehouse.datasets import BY_NAME, Dataset, Source
from childrens_warehouse.errors import ConfigurationError, FileRefused
from childrens_warehouse.landing.manifest import scope
from childrens_warehouse.settings import Settings

# Kind -> the protocol of Airflow's object storage; SFTP goes through its hook.
PROTOCOLS = {"folder": "file", "s3": "s3", "azure": "abfs"}
SFTP, SQL = "sftp", "sql"
KINDS = (SFTP, *PROTOCOLS, SQL)

FIELDS = {
    "folder": {"path", "look_back_days"},
    SFTP: {"path", "look_back_days", "connection"},
    "s3": {"path", "look_back_days", "connection"},
    "azure": {"path", "look_back_days", "connection"},
    SQL: {"dataset", "connection", "query", "query_file", "coverage", "waits_for_files"},
}
_COMMON = {"authority", "source", "kind"}
LOOK_BACK_DAYS = 7
_MOST_DAYS = 60
# A path must tell these apart: two days, two months, two years.
_DAYS = (dt.date(2017, 1, 11), dt.date(2017, 1, 12), dt.date(2017, 2, 11), dt.date(2018, 1, 11))


@dataclass(frozen=True)
class FolderWay:
    """A night's folder that is fetched whole from somewhere else.

    path: where it lies, with {extract_date}; for s3 and azure the bucket or container first.
    connection: the Airflow connection that knows address and secrets; None for a mounted folder.
    look_back_days: so many nights before tonight's are looked at too, and fetched when they came late or changed.
    """

    authority: str
    source: Source
    kind: str
    path: str
    connection: str | None
    look_back_days: int

    def folder(self, extract_date: dt.date) -> str:
        return self.path.format(extract_date=extract_date).rstrip("/")

    @property
    def name(self) -> str:
        """What messages call it: the kind and the connection, or the path of a mounted folder."""
        return f"{self.kind} {self.connection or self.path}"


@dataclass(frozen=True)
class QueryWay:
    """One dataset that is asked of a database.

    query: SQL; :extract_date is bound to the night.
    coverage: as a manifest's; None means the dataset's own.
    waits_for_files: the source's other files come too, and one folder holds all of them.
    """

    authority: str
    source: Source
    dataset: Dataset
    connection: str
    query: str
    coverage: str | None
    waits_for_files: bool

    @property
    def name(self) -> str:
        return f"sql {self.connection} ({self.dataset.name})"


@dataclass(frozen=True)
class Ways:
    """All ways in of one authority's source."""

    authority: str
    source: Source
    folder: FolderWay | None
    queries: tuple[QueryWay, ...]

    @property
    def waits_for_inbox(self) -> bool:
        """Do files come into the inbox by themselves, to be joined by what the queries bring?"""
        return self.folder is None and all(way.waits_for_files for way in self.queries)


def load(settings: Settings) -> tuple[Ways, ...]:
    """Every authority's source that something is configured for; empty without the file.

    Raises:
        ConfigurationError: which entry, which field, and what it may be.
    """
    path = settings.ways_in
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        if settings.ways_in_file:
            raise ConfigurationError(f"WAREHOUSE_WAYS_IN names {path}, which is not there.") from None
        return ()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} cannot be read ({type(error).__name__}).") from None
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{path} is not TOML: {error}.") from None
    entries = document.pop("way_in", [])
    if document or not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ConfigurationError(f"{path} may hold [[way_in]] entries and nothing else.")
    ways = [_Entry(path, number, entry).read() for number, entry in enumerate(entries, start=1)]
    return _joined(path, ways)


def of(settings: Settings, authority: str, source: Source | str) -> Ways | None:
    return next((ways for ways in load(settings) if (ways.authority, ways.source) == (authority, source)), None)


def authorities(settings: Settings, source: Source | str) -> tuple[str, ...]:
    """The authorities something is to be fetched for, of one source."""
    return tuple(ways.authority for ways in load(settings) if ways.source == source)


def _joined(path: Path, ways: list[FolderWay | QueryWay]) -> tuple[Ways, ...]:
    joined = []
    for authority, source in sorted({(way.authority, way.source) for way in ways}):
        ours = [way for way in ways if (way.authority, way.source) == (authority, source)]
        folders = [way for way in ours if isinstance(way, FolderWay)]
        queries = [way for way in ours if isinstance(way, QueryWay)]
        names = [way.dataset.name for way in queries]
        if len(folders) > 1:
            raise ConfigurationError(f"{path}: {authority} {source} comes from {len(folders)} folders; it may be one.")
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ConfigurationError(f"{path}: {authority} {source} asks for {', '.join(twice)} twice.")
        joined.append(Ways(authority, source, folders[0] if folders else None, tuple(queries)))
    return tuple(joined)


class _Entry:
    """One [[way_in]] as it stands in the file."""

    def __init__(self, path: Path, number: int, entry: dict[str, Any]) -> None:
        self.path, self.number, self.entry = path, number, entry

    def read(self) -> FolderWay | QueryWay:
        kind = self._choice("kind", KINDS)
        if unknown := sorted(set(self.entry) - _COMMON - FIELDS[kind]):
            allowed = ", ".join(sorted(_COMMON | FIELDS[kind]))
            raise self._wrong(unknown[0], f"is not known for kind {kind}, which takes {allowed}")
        authority = self._text("authority")
        if not re.fullmatch(r"\d{3}", authority):
            raise self._wrong("authority", 'must be a three-digit code in quotes, as "310"')
        source = Source(self._choice("source", tuple(Source)))
        return self._query(authority, source) if kind == SQL else self._folder(authority, source, kind)

    def _folder(self, authority: str, source: Source, kind: str) -> FolderWay:
        path = self._text("path")
        self._check_path(kind, path)
        days = self.entry.get("look_back_days", LOOK_BACK_DAYS)
        if type(days) is not int or not 0 <= days <= _MOST_DAYS:
            raise self._wrong("look_back_days", f"must be a whole number from 0 to {_MOST_DAYS}")
        return FolderWay(authority, source, kind, path, self._text("connection") if kind != "folder" else None, days)

    def _check_path(self, kind: str, path: str) -> None:
        example = {"folder": "/srv/exports", SFTP: "/outgoing"}.get(kind, "bucket/outgoing") + "/{extract_date}"
        try:
            names = {name for _, name, _, _ in string.Formatter().parse(path) if name is not None}
            shown = {path.format(extract_date=day) for day in _DAYS}
        except (ValueError, KeyError, IndexError):
            names, shown = {""}, set()
        if names != {"extract_date"} or len(shown) != len(_DAYS):
            raise self._wrong("path", f"must hold {{extract_date}} or {{extract_date:%Y%m%d}}, as {example}")
        if ".." in path.split("/"):
            raise self._wrong("path", 'must not hold ".."')
        if kind == "folder" and not path.startswith("/"):
            raise self._wrong("path", f"must begin with /, as {example}")
        if kind in ("s3", "azure") and (path.startswith("/") or ":" in path.split("{")[0]):
            raise self._wrong("path", f"begins with the bucket or container, without / or protocol, as {example}")

    def _query(self, authority: str, source: Source) -> QueryWay:
        known = {name: each for name, each in BY_NAME.items() if each.source == source and each.file.endswith(".csv")}
        dataset = known[self._choice("dataset", tuple(known))]
        if ("query" in self.entry) == ("query_file" in self.entry):
            raise self._wrong("query", "or query_file must be given, and not both")
        query = self._text("query") if "query" in self.entry else self._query_file()
        coverage = self._text("coverage") if "coverage" in self.entry else None
        try:
            scope(dataset, coverage, dt.date(2017, 5, 31))
        except FileRefused as refusal:
            raise self._wrong("coverage", f"does not fit: {refusal.reason}") from None
        waits = self.entry.get("waits_for_files", True)
        if type(waits) is not bool:
            raise self._wrong("waits_for_files", "must be true or false")
        return QueryWay(
            authority, source, dataset, self._text("connection"), self._checked(query), coverage, waits_for_files=waits
        )

    def _query_file(self) -> str:
        path = self.path.parent / self._text("query_file")
        try:
            return path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise self._wrong("query_file", f"names {path}, which cannot be read ({type(error).__name__})") from None

    def _checked(self, query: str) -> str:
        from sqlalchemy import text

        query = query.strip().removesuffix(";").strip()
        if not query:
            raise self._wrong("query", "is empty")
        if others := sorted(set(text(query).compile().params) - {"extract_date"}):
            raise self._wrong("query", f"binds :{others[0]}; only :extract_date can be bound (write \\: for a colon)")
        return query

    def _text(self, field: str) -> str:
        value = self.entry.get(field)
        if not isinstance(value, str) or not value.strip():
            raise self._wrong(field, "must be given, as text in quotes")
        return value.strip()

    def _choice(self, field: str, choices: tuple[str, ...]) -> str:
        value = self.entry.get(field)
        if not isinstance(value, str) or value not in choices:
            raise self._wrong(field, f"must be one of {', '.join(choices)}")
        return value

    def _wrong(self, field: str, what: str) -> ConfigurationError:
        whose = " ".join(str(self.entry[key]) for key in ("authority", "source") if key in self.entry)
        return ConfigurationError(f"{self.path}, way_in {self.number} ({whose or 'unnamed'}): {field} {what}.")
