"""One PostgreSQL server for all tests of a worker, a database for each, and homes with a tiny release to load."""

from __future__ import annotations

import dataclasses
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from childrens_warehouse.serving.local import LocalServer, free_port
from childrens_warehouse.settings import PostgresSettings, Settings
from tests.build import small_warehouse

# It may forget everything when the machine fails: tests are not kept.
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@pytest.fixture(scope="session")
def server() -> Iterator[LocalServer]:
    # Not below pytest's own folder: a socket's path is short, and as root the server runs as another user.
    with tempfile.TemporaryDirectory(prefix="pg-") as folder:
        Path(folder).chmod(0o755)
        server = LocalServer(Path(folder) / "s", free_port())
        server.start(FAST)
        try:
            yield server
        finally:
            server.stop()


def new_database(server: LocalServer) -> str:
    """The address of a fresh database, as its owner, through the socket."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server.address(), autocommit=True) as connection:
        connection.execute(f"create database {name}")
    return server.address(name)


@pytest.fixture
def database(server: LocalServer) -> str:
    """A database for one test."""
    return new_database(server)


@pytest.fixture(scope="module")
def module_database(server: LocalServer) -> str:
    """A database for the tests of one file."""
    return new_database(server)


@pytest.fixture
def settings(tmp_path: Path, database: str) -> Settings:
    """A home and a database of its own, both empty: tests/serving/releases.py fills them."""
    return small_warehouse.settings_for(tmp_path / "home", postgres=PostgresSettings(database))


def at(settings: Settings, **changes: object) -> Settings:
    """The same home with other settings of PostgreSQL."""
    assert settings.postgres
    return dataclasses.replace(settings, postgres=dataclasses.replace(settings.postgres, **changes))
