"""Which rows of an authority's figures are hidden: those that are small, and what would give them away.

What is hidden is never a figure but a count: when a row's numerator could as well be another, so could its rest, and
every row of any table that says one of them is hidden too. The steps only ever hide more, until nothing changes:
periods (windows), members of a dimension (margins), equal counts of other tables, stocks and flows, what was
hidden or open before.
"""

from __future__ import annotations

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
FLOWING_BY = ("all", "sex", "ethnic_group")


@dataclass(frozen=True)
class Protection:
    """By indicator, slot and cell: is the row small itself, and is it hidden?"""

    small: Flags
    hidden: Flags


def protect(figures: Figures, profile: Profile) -> Protection:
    """Decide for every row of an authority."""
    return _Work(figures, profile).done()


@dataclass(frozen=True)
class _Units:
    """What is decided on at once: one table, or a pair (first and second) whose difference is shown by a stock.

    unit_of: by table, its unit. sensitive, only_denominator: by count and unit; of a pair the counts are its two
    numerators.
    """

    tables: Numbers
    unit_of: Numbers
    first: Numbers
    second: Numbers
    sensitive: Flags
    only_denominator: Flags


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

    def done(self) -> Protection:
        figures = self.figures
        self.changed[NUMERATOR] |= figures.hidden_before & figures.is_known
        self._hide_small()
        for tables, slots in self._with_periods():
            self._protect_periods(tables, slots)
        while True:
            self._settle()
            hidden = self.changed.any(axis=0)
            shown_anyway = hidden & figures.open_before & ~self.small & ~hidden[:, :, [figures.whole]]
            if not shown_anyway.any():
                break
            # Hiding again what was seen protects nothing: what it should protect is hidden with all around it.
            self._hide_tables(shown_anyway.any(axis=2))
        return Protection(self.small, hidden & figures.is_known)

    def _settle(self) -> None:
        """Shares first: who counts the same children can then hide the same members."""
        is_share = self.is_share[:, 0, 0]
        steps = (
            (is_share, self.only_denominator, (DENOMINATOR,)),
            (is_share, self.sensitive, (NUMERATOR, REST)),
            (~is_share, self.only_denominator, (DENOMINATOR,)),
            (~is_share, self.sensitive, (NUMERATOR,)),
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
        place = {name: at for at, (name, _) in enumerate(self.figures.indicators)}
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

    def _protect_periods(self, tables: Numbers, slots: Numbers) -> None:
        figures, whole = self.figures, np.array([self.figures.whole])
        days = windows.Days.of([figures.slots[slot] for slot in slots])
        units = self._units(tables, slots)
        every_day = np.ones((len(units.first), days.number), dtype=bool)
        by_denominator = self._choose(days, units, slots, whole, units.only_denominator, every_day)
        by_all = self._choose(days, units, slots, whole, units.sensitive, by_denominator.marks)
        self._note(units, slots, np.arange(len(figures.cells)), by_denominator.hidden, by_all.hidden)
        for cells in self._dimensions().values():
            first = self._choose(days, units, slots, cells, units.only_denominator, by_denominator.marks)
            then = self._choose(days, units, slots, cells, units.sensitive, by_all.marks & first.marks, first.members)
            self._note(units, slots, cells, first.hidden, then.hidden)

    def _units(self, tables: Numbers, slots: Numbers) -> _Units:
        """Tables that are decided on one by one; who came and who went together, with all that count the same."""
        numerators = self.figures.counts[NUMERATOR]
        place = {name: at for at, (name, _) in enumerate(self.figures.indicators) if at in set(tables.tolist())}
        pairs = [(place[one], place[other]) for one, other in FLOWS if {one, other} <= place.keys()]
        first, second = [one for one, _ in pairs], [other for _, other in pairs]
        unit_of = {each: at for at, pair in enumerate(pairs) for each in pair}
        counts_only = ~self.sensitive[DENOMINATOR]
        for table in tables:
            for known, unit in list(unit_of.items()) if counts_only[table] and table not in unit_of else ():
                if np.array_equal(numerators[table][slots], numerators[known][slots]):
                    unit_of[int(table)] = unit
        for table in tables:
            if int(table) not in unit_of:
                unit_of[int(table)] = len(first)
                first.append(int(table))
                second.append(int(table))
        is_pair = np.array(first) != np.array(second)
        sensitive = self.sensitive[:, first].copy()
        sensitive[:, is_pair] = np.array([True, True, False])[:, None]
        return _Units(
            tables, np.array([unit_of[int(table)] for table in tables]), np.array(first), np.array(second), sensitive,
            self.only_denominator[:, first] & ~is_pair,
        )  # fmt: skip

    def _dimensions(self) -> dict[str, Numbers]:
        """Those whose members are not made of the members of another."""
        sums = {self.figures.cells[of][0] for _, of in self.figures.parts}
        return {name: cells for name, cells in self.figures.dimensions.items() if name not in sums}

    def _choose(
        self,
        days: windows.Days,
        units: _Units,
        slots: Numbers,
        cells: Numbers,
        sensitive: Flags,
        allowed: Flags,
        members: Flags | None = None,
    ) -> windows.Choice:
        figures = self.figures
        at, beside = np.ix_(units.first, slots, cells), np.ix_(units.second, slots, cells)
        counts = np.stack([count[at] for count in figures.counts])
        is_pair = units.first != units.second
        counts[1, is_pair] = figures.counts[NUMERATOR][beside][is_pair]
        counts[2, is_pair] = 0
        return windows.choose(
            days,
            counts,
            sensitive,
            figures.few[at] | figures.few[beside],
            figures.open_before[at] | figures.open_before[beside],
            allowed,
            np.zeros((len(units.first), len(cells)), dtype=bool) if members is None else members,
            self.largest,
        )

    def _note(self, units: _Units, slots: Numbers, cells: Numbers, denominators: Flags, all_counts: Flags) -> None:
        at = np.ix_(units.tables, slots, cells)
        has_denominator = self.sensitive[DENOMINATOR][units.tables][:, None, None]
        self.changed[DENOMINATOR][at] |= denominators[units.unit_of] & has_denominator
        self.changed[NUMERATOR][at] |= all_counts[units.unit_of]

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
