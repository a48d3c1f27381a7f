"""Airflow as `make up` starts it: nights go through a real scheduler, from asset to asset, as far as PostgreSQL."""

from __future__ import annotations

import dataclasses
import datetime as dt
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import psutil
import psycopg
import pytest

from childrens_warehouse import schedule, waivers
from childrens_warehouse.build.candidate import Stage, State, Workspace
from childrens_warehouse.build.gating import GateResult
from childrens_warehouse.build.inputs import code_fingerprint, inputs_fingerprint
from childrens_warehouse.datasets import Source
from childrens_warehouse.ledger import Ledger
from childrens_warehouse.orchestration import healthcheck, services, supervision
from childrens_warehouse.orchestration.command import Again, arguments
from childrens_warehouse.publish import files
from childrens_warehouse.publish.current import current_release
from childrens_warehouse.quality.judge import Judgement, RuleResult, Verdict
from childrens_warehouse.raw.in_force import in_force
from childrens_warehouse.run import land_night
from childrens_warehouse.serving import steps as serving
from childrens_warehouse.serving.local import LocalServer
from childrens_warehouse.settings import Home, PostgresSettings, Settings
from childrens_warehouse.simulate import Scenario, simulate
from tests.conftest import FEW_DATASETS

# Nights began two hours ago, and every day before, so that none begins while the tests run. Each lands the extracts of
# two days before: no supplier's stamp lies in the future.
SCHEDULE = {
    "WAREHOUSE_SCHEDULE": f"0 {(dt.datetime.now(ZoneInfo('Europe/London')) - dt.timedelta(hours=2)).hour} * * *",
    "WAREHOUSE_EXTRACT_OFFSET_DAYS": "-2",
}
LANDING = ("land_social_care", "land_health", "land_education")
OURS = (*LANDING, "build_warehouse", "decide_on_gate", "publish_marts")
SECONDS_FOR_A_NIGHT = 900
SECONDS_TO_READ = 5


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def settings_for(folder) -> Settings:
    return dataclasses.replace(Settings.from_environment(), home=Home(folder / "home"))


@dataclasses.dataclass(frozen=True)
class Nights:
    """The newest night by the schedule, those before it, and the next."""

    newest: dt.date

    @property
    def all(self) -> tuple[dt.date, ...]:
        return tuple(self.newest - dt.timedelta(days=number) for number in (2, 1, 0))

    @property
    def late(self) -> dt.date:
        """The one without a folder of health."""
        return self.all[1]

    @property
    def next(self) -> dt.date:
        return self.newest + dt.timedelta(days=1)


@pytest.fixture(scope="module")
def nights() -> Iterator[Nights]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in SCHEDULE.items():
            patch.setenv(name, value)
        settings = Settings.from_environment()
        began = next(schedule.until(settings, dt.datetime.now(dt.UTC)))
        yield Nights(began.date() + settings.extract_offset)


def few(night: dt.date, nights: int = 1) -> Scenario:
    return Scenario(
        night=night, nights=nights, children=12, pupils=40, attendance_days=10, returns=1, dirt=False,
        datasets=FEW_DATASETS,
    )  # fmt: skip


@pytest.fixture(scope="module")
def postgres():
    """An empty database of a server of its own, as the warehouse is told of it."""
    # Not below pytest's own folder: a socket's path is short, and as root the server runs as another user.
    with tempfile.TemporaryDirectory(prefix="pg-") as folder:
        Path(folder).chmod(0o755)
        server = LocalServer(Path(folder) / "s", free_port())
        server.start()
        try:
            yield PostgresSettings(server.address())
        finally:
            server.stop()


@pytest.fixture(scope="module")
def airflow(tmp_path_factory, nights, postgres):
    """A home with three small nights in its inbox, the first landed, health late in one, and Airflow up for it."""
    settings = settings_for(tmp_path_factory.mktemp("services"))
    simulate(settings.home.create().inbox, few(nights.newest, len(nights.all)))
    shutil.rmtree(settings.home.inbox / "310" / "health" / nights.late.isoformat())
    land_night(settings, nights.all[0], "before the outage")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WAREHOUSE_POLL_SECONDS", "2")
        patch.setenv("WAREHOUSE_POSTGRES_URL", postgres.url)
        running = services.up(settings, free_port())
    try:
        with services.api(running, services.read_password(settings.home)) as client:
            # The pages have tests of their own; here their minutes would go to nobody's use.
            client.patch("/dags/publish_report", json={"is_paused": True}).raise_for_status()
            yield dataclasses.replace(settings, postgres=postgres), running, client
    finally:
        services.down(settings)


