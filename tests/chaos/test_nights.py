"""Bad deliveries, odd calendars and several processes at once, in their short form; `make chaos` runs the long one."""

from __future__ import annotations

import pytest

from chaos.deliveries import Trial
from childrens_warehouse.raw import in_force
from tests.chaos.running import must_hold

pytestmark = pytest.mark.slow

SEED = 20


@pytest.mark.parametrize("part", ["deliveries", "calendar", "together"])
def test_nothing_is_lost_and_nothing_counts_that_should_not(part):
    must_hold(part, SEED, broken=1, delivered=101)


def test_a_warehouse_that_takes_the_older_file_is_found_out_with_what_it_takes(monkeypatch):
    """The model would be of no use if it agreed with anything."""

    def oldest_per_scope(files):
        found = {}
        for each in sorted(files, key=lambda file: file.order, reverse=True):
            found[each.scope] = each
        return list(found.values())

    monkeypatch.setattr(in_force, "newest_per_scope", oldest_per_scope)
    trial = Trial(SEED, nights=6, authorities=1, missing=0.5, is_judged=False, releases=False)
    assert trial.run(print).broken
    assert 2 <= len(trial.shrink(print)) <= 4
