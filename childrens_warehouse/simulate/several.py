"""Extracts of several authorities in one inbox: those named, or all of a region, each of a size of its own."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import replace
from pathlib import Path
from random import Random

from childrens_warehouse import reference
from childrens_warehouse.errors import ConfigurationError
from childrens_warehouse.simulate import Scenario, simulate

# Of the average: a square mile of offices, and islands; nobody else's size is known here.
TINY = {"201": 0.02, "420": 0.02}
# Each draws its whole area: some 300 MB where it is as large as a borough.
MOST_PROCESSES = 4


def of_region(region: str, average: Scenario) -> tuple[Scenario, ...]:
    """One scenario for each authority of a region on the night, of differing sizes that follow from the seed.

    average: what all have alike, with the children and pupils of one on average.

    Raises:
        ConfigurationError: there is no such region.
    """
    try:
        codes = reference.authorities_of_region(region, average.night)
    except KeyError as error:
        raise ConfigurationError(f"No region of England is called {region!r}; there are {error.args[0]}.") from None
    children, pupils = (_shares(codes, average.seed, what) for what in ("children", "pupils"))
    return tuple(
        replace(
            average,
            authority=code,
            children=max(1, round(average.children * children[code])),
            pupils=max(1, round(average.pupils * pupils[code])),
        )
        for code in codes
    )


def simulate_several(
    inbox: Path, scenarios: Iterable[Scenario], progress: Callable[[str], None] | None = None
) -> list[Path]:
    """Write the extracts of several authorities, as many at a time as the machine has processors.

    Returns the folders written. What one authority's folders hold does not depend on the others.

    Raises:
        ConfigurationError: a folder of the inbox holds another delivery; other authorities' may have been written.
    """
    tell = progress or (lambda message: None)
    asked = list(scenarios)
    if len(asked) == 1:
        return simulate(inbox, asked[0], tell)
    written: list[Path] = []
    # The largest first, so that no process ends alone with one.
    asked.sort(key=lambda scenario: (-scenario.pupils, scenario.authority))
    processes = min(len(asked), len(os.sched_getaffinity(0)), MOST_PROCESSES)
    tell(f"{len(asked)} authorities, {processes} at a time")
    # Not forked: the caller may have threads.
    with ProcessPoolExecutor(processes, multiprocessing.get_context("forkserver")) as pool:
        drawn: dict[Future[list[Path]], Scenario] = {pool.submit(simulate, inbox, each): each for each in asked}
        try:
            for number, done in enumerate(as_completed(drawn), start=1):
                folders, scenario = done.result(), drawn[done]
                written += folders
                size = f"{scenario.children:,} children, {scenario.pupils:,} pupils"
                tell(f"{number} of {len(asked)}: {scenario.authority}: {size}, {len(folders)} folders written")
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return sorted(written)


def _shares(codes: tuple[str, ...], seed: int, what: str) -> dict[str, float]:
    """The size of each authority against the average of them: mostly a half to one and a half, apart from the tiny."""
    usual = {code: Random(f"{seed}/{code}/size").uniform(0.5, 1.5) for code in codes if code not in TINY}
    # Children in care go with the pupils, but not strictly.
    drawn = {code: size * Random(f"{seed}/{code}/{what}").uniform(0.85, 1.15) for code, size in usual.items()}
    tiny = {code: TINY[code] for code in codes if code in TINY}
    left = len(codes) - sum(tiny.values())
    return {code: size * left / sum(drawn.values()) for code, size in drawn.items()} | tiny
