"""Who read rows about children: told by the server's log, which nobody who reads can take back or leave out.

PostgreSQL writes its log in three forms, each of which may be read: JSON (`jsonlog`, files `*.json`), comma-separated
(`csvlog`, `*.csv`) and plain (`stderr`) with its own prefix, `%m [%p] `, maybe followed by `%u@%d `. In the first two
the login is the server's own word. A plain line could be imitated by who may run PL/pgSQL: `access` takes
that away where it can.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from childrens_warehouse.errors import ConfigurationError
from childrens_warehouse.serving.access import MARK
from childrens_warehouse.serving.local import LocalServer
from childrens_warehouse.settings import Home, PostgresSettings

# Anchored at the beginning: what a reader makes the server repeat stands further right, or after a tab.
_PLAIN = re.compile(
    rf"\d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+ \S+ \[(?P<session>\d+)\] (?:\S+@\S+ )?LOG:  {MARK}(?P<told>\{{.*\}})"
)
# Columns of csvlog, as PostgreSQL 14 and later write them.
_CSV_USER, _CSV_SESSION, _CSV_SEVERITY, _CSV_MESSAGE = 1, 3, 11, 13


@dataclass(frozen=True, order=True)
class Reading:
    """That a statement read rows of one table about children. at: when the statement began, in UTC."""

    at: dt.datetime
    reader: str
    table: str
    release_id: str
    application: str
    database: str
    session: int


def place(home: Home, told: PostgresSettings) -> Path:
    """Where the server's log is. Raises ConfigurationError where nothing says."""
    if told.log:
        return told.log
    if told.is_local:
        return LocalServer(home.postgres, told.local_port).log
    raise ConfigurationError(
        "WAREHOUSE_POSTGRES_LOG is blank: set it to the file or folder of the server's log, as this machine sees it."
    )


def readings(path: Path) -> list[Reading]:
    """All readings of a log file, or of the files of a folder: each statement and table once, oldest first.

    Raises ConfigurationError when there is no such log or it may not be read.
    """
    try:
        files = sorted(file for file in path.iterdir() if file.is_file()) if path.is_dir() else [path]
        return sorted({reading for file in files for reading in _of_file(file)})
    except OSError as error:
        raise ConfigurationError(
            f"The server's log {path} cannot be read ({type(error).__name__}): set WAREHOUSE_POSTGRES_LOG to the file"
            " or folder, and let the warehouse's user read it."
        ) from None


def _of_file(path: Path) -> Iterator[Reading]:
    with path.open(encoding="utf-8", errors="replace", newline="") as lines:
        told = {".json": _json, ".csv": _csv}.get(path.suffix, _plain)(lines)
        for session, login, message in told:
            try:
                content = json.loads(message)
                if content["session"] != session:
                    continue
                yield Reading(
                    dt.datetime.fromisoformat(content["at"]).replace(tzinfo=dt.UTC),
                    login or str(content["reader"]),
                    str(content["table"]),
                    str(content["release"]),
                    str(content["application"]),
                    str(content["database"]),
                    session,
                )
            except (ValueError, TypeError, KeyError):
                continue  # no line of ours: the views' function writes whole ones


def _json(lines: Iterable[str]) -> Iterator[tuple[int, str | None, str]]:
    for line in lines:
        if MARK not in line:
            continue
        try:
            told: dict[str, Any] = json.loads(line)
        except ValueError:
            continue  # being written
        if told.get("error_severity") == "LOG" and str(told.get("message")).startswith(MARK):
            yield told["pid"], told.get("user"), told["message"].removeprefix(MARK)


def _csv(lines: Iterable[str]) -> Iterator[tuple[int, str | None, str]]:
    for row in csv.reader(lines):
        if len(row) > _CSV_MESSAGE and row[_CSV_SEVERITY] == "LOG" and row[_CSV_MESSAGE].startswith(MARK):
            yield int(row[_CSV_SESSION]), row[_CSV_USER], row[_CSV_MESSAGE].removeprefix(MARK)


def _plain(lines: Iterable[str]) -> Iterator[tuple[int, str | None, str]]:
    for line in lines:
        if found := _PLAIN.fullmatch(line.rstrip("\n")):
            yield int(found["session"]), None, found["told"]
