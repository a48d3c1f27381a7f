"""Builds begin, go on, are cut short, overtaken and begun again; what they hold is always what raw says."""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from childrens_warehouse.build import candidate, inputs, steps
from childrens_warehouse.build.candidate import Stage, Workspace
from childrens_warehouse.build.steps import LAYERS, BuildResult, BuildStart
from childrens_warehouse.errors import BuildFailed, BusyError, SupersededError
from childrens_warehouse.ledger import Ledger
from childrens_warehouse.publish import tables
from childrens_warehouse.publish.steps import publish
from childrens_warehouse.settings import PROJECT, Settings, parse_instant
from tests.build import small_warehouse
from tests.build.small_warehouse import AUTHORITY, MAY, PUPIL_MONTH, SESSION, deliver, marks

JUNE_1 = dt.date(2017, 6, 1)


@pytest.fixture(autouse=True)
def _no_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the gate asks is test_gate.py's business, and Great Expectations takes its time."""
    monkeypatch.setattr(small_warehouse.Suites, "suite_for", lambda told: told.table.name)


def content(settings: Settings) -> dict[str, tuple[int, str]]:
    """Rows and content hash of each public table in the candidate."""
    with candidate.connect(Workspace.of(settings), settings, read_only=True) as connection:
        return {
            table.name: (found.rows, found.content)
            for table in tables.public_tables(connection)
            for found in [tables.contents(connection, table)]
        }


def build_ungated(settings: Settings) -> BuildStart:
    """Up to the gate, which takes most of the time of so small a build."""
    start = steps.begin(settings, "run")
    steps.build_layers(settings, start.build_id)
    return start


def built_elsewhere(tmp_path: Path, deliver_all) -> dict[str, tuple[int, str]]:
    """What a build from raw in another home holds."""
    other = small_warehouse.settings_for(tmp_path / "elsewhere")
    deliver_all(other)
    build_ungated(other)
    return content(other)


def reason_of_next(settings: Settings) -> str:
    return steps.begin(settings, "next").reason


def test_a_first_build_makes_everything_from_raw(settings: Settings) -> None:
    small_warehouse.deliver_two_months(settings)

    result = steps.build(settings, "run")

    assert (result.start.rebuilt, result.start.kept) == (2, 0)
    assert [layer.layer for layer in result.layers] == list(LAYERS)
    assert content(settings)[SESSION][0] == 120
    state = Workspace.of(settings).load()
    assert state is not None
    assert (state.stage, state.layers, state.in_step) == (Stage.GATED, LAYERS, None)
    assert state.held[AUTHORITY, MAY].rows == {"fct_attendance_partition": 1, PUPIL_MONTH: 30, SESSION: 60}
    recorded = Ledger(settings.home.ledger).query("select step, state from build_event order by rowid")
    assert [(row["step"], row["state"]) for row in recorded] == [
        ("begin", "done"), *((layer, "done") for layer in LAYERS), ("dbt", "done"), ("gate", "pass"),
    ]  # fmt: skip


def test_only_the_month_that_changed_is_rebuilt(settings: Settings, tmp_path: Path) -> None:
    def first(to: Settings) -> None:
        small_warehouse.deliver_two_months(to)

    def second(to: Settings) -> None:
        small_warehouse.deliver_night(to, dt.date(2017, 5, 30), mark="O")

    def both(to: Settings) -> None:
        first(to)
        second(to)

    first(settings)
    steps.build(settings, "first")
    second(settings)

    result = steps.build(settings, "second")

    assert (result.start.rebuilt, result.start.kept) == (1, 1)
    assert result.gate is not None
    assert (result.gate.partitions_judged, result.gate.partitions_carried) == (1, 1)
    with candidate.connect(Workspace.of(settings), settings, read_only=True) as connection:
        seen = connection.execute(
            "select distinct cast(date_trunc('month', session_date) as date) from raw.attendance"
        ).fetchall()
    assert seen == [(MAY,)], "dbt must be given the changed month only"
    assert content(settings) == built_elsewhere(tmp_path, both)


