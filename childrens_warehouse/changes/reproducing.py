"""Make a release again, from what it was built of, and compare: equal inputs and code, equal content."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from childrens_warehouse.build import candidate, inputs, steps
from childrens_warehouse.build.candidate import Workspace
from childrens_warehouse.errors import WarehouseError
from childrens_warehouse.publish import files, release
from childrens_warehouse.publish.current import current_manifest, read_manifest
from childrens_warehouse.settings import Settings


@dataclass(frozen=True)
class Reproduced:
    """How many tables the release has, and which of them came out otherwise."""

    release_id: str
    tables: int
    differing: tuple[str, ...]


def reproduce(settings: Settings, name: str, progress: Callable[[str], None]) -> Reproduced:
    """Build a release (`current` or its id) in a workspace of its own, compare, and remove the workspace.

    Raises WarehouseError where it cannot be made again: other code, files or figures gone, another pseudonym key.
    """
    manifest = current_manifest(settings.home) if name == "current" else read_manifest(settings.home, name)
    if manifest is None:
        raise WarehouseError(f"There is no release {name} in {settings.home.releases}.")
    release_id = str(manifest["release_id"])
    if manifest["code"]["fingerprint"] != inputs.code_fingerprint():
        versions = ", ".join(f"{each} {version}" for each, version in manifest["code"]["versions"].items())
        commit = manifest["code"].get("commit")
        raise WarehouseError(
            f"Release {release_id} was built by other code ({versions}{f', commit {commit}' if commit else ''}): check "
            "that out and install its requirements, then call again."
        )
    again = dataclasses.replace(settings, known_on=None, of_release=release_id)
    workspace = Workspace.of(again)
    try:
        started = steps.begin(again, f"reproduce-{dt.datetime.now(dt.UTC):%Y%m%dT%H%M%S}")
        if started.inputs != manifest["inputs"]["fingerprint"]:
            progress("Its inputs are not those of then: files were judged again, or a decision is gone from its file.")
        for layer in steps.build_layers(again, started.build_id):
            progress(f"Built {layer.layer}: {layer.models} models, {layer.seconds:.1f} s.")
        connection = candidate.connect(workspace, again, read_only=True)
        try:
            planned = release.plan(connection, candidate.owned(workspace, started.build_id), None)
        finally:
            connection.close()
    finally:
        files.remove(workspace.folder)
    return Reproduced(release_id, len(planned), tuple(release.differing(manifest, planned)))
