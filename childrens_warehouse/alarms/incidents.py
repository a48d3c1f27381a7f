"""Incidents in the ledger: opened when first seen, updated while they last, resolved when an observation says so."""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from childrens_warehouse.errors import ConfigurationError
from childrens_warehouse.ledger import Ledger
from childrens_warehouse.settings import Settings


class Kind(StrEnum):
    """What can be wrong. Each has a page of its own below docs/alarms."""

    LATE = "late"
    REFUSED = "refused"
    LOST = "lost"
    NO_FOLDERS = "no-folders"
    NOT_FETCHED = "not-fetched"
    NOT_LISTED = "not-listed"
    NOT_CLOSED = "not-closed"
    BUILD = "build"
    GATE = "gate"
    PUBLISH = "publish"
    POSTGRESQL = "postgresql"
    REPORT = "report"
    STALE = "stale"
    DEADLINE = "deadline"

    @property
    def page(self) -> str:
        """What it means, what is still safe and what to do, as people are told where to read it."""
        return f"docs/alarms/{self.value}.md"


@dataclass(frozen=True)
class Key:
    """What makes two sightings one incident. What does not apply is blank."""

    kind: Kind
    authority: str = ""
    source: str = ""
    what: str = ""

    def __str__(self) -> str:
        return ":".join(part for part in (self.kind.value, self.authority, self.source, self.what) if part)


@dataclass(frozen=True)
class Trouble:
    """Something a person must look at, as one observation found it. No child's value in any of its words.

    about: the extract date it speaks of, where there is one. rule: its code in expectations/rules.csv.
    look_at: files below the warehouse home, tables of the ledger, tasks.
    """

    key: Key
    happened: str
    to_do: str
    look_at: tuple[str, ...] = ()
    about: dt.date | None = None
    rule: str | None = None


@dataclass(frozen=True)
class Settled:
    """Incidents that an observation ends if it did not find them again. None stands for any.

    until: only those about this extract date or an earlier one. arrived_at: when that came which was missed.
    """

    kind: Kind
    how: str
    authority: str | None = None
    source: str | None = None
    what: str | None = None
    until: dt.date | None = None
    arrived_at: dt.datetime | None = None

    def ends(self, incident: Incident) -> bool:
        key = incident.key
        return (
            key.kind is self.kind
            and self.authority in (None, key.authority)
            and self.source in (None, key.source)
            and self.what in (None, key.what)
            and (self.until is None or incident.about is None or incident.about <= self.until)
        )


@dataclass(frozen=True)
class Scope:
    """The night an observation is of, and what it can resolve: a night of one source only what that source showed."""

    night: dt.date
    settles: tuple[Settled, ...] = ()


@dataclass(frozen=True)
class Incident:
    """One incident: a row of the ledger's `incident`. Times are UTC; still open while `resolved_at` is None."""

    incident_id: int
    key: Key
    rule: str | None
    about: dt.date | None
    happened: str
    to_do: str
    look_at: tuple[str, ...]
    opened_at: dt.datetime
    opened_by: str
    last_seen_at: dt.datetime
    nights_seen: int
    resolved_at: dt.datetime | None
    resolved_by: str | None
    resolution: str | None

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> Incident:
        return cls(
            incident_id=row["incident_id"],
            key=Key(Kind(row["kind"]), row["authority"], row["source"], row["what"]),
            rule=row["rule"],
            about=dt.date.fromisoformat(row["about"]) if row["about"] else None,
            happened=row["happened"],
            to_do=row["to_do"],
            look_at=tuple(json.loads(row["look_at"])),
            opened_at=dt.datetime.fromisoformat(row["opened_at"]),
            opened_by=row["opened_by"],
            last_seen_at=dt.datetime.fromisoformat(row["last_seen_at"]),
            nights_seen=row["nights_seen"],
            resolved_at=dt.datetime.fromisoformat(row["resolved_at"]) if row["resolved_at"] else None,
            resolved_by=row["resolved_by"],
            resolution=row["resolution"],
        )


@dataclass(frozen=True)
class Changes:
    """What one observation changed."""

    opened: tuple[Incident, ...] = ()
    still_open: tuple[Incident, ...] = ()
    resolved: tuple[Incident, ...] = ()


def note(
    settings: Settings, run_id: str, scope: Scope, found: Collection[Trouble], now: dt.datetime | None = None
) -> Changes:
    """Bring the incidents in line with what one observation found, in one transaction.

    Opens what is new, counts another night of what was known, resolves what `scope` settles and `found` does not
    hold. What it opens and resolves falls due for every channel that is set up. Safe to run again.
    """
    at = _text(now or dt.datetime.now(dt.UTC))
    troubles = {str(trouble.key): trouble for trouble in found}
    opened, seen, resolved = [], [], []
    with Ledger(settings.home.ledger).transaction() as connection:
        known = {str(incident.key): incident for incident in _open(connection)}
        for key, trouble in troubles.items():
            if key in known:
                _see_again(connection, known[key], trouble, run_id, scope.night, at)
                seen.append(known[key].incident_id)
            else:
                opened.append(_insert(connection, trouble, run_id, scope.night, at))
        for key, incident in known.items():
            settled = next((each for each in scope.settles if each.ends(incident)), None)
            if settled and key not in troubles:
                _resolve(connection, incident, run_id, _how(settled, incident, settings), at)
                resolved.append(incident.incident_id)
        _fall_due(connection, opened, "opened", settings.alarms.channels, at)
        _fall_due(connection, resolved, "resolved", settings.alarms.channels, at)
        return Changes(_by_id(connection, opened), _by_id(connection, seen), _by_id(connection, resolved))