def test_nothing_changed_is_noticed_before_anything_is_touched(settings: Settings) -> None:
    small_warehouse.deliver_night(settings)
    publish(settings, steps.build(settings, "first").build_id)
    before = Workspace.of(settings).state.read_bytes()

    result = steps.build(settings, "second")

    assert result == BuildResult(result.start)
    assert not result.start.needed
    assert "Nothing changed since release 2017-05-31-" in result.start.reason
    assert Workspace.of(settings).state.read_bytes() == before
    noted = Ledger(settings.home.ledger).query("select run_id, build_id, state from build_event order by rowid desc")
    assert noted[0] == {"run_id": "second", "build_id": "", "state": "not needed"}


def test_a_build_can_be_forced_and_then_starts_from_raw(settings: Settings) -> None:
    small_warehouse.deliver_night(settings)
    publish(settings, steps.build(settings, "first").build_id)

    forced = steps.begin(settings, "second", force=True)

    assert forced.needed
    assert (forced.rebuilt, forced.kept) == (1, 0)


def test_a_new_night_alone_makes_a_build_needed(settings: Settings) -> None:
    small_warehouse.deliver_night(settings)
    publish(settings, steps.build(settings, "first").build_id)
    small_warehouse.deliver_night(settings, JUNE_1)

    start = steps.begin(settings, "second")

    assert start.needed
    assert start.as_at == JUNE_1


def test_nothing_landed_is_an_error_and_not_an_empty_release(settings: Settings) -> None:
    with pytest.raises(BuildFailed, match="no file has been accepted yet"):
        steps.begin(settings, "run")


def test_a_build_that_was_overtaken_does_not_go_on(settings: Settings) -> None:
    small_warehouse.deliver_night(settings)
    first = steps.begin(settings, "first")
    second = steps.begin(settings, "second")

    for step in (
        lambda: steps.build_layer(settings, first.build_id, "staging"),
        lambda: steps.gate(settings, first.build_id),
        lambda: publish(settings, first.build_id),
    ):
        with pytest.raises(SupersededError, match=second.build_id):
            step()
    steps.build_layer(settings, second.build_id, "staging")


def test_a_second_writer_is_sent_away_and_told_to_wait(settings: Settings) -> None:
    small_warehouse.deliver_night(settings)
    with candidate.locked(settings), pytest.raises(BusyError) as refused:
        steps.begin(settings, "run")
    assert refused.value.retry
    steps.begin(settings, "run")


def test_the_lock_outlives_us_while_a_child_of_ours_writes(settings: Settings) -> None:
    with candidate.locked(settings) as lock:
        child = subprocess.Popen(["sleep", "60"], pass_fds=(lock,))
    try:
        with pytest.raises(BusyError):
            steps.begin(settings, "run")
    finally:
        child.kill()
        child.wait()


@pytest.mark.parametrize("layer", ["core", "indicators"])
def test_layers_come_in_their_order(settings: Settings, layer: str) -> None:
    small_warehouse.deliver_night(settings)
    start = steps.begin(settings, "run")
    with pytest.raises(BuildFailed, match=f"{layer} is built on staging"):
        steps.build_layer(settings, start.build_id, layer)
    with pytest.raises(BuildFailed, match="its layers come before its gate"):
        steps.gate(settings, start.build_id)
    with pytest.raises(BuildFailed, match="has not passed its gate"):
        publish(settings, start.build_id)


def test_a_layer_can_be_built_again(settings: Settings) -> None:
    small_warehouse.deliver_two_months(settings)
    result = build_ungated(settings)
    before = content(settings)

    steps.build_layer(settings, result.build_id, "core")

    with pytest.raises(BuildFailed):
        steps.gate(settings, result.build_id)  # the indicators are of the old core
    steps.build_layer(settings, result.build_id, "indicators")
    assert steps.gate(settings, result.build_id).partitions_judged == 2
    assert content(settings) == before


