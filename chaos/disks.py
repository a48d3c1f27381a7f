"""Disks that are full, read-only or answer with errors, and mounts that go away in the middle of a file.

Errors are put into single system calls by strace. As root, real file systems are mounted over parts of a small home,
in a mount namespace of their own that nobody else sees: a tmpfs with little room, a read-only one, one that goes away.
"""

from __future__ import annotations

import dataclasses
import random
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from chaos import mounts, victim
from chaos.contract import Count, Form, Say, sentence
from chaos.range import Range, Whole, shared
from chaos.victim import Moment
from chaos.works import WORKS, Work

_TRIALS = {Form.SHORT: 6, Form.LONG: 90, Form.ONE: 1}
_ERRORS_OF_WRITING = ("ENOSPC", "EDQUOT", "EIO", "EROFS")
_ERRORS_OF_READING = ("EIO", "ESTALE")
# Parts of a home that may lie on a disk of their own; "." is all of it, and so the ledger.
_PLACES = ("raw", "archive", "restricted", "build", "releases", "published", "quarantine", ".")
_MAY_GO_AWAY = ("inbox", "raw", "archive", "restricted", "build", "releases")
_ROOM = 2_000_000  # bytes a work may need more


def run(form: Form, seed: int, say: Say) -> Count:
    """Break so many disks; each trial is repeated alone by its own seed."""
    if not (victim.can_trace() or mounts.may_mount()):
        say("neither strace nor the right to mount is here: nothing can be broken")
        return Count()
    if not mounts.may_mount():
        say("nothing can be mounted here (that takes root): errors are put into system calls alone")
        return _run(shared(), form, seed, say)
    return mounts.run_inside("chaos.disks", form, seed, say)


def _run(range_: Range, form: Form, seed: int, say: Say) -> Count:
    disks, total = Disks(range_), Count()
    for number in range(_TRIALS[form]):
        try:
            count, said = disks.trial(seed + number)
        finally:
            disks.put_away()
        total += count
        if form is not Form.SHORT or count.broken:
            say(f"{number + 1}/{_TRIALS[form]} {said}")
    return total


@dataclasses.dataclass(frozen=True)
class Fault:
    """One thing that breaks. begin: before the work. moment: while it runs. mend: before it is done again.

    is_blind: is nothing to be read either, as long as it is broken? takes_deliveries: is it the inbox that is away?
    """

    named: str
    moment: Moment
    begin: Callable[[], None] = lambda: None
    mend: Callable[[], None] = lambda: None
    is_blind: bool = False
    takes_deliveries: bool = False


