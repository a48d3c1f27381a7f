"""Periods that overlap: months add up to quarters and years to date, and the last twelve months roll over them.

Every such period runs from one day to another, so what is shown of one member is what was counted between days whose
running totals differ by known amounts. Only some days are kept as marks: a period is shown when both its ends are
marks, and between neighbouring marks lies nothing or enough to hide any small count inside it.

In each dimension some members may be hidden throughout (the small ones, and who hides them); all others must lie
between marks as nothing or as more than the largest hidden count. Of all choices tried the one that shows most is
taken.

Every function works on many tables with the same periods at once. Axes: count, table, choice, day, member.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from childrens_warehouse.disclosure.figures import Flags, Numbers, Slot

_OPEN_BEFORE_WEIGHS = 1000


@dataclass(frozen=True)
class Days:
    """The days periods run between, in order, and how to get from periods to running totals.

    starts, ends: by period, its days. steps: (day, day known before, period, sign), in the order they can be taken.
    parts: days whose running totals can be compared, each in order.
    """

    starts: Numbers
    ends: Numbers
    steps: tuple[tuple[int, int, int, int], ...]
    parts: tuple[tuple[int, ...], ...]

    @property
    def number(self) -> int:
        return sum(map(len, self.parts))

    @classmethod
    def of(cls, slots: Sequence[Slot]) -> Days:
        spans = [(slot.starts, slot.as_at) for slot in slots if slot.starts]
        every = sorted({day for span in spans for day in span})
        place = {day: at for at, day in enumerate(every)}
        starts = np.array([place[start] for start, _ in spans], dtype=np.int64)
        ends = np.array([place[end] for _, end in spans], dtype=np.int64)
        beside: dict[int, list[tuple[int, int, int]]] = {at: [] for at in range(len(every))}
        # Short periods first: of children who are counted once in a period, the sums of short ones are nearest.
        for period in np.argsort(ends - starts, kind="stable"):
            beside[int(starts[period])].append((int(ends[period]), int(period), 1))
            beside[int(ends[period])].append((int(starts[period]), int(period), -1))
        steps: list[tuple[int, int, int, int]] = []
        parts: list[tuple[int, ...]] = []
        reached: set[int] = set()
        for first in range(len(every)):
            if first in reached:
                continue
            part, reached = [first], reached | {first}
            for known in part:
                for day, period, sign in beside[known]:
                    if day not in reached:
                        reached.add(day)
                        part.append(day)
                        steps.append((day, known, period, sign))
            parts.append(tuple(sorted(part)))
        return cls(starts, ends, tuple(steps), tuple(parts))

    def totals(self, counts: Numbers) -> Numbers:
        """Running totals by day from counts by period (the third axis)."""
        running = np.zeros((*counts.shape[:2], self.number, counts.shape[3]), dtype=np.int64)
        for day, known, period, sign in self.steps:
            running[:, :, day] = running[:, :, known] + sign * counts[:, :, period]
        return running


@dataclass(frozen=True)
class Choice:
    """By table: days that are marks, members hidden throughout, and periods and members that are hidden."""

    marks: Flags
    members: Flags
    hidden: Flags


def choose(
    days: Days,
    counts: Numbers,
    sensitive: Flags,
    few: Flags,
    open_before: Flags,
    allowed: Flags,
    at_least: Flags,
    largest: int,
) -> Choice:
    """The choice that shows most, for tables of one dimension.

    counts: (count, table, period, member). sensitive: (count, table). few, open_before: (table, period, member).
    allowed: (table, day), days that may be marks. at_least: (table, member), members to hide in any case.
    """
    running = days.totals(counts)
    members = _choices(counts, sensitive, at_least | few.any(axis=1))
    marks = _marks(days, running, sensitive, allowed, members, largest)
    hidden = _hidden(days, running, counts, marks, members)
    small = ((counts >= 1) & (counts <= largest) & sensitive[:, :, None, None]).any(axis=0) | few
    shown = (~hidden & ~small[:, None]).sum(axis=(2, 3))
    taken_back = (hidden & (open_before & ~small)[:, None]).sum(axis=(2, 3))
    best = (shown - _OPEN_BEFORE_WEIGHS * taken_back).argmax(axis=1)
    chosen = members[np.arange(len(best)), best][:, None]
    while True:
        marks = _marks(days, running, sensitive, allowed, chosen, largest)
        hidden = _hidden(days, running, counts, marks, chosen)
        tight = _too_tight(days, running, counts, sensitive, marks[:, 0], hidden[:, 0] & ~chosen, largest)
        if not tight.any():
            return Choice(marks[:, 0], chosen[:, 0], hidden[:, 0])
        allowed = allowed & ~tight


def _too_tight(
    days: Days, running: Numbers, counts: Numbers, sensitive: Flags, marks: Flags, hidden: Flags, largest: int
) -> Flags:
    """Marks that must go, by table and day: between them and the mark before, there is no room for fewer.

    Within a stretch the rest of the whole must be able to hold all a member has but one, in any period of it.
    """
    before, after = (found[:, 0] for found in _marks_around(days, marks[:, None]))
    start, end = before[:, days.starts], after[:, days.ends]
    table = np.arange(len(marks))[:, None]
    gone = np.zeros_like(marks)
    for count in range(3):
        stretch = running[count][table, np.maximum(end, 0)] - running[count][table, np.maximum(start, 0)]
        inside = counts[count]
        others = stretch.sum(axis=2, keepdims=True) - stretch
        outside = stretch.sum(axis=2, keepdims=True) - inside.sum(axis=2, keepdims=True)
        lowest = np.maximum(stretch - outside, inside.sum(axis=2, keepdims=True) - others)
        narrow = hidden & (inside >= 1) & (inside <= largest) & sensitive[count][:, None, None] & (lowest > 1)
        narrow &= ((start >= 0) & (end >= 0))[..., None]
        rows, periods = np.nonzero(narrow.any(axis=2))
        gone[rows, end[rows, periods]] = True
    return gone


def _choices(counts: Numbers, sensitive: Flags, at_least: Flags) -> Flags:
    """(table, choice, member): the smallest one, two, three … members, each with the largest one too."""
    weight = np.where(sensitive[1][:, None], counts[1].sum(axis=1), counts[0].sum(axis=1))
    rank = np.where(weight > 0, weight, np.iinfo(np.int64).max).argsort(axis=1, kind="stable").argsort(axis=1)
    number = weight.shape[1]
    sizes = np.arange(number + 1)
    smallest = (rank[:, None] < sizes[None, :, None]) & (weight > 0)[:, None]
    largest = (weight == weight.max(axis=1, keepdims=True)) & (weight > 0)
    with_largest = smallest | (largest[:, None] & (sizes > 0)[None, :, None])
    return np.concatenate([smallest, with_largest], axis=1) | at_least[:, None]


def _marks(days: Days, running: Numbers, sensitive: Flags, allowed: Flags, members: Flags, largest: int) -> Flags:
    tables, choices = members.shape[:2]
    marks = np.zeros((tables, choices, days.number), dtype=bool)
    for part in days.parts:
        last = np.repeat(running[:, :, None, part[0]], choices, axis=2)
        marks[:, :, part[0]] = allowed[:, None, part[0]]
        started = marks[:, :, part[0]].copy()
        for day in part[1:]:
            here = running[:, :, None, day]
            good = allowed[:, None, day] & (~started | _is_good(here - last, sensitive, members, largest))
            marks[:, :, day] = good
            last = np.where(good[None, :, :, None], here, last)
            started |= good
    return marks


def _is_good(between: Numbers, sensitive: Flags, members: Flags, largest: int) -> Flags:
    """Is what lies between two days nothing, or enough to hide what is small in it?"""
    matters = sensitive[:, :, None, None]
    good = (members | (((between == 0) | (between > largest)) | ~matters).all(axis=0)).all(axis=2)
    inside = np.where(members, between, 0)
    sums, filled = inside.sum(axis=3), (inside > 0).sum(axis=3)
    # who is alone among the hidden is known
    most = largest + np.array([0, 1, 0])[:, None, None]
    enough = np.where(filled == 1, sums > largest, sums - (filled - 1) >= most)
    good &= ((sums == 0) | enough | ~sensitive[:, :, None]).all(axis=0)
    is_share = sensitive.all(axis=0)[:, None]
    for part, rest in ((0, 2), (2, 0)):
        stays = (inside[part] > 1) & (inside[part] <= largest) & (inside[1] > largest)
        held = np.where(stays, inside[part] - 1 + inside[rest] - (inside[rest] > 0), 0).max(axis=2)
        good &= ~is_share | (sums[rest] - filled[rest] >= held)
    return good


def _hidden(days: Days, running: Numbers, counts: Numbers, marks: Flags, members: Flags) -> Flags:
    """(table, choice, period, member). Of hidden members zeros are shown; and where a shown period has none, so are its
    parts."""
    first, last = _marks_around(days, marks)
    start, end = first[:, :, days.starts], last[:, :, days.ends]
    is_shown = marks[:, :, days.starts] & marks[:, :, days.ends]
    tables = np.arange(len(running[0]))[:, None, None]
    inside = (start >= 0) & (end >= 0)
    whole_gap = np.zeros((*is_shown.shape, running.shape[3]), dtype=bool)
    for count in range(2):
        difference = running[count][tables, np.maximum(end, 0)] - running[count][tables, np.maximum(start, 0)]
        whole_gap |= difference != 0
    nothing = (counts[:2] == 0).all(axis=0)[:, None]
    known_nothing = nothing & (is_shown | inside)[..., None] & (is_shown[..., None] | ~whole_gap)
    return ~known_nothing & (~is_shown[..., None] | members[:, :, None, :])


def _marks_around(days: Days, marks: Flags) -> tuple[Numbers, Numbers]:
    """By table, choice and day: the mark on it or before it and the one on it or after it, -1 where there is none."""
    before = np.full(marks.shape, -1, dtype=np.int64)
    after = np.full(marks.shape, -1, dtype=np.int64)
    for part in days.parts:
        for found, ordered in ((before, part), (after, part[::-1])):
            near = np.full(marks.shape[:2], -1, dtype=np.int64)
            for day in ordered:
                near = np.where(marks[:, :, day], day, near)
                found[:, :, day] = near
    return before, after
