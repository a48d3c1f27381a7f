"""Deprivation-of-liberty orders: a few older children, in homes that may hold them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from childrens_warehouse.simulate import terms
from childrens_warehouse.simulate.care import Child
from childrens_warehouse.simulate.episodes import Episode
from childrens_warehouse.simulate.scenario import Scenario

HOMES = frozenset({"K2", "R1"})
YOUNGEST = 12
ORDERED = 0.2
LONGEST_DAYS = 84


@dataclass(frozen=True, slots=True)
class Order:
    """In force while started_on <= day < ended_on."""

    started_on: dt.date
    ended_on: dt.date


def orders(scenario: Scenario, child: Child, episodes: Sequence[Episode]) -> Iterator[Order]:
    """Some placements in a home bring an order, which the court renews once or twice."""
    for number, episode in enumerate(episodes):
        is_apt = episode.placement.place in HOMES and terms.age(child.born_on, episode.started_on) >= YOUNGEST
        if not is_apt:
            continue
        rng = scenario.stream("liberty", child.number, number)
        if rng.random() >= ORDERED:
            continue
        day = episode.started_on + dt.timedelta(days=rng.randrange(0, 20))
        for _ in range(rng.randrange(1, 4)):
            ended_on = min(day + dt.timedelta(days=rng.randrange(28, LONGEST_DAYS + 1)), episode.ended_on)
            if day >= ended_on:
                break
            yield Order(day, ended_on)
            day = ended_on