class Disks:
    """Breaks disks under the homes of a range."""

    def __init__(self, range_: Range) -> None:
        self.range = range_
        self.mounted: list[Path] = []

    def trial(self, seed: int) -> tuple[Count, str]:
        """One fault. What it came to, and a sentence about it."""
        rng = random.Random(seed)
        work = rng.choice(WORKS)
        whole = self.range.undisturbed(work)
        fault = self._any(rng, work, whole)
        self.range.start_from(work.start)
        fault.begin()
        ended = self.range.harm(work.act, fault.moment)
        broken = [] if fault.is_blind else self.range.readers_still(whole)
        fault.mend()
        also, leaks = self.range.right_after(
            self.range.with_less_delivered(whole) if fault.takes_deliveries else whole, rng
        )
        broken += also
        said = self.range.last_words()
        broken += self.range.once_done_again(work, whole)
        named = f"disks, seed {seed}: {work.name}, {fault.named}"
        count = dataclasses.replace(self.range.count(broken, leaks, named), faults=int(ended != 0))
        became = f"survived ({said[:90]})" if ended else "did not matter"
        return count, sentence(count, f"{named}: {became}")

    def put_away(self) -> None:
        """Take the mounts away, so that the next trial has a home without."""
        while self.mounted:
            mounts.mount("umount", "-l", str(self.mounted.pop()))

    def _any(self, rng: random.Random, work: Work, whole: Whole) -> Fault:
        kinds: list[Callable[[random.Random, Whole], Fault]] = []
        if victim.can_trace():
            kinds += [self._error, self._error]
        if mounts.may_mount():
            kinds += [self._full, self._full, self._read_only, self._gone]
        return rng.choice(kinds)(rng, whole)

    def _error(self, rng: random.Random, whole: Whole) -> Fault:
        calls = {name: number for name, number in whole.calls.items() if name in victim.WRITING + victim.READING}
        call = rng.choices(list(calls), [min(number, 40) for number in calls.values()])[0]
        error = rng.choice(_ERRORS_OF_READING if call in victim.READING else _ERRORS_OF_WRITING)
        moment = Moment(None, call=call, number=rng.randint(1, calls[call]), error=error, goes_on=rng.random() < 0.4)
        return Fault(str(moment), moment)

    def _full(self, rng: random.Random, whole: Whole) -> Fault:
        place, room = rng.choice(_PLACES), int(_ROOM * rng.random() ** 3)
        at = self.range.root / place

        def fill() -> None:
            kept = self.range.folder / "kept-aside"
            shutil.rmtree(kept, ignore_errors=True)
            subprocess.run(["cp", "-a", str(at), str(kept)], check=True)
            # By blocks, as the tmpfs counts; of hard links once.
            used = int(
                subprocess.run(["du", "-s", "-B4096", str(kept)], capture_output=True, check=True).stdout.split()[0]
            )
            self._put_over(at, "-t", "tmpfs", "-o", f"size={(used + 1) * 4096 + room}", "tmpfs")
            subprocess.run(["cp", "-a", f"{kept}/.", str(at)], check=True)

        return Fault(
            f"{room / 1000:.0f} kB free in {place}", Moment(None, seconds=0), fill,
            lambda: mounts.mount("mount", "-o", "remount,size=256m", str(at)),
        )  # fmt: skip

    def _read_only(self, rng: random.Random, whole: Whole) -> Fault:
        place = rng.choice(_PLACES)
        at, seconds = self.range.root / place, rng.choice((0.0, rng.uniform(0, whole.seconds)))

        def begin() -> None:
            self._put_over(at, "--bind", str(at))
            if not seconds:
                remount()

        def remount() -> None:
            # Refused while a file is open for writing, as a kernel does it by itself after errors.
            mounts.mount("mount", "-o", "remount,ro,bind", str(at))

        return Fault(
            f"{place} read-only after {seconds:.2f} s", Moment(None, seconds=seconds, do=("read-only", remount)), begin,
            lambda: mounts.mount("mount", "-o", "remount,rw,bind", str(at)),
        )  # fmt: skip

    def _gone(self, rng: random.Random, whole: Whole) -> Fault:
        place, seconds = rng.choice(_MAY_GO_AWAY), rng.uniform(0, whole.seconds)
        at, disk = self.range.root / place, self.range.folder / "disk"

        def begin() -> None:
            shutil.rmtree(disk, ignore_errors=True)
            at.rename(disk)
            at.mkdir(mode=0o700)
            self._put_over(at, "--bind", str(disk))

        def go_away() -> None:
            mounts.mount("umount", "-l", str(at))
            self.mounted.remove(at)

        named = f"{place} gone after {seconds:.2f} s"
        moment = Moment(None, seconds=seconds, do=("unmounted", go_away))
        return Fault(
            named, moment, begin, lambda: self._put_over(at, "--bind", str(disk)), is_blind=True,
            takes_deliveries=place == "inbox",
        )  # fmt: skip

    def _put_over(self, at: Path, *told: str) -> None:
        mode = at.stat().st_mode & 0o7777
        mounts.mount("mount", *told, str(at))
        self.mounted.append(at)
        at.chmod(mode)


if __name__ == "__main__":
    mounts.answer(_run)
