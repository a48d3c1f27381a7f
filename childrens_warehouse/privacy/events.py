"""Who did and read what, in one account: of the server's log, of decisions and of the ledger. It names no child.

Decisions say by themselves who made them and when, so the account of them is complete whichever command or hand wrote
them down. What leaves no trace otherwise (an export, a number looked up, pages made) is in the ledger's `access_event`.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import dataclass

from childrens_warehouse import waivers
from childrens_warehouse.decisions import holds, rectifications, restrictions
from childrens_warehouse.errors import ConfigurationError
from childrens_warehouse.identity import decisions as links
from childrens_warehouse.ledger import Ledger
from childrens_warehouse.serving import readers
from childrens_warehouse.settings import Settings
from childrens_warehouse.signing import sign_offs

# What `access_event` says of a decision is in the decision itself, with who made it.
_DECISIONS = ("legal hold", "restriction", "rectification")


@dataclass(frozen=True, order=True)
class Event:
    """Something somebody did. at: UTC; of a waiver, which has an end and no beginning, None sorts as the day it ends.

    who: a login of the server or of the operating system, or the person named as deciding. what: what they did.
    about: a table, a return, a class, a reference; never a child.
    """

    at: dt.datetime
    who: str
    what: str
    about: str
    reason: str = ""


def all_known(settings: Settings) -> list[Event]:
    """Everything, oldest first. Raises ConfigurationError where a file of decisions cannot be read."""
    return sorted([*of_home(settings), *_read(settings)])


def of_home(settings: Settings) -> list[Event]:
    """The same without the readings on the server."""
    return sorted([*_decided(settings), *_used(settings), *_disposed(settings)])


def _decided(settings: Settings) -> Iterator[Event]:
    home = settings.home
    for link in links.on_file(home):
        yield Event(
            link.decided_at, link.by, f"link {link.verdict}", f"two identities of {link.authority}", link.reason
        )
    for reader in readers.on_file(home):
        of = f" of {reader.authority} {reader.team}" if reader.team else ""
        yield Event(
            reader.decided_at, reader.by, f"reader {reader.verdict}", f"{reader.login} {reader.role.value}{of}",
            reader.reason,
        )  # fmt: skip
    for signed in sign_offs.on_file(home):
        about = f"{signed.authority} {signed.return_code} {signed.year}"
        yield Event(signed.decided_at, signed.by, f"sign-off {signed.verdict}", about, signed.reason)
    for hold in holds.on_file(home):
        about = f"{hold.name}: {f'class {hold.record_class}' if hold.record_class else 'a person'}"
        yield Event(hold.decided_at, hold.by, f"legal hold {hold.verdict}", about, hold.reason)
    for restriction in restrictions.on_file(home):
        about = f"a person of {restriction.person.authority}"
        yield Event(
            restriction.decided_at, restriction.by, f"restriction {restriction.verdict}", about, restriction.reason
        )
    for each in rectifications.on_file(home):
        about = f"{each.authority} {each.dataset}.{each.column}"
        yield Event(each.decided_at, each.by, f"rectification {each.verdict}", about, f"{each.reason}; {each.evidence}")
    path = home.root / "waivers.json"
    written = dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC) if path.exists() else None
    for waiver in waivers.on_file(home) if written else ():
        # A waiver says until when and not since when: it is there since the file was written, at the latest.
        about = f"{waiver.rule} on {waiver.table} until {waiver.expires_on}"
        yield Event(written or dt.datetime.now(dt.UTC), waiver.by, "waiver", about, waiver.reason)


def _used(settings: Settings) -> Iterator[Event]:
    for row in Ledger(settings.home.ledger).query("select * from access_event"):
        if row["action"].startswith(_DECISIONS):
            continue
        told = json.loads(row["detail"])
        who = f"{row['decided_by']} ({row['login']})" if row["decided_by"] else row["login"]
        about = " ".join(part for part in (row["reference"], str(told.get("authority", ""))) if part)
        yield Event(_instant(row["recorded_at"]), who, row["action"], about, str(told.get("reason", "")))


def _disposed(settings: Settings) -> Iterator[Event]:
    for row in Ledger(settings.home.ledger).query("select * from disposal_event where state = 'done'"):
        about = f"{row['disposal_id']} {row['layer']}: {row['record_class']}"
        yield Event(_instant(row["recorded_at"]), row["decided_by"], "disposal", about, row["reason"])


def _read(settings: Settings) -> Iterator[Event]:
    from childrens_warehouse.serving import access_log

    if settings.postgres is None:
        return
    try:
        found = access_log.readings(access_log.place(settings.home, settings.postgres))
    except ConfigurationError as error:
        # An account that leaves readings out must not look whole.
        yield Event(dt.datetime.now(dt.UTC), "-", "the server's log cannot be read", str(error))
        return
    for each in found:
        about = f"{each.table} of release {each.release_id} with {each.application or 'no name'}"
        yield Event(each.at, each.reader, "reading", about)


def _instant(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).astimezone(dt.UTC)
