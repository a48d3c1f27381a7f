"""The door of the landing: what to expect of a night, land each delivery, close the night.

Nothing here knows Airflow. Everything returned can travel between tasks: counts, names of files, dates.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from childrens_warehouse import unfinished, waivers
from childrens_warehouse.datasets import Coverage, DeliveredFile, Source, files_of, of_source
from childrens_warehouse.errors import FileRefused
from childrens_warehouse.landing import manifest, quarantine, skips, standing
from childrens_warehouse.landing.delivery import Delivery, Outcome
from childrens_warehouse.landing.formats.readable import PACKED, plain_name
from childrens_warehouse.landing.land import judge_again, land
from childrens_warehouse.landing.receive import CLOCKS_APART
from childrens_warehouse.ledger import Ledger
from childrens_warehouse.observing.steps import observed
from childrens_warehouse.raw.acceptance import Acceptance, accepted
from childrens_warehouse.raw.in_force import newest_per_scope
from childrens_warehouse.settings import Home, Settings

_AUTHORITY = re.compile(r"\d{3}")


@dataclass(frozen=True)
class SourceNight:
    """What one source brought tonight, and as of when it speaks now. Keyed by authority."""

    source: str
    night: str
    as_of: dict[str, str | None]
    late: tuple[str, ...]
    refused: tuple[str, ...]
    files: int
    rows_loaded: int

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> SourceNight:
        return cls(**{**values, "late": tuple(values["late"]), "refused": tuple(values["refused"])})


def authorities(settings: Settings) -> tuple[str, ...]:
    """The authorities that have a folder in the inbox: three-digit codes."""
    if not settings.home.inbox.is_dir():
        return ()
    return tuple(
        sorted(path.name for path in settings.home.inbox.iterdir() if path.is_dir() and _AUTHORITY.fullmatch(path.name))
    )


def nights(settings: Settings, source: str | None = None) -> tuple[dt.date, ...]:
    """Every extract date the inbox holds a folder of, oldest first."""
    pattern = f"*/{source or '*'}/*"
    found = {_date_of(path) for path in settings.home.inbox.glob(pattern) if path.is_dir()}
    return tuple(sorted(day for day in found if day))


def is_complete(settings: Settings, authority: str, source: str, night: dt.date) -> bool:
    """Is the folder all there: its manifest written, or nothing in it changed for the time to settle?"""
    folder = _folder(settings.home, authority, source, night)
    if (folder / manifest.NAME).exists():
        return True
    try:
        files = [path for path in folder.iterdir() if path.is_file()]
    except OSError:
        return False
    if not files:
        return False
    unchanged_for = dt.datetime.now(dt.UTC).timestamp() - max(path.stat().st_mtime for path in files)
    # Files dated further ahead than clocks differ would be waited for until then: landing refuses them and says why.
    return unchanged_for >= settings.settle.total_seconds() or unchanged_for < -CLOCKS_APART.total_seconds()


def is_skipped(settings: Settings, authority: str, source: str, night: dt.date) -> bool:
    """Did a person decide that the night does without it?"""
    return night in skips.nights(settings, authority, source)


def expect(settings: Settings, source: str, night: dt.date, authority: str, run_id: str) -> list[Delivery]:
    """The files to land: of the night's folder and of every earlier one that is not landed as it lies there now.

    What is missing, unknown or unreadable as a folder is recorded here, since there is no file to land.
    """
    ledger = Ledger(settings.home.ledger)
    landed = ledger.folder_states(authority, source)
    reopened = _waived(settings, authority, source) | standing.lost(settings, authority, source)
    skipped = skips.nights(settings, authority, source)
    parent = settings.home.inbox / authority / source
    days = sorted(day for path in parent.glob("*") if path.is_dir() and (day := _date_of(path)) and day <= night)
    deliveries: list[Delivery] = []
    for day in days:
        if day in skipped or not is_complete(settings, authority, source, day):
            continue
        folder = _folder(settings.home, authority, source, day)
        state = _state(folder)
        is_known = landed.get(day.isoformat()) == state and day not in reopened
        if is_known and day != night:
            continue
        ledger.note_folder(run_id, authority, source, day, state)
        deliveries += _of_folder(settings, folder, Source(source), day, night, authority, run_id, is_known)
    return deliveries


def last_event(settings: Settings) -> int:
    """The number of the newest line of the ledger on files: what a listing that begins now leads to comes after it."""
    return Ledger(settings.home.ledger).last_file_event()


def outcomes(settings: Settings, source: str, run_id: str, since: int) -> list[dict[str, Any]]:
    """What became of the files of a source in a run, after an event; a file counts when all its datasets have one.

    From the ledger and not from the tasks: a process that was killed has said nothing, and yet landed some.
    """
    events = Ledger(settings.home.ledger).query(
        "select authority, source, extract_date, dataset, file_name, status, rule, reason from file_event "
        "where run_id = ? and source = ? and event_id > ? and status in ('accepted', 'unchanged', 'refused') "
        "order by event_id",
        (run_id, source, since),
    )
    of_file: dict[tuple[str, str, str], list[dict[str, Any]]] = defaultdict(list)
    for event in events:
        of_file[event["authority"], event["extract_date"], event["file_name"]].append(event)
    declared = {file.name: {dataset.name for dataset in file.datasets} for file in files_of(Source(source))}
    return [
        event
        for (_, _, name), found in of_file.items()
        if declared.get(plain_name(name), set()) <= {event["dataset"] for event in found}
        for event in found
    ]


@observed("close")
def close(
    settings: Settings,
    source: str,
    night: dt.date,
    run_id: str,
    late: list[str],
    unlanded: Collection[tuple[str, str]] = (),
    unlisted: Collection[str] = (),
) -> SourceNight:
    """Note that the night's folders are landed, and tell what is in force of this source.

    late: authorities whose folder was not complete at the cut-off; they stay as they were known.
    unlanded: (authority, extract date) of folders of which a file failed to land for a reason of the machine:
        they stay open, and the next run takes them up again.
    unlisted: authorities whose files could not be listed to the end: all their folders stay open.
    """
    home, ledger = settings.home, Ledger(settings.home.ledger)
    # Identities of a file whose landing was killed: perhaps there is no other that would remove them for long.
    unfinished.sweep_folders(home.restricted / "scratch")
    events = ledger.query(
        "select * from file_event where run_id = ? and source = ? order by event_id", (run_id, source)
    )
    # As the folder was listed, not as it is: what was delivered meanwhile is for the next run.
    for authority, day, state in ledger.folders_listed(run_id, source):
        if (authority, day) not in unlanded and authority not in unlisted:
            ledger.set_folder_state(authority, source, dt.date.fromisoformat(day), state)
    as_of: dict[str, str | None] = dict.fromkeys(authorities(settings))
    for each in _in_force(home, source):
        as_of[each.authority] = max(as_of.get(each.authority) or "", each.extract_date.isoformat())
    summary = SourceNight(
        source=source,
        night=night.isoformat(),
        as_of=as_of,
        late=tuple(late),
        refused=tuple(
            f"{event['authority']} {event['extract_date']} {event['file_name']}: {event['rule']}"
            for event in events
            if event["status"] == "refused"
        ),
        files=len([event for event in events if event["status"] in ("accepted", "unchanged", "refused")]),
        rows_loaded=sum(event["rows_loaded"] or 0 for event in events if event["status"] == "accepted"),
    )
    ledger.record_source_night(run_id, night, source, summary.to_dict())
    return summary


def _in_force(home: Home, source: str) -> Iterator[Acceptance]:
    """The files of a source that count; of registers all, since each may hold some that no other has."""
    for dataset in of_source(source):
        files: dict[str, list[Acceptance]] = defaultdict(list)
        for each in accepted(home, dataset.name):
            files[each.authority].append(each)
        for of_authority in files.values():
            yield from of_authority if dataset.coverage is Coverage.SCHOOL_DATE else newest_per_scope(of_authority)


def _waived(settings: Settings, authority: str, source: str) -> set[dt.date]:
    """The nights of which a file was refused for its ceiling, and for which a waiver came since."""
    on_file = waivers.on_file(settings.home)
    if not on_file:
        return set()
    last = Ledger(settings.home.ledger).query(
        "select extract_date, dataset, status, rule, max(event_id) from file_event where authority = ? and source = ? "
        "group by extract_date, dataset",
        (authority, source),
    )
    return {
        day
        for event in last
        if (event["status"], event["rule"]) == ("refused", "ROWS-CEILING")
        and (day := dt.date.fromisoformat(event["extract_date"]))
        and any(each.covers("ROWS-CEILING", event["dataset"], day) for each in on_file)
    }


def _of_folder(
    settings: Settings, folder: Path, source: Source, day: dt.date, night: dt.date, authority: str, run_id: str,
    is_known: bool,
) -> list[Delivery]:  # fmt: skip
    def note(file_name: str, dataset: str, status: str, rule: str, reason: str) -> None:
        Ledger(settings.home.ledger).record_file(
            run_id=run_id, night=night.isoformat(), authority=authority, source=source.value,
            extract_date=day.isoformat(), dataset=dataset, file_name=file_name, status=status, rule=rule, reason=reason,
        )  # fmt: skip
        if status == "refused":
            where = quarantine.folder(settings.home, authority, source.value, day.isoformat())
            quarantine.refuse_file(where, file_name, rule, reason, None)

    try:
        if folder.is_symlink():
            raise FileRefused("FILE-LINK", "the night's folder is a link: deliver the folder itself.")
        told = manifest.read(folder, authority, source.value, day)
    except FileRefused as refusal:
        note(manifest.NAME, "", "refused", refusal.rule, refusal.reason)
        return []
    quarantine.accept_file(quarantine.folder(settings.home, authority, source.value, day.isoformat()), manifest.NAME)

    present = {path.name for path in folder.iterdir() if path.is_file() and not path.name.startswith((".", "_"))}
    named = {file.name for file in told.files} if told else set()
    declared = {file.name: file for file in files_of(source)}
    chosen = _choose(sorted(present | named), declared)
    deliveries = []
    for plain, name in chosen.items():
        entry = told.file(name) if told else None
        if told and entry is None:
            note(
                name, declared[plain].datasets[0].name, "refused", "FILE-NOT-IN-MANIFEST",
                "the file is in the folder, but its manifest does not name it: it may be a left-over or unfinished.",
            )  # fmt: skip
            continue
        deliveries.append(
            Delivery(
                authority=authority,
                source=source.value,
                extract_date=day.isoformat(),
                night=night.isoformat(),
                file_name=name,
                generated_at=(entry.generated_at or told.generated_at).isoformat() if told and entry else None,
                rows_told=entry.rows if entry else None,
                sha256_told=entry.sha256 if entry else None,
                coverage=entry.coverage if entry else None,
                leave_out=_borne_twice(declared[plain], chosen),
                is_known=is_known,
            )
        )
    for dataset in of_source(source):
        if not set(dataset.files) & set(chosen):
            note(
                dataset.files[0], dataset.name, "missing", "FILE-NOT-DELIVERED",
                "not delivered: it stays as it was known.",
            )  # fmt: skip
    for number, name in enumerate(sorted(present | named), start=1):
        if plain_name(name) not in declared:
            shown = name if _is_copy(name, declared) else f"file {number} of {len(present | named)}, by name"
            note(shown, "", "unexpected", "FILE-UNEXPECTED", "no dataset is declared for it: it stays in the inbox.")
        elif name not in chosen.values():
            note(
                name, declared[plain_name(name)].datasets[0].name, "refused", "FILE-TWICE",
                f"the folder holds it as {chosen[plain_name(name)]} too, which counts: deliver it once.",
            )  # fmt: skip
    return deliveries


def _is_copy(name: str, declared: Iterable[str]) -> bool:
    """Is it a declared name with a number, as of a second download? Any other may be the name of a child."""
    return any(
        re.fullmatch(rf"{re.escape(Path(plain).stem)}[ _()-]*\d{{0,2}}[ _()-]*{re.escape(Path(plain).suffix)}", name)
        for plain in declared
    )


def _choose(names: list[str], declared: dict[str, DeliveredFile]) -> dict[str, str]:
    """Declared name -> the file that bears it, in the order of landing; the unpacked one where both are there."""
    chosen: dict[str, str] = {}
    for plain in declared:
        for name in (plain, *(f"{plain}{ending}" for ending in PACKED)):
            if name in names:
                chosen.setdefault(plain, name)
    return chosen


def _borne_twice(file: DeliveredFile, chosen: dict[str, str]) -> tuple[str, ...]:
    """The datasets of a file of several that the folder also holds as files of their own."""
    others = set(chosen) - {file.name}
    return tuple(dataset.name for dataset in file.datasets if dataset.file in others)


def _state(folder: Path) -> str:
    """Changes when anything in the folder does."""
    digest = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        if path.is_file():
            status = path.stat()
            digest.update(f"{path.name}|{status.st_size}|{status.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _folder(home: Home, authority: str, source: str, night: dt.date) -> Path:
    return home.inbox / authority / source / night.isoformat()


def _date_of(folder: Path) -> dt.date | None:
    try:
        return dt.date.fromisoformat(folder.name)
    except ValueError:
        return None


__all__ = [
    "Delivery", "Outcome", "SourceNight", "authorities", "close", "expect", "is_complete", "is_skipped", "judge_again",
    "land", "last_event", "nights", "outcomes",
]  # fmt: skip
