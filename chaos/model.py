"""What should count after each night, worked out from what was put into the inbox: dictionaries and plain loops.

Knows nothing of the product but what its declarations say: names of files, keys, ceilings, coverage. Who delivers
(chaos.suppliers) says of each file what it was made of and what is wrong with it; here is said what must become of it.
"""

from __future__ import annotations

import datetime as dt
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from childrens_warehouse.datasets import BY_NAME, Coverage, files_of

Cells = tuple[str | None, ...]
Place = tuple[str, str, str]  # authority, source, extract date


@dataclass(frozen=True)
class Row:
    """A row as raw should have it. rule: what sets it aside. register: of a mark, (supplier, school, date)."""

    number: int
    key: Cells
    cells: Cells
    rule: str | None = None
    register: Cells = ()


@dataclass(frozen=True)
class File:
    """A file as it lies in a folder. parts: its rows by dataset, or the rule by which that list is refused.

    refused: the rule of what nobody can read. sha256: of its bytes, which are not kept here.
    """

    name: str
    sha256: str
    size: int
    parts: Mapping[str, tuple[Row, ...] | str] = field(default_factory=dict)
    refused: str | None = None
    modified: dt.datetime | None = None


@dataclass(frozen=True)
class Entry:
    """What a manifest says of one file."""

    stamp: dt.datetime
    rows: int | None = None
    sha256: str | None = None
    coverage: str | None = None


@dataclass(frozen=True)
class Folder:
    """A folder as somebody left it. entries: of its manifest; None: it has none.

    refused: the rule by which the manifest is. is_settled: without a manifest, has nothing changed for long enough?
    """

    files: Mapping[str, File]
    entries: Mapping[str, Entry] | None = None
    refused: str | None = None
    is_settled: bool = False


@dataclass(frozen=True)
class Accepted:
    """A file that was taken in; `order` says which of two counts."""

    scope: str
    stamp: dt.datetime
    day: str
    sha256: str
    rows: tuple[Row, ...]
    rows_read: int

    @property
    def order(self) -> tuple[dt.datetime, str, str]:
        return self.stamp, self.day, self.sha256

    @property
    def registers(self) -> set[Cells]:
        return {row.register for row in self.rows}


@dataclass(frozen=True)
class Became:
    """What a run should say of one dataset of one file."""

    status: str
    rule: str | None = None
    scope: str | None = None
    read: int = 0
    loaded: int = 0
    refused: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    withdrawn: int = 0
    refusals: tuple[tuple[str, int], ...] = ()


Outcomes = dict[tuple[str, ...], Became]  # authority, source, extract date, file name, dataset


