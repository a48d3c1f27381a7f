"""The fault suite in its short form: kills, broken disks, broken servers, reports that are killed, by fixed seeds."""

from __future__ import annotations

import pytest

from chaos.contract import Count
from tests.chaos.running import must_hold


@pytest.mark.slow
@pytest.mark.parametrize("part", ["kills", "disks", "servers", "reports"])
def test_a_sample_survives(part: str) -> None:
    must_hold(part, 1, broken=2)


def test_counts_add_up() -> None:
    count = Count(kills=1, leaks=1, broken=("a",)) + Count(kills=2, unaccounted=3, broken=("b",))
    assert (count.kills, count.leaks, count.unaccounted, count.broken) == (3, 1, 3, ("a", "b"))
    assert not count.is_clean and Count(kills=5, deliveries=9).is_clean
