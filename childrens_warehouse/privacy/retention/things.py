"""What is due of the layers beside raw: files, folders, releases, events; and which of it a legal hold keeps."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from childrens_warehouse.decisions.holds import Hold
from childrens_warehouse.ledger import Ledger
from childrens_warehouse.privacy import releases
from childrens_warehouse.privacy.retention.persons import Examined
from childrens_warehouse.privacy.retention.schedule import Layer, RecordClass, Trigger, add_months
from childrens_warehouse.publish.current import read_manifest
from childrens_warehouse.raw.acceptance import Acceptance, accepted
from childrens_warehouse.raw.in_force import in_force
from childrens_warehouse.settings import Settings

# Table of the ledger -> the instant that counts. What is said of disposals stays: it is the proof of them.
LEDGER = {
    "file_event": "recorded_at", "source_night": "recorded_at", "gate_event": "recorded_at",
    "build_event": "recorded_at", "release_event": "recorded_at", "key_event": "recorded_at",
    "step_event": "recorded_at", "link_event": "recorded_at", "incident": "resolved_at",
}  # fmt: skip
ACCESS = {"access_event": "recorded_at"}
# A hold on a person keeps these whole, because nobody can tell whether they bear them.
_CANNOT_TELL = (Layer.QUARANTINE, Layer.REPORTS, Layer.ACCESS_LOG)


@dataclass(frozen=True)
class Thing:
    """One thing that is due. path: in the home; of postgresql a release, of the ledger a table.

    since: the day it counts from; of a table the newest row that goes. count: rows, of a table; else 1.
    """

    record_class: RecordClass
    authority: str
    path: str
    since: dt.date
    count: int = 1


def due(settings: Settings, classes: Sequence[RecordClass], today: dt.date) -> list[Thing]:
    """What may go by the classes beside raw, unless it is held; oldest first."""
    finders = {
        Layer.INBOX: _inbox, Layer.ARCHIVE: _archive, Layer.RESTRICTED: _restricted, Layer.QUARANTINE: _quarantine,
        Layer.RELEASES: _releases, Layer.REPORTS: _reports, Layer.LOGS: _logs, Layer.POSTGRESQL: _postgresql,
    }  # fmt: skip
    found = []
    for each in classes:
        if each.layer in finders:
            found += [
                Thing(each, authority, path, since)
                for authority, path, since in finders[each.layer](settings, each)
                if each.is_over(since, today)
            ]
        elif each.layer in (Layer.LEDGER, Layer.ACCESS_LOG):
            found += _events(settings, each, today)
        if each.layer is Layer.ACCESS_LOG:
            found += [
                Thing(each, "", str(path), day) for path, day in _server_logs(settings) if each.is_over(day, today)
            ]
    return sorted(found, key=lambda thing: (thing.since, thing.path))


def is_held(settings: Settings, thing: Thing, holds: Iterable[Hold], found: Examined) -> bool:
    """Does a legal hold keep it? A person's hold does where it bears them, or where nobody can tell."""
    for hold in holds:
        if hold.authority and thing.authority and hold.authority != thing.authority:
            continue
        if hold.person is None:
            if hold.covers_class(thing.record_class.name):
                return True
        elif bears(settings, thing.record_class.layer, thing.path, hold, found):
            return True
    return False


def bears(settings: Settings, layer: Layer, path: str, hold: Hold, found: Examined) -> bool:
    """Does a thing bear the person of a hold, or can that not be told?"""
    if layer in _CANNOT_TELL:
        return True
    persons = found.identities([hold.person] if hold.person else [])
    keys = {each.key for each in persons}
    if layer is Layer.RELEASES:
        return releases.bears(settings.home, Path(path).name, keys)
    if layer is Layer.POSTGRESQL:
        on_disk = read_manifest(settings.home, path) is not None
        return not on_disk
    if layer in (Layer.ARCHIVE, Layer.RESTRICTED):
        return _file_bears(settings, Path(path).name[:16], found.contents_of(persons), hold.authority)
    if layer is Layer.INBOX:
        folder = settings.home.root / path
        kept = settings.home.archive / Path(path).relative_to("inbox")
        names = {each.name.partition("-")[2] for each in kept.glob("*")}
        return any(each.name not in names for each in folder.iterdir() if not each.name.startswith((".", "_")))
    return False


def _file_bears(settings: Settings, file_id: str, contents: set[Path], authority: str) -> bool:
    """Of a file with rows that were set aside, or of which nothing was taken in, it cannot be told."""
    of_file = [each for each in accepted(settings.home, authority=authority) if each.file_id == file_id]
    return (
        not of_file
        or any(each.rows_refused for each in of_file)
        or any(each.content(settings.home) in contents for each in of_file)
    )


def _inbox(settings: Settings, each: RecordClass) -> Iterator[tuple[str, str, dt.date]]:
    """Folders that were landed, but for the newest of a source."""
    ledger, home = Ledger(settings.home.ledger), settings.home
    for source in sorted(path for path in home.inbox.glob("*/*") if path.is_dir()):
        landed = ledger.folder_states(source.parent.name, source.name)
        nights = sorted(path for path in source.iterdir() if path.is_dir() and path.name[0] != ".")
        for night in nights[:-1]:
            if night.name in landed:
                yield source.parent.name, str(night.relative_to(home.root)), dt.date.fromisoformat(night.name)


