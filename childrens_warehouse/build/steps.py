"""The steps of a build, each safe to run again: begin, build the layers, gate.

Every step holds the build lock and checks that its build still owns the candidate. What a step leaves is written
to state.json when it is done, so a step that was cut short is known by its mark and heals by starting from raw.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from childrens_warehouse import waivers
from childrens_warehouse.build import candidate, gating, inputs, kept_back, layers
from childrens_warehouse.build.candidate import Held, Stage, State, Workspace
from childrens_warehouse.build.gating import GateResult
from childrens_warehouse.build.kept_back import KeptBack
from childrens_warehouse.build.layers import LAYERS, LayerResult
from childrens_warehouse.decisions import restrictions
from childrens_warehouse.disclosure import mart, regional
from childrens_warehouse.errors import (
    AuthoritiesRefused,
    BuildFailed,
    GateError,
    GateFailed,
    SupersededError,
    WarehouseError,
)
from childrens_warehouse.ledger import Ledger
from childrens_warehouse.observing import logs
from childrens_warehouse.observing.steps import observed
from childrens_warehouse.publish import aggregate
from childrens_warehouse.publish.current import current_release
from childrens_warehouse.publish.steps import agree
from childrens_warehouse.raw import disposal
from childrens_warehouse.raw import of_release as built_of
from childrens_warehouse.raw.in_force import InForce, create_raw_schema, in_force
from childrens_warehouse.settings import Settings

__all__ = [
    "LAYERS",
    "BuildResult",
    "BuildStart",
    "GateResult",
    "LayerResult",
    "begin",
    "build",
    "build_layer",
    "build_layers",
    "gate",
]


@dataclass(frozen=True)
class BuildStart:
    """What a build sets out to do.

    needed: False when the current release already holds exactly these inputs; then nothing was touched.
    inputs: fingerprint of everything the build is a function of.
    rebuilt, kept: attendance partitions to build tonight, and to keep from the last candidate.
    """

    build_id: str
    needed: bool
    reason: str
    as_at: dt.date
    inputs: str
    rebuilt: int
    kept: int

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "as_at": self.as_at.isoformat()}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> BuildStart:
        return cls(**{**content, "as_at": dt.date.fromisoformat(content["as_at"])})


@dataclass(frozen=True)
class BuildResult:
    """A build from begin to gate. `layers` and `gate` are empty when it was not needed."""

    start: BuildStart
    layers: tuple[LayerResult, ...] = ()
    gate: GateResult | None = None

    @property
    def build_id(self) -> str:
        return self.start.build_id

    def to_dict(self) -> dict[str, Any]:
        return {
            "start": self.start.to_dict(),
            "layers": [layer.to_dict() for layer in self.layers],
            "gate": self.gate.to_dict() if self.gate else None,
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> BuildResult:
        return cls(
            start=BuildStart.from_dict(content["start"]),
            layers=tuple(map(LayerResult.from_dict, content["layers"])),
            gate=GateResult.from_dict(content["gate"]) if content["gate"] else None,
        )


@observed("begin")
def begin(settings: Settings, run_id: str, force: bool = False) -> BuildStart:
    """Fix what goes into a build, take the candidate over and make its schema `raw`.

    force: build although nothing changed, and from raw. Raises BuildFailed when nothing was ever landed.
    """
    with candidate.locked(settings):
        began_at = dt.datetime.now(dt.UTC)
        agree(settings)
        disposal.finish(settings.home)
        last_event = Ledger(settings.home.ledger).last_file_event()
        workspace = Workspace.of(settings).create()
        code = inputs.code_fingerprint()
        night, delivered = _what_counts(settings, workspace, code)
        if not night.extracts or night.as_at is None:
            raise BuildFailed("Nothing is in force: no file has been accepted yet. Land a night first.")
        fingerprint = inputs.inputs_fingerprint(night, code, settings.disclosure.name)
        is_of_now = settings.known_on is None and settings.of_release is None
        release = current_release(settings) if is_of_now else None
        if release and release.inputs == fingerprint and not force:
            spared = BuildStart(
                build_id="",
                needed=False,
                reason=f"Nothing changed since release {release.release_id}.",
                as_at=night.as_at,
                inputs=fingerprint,
                rebuilt=0,
                kept=len(night.partitions),
            )
            # What is published is as good as new: that it was looked at counts when its age is judged.
            Ledger(settings.home.ledger).record_build(run_id, "", "begin", "not needed", spared.to_dict())
            return spared
        previous = workspace.load()
        scratch = "it was asked for" if force else _from_scratch(workspace, settings, previous, code, night)
        build_id = f"{night.as_at}-{fingerprint[:8]}-{uuid.uuid4().hex[:6]}"
        state = State(
            build_id=build_id,
            run_id=run_id,
            stage=Stage.BUILDING,
            as_at=night.as_at,
            known_on=settings.known_on,
            inputs=fingerprint,
            code=code,
            held={} if scratch or previous is None else _still_good(previous, night),
            kept_back=night.kept_back,
            delivered=delivered,
        )
        state = _prepare(settings, workspace, state, night, "begin", from_scratch=scratch is not None)
        built_of.write(workspace.built_of, night, began_at)
        because = "there is no release yet" if release is None else f"inputs changed since release {release.release_id}"
        start = BuildStart(
            build_id=build_id,
            needed=True,
            reason=f"Building: {because}"
            + (f"; from raw, because {scratch}." if scratch else "; unchanged months of attendance are kept.")
            + "".join(f" {_said_of(each, night)}" for each in night.kept_back),
            as_at=night.as_at,
            inputs=fingerprint,
            rebuilt=len(state.rebuilt),
            kept=len(state.held),
        )
        _note(settings, state, "begin", "done", {**start.to_dict(), "last_event": last_event})
        return start


def build_layers(settings: Settings, build_id: str) -> tuple[LayerResult, ...]:
    """Build and test all layers in one dbt process.

    Raises BuildFailed naming the nodes that failed, SupersededError, BusyError. After an earlier step of the same
    build was cut short or failed, starts again from raw by itself.
    """
    return _build(settings, build_id, LAYERS)


def build_layer(settings: Settings, build_id: str, layer: str) -> LayerResult:
    """The same for one layer: after a repair by hand, or to watch a build closely. Those after it become stale."""
    if settings.target == "spark":
        raise BuildFailed("On Spark the layers are built in one go: its views last as long as the session.")
    if layer not in LAYERS:
        raise BuildFailed(f"There is no layer {layer}: they are {', '.join(LAYERS)}.")
    return _build(settings, build_id, (layer,))[-1]


@observed("gate")
def gate(settings: Settings, build_id: str) -> GateResult:
    """Judge the candidate. Raises GateFailed (it says no) or GateError (it could not judge).

    Raises AuthoritiesRefused where it says no to some authorities alone: the next build takes these as they were last
    published.
    """
    with candidate.locked(settings):
        workspace = Workspace.of(settings)
        state = candidate.owned(workspace, build_id)
        if state.stage is Stage.REFUSED_IN_PART and not state.in_step:
            judged = json.loads(workspace.gate.read_text(encoding="utf-8"))
            raise _refused_in_part(GateResult.from_dict(judged))  # said before, and not heard
        if state.in_step or state.stage not in (Stage.BUILT, Stage.GATED, Stage.PUBLISHED):
            raise BuildFailed(f"Build {build_id} is not complete: its layers come before its gate.")
        release = current_release(settings)
        try:
            result = gating.judge_candidate(settings, workspace, state, release)
        except GateError as error:
            _note(settings, state, "gate", "could not judge", {"message": str(error)})
            raise
        _note_gate(settings, state, result)
        # A build of the past is of what was in force then, or it is none.
        if state.delivered and result.leaves_anybody_but(each.authority for each in state.kept_back):
            raise _keep_back(settings, workspace, state, result)
        if result.has_failed:
            # Left for a look, never built upon: partitions that were refused must not be kept.
            workspace.save(dataclasses.replace(state, stage=Stage.REFUSED))
            stays = f"Release {release.release_id} stays published." if release else "Nothing is published yet."
            raise GateFailed(f"{result.explain()} {stays}")
        held = {
            key: dataclasses.replace(each, judged=each.judged or result.passed_partitions)
            for key, each in state.held.items()
        }
        kept_back.write(workspace.folder, state.kept_back)
        stage = Stage.PUBLISHED if state.stage is Stage.PUBLISHED else Stage.GATED
        workspace.save(dataclasses.replace(state, stage=stage, held=held))
        return result


def build(
    settings: Settings,
    run_id: str,
    progress: Callable[[str], None] | None = None,
    force: bool = False,
) -> BuildResult:
    """All steps in one call, up to and with the gate; again without those authorities' data that the gate refuses."""
    say = progress or (lambda _: None)
    while True:
        try:
            return _build_once(settings, run_id, say, force)
        except AuthoritiesRefused as refused:  # each time of more of them
            say(str(refused))


