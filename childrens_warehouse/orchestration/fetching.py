"""Fetch one night of one authority's source into the inbox, by the ways in that are configured for it."""

from __future__ import annotations

import datetime as dt
import hashlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import groupby

from childrens_warehouse.datasets import files_of
from childrens_warehouse.errors import FileRefused, WayInFailed
from childrens_warehouse.landing import answers, manifest
from childrens_warehouse.landing import ways_in as configuration
from childrens_warehouse.landing.formats.readable import plain_name
from childrens_warehouse.landing.night_folder import DELIVERED, NightFolder, Piece, answered
from childrens_warehouse.landing.ways_in import LOOK_BACK_DAYS, FolderWay, QueryWay, Ways
from childrens_warehouse.observing.logs import say
from childrens_warehouse.orchestration import databases, remote
from childrens_warehouse.settings import Settings


@dataclass
class Fetched:
    """What became of a look. problems: one sentence each, without a child's value.

    transferred: files that came over in this look; none when all was known.
    waits: something is missing that time may bring.
    """

    problems: list[str] = field(default_factory=list)
    transferred: list[str] = field(default_factory=list)
    waits: bool = False

    @property
    def is_whole(self) -> bool:
        return not self.problems

    def note(self, failed: WayInFailed) -> None:
        self.problems.append(str(failed))
        self.waits = self.waits or failed.may_heal


@dataclass(frozen=True)
class _Files:
    """What a folder brought: its files, and its supplier's manifest with its clock or the newest file's."""

    pieces: list[Piece]
    delivered: bytes | None
    generated_at: dt.datetime


def fetch(settings: Settings, ways: Ways, night: dt.date, is_last_look: bool) -> Fetched:
    """Look once, and fetch what is there. Called again, it goes on where it was; what is known is not fetched again.

    A night is put into the inbox when all of it is there, or on the last look with what there is.
    Raises BusyError when another process is at it.
    """
    settings.home.create()
    _sweep(settings, ways, night)
    if ways.folder is None:
        found = _fetch_night(settings, ways, None, night, is_last_look)
        if is_last_look or not found.waits:
            _join_earlier(settings, ways, night)
        return found
    tonight: Fetched | None = None
    try:
        with remote.connect(ways.folder) as place:
            tonight = _fetch_night(settings, ways, place, night, is_last_look)
            if is_last_look or not tonight.waits:
                _catch_up(settings, ways, place, night)
    except WayInFailed as failed:
        # Nothing could be asked for files; what the queries bring may come all the same.
        return tonight or _fetch_night(settings, ways, None, night, is_last_look, failed)
    return tonight


def _fetch_night(
    settings: Settings,
    ways: Ways,
    place: remote.Remote | None,
    night: dt.date,
    is_last_look: bool,
    failed: WayInFailed | None = None,
) -> Fetched:
    found = Fetched()
    with NightFolder(settings.home, ways.authority, ways.source, night) as folder:
        if not ways.waits_for_inbox and folder.is_foreign():
            # Somebody helped out, or corrected it. What lies there is landed; it may be all there is of it.
            found.note(WayInFailed("the night lies in the inbox and was not fetched: remove its folder to fetch it"))
            return found
        brought = _ask(settings, ways, folder, night, found)
        files = None
        try:
            if failed:
                raise failed
            if ways.folder and place:
                files = _from_remote(settings, ways.folder, place, folder, night, found)
            elif ways.waits_for_inbox:
                files = _from_inbox(settings, ways, folder, night)
        except WayInFailed as error:
            found.note(remote.failure(ways.folder.name, error) if ways.folder else error)
        if found.waits and not is_last_look:
            return found
        _place(ways, folder, files, brought)
    return found


def _catch_up(settings: Settings, ways: Ways, place: remote.Remote, night: dt.date) -> None:
    """Earlier nights that came late or changed since. What is not there is nobody's alarm: it was one on its night."""
    assert ways.folder  # noqa: S101 - called for these only
    for days in range(1, ways.folder.look_back_days + 1):
        earlier, found = night - dt.timedelta(days=days), Fetched()
        with NightFolder(settings.home, ways.authority, ways.source, earlier) as folder:
            if folder.is_foreign():
                continue
            try:
                files = _from_remote(settings, ways.folder, place, folder, earlier, found)
            except remote.NoFolder:
                continue
            except WayInFailed as failed:
                say(f"{ways.authority} {ways.source} {earlier}: {failed}")
                continue
            _place(ways, folder, files, _known_answers(ways, folder))
        if found.transferred:
            say(f"{ways.authority} {ways.source} {earlier}: fetched {len(found.transferred)} files late.")


