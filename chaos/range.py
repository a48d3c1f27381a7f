"""A folder with the small homes from which trials start, and what must hold after each of them."""

from __future__ import annotations

import dataclasses
import random
import shutil
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from chaos import holding, small, victim
from chaos.contract import Count
from chaos.victim import Moment
from chaos.works import Work, build, first_night, land, night, root_of
from childrens_warehouse.ledger import Ledger
from childrens_warehouse.settings import Home

# A whole home is searched in about a second; most trials search what was said.
_SEARCHED_WHOLE = 0.1
# Of these folders work done again must leave exactly the files of a night in which nothing happened.
_COMPARED = ("archive", "decisions", "published", "quarantine", "raw", "releases", "restricted")


@dataclasses.dataclass(frozen=True)
class Whole:
    """What a piece of work comes to when nothing happens, and how long that takes."""

    releases: tuple[str | None, ...]
    hashes: dict[str, str]
    files: frozenset[str]
    seconds: float
    calls: dict[str, int]


@dataclasses.dataclass(frozen=True)
class Harmed:
    """How the process ended (0, 1 for an error, minus a signal), and the runs that were cut short."""

    ended: int
    runs: set[str]


class Range:
    """A folder with the homes from which trials start. Each trial has a copy under the same name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root = root_of(folder)
        self.said = folder / "said.txt"
        self.whole: dict[str, Whole] = {}
        self._prepare()

    def _prepare(self) -> None:
        """Make the homes that work starts from: the second night delivered, landed, gated and published."""
        self.root.mkdir()
        small.install()
        self.settings = small.settings_at(self.root)
        for act, name in ((first_night, "delivered"), (land, "landed"), (build, "gated"), (night, "published")):
            self._do(act)
            self.keep(name)

    def keep(self, name: str) -> None:
        subprocess.run(["cp", "-a", str(self.root), str(self.folder / f"kept-{name}")], check=True)

    def start_from(self, name: str) -> None:
        """Put a kept home in the place of the trial's; hard links stay links."""
        shutil.rmtree(self.root, ignore_errors=True)
        subprocess.run(["cp", "-a", str(self.folder / f"kept-{name}"), str(self.root)], check=True)

    def undisturbed(self, work: Work) -> Whole:
        """What the work and its repetition come to; measured once."""
        if work.name not in self.whole:
            self.start_from(work.start)
            before = holding.published(self.settings.home)
            began = time.monotonic()
            self._do(work.act)
            seconds = time.monotonic() - began
            between = holding.published(self.settings.home)
            self._do(work.again)
            after = holding.published(self.settings.home)
            hashes, files = holding.content_hashes(self.settings), self._files()
            self.start_from(work.start)
            calls = victim.calls_of(work.act, self.root, self.said, {}) if victim.can_trace() else {}
            self.whole[work.name] = Whole((before, between, after), hashes, files, seconds, calls)
        return self.whole[work.name]

    def harm(self, work: Work, moment: Moment, environment: Mapping[str, str] | None = None) -> Harmed:
        """Do the work and break it off. The home must have been put in its place before."""
        self.said.unlink(missing_ok=True)
        before = self._runs()
        ended = victim.run(work.act, self.root, self.said, environment or {}, moment)
        return Harmed(ended, self._runs() - before)

    def count(self, broken: list[str], leaks: list[str], named: str) -> Count:
        """What a trial came to; `named` says which it was."""
        return Count(
            deliveries=small.FILES,
            unaccounted=holding.unaccounted(self.settings),
            leaks=len(leaks),
            broken=tuple(f"{named}: {each}" for each in (*broken, *leaks)),
        )

    def right_after(self, whole: Whole, rng: random.Random) -> tuple[list[str], list[str]]:
        """What does not hold the moment after, and the leaks."""
        settings, searcher = self.settings, small.sample().searcher
        broken = [
            *holding.readers_see(settings, whole.releases),
            *holding.nothing_half_counts(settings),
            *holding.permissions_kept(settings),
        ]
        leaks = [str(each) for each in searcher.in_file(self.said, "output")] if self.said.exists() else []
        if rng.random() < _SEARCHED_WHOLE:
            leaks += holding.leaks(settings, searcher)
        return broken, leaks

    def once_done_again(self, work: Work, whole: Whole, killed: set[str]) -> list[str]:
        """What does not hold when the work was done again."""
        settings = self.settings
        if ended := victim.run(work.again, self.root, self.said, {}):
            return [f"cannot be done again ({ended}): {self.last_words()}"]
        broken = [
            *holding.readers_see(settings, whole.releases[-1:], is_settled=True),
            *holding.nothing_half_counts(settings),
            *holding.permissions_kept(settings),
            *holding.explained(settings, killed),
            *holding.tidy(settings),
        ]
        if holding.content_hashes(settings) != whole.hashes:
            broken.append("what is published is not what an undisturbed night publishes")
        if differing := sorted(self._files() ^ whole.files):
            broken.append(f"files differ from those of an undisturbed night: {', '.join(differing[:4])}")
        return broken

    def _do(self, act: victim.Act) -> None:
        if victim.run(act, self.root, self.said, {}):
            raise RuntimeError(f"without any fault: {self.last_words()}")

    def last_words(self) -> str:
        lines = self.said.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return lines[-1] if lines else "it said nothing"

    def _runs(self) -> set[str]:
        ledger = Ledger(self.settings.home.ledger)
        tables = ("file_event", "build_event", "source_night", "key_event")
        return {row["run_id"] for table in tables for row in ledger.query(f"select distinct run_id from {table}")}

    def _files(self) -> frozenset[str]:
        home: Home = self.settings.home
        return frozenset(
            str(path.relative_to(home.root))
            for top in _COMPARED
            for path in (home.root / top).rglob("*")
            if path.is_file() and not path.name.endswith(".lock")
        )