def _build_once(settings: Settings, run_id: str, say: Callable[[str], None], force: bool) -> BuildResult:
    start = begin(settings, run_id, force=force)
    say(start.reason)
    if not start.needed:
        return BuildResult(start)
    with logs.about(build_id=start.build_id):
        done = build_layers(settings, start.build_id)
        for result in done:
            say(
                f"Built {result.layer}: {result.models} models, {result.tests_passed} tests passed, "
                f"{result.tests_warned} warned, {result.seconds:.1f} s."
            )
        judged = gate(settings, start.build_id)
        say(f"Gate: {judged.verdict}, {judged.evaluated} expectations on {len(judged.judgements)} suites.")
    return BuildResult(start, done, judged)


def _what_counts(settings: Settings, workspace: Workspace, code: str) -> tuple[InForce, dict[str, str]]:
    """The files and decisions that a build is made of; and fingerprints of what is in force of each authority."""
    if settings.of_release is not None:
        return built_of.of_release(settings, settings.of_release), {}
    night = in_force(settings, settings.known_on)
    if settings.known_on is not None:
        return night, {}
    delivered = kept_back.fingerprints(night, code, waivers.text(settings.home))
    if kept := kept_back.still(workspace.folder, delivered):
        release = current_release(settings)
        night = built_of.keeping_back(settings, night, kept, release.release_id if release else None)
    return night, delivered