class Model:
    """The inbox and what should have become of it. `now`: stamps more than a day ahead of it are refused."""

    def __init__(self, now: dt.datetime) -> None:
        self.now = now
        self.inbox: dict[Place, Folder] = {}
        self._landed: dict[Place, Folder] = {}
        self._said: dict[tuple[Place, str], list[str]] = {}
        self._last: dict[tuple[Place, str, str], Accepted] = {}
        self.accepted: dict[tuple[str, str], list[Accepted]] = defaultdict(list)
        self.refused_files: dict[Place, dict[str, str]] = defaultdict(dict)
        self.rows_aside: dict[Place, dict[str, set[tuple[int, str]]]] = defaultdict(dict)

    def land(self, night: str) -> Outcomes:
        """A run of every source for a night: the outcomes by place, file and dataset."""
        outcomes: Outcomes = {}
        for place, folder in sorted(self.inbox.items()):
            if place[2] > night or not (folder.entries is not None or folder.refused or folder.is_settled):
                continue
            is_known = self._landed.get(place) is folder
            if not is_known or place[2] == night:
                outcomes |= self._land_folder(place, folder, is_known)
                self._landed[place] = folder
        return outcomes

    def is_late(self, place: Place) -> bool:
        folder = self.inbox.get(place)
        return folder is None or not (folder.entries is not None or folder.refused or folder.is_settled)

    def _land_folder(self, place: Place, folder: Folder, is_known: bool) -> Outcomes:
        aside = self.refused_files[place]
        if folder.refused:
            aside["_manifest.json"] = folder.refused
            return {}
        aside.pop("_manifest.json", None)
        outcomes: Outcomes = {}
        for declared in files_of(place[1]):
            names = [f"{declared.name}{ending}" for ending in ("", ".gz", ".zip")]
            there = [name for name in names if name in folder.files or name in (folder.entries or {})]
            for name in there[1:]:
                aside[name] = "FILE-TWICE"
            if not there:
                continue
            name = there[0]
            if folder.entries is not None and name not in folder.entries:
                aside[name] = "FILE-NOT-IN-MANIFEST"
                continue
            datasets = [dataset.name for dataset in declared.datasets]
            if is_known and set(self._said.get((place, name), ["refused"])) <= {"accepted", "unchanged"}:
                became = {dataset: self._as_before(place, name, dataset) for dataset in datasets}
            else:
                became = self._land_file(place, folder, name, datasets)
            self._said[place, name] = [each.status for each in became.values()]
            self._note(aside, name, became)
            outcomes |= {(*place, name, dataset): each for dataset, each in became.items()}
        return outcomes

    @staticmethod
    def _note(aside: dict[str, str], name: str, became: Mapping[str, Became]) -> None:
        """A refusal of the whole file has one note; of some of its lists, one each."""
        for known in [known for known in aside if known == name or known in {f"{name}.{each}" for each in became}]:
            del aside[known]
        rules = {dataset: each.rule for dataset, each in became.items() if each.status == "refused"}
        if len(rules) == len(became) and len(set(rules.values())) == 1:
            aside[name] = str(next(iter(rules.values())))
        else:
            aside.update({f"{name}.{dataset}": str(rule) for dataset, rule in rules.items()})

    def _as_before(self, place: Place, name: str, dataset: str) -> Became:
        """The folder is as it was when this file was taken in: nothing is read, nothing changes."""
        last = self._last[place, name, dataset]
        return Became(
            "unchanged", None, last.scope, last.rows_read, len(last.rows), last.rows_read - len(last.rows),
            unchanged=len(last.rows),
        )  # fmt: skip

    def _land_file(self, place: Place, folder: Folder, name: str, datasets: list[str]) -> dict[str, Became]:
        file = folder.files.get(name)
        entry = (folder.entries or {}).get(name) or Entry(file.modified if file and file.modified else self.now)
        if rule := self._refused_unread(file, entry, datasets, place):
            return {dataset: Became("refused", rule) for dataset in datasets}
        assert file is not None
        scopes = {dataset: _scope(dataset, entry.coverage, place[2]) for dataset in datasets}
        known = {dataset: self._known(place[0], dataset, str(scopes[dataset]), file.sha256) for dataset in datasets}
        rows = {dataset: part for dataset, part in file.parts.items() if not isinstance(part, str)}
        count = sum(map(len, rows.values()))
        is_told = entry.rows is None or entry.rows == count
        if all(known.values()):
            if not is_told:
                return {dataset: Became("refused", "FILE-ROWS", scopes[dataset]) for dataset in datasets}
            return {dataset: self._again(place, name, dataset, entry, each) for dataset, each in known.items() if each}
        if rule := file.refused or (None if is_told or len(rows) < len(file.parts) else "FILE-ROWS"):
            return {dataset: Became("refused", rule, scopes[dataset]) for dataset in datasets}
        return {
            dataset: self._read(place, name, dataset, str(scopes[dataset]), entry.stamp, file) for dataset in datasets
        }

    def _refused_unread(self, file: File | None, entry: Entry, datasets: list[str], place: Place) -> str | None:
        if file is None:
            return "FILE-MISSING"
        if entry.sha256 not in (None, file.sha256):
            return "FILE-HASH"
        if not file.size:
            return "FILE-EMPTY"
        if entry.stamp > self.now + dt.timedelta(days=1):
            return "FILE-FUTURE"
        if any(_scope(dataset, entry.coverage, place[2]) is None for dataset in datasets):
            return "COVERAGE-UNKNOWN"
        return None

    def _known(self, authority: str, dataset: str, scope: str, sha256: str) -> Accepted | None:
        same = [each for each in self.accepted[authority, dataset] if (each.scope, each.sha256) == (scope, sha256)]
        return max(same, key=lambda each: each.order, default=None)

    def _again(self, place: Place, name: str, dataset: str, entry: Entry, known: Accepted) -> Became:
        """Content that was taken in before, under what may be another stamp or night."""
        each = Accepted(known.scope, entry.stamp, place[2], known.sha256, known.rows, known.rows_read)
        files = self.accepted[place[0], dataset]
        twin = next((f for f in files if (f.scope, f.stamp, f.sha256) == (each.scope, each.stamp, each.sha256)), None)
        if twin is None:
            files.append(each)
        elif twin.day < each.day:
            files[files.index(twin)] = each
        self._last[place, name, dataset] = each
        before, holders = self._replaced(place[0], dataset, each)
        counted = Became(
            "unchanged", None, each.scope, each.rows_read, len(each.rows), each.rows_read - len(each.rows),
            unchanged=len(each.rows),
        )  # fmt: skip
        return counted if twin or holders == {each.sha256} else _compared(counted, each, before)

    def _read(self, place: Place, name: str, dataset: str, scope: str, stamp: dt.datetime, file: File) -> Became:
        declared, rows = BY_NAME[dataset], file.parts[dataset]
        if isinstance(rows, str):
            return Became("refused", rows, scope)
        if not rows and not declared.may_be_empty:
            return Became("refused", "FILE-NO-ROWS", scope)
        bad = [row for row in rows if row.rule]
        listed = f"{name}.{dataset}" if len(file.parts) > 1 else name
        self.rows_aside[place].pop(listed, None)
        if bad:
            self.rows_aside[place][listed] = {(row.number, str(row.rule)) for row in bad[: declared.ceiling_rows + 1]}
        if len(bad) > min(declared.ceiling * len(rows), declared.ceiling_rows):
            unreadable = sum(row.rule == "CELL-UNREADABLE" for row in bad)
            rule = "FILE-RETYPED" if unreadable > len(rows) / 2 else "ROWS-CEILING"
            return Became("refused", rule, scope, len(rows), 0, len(rows))
        kept = tuple(row for row in rows if not row.rule)
        each = Accepted(scope, stamp, place[2], file.sha256, kept, len(rows))
        before, _ = self._replaced(place[0], dataset, each)
        self.accepted[place[0], dataset].append(each)
        self._last[place, name, dataset] = each
        counted = Became("accepted", None, scope, len(rows), len(kept), len(bad))
        refusals = tuple(sorted(Counter(str(row.rule) for row in bad).items()))
        return _compared(counted, each, before, refusals)

    def _replaced(self, authority: str, dataset: str, each: Accepted) -> tuple[dict[Cells, Cells], set[str]]:
        """What a file takes the place of: rows by key, and whose they were."""
        older = [other for other in self.accepted[authority, dataset] if other.order < each.order]
        if BY_NAME[dataset].coverage is Coverage.SCHOOL_DATE:
            holder = _holders(older)
            held = {register: holder[register] for register in each.registers if register in holder}
            rows = {
                row.key: row.cells
                for register, other in held.items() for row in other.rows if row.register == register
            }  # fmt: skip
            return rows, {other.sha256 for other in held.values()}
        winner = _winners(older).get(each.scope)
        return ({row.key: row.cells for row in winner.rows}, {winner.sha256}) if winner else ({}, set())

    def in_force(self) -> dict[tuple[str, str, str, str], tuple[Accepted, tuple[Row, ...]]]:
        """(authority, dataset, scope, hash) -> the file and those of its rows that count."""
        found: dict[tuple[str, str, str, str], tuple[Accepted, tuple[Row, ...]]] = {}
        for (authority, dataset), files in self.accepted.items():
            if BY_NAME[dataset].coverage is Coverage.SCHOOL_DATE:
                holder = _holders(files)
                for each in {each.sha256: each for each in sorted(files, key=lambda file: file.order)}.values():
                    rows = tuple(row for row in each.rows if holder[row.register].sha256 == each.sha256)
                    if rows:
                        found[authority, dataset, each.scope, each.sha256] = each, rows
            else:
                for each in _winners(files).values():
                    found[authority, dataset, each.scope, each.sha256] = each, each.rows
        return found


