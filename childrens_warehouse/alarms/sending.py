"""Tell every channel once of what was opened and resolved. What could not be sent is due until it was.

A channel that does not answer is said in the log and in `incident_notice`, and tried again by the next run: it never
fails the night. One process sends at a time, so two runs that end together do not tell twice; one that is killed
between sending and noting it tells again.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from childrens_warehouse.alarms.incidents import Incident, open_incidents
from childrens_warehouse.alarms.wording import Message, message
from childrens_warehouse.ledger import Ledger
from childrens_warehouse.settings import OWNER_ONLY_FILE, Settings

# Longer than a channel may take to send one message or give up.
SECONDS_TO_WAIT = 120.0


class Channel(Protocol):
    """A way to people. `send` raises whatever it likes when it failed."""

    @property
    def name(self) -> str: ...

    def send(self, message: Message) -> None: ...


def send_due(settings: Settings, channels: Sequence[Channel], run_id: str) -> list[str]:
    """Send each channel what it is due, in one message. Returns a line per channel that had something due."""
    said = []
    for channel in channels:
        if not _due(settings, channel.name):
            continue
        with _alone(settings) as is_mine:
            if not is_mine:
                said.append(f"Alarms by {channel.name}: another run is still sending; the next run sends the rest.")
                continue
            said += _send(settings, channel, run_id)
    return said


def is_due(settings: Settings) -> bool:
    """Has any channel that is set up something to be told?"""
    return any(_due(settings, channel) for channel in settings.alarms.channels)


def _send(settings: Settings, channel: Channel, run_id: str) -> list[str]:
    due = _due(settings, channel.name)
    incidents = list({incident.incident_id: incident for incident, _ in due}.values())
    if not incidents:
        return []
    opened = [incident for incident in incidents if incident.resolved_at is None]
    resolved = [incident for incident in incidents if incident.resolved_at is not None]
    told = {incident.incident_id for incident in incidents}
    still_open = [incident for incident in open_incidents(settings) if incident.incident_id not in told]
    try:
        channel.send(message(settings, run_id, opened, resolved, still_open))
    except Exception as error:
        # Its words may hold the address of the receiver, which is a secret of some.
        _mark(settings, channel.name, due, failed=type(error).__name__)
        return [
            f"Alarms by {channel.name}: NOT SENT ({type(error).__name__}), {len(incidents)} incidents; "
            f"the next run tries again."
        ]
    _mark(settings, channel.name, due)
    return [f"Alarms by {channel.name}: sent, {len(opened)} opened and {len(resolved)} resolved."]


def _due(settings: Settings, channel: str) -> list[tuple[Incident, str]]:
    rows = Ledger(settings.home.ledger).query(
        "select i.*, n.event from incident_notice as n inner join incident as i using (incident_id) "
        "where n.channel = ? and n.notified_at is null order by i.incident_id",
        (channel,),
    )
    return [(Incident.of_row(row), row["event"]) for row in rows]


def _mark(settings: Settings, channel: str, notices: Sequence[tuple[Incident, str]], failed: str | None = None) -> None:
    at = None if failed else dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    with Ledger(settings.home.ledger).transaction() as connection:
        connection.executemany(
            "update incident_notice set attempts = attempts + 1, notified_at = ?, last_error = ? "
            "where incident_id = ? and event = ? and channel = ?",
            [(at, failed, incident.incident_id, event, channel) for incident, event in notices],
        )


@contextmanager
def _alone(settings: Settings) -> Iterator[bool]:
    """Hold the right to send; False if another process kept it too long. A process that dies gives it back."""
    path = settings.home.root / "alarms.lock"
    path.touch(OWNER_ONLY_FILE)
    give_up_at = time.monotonic() + SECONDS_TO_WAIT
    with path.open("w") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > give_up_at:
                    yield False
                    return
                time.sleep(0.2)
        yield True
