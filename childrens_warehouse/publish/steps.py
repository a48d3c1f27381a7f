"""Publish a gated build, or go back to an earlier release. All or nothing: readers see the old one or the new."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb

from childrens_warehouse.build import candidate
from childrens_warehouse.build.candidate import Stage, State, Workspace
from childrens_warehouse.errors import BuildFailed, PublishFailed
from childrens_warehouse.ledger import Ledger
from childrens_warehouse.observing.steps import observed
from childrens_warehouse.publish import (
    aggregate,
    authority_files,
    files,
    grain,
    key_changes,
    marts,
    references,
    release,
    restricting,
    states,
)
from childrens_warehouse.publish.current import (
    DATABASE,
    Release,
    current_manifest,
    current_release,
    read_manifest,
    told,
)
from childrens_warehouse.settings import GROUP_READS_FILE, Home, Settings

__all__ = ["Release", "agree", "current_release", "publish", "show_again", "switch_to"]

_PARTIAL = f".{DATABASE}.partial"


@observed("publish")
def publish(settings: Settings, build_id: str) -> Release:
    """Write the release of a gated build and put it in the place of the last one. Safe to run again.

    A build as known on an instant gets its release folder, with its own marts.duckdb; what is published stays.
    Raises BuildFailed if the build has not passed its gate, PublishFailed if it could not be written.
    """
    with candidate.locked(settings):
        workspace = Workspace.of(settings)
        state = candidate.owned(workspace, build_id)
        if state.stage not in (Stage.GATED, Stage.PUBLISHED):
            raise BuildFailed(f"Build {build_id} has not passed its gate: it is {state.stage}.")
        try:
            _clean_up(settings.home)
            state, restricted = _restrict(settings, workspace, state)
            manifest = _ensure_release(settings, workspace, state)
            states.keep(settings.home, state.code, workspace.dbt / "manifest.json")
            database, suppressed = marts.ensure(settings, manifest), aggregate.ensure(settings, manifest)
            if state.known_on is None:
                _switch(settings, manifest, database, suppressed)
            restricting.close(settings.home, restricted)
        except (OSError, duckdb.Error) as error:
            raise _failed(settings, release.release_id(state), error) from error
        # Not "did we switch just now": an attempt that died after the switch has told nobody.
        is_new = state.stage is Stage.GATED
        done = dataclasses.replace(Release.of_manifest(manifest), is_new=is_new)
        if is_new:
            ledger = Ledger(settings.home.ledger)
            if state.known_on is None:
                ledger.record_links(state.run_id, done.release_id, key_changes.since_previous(settings.home, manifest))
            ledger.record_release(state.run_id, build_id, done.release_id, done.to_dict())
        workspace.save(dataclasses.replace(state, stage=Stage.PUBLISHED))
        return done


def switch_to(settings: Settings, release_id: str) -> Release:
    """Publish an earlier release again, as it was. Raises PublishFailed when there is no such release."""
    with candidate.locked(settings):
        manifest = read_manifest(settings.home, release_id)
        if manifest is None or manifest["known_on"]:
            raise PublishFailed(f"There is no release {release_id} to go back to in {settings.home.releases}.")
        if restricting.is_closed(settings.home.releases / release_id):
            raise PublishFailed(
                f"Release {release_id} is closed: it has rows about somebody whose data may not be shown now"
                " (`warehouse restrict list`)."
            )
        try:
            _clean_up(settings.home)
            is_new = _switch(settings, manifest, marts.ensure(settings, manifest), aggregate.ensure(settings, manifest))
        except (OSError, duckdb.Error) as error:
            raise _failed(settings, release_id, error) from error
        done = dataclasses.replace(Release.of_manifest(manifest), is_new=is_new)
        if is_new:
            Ledger(settings.home.ledger).record_release("", done.build_id, release_id, done.to_dict())
        return done


def show_again(settings: Settings, manifest: Mapping[str, Any]) -> None:
    """Have readers open a release that was restored from a backup, as before. Nothing new is published."""
    with candidate.locked(settings):
        _switch(settings, manifest, marts.ensure(settings, manifest), aggregate.ensure(settings, manifest))


def _restrict(settings: Settings, workspace: Workspace, state: State) -> tuple[State, set[int]]:
    """Take rows about restricted persons out of the candidate, which was judged with them; and who these are."""
    with candidate.connect(workspace, settings, read_only=True) as connection:
        restricted = restricting.restricted_keys(connection)
    if not restricted:
        return state, restricted
    with candidate.connect(workspace, settings, read_only=False) as connection:
        restricting.take_out(connection)
        rows = candidate.partition_rows(connection)
    held = {key: dataclasses.replace(each, rows=rows.get(key, {})) for key, each in state.held.items()}
    return workspace.save(dataclasses.replace(state, held=held)), restricted


def _ensure_release(settings: Settings, workspace: Workspace, state: State) -> dict[str, Any]:
    """The manifest of the build's release, whose folder is complete when this returns."""
    home = settings.home
    existing = read_manifest(home, release.release_id(state))
    if existing and existing["build_id"] == state.build_id:
        return existing
    current = current_manifest(home)
    connection = candidate.connect(workspace, settings, read_only=True)
    try:
        planned = release.plan(connection, state, current)
        if existing:
            # Equal inputs were published before. Equal content is the promise; anything else is a fault of ours.
            if differing := release.differing(existing, planned):
                raise BuildFailed(
                    f"Build {state.build_id} has the inputs of release {existing['release_id']} but other content in "
                    f"{', '.join(differing)}: the build is not reproducible."
                )
            return existing
        return release.write(
            connection, home, state, planned, _gate(workspace, state), current, settings.readers_group,
            grain.grains(workspace.dbt / "manifest.json"), references.references(workspace.dbt / "manifest.json"),
            workspace.built_of, settings.disclosure,
        )  # fmt: skip
    finally:
        connection.close()


