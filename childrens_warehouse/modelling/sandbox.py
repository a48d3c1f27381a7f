"""A sandbox: a home of its own in which one model builds in seconds, on invented children or beside a release.

    var/sandbox/                  a small invented authority, landed and built once
    var/sandbox/build/            the candidate that models are built in, and dbt's target
    var/sandbox/beside/<release>/ the same beside the published release

With `--defer` everything public that is not built here is read from the published release of the real home, so a model
of core, an indicator or a report is tried on real (pseudonymised) rows without building what it rests on. Whoever does
that holds children's records in the sandbox: what was built beside a release goes when another one is published, and
with it whoever is not in that one.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

from childrens_warehouse.build import candidate, dbt, raw_schema
from childrens_warehouse.build.candidate import Workspace
from childrens_warehouse.decisions import restrictions
from childrens_warehouse.errors import WarehouseError
from childrens_warehouse.privacy import releases
from childrens_warehouse.publish.current import DATABASE, current_manifest, read_manifest
from childrens_warehouse.publish.states import state_of
from childrens_warehouse.settings import PROJECT, Home, Settings

SAMPLE_NIGHT = dt.date(2017, 5, 31)
_CHILDREN, _PUPILS = 25, 50
# Under this name dbt sees the published release.
_RELEASE = "release"


def home() -> Home:
    """Where the sandbox lies: WAREHOUSE_SANDBOX, or `var/sandbox` in the checkout."""
    return Home(Path(os.environ.get("WAREHOUSE_SANDBOX") or PROJECT / "var" / "sandbox").resolve())


def ensure(settings: Settings, say: Callable[[str], None]) -> Settings:
    """The settings of the sandbox, made once. Raises WarehouseError where a real home would be written to."""
    inside = _apart(settings, home())
    if Workspace.of(inside).candidate.exists():
        return inside
    from childrens_warehouse.run import run_night
    from childrens_warehouse.simulate import Scenario, simulate

    say(f"Making a sandbox in {inside.home.root}: {_CHILDREN} invented children in care, {_PUPILS} pupils.")
    simulate(inside.home.inbox, Scenario(SAMPLE_NIGHT, nights=1, children=_CHILDREN, pupils=_PUPILS))
    run_night(inside, SAMPLE_NIGHT, say)
    return inside


def beside(settings: Settings) -> Settings:
    """The settings of the sandbox beside the published release; what was built beside earlier ones is removed.

    Lists are empty in it. Raises WarehouseError where nothing is published, or rows about somebody who was restricted
    since.
    """
    published = current_manifest(settings.home)
    if published is None:
        raise WarehouseError(f"There is no published release in {settings.home.root} to defer to.")
    release_id = str(published["release_id"])
    keys, folder = _restricted(settings.home), home().root / "beside"
    may_be_shown = not (keys and releases.bears(settings.home, release_id, keys))
    for other in folder.glob("*"):
        if other.name != release_id or not may_be_shown:
            shutil.rmtree(other)
    if not may_be_shown:
        raise WarehouseError(f"Release {release_id} has rows about a person restricted since: run a night first.")
    inside = _apart(settings, Home(folder / release_id))
    if not Workspace.of(inside).candidate.exists():
        with candidate.connect(Workspace.of(inside).create(), inside, read_only=False) as connection:
            raw_schema.create_empty(connection)
    return inside


def _apart(settings: Settings, sandbox: Home) -> Settings:
    if home().root == settings.home.root:
        raise WarehouseError(f"The sandbox must not be the warehouse's own home: {home().root}.")
    return dataclasses.replace(settings, home=sandbox.create(), known_on=None)


def _restricted(real: Home) -> set[int]:
    """Who may not be shown; nobody, for those who may read releases and nothing else: they see what readers see."""
    try:
        return {each.person.key for each in restrictions.in_force(restrictions.on_file(real))}
    except PermissionError:
        return set()


def build(settings: Settings, models: Sequence[str], defer: bool, say: Callable[[str], None]) -> int:
    """Build models with their tests in the sandbox; return dbt's exit code.

    models: dbt selectors; with `defer` and none, what differs from the release's code and all that rests on it.
    """
    inside = beside(settings) if defer else ensure(settings, say)
    workspace = Workspace.of(inside)
    arguments = ["build"] if not defer else ["build", *_deferred(settings, workspace, inside.home.root.name)]
    select = list(models) or (["state:modified+"] if defer else [])
    if not select:
        return 0
    # A view over the release would be gone with it: it is attached only while dbt runs.
    kept = {"WAREHOUSE_INDICATORS_ARE": "table"} if defer else {}
    started = dt.datetime.now(dt.UTC)
    finished = subprocess.run(
        [sys.executable, "-W", "ignore::RuntimeWarning", "-m", "dbt.cli.main", *arguments, "--select", *select],
        cwd=dbt.DBT_PROJECT,
        env={**os.environ, **dbt.environment(workspace.candidate, workspace.dbt), **kept},
        check=False,
    )
    seconds = (dt.datetime.now(dt.UTC) - started).total_seconds()
    say(f"{' '.join(select)}: {'failed' if finished.returncode else 'built and tested'} in {seconds:.0f} s.")
    if not finished.returncode:
        say(f"Look at it: duckdb -readonly {workspace.candidate}")
    return finished.returncode


def _deferred(settings: Settings, workspace: Workspace, release_id: str) -> list[str]:
    """Options by which dbt reads what it does not build from a release of the real home."""
    published = read_manifest(settings.home, release_id)
    if published is None:
        raise WarehouseError(f"Release {release_id} has gone meanwhile: call again.")
    state = state_of(settings.home, published["code"]["fingerprint"])
    if state is None:
        raise WarehouseError(f"Release {published['release_id']} is too old to defer to: run a night first.")
    folder = workspace.folder / "deferred"
    folder.mkdir(mode=0o700, exist_ok=True)
    (folder / "manifest.json").write_text(json.dumps(_of_release(state, published)), encoding="utf-8")
    database = settings.home.releases / published["release_id"] / DATABASE
    (folder / "profiles.yml").write_text(yaml.safe_dump(_profile_beside(database)), encoding="utf-8")
    return ["--defer", "--favor-state", "--state", str(folder), "--profiles-dir", str(folder)]


def _of_release(state: dict[str, Any], published: dict[str, Any]) -> dict[str, Any]:
    """dbt's manifest, with every published model where the release has it."""
    for node in state["nodes"].values():
        if node["resource_type"] == "model" and node["name"] in published["tables"]:
            node["database"], node["schema"] = _RELEASE, "main"
            node["relation_name"] = f'"{_RELEASE}"."main"."{node["name"]}"'
    return state


def _profile_beside(database: Path) -> dict[str, Any]:
    """The project's profile, with the release attached for reading."""
    profile = yaml.safe_load((dbt.DBT_PROJECT / "profiles.yml").read_text(encoding="utf-8"))
    for output in profile["childrens_warehouse"]["outputs"].values():
        output["attach"] = [{"path": str(database), "alias": _RELEASE, "read_only": True}]
    return profile
