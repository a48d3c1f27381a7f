"""Look at what is due, and dispose of it: by whose decision, how much of what, and by which rule, is in the ledger.

Rows of persons go from raw and the restricted store first, whole or not at all. What else bears them is noted before
(`disposal_pending`) and follows: originals and folders at once, releases as soon as another is published, the
server's at the same time. What a legal hold keeps stays pending until it is lifted.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from childrens_warehouse.build import candidate
from childrens_warehouse.decisions import holds as holding
from childrens_warehouse.decisions import keyed
from childrens_warehouse.decisions.holds import Hold
from childrens_warehouse.errors import ConfigurationError
from childrens_warehouse.landing.receive import archive_held
from childrens_warehouse.ledger import Ledger
from childrens_warehouse.privacy import releases
from childrens_warehouse.privacy.retention import schedule, things
from childrens_warehouse.privacy.retention.persons import Counted, Examined, State, examined
from childrens_warehouse.privacy.retention.schedule import Layer, RecordClass
from childrens_warehouse.privacy.retention.things import Thing
from childrens_warehouse.publish import files, restricting
from childrens_warehouse.raw import disposal, epoch
from childrens_warehouse.raw.acceptance import accepted
from childrens_warehouse.settings import Settings

# What bears a person beside raw, in the order in which it goes.
_AWAITED = (Layer.ARCHIVE, Layer.INBOX, Layer.REPORTS, Layer.POSTGRESQL, Layer.RELEASES)


@dataclass(frozen=True)
class Line:
    """What a class comes to in one layer. persons, rows: of raw alone. why: of what is not due."""

    record_class: str
    layer: Layer
    authority: str
    state: State
    items: int
    persons: int | None = None
    rows: int | None = None


@dataclass(frozen=True)
class Look:
    """What is due tonight, and what is kept although it is due. awaited: what disposals before this one left."""

    lines: tuple[Line, ...]
    awaited: int


def look(settings: Settings, today: dt.date) -> Look:
    """Say what is due, and why the rest is not. Changes nothing."""
    classes, holds = schedule.read(settings.home), _holds(settings, today)
    with examined(settings, classes, holds, today) as found:
        lines = [_of_raw(each) for each in found.counted] + _of_things(settings, classes, holds, found, today)[1]
    return Look(tuple(lines), len(_awaited(settings)))


def dispose(settings: Settings, by: str, reason: str, now: dt.datetime) -> Look:
    """Let everything go that is due. Safe to call again after it was cut short.

    Returns what it did, and what is left to do. Raises BusyError where a build is at work, ConfigurationError where
    nobody decides.
    """
    if not by.strip() or not reason.strip():
        raise ConfigurationError("Say who decides, and why: --by and --reason.")
    classes, holds = schedule.read(settings.home), _holds(settings, now.date())
    work = _Work(settings, f"D-{secrets.token_hex(4)}", by.strip(), reason.strip(), now, classes)
    with candidate.locked(settings), archive_held(settings.home, alone=True):
        disposal.finish(settings.home)
        with examined(settings, classes, holds, now.date()) as found:
            lines = [_of_raw(each) for each in found.counted]
            work.rows(found, [line for line in lines if line.state is State.DUE])
            going, told = _of_things(settings, classes, holds, found, now.date())
            work.things(going)
            work.awaited(holds, found)
    return Look((*lines, *told), len(_awaited(settings)))


@dataclass(frozen=True)
class _Work:
    settings: Settings
    disposal_id: str
    by: str
    reason: str
    now: dt.datetime
    classes: Sequence[RecordClass]

    @property
    def ledger(self) -> Ledger:
        return Ledger(self.settings.home.ledger)

    def rows(self, found: Examined, due: Sequence[Line]) -> None:
        """Take rows of persons out of raw and the restricted store, and note what else bears them."""
        if not due:
            return
        home = self.settings.home
        for line in due:
            self._note(line, "begun")
        name = due[0].record_class
        persons, contents = found.due_persons(), found.due_contents()
        keys = {each.key for each in persons}
        for layer, paths in (
            (Layer.ARCHIVE, self._originals(contents)),
            (Layer.INBOX, self._folders(contents)),
            (Layer.REPORTS, self._pages(keys)),
        ):
            self.ledger.await_disposal(self.disposal_id, name, layer, paths)
        bearing = [each for each in releases.on_disk(home) if releases.bears(home, each, keys)]
        self.ledger.await_disposal(
            self.disposal_id, name, Layer.RELEASES, [f"{home.releases.name}/{each}" for each in bearing]
        )
        if self.settings.postgres:
            self.ledger.await_disposal(self.disposal_id, name, Layer.POSTGRESQL, bearing)
        nothing_left = {
            (authority, keyed.DOMAIN[keyed.Kind(kind)], key)
            for authority, kind, key in found.connection.execute(
                "select distinct authority, kind, key from held except select distinct h.authority, h.kind, h.key"
                " from held as h anti join due_row as d using (authority, dataset, kind, key)"
            ).fetchall()
        }
        done = disposal.take_out(home, found.connection, self.disposal_id)
        keyed.forget(home, nothing_left)
        # What was made of them by the way: built anew when it is asked for.
        candidate.throw_all_away(home)
        files.remove(home.restricted / "links")
        for line in due:
            self._note(line, "done", done.files)

    def things(self, going: Iterable[Thing]) -> None:
        """Remove files, folders, releases and events whose time is over.

        That they are to go is noted first: what a kill leaves removed, nobody finds again to say so.
        """
        going = list(going)
        counted: Counter[tuple[RecordClass, str]] = Counter()
        for thing in going:
            counted[thing.record_class, thing.authority] += thing.count
        lines = [
            Line(record_class.name, record_class.layer, authority, State.DUE, count)
            for (record_class, authority), count in counted.items()
        ]
        for line in lines:
            self._note(line, "begun")
        for thing in going:
            self._remove(thing.record_class.layer, thing.path)
        for line in lines:
            self._note(line, "done")

    def awaited(self, holds: Sequence[Hold], found: Examined) -> None:
        """Remove what bears persons whose rows went: now, or because it was kept or published until now."""
        counted: Counter[tuple[str, Layer]] = Counter()
        current = releases.current(self.settings.home)
        persons = [hold for hold in holds if hold.person]
        for row in _awaited(self.settings):
            layer = Layer(row["layer"])
            is_there = layer is Layer.POSTGRESQL or (self.settings.home.root / row["path"]).exists()
            if is_there and (
                (layer in (Layer.RELEASES, Layer.POSTGRESQL) and Path(row["path"]).name == current)
                or any(things.bears(self.settings, layer, row["path"], hold, found) for hold in persons)
                or any(hold.person is None and hold.covers_class(row["record_class"]) for hold in holds)
            ):
                continue
            if is_there:
                self._remove(layer, row["path"])
            # Also what is gone by now: a disposal that was cut short removed it, and could not say so.
            counted[row["record_class"], layer] += 1
            self.ledger.disposed(layer, row["path"])
        for (name, layer), count in counted.items():
            self._note(Line(name, layer, "", State.DUE, count), "done")

    def _remove(self, layer: Layer, path: str) -> None:
        if layer is Layer.POSTGRESQL:
            from childrens_warehouse.serving import steps

            steps.drop(self.settings, path)
        elif layer is Layer.LEDGER or path in things.ACCESS:
            each = next(one for one in self.classes if one.layer is layer)
            column = (things.LEDGER | things.ACCESS)[path]
            self.ledger.forget(path, things.before(each, self.now.date()), column)
        else:
            files.remove(self.settings.home.root / path)

    def _note(self, line: Line, state: str, items: int | None = None) -> None:
        rule = next((each.rule for each in self.classes if each.name == line.record_class), "")
        self.ledger.record_disposal(
            run_id=f"retention-{self.now:%Y%m%dT%H%M%S}", disposal_id=self.disposal_id, state=state,
            record_class=line.record_class, rule=rule, layer=line.layer, authority=line.authority,
            persons=line.persons, items=line.items if items is None else items, rows=line.rows, decided_by=self.by,
            reason=self.reason,
        )  # fmt: skip

    def _originals(self, contents: set[Path]) -> list[str]:
        home = self.settings.home
        return sorted({
            str(path.relative_to(home.root))
            for each in accepted(home) if each.content(home) in contents
            for path in (home.archive / each.authority / each.source).glob(f"*/{each.file_id}-*")
        })  # fmt: skip

    def _folders(self, contents: set[Path]) -> list[str]:
        """The folders of the inbox in which these files were delivered, whole: a manifest names all or nothing."""
        home = self.settings.home
        return sorted({
            str(folder.relative_to(home.root))
            for each in accepted(home) if each.content(home) in contents
            for folder in [home.inbox / each.authority / each.source / each.extract_date.isoformat()]
            if folder.is_dir()
        })  # fmt: skip

    def _pages(self, keys: set[int]) -> list[str]:
        """Managers' pages that show a code of theirs, or were made under an earlier key."""
        home, now = self.settings.home, epoch.current(self.settings.home)
        found = set(restricting.pages_of(home, keys))
        if now and now.before:
            since = dt.datetime.fromisoformat(now.since).timestamp()
            found |= {
                folder
                for folder in home.reports_restricted.glob("*/managers/*")
                if any(page.stat().st_mtime < since for page in folder.rglob("*.html"))
            }
        return sorted(str(folder.relative_to(home.root)) for folder in found)


