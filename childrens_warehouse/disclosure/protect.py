"""Which rows of an authority's figures are hidden: those that are small, and what would give them away.

What is hidden is never a figure but a count: when a row's numerator could as well be another, so could its rest, and
every row of any table that says one of them is hidden too. The steps only ever hide more, until nothing changes:
periods (windows), members of a dimension (margins), equal counts of other tables, stocks and flows, what was
hidden or open before.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from childrens_warehouse.disclosure import margins, windows
from childrens_warehouse.disclosure.equal_counts import EqualCounts
from childrens_warehouse.disclosure.figures import Figures, Flags, Numbers
from childrens_warehouse.disclosure.profiles import Profile

NUMERATOR, DENOMINATOR, REST = range(3)

# Stock of one reporting date + in - out = stock of the next; of what stays with a child from one to the other.
FLOWS = (
    ("cla_started", "cla_ceased"),
    ("cp_plans_started_count", "cp_plans_ceased_count"),
    ("cin_started_count", "cin_ended_count"),
)
FLOWING_BY = ("all", "sex", "ethnic_group", "unaccompanied")


@dataclass(frozen=True)
class Protection:
    """By indicator, slot and cell: is the row small itself, and is it hidden?"""

    small: Flags
    hidden: Flags


def protect(figures: Figures, profile: Profile) -> Protection:
    """Decide for every row of an authority."""
    return _Work(figures, profile).done()


class _Work:
    """What is hidden so far: by count, indicator, slot and cell."""

    def __init__(self, figures: Figures, profile: Profile) -> None:
        self.figures = figures
        self.largest = profile.largest_hidden
        self.sensitive = figures.sensitive
        self.only_denominator = self.sensitive & np.array([False, True, False])[:, None]
        is_small = margins.primary(figures.counts, self.sensitive[:, :, None], self.largest) & figures.is_known
        self.small = is_small.any(axis=0) | (figures.few & figures.is_known)
        self.changed = np.zeros_like(is_small)
        self.equal = EqualCounts.of(figures)
        self.is_share = (self.sensitive[NUMERATOR] & self.sensitive[DENOMINATOR])[:, None, None]
        self.place = {name: at for at, (name, _) in enumerate(figures.indicators)}
        self.whole = np.array([figures.whole])
        # Marks found so far, by days, cells and what is counted.
        self.marks: dict[tuple[tuple[dt.date, ...], bytes, bytes], Flags] = {}
        self.done_with: dict[tuple[object, ...], Flags] = {}
        self.periods = [
            (windows.Days.of([figures.slots[slot] for slot in slots]), slots, tables)
            for tables, slots in self._with_periods()
        ]

    def done(self) -> Protection:
        figures = self.figures
        self.changed[NUMERATOR] |= figures.hidden_before & figures.is_known
        self._hide_small()
        while True:
            self._settle_all()
            hidden = self.changed.any(axis=0)
            shown_anyway = hidden & figures.open_before & ~self.small & ~hidden[:, :, [figures.whole]]
            if not shown_anyway.any():
                break
            # Hiding again what was seen protects nothing: what it should protect is hidden with all around it.
            self._hide_tables(shown_anyway.any(axis=2))
        # Of whom no event was ever counted, that is shown.
        is_never = figures.is_of_events[:, None] & ~(figures.counts[:2] > 0).any(axis=(0, 2))
        hidden &= ~is_never[:, None]
        return Protection(self.small, (hidden | figures.left_out) & figures.is_known)

    def _settle_all(self) -> None:
        """Days and periods in turn, as each hides what counts the same in the other."""
        before = -1
        self._close()
        while before != (before := int(self.changed.sum())):
            self._protect_periods()
            self._settle()

    def _settle(self) -> None:
        """Shares first: who counts the same children can then hide the same members."""
        is_share = self.is_share[:, 0, 0] & ~self.figures.is_of_events
        on_day = ~is_share & ~self.figures.is_of_events
        steps = (
            (is_share, self.only_denominator, (DENOMINATOR,)),
            (is_share, self.sensitive, (NUMERATOR, REST)),
            (on_day, self.only_denominator, (DENOMINATOR,)),
            (on_day, self.sensitive, (NUMERATOR,)),
        )
        balanced: dict[tuple[int, str], Numbers] = {}
        before = -1
        self._close()
        while before != (before := int(self.changed.sum())):
            for step, (tables, sensitive, counts) in enumerate(steps):
                for name, cells in self.figures.dimensions.items():
                    hidden = self._protect_members(tables, sensitive, counts, cells, balanced.get((step, name)))
                    balanced[step, name] = hidden
                self._close()

    def _hide_small(self) -> None:
        """Small cells; and where the whole is small, all of its table."""
        whole = self.figures.whole
        few = self.figures.few
        for count in range(3):
            small = margins.primary(self.figures.counts, self.sensitive[:, :, None], self.largest)[count] | few
            small &= self.figures.is_known & self.sensitive[count][:, None, None]
            self.changed[count] |= small
            self.changed[count][small[:, :, whole]] = True

    def _hide_tables(self, tables: Flags) -> None:
        """tables: by indicator and slot."""
        self.changed[NUMERATOR][tables] = True
        self.changed[REST][tables] = True

    def _close(self) -> None:
        """Hide what follows from what is hidden, in other counts of the row and in other tables."""
        figures, changed, whole = self.figures, self.changed, self.figures.whole
        before = -1
        while before != (before := int(changed.sum())):
            changed[NUMERATOR] |= changed[DENOMINATOR] & self.sensitive[DENOMINATOR][:, None, None]
            changed[REST] |= changed[NUMERATOR] & self.is_share
            changed[NUMERATOR] |= changed[REST] & self.is_share
            for count in range(3):
                changed[count][changed[count][:, :, whole]] = True
            for part, of in figures.parts:
                changed[..., of] |= changed[..., part]
            self.equal.spread(changed)
            self._spread_flows()

    def _spread_flows(self) -> None:
        place = self.place
        cells = [at for at, (dimension, _) in enumerate(self.figures.cells) if dimension in FLOWING_BY]
        for inwards, outwards in FLOWS:
            if inwards in place and outwards in place:
                pair = [place[inwards], place[outwards]]
                either = self.changed[NUMERATOR][pair][:, :, cells].any(axis=0)
                for table in pair:
                    self.changed[NUMERATOR, table][:, cells] |= either

    def _with_periods(self) -> Iterator[tuple[Numbers, Numbers]]:
        """Indicators by the periods they are known for."""
        figures = self.figures
        has_start = np.array([slot.starts is not None for slot in figures.slots])
        known = figures.is_known[:, :, figures.whole] & has_start & figures.is_of_events[:, None]
        patterns, which = np.unique(known, axis=0, return_inverse=True)
        for at, pattern in enumerate(patterns):
            if pattern.any():
                yield np.flatnonzero(which == at), np.flatnonzero(pattern)

    def _protect_periods(self) -> None:
        for days, slots, tables in self.periods:
            pairs = [
                (self.place[one], self.place[other])
                for one, other in FLOWS
                if {self.place.get(one), self.place.get(other)} <= set(tables.tolist())
            ]
            for pair in pairs:
                self._protect_flow(days, slots, pair)
            for table in set(tables.tolist()) - {each for pair in pairs for each in pair}:
                self._protect_table(days, slots, table)

    def _protect_flow(self, days: windows.Days, slots: Numbers, pair: tuple[int, int]) -> None:
        """Who came and who went, whose difference is shown by a stock in slices in which nobody changes place."""
        of_whole = self._mark(days, slots, pair, self.whole, None, windows.Moves.TOGETHER)
        for name, cells in self._dimensions(pair[0], slots).items():
            if name in FLOWING_BY:
                self._mark(days, slots, pair, cells, of_whole, windows.Moves.TOGETHER)
            else:
                for table in pair:
                    self._mark(days, slots, (table,), cells, of_whole, windows.Moves.ALONE)

    def _protect_table(self, days: windows.Days, slots: Numbers, table: int) -> None:
        """First the denominator; then parts of it, as if it were known where it is not hidden."""
        part, of, rest = self.sensitive[:, table]
        moves = windows.Moves.SWAPPED if rest else windows.Moves.ALONE
        among = (NUMERATOR, REST) if rest else (NUMERATOR,)
        of_whole: dict[int, Flags] = {}
        for cells in (self.whole, *self._dimensions(table, slots).values()):
            within = None
            if of:
                whole = of_whole.get(DENOMINATOR)
                within = self._mark(days, slots, (table,), cells, whole, windows.Moves.ALONE, (DENOMINATOR,))
                of_whole.setdefault(DENOMINATOR, within)
            if part:
                whole = of_whole.get(NUMERATOR)
                found = self._mark(days, slots, (table,), cells, whole, moves, among, within)
                of_whole.setdefault(NUMERATOR, found)

    def _mark(
        self,
        days: windows.Days,
        slots: Numbers,
        tables: tuple[int, ...],
        cells: Numbers,
        of_whole: Flags | None,
        moves: windows.Moves,
        among: tuple[int, ...] = (NUMERATOR,),
        within: Flags | None = None,
    ) -> Flags:
        """Marks by day and cell, and what they hide. among: the counts that move; the first is the one protected, and
        a rest. within: marks of the denominator, if what moves is part of one."""
        figures = self.figures
        at = np.ix_(tables, slots, cells)
        counts = np.stack([figures.counts[count][table][np.ix_(slots, cells)] for table in tables for count in among])
        running = days.totals(counts)
        is_primary = margins.primary(counts, np.ones((len(counts), len(slots)), dtype=bool), self.largest)
        small = is_primary.any(axis=0)
        steps = running
        if len(among) > 1:
            steps = np.concatenate([running, running.sum(axis=0, keepdims=True)])
        forced = self.changed[among[0]][at].any(axis=0) | figures.few[at].any(axis=0)
        free = np.zeros_like(small) if within is None else windows.hidden(days, within)
        seen = (figures.open_before[at] & ~self.small[at]).any(axis=0)
        fixed = np.zeros((days.number, len(cells)), dtype=bool)
        for ends in (days.starts, days.ends):
            np.logical_or.at(fixed, ends, seen)
        # Where several tables count the same, they have the same marks.
        keys = [
            (
                days.every,
                cells.tobytes(),
                self.figures.counts[count][table][np.ix_(slots, [*cells, *self.whole])].tobytes(),
            )
            for table in tables
            for count in among
        ]
        allowed = np.logical_and.reduce([self.marks.get(key, np.ones_like(fixed)) for key in keys])
        if of_whole is not None:
            allowed = allowed & self._ends_of_shown(days, at)
        if within is not None:
            allowed = allowed & within
        done = (*keys, moves, small.tobytes(), free.tobytes(), None if of_whole is None else of_whole.tobytes())
        known = self.done_with.get(done)
        if (
            known is not None
            and ((allowed & known) == allowed).all()
            and not (forced & ~small & ~windows.hidden(days, known)).any()
        ):
            self.changed[among[0]][at] |= windows.hidden(days, known)[None]
            return known
        series = windows.Series(running, steps, moves, small, forced & ~small, free, fixed)
        if of_whole is None:
            marks = windows.marks_of_whole(days, series, allowed[:, 0], self.largest)[:, None]
        else:
            of_parts = [[list(cells).index(part) for part, to in figures.parts if to == group and part in cells]
                        for group in dict.fromkeys(to for _, to in figures.parts)]  # fmt: skip
            marks = windows.marks_of_members(
                days, series, allowed, of_whole[:, 0], [each for each in of_parts if each], self.largest
            )
        self.done_with[done] = marks
        self.marks |= dict.fromkeys(keys, marks)
        self.changed[among[0]][at] |= windows.hidden(days, marks)[None]
        return marks

    def _ends_of_shown(self, days: windows.Days, at: tuple[Numbers, ...]) -> Flags:
        """By day and cell: does a period that is shown begin or end there?"""
        shown = (self.figures.is_known[at] & ~self.figures.left_out[at]).any(axis=0)
        ends = np.zeros((days.number, shown.shape[1]), dtype=bool)
        for each in (days.starts, days.ends):
            np.logical_or.at(ends, each, shown)
        return ends

    def _dimensions(self, table: int, slots: Numbers) -> dict[str, Numbers]:
        """The cells of a table in each dimension, but those that are made of the members of another."""
        figures = self.figures
        is_there = (figures.rows[table, slots] >= 0).any(axis=0)
        sums = {figures.cells[of][0] for part, of in figures.parts if is_there[part]}
        found = {name: cells[is_there[cells]] for name, cells in figures.dimensions.items() if name not in sums}
        return {name: cells for name, cells in found.items() if len(cells)}

    def _protect_members(
        self, tables: Flags, sensitive: Flags, counts: tuple[int, ...], cells: Numbers, balanced: Numbers | None
    ) -> Numbers:
        """Hide members beside those hidden, in tables of which more is hidden than when they were last looked at."""
        figures, changed = self.figures, self.changed
        is_whole_shown = figures.is_known[:, :, figures.whole] & ~changed[..., figures.whole].any(axis=0)
        hidden = changed[..., cells].sum(axis=(0, 3))
        at, slots = np.nonzero(is_whole_shown & tables[:, None] & (hidden > (0 if balanced is None else balanced)))
        if len(at):
            self._balance(at, slots, sensitive, counts, cells)
        return changed[..., cells].sum(axis=(0, 3))

    def _balance(
        self, tables: Numbers, slots: Numbers, sensitive: Flags, changed: tuple[int, ...], cells: Numbers
    ) -> None:
        figures = self.figures
        row = (tables[:, None], slots[:, None], cells[None])
        counts = np.stack([count[row] for count in figures.counts])
        avoided = (figures.open_before[row] & ~self.small[row]) | self.equal.is_whole_of_a_share(tables, slots, counts)
        forced = self.changed[changed[0]][row]
        table = margins.Table(counts, sensitive[:, tables], figures.is_known[row], figures.few[row], forced, avoided)
        chosen, failed = margins.hide(table, self.largest)
        chosen |= failed[:, None]
        for count in changed:
            self.changed[count][row] |= chosen & (sensitive[count][tables] | (count == NUMERATOR))[:, None]
        if NUMERATOR in changed:
            lost = failed & margins.is_whole_too_narrow(table, self.largest)
            self.changed[NUMERATOR][tables[lost], slots[lost]] = True


def summary(protection: Protection, figures: Figures) -> Mapping[str, int]:
    """Rows known, small and hidden, for the log."""
    return {
        "known": int(figures.is_known.sum()),
        "small": int((protection.small & figures.is_known).sum()),
        "hidden": int(protection.hidden.sum()),
    }