def _said_of(each: KeptBack, night: InForce) -> str:
    """What becomes of an authority that is kept back, for the operator."""
    stays = "is as it was last published" if each.authority in night.authorities else "is left out"
    return f"Authority {each.authority} {stays}: the gate refused what it delivered ({', '.join(each.rules)})."


def _keep_back(settings: Settings, workspace: Workspace, state: State, result: GateResult) -> AuthoritiesRefused:
    """Have the next build go without what the gate refuses of some authorities; and say so."""
    refused = {each.authority: each.rules for each in result.to_keep_back}
    kept = kept_back.with_refused(state.kept_back, refused, state.delivered, state.as_at)
    kept_back.write(workspace.folder, kept)
    passed = {
        key: dataclasses.replace(each, judged=each.judged or (key[0] not in refused and result.is_large_unwaived))
        for key, each in state.held.items()
        if key[0] not in refused or key not in state.rebuilt
    }
    workspace.save(dataclasses.replace(state, stage=Stage.REFUSED_IN_PART, held=passed))
    _note(settings, state, "keep back", "done", {"kept_back": [each.to_dict() for each in kept]})
    return _refused_in_part(result)


def _refused_in_part(result: GateResult) -> AuthoritiesRefused:
    refused = {each.authority: each.rules for each in result.to_keep_back}
    named = "; ".join(f"{authority}: {', '.join(rules)}" for authority, rules in refused.items())
    return AuthoritiesRefused(
        f"The gate refused the data of some authorities ({named}). They stay as they were last published, and the "
        "others are built without waiting for them.",
        tuple(refused),
    )


def _from_scratch(
    workspace: Workspace, settings: Settings, previous: State | None, code: str, night: InForce
) -> str | None:
    """Why the build must start from raw, in words; None if unchanged partitions may be kept."""
    reason = candidate.why_not_reusable(workspace, settings, previous, code)
    if reason or previous is None:
        return reason or "there is no candidate yet"
    there = {(partition.authority, partition.month) for partition in night.partitions}
    if not there.issuperset(previous.held) or not there.issuperset(previous.rebuilt):
        return "a month of attendance is no longer in force"
    return None


def _still_good(previous: State, night: InForce) -> dict[candidate.PartitionKey, Held]:
    """Partitions of the last candidate whose input is tonight's."""
    # Who is a restricted person's pupil is known when identities are linked: their authority's are built every night.
    restricted = {each.person.authority for each in restrictions.in_force(night.restrictions)}
    fingerprints = {
        (partition.authority, partition.month): partition.fingerprint
        for partition in night.partitions
        if partition.authority not in restricted
    }
    return {key: held for key, held in previous.held.items() if held.fingerprint == fingerprints.get(key)}


def _prepare(
    settings: Settings, workspace: Workspace, state: State, night: InForce, step: str, from_scratch: bool
) -> State:
    """Make the candidate ready for dbt: schema `raw`, and the partitions to be rebuilt gone."""
    rebuilt = {
        (partition.authority, partition.month): partition.fingerprint
        for partition in night.partitions
        if (partition.authority, partition.month) not in state.held
    }
    state = dataclasses.replace(state, rebuilt=rebuilt, stage=Stage.BUILDING, layers=(), in_step=None)
    with _noted(settings, state, step), candidate.writing(workspace, state, step):
        if from_scratch:
            workspace.throw_away()
        connection = candidate.connect(workspace, settings, read_only=False)
        try:
            connection.execute("drop schema if exists raw cascade")
            create_raw_schema(connection, settings, night, list(rebuilt))
        finally:
            connection.close()
        return workspace.save(state)


