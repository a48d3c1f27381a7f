"""One dbt build of the whole project on an empty raw schema, shared by the tests that look at its results."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import pytest

from childrens_warehouse.build import dbt, raw_schema


@dataclass(frozen=True)
class Built:
    """A finished dbt build: its database, and what dbt wrote about it."""

    candidate: Path
    target: Path
    output: str

    @cached_property
    def manifest(self) -> dict[str, Any]:
        return json.loads((self.target / "manifest.json").read_text(encoding="utf-8"))

    @cached_property
    def statuses(self) -> dict[str, str]:
        """Status by node."""
        results = json.loads((self.target / "run_results.json").read_text(encoding="utf-8"))["results"]
        return {result["unique_id"]: result["status"] for result in results}

    @property
    def models(self) -> list[dict[str, Any]]:
        nodes = self.manifest["nodes"].values()
        return [node for node in nodes if node["resource_type"] == "model"]

    def compiled(self, model: dict[str, Any]) -> str:
        return (self.target / "compiled" / "childrens_warehouse" / model["original_file_path"]).read_text(
            encoding="utf-8"
        )

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.candidate), read_only=True) as connection:
            return connection.execute(statement).fetchall()


@pytest.fixture(scope="session")
def empty_build(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The project on nothing: every seed, model, test and unit test."""
    folder = tmp_path_factory.mktemp("empty_build")
    candidate = folder / "candidate.duckdb"
    with duckdb.connect(str(candidate)) as connection:
        raw_schema.create_empty(connection)
    finished = dbt.run(["build"], candidate, folder / "target")
    assert (folder / "target" / "run_results.json").exists(), finished.stdout
    return Built(candidate, folder / "target", finished.stdout)


class Judged:
    """A writable copy of the empty build, and dbt's own tests to run on it."""

    def __init__(self, built: Built, connection: duckdb.DuckDBPyConnection) -> None:
        self.built = built
        self.connection = connection

    def failures(self, test: str) -> int:
        (node,) = (
            node
            for node in self.built.manifest["nodes"].values()
            if node["resource_type"] == "test" and node["name"] == test
        )
        path = self.built.target / "compiled" / "childrens_warehouse" / node["original_file_path"]
        if path.suffix != ".sql":
            path = path / f"{node['alias']}.sql"
        return len(self.connection.execute(path.read_text(encoding="utf-8")).fetchall())


@pytest.fixture
def judged(empty_build: Built, tmp_path) -> Iterator[Judged]:
    # the compiled tests name the database by its file
    copy = shutil.copy(empty_build.candidate, tmp_path / empty_build.candidate.name)
    with duckdb.connect(str(copy)) as connection:
        yield Judged(empty_build, connection)