def test_a_layer_that_fails_is_not_built_upon_and_heals_from_raw(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_warehouse.deliver_two_months(settings)
    start = steps.begin(settings, "run")
    steps.build_layer(settings, start.build_id, "staging")
    with monkeypatch.context() as broken:
        broken.setitem(small_warehouse.SQL, "core", "select * from nowhere")
        with pytest.raises(BuildFailed):
            steps.build_layer(settings, start.build_id, "core")
    recorded = Ledger(settings.home.ledger).query("select step, state, detail from build_event order by rowid desc")
    assert (recorded[0]["step"], recorded[0]["state"]) == ("core", "failed")

    assert steps.build_layer(settings, start.build_id, "core").layer == "core"
    steps.build_layer(settings, start.build_id, "indicators")
    assert steps.gate(settings, start.build_id).partitions_judged == 2


def test_after_a_failed_build_the_next_one_starts_from_raw(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    small_warehouse.deliver_night(settings)
    build_ungated(settings)
    with monkeypatch.context() as broken, pytest.raises(BuildFailed):
        broken.setitem(small_warehouse.SQL, "core", "select * from nowhere")
        steps.build(settings, "broken")
    assert "from raw, because the last build was failed" in reason_of_next(settings)


_KILLED = """
import os, signal, sys
from pathlib import Path
from childrens_warehouse.build import candidate, gating, steps
from tests.build import small_warehouse
small_warehouse.install()
settings = small_warehouse.settings_for(Path(sys.argv[1]))
step = sys.argv[2]
def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)
if step == "begin":
    create = steps.create_raw_schema
    steps.create_raw_schema = lambda *given: (create(*given), die())
elif step == "gate":
    gating.judge = die
else:
    # Killed with half of the layer's statements done, and the file not closed.
    small_warehouse.SQL[step] = small_warehouse.SQL[step] + "; select die();"
    connect = candidate.connect
    def with_die(workspace, given, *, read_only):
        connection = connect(workspace, given, read_only=read_only)
        connection.create_function("die", lambda: die(), [], "INTEGER", side_effects=True)
        return connection
    candidate.connect = with_die
steps.build(settings, "killed")
"""


@pytest.mark.parametrize("step", ["begin", *LAYERS, "gate"])
def test_a_build_killed_in_any_step_leads_to_the_same_content(settings: Settings, tmp_path: Path, step: str) -> None:
    def first(to: Settings) -> None:
        small_warehouse.deliver_two_months(to)

    def second(to: Settings) -> None:
        small_warehouse.deliver_night(to, JUNE_1, mark="O")
        deliver(to, "attendance", marks(dt.date(2017, 4, 27)), JUNE_1, "school_date")

    def both(to: Settings) -> None:
        first(to)
        second(to)

    first(settings)
    build_ungated(settings)
    second(settings)
    killed = subprocess.run(
        [sys.executable, "-c", _KILLED, str(settings.home.root), step],
        cwd=PROJECT,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr

    again = build_ungated(settings)

    if step == "gate":
        # It only reads: what was built is whole, and not yet judged.
        assert again.kept == 3
    else:
        cut_short_in = "begin" if step == "begin" else "staging, core, indicators"
        assert f"from raw, because the last build was cut short in {cut_short_in}" in again.reason
    assert content(settings) == built_elsewhere(tmp_path, both)


def test_a_killed_layer_run_again_heals_within_its_own_build(settings: Settings) -> None:
    small_warehouse.deliver_two_months(settings)
    start = steps.begin(settings, "run")
    steps.build_layer(settings, start.build_id, "staging")
    workspace = Workspace.of(settings)
    told = json.loads(workspace.state.read_text())
    workspace.state.write_text(json.dumps({**told, "in_step": "core"}))
    workspace.candidate.write_bytes(workspace.candidate.read_bytes()[:5000])

    steps.build_layer(settings, start.build_id, "core")
    steps.build_layer(settings, start.build_id, "indicators")

    assert content(settings)[SESSION][0] == 120


def test_a_killed_build_does_not_heal_into_a_mixture_of_two_nights(settings: Settings) -> None:
    small_warehouse.deliver_night(settings)
    start = steps.begin(settings, "run")
    workspace = Workspace.of(settings)
    told = json.loads(workspace.state.read_text())
    workspace.state.write_text(json.dumps({**told, "in_step": "staging"}))
    small_warehouse.deliver_night(settings, JUNE_1)

    with pytest.raises(SupersededError, match="Files arrived since"):
        steps.build_layer(settings, start.build_id, "staging")


def _cut(workspace: Workspace) -> None:
    workspace.candidate.write_bytes(workspace.candidate.read_bytes()[:20_000])


def _garble(workspace: Workspace) -> None:
    workspace.state.write_text("{")


def _lose_a_row(workspace: Workspace) -> None:
    with duckdb.connect(str(workspace.candidate)) as connection:
        connection.execute(f"delete from marts.{SESSION} where pupil_key = 3 and session_month = date '2017-04-01'")


def _vanish(workspace: Workspace) -> None:
    workspace.candidate.unlink()


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (_cut, "the candidate cannot be opened"),
        (_garble, "there is no candidate yet"),
        (_vanish, "there is no candidate yet"),
        (_lose_a_row, "the candidate does not hold what it should"),
    ],
)
def test_a_damaged_candidate_is_thrown_away(settings: Settings, damage, reason: str) -> None:
    small_warehouse.deliver_two_months(settings)
    build_ungated(settings)
    before = content(settings)
    damage(Workspace.of(settings))

    again = build_ungated(settings)

    assert f"from raw, because {reason}" in again.reason
    assert (again.rebuilt, again.kept) == (2, 0)
    assert content(settings) == before


def test_a_month_that_is_no_longer_in_force_leaves_nothing_behind(settings: Settings, tmp_path: Path) -> None:
    april = deliver(settings, "attendance", marks(dt.date(2017, 4, 28)), dt.date(2017, 4, 28), "school_date")
    small_warehouse.deliver_night(settings)
    build_ungated(settings)
    april.record(settings.home).unlink()

    again = build_ungated(settings)

    assert "from raw, because a month of attendance is no longer in force" in again.reason
    assert content(settings) == built_elsewhere(tmp_path, small_warehouse.deliver_night)


def test_other_code_builds_everything_again(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    small_warehouse.deliver_night(settings)
    publish(settings, steps.build(settings, "first").build_id)
    monkeypatch.setattr(inputs, "versions", lambda: {"childrens-warehouse": "next"})

    start = steps.begin(settings, "second")

    assert start.needed
    assert "from raw, because the code changed" in start.reason


def test_code_that_changes_between_two_steps_stops_the_build(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_warehouse.deliver_night(settings)
    start = steps.begin(settings, "run")
    monkeypatch.setattr(inputs, "versions", lambda: {"childrens-warehouse": "next"})
    with pytest.raises(SupersededError, match="The code changed"):
        steps.build_layer(settings, start.build_id, "staging")


@pytest.mark.parametrize(
    ("path", "counts"),
    [
        ("dbt_project/models/core/fct_new.sql", True),
        ("dbt_project/models/core/fct_new.yml", True),
        ("seeds/new.csv", True),
        ("expectations/publication/fct_new.py", True),
        ("childrens_warehouse/build/new.py", True),
        ("childrens_warehouse/cli.py", False),
        ("dbt_project/target/manifest.yml", False),
        ("dbt_project/.user.yml", False),
        ("docs/new.md", False),
    ],
)
def test_the_code_is_what_decides_content(tmp_path: Path, path: str, counts: bool) -> None:
    before = inputs.code_fingerprint(tmp_path)
    (tmp_path / path).parent.mkdir(parents=True)
    (tmp_path / path).write_text("something")
    assert (inputs.code_fingerprint(tmp_path) != before) == counts


def test_a_build_as_known_on_an_instant_stands_apart(settings: Settings, tmp_path: Path) -> None:
    small_warehouse.deliver_two_months(settings)
    small_warehouse.deliver_night(settings, JUNE_1, children=40)
    build_ungated(settings)
    kept = Workspace.of(settings).state.read_bytes()
    then = small_warehouse.settings_for(settings.home.root, known_on=parse_instant("2017-05-31"))

    first, second = build_ungated(then), build_ungated(then)

    assert first.as_at == dt.date(2017, 5, 31)
    assert (first.kept, second.kept) == (0, 0)
    assert Workspace.of(then).folder.name == "known-on-20170531T235959Z"
    assert content(then) == built_elsewhere(tmp_path, small_warehouse.deliver_two_months)
    assert Workspace.of(settings).state.read_bytes() == kept


def test_what_steps_return_survives_a_trip_through_json(settings: Settings) -> None:
    small_warehouse.deliver_two_months(settings)
    result = steps.build(settings, "run")
    assert BuildResult.from_dict(json.loads(json.dumps(result.to_dict()))) == result
    assert BuildStart.from_dict(json.loads(json.dumps(result.start.to_dict()))) == result.start


def test_nobody_but_the_owner_sees_a_candidate(settings: Settings) -> None:
    small_warehouse.deliver_night(settings)
    build_ungated(settings)
    assert settings.home.build.stat().st_mode & 0o777 == 0o700
    assert Workspace.of(settings).state.stat().st_mode & 0o777 == 0o600
