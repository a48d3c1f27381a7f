from __future__ import annotations

from pathlib import Path

import pytest

from childrens_warehouse.settings import Settings
from tests.build import small_warehouse


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A home of its own, with SQL in dbt's place."""
    small_warehouse.install(monkeypatch.setattr)
    return small_warehouse.settings_for(tmp_path / "home")