def _sweep(settings: Settings, ways: Ways, night: dt.date) -> None:
    """Remove what was begun for nights that are looked at no more: it is children's records."""
    days = max(ways.folder.look_back_days if ways.folder else 0, LOOK_BACK_DAYS)
    for folder in (settings.home.inbox / ways.authority / ways.source).glob(".*.fetching"):
        if folder.name[1:11] < (night - dt.timedelta(days=days)).isoformat():
            shutil.rmtree(folder, ignore_errors=True)


def _join_earlier(settings: Settings, ways: Ways, night: dt.date) -> None:
    """Nights whose files came into the inbox after the queries were asked."""
    if not ways.waits_for_inbox:
        return
    parent = settings.home.inbox / ways.authority / ways.source
    for days in range(1, LOOK_BACK_DAYS + 1):
        earlier = night - dt.timedelta(days=days)
        if not (parent / earlier.isoformat()).is_dir():
            continue
        with NightFolder(settings.home, ways.authority, ways.source, earlier) as folder:
            brought = _known_answers(ways, folder)
            try:
                if brought:
                    _place(ways, folder, _from_inbox(settings, ways, folder, earlier), brought)
            except WayInFailed as failed:
                say(f"{ways.authority} {ways.source} {earlier}: {failed}")


def _place(ways: Ways, folder: NightFolder, files: _Files | None, brought: list[Piece]) -> None:
    if files is None:
        # Only what the queries brought. A folder that holds more is not taken apart for it.
        if brought and {path.name for path in folder.present()} <= {way.dataset.file for way in ways.queries}:
            folder.place(brought, None, min(dt.datetime.fromisoformat(str(piece.generated_at)) for piece in brought))
        return
    names = {piece.name for piece in brought}
    pieces = [piece for piece in files.pieces if piece.name not in names] + brought
    folder.place(pieces, files.delivered, files.generated_at, keeps_others=ways.waits_for_inbox)


# Files


def _from_remote(
    settings: Settings, way: FolderWay, place: remote.Remote, folder: NightFolder, day: dt.date, found: Fetched
) -> _Files:
    """Every file of the remote folder. Raises WayInFailed when it is not complete, or changes meanwhile."""
    where = way.folder(day)
    before = place.look(where)
    listed = before.get(manifest.NAME)
    files = [file for name, file in sorted(before.items()) if name != manifest.NAME]

    def bring(file: remote.RemoteFile, name: str) -> Piece:
        version = f"{way.name}|{where}|{file.version}"
        if known := folder.kept(name, version):
            return known
        with place.open(where, file) as source, folder.write(name, version) as target:
            shutil.copyfileobj(source, target, remote.BLOCK)
            if target.size != file.size:
                raise _changing(way)
        found.transferred.append(file.name)
        return folder.kept(name, version)  # type: ignore[return-value]

    if listed:
        told_by = bring(listed, DELIVERED)
        delivered: bytes | None = folder.read(told_by)
        generated_at = listed.modified
        try:
            told = manifest.parse(folder.read(told_by), way.authority, way.source, day)
        except FileRefused as refusal:
            # Landing refuses the folder by this manifest and writes the reason down; nothing else of it is fetched.
            say(f"{way.name}: {refusal.rule}")
            return _Files([told_by], delivered, generated_at)
        missing = sorted({file.name for file in told.files} - set(before))
        if missing:
            told_names = ", ".join(sorted({_known(way, name) for name in missing}))
            raise WayInFailed(f"{way.name}: its manifest names {told_names}, not there yet", may_heal=True)
        pieces = [told_by]
    else:
        if not files:
            raise WayInFailed(f"{way.name}: the folder {where} is empty", may_heal=True)
        delivered, pieces = None, []
        generated_at = max(file.modified for file in files)
        if dt.datetime.now(dt.UTC) - generated_at < settings.settle:
            raise WayInFailed(f"{way.name}: {where} has no manifest and changed lately", may_heal=True)
    pieces += [bring(file, file.name) for file in files]
    if found.transferred and place.look(where) != before:
        raise _changing(way)
    return _Files(pieces, delivered, generated_at)


def _known(way: FolderWay, name: str) -> str:
    """The file's name if it is one we declared; a supplier's own name may hold anything."""
    declared = {file.name for file in files_of(way.source)}
    return name if plain_name(name) in declared else "a file that is not declared"


def _changing(way: FolderWay) -> WayInFailed:
    return WayInFailed(f"{way.name}: the folder changed while it was fetched", may_heal=True)