def trigger(client, dag_id: str, **conf) -> str:
    answer = client.post(f"/dags/{dag_id}/dagRuns", json={"logical_date": None, "conf": conf})
    assert answer.status_code == 200, answer.text
    return answer.json()["dag_run_id"]


def runs(client, dag_id: str) -> list[dict]:
    return client.get(f"/dags/{dag_id}/dagRuns").raise_for_status().json()["dag_runs"]


def wait_for(what, seconds: float, client=None):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := what():
            return found
        time.sleep(1)
    told = {
        dag: [(run["dag_run_id"], run["state"]) for run in runs(client, dag)] for dag in (*LANDING, "build_warehouse")
    }
    raise AssertionError(f"not within {seconds:.0f} s; runs: {told}")


def backfill(settings: Settings, client, source: str, first: dt.date, last: dt.date) -> None:
    """What `warehouse backfill` asks for, by REST."""
    told = arguments(settings, source, first, last, Again.NONE)[2:]
    asked = dict(zip((word[2:].replace("-", "_") for word in told[::2]), told[1::2], strict=True))
    answer = client.post("/backfills", json={**asked, "max_active_runs": int(asked["max_active_runs"])})
    assert answer.status_code == 200, answer.text


def is_quiet(client) -> bool:
    """Has every run that there is ended, and is no more to come?"""
    states = {run["state"] for dag_id in OURS for run in runs(client, dag_id)}
    return bool(runs(client, "publish_marts")) and states <= {"success", "failed"}


@pytest.mark.slow
def test_nights_are_backfilled_and_after_an_outage_caught_up_and_published_by_assets_alone(airflow, nights, tmp_path):
    """To a new Airflow, what is backfilled is its past: the newest night is due, the one between them was missed."""
    settings, _, client = airflow
    other = settings_for(tmp_path)
    shutil.copytree(settings.home.inbox, other.home.create().inbox, dirs_exist_ok=True)
    for source in Source:
        backfill(settings, client, source, nights.all[0], nights.all[0])
    for night in nights.all:
        land_night(other, night, f"run of {night}")
    inputs = inputs_fingerprint(in_force(other), code_fingerprint(), other.disclosure.name)

    def is_published():
        landed = Ledger(settings.home.ledger).query("select distinct source, night from source_night")
        release = current_release(settings)
        return (
            len(landed) == len(Source) * len(nights.all) and release and release.inputs == inputs and is_quiet(client)
        )

    # Builds of several nights may be one. What comes of it is what comes of the nights run one by one.
    wait_for(is_published, SECONDS_FOR_A_NIGHT, client)
    for source in Source:
        found = sorted(runs(client, f"land_{source}"), key=lambda run: run["start_date"])
        told = [(run["run_type"], run["logical_date"][:10], run["state"]) for run in found]
        days = [(night + dt.timedelta(days=2)).isoformat() for night in nights.all]
        # It waited for nobody: the cut-off of that night is long past.
        late = "failed" if source == Source.HEALTH else "success"
        assert told == [
            ("backfill", days[0], "success"),
            ("scheduled", days[2], "success"),
            ("operator_triggered", days[1], late),
        ], source
    assert {run["run_type"] for run in runs(client, "publish_marts")} == {"asset_triggered"}
    release = current_release(settings)
    assert release.as_at == nights.newest
    with duckdb.connect(str(settings.home.marts), read_only=True) as marts:
        assert marts.execute("select count(*) from marts.fct_placement").fetchone()[0] > 0
    assert serving.status(settings)[0] == release.release_id, "and BI tools have it"