def _gate(workspace: Workspace, state: State) -> Mapping[str, Any]:
    result = json.loads(workspace.gate.read_text(encoding="utf-8"))
    if result["build_id"] != state.build_id:
        raise BuildFailed(f"{workspace.gate} is of build {result['build_id']}, not of {state.build_id}.")
    return result


def _switch(settings: Settings, manifest: Mapping[str, Any], database: Path, suppressed: Path | None) -> bool:
    """Have readers open this release from now on. Did that change anything?

    All that needs room comes first, then two renames, the suppressed figures' before the others': who looks in between
    reads two releases, and whoever is killed there leaves them to `agree`.
    """
    home = settings.home
    now = current_manifest(home)
    is_change = now is None or now["release_id"] != manifest["release_id"]
    if is_change:
        partial = home.published / _PARTIAL
        files.link_or_copy(database, partial)
        files.open_to_group(partial, settings.readers_group)
        prepared = aggregate.prepare(settings, suppressed)
        # Left by somebody who opened the old file for writing; it must not be played into the new one.
        files.remove(home.marts.with_name(f"{home.marts.name}.wal"))
        aggregate.switch(settings, prepared)
        files.replace(partial, home.marts)
    _note_current(settings, manifest)
    if settings.readers_group:
        for folder in (home.root, home.releases, home.published):
            files.give_to_group(folder, settings.readers_group)
    authority_files.write(settings, manifest)
    aggregate.let_pass(settings)
    return is_change


def agree(settings: Settings) -> None:
    """Have all that is published be of the release in marts.duckdb, and the ledger know of it, after a kill.

    Call it while holding the build lock. Raises OSError, PublishFailed.
    """
    manifest = current_manifest(settings.home)
    if manifest is None and settings.home.marts.exists():
        return  # its release is gone from the disk: nothing here is worth trusting
    if not aggregate.is_of(settings, manifest):
        files.remove(settings.home.published / f".{aggregate.DATABASE}.partial")
        suppressed = aggregate.ensure(settings, manifest) if manifest else None
        aggregate.switch(settings, aggregate.prepare(settings, suppressed))
    if manifest and told(settings.home) != manifest["release_id"]:
        _note_current(settings, manifest)
    if manifest:
        authority_files.write(settings, manifest)
        _have_it_told(settings, manifest)


def _have_it_told(settings: Settings, manifest: Mapping[str, Any]) -> None:
    """The ledger's word on what is published, where whoever published it was killed before saying so."""
    ledger = Ledger(settings.home.ledger)
    last = ledger.query(
        "select release_id from release_event where json_extract(detail, '$.known_on') is null"
        " order by rowid desc limit 1"
    )
    if not last or last[0]["release_id"] != manifest["release_id"]:
        release = dataclasses.replace(Release.of_manifest(manifest), is_new=True)
        ledger.record_links("", release.release_id, key_changes.since_previous(settings.home, manifest))
        ledger.record_release("", release.build_id, release.release_id, release.to_dict())


def _note_current(settings: Settings, manifest: Mapping[str, Any]) -> None:
    home = settings.home
    note = {name: manifest[name] for name in ("release_id", "as_at", "published_at", "build_id")}
    note["gate"] = manifest["gate"]["verdict"]
    note["folder"] = str(home.releases / manifest["release_id"])
    files.write_json(home.published / "current.json", note, GROUP_READS_FILE)
    if settings.readers_group:
        files.give_to_group(home.published / "current.json", settings.readers_group)


def _clean_up(home: Home) -> None:
    """Remove what an earlier attempt left half-written. Nobody else writes here: we hold the lock."""
    home.create()
    for left_over in (*home.releases.glob(f"*{release.PARTIAL}"), *home.published.glob(".*.partial*")):
        files.remove(left_over)


def _failed(settings: Settings, release_id: str, error: Exception) -> PublishFailed:
    """Say what stays published; and give the disk back what the attempt took."""
    for left_over in settings.home.releases.glob(f"*{release.PARTIAL}"):
        try:
            files.remove(left_over)
        except OSError:
            break  # the next attempt removes it
    with contextlib.suppress(OSError, duckdb.Error, sqlite3.Error, PublishFailed):
        agree(settings)  # or the next build does
    # Only what an error says of files: another may quote a row.
    cause = str(error) if isinstance(error, OSError | duckdb.IOException) else type(error).__name__
    try:
        current = current_release(settings)
    except (OSError, duckdb.Error):
        current = None
    stays = f"Release {current.release_id} stays published" if current else "Nothing is published"
    return PublishFailed(f"Release {release_id} could not be published ({cause}). {stays}.")
