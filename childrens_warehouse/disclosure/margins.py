"""Secondary suppression within one table: the members of a dimension add up to the whole.

Every function works on many tables at once: rows are tables, columns the members of one dimension.

A cell is safe when the figures could as well be others: children of hidden cells could change places, without any
shown figure changing, until the cell holds one child or fewer, or as many as are hidden at most. Hidden cells that
hold somebody keep one child, because shown zeros tell who is not empty.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from childrens_warehouse.disclosure.figures import Flags, Numbers


@dataclass(frozen=True)
class Table:
    """Sums of many tables by the members of one dimension.

    counts: numerator, denominator, difference, each by table and member. sensitive: by count and table. is_there: has
    the table the member? few: must the cell be hidden whatever it holds? forced: is it hidden already? avoided: is it
    known elsewhere, or was it open, so that hiding it protects nothing?
    """

    counts: Numbers
    sensitive: Flags
    is_there: Flags
    few: Flags
    forced: Flags
    avoided: Flags

    def of(self, tables: Numbers) -> Table:
        """Some of the tables."""
        return Table(
            self.counts[:, tables],
            self.sensitive[:, tables],
            self.is_there[tables],
            self.few[tables],
            self.forced[tables],
            self.avoided[tables],
        )


def primary(counts: Numbers, sensitive: Flags, largest: int) -> Flags:
    """Which counts are small, by count, table and member."""
    return (counts >= 1) & (counts <= largest) & sensitive[..., None]


def hide(table: Table, largest: int) -> tuple[Flags, Flags]:
    """Cells to hide, and the tables in which no choice of cells is enough.

    Of cells that are not small themselves the smallest go first.
    """
    small = primary(table.counts, table.sensitive, largest) & table.is_there
    start = (small.any(axis=0) | table.few | table.forced) & table.is_there
    weight = np.where(table.sensitive[1][:, None], table.counts[1], table.counts[0])
    is_candidate = table.is_there & ~start & (weight > 0) & ~table.avoided
    by_size = np.where(is_candidate, weight, np.iinfo(np.int64).max)
    needs = start.any(axis=1)
    fewest = np.full(len(start), np.iinfo(np.int64).max)
    chosen = np.zeros_like(start)
    for place in range(start.shape[1]):
        # Nobody needs fewer cells than must be hidden anyway, and one more.
        left = np.flatnonzero(needs & (fewest > np.maximum(start.sum(axis=1), 1) + (place > 0)))
        if not len(left):
            break
        order = _order(start[left], by_size[left], place)
        taken, number = _take(table.of(left), small[:, left], start[left], is_candidate[left], order, largest)
        is_better = number < fewest[left]
        fewest[left] = np.where(is_better, number, fewest[left])
        chosen[left] = np.where(is_better[:, None], taken, chosen[left])
    return chosen, needs & (fewest == np.iinfo(np.int64).max)


def _order(start: Flags, by_size: Numbers, place: int) -> Numbers:
    """An order to take cells in: what must be hidden, then the one at this place by size, then all by size."""
    rank = np.argsort(np.argsort(by_size, axis=1, kind="stable"), axis=1, kind="stable")
    return np.argsort(np.where(start, -1, np.where(rank == place, 0, by_size)), axis=1, kind="stable")


def _take(
    table: Table, small: Flags, start: Flags, is_candidate: Flags, order: Numbers, largest: int
) -> tuple[Flags, Numbers]:
    """As many cells in that order as are enough, and how many they are; the greatest number where none are."""
    taken_first = start.sum(axis=1)
    usable = taken_first + is_candidate.sum(axis=1)
    in_order = np.take_along_axis(table.counts, order[None], axis=2)
    is_usable = np.take_along_axis(start | is_candidate, order, axis=1)
    sums, filled = np.cumsum(in_order, axis=2), np.cumsum(in_order > 0, axis=2)
    places = np.arange(1, order.shape[1] + 1)[None]
    possible = _is_enough(table, small, sums, filled, largest)
    possible &= (places >= np.maximum(taken_first, 1)[:, None]) & (places <= usable[:, None])
    possible &= np.logical_and.accumulate(is_usable, axis=1)
    number = np.where(possible.any(axis=1), possible.argmax(axis=1) + 1, 0)
    taken = np.zeros_like(start)
    np.put_along_axis(taken, order, places <= number[:, None], axis=1)
    return taken, np.where(number > 0, number, np.iinfo(np.int64).max)


def _is_enough(table: Table, small: Flags, sums: Numbers, filled: Numbers, largest: int) -> Flags:
    """By table and number of cells taken: are all small cells among them safe?"""
    enough = filled[np.where(table.sensitive[1], 1, 0), np.arange(sums.shape[1])] >= 2
    for count in range(3):
        is_small = small[count].any(axis=1)
        # one more of a denominator, which has to hold a part and a rest of one at least
        enough &= ~is_small[:, None] | (sums[count] - (filled[count] - 1) >= largest + (count == 1))
    # A part can only shrink where the rest of other cells can become part of it, unless children change cells.
    moves = small[1]
    for part, rest in ((0, 2), (2, 0)):
        stays = small[part] & ~moves & table.sensitive[2][:, None]
        here = table.counts[part] - 1 + table.counts[rest] - (table.counts[rest] > 0)
        most = np.where(stays & (table.counts[part] > 1), here, 0).max(axis=1, initial=0)
        enough &= sums[rest] - filled[rest] >= most[:, None]
    return enough


def is_whole_too_narrow(table: Table, largest: int) -> Flags:
    """Tables in which hiding every member, empty ones too, still tells that a small part is not smaller."""
    small = primary(table.counts, table.sensitive, largest) & table.is_there
    narrow = np.zeros(table.forced.shape[0], dtype=bool)
    for part, rest in ((0, 2), (2, 0)):
        stays = small[part] & ~small[1] & table.sensitive[2][:, None]
        others = table.counts[rest].sum(axis=1, keepdims=True) - table.counts[rest]
        narrow |= (stays & (others < table.counts[part] - 1)).any(axis=1)
    return narrow
