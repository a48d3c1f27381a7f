"""One layer of the warehouse: one `dbt build` process, its data tests included.

docs/adr/0003-orchestrating-dbt.md has the reasons and the measurements.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from childrens_warehouse.build import dbt
from childrens_warehouse.build.candidate import Workspace
from childrens_warehouse.errors import BuildFailed
from childrens_warehouse.publish import files
from childrens_warehouse.settings import OWNER_ONLY_DIRECTORY, Settings

# In building order; what each layer selects. A test over the manifest holds that every model and every data test
# is in exactly one.
SELECTION: Mapping[str, tuple[str, ...]] = {
    "staging": ("resource_type:seed", "path:models/staging"),
    # Intermediate models and the core lean on each other (care clocks need the calendar), so they are one layer.
    "core": ("path:models/intermediate", "path:models/core"),
    "indicators": ("path:models/indicators", "path:models/reports"),
}
LAYERS = tuple(SELECTION)

# A test runs in the layer that completes what it looks at, not in the first that touches it. Unit tests judge the
# code, not the night: `make test` runs them.
_OPTIONS = ("--indirect-selection", "buildable", "--exclude-resource-type", "unit_test")

_LINES_OF_A_DBT_ERROR = 15
_SLOWEST = 5


@dataclass(frozen=True)
class LayerResult:
    """What one layer built and what its tests said; counts, names of nodes and seconds, no values."""

    layer: str
    seeds: int
    models: int
    tests_passed: int
    tests_warned: int
    tests_failed: int
    seconds: float
    seconds_in_nodes: float
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


def select(layer: str) -> list[str]:
    """The dbt arguments that choose the nodes of a layer."""
    return ["--select", *SELECTION[layer], *_OPTIONS]


def run(
    settings: Settings, workspace: Workspace, build_id: str, layer: str, pass_fds: Sequence[int] = ()
) -> LayerResult:
    """Build one layer in the candidate. Raises BuildFailed, naming the nodes that failed."""
    results = workspace.dbt / "run_results.json"
    files.remove(results)
    began = time.monotonic()
    finished = dbt.run(["build", *select(layer)], workspace.candidate, workspace.dbt, pass_fds=pass_fds)
    seconds = time.monotonic() - began
    log = workspace.dbt / "logs" / "dbt.log"
    if not results.exists():
        # dbt stopped before it looked at any row: what it says is about the code.
        said = "\n".join(finished.stdout.strip().splitlines()[-_LINES_OF_A_DBT_ERROR:])
        raise BuildFailed(f"dbt could not start on {layer} (exit code {finished.returncode}); see {log}.\n{said}")
    nodes = json.loads(results.read_text(encoding="utf-8"))["results"]
    _keep(settings, build_id, layer, nodes)
    failing = [node for node in nodes if node["status"] in ("error", "fail", "runtime error")]
    if failing or finished.returncode != 0:
        raise BuildFailed(_explain(layer, nodes, failing, log))
    result = _result(layer, nodes, seconds)
    if not result.models:
        raise BuildFailed(f"dbt found no model in {layer}: nothing was built, which is not the same as all is well.")
    return result


def _result(layer: str, nodes: Sequence[Mapping[str, Any]], seconds: float) -> LayerResult:
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
        seconds=round(seconds, 2),
        seconds_in_nodes=round(sum(node["execution_time"] for node in nodes), 2),
        warned=tuple(sorted(_name(node) for node in nodes if node["status"] == "warn")),
        slowest=tuple((_name(node), round(node["execution_time"], 2)) for node in by_time[:_SLOWEST]),
    )


def _explain(layer: str, nodes: Sequence[Mapping[str, Any]], failing: Sequence[Mapping[str, Any]], log: Path) -> str:
    """Which nodes failed, and how many rows a test found. Messages stay in the log: they may quote a row."""
    named = ", ".join(
        f"{_name(node)} ({node['failures']} rows)" if node["status"] == "fail" else f"{_name(node)} (error)"
        for node in failing
    )
    skipped = sum(node["status"] == "skipped" for node in nodes)
    behind = f"; {skipped} nodes behind them were skipped" if skipped else ""
    return f"dbt failed in {layer}: {named or 'no node is named'}{behind}. The log: {log}"


def _keep(settings: Settings, build_id: str, layer: str, nodes: Sequence[Mapping[str, Any]]) -> None:
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


def _kind(node: Mapping[str, Any]) -> str:
    return str(node["unique_id"]).split(".", 1)[0]


def _name(node: Mapping[str, Any]) -> str:
    return str(node["unique_id"]).split(".")[2]