def _restart(settings: Settings, workspace: Workspace, state: State) -> State:
    """Start an interrupted build again from raw, if what is in force is still what it began with."""
    night, _ = _what_counts(settings, workspace, state.code)
    if inputs.inputs_fingerprint(night, state.code, settings.disclosure.name) != state.inputs:
        raise SupersededError(f"Files arrived since build {state.build_id} was cut short: start a new build.")
    return _prepare(settings, workspace, dataclasses.replace(state, held={}), night, "begin", from_scratch=True)


@observed("build")
def _build(settings: Settings, build_id: str, wanted: tuple[str, ...]) -> tuple[LayerResult, ...]:
    """Build consecutive layers, with those before them that a restart from raw takes again."""
    with candidate.locked(settings) as lock:
        workspace = Workspace.of(settings)
        state = candidate.owned(workspace, build_id)
        if state.code != inputs.code_fingerprint():
            raise SupersededError(f"The code changed since build {build_id} began: start a new build.")
        before = LAYERS[: LAYERS.index(wanted[0])]
        if state.in_step or state.stage in (Stage.FAILED, Stage.REFUSED):
            state = _restart(settings, workspace, state)
            wanted = (*before, *wanted)
        elif missing := [layer for layer in before if layer not in state.layers]:
            raise BuildFailed(f"{wanted[0]} is built on {missing[0]}, which this build has not built yet.")
        # Whatever was built upon these layers is stale from here on.
        state = dataclasses.replace(state, stage=Stage.BUILDING, layers=LAYERS[: LAYERS.index(wanted[0])], in_step=None)
        step = ", ".join(wanted)
        with _noted(settings, state, step), candidate.writing(workspace, state, step):
            run = layers.run(settings, workspace, build_id, wanted, pass_fds=(lock,))
            state = dataclasses.replace(state, layers=(*state.layers, *wanted))
            if wanted[-1] == LAYERS[-1]:
                _suppress(settings, workspace, state)
                held = _with_rebuilt(settings, workspace, state)
                state = dataclasses.replace(state, stage=Stage.BUILT, held=held)
            workspace.save(state)
        for result in run.layers:
            _note(settings, state, result.layer, "done", result.to_dict())
        in_nodes = sum(result.seconds for result in run.layers)
        _note(settings, state, "dbt", "done", {"seconds": run.seconds, "seconds_in_nodes": round(in_nodes, 2)})
        return run.layers


def _suppress(settings: Settings, workspace: Workspace, state: State) -> None:
    """Make the figures for everybody, so that the gate judges them with the rest."""
    began = time.monotonic()
    of_regions = regional.queries(layers.manifest_for_duckdb(settings, workspace, regional.TABLES))
    connection = candidate.connect(workspace, settings, read_only=False)
    try:
        if not mart.has_figures(connection):
            return
        told = mart.create(connection, settings.disclosure, aggregate.earlier(settings), of_regions)
    finally:
        connection.close()
    _note(settings, state, "disclosure", "done", {**told, "seconds": round(time.monotonic() - began, 2)})


def _with_rebuilt(settings: Settings, workspace: Workspace, state: State) -> dict[candidate.PartitionKey, Held]:
    """Partitions that the finished candidate holds: those kept and those just built."""
    connection = candidate.connect(workspace, settings, read_only=True)
    try:
        rows = candidate.partition_rows(connection)
    finally:
        connection.close()
    new = {key: Held(fingerprint, rows.get(key, {})) for key, fingerprint in state.rebuilt.items()}
    return {**state.held, **new}


def _note(settings: Settings, state: State, step: str, became: str, detail: Mapping[str, Any]) -> None:
    Ledger(settings.home.ledger).record_build(state.run_id, state.build_id, step, became, detail)


def _note_gate(settings: Settings, state: State, result: GateResult) -> None:
    ledger = Ledger(settings.home.ledger)
    for judgement in result.judgements:
        ledger.record_gate(
            state.run_id,
            state.build_id,
            judgement.suite,
            str(judgement.verdict),
            judgement.evaluated,
            [asdict(each) for each in judgement.failed],
        )
    _note(
        settings,
        state,
        "gate",
        str(result.verdict),
        {
            "evaluated": result.evaluated,
            "waived": [asdict(each) for each in result.waived],
            "partitions_judged": result.partitions_judged,
            "members": [each.to_dict() for each in result.members],
            "seconds": result.seconds,
        },
    )


@contextmanager
def _noted(settings: Settings, state: State, step: str) -> Iterator[None]:
    """Have the ledger know of a step that failed. Only our own words: another error may quote a row."""
    try:
        yield
    except Exception as error:
        said = str(error) if isinstance(error, WarehouseError) else type(error).__name__
        _note(settings, state, step, "failed", {"message": said})
        raise
