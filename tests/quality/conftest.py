"""Invented ledgers, made once: they are only read."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from childrens_warehouse.settings import Home, Settings
from tests.quality.invented_ledger import Invented


def invented(root: Path, **what: object) -> Settings:
    settings = dataclasses.replace(Settings.from_environment(), home=Home(root).create())
    Invented(settings.home, **what).write()  # type: ignore[arg-type]
    return settings


@pytest.fixture(scope="session")
def troubled(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Sixty nights; the last ones have one trouble of each kind."""
    return invented(tmp_path_factory.mktemp("troubled"), nights=60, troubles=True)


@pytest.fixture(scope="session")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return invented(tmp_path_factory.mktemp("healthy"), nights=40)
