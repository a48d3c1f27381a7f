"""The ledger: what arrived, what became of it, what each gate said, what was published. Counts, never values.

SQLite, because several landing tasks write at the same time and any tool can read it. Appended to, never edited.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import pwd
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from childrens_warehouse.settings import OWNER_ONLY_FILE

_SCHEMA = """
create table if not exists file_event (
    event_id integer primary key,
    recorded_at text not null,
    run_id text not null,
    night text not null,            -- the night the run was for
    authority text not null,
    source text not null,
    extract_date text not null,     -- the night the file is of
    dataset text not null,
    file_name text not null,
    status text not null,           -- accepted, unchanged, refused, missing, unexpected
    rule text,
    reason text,
    notes text,
    scope text,
    generated_at text,
    sha256 text,
    rows_read integer,
    rows_loaded integer,
    rows_refused integer,
    rows_new integer,
    rows_changed integer,
    rows_unchanged integer,
    rows_withdrawn integer,
    marks text,                     -- JSON: rule code -> rows
    refusals text,                  -- JSON: rule code -> rows
    verdict text,                   -- of the arrivals suite
    columns text,                   -- JSON: the header as delivered
    archived_as text,
    seconds real
);
create index if not exists file_event_night on file_event (night, source);
create table if not exists folder_state (
    authority text not null,
    source text not null,
    extract_date text not null,
    state text not null,
    landed_at text not null,
    primary key (authority, source, extract_date)
);
create table if not exists folder_listed (
    recorded_at text not null,
    run_id text not null,
    authority text not null,
    source text not null,
    extract_date text not null,
    state text not null
);
create table if not exists source_night (
    recorded_at text not null,
    run_id text not null,
    night text not null,
    source text not null,
    summary text not null           -- JSON
);
create table if not exists gate_event (
    recorded_at text not null,
    run_id text not null,
    build_id text not null,
    suite text not null,
    verdict text not null,          -- pass, warn, fail, could not judge
    evaluated integer not null,
    failed text not null            -- JSON: rule, severity, counts
);
create table if not exists build_event (
    recorded_at text not null,
    run_id text not null,
    build_id text not null,
    step text not null,
    state text not null,
    detail text not null            -- JSON
);
create table if not exists step_event (
    recorded_at text not null,      -- when it ended
    run_id text not null,
    night text,                     -- where the step is of one
    build_id text,
    release_id text,
    step text not null,             -- close, begin, build, gate, publish, serve
    source text,                    -- of close
    state text not null,            -- done, failed
    error text,                     -- kind of error, never its words
    seconds real not null
);
create table if not exists release_event (
    recorded_at text not null,
    run_id text not null,
    build_id text not null,
    release_id text not null,
    detail text not null            -- JSON
);
create table if not exists key_event (
    recorded_at text not null,
    run_id text not null,
    key_id text not null,           -- the pseudonym key's id, never the key
    event text not null,            -- night, rotation begun, rotated, retired
    detail text not null            -- JSON
);
create table if not exists link_event (
    recorded_at text not null,
    run_id text not null,
    release_id text not null,
    previous text not null,         -- the release it is compared with
    authority text not null,
    change text not null,           -- merge, split, other key
    rule text not null,             -- what joined the identities; of a split, what had
    children integer not null,
    identities integer not null
);
create table if not exists disposal_event (
    recorded_at text not null,
    run_id text not null,
    disposal_id text not null,      -- one call of retention; names nobody
    state text not null,            -- begun, done
    record_class text not null,
    rule text not null,             -- period, trigger and source, as the schedule said then
    layer text not null,
    authority text not null,        -- blank where it concerns all
    persons integer,                -- null where persons are not counted
    items integer not null,         -- files, folders, releases, rows of the ledger; of raw, its files rewritten
    rows integer,                   -- of raw
    decided_by text not null,
    reason text not null
);
create table if not exists disposal_pending (
    recorded_at text not null,
    disposal_id text not null,
    record_class text not null,
    layer text not null,            -- archive, inbox, releases, reports, postgresql
    path text not null,             -- in the home; of postgresql the release
    done_at text,                   -- null: it still bears somebody whose rows are gone from raw
    primary key (layer, path)
);
create table if not exists access_event (
    recorded_at text not null,
    login text not null,            -- of the operating system
    action text not null,           -- what was done
    reference text not null,        -- opaque: names nobody
    decided_by text not null,       -- who is said to have decided it, blank where nobody decides
    detail text not null            -- JSON: counts, classes, names of releases
);
create table if not exists upkeep_event (
    recorded_at text not null,
    event text not null,            -- upgrade, backup, restore
    detail text not null            -- JSON
);
create table if not exists skip_event (
    recorded_at text not null,
    authority text not null,
    source text not null,
    extract_date text not null,
    event text not null,            -- skipped, taken back
    decided_by text not null,
    reason text not null
);
create table if not exists incident (
    incident_id integer primary key,
    key text not null,              -- the same for the same trouble on another night: late:310:education
    kind text not null,
    authority text not null,        -- blank where it concerns all
    source text not null,
    what text not null,
    rule text,
    about text,                     -- the extract date it speaks of
    happened text not null,
    to_do text not null,
    look_at text not null,          -- JSON: where to look
    opened_at text not null,
    opened_by text not null,        -- the run that saw it first
    last_seen_at text not null,
    last_seen_by text not null,
    last_night text not null,       -- the last night that saw it
    nights_seen integer not null,
    resolved_at text,
    resolved_by text,
    resolution text
);
create unique index if not exists incident_open on incident (key) where resolved_at is null;
create table if not exists incident_notice (
    incident_id integer not null,
    event text not null,            -- opened, resolved
    channel text not null,          -- email, webhook
    due_at text not null,
    notified_at text,               -- null until a channel took it
    attempts integer not null default 0,
    last_error text,                -- kind of error, never its words
    primary key (incident_id, event, channel)
);
"""

_PATIENCE = 60.0  # seconds to wait for another process

# Columns that came later than their table: (table, column, type).
_ADDED = (("file_event", "columns", "text"),)


def _prepare(connection: sqlite3.Connection) -> None:
    """Make what is missing. Tried again while another process is at it: SQLite waits for a lock before it reads or
    writes, but not before it changes the journal's mode."""
    patience = time.monotonic() + _PATIENCE
    while True:
        try:
            connection.execute("pragma journal_mode = wal")
            connection.executescript(_SCHEMA)
            for table, column, kind in _ADDED:
                if column not in {row["name"] for row in connection.execute(f"pragma table_info({table})")}:
                    connection.execute(f"alter table {table} add column {column} {kind}")
            return
        except sqlite3.OperationalError as error:
            is_busy = "locked" in str(error) or "duplicate column" in str(error)
            if not is_busy or time.monotonic() > patience:
                raise
            time.sleep(0.02)