def _archive(settings: Settings, each: RecordClass) -> Iterator[tuple[str, str, dt.date]]:
    home = settings.home
    if each.trigger is Trigger.REPLACEMENT:
        for acceptances, day in _replaced(settings):
            first = acceptances[0]
            for path in (home.archive / first.authority / first.source).glob(f"*/{first.file_id}-*"):
                yield first.authority, str(path.relative_to(home.root)), day
        return
    taken_in = {(each.authority, each.source, each.file_id) for each in accepted(home)}
    for path in sorted(home.archive.glob("*/*/*/*")):
        authority, source, night = path.relative_to(home.archive).parts[:3]
        if path.name[0] != "." and (authority, source, path.name[:16]) not in taken_in:
            yield authority, str(path.relative_to(home.root)), dt.date.fromisoformat(night)


def _restricted(settings: Settings, each: RecordClass) -> Iterator[tuple[str, str, dt.date]]:
    """Names and dates of birth. The mapping of pseudonyms stays: without it raw could not get another key."""
    home = settings.home
    for acceptances, day in _replaced(settings):
        for content in {one.content(home): one for one in acceptances}.values():
            stem = content.content(home).stem
            path = home.restricted / content.dataset / content.authority / f"{stem}.persons.parquet"
            if path.exists():
                yield content.authority, str(path.relative_to(home.root)), day


def _replaced(settings: Settings) -> Iterator[tuple[list[Acceptance], dt.date]]:
    """Per original of which everything was accepted and has been replaced: its acceptances, and since when."""
    every = list(accepted(settings.home))
    of_file: dict[tuple[str, str, str], list[Acceptance]] = defaultdict(list)
    for each in every:
        of_file[each.authority, each.source, each.file_id].append(each)
    for each in in_force(settings).extracts:
        of_file.pop((each.authority, each.source, each.file_id), None)
    newer: dict[tuple[str, str], list[Acceptance]] = defaultdict(list)
    for each in sorted(every, key=lambda each: each.order):
        newer[each.authority, each.dataset].append(each)
    for acceptances in of_file.values():
        days = []
        for each in acceptances:
            after = [
                other.extract_date
                for other in newer[each.authority, each.dataset]
                if other.order > each.order and other.scope in (each.scope, "full")
            ]
            days.append(min(after, default=each.extract_date))
        yield acceptances, max(days)


def _quarantine(settings: Settings, each: RecordClass) -> Iterator[tuple[str, str, dt.date]]:
    for night in sorted(settings.home.quarantine.glob("*/*/*")):
        yield (
            night.parent.parent.name, str(night.relative_to(settings.home.root)), dt.date.fromisoformat(night.name)
        )  # fmt: skip


def _releases(settings: Settings, each: RecordClass) -> Iterator[tuple[str, str, dt.date]]:
    home = settings.home
    for release_id in releases.on_disk(home):
        manifest = read_manifest(home, release_id)
        if manifest and release_id != releases.current(home):
            day = dt.datetime.fromisoformat(manifest["published_at"]).date()
            yield "", str((home.releases / release_id).relative_to(home.root)), day


def _reports(settings: Settings, each: RecordClass) -> Iterator[tuple[str, str, dt.date]]:
    """Those that show small numbers and children; the public ones are figures for everybody."""
    for night in sorted(settings.home.reports_restricted.glob("*")):
        yield "", str(night.relative_to(settings.home.root)), _written(night)


def _logs(settings: Settings, each: RecordClass) -> Iterator[tuple[str, str, dt.date]]:
    for folder in (settings.home.logs, settings.home.airflow / "logs"):
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                yield "", str(path.relative_to(settings.home.root)), _written(path)


def _postgresql(settings: Settings, each: RecordClass) -> Iterator[tuple[str, str, dt.date]]:
    from childrens_warehouse.serving import steps

    if settings.postgres is None:
        return
    shown, there = steps.status(settings)
    for release_id in there:
        if release_id != shown:
            manifest = read_manifest(settings.home, release_id)
            day = manifest["published_at"][:10] if manifest else release_id[:10]
            yield "", release_id, dt.date.fromisoformat(day)


def _server_logs(settings: Settings) -> Iterator[tuple[Path, dt.date]]:
    """Files of the server's log that it has done with; one that it writes to for ever is the server's to turn over."""
    told = settings.postgres
    if told and told.log and told.log.is_dir():
        for path in sorted(path for path in told.log.iterdir() if path.is_file()):
            yield path, _written(path)


def _events(settings: Settings, each: RecordClass, today: dt.date) -> Iterator[Thing]:
    ledger = Ledger(settings.home.ledger)
    for table, column in (LEDGER if each.layer is Layer.LEDGER else ACCESS).items():
        limit = before(each, today)
        counted = f"select count(*) as n, max({column}) as newest from {table} where {column} < ?"
        for told in ledger.query(counted, (limit,)):
            if not told["n"]:
                continue
            yield Thing(each, "", table, dt.date.fromisoformat(told["newest"][:10]), told["n"])


def before(each: RecordClass, today: dt.date) -> str:
    """The instant before which events go: the first on which their time is not over."""
    day = add_months(today, -each.months) + dt.timedelta(days=1)
    while not each.is_over(day - dt.timedelta(days=1), today):
        day -= dt.timedelta(days=1)
    return day.isoformat()


def _written(path: Path) -> dt.date:
    """When the newest of it was written."""
    every = [path, *path.rglob("*")] if path.is_dir() else [path]
    return dt.datetime.fromtimestamp(max(each.stat().st_mtime for each in every), dt.UTC).date()