@dataclass
class Published:
    """What a release showed: rows by table and authority, and the files it was made of."""

    volumes: Mapping[str, Mapping[str, int]]
    files: Mapping[tuple[str, str, str, str], tuple[int, int]]  # -> rows loaded, rows in force

    def of(self, authority: str) -> Published:
        """What it shows of one authority."""
        volumes = {table: {a: n for a, n in rows.items() if a == authority} for table, rows in self.volumes.items()}
        return Published(volumes, {key: rows for key, rows in self.files.items() if key[0] == authority})


def refused(now: Published, before: Published | None) -> dict[str, set[tuple[str, str]]]:
    """Authority -> (rule, table or dataset) by which the gate must refuse its data; of those it must refuse."""
    if before is None:
        return {}
    authorities = sorted({key[0] for key in now.files})
    found = {authority: _refused(now.of(authority), before.of(authority)) for authority in authorities}
    return {authority: rules for authority, rules in found.items() if rules}


def _refused(now: Published, before: Published) -> set[tuple[str, str]]:
    """Halves, tenfolds and tenths."""
    held = {
        ("PUB-ROWS-HALVED", table)
        for table, volume in before.volumes.items()
        for authority, rows in volume.items()
        if rows >= 20 and now.volumes[table].get(authority, 0) * 2 < rows
    }
    for (authority, dataset, scope, sha256), (loaded, _) in now.files.items():
        if (authority, dataset, scope, sha256) in before.files:
            continue
        if BY_NAME[dataset].coverage is Coverage.SCHOOL_DATE:
            alike = [key for key in now.files if key[:2] == (authority, dataset) and key in before.files]
            usual = statistics.median(now.files[key][0] for key in alike) if len(alike) >= 3 else None
        else:
            same_scope = [rows for key, (_, rows) in before.files.items() if key[:3] == (authority, dataset, scope)]
            usual = same_scope[0] if same_scope else None
        if usual is None or max(loaded, usual) < 20:
            continue
        if loaded >= 10 * usual:
            held.add(("PUB-FILE-TENFOLD", dataset))
        if loaded * 10 <= usual and BY_NAME[dataset].coverage is not Coverage.SCHOOL_DATE:
            held.add(("PUB-FILE-TENTH", dataset))
    return held


