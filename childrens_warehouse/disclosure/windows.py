"""Periods that overlap: months add up to quarters and years to date, and the last twelve months roll over them.

Every period runs from one day to another, so what is shown of one member is what was counted between days whose running
totals differ by known amounts. Of each member some days are marks, and a period is shown when both its ends are: then
it tells no more than what lies between neighbouring marks, which is nothing or more than the largest hidden count. Ends
of financial years are marks before ends of quarters, and these before ends of months.

Marks of a member are marks of the whole. What is small between two marks is safe if events could as well lie elsewhere
between them: on other days where the whole is not shown either, or with another member that has no mark between them,
who gives events here and takes them back there. Where there is no such member, one loses its marks between the two;
where nobody has enough, the stretch becomes longer.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np

from childrens_warehouse.disclosure.figures import Flags, Numbers, Slot

_UNBOUNDED = 10**9


@dataclass(frozen=True)
class Days:
    """The days periods run between, in order, and how to get from periods to running totals.

    every: the days. starts, ends: by period, its days. steps: (day, day known before, period, sign), in the order they
    can be taken. parts: days whose running totals can be compared, each in order.
    """

    every: tuple[dt.date, ...]
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
        return cls(tuple(every), starts, ends, tuple(steps), tuple(parts))

    def totals(self, counts: Numbers) -> Numbers:
        """Running totals by day from counts by period (the second axis of three)."""
        running = np.zeros((counts.shape[0], self.number, counts.shape[2]), dtype=np.int64)
        for day, known, period, sign in self.steps:
            running[:, day] = running[:, known] + sign * counts[:, period]
        return running


class Moves(Enum):
    """How events can move while all else stays: alone; a part in exchange for a rest, if the denominator is known; only
    together with one of the other kind, if a stock shows the difference of both."""

    ALONE = "alone"
    SWAPPED = "swapped"
    TOGETHER = "together"


@dataclass(frozen=True)
class Series:
    """One table by periods, or two that are decided on together.

    kinds: what is counted and can move, by kind, day and member, as running totals. steps: running totals that must not
    show small steps. small, forced: by period and member, is it to be protected, is it hidden for another
    reason? free: is the denominator hidden there, so that a part needs no rest to take the place of? fixed: by day and
    member, ends of what was seen before.
    """

    kinds: Numbers
    steps: Numbers
    moves: Moves
    small: Flags
    forced: Flags
    free: Flags
    fixed: Flags


def marks_of_whole(days: Days, series: Series, allowed: Flags, largest: int) -> Flags:
    """Marks by day, for a table that has one member."""
    marks = _first_marks(days, series, allowed[:, None], largest)
    for part in days.parts:
        _Part(days, series, np.array(part), marks, np.ones(days.number, dtype=bool), (), largest, 1).protect()
    return marks[:, 0]


def marks_of_members(
    days: Days, series: Series, allowed: Flags, of_whole: Flags, groups: Sequence[Sequence[int]], largest: int
) -> Flags:
    """Marks by day and member. allowed: days that may be. groups: members that are shown in sum as well."""
    marks = _first_marks(days, series, allowed & of_whole[:, None], largest)
    for part in days.parts:
        _Part(days, series, np.array(part), marks, of_whole, groups, largest, marks.shape[1]).protect()
    return marks


def hidden(days: Days, marks: Flags) -> Flags:
    """By period and member."""
    return ~(marks[days.starts] & marks[days.ends])


def _rank(day: dt.date) -> int:
    """Ends of financial years first, then of quarters and school years, then of months."""
    return 0 if day.month == 3 else 1 if day.month in (6, 8, 9, 12) else 2


def _first_marks(days: Days, series: Series, allowed: Flags, largest: int) -> Flags:
    """Days between which lies nothing or enough, whatever is counted."""
    steps = series.steps
    marks = np.zeros_like(allowed)
    for part in days.parts:
        for member in range(allowed.shape[1]):
            chosen: list[int] = []
            for day in sorted(part, key=lambda day: (not series.fixed[day, member], _rank(days.every[day]), -day)):
                near = [max((each for each in chosen if each < day), default=None),
                        min((each for each in chosen if each > day), default=None)]  # fmt: skip
                between = [np.abs(steps[:, each, member] - steps[:, day, member]) for each in near if each is not None]
                if allowed[day, member] and all(((gap == 0) | (gap > largest)).all() for gap in between):
                    chosen.append(day)
            marks[chosen, member] = True
    return marks


class _Part:
    """Days whose running totals can be compared, and the marks of all members on them, which become fewer."""

    def __init__(
        self,
        days: Days,
        series: Series,
        part: Numbers,
        marks: Flags,
        of_whole: Flags,
        groups: Sequence[Sequence[int]],
        largest: int,
        number: int,
    ) -> None:
        self.series, self.marks, self.part, self.groups, self.largest = series, marks, part, groups, largest
        self.number = number
        self.is_whole = number == 1
        # that nothing was ever counted of a member is shown
        self.is_filled = (series.kinds != 0).any(axis=1).all(axis=0).tolist()
        place = {int(day): at for at, day in enumerate(part)}
        self.ranks = [_rank(days.every[day]) for day in part]
        self.kinds = series.kinds[:, part]
        # the days between which the whole is known; before the first and after the last nothing is
        self.leaf_ends = [at for at, day in enumerate(part) if of_whole[day]]
        self.flags: list[list[bool]] = marks[part].T.tolist()
        self.fixed: list[list[bool]] = series.fixed[part].T.tolist()
        wanted: dict[tuple[int, int, int], bool] = {}
        for flags, is_forced in ((series.small, False), (series.forced, True)):
            for period, member in zip(*np.nonzero(flags), strict=True):
                start, end = int(days.starts[period]), int(days.ends[period])
                if start in place:
                    wanted.setdefault((place[start], place[end], int(member)), is_forced)
        self.wanted = wanted
        self.free = {
            (place[int(days.starts[period])], place[int(days.ends[period])], int(member))
            for period, member in zip(*np.nonzero(series.free), strict=True)
            if int(days.starts[period]) in place
        }
        self.is_free = False
        # what lies between two days of the whole, by kind, leaf and member
        ends = np.array(self.leaf_ends, dtype=int)
        every = np.arange(len(part))
        self.leaf_before: list[int] = (np.searchsorted(ends, every, side="right") - 1).tolist()
        self.leaf_after: list[int] = np.searchsorted(ends, every, side="left").tolist()
        self.near: dict[int, tuple[list[int], list[int]]] = {}
        self.leaves: list = np.diff(self.kinds[:, ends], axis=1).tolist() if len(ends) > 1 else []

    def protect(self) -> None:
        for (start, end, member), is_forced in self.wanted.items():
            flags = self.flags[member]
            if is_forced and flags[start] and flags[end]:
                flags[end if self.ranks[end] >= self.ranks[start] else start] = False
                self.near.pop(member, None)
        wanted = [(start, end, [member], is_forced) for (start, end, member), is_forced in self.wanted.items()]
        wanted += [
            (start, end, list(group), False)
            for group in self.groups
            for start, end in sorted({(start, end) for start, end, member in self.wanted if member in group})
            if self._is_small_sum(start, end, group)
        ]
        # Who hides those with the longest stretches often hides the others too. Taking marks away only makes room: what
        # is safe stays so.
        wanted.sort(key=lambda each: -self._length(*each[:3]))
        for start, end, members, is_forced in wanted:
            self._protect(start, end, members, is_forced)
        self.marks[self.part] = np.array(self.flags, dtype=bool).T

    def _length(self, start: int, end: int, members: list[int]) -> int:
        stretches = [self._stretch_days(member, start, end) for member in members]
        return max(last - first for first, last in stretches)

    def _needs(self, start: int, end: int, members: list[int], is_forced: bool) -> Iterator[tuple[int, int, int]]:
        """By kind, how many more and fewer must be possible."""
        for kind in range(len(self.kinds)):
            count = int((self.kinds[kind, end] - self.kinds[kind, start])[members].sum())
            if 1 <= count <= self.largest:
                yield kind, self.largest - count, count - 1
            elif is_forced and count > 0:
                yield kind, 1, 1

    def _is_small_sum(self, start: int, end: int, group: Sequence[int]) -> bool:
        sums = (self.kinds[:, end] - self.kinds[:, start])[:, list(group)].sum(axis=1)
        return bool(((sums >= 1) & (sums <= self.largest)).any())

    def _protect(self, start: int, end: int, members: list[int], is_forced: bool) -> None:
        """Take marks away until what lies between two days is safe."""
        self.is_free = any((start, end, member) in self.free for member in members)
        for kind, more, fewer in self._needs(start, end, members, is_forced):
            while not self._is_safe(start, end, members, kind, more, fewer):
                if not self._take_marks(start, end, members, kind, more, fewer):
                    break

    def _is_safe(self, start: int, end: int, members: list[int], kind: int, more: int, fewer: int) -> bool:
        if self.series.moves is Moves.TOGETHER:
            # the difference is known: it is enough that as many numbers are possible
            up = self._room(start, end, members, kind, 1, more + fewer)
            return up + self._room(start, end, members, kind, -1, fewer) >= more + fewer
        return (
            self._room(start, end, members, kind, 1, more) >= more
            and self._room(start, end, members, kind, -1, fewer) >= fewer
        )

    def _room(self, start: int, end: int, members: list[int], kind: int, sign: int, enough: int) -> int:
        room = sum(self._room_on_other_days(start, end, member, kind, sign) for member in members)
        if room >= enough or self.is_whole:
            return room
        return room + self._room_with_others(start, end, members, self._all_but(members), kind, sign, enough - room)

    def _all_but(self, members: list[int]) -> list[int]:
        return [each for each in range(self.number) if each not in members and self.is_filled[each]]

    def _room_on_other_days(self, start: int, end: int, member: int, kind: int, sign: int) -> int:
        """How many more or fewer could lie between two days if events moved to days where the whole is not shown."""
        if self.is_whole:
            near = self._near(member)
            before, after = ((near[0][at], near[1][at]) for at in (start, end))
        else:
            before, after = (
                (self._leaf_end(self.leaf_before[at]), self._leaf_end(self.leaf_after[at])) for at in (start, end)
            )
        room = 0
        for first, last in {before, after}:
            if first == last:
                continue
            low, high = max(start, first), min(end, last)
            if low == first and high == last:
                continue
            here = self._between(low, high, member)
            if first < 0 or last == len(self.ranks):
                stretch = [_UNBOUNDED] * len(here)
            else:
                stretch = self._between(first, last, member)
            there = [all_ - inside for all_, inside in zip(stretch, here, strict=True)]
            room += _least(here, there, kind, sign, Moves.ALONE if self.is_free else self.series.moves)
        return room

    def _leaf_end(self, leaf: int) -> int:
        return -1 if leaf < 0 else len(self.ranks) if leaf >= len(self.leaf_ends) else self.leaf_ends[leaf]

    def _between(self, first: int, last: int, member: int) -> list[int]:
        return (self.kinds[:, last, member] - self.kinds[:, first, member]).tolist()

    def _room_with_others(
        self, start: int, end: int, members: Iterable[int], others: Iterable[int], kind: int, sign: int, enough: int
    ) -> int:
        """How many more or fewer there could be if others gave or took them, and took or gave them on other days."""
        used: dict[tuple[int, int, int], int] = {}
        room = 0
        touched = self.leaf_before[start], self.leaf_after[end]
        for member in members:
            for other in others:
                for first, last, is_known in self._regions(member, other, start, end):
                    room += self._exchanged(
                        member, other, first, last, is_known, touched, kind, sign, enough - room, used
                    )
                    if room >= enough:
                        return room
        return room

    def _regions(self, member: int, other: int, start: int, end: int) -> set[tuple[int, int, bool]]:
        """Leaves around one of two days between which neither member has a mark; is the sum of one of them known?"""
        found = set()
        number = len(self.ranks)
        (before, after), (other_before, other_after) = self._near(member), self._near(other)
        for day in (start, end):
            if before[day] == day or other_before[day] == day:
                continue
            low, high = max(before[day], other_before[day]), min(after[day], other_after[day])
            is_known = (before[day] >= 0 and after[day] < number) or (
                other_before[day] >= 0 and other_after[day] < number
            )
            first = 0 if low < 0 else self.leaf_before[low]
            last = len(self.leaf_ends) - 1 if high >= number else self.leaf_after[high]
            found.add((first, last, is_known))
        return found

    def _exchanged(
        self,
        member: int,
        other: int,
        first: int,
        last: int,
        is_known: bool,
        touched: tuple[int, int],
        kind: int,
        sign: int,
        enough: int,
        used: dict[tuple[int, int, int], int],
    ) -> int:
        """How many a member could get from another, or give, within some leaves, to return them in others of these."""
        here_first, here_last = max(first, touched[0]), min(last, touched[1])
        if here_first >= here_last:
            return 0
        from_, to = (other, member) if sign > 0 else (member, other)
        is_free = self.is_free and sign > 0
        gives = [(leaf, self._can_give(leaf, from_, to, kind, used, is_free)) for leaf in range(here_first, here_last)]
        most = min(enough, sum(each for _, each in gives))
        if is_known:
            there = (*range(first, here_first), *range(here_last, last))
            takes = [(leaf, self._can_give(leaf, to, from_, kind, used)) for leaf in there]
            most = min(most, sum(each for _, each in takes))
            self._use(takes, most, to, from_, kind, used)
        self._use(gives, most, from_, to, kind, used)
        return most

    def _near(self, member: int) -> tuple[list[int], list[int]]:
        """By day the mark on it or before it, -1 where there is none, and the one on it or after it."""
        if member not in self.near:
            at = np.arange(len(self.ranks))
            flags = np.array(self.flags[member], dtype=bool)
            before = np.maximum.accumulate(np.where(flags, at, -1))
            after = np.minimum.accumulate(np.where(flags, at, len(at))[::-1])[::-1]
            self.near[member] = before.tolist(), after.tolist()
        return self.near[member]

    def _stretch_days(self, member: int, start: int, end: int) -> tuple[int, int]:
        """The marks around that end of a period that is none."""
        before, after = self._near(member)
        day = end if before[end] != end else start
        return before[day], after[day]

    def _can_give(
        self, leaf: int, one: int, other: int, kind: int, used: dict[tuple[int, int, int], int], is_free: bool = False
    ) -> int:
        here = self.leaves[kind][leaf][one] - used.get((kind, leaf, one), 0)
        if self.series.moves is Moves.ALONE or is_free:
            return here
        beside = 1 - kind
        of = other if self.series.moves is Moves.SWAPPED else one
        return min(here, self.leaves[beside][leaf][of] - used.get((beside, leaf, of), 0))

    def _use(
        self,
        what: list[tuple[int, int]],
        number: int,
        one: int,
        other: int,
        kind: int,
        used: dict[tuple[int, int, int], int],
    ) -> None:
        for leaf, most in what:
            taken = min(most, number)
            if not taken:
                continue
            number -= taken
            used[kind, leaf, one] = used.get((kind, leaf, one), 0) + taken
            if self.series.moves is not Moves.ALONE:
                key = (1 - kind, leaf, other if self.series.moves is Moves.SWAPPED else one)
                used[key] = used.get(key, 0) + taken

    def _take_marks(self, start: int, end: int, members: list[int], kind: int, more: int, fewer: int) -> bool:
        """Of the member who loses fewest, if there is then enough; else at the ends of the stretch."""
        member = max(members, key=lambda each: self.kinds[kind, end, each] - self.kinds[kind, start, each])
        low, high = self._stretch_days(member, start, end)
        fewest: list[int] = []
        of = -1
        for other in self._all_but(members) if not self.is_whole else ():
            inside = [at for at in range(low + 1, high) if self.flags[other][at] and not self.fixed[other][at]]
            # near the end of the period first, and what matters least
            inside.sort(key=lambda at: (at not in (start, end), -self.ranks[at], min(abs(at - start), abs(at - end))))
            number = self._fewest(other, inside, lambda: self._is_safe(start, end, members, kind, more, fewer))
            if number and (of < 0 or number < len(fewest)):
                fewest, of = inside[:number], other
        if of >= 0:
            self._set(of, fewest, False)
            return True
        at_ends = [at for at in (low, high) if 0 <= at < len(self.ranks) and not self.fixed[member][at]]
        if at_ends:
            # the less a day matters the sooner it goes
            self._set(member, [max(at_ends, key=lambda at: self.ranks[at])], False)
            return True
        for other in self._all_but(members):
            inside = [at for at in range(len(self.ranks)) if self.flags[other][at]]
            if inside:
                self._set(other, inside, False)
                return True
        return False

    def _fewest(self, member: int, marks: list[int], is_safe: Callable[[], bool]) -> int:
        """How many of these marks must go, in this order, until all is safe; 0 if it never is."""
        low, high = 0, len(marks)
        if not self._is_safe_without(member, marks, is_safe):
            return 0
        while high - low > 1:
            middle = (low + high) // 2
            if self._is_safe_without(member, marks[:middle], is_safe):
                high = middle
            else:
                low = middle
        return high

    def _is_safe_without(self, member: int, marks: list[int], is_safe: Callable[[], bool]) -> bool:
        if not marks:
            return False
        self._set(member, marks, False)
        found = is_safe()
        self._set(member, marks, True)
        return found

    def _set(self, member: int, at: list[int], value: bool) -> None:
        for each in at:
            self.flags[member][each] = value
        self.near.pop(member, None)


def _least(here: list[int], there: list[int], kind: int, sign: int, moves: Moves) -> int:
    source, goal = (there, here) if sign > 0 else (here, there)
    if moves is Moves.ALONE:
        return max(source[kind], 0)
    return max(min(source[kind], (goal if moves is Moves.SWAPPED else source)[1 - kind]), 0)