def _from_inbox(settings: Settings, ways: Ways, folder: NightFolder, day: dt.date) -> _Files:
    """The files that came into this very folder by themselves. Raises WayInFailed while they are not complete."""
    answers_there = {way.dataset.file for way in ways.queries}
    try:
        delivered = folder.delivered_manifest()
        stats = {path: path.stat() for path in folder.present() if path.name not in answers_there}
    except OSError as error:
        raise WayInFailed(f"the inbox cannot be read ({type(error).__name__})", may_heal=True) from None
    newest = dt.datetime.fromtimestamp(max((status.st_mtime for status in stats.values()), default=0), dt.UTC)
    # A manifest of ours, of an earlier look, says nothing of files that are still coming.
    if delivered is None and (not stats or dt.datetime.now(dt.UTC) - newest < settings.settle):
        raise WayInFailed("the files that go with the queries are not all in the inbox yet", may_heal=True)
    pieces = [folder.link(path, f"inbox|{status.st_size}|{status.st_mtime_ns}") for path, status in stats.items()]
    return _Files(pieces, delivered, newest)


# Queries


def _ask(settings: Settings, ways: Ways, folder: NightFolder, night: dt.date, found: Fetched) -> list[Piece]:
    """Ask what was not asked yet for this night; queries of one connection see one state of the database."""
    pieces, open_ = [], []
    for way in ways.queries:
        known = folder.kept(way.dataset.file, _version(way))
        if known:
            pieces.append(known)
        else:
            open_.append(way)
    for connection, group in groupby(sorted(open_, key=lambda way: way.connection), key=lambda way: way.connection):
        queries = list(group)
        name = f"sql {connection} ({', '.join(way.dataset.name for way in queries)})"
        try:
            with databases.connect(name, connection, settings.timezone) as reading:
                for way in queries:
                    pieces.append(_answer(settings, way, reading, folder, night))
                    found.transferred.append(way.dataset.file)
        except WayInFailed as failed:
            found.note(failed)
    return pieces


def _answer(
    settings: Settings, way: QueryWay, reading: databases.Reading, folder: NightFolder, night: dt.date
) -> Piece:
    answer = reading.ask(way.query, night)
    answers.match(way.dataset, answer.names, night)  # before a row is read
    name, version = way.dataset.file, _version(way)
    with folder.write(name, version) as target:
        rows = answers.write(target, way.dataset, answer.names, answer.chunks, night, settings.timezone)
    written = folder.kept(name, version)
    assert written  # noqa: S101 - just written
    return folder.stage(answered(written, rows, reading.began_at, way.coverage))


def _known_answers(ways: Ways, folder: NightFolder) -> list[Piece]:
    return [piece for way in ways.queries if (piece := folder.answer(way.dataset.file))]


def _version(way: QueryWay) -> str:
    """Another query, connection or coverage is asked again; the same one never twice for a night."""
    told = "\n".join([way.connection, way.coverage or "", way.query])
    return f"sql|{hashlib.sha256(told.encode()).hexdigest()}"


# Trying


def check(settings: Settings, night: dt.date, tell: Callable[[str], None]) -> bool:
    """Try every way in without fetching anything, a line each. True when all answered."""
    is_good = True
    for ways in configuration.load(settings):
        each: list[FolderWay | QueryWay] = [*([ways.folder] if ways.folder else []), *ways.queries]
        for way in each:
            try:
                said = _try_folder(way, night) if isinstance(way, FolderWay) else _try_query(settings, way, night)
                tell(f"{way.authority} {way.source} {way.name}: {said}")
            except WayInFailed as failed:
                is_good = False
                tell(f"{way.authority} {way.source} FAILED: {failed}")
    return is_good


def _try_folder(way: FolderWay, night: dt.date) -> str:
    where = way.folder(night)
    with remote.connect(way) as place:
        try:
            files = place.look(where)
        except WayInFailed as failed:
            if not failed.may_heal:
                raise
            return f"reached; {failed}."
    told = "with its manifest" if manifest.NAME in files else "without a manifest"
    return f"reached; {where} holds {len(files)} files, {told}."


def _try_query(settings: Settings, way: QueryWay, night: dt.date) -> str:
    with databases.connect(way.name, way.connection, settings.timezone) as reading:
        answer = reading.ask(f"select * from (\n{way.query}\n) ways_in where 1 = 0", night)
        columns = answers.match(way.dataset, answer.names, night)
    return f"reached; its {len(columns)} columns fit."
