"""One message for everything a run opened or resolved: the subject, the mail, the plain text and the webhook's body."""

from __future__ import annotations

import datetime as dt
import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from childrens_warehouse.alarms.incidents import Incident, in_words
from childrens_warehouse.publish.current import current_release
from childrens_warehouse.settings import Settings

# Of the webhook's body, docs/alarms.md. A field may be added under the same number, none removed or changed.
SCHEMA = "childrens-warehouse/alarm/1"


@dataclass(frozen=True)
class Message:
    """What a channel sends. references: one stable id per incident, for mail programs that thread by them."""

    subject: str
    html: str
    payload: dict[str, Any]
    references: tuple[str, ...] = ()


def message(
    settings: Settings,
    run_id: str,
    opened: Sequence[Incident],
    resolved: Sequence[Incident],
    still_open: Sequence[Incident] = (),
    now: dt.datetime | None = None,
) -> Message:
    """Words for incidents that were opened and resolved; those still open are named, without details."""
    now = now or dt.datetime.now(dt.UTC)
    published, release = _published(settings, now)
    areas = sorted({_area(incident) for incident in (*opened, *resolved)})
    subject = f"Children's warehouse: {', '.join(areas) if len(areas) <= 3 else 'several'}"
    counted = ", ".join(
        f"{len(incidents)} {word}" for incidents, word in ((opened, "opened"), (resolved, "resolved")) if incidents
    )
    return Message(
        subject=subject,
        html=_page(settings, run_id, counted, published, opened, resolved, still_open, now),
        payload={
            "schema": SCHEMA,
            "subject": subject,
            "text": _plain(counted, published, opened, resolved),
            "sent_at": now.isoformat(timespec="seconds"),
            "run_id": run_id,
            "is_test": False,
            "published": release,
            "opened": [_as_data(incident) for incident in opened],
            "resolved": [_as_data(incident) for incident in resolved],
            "still_open": [str(incident.key) for incident in still_open],
        },
        references=tuple(f"<incident-{each.incident_id}@childrens-warehouse>" for each in (*opened, *resolved)),
    )


def trial(settings: Settings, now: dt.datetime | None = None) -> Message:
    """What `warehouse alarms test` sends: no incident, so that nobody gets up for it."""
    now = now or dt.datetime.now(dt.UTC)
    published, release = _published(settings, now)
    said = "This is a test of the alarms. Nothing is wrong."
    return Message(
        subject="Children's warehouse: test",
        html=f"<p>{said}</p><p>{html.escape(published)}</p>",
        payload={
            "schema": SCHEMA,
            "subject": "Children's warehouse: test",
            "text": f"{said} {published}",
            "sent_at": now.isoformat(timespec="seconds"),
            "run_id": "test",
            "is_test": True,
            "published": release,
            "opened": [],
            "resolved": [],
            "still_open": [],
        },
    )


def since(settings: Settings, incident: Incident) -> str:
    """From when to when, in local time, and in how many nights it was seen."""
    began = f"since {_local(settings, incident.opened_at)}"
    seen = f", seen in {incident.nights_seen} nights" if incident.nights_seen > 1 else ""
    if incident.resolved_at is None:
        return f"{began}{seen}"
    lasted = in_words(incident.resolved_at - incident.opened_at)
    return f"{began}, for {lasted}{seen}"


def _area(incident: Incident) -> str:
    return incident.key.source.replace("_", " ") or {"gate": "build"}.get(incident.key.kind, incident.key.kind.value)


def _published(settings: Settings, now: dt.datetime) -> tuple[str, dict[str, Any] | None]:
    """What readers see meanwhile: which release, as of when, how old; as a sentence and as data."""
    try:
        release = current_release(settings)
    except (OSError, ValueError, KeyError, duckdb.Error) as error:
        return f"Which release is published could not be read ({type(error).__name__}).", None
    if release is None:
        return "Nothing is published yet.", None
    age = now - release.published_at
    return (
        f"Release {release.release_id} stays published: data as at {release.as_at:%-d %B %Y}, published "
        f"{_local(settings, release.published_at)}, {in_words(age)} ago.",
        {
            "release": release.release_id,
            "as_at": release.as_at.isoformat(),
            "published_at": release.published_at.isoformat(timespec="seconds"),
            "age_hours": round(age.total_seconds() / 3600, 1),
        },
    )


def _page(
    settings: Settings,
    run_id: str,
    counted: str,
    published: str,
    opened: Sequence[Incident],
    resolved: Sequence[Incident],
    still_open: Sequence[Incident],
    now: dt.datetime,
) -> str:
    """The mail. Everything that is not ours letter by letter is escaped."""
    parts = [f"<p><b>{counted}.</b> {html.escape(published)}</p>"]
    for incident in opened:
        where = ", ".join(incident.look_at)
        lines = [
            f"<b>{html.escape(incident.happened)}</b>",
            f"What to do: {html.escape(incident.to_do)}",
            f"Where to look: {html.escape(where)}; run {html.escape(incident.opened_by)}",
            f"What it means, and what is still safe: {incident.key.kind.page}",
            f"{html.escape(str(incident.key))}, {since(settings, incident)}",
        ]
        parts.append(f"<p>{'<br>'.join(lines)}</p>")
    for incident in resolved:
        lines = [
            f"<b>Resolved: {html.escape(incident.resolution or '')}.</b>",
            f"{html.escape(incident.happened)}",
            f"{html.escape(str(incident.key))}, {since(settings, incident)}",
        ]
        parts.append(f"<p>{'<br>'.join(lines)}</p>")
    if still_open:
        named = "".join(
            f"<li>{html.escape(str(incident.key))}, {since(settings, incident)}</li>" for incident in still_open
        )
        parts.append(f"<p>Still open, told before:</p><ul>{named}</ul>")
    parts.append(
        f"<p>Run {html.escape(run_id)}, {_local(settings, now)}. Paths are below the warehouse home; tables are in "
        f"ledger.sqlite; docs/ lies beside the program. <code>warehouse alarms</code> lists what is open.</p>"
    )
    return "\n".join(parts)


def _plain(counted: str, published: str, opened: Sequence[Incident], resolved: Sequence[Incident]) -> str:
    """The same, short, for chats that show the field `text` and nothing else."""
    lines = [f"{counted}. {published}"]
    lines += [f"- {incident.happened} {incident.to_do} ({incident.key.kind.page})" for incident in opened]
    lines += [f"- Resolved: {incident.resolution}." for incident in resolved]
    return "\n".join(lines)


def _as_data(incident: Incident) -> dict[str, Any]:
    return {
        "incident_id": incident.incident_id,
        "key": str(incident.key),
        "kind": incident.key.kind.value,
        "authority": incident.key.authority or None,
        "source": incident.key.source or None,
        "what": incident.key.what or None,
        "rule": incident.rule,
        "about": incident.about.isoformat() if incident.about else None,
        "opened_at": incident.opened_at.isoformat(timespec="seconds"),
        "nights_seen": incident.nights_seen,
        "resolved_at": incident.resolved_at.isoformat(timespec="seconds") if incident.resolved_at else None,
        "happened": incident.happened,
        "to_do": incident.to_do,
        "look_at": list(incident.look_at),
        "page": incident.key.kind.page,
        "run_id": incident.opened_by,
        "resolution": incident.resolution,
    }


def _local(settings: Settings, instant: dt.datetime) -> str:
    return f"{instant.astimezone(settings.timezone):%-d %B %Y %H:%M}"
