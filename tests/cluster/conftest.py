"""The services of docker-compose.yml, up once for all tests here, with one small night in the inbox."""

from __future__ import annotations

import dataclasses
import datetime as dt
import ssl
import tempfile
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest

from childrens_warehouse.orchestration.cluster import secrets, services
from childrens_warehouse.orchestration.cluster.places import Places
from childrens_warehouse.orchestration.environment import ADMIN
from childrens_warehouse.orchestration.services import Running
from childrens_warehouse.serving.local import free_port
from childrens_warehouse.settings import Home, Settings
from childrens_warehouse.simulate import Scenario, simulate
from tests.conftest import FEW_DATASETS

NIGHT = dt.date(2017, 5, 31)
# Nights begin twelve hours from now: a night that is due would go before the one that the tests start, and wait.
AWAY = dt.datetime.now(ZoneInfo("Europe/London")) + dt.timedelta(hours=12)
VARIABLES = {"WAREHOUSE_POLL_SECONDS": "2", "WAREHOUSE_SCHEDULE": f"0 {AWAY.hour} * * *"}


@dataclasses.dataclass(frozen=True)
class Cluster:
    """What is up: where, and as whom one may speak to it."""

    settings: Settings
    places: Places

    @property
    def running(self) -> Running:
        found = Running.read(self.settings.home)
        assert found
        return found

    def secret(self, name: str) -> str:
        return (self.places.secrets / name).read_text(encoding="utf-8").strip()

    def client(self, name: str | None = None, password: str | None = None) -> httpx.Client:
        """Somebody at the pages' own address: nobody in particular, or who signs in with a password."""
        trusted = ssl.create_default_context(cafile=self.places.secrets / "certificate.pem")
        headers = {}
        if name:
            body = {"username": name, "password": password}
            answer = httpx.post(f"{self.places.pages_address}/auth/token", json=body, verify=trusted, timeout=60)
            headers["Authorization"] = f"Bearer {answer.raise_for_status().json()['access_token']}"
        return httpx.Client(base_url=self.places.pages_address, verify=trusted, headers=headers, timeout=60)

    def admin(self) -> httpx.Client:
        return self.client(ADMIN, self.secret("admin_password"))


@pytest.fixture(scope="session")
def cluster(programs: None) -> Iterator[Cluster]:
    # Not below pytest's own folder: a socket's path is short, and as root PostgreSQL runs as another user.
    with tempfile.TemporaryDirectory(prefix="cluster-") as folder:
        Path(folder).chmod(0o755)
        settings = dataclasses.replace(Settings.from_environment(), home=Home(Path(folder) / "home"))
        few = Scenario(night=NIGHT, nights=1, children=12, pupils=40, attendance_days=10, datasets=FEW_DATASETS)
        simulate(settings.home.create().inbox, few)
        held = Path(folder) / "secrets"
        secrets.make(held, "localhost")
        try:
            yield Cluster(settings, services.up(settings, free_port(), held, VARIABLES))
        finally:
            services.down(settings)