def _scope(dataset: str, coverage: str | None, day: str) -> str | None:
    """What a file replaces; None where its manifest says what the dataset cannot have."""
    declared = BY_NAME[dataset].coverage
    if coverage is None:
        if declared is not Coverage.COLLECTION_YEAR:
            return str(declared)
        date = dt.date.fromisoformat(day)
        return f"collection_year:{date.year + (date >= dt.date(date.year, 4, 1))}"
    allowed = {str(declared)}
    if declared is Coverage.COLLECTION_YEAR:
        allowed = {"full", *(f"collection_year:{year}" for year in range(1990, 2100))}
    return coverage if coverage in allowed else None


def _winners(files: Iterable[Accepted]) -> dict[str, Accepted]:
    """By scope the newest, but for years that a whole list of the same age or newer put out of force."""
    newest: dict[str, Accepted] = {}
    for each in sorted(files, key=lambda file: file.order):
        newest[each.scope] = each
    whole = newest.get("full")
    return {
        scope: each for scope, each in newest.items() if whole is None or scope == "full" or each.stamp > whole.stamp
    }


def _holders(files: Iterable[Accepted]) -> dict[Cells, Accepted]:
    """By register the newest file that has it."""
    return {register: each for each in sorted(files, key=lambda file: file.order) for register in each.registers}


def _compared(
    counted: Became, each: Accepted, before: Mapping[Cells, Cells], refusals: tuple[tuple[str, int], ...] = ()
) -> Became:
    """By key, of which the last row counts."""
    rows = {row.key: row.cells for row in each.rows}
    new = sum(key not in before for key in rows)
    unchanged = sum(key in before and before[key] == cells for key, cells in rows.items())
    return Became(
        "accepted", None, counted.scope, counted.read, counted.loaded, counted.refused, new,
        len(rows) - new - unchanged, unchanged, sum(key not in rows for key in before), refusals,
    )  # fmt: skip
