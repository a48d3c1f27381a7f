"""A folder with the small homes from which trials start, and what must hold after each of them."""

from __future__ import annotations

import atexit
import dataclasses
import functools
import json
import random
import shutil
import subprocess
import tempfile
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

    releases: list[str | None]
    hashes: dict[str, str]
    files: list[str]
    seconds: float
    calls: dict[str, int]


@functools.cache
def shared() -> Range:
    """The one range of this process and of those it starts, made when it is first asked for."""
    folder = Path(tempfile.mkdtemp(prefix="chaos-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Range(folder)


class Range:
    """A folder with the homes from which trials start. Each trial has a copy under the same name.

    What was prepared and measured there before is taken over.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root = root_of(folder)
        self.said = folder / "said.txt"
        self._measured = folder / "measured.json"
        told = json.loads(self._measured.read_text(encoding="utf-8")) if self._measured.exists() else {}
        self.whole = {name: Whole(**content) for name, content in told.items()}
        small.install()
        self.settings = small.settings_at(self.root)
        if not (folder / "kept-published").exists():
            self._prepare()

    def _prepare(self) -> None:
        """Make the homes that work starts from: the second night delivered, landed, gated and published."""
        for act, name in ((first_night, "delivered"), (land, "landed"), (build, "gated"), (night, "published")):
            self.do(act)
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
            began, calls = time.monotonic(), dict[str, int]()
            if victim.can_trace():
                calls = victim.calls_of(work.act, self.root, self.said, {})
            else:
                self.do(work.act)
            seconds = time.monotonic() - began
            between = holding.published(self.settings.home)
            self.do(work.again)
            after = holding.published(self.settings.home)
            hashes, files = holding.content_hashes(self.settings), self._files()
            self.whole[work.name] = Whole([before, between, after], hashes, files, seconds, calls)
            told = {name: dataclasses.asdict(whole) for name, whole in self.whole.items()}
            self._measured.write_text(json.dumps(told), encoding="utf-8")
        return self.whole[work.name]

    def harm(self, act: victim.Act, moment: Moment, environment: Mapping[str, str] | None = None) -> int:
        """Do the work and break it off. How the process ended: 0, 1 for an error of ours, or minus a signal."""
        self.said.unlink(missing_ok=True)
        return victim.run(act, self.root, self.said, environment or {}, moment)

    def count(self, broken: list[str], leaks: list[str], named: str) -> Count:
        """What a trial came to; `named` says which it was."""
        return Count(
            deliveries=small.FILES,
            unaccounted=holding.unaccounted(self.settings),
            leaks=len(leaks),
            broken=tuple(f"{named}: {each}" for each in (*broken, *leaks)),
        )

    def readers_still(self, whole: Whole) -> list[str]:
        """What does not hold as long as something is broken: nothing else can be asked of a home whose disk is."""
        return [*holding.readers_see(self.settings, whole.releases), *holding.permissions_kept(self.settings)]

    def with_less_delivered(self, whole: Whole) -> Whole:
        """The same where files went away before they were read: a night goes on without them, as if not delivered."""
        written = [path.parent.name for path in self.settings.home.releases.glob("*/manifest.json")]
        return dataclasses.replace(whole, releases=[*whole.releases, *written])

    def right_after(self, whole: Whole, rng: random.Random) -> tuple[list[str], list[str]]:
        """What does not hold the moment after, and the leaks."""
        settings = self.settings
        broken = [*self.readers_still(whole), *holding.nothing_half_counts(settings)]
        leaks = self.leaks_said()
        if rng.random() < _SEARCHED_WHOLE:
            leaks += holding.leaks(settings, small.sample().searcher)
        return broken, leaks

    def once_done_again(self, work: Work, whole: Whole) -> list[str]:
        """What does not hold when the work was done again."""
        settings = self.settings
        cut_short = self._runs()
        if ended := victim.run(work.again, self.root, self.said, {}):
            return [f"cannot be done again ({ended}): {self.last_words()}"]
        broken = [
            *holding.readers_see(settings, whole.releases[-1:], is_settled=True),
            *holding.nothing_half_counts(settings),
            *holding.permissions_kept(settings),
            *holding.explained(settings, cut_short),
            *holding.tidy(settings),
        ]
        if holding.content_hashes(settings) != whole.hashes:
            broken.append("what is published is not what an undisturbed night publishes")
        if differing := sorted(set(self._files()) ^ set(whole.files)):
            broken.append(f"files differ from those of an undisturbed night: {', '.join(differing[:4])}")
        return broken

    def do(self, act: victim.Act, environment: Mapping[str, str] | None = None) -> None:
        """Do a piece of work undisturbed."""
        if victim.run(act, self.root, self.said, environment or {}):
            raise RuntimeError(f"without any fault: {self.last_words()}")

    def files_stand(self) -> list[str]:
        """What readers of the files see, where the work was about something else: the newest release, settled."""
        newest = max(path.parent.name for path in self.settings.home.releases.glob("*/manifest.json"))
        return holding.readers_see(self.settings, [newest], is_settled=True)

    def leaks_said(self) -> list[str]:
        """Canaries in what the process said."""
        return (
            [str(each) for each in small.sample().searcher.in_file(self.said, "output")] if self.said.exists() else []
        )

    def last_words(self) -> str:
        """The last line that the process said; it names the error."""
        if not self.said.exists():
            return "it said nothing"
        lines = self.said.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return lines[-1] if lines else "it said nothing"

    def _runs(self) -> set[str]:
        ledger = Ledger(self.settings.home.ledger)
        tables = ("file_event", "build_event", "source_night", "key_event")
        return {row["run_id"] for table in tables for row in ledger.query(f"select distinct run_id from {table}")}

    def _files(self) -> list[str]:
        home: Home = self.settings.home
        return sorted(
            str(path.relative_to(home.root))
            for top in _COMPARED
            for path in (home.root / top).rglob("*")
            if path.is_file() and not path.name.endswith(".lock")
        )
