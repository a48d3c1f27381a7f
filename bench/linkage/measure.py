"""Measure linkage on invented persons: `python -m bench --only-linkage`, and in short as a test.

Counts pairs of identities that ended up as one child, at the outcome match, against the pairs that are one person.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from bench.linkage.train import load
from bench.linkage.truth import Person, Truth, change_some, invent
from childrens_warehouse.identity import joining, numbers, persons, scores
from childrens_warehouse.identity.joining import Joined
from childrens_warehouse.settings import Home, Settings

LEAST_PRECISION, LEAST_RECALL = 0.995, 0.97
MOST_SECONDS_AGAIN = 60.0
# Not the seed the model was trained with, nor that of the tests.
SEED = 11
CHANGED_IN_A_NIGHT = 0.01


@dataclass
class Share:
    """So many of so many."""

    hits: int = 0
    of: int = 0

    @property
    def value(self) -> float:
        return self.hits / self.of if self.of else 1.0

    def __str__(self) -> str:
        low, high = wilson(self.hits, self.of)
        return f"{self.value:8.3%}  ({low:.3%} to {high:.3%}; {self.hits:,} of {self.of:,})"


@dataclass
class Measured:
    """Recall by group of names; `unlinked` is recall of the pairs that no number joins."""

    precision: Share = field(default_factory=Share)
    recall: dict[str, Share] = field(default_factory=lambda: defaultdict(Share))
    precision_of: dict[str, Share] = field(default_factory=lambda: defaultdict(Share))
    unlinked: Share = field(default_factory=Share)
    possible: int = 0
    twins: int = 0
    adopted: int = 0
    seconds: float = 0.0
    processor: float = 0.0

    @property
    def overall(self) -> Share:
        return self.recall["everyone"]

    @property
    def is_good(self) -> bool:
        good = self.precision.value >= LEAST_PRECISION and self.overall.value >= LEAST_RECALL
        return good and not self.twins and not self.adopted


def wilson(hits: int, of: int, z: float = 1.96) -> tuple[float, float]:
    """The interval that a share lies in with 95 %."""
    if not of:
        return 0.0, 1.0
    share, square = hits / of, z * z
    middle = (share + square / (2 * of)) / (1 + square / of)
    half = z * math.sqrt(share * (1 - share) / of + square / (4 * of * of)) / (1 + square / of)
    return max(0.0, middle - half), min(1.0, middle + half)


def link(settings: Settings, truth: Truth) -> Joined:
    """Link as a build does, from what the lists would have said."""
    found = numbers.resolve(truth.evidence)
    with persons.private_connection(settings) as connection:
        load(connection, truth)
        persons.prepare(connection)
        alike = scores.of_persons(connection, settings.home)
        said = scores.agreements(connection, [(each.one, each.other) for each in found.links])
    return joining.join(truth.evidence.identities, found, alike, said)


def measure(settings: Settings, truth: Truth) -> Measured:
    started, worked = time.perf_counter(), time.process_time()
    joined = link(settings, truth)
    seconds, processor = time.perf_counter() - started, time.process_time() - worked
    return dataclasses.replace(judge(truth, joined), seconds=seconds, processor=processor)


def judge(truth: Truth, joined: Joined) -> Measured:
    measured = Measured(possible=len(joined.possible))
    by_number = {(each.one, each.other) for each in numbers.resolve(truth.evidence).links}
    who: dict[int, list[int]] = defaultdict(list)
    children: dict[int, list[int]] = defaultdict(list)
    for place, person in enumerate(truth.persons):
        who[person.number].append(place)
        children[joined.identities[place].child].append(place)
    for one, other in _pairs(who.values()):
        is_joined = joined.identities[one].child == joined.identities[other].child
        shares = [measured.recall["everyone"], measured.recall[truth.persons[one].group]]
        if (one, other) not in by_number:
            shares.append(measured.unlinked)
        for share in shares:
            share.of += 1
            share.hits += is_joined
    for one, other in _pairs(children.values()):
        ours, theirs = truth.persons[one], truth.persons[other]
        is_right = ours.number == theirs.number
        for share in (measured.precision, *(measured.precision_of[group] for group in {ours.group, theirs.group})):
            share.of += 1
            share.hits += is_right
        measured.twins += ours.twin == theirs.number
        measured.adopted += _is_adoption(ours, theirs)
    return measured


def _pairs(groups: Iterable[list[int]]) -> Iterable[tuple[int, int]]:
    for group in groups:
        yield from itertools.combinations(group, 2)


def _is_adoption(ours: Person, theirs: Person) -> bool:
    return ours.number in (theirs.adopted_from,) or theirs.number in (ours.adopted_from,)


def told(measured: Measured) -> list[str]:
    lines = [f"precision  {measured.precision}", f"recall     {measured.overall}"]
    for group in sorted(set(measured.recall) - {"everyone"}):
        lines += [
            f"  {group}",
            f"    precision  {measured.precision_of[group]}",
            f"    recall     {measured.recall[group]}",
        ]
    lines += [
        f"recall where no number of the two agrees  {measured.unlinked}",
        f"left to a person: {measured.possible:,} pairs",
        f"twins joined: {measured.twins}; old and new identities of adopted children joined: {measured.adopted}",
    ]
    return lines


def run(count: int) -> int:
    """Measure a first run and a further night, print both, and say (1) whether a bound was missed."""
    truth = invent(count, SEED)
    print(f"{count:,} persons, {len(truth.persons):,} identities of three services", flush=True)
    with tempfile.TemporaryDirectory(prefix="warehouse-linkage-") as folder:
        settings = dataclasses.replace(Settings.from_environment(), home=Home(Path(folder)).create())
        first = measure(settings, truth)
        print("\n".join(told(first)), flush=True)
        again = measure(settings, change_some(truth, CHANGED_IN_A_NIGHT, SEED))
    print(
        f"first run: {first.seconds:.1f} s; a night with {CHANGED_IN_A_NIGHT:.0%} of the records changed: "
        f"{again.seconds:.1f} s (bound {MOST_SECONDS_AGAIN:.0f} s), of which the processor {again.processor:.1f} s"
    )
    return int(not (first.is_good and again.is_good) or again.seconds > MOST_SECONDS_AGAIN)