def refused(settings: Settings, night: dt.date) -> str:
    """Leave a candidate as the gate leaves one that it refused."""
    workspace = Workspace.of(settings).create()
    build_id = f"{night}-refused"
    workspace.save(State(build_id, "run", Stage.REFUSED, night, None, "inputs", "code"))
    halved = RuleResult("PUB-ROWS-HALVED", "volume", None, "critical", False, 4, 12)
    judged = Judgement("fct_health_assessment", Verdict.FAIL, (halved,))
    files.write_json(workspace.gate, GateResult(build_id, Verdict.FAIL, (judged,), (), 1, 0, 1.0).to_dict())
    return build_id


@pytest.mark.slow
def test_a_person_decides_on_a_build_that_the_gate_refused(airflow, nights):
    settings, _, client = airflow
    build_id = refused(settings, nights.newest)
    # What is built again is not this test's business: its run stays queued.
    client.patch("/dags/build_warehouse", json={"is_paused": True}).raise_for_status()
    run_id = trigger(client, "decide_on_gate", build_id=build_id)
    where = f"/dags/decide_on_gate/dagRuns/{run_id}/taskInstances/ask/-1/hitlDetails"

    def asked():
        answer = client.get(where)
        return answer.json() if answer.status_code == 200 and not answer.json()["response_received"] else None

    question = wait_for(asked, SECONDS_FOR_A_NIGHT, client)
    assert question["subject"] == f"The gate refused the night of {nights.newest}: publish it all the same?"
    assert "| PUB-ROWS-HALVED | fct_health_assessment | 4 of 12 |" in question["body"]

    def answer(reason: str):
        # A person reads first. Airflow takes an answer within the second in which a task begins to wait for the end of
        # an attempt, and puts the question again in the next.
        time.sleep(SECONDS_TO_READ)
        given = {"chosen_options": ["Publish with a waiver"], "params_input": {"reason": reason, "until": None}}
        assert client.patch(where, json=given).status_code == 200

    answer("")
    wait_for(asked, SECONDS_FOR_A_NIGHT, client)  # once more: a waiver needs a reason
    assert waivers.on_file(settings.home) == ()
    path = f"/dags/decide_on_gate/dagRuns/{run_id}"

    def is_over():
        if asked():
            answer("The trust archived two years")
        return {client.get(path).json()["state"]} & {"success", "failed"}

    ended = wait_for(is_over, SECONDS_FOR_A_NIGHT, client)
    assert ended == {"success"}
    (waiver,) = waivers.on_file(settings.home)
    assert (waiver.rule, waiver.table) == ("PUB-ROWS-HALVED", "fct_health_assessment")
    assert (waiver.by, waiver.reason) == (services.ADMIN, "The trust archived two years")
    assert waiver.expires_on == nights.newest
    (again,) = (run for run in runs(client, "build_warehouse") if run["state"] == "queued")
    assert again["run_type"] == "operator_triggered", "it is built again, and judged with the waiver"
    client.delete(f"/dags/build_warehouse/dagRuns/{again['dag_run_id']}").raise_for_status()
    client.patch("/dags/build_warehouse", json={"is_paused": False}).raise_for_status()


@pytest.mark.slow
def test_a_server_that_came_back_empty_is_brought_up_to_date_where_nothing_new_is_published(airflow):
    settings, _, client = airflow
    with psycopg.connect(settings.postgres.url) as connection:
        connection.execute("drop schema if exists store, marts, marts_aggregate cascade")
    assert serving.status(settings)[0] is None
    run_id = trigger(client, "watch_deadlines")
    path = f"/dags/watch_deadlines/dagRuns/{run_id}"
    ended = wait_for(lambda: {client.get(path).json()["state"]} & {"success", "failed"}, 300, client)
    assert ended == {"success"}
    assert serving.status(settings)[0] == current_release(settings).release_id


@pytest.mark.slow
def test_every_task_leaves_a_log_that_the_pages_can_show(airflow):
    _, _, client = airflow
    run_id = runs(client, "publish_marts")[0]["dag_run_id"]
    answer = client.get(f"/dags/publish_marts/dagRuns/{run_id}/taskInstances/publish/logs/1").raise_for_status()
    assert len(answer.text) > 200


