"""The layers of the warehouse, built by dbt with their data tests: one process for one layer or for several.

dbt takes longer to start than to build a layer of an ordinary night, so a whole build is one process.
docs/adr/0003-orchestrating-dbt.md has the reasons and the measurements.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from childrens_warehouse.build import dbt
from childrens_warehouse.build.candidate import Workspace
from childrens_warehouse.errors import BuildFailed
from childrens_warehouse.publish import files
from childrens_warehouse.settings import OWNER_ONLY_DIRECTORY, Settings

# In building order; the folders of models each layer holds. Seeds belong to the first. A test over the manifest
# holds that every model and every data test is in exactly one layer.
FOLDERS: Mapping[str, tuple[str, ...]] = {
    "staging": ("staging",),
    # Intermediate models, the quality of the returns and the core lean on each other (care clocks need the calendar),
    # so they are one layer.
    "core": ("intermediate", "quality", "core"),
    "indicators": ("indicators", "reports"),
}
LAYERS = tuple(FOLDERS)

# A test runs in the layer that completes what it looks at, not in the first that touches it. Unit tests judge the
# code, not the night: `make test` runs them.
_OPTIONS = ("--indirect-selection", "buildable", "--exclude-resource-type", "unit_test")

# One result of run_results.json.
Node = Mapping[str, Any]

_FAILING = ("error", "fail", "runtime error")
_LINES_OF_A_DBT_ERROR = 15
_SLOWEST = 5


@dataclass(frozen=True)
class LayerResult:
    """What one layer built and what its tests said; counts, names of nodes and seconds, no values.

    seconds: spent in its nodes. What dbt needs beside, to start and to write down what it did, is in the ledger.
    """

    layer: str
    seeds: int
    models: int
    tests_passed: int
    tests_warned: int
    tests_failed: int
    seconds: float
    warned: tuple[str, ...] = ()
    slowest: tuple[tuple[str, float], ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> LayerResult:
        known = {each.name: content[each.name] for each in fields(cls)}
        known["warned"] = tuple(known["warned"])
        known["slowest"] = tuple((name, seconds) for name, seconds in known["slowest"])
        return cls(**known)


@dataclass(frozen=True)
class DbtRun:
    """What one dbt process did. `seconds` is its wall time; the layers' seconds are part of it."""

    layers: tuple[LayerResult, ...]
    seconds: float


def select(layers: Sequence[str]) -> list[str]:
    """The dbt arguments that choose the nodes of some layers."""
    chosen = [f"path:models/{folder}" for layer in layers for folder in FOLDERS[layer]]
    seeds = ["resource_type:seed"] if LAYERS[0] in layers else []
    return ["--select", *seeds, *chosen, *_OPTIONS]


def run(
    settings: Settings, workspace: Workspace, build_id: str, layers: Sequence[str], pass_fds: Sequence[int] = ()
) -> DbtRun:
    """Build some layers, one after the other, in one process. Raises BuildFailed, naming the nodes that failed."""
    results = workspace.dbt / "run_results.json"
    files.remove(results)
    began = time.monotonic()
    finished = _on_the_engine(settings, workspace, ["build", *select(layers)], pass_fds)
    seconds = round(time.monotonic() - began, 2)
    log = workspace.dbt / "logs" / "dbt.log"
    if not results.exists():
        # dbt stopped before it looked at any row: what it says is about the code.
        said = "\n".join(finished.stdout.strip().splitlines()[-_LINES_OF_A_DBT_ERROR:])
        raise BuildFailed(
            f"dbt could not start on {', '.join(layers)} (exit code {finished.returncode}); see {log}.\n{said}"
        )
    by_layer = _by_layer(workspace, json.loads(results.read_text(encoding="utf-8"))["results"])
    for layer, nodes in by_layer.items():
        _keep(settings, build_id, layer, nodes)
    failing = [node for nodes in by_layer.values() for node in nodes if node["status"] in _FAILING]
    if failing or finished.returncode != 0:
        raise BuildFailed(_explain(by_layer, log))
    done = DbtRun(tuple(_result(layer, by_layer.get(layer, ())) for layer in layers), seconds)
    if empty := [result.layer for result in done.layers if not result.models]:
        raise BuildFailed(f"dbt found no model in {', '.join(empty)}: nothing built is not the same as all is well.")
    return done