class Ledger:
    """One ledger file. Every method opens, writes and closes, so that a killed task leaves nothing behind."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        is_new = not self.path.exists()
        connection = sqlite3.connect(self.path, timeout=_PATIENCE)
        try:
            if is_new:
                self.path.chmod(OWNER_ONLY_FILE)
            connection.row_factory = sqlite3.Row
            _prepare(connection)
            with connection:
                yield connection
        finally:
            connection.close()

    def _append(self, table: str, values: Mapping[str, Any]) -> None:
        row = {"recorded_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"), **values}
        columns = ", ".join(row)
        marks = ", ".join(f":{column}" for column in row)
        with self._open() as connection:
            connection.execute(f"insert into {table} ({columns}) values ({marks})", _plain(row))

    def record_file(self, **values: Any) -> None:
        self._append("file_event", values)

    def record_source_night(self, run_id: str, night: dt.date, source: str, summary: Mapping[str, Any]) -> None:
        self._append("source_night", {"run_id": run_id, "night": night, "source": source, "summary": dict(summary)})

    def record_gate(
        self, run_id: str, build_id: str, suite: str, verdict: str, evaluated: int, failed: Sequence[Mapping[str, Any]]
    ) -> None:
        self._append(
            "gate_event",
            {
                "run_id": run_id, "build_id": build_id, "suite": suite, "verdict": verdict,
                "evaluated": evaluated, "failed": list(failed),
            },
        )  # fmt: skip

    def record_build(self, run_id: str, build_id: str, step: str, state: str, detail: Mapping[str, Any]) -> None:
        self._append(
            "build_event",
            {"run_id": run_id, "build_id": build_id, "step": step, "state": state, "detail": dict(detail)},
        )

    def record_step(self, **values: Any) -> None:
        self._append("step_event", values)

    def record_release(self, run_id: str, build_id: str, release_id: str, detail: Mapping[str, Any]) -> None:
        self._append(
            "release_event", {"run_id": run_id, "build_id": build_id, "release_id": release_id, "detail": dict(detail)}
        )

    def record_key(self, run_id: str, key_id: str, event: str, detail: Mapping[str, Any]) -> None:
        self._append("key_event", {"run_id": run_id, "key_id": key_id, "event": event, "detail": dict(detail)})

    def record_links(self, run_id: str, release_id: str, changes: Sequence[Mapping[str, Any]]) -> None:
        """What a release changed of who is one child. Called again for a release, it counts once."""
        if changes and not self.query("select 1 from link_event where release_id = ?", (release_id,)):
            for each in changes:
                self._append("link_event", {"run_id": run_id, "release_id": release_id, **each})

    def record_disposal(self, **values: Any) -> None:
        self._append("disposal_event", values)

    def await_disposal(self, disposal_id: str, record_class: str, layer: str, paths: Sequence[str]) -> None:
        """Note what still bears somebody whose rows are to go."""
        now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        with self._open() as connection:
            connection.executemany(
                "insert into disposal_pending values (?, ?, ?, ?, ?, null)"
                " on conflict (layer, path) do update set done_at = null",
                [(now, disposal_id, record_class, layer, path) for path in paths],
            )

    def disposed(self, layer: str, path: str) -> None:
        """Note that what was awaited is gone."""
        now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        with self._open() as connection:
            connection.execute(
                "update disposal_pending set done_at = ? where layer = ? and path = ?", (now, layer, path)
            )

    def record_access(self, action: str, reference: str = "", decided_by: str = "", **detail: Any) -> None:
        """Note that somebody did what an auditor asks for; never of whom."""
        self._append(
            "access_event",
            {
                "login": _login(), "action": action, "reference": reference, "decided_by": decided_by,
                "detail": detail,
            },
        )  # fmt: skip

    def forget(self, table: str, before: str, column: str = "recorded_at") -> int:
        """Remove the rows written before an instant, whose time is over. How many?"""
        with self._open() as connection:
            return connection.execute(f"delete from {table} where {column} < ?", (before,)).rowcount

    def record_upkeep(self, event: str, detail: Mapping[str, Any]) -> None:
        self._append("upkeep_event", {"event": event, "detail": dict(detail)})

    def record_skip(
        self, authority: str, source: str, extract_date: dt.date, event: str, decided_by: str, reason: str
    ) -> None:
        self._append(
            "skip_event",
            {
                "authority": authority, "source": source, "extract_date": extract_date, "event": event,
                "decided_by": decided_by, "reason": reason,
            },
        )  # fmt: skip

    def folder_states(self, authority: str, source: str) -> dict[str, str]:
        """Extract date -> the state in which the folder was last landed."""
        rows = self.query(
            "select extract_date, state from folder_state where authority = ? and source = ?", (authority, source)
        )
        return {row["extract_date"]: row["state"] for row in rows}

    def last_file_event(self) -> int:
        """The number of the last file event so far: what comes later cannot be known to who asks now."""
        (row,) = self.query("select max(event_id) as event_id from file_event") or ({"event_id": None},)
        return row["event_id"] or 0

    def note_folder(self, run_id: str, authority: str, source: str, extract_date: dt.date, state: str) -> None:
        """In which state a run found a folder whose files it is going to land."""
        self._append(
            "folder_listed",
            {"run_id": run_id, "authority": authority, "source": source, "extract_date": extract_date, "state": state},
        )

    def folders_listed(self, run_id: str, source: str) -> list[tuple[str, str, str]]:
        """(authority, extract date, state) of the folders a run listed, each as it was listed last."""
        rows = self.query(
            "select authority, extract_date, state, max(rowid) from folder_listed where run_id = ? and source = ? "
            "group by authority, extract_date order by authority, extract_date",
            (run_id, source),
        )
        return [(row["authority"], row["extract_date"], row["state"]) for row in rows]

    def set_folder_state(self, authority: str, source: str, extract_date: dt.date, state: str) -> None:
        with self._open() as connection:
            connection.execute(
                "insert or replace into folder_state values (?, ?, ?, ?, ?)",
                (authority, source, extract_date.isoformat(), state, dt.datetime.now(dt.UTC).isoformat()),
            )

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Read and write with no other writer between the two."""
        with self._open() as connection:
            connection.execute("begin immediate")
            yield connection

    def prepare(self) -> None:
        """Make the tables and columns that are missing, as every opening does."""
        with self._open():
            pass

    def lacks(self) -> tuple[str, ...]:
        """Tables and columns that a ledger of today has and this one has not, without making them."""
        with contextlib.closing(sqlite3.connect(":memory:")) as connection:
            connection.executescript(_SCHEMA)
            wanted = _columns(connection)
        with contextlib.closing(sqlite3.connect(f"{self.path.as_uri()}?mode=ro", uri=True)) as connection:
            return tuple(sorted(wanted - _columns(connection)))

    def query(self, statement: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> list[dict[str, Any]]:
        """Rows of a select, as dictionaries. An absent ledger has no rows."""
        if not self.path.exists():
            return []
        with self._open() as connection:
            return [dict(row) for row in connection.execute(statement, parameters).fetchall()]

    def tables(self) -> dict[str, tuple[dict[str, str], list[tuple[Any, ...]]]]:
        """Every table whole: its columns with their SQLite types, and its rows. An absent ledger has no rows."""
        with sqlite3.connect(":memory:") if not self.path.exists() else self._open() as connection:
            connection.executescript(_SCHEMA)
            connection.row_factory = None
            names = connection.execute("select name from sqlite_master where type = 'table' order by name").fetchall()
            return {
                name: (
                    {row[1]: row[2].lower() for row in connection.execute(f"pragma table_info({name})")},
                    connection.execute(f"select * from {name} order by rowid").fetchall(),
                )
                for (name,) in names
            }


def _columns(connection: sqlite3.Connection) -> set[str]:
    tables = [name for (name,) in connection.execute("select name from sqlite_master where type = 'table'")]
    return {f"{table}.{row[1]}" for table in tables for row in connection.execute(f"pragma table_info({table})")}


def _login() -> str:
    """Who runs this: whom sudo was asked by, else the user of the process."""
    try:
        name = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        name = str(os.getuid())
    asked = os.environ.get("SUDO_USER", "")
    return f"{asked} as {name}" if asked else name


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    for column, value in row.items():
        if isinstance(value, dict | list | tuple):
            value = json.dumps(value, default=str)
        elif isinstance(value, dt.date | os.PathLike):
            value = str(value) if isinstance(value, os.PathLike) else value.isoformat()
        plain[column] = value
    return plain
