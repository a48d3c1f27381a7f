"""What stops the services from starting is said before anything starts."""

from __future__ import annotations

import dataclasses
import socket

import pytest

from childrens_warehouse.orchestration import healthcheck
from childrens_warehouse.orchestration.cluster import secrets, services
from childrens_warehouse.orchestration.services import Running
from childrens_warehouse.orchestration.supervision import ServicesError
from childrens_warehouse.serving.local import free_port
from childrens_warehouse.settings import Home, Settings


@pytest.fixture
def settings(tmp_path) -> Settings:
    return dataclasses.replace(Settings.from_environment(), home=Home(tmp_path / "home"))


def refused(settings: Settings, folder, port: int, because: str) -> None:
    with pytest.raises(ServicesError, match=because):
        services.up(settings, port, folder, {})
    assert Running.read(settings.home) is None and not (settings.home.root / "services").exists()


def test_a_program_that_is_not_installed_is_named_with_what_installs_it(settings, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    refused(settings, tmp_path, free_port(), "redis-server is not on the PATH: install it .*apt install redis-server")


def test_secrets_that_are_not_there_are_named(settings, tmp_path, programs):
    secrets.make(tmp_path / "secrets", "localhost")
    (tmp_path / "secrets" / "pseudonym_key").unlink()
    refused(settings, tmp_path / "secrets", free_port(), "lacks pseudonym_key: run `make secrets` first")


def test_a_port_that_is_taken_is_refused(settings, tmp_path, programs):
    secrets.make(tmp_path / "secrets", "localhost")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        refused(settings, tmp_path / "secrets", port, f"Port {port} is taken .* make up-services PORT={port + 1}")


def test_a_worker_that_cannot_be_asked_is_not_well_and_no_password_is_told(monkeypatch, tmp_path, capsys):
    command = f"echo redis://airflow:invented-password@127.0.0.1:{free_port()}/0"
    monkeypatch.setenv("AIRFLOW__CELERY__BROKER_URL_CMD", command)
    assert healthcheck.main(["worker-1"]) == 1
    told = capsys.readouterr().out
    assert told.startswith("worker-1: not known:") and "invented-password" not in told
