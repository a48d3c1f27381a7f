"""What comes into the inbox in sixty nights: usual folders, and every kind that goes wrong, late or twice.

A plan is a list of what somebody writes before each night, made of a seed alone, so that a part of it can be replayed.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import os
import random
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from chaos.lists import LISTS, ONCE, Authority
from chaos.model import Entry, File, Folder, Model, Place
from chaos.spoiling import KINDS, Draft, can_be, other_files
from childrens_warehouse.datasets import BY_NAME

MANIFEST = "_manifest.json"
_OTHER_FORMATS = {"24", "25", "26", "27"}


@dataclass(frozen=True)
class Written:
    """What somebody leaves in a folder: its files with their bytes, what the manifest names, and why it is refused.

    what: kinds, for whoever reads of it.
    """

    place: Place
    files: Mapping[str, tuple[File, bytes]]
    entries: Mapping[str, Entry] | None
    what: str
    spoilt_manifest: str | None = None
    settled_at: dt.datetime | None = None

    def write(self, inbox: Path, model: Model) -> None:
        """Write it into the inbox, and tell the model. Files that lay there and are not spoken of stay."""
        folder = inbox.joinpath(*self.place)
        folder.mkdir(parents=True, exist_ok=True)
        for name, (_, data) in self.files.items():
            (folder / name).write_bytes(data)
            if self.settled_at:
                os.utime(folder / name, (self.settled_at.timestamp(),) * 2)
        before = model.inbox.get(self.place)
        mine = {name: dataclasses.replace(file, modified=self.settled_at) for name, (file, _) in self.files.items()}
        files = {**(before.files if before else {}), **mine}
        entries, refused = self.entries, self.spoilt_manifest
        if entries is not None:
            (folder / MANIFEST).write_text(self._manifest(), encoding="utf-8")
        elif before:
            entries, refused = before.entries, before.refused  # what lies there stays
        model.inbox[self.place] = Folder(files, entries, refused, all(file.modified for file in files.values()))

    def _manifest(self) -> str:
        authority, source, day = self.place
        if self.spoilt_manifest == "MANIFEST-ELSEWHERE":
            authority = "999"
        entries = [
            {
                "name": name, "rows": entry.rows, "sha256": entry.sha256, "coverage": entry.coverage,
                "generated_at": entry.stamp.isoformat(),
            }
            for name, entry in (self.entries or {}).items()
        ]  # fmt: skip
        if self.spoilt_manifest == "MANIFEST-PATH":
            entries.append({"name": "../header.csv"})
        text = json.dumps({
            "authority": authority, "source": source, "extract_date": day, "generated_at": f"{day}T23:00:00",
            "files": entries,
        })  # fmt: skip
        return text[: len(text) // 2] if self.spoilt_manifest == "MANIFEST-UNREADABLE" else text


class Plan:
    """What is written before each night, in `written`. missing: the share of folders that nobody writes."""

    def __init__(self, seed: int, first: dt.date, nights: int, authorities: int, missing: float) -> None:
        self._rng, self._missing = random.Random(seed), missing
        self._authorities = [Authority(code, self._rng) for code in ("310", "301", "302")[:authorities]]
        self.nights = [first + dt.timedelta(days=number) for number in range(nights)]
        self.written: list[list[Written]] = [[] for _ in self.nights]
        self._left: dict[Place, Written] = {}  # as each folder stands once all that is planned is written
        self._stamps: dict[tuple[str, str], dt.datetime] = {}
        self._quiet = {
            (authority.code, self._rng.choice(list(LISTS))): self._rng.randrange(nights)
            for authority in self._authorities
        }
        for number, night in enumerate(self.nights):
            for authority in self._authorities:
                authority.overnight()
                for source in LISTS:
                    self._night(number, night, authority, source)

    def _night(self, number: int, night: dt.date, authority: Authority, source: str) -> None:
        rng, began = self._rng, self._quiet.get((authority.code, source))
        if began is not None and began <= number < began + 7:
            return  # a week of nothing
        if number and rng.random() < self._missing:
            return
        if number and rng.random() < 0.12:
            self._again(number, night, authority, source)
        self._usual(number, night, authority, source)

    def _usual(self, number: int, night: dt.date, authority: Authority, source: str) -> None:
        rng = self._rng
        place = (authority.code, source, night.isoformat())
        stamp = self._stamp(authority.code, source, night)
        wanted = [name for name in LISTS[source] if number == 0 or rng.random() < 0.6] or [LISTS[source][0]]
        wanted += ONCE.get(source, ()) if number == 0 else ()
        files: dict[str, tuple[File, bytes]] = {}
        entries: dict[str, Entry] = {}
        kinds = []
        for name in wanted:
            lines = authority.lines(name, night)
            if number and rng.random() < 0.04:
                size = rng.choice((11, 0))
                lines = authority.crowd(name, night, size) if size else lines[:4]
                kinds.append("40")
            draft = Draft(BY_NAME[name], lines)
            kind = rng.choice(list(KINDS)) if number and rng.random() < 0.35 else None
            if kind and can_be(kind, draft.dataset, draft.lines):
                KINDS[kind](draft, rng)
                kinds.append(kind)
            self._put(files, entries, draft, stamp, self._coverage(name, night))
        if source == "social_care" and number and rng.random() < 0.1:
            kind = rng.choice(sorted(_OTHER_FORMATS))
            file, data, told = other_files(source, kind)
            files[file.name], entries[file.name] = (file, data), Entry(stamp, None, file.sha256, told.get("coverage"))
            kinds.append(kind)
        self._arrive(number, Written(place, files, entries, " ".join(kinds) or "usual"))

    def _arrive(self, number: int, whole: Written) -> None:
        """On time, late, in two pieces, without a manifest, or with one that cannot be believed."""
        rng, how = self._rng, self._rng.random()
        night = dt.date.fromisoformat(whole.place[2])
        last = len(self.nights) - 1
        if number == 0 or how < 0.62:
            self._write(number, whole)
        elif how < 0.74:
            self._write(min(number + rng.randint(1, 6), last), dataclasses.replace(whole, what=f"1 {whole.what}"))
        elif how < 0.82 and number < last:
            self._write(number, dataclasses.replace(whole, entries=None, what=f"2 {whole.what}"))
            self._write(number + 1, whole)
        elif how < 0.88:
            at = dt.datetime.combine(night, dt.time(23, rng.randrange(60)), dt.UTC)
            entries = {name: Entry(at) for name in whole.entries or {}}
            self._write(number, dataclasses.replace(whole, entries=None, settled_at=at, what=f"3 {whole.what}"))
            self._left[whole.place] = dataclasses.replace(whole, entries=entries)
        elif how < 0.92 and whole.entries:
            name = rng.choice(sorted(whole.entries))
            self._write(number, dataclasses.replace(
                whole, entries={each: entry for each, entry in whole.entries.items() if each != name},
                what=f"7 {whole.what}",
            ))  # fmt: skip
        elif how < 0.95:
            name = rng.choice(sorted(whole.files))
            files = {each: file for each, file in whole.files.items() if each != name}
            self._write(number, dataclasses.replace(whole, files=files, what=f"6 {whole.what}"))
        elif how < 0.98:
            rule = rng.choice(("MANIFEST-UNREADABLE", "MANIFEST-ELSEWHERE", "MANIFEST-PATH"))
            self._write(number, dataclasses.replace(whole, spoilt_manifest=rule, what=f"{rule} {whole.what}"))
        else:
            ahead = {
                name: dataclasses.replace(entry, stamp=dt.datetime(2091, 1, 1, tzinfo=dt.UTC))
                for name, entry in (whole.entries or {}).items()
            }
            self._write(number, dataclasses.replace(whole, entries=ahead, what=f"a clock ahead {whole.what}"))

    def _again(self, number: int, night: dt.date, authority: Authority, source: str) -> None:
        """Something of an earlier night once more: the same bytes, corrected, of last year, stamped before its time."""
        rng = self._rng
        known = [
            place for place in self._left if place[:2] == (authority.code, source) and place[2] < night.isoformat()
        ]
        if not known:
            return
        place = rng.choice(known[-12:])
        before = self._left[place]
        if not before.entries:
            return
        stamp = self._stamp(authority.code, source, night)
        how = rng.choice(("37", "38", "corrected", "corrected", "39", "in between"))
        if how == "37":
            entries = {name: dataclasses.replace(entry, stamp=stamp) for name, entry in before.entries.items()}
            self._write(number, dataclasses.replace(before, entries=entries, what="37"))
        elif how == "38":
            self._write(number, dataclasses.replace(
                before, place=(*place[:2], night.isoformat()), what="38",
                entries={name: dataclasses.replace(entry, stamp=stamp) for name, entry in before.entries.items()},
            ))  # fmt: skip
        elif how == "in between":
            entries = {
                name: dataclasses.replace(entry, stamp=entry.stamp - dt.timedelta(hours=rng.randint(1, 90)))
                for name, entry in before.entries.items()
            }
            self._write(number, dataclasses.replace(before, entries=entries, what="a clock back"))
        else:
            name = rng.choice(LISTS[source])
            day = dt.date.fromisoformat(place[2])
            files: dict[str, tuple[File, bytes]] = {}
            entries = {}
            coverage = f"collection_year:{day.year - rng.randint(0, 1)}" if how == "39" else self._coverage(name, day)
            if BY_NAME[name].coverage != "collection_year":
                coverage = None
            self._put(files, entries, Draft(BY_NAME[name], authority.lines(name, day)), stamp, coverage)
            self._write(number, Written(place, files, {**before.entries, **entries}, how))

    def _put(
        self, files: dict[str, tuple[File, bytes]], entries: dict[str, Entry], draft: Draft, stamp: dt.datetime,
        coverage: str | None,
    ) -> None:  # fmt: skip
        file, data = draft.written()
        told = {"rows": len(draft.lines), "sha256": file.sha256, "coverage": coverage, **draft.told}
        if self._rng.random() < 0.2:
            told |= {"rows": None, "sha256": None}
        files[file.name], entries[file.name] = (file, data), Entry(stamp, **told)  # type: ignore[arg-type]

    def _coverage(self, dataset: str, night: dt.date) -> str | None:
        rng = self._rng
        if BY_NAME[dataset].coverage != "collection_year" or rng.random() < 0.5:
            return "school_year" if rng.random() < 0.02 else None
        year = night.year + (night >= dt.date(night.year, 4, 1))
        return rng.choice((f"collection_year:{year}",) * 6 + (f"collection_year:{year - 1}", "full"))

    def _stamp(self, authority: str, source: str, night: dt.date) -> dt.datetime:
        """When it was generated: the morning after, but for clocks that go back or stand still."""
        rng, last = self._rng, self._stamps.get((authority, source))
        stamp = dt.datetime.combine(night + dt.timedelta(days=1), dt.time(2, rng.randrange(60)), dt.UTC)
        if last and rng.random() < 0.06:
            stamp = rng.choice((last, last - dt.timedelta(days=rng.randint(1, 4)), stamp - dt.timedelta(hours=30)))
        self._stamps[authority, source] = stamp
        return stamp

    def _write(self, number: int, written: Written) -> None:
        """Plan it for that night. A folder that bears a manifest keeps one."""
        self.written[number].append(written)
        before = self._left.get(written.place)
        files = {**(before.files if before else {}), **written.files}
        self._left[written.place] = dataclasses.replace(written, files=files)
