"""Services killed under a living Airflow: one night with three kills; `make chaos` has more of them."""

from __future__ import annotations

import random
import signal

import pytest

from chaos.services import Kill
from childrens_warehouse.orchestration.cluster.services import SERVERS
from tests.chaos.running import must_hold

# A worker is asked to end, a task and Airflow's database are killed.
SEED = 59


@pytest.mark.slow
def test_a_night_survives_the_end_of_its_services(programs):
    must_hold("services", SEED, broken=2)


def test_a_seed_tells_who_is_ended_when_and_how() -> None:
    kills = [Kill.any(random.Random(seed)) for seed in range(200)]
    assert kills == [Kill.any(random.Random(seed)) for seed in range(200)]
    assert len({kill.victim for kill in kills}) == 10
    # What docker-compose.yml stops them with: they would wait for their clients to go.
    assert signal.SIGTERM not in {kill.signal for kill in kills if kill.victim in SERVERS}