def _of_raw(each: Counted) -> Line:
    return Line(each.record_class, Layer.RAW, each.authority, each.state, 0, each.persons, each.rows)


def _of_things(
    settings: Settings, classes: Sequence[RecordClass], holds: Sequence[Hold], found: Examined, today: dt.date
) -> tuple[list[Thing], list[Line]]:
    """What may go, and both that and what is held in counts."""
    going: list[Thing] = []
    counted: Counter[tuple[RecordClass, str, State]] = Counter()
    for thing in things.due(settings, classes, today):
        state = State.HELD if things.is_held(settings, thing, holds, found) else State.DUE
        counted[thing.record_class, thing.authority, state] += thing.count
        if state is State.DUE:
            going.append(thing)
    lines = [
        Line(each.name, each.layer, authority, state, count) for (each, authority, state), count in counted.items()
    ]
    return going, lines


def _holds(settings: Settings, today: dt.date) -> tuple[Hold, ...]:
    return holding.in_force(holding.on_file(settings.home), today)


def _awaited(settings: Settings) -> list[dict[str, str]]:
    rows = Ledger(settings.home.ledger).query(
        "select layer, path, record_class from disposal_pending where done_at is null order by layer, path"
    )
    return sorted(rows, key=lambda row: _AWAITED.index(Layer(row["layer"])))