@pytest.mark.slow
def test_a_folder_that_is_not_there_is_waited_for_without_a_worker(airflow, nights):
    settings, _, client = airflow
    run_id = trigger(client, "land_health", extract_date=nights.next.isoformat())
    path = f"/dags/land_health/dagRuns/{run_id}/taskInstances"

    def waiting():
        tasks = client.get(path).raise_for_status().json()["task_instances"]
        return [task for task in tasks if task["task_id"] == "wait_for_folder" and task["state"] == "up_for_reschedule"]

    def is_over():
        state = client.get(f"/dags/land_health/dagRuns/{run_id}").raise_for_status().json()["state"]
        return state if state in ("success", "failed") else None

    assert wait_for(waiting, 90, client)[0]["rendered_map_index"] == "310"
    # Delivered at last: the sources write elsewhere and rename, so the folder is there all at once.
    before = settings.home.inbox / "310" / "health"
    incoming = settings.home.root / "incoming"
    simulate(incoming, few(nights.next))
    shutil.move(incoming / "310" / "health" / nights.next.isoformat(), before)
    assert wait_for(is_over, SECONDS_FOR_A_NIGHT, client) == "success"


@pytest.mark.slow
@pytest.mark.parametrize("program", services.COMPONENTS)
def test_the_health_check_of_the_containers_finds_every_program_well(airflow, program):
    _, running, _ = airflow
    assert healthcheck.main([program, "--url", running.address]) == 0


def test_the_health_check_says_no_where_nobody_answers():
    assert healthcheck.main(["scheduler", "--url", f"http://127.0.0.1:{free_port()}"]) == 1


@pytest.mark.slow
def test_a_second_start_is_refused_while_the_first_is_up(airflow):
    settings, running, _ = airflow
    with pytest.raises(services.ServicesError, match=f"already up for this home at {running.address}"):
        services.up(settings, free_port())


# The last one, because it stops what the others use.
@pytest.mark.slow
def test_nothing_is_left_running_after_down(airflow):
    settings, running, _ = airflow
    ours = running.members()
    # The four programs, and the workers the scheduler started.
    assert len(ours) > len(services.COMPONENTS)
    assert services.down(settings) >= len(ours)
    assert [process.pid for process in ours if psutil.pid_exists(process.pid) and is_alive(process)] == []
    assert services.Running.read(settings.home) is None
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", running.port)) != 0
    assert services.down(settings) == 0


def is_alive(process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_port_that_is_taken_is_refused_before_anything_starts(tmp_path):
    settings = settings_for(tmp_path)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(services.ServicesError, match=f"Port {port} is taken by another program; choose another"):
            services.up(settings, port)
    assert services.Running.read(settings.home) is None
    assert not settings.home.logs.exists() or not list(settings.home.logs.glob("airflow-*.log"))


def test_down_ends_what_left_its_process_group_and_spares_everybody_else(tmp_path):
    """Airflow's tasks move to a process group of their own; a signal to the program's group would miss them."""
    settings = settings_for(tmp_path)
    (settings.home.create().airflow).mkdir()
    program = "import os, subprocess, sys, time; p = subprocess.Popen([sys.executable, '-c', {!r}]); time.sleep(600)"
    stray = "import os, signal, time; os.setpgid(0, 0); signal.signal(15, signal.SIG_IGN); time.sleep(600)"
    leader = subprocess.Popen([sys.executable, "-c", program.format(stray)], start_new_session=True)
    bystander = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
    try:
        running = services.Running(8080, {"scheduler": (leader.pid, psutil.Process(leader.pid).create_time())})
        running.write(settings.home)
        members = wait_for(lambda: running.members() if len(running.members()) == 2 else None, 20)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(supervision, "STOPPED_WITHIN_SECONDS", 2.0)
            assert services.down(settings) == 2
        assert not any(is_alive(process) for process in members)
        assert bystander.poll() is None
    finally:
        for process in (leader, bystander):
            process.kill()
            process.wait()


def test_a_process_id_that_now_belongs_to_somebody_else_is_left_alone(tmp_path):
    settings = settings_for(tmp_path)
    (settings.home.create().airflow).mkdir()
    bystander = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
    try:
        born_long_before = psutil.Process(bystander.pid).create_time() - 3600
        services.Running(8080, {"scheduler": (bystander.pid, born_long_before)}).write(settings.home)
        assert services.Running.read(settings.home) is None
        assert services.down(settings) == 0
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()