def close_by_hand(settings: Settings, key: str, why: str) -> Incident:
    """Resolve what no observation will: a refused file that nobody delivers again. Raises ConfigurationError."""
    at = _text(dt.datetime.now(dt.UTC))
    with Ledger(settings.home.ledger).transaction() as connection:
        incident = next((each for each in _open(connection) if str(each.key) == key), None)
        if incident is None:
            raise ConfigurationError(f"No incident {key} is open; `warehouse alarms` lists those that are.")
        _resolve(connection, incident, "by hand", f"closed by hand: {why}", at)
        _fall_due(connection, [incident.incident_id], "resolved", settings.alarms.channels, at)
        return _by_id(connection, [incident.incident_id])[0]


def open_incidents(settings: Settings) -> tuple[Incident, ...]:
    """Those open now, oldest first."""
    rows = Ledger(settings.home.ledger).query("select * from incident where resolved_at is null order by incident_id")
    return tuple(map(Incident.of_row, rows))


def recent_incidents(settings: Settings, since: dt.datetime) -> tuple[Incident, ...]:
    """Those resolved since then, newest first."""
    rows = Ledger(settings.home.ledger).query(
        "select * from incident where resolved_at >= ? order by resolved_at desc, incident_id desc", (_text(since),)
    )
    return tuple(map(Incident.of_row, rows))


def _open(connection: sqlite3.Connection) -> list[Incident]:
    rows = connection.execute("select * from incident where resolved_at is null order by incident_id")
    return [Incident.of_row(row) for row in rows]


def _by_id(connection: sqlite3.Connection, ids: Sequence[int]) -> tuple[Incident, ...]:
    marks = ", ".join("?" for _ in ids)
    rows = connection.execute(f"select * from incident where incident_id in ({marks}) order by incident_id", ids)
    return tuple(Incident.of_row(row) for row in rows)


def _insert(connection: sqlite3.Connection, trouble: Trouble, run_id: str, night: dt.date, at: str) -> int:
    row = {
        **_words(trouble),
        "key": str(trouble.key), "kind": trouble.key.kind.value, "authority": trouble.key.authority,
        "source": trouble.key.source, "what": trouble.key.what, "opened_at": at, "opened_by": run_id,
        "last_seen_at": at, "last_seen_by": run_id, "last_night": night.isoformat(), "nights_seen": 1,
    }  # fmt: skip
    inserted = connection.execute(
        f"insert into incident ({', '.join(row)}) values ({', '.join(f':{column}' for column in row)})", row
    )
    return int(inserted.lastrowid or 0)


def _see_again(
    connection: sqlite3.Connection, incident: Incident, trouble: Trouble, run_id: str, night: dt.date, at: str
) -> None:
    connection.execute(
        """
        update incident set
            happened = :happened, to_do = :to_do, look_at = :look_at, rule = :rule,
            about = max(coalesce(about, ''), coalesce(:about, '')),
            last_seen_at = :at, last_seen_by = :run_id,
            nights_seen = nights_seen + (:night > last_night), last_night = max(last_night, :night)
        where incident_id = :incident_id
        """,
        {
            **_words(trouble),
            "at": at,
            "run_id": run_id,
            "night": night.isoformat(),
            "incident_id": incident.incident_id,
        },
    )


def _words(trouble: Trouble) -> dict[str, str | None]:
    return {
        "rule": trouble.rule,
        "about": trouble.about.isoformat() if trouble.about else None,
        "happened": trouble.happened,
        "to_do": trouble.to_do,
        "look_at": json.dumps(trouble.look_at),
    }


def _resolve(connection: sqlite3.Connection, incident: Incident, run_id: str, how: str, at: str) -> None:
    connection.execute(
        "update incident set resolved_at = ?, resolved_by = ?, resolution = ? where incident_id = ?",
        (at, run_id, how, incident.incident_id),
    )


def _fall_due(
    connection: sqlite3.Connection, ids: Collection[int], event: str, channels: Collection[str], at: str
) -> None:
    connection.executemany(
        "insert into incident_notice (incident_id, event, channel, due_at) values (?, ?, ?, ?)",
        [(incident_id, event, channel, at) for incident_id in ids for channel in channels],
    )


def _how(settled: Settled, incident: Incident, settings: Settings) -> str:
    """How it was resolved; of something missed, how late it came, counted from when it was missed."""
    if settled.arrived_at is None:
        return settled.how
    arrived = settled.arrived_at.astimezone(settings.timezone)
    late = settled.arrived_at - incident.opened_at
    said = f"{settled.how} at {arrived:%H:%M on %-d %B %Y}"
    return f"{said}, {in_words(late)} late" if late > dt.timedelta(minutes=1) else said


def in_words(span: dt.timedelta) -> str:
    """A span of time as people say it: 40 minutes, 3 hours, 2 days."""
    minutes = round(span.total_seconds() / 60)
    for size, unit in ((2 * 1440, "day"), (60, "hour"), (1, "minute")):
        if minutes >= size:
            number = round(minutes / (1440 if unit == "day" else size))
            return f"{number} {unit}{'' if number == 1 else 's'}"
    return "a moment"


def _text(instant: dt.datetime) -> str:
    return instant.astimezone(dt.UTC).isoformat(timespec="seconds")
