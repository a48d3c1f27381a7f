"""The same children counted in several tables: where one shows how many there are, the others cannot hide it.

Which counts are the same nobody declares; those are taken for the same that hold the same numbers at every reporting
date both have: the whole, and all members of the dimensions that most tables have. Equal at one date alone they are by
accident, as when of eight children all eight are in time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from childrens_warehouse.disclosure.figures import Figures, Flags, Numbers


@dataclass(frozen=True)
class EqualCounts:
    """places: of counts that are equal to another (count, indicator, slot), in the order of their groups. starts: of
    each group. shares: pairs of a population and a part of it that some share tells, by reporting date.
    """

    places: tuple[Numbers, Numbers, Numbers]
    starts: Numbers
    date_of_slot: Numbers
    population: Numbers
    shares: Numbers

    @classmethod
    def of(cls, figures: Figures) -> EqualCounts:
        dates = {date: at for at, date in enumerate(dict.fromkeys(slot.as_at for slot in figures.slots))}
        date_of_slot = np.array([dates[slot.as_at] for slot in figures.slots])
        periods = np.unique([slot.period for slot in figures.slots], return_inverse=True)[1]
        known = figures.is_known[:, :, figures.whole]
        is_told = figures.sensitive[:, :, None] & known[None]
        places, starts = _equal(figures.counts[..., _common(figures)], is_told, date_of_slot, periods)
        whole = figures.counts[..., figures.whole]
        is_share = (figures.sensitive.all(axis=0)[:, None]) & known
        dates_here = np.broadcast_to(date_of_slot, known.shape)[is_share]
        pairs = [_pair(dates_here, whole[1][is_share], whole[part][is_share]) for part in (0, 2)]
        return cls(places, starts, date_of_slot, whole, np.unique(np.concatenate(pairs)))

    def spread(self, changed: Flags) -> None:
        """Hide in every table of a group what is hidden in one of them."""
        if not len(self.starts):
            return
        flags = changed[self.places]
        sizes = np.diff(np.append(self.starts, len(flags)))
        changed[self.places] = np.repeat(np.logical_or.reduceat(flags, self.starts, axis=0), sizes, axis=0)

    def is_whole_of_a_share(self, tables: Numbers, slots: Numbers, counts: Numbers) -> Flags:
        """By table and member: does a share tell this very part of the table's whole?"""
        dates = self.date_of_slot[slots][:, None]
        found = np.zeros(counts.shape[1:], dtype=bool)
        for count in range(3):
            whole = self.population[count, tables, slots][:, None]
            is_part = (counts[count] > 0) & (counts[count] < whole)
            found |= is_part & np.isin(_pair(dates, whole, counts[count]), self.shares)
        return found


def _common(figures: Figures) -> Numbers:
    """The whole and the cells of the dimensions that at least half of the tables have."""
    known = figures.is_known[:, :, figures.whole]
    has = {
        name: (figures.rows[..., cells] >= 0).any(axis=2)[known].mean() for name, cells in figures.dimensions.items()
    }
    cells = [figures.dimensions[name] for name, part in has.items() if part >= 0.5]
    return np.concatenate([*cells, [figures.whole]])


def _equal(
    counts: Numbers, is_told: Flags, date_of_slot: Numbers, periods: Numbers
) -> tuple[tuple[Numbers, Numbers, Numbers], Numbers]:
    at = np.nonzero(is_told)
    factors = np.random.default_rng(7).integers(1, 2**62, counts.shape[3], dtype=np.int64)
    key = counts[at] @ factors
    dates = date_of_slot[at[2]]
    series = np.unique((at[0] * counts.shape[1] + at[1]) * (periods.max() + 1) + periods[at[2]], return_inverse=True)[1]
    label = _same_everywhere(series, dates, key)[series]
    is_filled = key != 0
    at, dates, key, label = (
        (at[0][is_filled], at[1][is_filled], at[2][is_filled]),
        dates[is_filled],
        key[is_filled],
        label[is_filled],
    )
    order = np.lexsort((key, label, dates))
    ordered = np.stack([dates, label, key])[:, order]
    is_first = (
        np.append(True, (ordered[:, 1:] != ordered[:, :-1]).any(axis=0)) if len(order) else np.zeros(0, dtype=bool)
    )
    group = np.cumsum(is_first) - 1
    size = np.bincount(group) if len(group) else np.zeros(0, dtype=np.int64)
    kept = size[group] > 1 if len(group) else is_first
    order, starts = order[kept], np.flatnonzero(is_first[kept])
    return (at[0][order], at[1][order], at[2][order]), starts


def _same_everywhere(series: Numbers, dates: Numbers, key: Numbers) -> Numbers:
    """By series (of a count, an indicator and a period) the first one that is equal to it at all dates both have."""
    number = series.max(initial=-1) + 1
    values = np.zeros((dates.max(initial=-1) + 1, number), dtype=np.int64)
    known = np.zeros(values.shape, dtype=bool)
    values[dates, series], known[dates, series] = key, True
    label = np.arange(number)
    for each in range(number):
        both = known & known[:, [each]]
        same = (~both | (values == values[:, [each]])).all(axis=0)
        same &= (both & (values != 0)).any(axis=0)
        label[label == label[each]] = label[same].min(initial=label[each])
        label[np.isin(label, np.unique(label[same]))] = label[same].min(initial=label[each])
    return label


def _pair(dates: Numbers, whole: Numbers, part: Numbers) -> Numbers:
    return (dates * 10_000_000 + whole) * 10_000_000 + part
