"""The attacker: everything that can be proved of hidden figures from the shown ones, by linear programming.

It knows how tables hang together (members add up to the whole, types of placement to groups, days to months and years,
parts and rests to denominators, which tables count the same children, that those there plus those who came less those
who went are those there then), and which hidden members are not empty.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import pandas as pd
from scipy.optimize import linprog
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from childrens_warehouse.disclosure.figures import start_of

NUMERATOR, REST = "numerator", "rest"
_SLACK = 1e-6


@dataclass(frozen=True)
class Knowledge:
    """What an attacker knows beside the figures.

    events: indicators whose periods add up. same: pairs of (indicator, count) that count the same children. groups: of
    a type of placement its group. flows: (stock, in, out) and the dimensions they hold for. counts are "numerator",
    "denominator" and "rest".
    """

    events: frozenset[str] = frozenset()
    same: Sequence[tuple[tuple[str, str], tuple[str, str]]] = ()
    groups: Mapping[str, str] = field(default_factory=dict)
    flows: Sequence[tuple[str, str, str]] = ()
    flowing_by: frozenset[str] = frozenset({"all", "sex"})


@dataclass(frozen=True)
class Proof:
    """The interval proved of a small count."""

    indicator: str
    period: str
    as_at: object
    cell: tuple[str, str]
    count: str
    true: int
    lowest: float
    highest: float

    def is_narrower_than(self, largest: int) -> bool:
        return self.lowest > 1 + _SLACK or self.highest < largest - _SLACK


class Attack:
    """Rows: the open table, with `hidden` beside. Shown figures are all that is used of it, but for what is asked."""

    def __init__(self, rows: pd.DataFrame, knowledge: Knowledge, largest: int = 5) -> None:
        self.rows = rows[rows["numerator"].notna()]
        self.knowledge = knowledge
        self.largest = largest
        self.names: dict[Hashable, int] = {}
        self.lows: list[float] = []
        self.equations: list[tuple[dict[int, float], float]] = []
        self.is_share = dict(zip(rows["indicator_id"], rows["unit"] == "percent", strict=True))
        self.cells = sorted({(row.dimension, row.member) for row in self.rows.itertuples()})
        self.days = {
            name: sorted({day for row in group.itertuples() for day in self._span(row)})
            for name, group in self.rows[self.rows["indicator_id"].isin(knowledge.events)].groupby("indicator_id")
        }
        self._say_what_is_shown()
        self._say_how_it_hangs_together()

    def proofs(self) -> Iterable[Proof]:
        """Of every hidden small count: what can be proved of it."""
        solve = _Solver(len(self.names), self.equations, self.lows)
        for row in self.rows[self.rows["hidden"]].itertuples():
            for count, true in self._counts(row):
                if 1 <= true <= self.largest:
                    terms = self._terms(row, count)
                    yield Proof(
                        row.indicator_id, row.period, row.as_at, (row.dimension, row.member), count, true,
                        *solve.interval(terms),
                    )  # fmt: skip

    def _counts(self, row) -> Iterable[tuple[str, int]]:
        if row.unit in ("count", "per_10k", "percent"):
            yield NUMERATOR, int(row.numerator)
        if row.unit == "percent":
            yield "denominator", int(row.denominator)
            yield REST, int(row.denominator - row.numerator)

    def _variable(self, *name: Hashable) -> int:
        if name not in self.names:
            self.names[name] = len(self.names)
            self.lows.append(0.0)
        return self.names[name]

    def _span(self, row) -> tuple:
        start = start_of(row.as_at, row.period)
        return (start, row.as_at) if start else (row.as_at,)

    def _atoms(self, row) -> list[Hashable]:
        """What the row's period is made of."""
        if row.indicator_id not in self.days:
            return [(row.as_at, row.period)]
        start, end = self._span(row)
        days = self.days[row.indicator_id]
        return [(before, day) for before, day in pairwise(days) if start <= before and day <= end]

    def _terms(self, row, count: str) -> dict[int, float]:
        parts = (NUMERATOR, REST) if count == "denominator" else (count,)
        cell = (row.dimension, row.member)
        return {self._variable(row.indicator_id, part, atom, cell): 1.0 for atom in self._atoms(row) for part in parts}

    def _say_what_is_shown(self) -> None:
        shows_zeros = {
            (row.indicator_id, row.as_at, row.period, row.dimension)
            for row in self.rows.itertuples()
            if not row.hidden and row.numerator == 0
        }
        for row in self.rows.itertuples():
            for count, true in self._counts(row):
                terms = self._terms(row, count)
                if not row.hidden:
                    self.equations.append((terms, float(true)))
                elif (
                    row.unit == "count"
                    and true > 0
                    and row.indicator_id not in self.days
                    and (row.indicator_id, row.as_at, row.period, row.dimension) in shows_zeros
                ):
                    # where zeros are shown, who is hidden is not empty
                    [variable] = terms
                    self.lows[variable] = 1.0

    def _say_how_it_hangs_together(self) -> None:
        atoms = {(row.indicator_id, atom) for row in self.rows.itertuples() for atom in self._atoms(row)}
        cells_of = {
            name: {(row.dimension, row.member) for row in group.itertuples()}
            for name, group in self.rows.groupby("indicator_id")
        }
        for name, atom in atoms:
            for part in (NUMERATOR, REST) if self.is_share[name] else (NUMERATOR,):
                here = {cell: self._variable(name, part, atom, cell) for cell in cells_of[name]}
                for dimension in {dimension for dimension, _ in here} - {"all"}:
                    members = [variable for cell, variable in here.items() if cell[0] == dimension]
                    self._equal(dict.fromkeys(members, 1.0), {here["all", "all"]: 1.0})
                for group in set(self.knowledge.groups.values()):
                    types = [
                        here["placement_type", each]
                        for each, of in self.knowledge.groups.items()
                        if of == group and ("placement_type", each) in here
                    ]
                    if types and ("placement_group", group) in here:
                        self._equal(dict.fromkeys(types, 1.0), {here["placement_group", group]: 1.0})
        self._say_what_is_the_same()
        self._say_flows()

    def _say_what_is_the_same(self) -> None:
        by_key = {
            (row.indicator_id, row.as_at, row.period, row.dimension, row.member): row for row in self.rows.itertuples()
        }
        for (one, count), (other, other_count) in self.knowledge.same:
            for (name, *rest), row in by_key.items():
                if name == one and (other, *rest) in by_key:
                    self._equal(self._terms(row, count), self._terms(by_key[other, *rest], other_count))

    def _say_flows(self) -> None:
        for stock, inwards, outwards in self.knowledge.flows:
            by_cell: dict = {}
            for row in self.rows[self.rows["dimension"].isin(self.knowledge.flowing_by)].itertuples():
                by_cell.setdefault((row.indicator_id, row.period), {})[row.as_at, row.dimension, row.member] = row
            months_in, months_out = by_cell.get((inwards, "month"), {}), by_cell.get((outwards, "month"), {})
            stocks = by_cell.get((stock, "snapshot"), {})
            for (day, *cell), row in months_in.items():
                opening = stocks.get((start_of(day, "month"), *cell))
                closing, gone = stocks.get((day, *cell)), months_out.get((day, *cell))
                if opening is not None and closing is not None and gone is not None:
                    self._equal(
                        {**self._terms(opening, NUMERATOR), **self._terms(row, NUMERATOR)},
                        {**self._terms(closing, NUMERATOR), **self._terms(gone, NUMERATOR)},
                    )

    def _equal(self, left: dict[int, float], right: dict[int, float]) -> None:
        terms = dict(left)
        for variable, factor in right.items():
            terms[variable] = terms.get(variable, 0.0) - factor
        self.equations.append(({variable: each for variable, each in terms.items() if each}, 0.0))


