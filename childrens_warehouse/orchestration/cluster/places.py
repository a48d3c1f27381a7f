"""Where on one machine is what docker-compose.yml has in containers: addresses, folders, the interpreter."""

from __future__ import annotations

import json
import os
import stat
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from childrens_warehouse.orchestration.cluster.compose import Service
from childrens_warehouse.settings import OWNER_ONLY_DIRECTORY, PROJECT, Home

# Where containers see them.
_SECRETS = "/run/secrets"
_IMAGE = "/opt/warehouse"
# What a program on this machine is not given of the caller's own environment.
_OF_OTHERS = ("WAREHOUSE_", "AIRFLOW", "PG", "POSTGRES_", "REDIS_", "PROXY_")


@dataclass(frozen=True)
class Places:
    """One machine's ports and folders for the services.

    host, pages, bind: name and port of the pages, and the address that the proxy is open on. All else listens on
    127.0.0.1 alone.
    """

    home: Home
    secrets: Path
    host: str
    bind: str
    pages: int
    api: int
    postgres: int
    marts: int
    redis: int

    @property
    def folder(self) -> Path:
        """What the services keep: databases, Airflow's configuration. Beside the home's own folders, and as private."""
        return self.home.root / "services"

    def work(self, service: Service) -> Path:
        """A program's working folder, its own and private."""
        return self.folder / "work" / service.name

    def log(self, name: str) -> Path:
        return self.home.logs / f"service-{name}.log"

    @property
    def api_address(self) -> str:
        return f"http://127.0.0.1:{self.api}"

    @property
    def pages_address(self) -> str:
        return f"https://{self.host}:{self.pages}"

    def environment(self, service: Service) -> dict[str, str]:
        """The service's environment, with this machine's places in it, upon what is the caller's own business."""
        own = {name: value for name, value in os.environ.items() if not name.startswith(_OF_OTHERS)}
        told = {name: self.here(service, value) for name, value in service.environment.items()}
        there = {name: value for name, value in self._elsewhere(service).items() if name in told}
        # HOME is that of whoever starts it: a container has no other to offer.
        told.pop("HOME", None)
        return {**own, **told, **there, "SECRETS_FOLDER": str(self.secrets)}

    def command(self, service: Service, words: tuple[str, ...]) -> list[str]:
        """A command of the service's, with this machine's places and interpreter in it."""
        first, *rest = (self.here(service, word) for word in words)
        if first == "airflow":
            return [sys.executable, "-m", "airflow", *rest]
        if first == "python":
            return [sys.executable, *rest]
        return [first, *rest]

    def here(self, service: Service, text: str) -> str:
        """The text with folders and addresses of containers replaced."""
        for inside, folder in {**service.folders, _SECRETS: self.secrets, _IMAGE: PROJECT}.items():
            text = text.replace(inside, str(folder))
        return text.replace("http://api-server:8080", self.api_address)

    def _elsewhere(self, service: Service) -> Mapping[str, str]:
        """By variable, what replaces a container's value."""
        work = self.work(service)
        return {
            "AIRFLOW_HOME": str(work),
            "AIRFLOW_CONFIG": str(work / "airflow.cfg"),
            "AIRFLOW__API__BASE_URL": self.pages_address,
            "AIRFLOW__API__HOST": "127.0.0.1",
            "AIRFLOW__API__PORT": str(self.api),
            "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(self.home.logs / "airflow"),
            "AIRFLOW__LOGGING__DAG_PROCESSOR_CHILD_PROCESS_LOG_DIRECTORY": str(
                self.home.logs / "airflow" / "dag-files"
            ),
            "FORWARDED_ALLOW_IPS": "127.0.0.1",
            "WAREHOUSE_HOME": str(self.home.root),
            "POSTGRES_ADDRESS": f"127.0.0.1:{self.postgres}",
            "REDIS_ADDRESS": f"127.0.0.1:{self.redis}",
            "PROXY_ADDRESS": self.pages_address,
            "PROXY_BIND": self.bind,
            "XDG_CONFIG_HOME": str(work),
            "XDG_DATA_HOME": str(work),
            **_marts(service, self.marts),
        }

    @classmethod
    def read(cls, home: Home) -> Places | None:
        """What was written for this home when the services came up; None if they never did."""
        try:
            record = json.loads(record_file(home).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        return cls(home=home, **record | {"secrets": Path(record["secrets"])})

    def make(self) -> None:
        """Make the services' folder, and note the places in it."""
        self.folder.mkdir(exist_ok=True)
        # The group may pass through it, but not list it: PostgreSQL does not run as root.
        self.folder.chmod(OWNER_ONLY_DIRECTORY | stat.S_IXGRP)
        record = {name: value for name, value in asdict(self).items() if name != "home"}
        record_file(self.home).write_text(json.dumps(record | {"secrets": str(self.secrets)}), encoding="utf-8")


def record_file(home: Home) -> Path:
    return home.root / "services" / "places.json"


def _marts(service: Service, port: int) -> dict[str, str]:
    """Where the services' own server for BI tools is; another one that is set stays what it is."""
    url = service.environment.get("WAREHOUSE_POSTGRES_URL", "")
    return {"WAREHOUSE_POSTGRES_URL": url.replace("@marts-postgres/", f"@127.0.0.1:{port}/")}
