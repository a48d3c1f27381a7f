"""The fault suite in its short form: a sample of kills, of broken disks and of broken servers, by fixed seeds."""

from __future__ import annotations

import pytest

from chaos import disks, kills, servers
from chaos.contract import Count, Form


@pytest.mark.slow
@pytest.mark.parametrize("part", [kills, disks, servers], ids=["kills", "disks", "servers"])
def test_a_sample_survives(part, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    count = part.run(Form.SHORT, 1, said.append)
    assert count.is_clean, "\n".join(said)
    assert count.kills + count.faults >= 2, "nothing was broken"


def test_counts_add_up() -> None:
    count = Count(kills=1, leaks=1, broken=("a",)) + Count(kills=2, unaccounted=3, broken=("b",))
    assert (count.kills, count.leaks, count.unaccounted, count.broken) == (3, 1, 3, ("a", "b"))
    assert not count.is_clean and Count(kills=5, deliveries=9).is_clean