class _Solver:
    """What is known for certain is put in first; what is left falls into small problems."""

    def __init__(self, number: int, equations: Iterable[tuple[dict[int, float], float]], lows: Sequence[float]) -> None:
        self.lows = np.array(lows)
        self.fixed = np.full(number, np.nan)
        left = [(dict(terms), value) for terms, value in equations]
        while True:
            found = False
            remaining = []
            for terms, value in left:
                for variable in [each for each in terms if not np.isnan(self.fixed[each])]:
                    value -= terms.pop(variable) * self.fixed[variable]
                if len(terms) == 1:
                    [(variable, factor)] = terms.items()
                    self.fixed[variable] = value / factor
                    found = True
                elif terms and value == 0 and all(factor > 0 for factor in terms.values()):
                    # nothing of anything
                    for variable in terms:
                        self.fixed[variable] = 0.0
                    found = True
                elif terms:
                    remaining.append((terms, value))
            left = remaining
            if not found:
                break
        self.equations = left
        pairs = [(next(iter(terms)), variable) for terms, _ in left for variable in terms]
        ones, others = (np.array(each) for each in zip(*pairs, strict=True)) if pairs else (np.array([], int),) * 2
        graph = csr_matrix((np.ones(len(ones)), (ones, others)), shape=(number, number))
        _, self.part = connected_components(graph, directed=False)
        self.of_part: dict[int, list[int]] = {}
        for at, (terms, _) in enumerate(left):
            self.of_part.setdefault(self.part[next(iter(terms))], []).append(at)
        self.problems: dict[frozenset[int], tuple] = {}

    def interval(self, terms: Mapping[int, float]) -> tuple[float, float]:
        known = sum(factor * self.fixed[each] for each, factor in terms.items() if not np.isnan(self.fixed[each]))
        free = {each: factor for each, factor in terms.items() if np.isnan(self.fixed[each])}
        if not free:
            return known, known
        places, matrix, values, bounds = self._problem(frozenset(int(self.part[each]) for each in free))
        objective = np.zeros(len(bounds))
        lone = 0.0
        is_open = False
        for each, factor in free.items():
            if each in places:
                objective[places[each]] = factor
            else:
                lone += factor * self.lows[each]
                is_open = True
        ends = []
        for sign in (1, -1):
            if sign == -1 and is_open:
                ends.append(np.inf)
                continue
            if not len(bounds):
                ends.append(0.0)
                continue
            found = linprog(sign * objective, A_eq=matrix, b_eq=values, bounds=bounds, method="highs")
            if found.status == 3:
                ends.append(sign * -np.inf)
            else:
                assert found.status == 0, found.message
                ends.append(sign * found.fun)
        return known + lone + ends[0], known + lone + ends[1]

    def _problem(self, parts: frozenset[int]) -> tuple:
        if parts not in self.problems:
            equations = [self.equations[at] for part in sorted(parts) for at in self.of_part.get(part, ())]
            places: dict[int, int] = {}
            rows, columns, factors = [], [], []
            for at, (terms, _) in enumerate(equations):
                for variable, factor in terms.items():
                    rows.append(at)
                    columns.append(places.setdefault(variable, len(places)))
                    factors.append(factor)
            matrix = csr_matrix((factors, (rows, columns)), shape=(len(equations), len(places)))
            bounds = [(self.lows[variable], None) for variable in places]
            self.problems[parts] = (places, matrix, [value for _, value in equations], bounds)
        return self.problems[parts]
