"""Reports killed while they are made again: pages with their paper and figures, and the managers' pages.

Whatever bears its final name is whole, of the report that was there or of the new one, and made again all is as if
nothing had happened.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import random
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from unittest import mock

import duckdb

from chaos import holding, small, victim
from chaos.contract import Count, Form, Say, sentence
from childrens_warehouse.pages import making, paper, sections
from childrens_warehouse.pages.managers import writing
from childrens_warehouse.settings import GROUP_READS_FILE, Settings
from tests.pages import test_managers
from tests.pages.conftest import write_release

_TRIALS = {Form.SHORT: 4, Form.LONG: 60, Form.ONE: 1}
_MONTH_END = dt.date(2017, 3, 31)
_OTHER_FIGURES = "update indicator_value set display = '199', value = 199, numerator = 199 where dimension = 'all'"
_OTHER_NIGHT = "update release set release_id = '2017-05-31-11111111'"

Files = Mapping[str, bytes]


def make_report(settings: Settings) -> None:
    """Two sections, and the page itself for its paper: what becomes of files does not depend on how much is drawn."""
    with (
        mock.patch.object(sections, "ALL", (sections.ALL[0], sections.ALL[3])),
        mock.patch.object(paper, "pdf", lambda html: b"%PDF" + html.encode()),
    ):
        for edition in making.editions():
            making.remake(settings, edition, _MONTH_END)


def make_managers_pages(settings: Settings) -> None:
    writing.write(settings, "310")


def _release_of_figures(settings: Settings, *changes: str) -> None:
    for path in (settings.home.marts, settings.home.marts_aggregate):
        path.unlink(missing_ok=True)
        write_release(path, *changes)
        path.chmod(GROUP_READS_FILE)


def _release_of_work_lists(settings: Settings, *changes: str) -> None:
    settings.home.marts.unlink(missing_ok=True)
    test_managers.write_release(settings.home.marts)
    with duckdb.connect(str(settings.home.marts)) as connection:
        for change in changes:
            connection.execute(change)
    settings.home.marts.chmod(GROUP_READS_FILE)


@dataclasses.dataclass(frozen=True)
class Making:
    """One kind of report: the release that it is of, what changes in it, and what makes the report."""

    name: str
    publish: Callable[..., None]
    change: str
    act: victim.Act
    is_whole_folder: bool = False  # do its files come and go together?


_MAKINGS = (
    Making("report", _release_of_figures, _OTHER_FIGURES, make_report),
    Making("managers' pages", _release_of_work_lists, _OTHER_NIGHT, make_managers_pages, is_whole_folder=True),
)


def run(form: Form, seed: int, say: Say) -> Count:
    """Kill so many times; each trial is repeated alone by its own seed."""
    total = Count()
    with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
        small.install()
        desks = [Desk(Path(folder) / str(number), each) for number, each in enumerate(_MAKINGS)]
        for number in range(_TRIALS[form]):
            count, said = desks[(seed + number) % len(desks)].trial(seed + number)
            total += count
            if form is not Form.SHORT or count.broken:
                say(f"{number + 1}/{_TRIALS[form]} {said}")
    return total


class Desk:
    """A home in which a report was made of one release, and another release was published since."""

    def __init__(self, folder: Path, making: Making) -> None:
        folder.mkdir()
        self.making, self.root, self.said = making, folder / "home", folder / "said.txt"
        self.settings, self._kept = small.settings_at(self.root), folder / "kept"
        making.publish(self.settings)
        self._do()
        self.before = self._files()
        making.publish(self.settings, making.change)
        shutil.copytree(self.root, self._kept, symlinks=True)
        began = time.monotonic()
        self._do()
        self.seconds, self.after = time.monotonic() - began, self._files()
        assert self.before.keys() == self.after.keys() and self.before != self.after, "the report tells other figures"
        self._fresh()
        act, said = making.act, self.said
        self.calls = victim.calls_of(act, self.root, said, {}) if victim.can_trace() else {}

    def trial(self, seed: int) -> tuple[Count, str]:
        """One kill. What it came to, and a sentence about it."""
        moment = victim.any_moment(random.Random(seed), self.seconds, self.calls)
        self._fresh()
        ended = victim.run(self.making.act, self.root, self.said, {}, moment)
        broken = [*self._half_made(), *holding.permissions_kept(self.settings)]
        self._do()
        if self._files() != self.after:
            broken.append("made again, the report is not what it is undisturbed")
        broken += holding.tidy(self.settings)
        named = f"reports, seed {seed}: {self.making.name}, {moment}"
        count = Count(kills=int(ended != 0), broken=tuple(f"{named}: {each}" for each in broken))
        return count, sentence(count, f"{named}: {'survived' if ended else 'had ended before'}")

    def _half_made(self) -> list[str]:
        """What is not as it was before, nor as it is to be."""
        found = self._files()
        if self.making.is_whole_folder:
            return [] if found in (self.before, self.after, {}) else ["neither the old pages nor the new are whole"]
        return [
            f"{name} is neither the old one nor the new one" for name, content in found.items()
            if content not in (self.before.get(name), self.after.get(name))
        ] + [f"{name} is gone" for name in self.before.keys() - found.keys()]  # fmt: skip

    def _files(self) -> Files:
        """Everything that bears its final name."""
        home = self.settings.home
        return {
            str(path.relative_to(home.root)): path.read_bytes()
            for base in (home.reports, home.reports_restricted)
            for path in base.rglob("*")
            if path.is_file() and not any(part.startswith(".") for part in path.relative_to(base).parts)
        }

    def _fresh(self) -> None:
        shutil.rmtree(self.root)
        shutil.copytree(self._kept, self.root, symlinks=True)

    def _do(self) -> None:
        self.said.unlink(missing_ok=True)
        if victim.run(self.making.act, self.root, self.said, {}):
            raise RuntimeError(f"without any fault: {self.said.read_text(encoding='utf-8')[-300:]}")