def manifest_for_duckdb(settings: Settings, workspace: Workspace, models: Sequence[str]) -> Path:
    """dbt's manifest in which these models of the build are compiled for DuckDB, whatever engine built them.

    Raises BuildFailed where dbt cannot compile them.
    """
    if settings.target == "duckdb":
        return workspace.dbt / "manifest.json"
    compiled = workspace.dbt / "for-duckdb"
    arguments = ["compile", "--select", *models, "--target", "duckdb"]
    finished = dbt.run(arguments, workspace.candidate, compiled, extra={"WAREHOUSE_TARGET": "duckdb"})
    if finished.returncode != 0:
        said = "\n".join(finished.stdout.strip().splitlines()[-_LINES_OF_A_DBT_ERROR:])
        raise BuildFailed(
            f"dbt could not compile {', '.join(models)} for DuckDB (exit code {finished.returncode}).\n{said}"
        )
    return compiled / "manifest.json"


def _on_the_engine(
    settings: Settings, workspace: Workspace, arguments: Sequence[str], pass_fds: Sequence[int]
) -> subprocess.CompletedProcess[str]:
    """Run dbt where the target says; on every engine the candidate has the public tables afterwards."""
    if settings.target == "spark":
        if find_spec("pyspark") is None:
            raise BuildFailed("Spark is not installed here, and WAREHOUSE_TARGET asks for it: docs/operating/spark.md.")
        from childrens_warehouse.build.spark import steps as spark

        return spark.run(settings, workspace, arguments, pass_fds)
    return dbt.run(arguments, workspace.candidate, workspace.dbt, pass_fds=pass_fds)


def _by_layer(workspace: Workspace, nodes: Sequence[Node]) -> dict[str, list[Node]]:
    """The nodes of a run by layer, in building order. A test is of the last layer that it looks at."""
    manifest = json.loads((workspace.dbt / "manifest.json").read_text(encoding="utf-8"))["nodes"]
    layer_of_folder = {folder: layer for layer, folders in FOLDERS.items() for folder in folders}

    def rank(unique_id: str) -> int:
        node = manifest.get(unique_id)
        if node is None or node["resource_type"] == "seed":
            return 0  # a source, or a seed
        if node["resource_type"] == "test":
            return max(map(rank, node["depends_on"]["nodes"]), default=0)
        return LAYERS.index(layer_of_folder[Path(node["path"]).parts[0]])

    by_layer: dict[str, list[Node]] = {layer: [] for layer in LAYERS}
    for node in nodes:
        by_layer[LAYERS[rank(node["unique_id"])]].append(node)
    return {layer: members for layer, members in by_layer.items() if members}


def _result(layer: str, nodes: Sequence[Node]) -> LayerResult:
    kinds = Counter(_kind(node) for node in nodes)
    tests = Counter(node["status"] for node in nodes if _kind(node) == "test")
    by_time = sorted(nodes, key=lambda node: node["execution_time"], reverse=True)
    return LayerResult(
        layer=layer,
        seeds=kinds["seed"],
        models=kinds["model"],
        tests_passed=tests["pass"],
        tests_warned=tests["warn"],
        tests_failed=tests["fail"] + tests["error"],
        seconds=round(sum(node["execution_time"] for node in nodes), 2),
        warned=tuple(sorted(_name(node) for node in nodes if node["status"] == "warn")),
        slowest=tuple((_name(node), round(node["execution_time"], 2)) for node in by_time[:_SLOWEST]),
    )


def _explain(by_layer: Mapping[str, Sequence[Node]], log: Path) -> str:
    """Which nodes failed, and how many rows a test found. Messages stay in the log: they may quote a row."""
    named = [
        f"{layer}: "
        + ", ".join(
            f"{_name(node)} ({node['failures']} rows)" if node["status"] == "fail" else f"{_name(node)} (error)"
            for node in failing
        )
        for layer, nodes in by_layer.items()
        if (failing := [node for node in nodes if node["status"] in _FAILING])
    ]
    skipped = sum(node["status"] == "skipped" for nodes in by_layer.values() for node in nodes)
    behind = f"; {skipped} nodes behind them were skipped" if skipped else ""
    return f"dbt failed in {'; '.join(named) or 'what it does not name'}{behind}. The log: {log}"


def _keep(settings: Settings, build_id: str, layer: str, nodes: Sequence[Node]) -> None:
    """Leave what each node did where an operator finds it: <home>/logs/build/<build>/<layer>.json."""
    folder = settings.home.logs / "build" / build_id
    folder.mkdir(mode=OWNER_ONLY_DIRECTORY, parents=True, exist_ok=True)
    kept = [
        {
            "node": node["unique_id"],
            "status": node["status"],
            "seconds": round(node["execution_time"], 3),
            "failures": node["failures"],
        }
        for node in nodes
    ]
    files.write_json(folder / f"{layer}.json", {"layer": layer, "nodes": kept})


def _kind(node: Node) -> str:
    return str(node["unique_id"]).split(".", 1)[0]


def _name(node: Node) -> str:
    return str(node["unique_id"]).split(".")[2]
