"""What every test may use: a warehouse home of its own, and a way to deliver files into its inbox."""

from __future__ import annotations

import codecs
import dataclasses
import datetime as dt
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from childrens_warehouse.landing import night as landing
from childrens_warehouse.settings import Home, Settings

KEY = "a key for tests, long enough to be one"
# What a night cannot be published without: nights that are about something else than lists deliver no more.
FEW_DATASETS = frozenset(
    {
        "ssda903_header", "ssda903_episodes", "ssda903_reviews", "ssda903_uasc", "health_assessments", "pupils",
        "schools", "enrolments", "attendance",
    }
)  # fmt: skip


# Folders and files that share what takes minutes to make: one worker has them all. Others go file by file.
_TOGETHER = (
    ("tests/catalogue/",), ("tests/cluster/",), ("tests/dbt_project/",), ("tests/quality/",), ("tests/simulate/",),
    (
        "tests/nights/test_nights.py", "tests/nights/test_restore.py", "tests/nights/test_sandbox.py",
        "tests/nights/test_watched.py",
    ),
)  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long, so that no worker ends alone with it."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: (item.path not in slow, item.path.name != "test_lint.py"))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Who gets which tests, where several workers run them (`make test`)."""
    from xdist.scheduler import LoadScopeScheduling

    class ByWhatIsShared(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.split("::")[0]
            return next((names[0] for names in _TOGETHER if file.startswith(names)), file)

    return ByWhatIsShared(config, log)


@pytest.fixture(scope="session", autouse=True)
def _environment_of_all() -> Iterator[None]:
    """What modules and the session share is made before the environment of a test: it is made in the same one."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        _forget_settings(monkeypatch)
        yield


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test sets ends with it."""
    _forget_settings(monkeypatch)


def _forget_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees the settings of the person who runs it, but those that are for tests."""
    for name in list(os.environ):
        if name.startswith("WAREHOUSE_") and not name.endswith(("_SAMPLES", "_REQUIRE_BROWSER", "_REQUIRE_SERVICES")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("WAREHOUSE_PSEUDONYM_KEY", KEY)


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings of an empty home."""
    monkeypatch.setenv("WAREHOUSE_HOME", str(tmp_path / "home"))
    settings = Settings.from_environment()
    settings.home.create()
    return settings


def _text_of(data: bytes) -> str:
    return data.decode("utf-16" if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "latin-1")


@dataclasses.dataclass
class Supplier:
    """Delivers folders and lands them."""

    settings: Settings
    authority: str = "310"

    @property
    def home(self) -> Home:
        return self.settings.home

    def folder(self, source: str, day: str) -> Path:
        folder = self.home.inbox / self.authority / source / day
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def deliver(
        self,
        source: str,
        day: str,
        files: Mapping[str, str | bytes],
        coverage: str | None = None,
        generated_at: str | None = None,
        manifest: Callable[[dict[str, Any]], Any] | None = None,
    ) -> Path:
        """Write a night's folder with its manifest. `manifest` may spoil the document before it is written."""
        folder = self.folder(source, day)
        entries = []
        for name, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            (folder / name).write_bytes(data)
            entry: dict[str, Any] = {
                "name": name,
                "rows": max(len(_text_of(data).strip().split("\n")) - 1, 0),
                "sha256": hashlib.sha256(data).hexdigest(),
            }
            if coverage:
                entry["coverage"] = coverage
            entries.append(entry)
        document: Any = {
            "authority": self.authority,
            "source": source,
            "extract_date": day,
            "generated_at": generated_at or f"{dt.date.fromisoformat(day) + dt.timedelta(days=1)}T02:10:00Z",
            "files": entries,
        }
        if manifest:
            document = manifest(document) or document
        text = document if isinstance(document, str) else json.dumps(document)
        (folder / "_manifest.json").write_text(text)
        return folder

    def land(self, source: str, day: str, run_id: str = "test") -> dict[str, landing.Outcome]:
        """Land one source up to a night; outcomes by file name, of a file of several datasets by dataset."""
        night = dt.date.fromisoformat(day)
        outcomes = {}
        for delivery in landing.expect(self.settings, source, night, self.authority, run_id):
            landed = landing.land(self.settings, delivery, run_id)
            outcomes |= {delivery.file_name if len(landed) == 1 else each.dataset: each for each in landed}
        landing.close(self.settings, source, night, run_id, [])
        return outcomes


@pytest.fixture
def supplier(settings: Settings) -> Supplier:
    return Supplier(settings)


@pytest.fixture(scope="session")
def programs() -> None:
    """Without the services' programs tests are skipped, and fail where WAREHOUSE_REQUIRE_SERVICES is set."""
    from childrens_warehouse.orchestration.cluster import services

    if missing := [name for name in services.PROGRAMS if not shutil.which(name)]:
        told = f"not on PATH: {', '.join(missing)}; docs/testing.md says how to get them"
        if os.environ.get("WAREHOUSE_REQUIRE_SERVICES"):
            pytest.fail(told)
        pytest.skip(told)
