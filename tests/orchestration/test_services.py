"""Airflow as `make up` starts it: the night goes through a real scheduler, from asset to asset."""

from __future__ import annotations

import dataclasses
import datetime as dt
import shutil
import socket
import subprocess
import sys
import time

import duckdb
import psutil
import pytest

from childrens_warehouse.orchestration import healthcheck, services, supervision
from childrens_warehouse.settings import Home, Settings
from childrens_warehouse.simulate import Scenario, simulate
from tests.conftest import FEW_DATASETS

NIGHT = dt.date(2017, 5, 31)
NIGHT_WITHOUT_FOLDERS = dt.date(2017, 6, 1)
LANDING = ("land_social_care", "land_health", "land_education")
OURS = (*LANDING, "build_warehouse", "publish_marts")
SECONDS_FOR_A_NIGHT = 600


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def settings_for(folder) -> Settings:
    return dataclasses.replace(Settings.from_environment(), home=Home(folder / "home"))


@pytest.fixture(scope="module")
def airflow(tmp_path_factory):
    """A home with one small night in its inbox, and Airflow up for it."""
    settings = settings_for(tmp_path_factory.mktemp("services"))
    few = Scenario(night=NIGHT, nights=1, children=12, pupils=40, attendance_days=10, datasets=FEW_DATASETS)
    simulate(settings.home.create().inbox, few)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WAREHOUSE_POLL_SECONDS", "2")
        running = services.up(settings, free_port())
    try:
        with services.api(running, services.read_password(settings.home)) as client:
            yield settings, running, client
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


@pytest.mark.slow
def test_a_night_goes_from_the_inbox_to_published_marts_by_assets_alone(airflow):
    settings, _, client = airflow
    for dag_id in LANDING:
        trigger(client, dag_id, extract_date=NIGHT.isoformat())

    def published_or_broken():
        states = {dag_id: {run["state"] for run in runs(client, dag_id)} for dag_id in OURS}
        return states["publish_marts"] == {"success"} or "failed" in set().union(*states.values())

    wait_for(published_or_broken, SECONDS_FOR_A_NIGHT, client)
    for dag_id in LANDING:
        assert [(run["run_type"], run["state"]) for run in runs(client, dag_id)] == [("manual", "success")], dag_id
    for dag_id in ("build_warehouse", "publish_marts"):
        found = [(run["run_type"], run["state"]) for run in runs(client, dag_id)]
        assert found == [("asset_triggered", "success")], dag_id
    with duckdb.connect(str(settings.home.marts), read_only=True) as marts:
        assert marts.execute("select count(*) from marts.fct_placement").fetchone()[0] > 0


@pytest.mark.slow
def test_every_task_leaves_a_log_that_the_pages_can_show(airflow):
    _, _, client = airflow
    run_id = runs(client, "publish_marts")[0]["dag_run_id"]
    answer = client.get(f"/dags/publish_marts/dagRuns/{run_id}/taskInstances/publish/logs/1").raise_for_status()
    assert len(answer.text) > 200


@pytest.mark.slow
def test_a_folder_that_is_not_there_is_waited_for_without_a_worker(airflow):
    settings, _, client = airflow
    run_id = trigger(client, "land_health", extract_date=NIGHT_WITHOUT_FOLDERS.isoformat())
    path = f"/dags/land_health/dagRuns/{run_id}/taskInstances"

    def waiting():
        tasks = client.get(path).raise_for_status().json()["task_instances"]
        return [task for task in tasks if task["task_id"] == "wait_for_folder" and task["state"] == "up_for_reschedule"]

    def ended():
        state = client.get(f"/dags/land_health/dagRuns/{run_id}").raise_for_status().json()["state"]
        return state if state in ("success", "failed") else None

    assert wait_for(waiting, 90, client)[0]["rendered_map_index"] == "310"
    # Delivered at last: the sources write elsewhere and rename, so the folder is there all at once.
    before = settings.home.inbox / "310" / "health"
    incoming = settings.home.root / "incoming"
    few = Scenario(
        night=NIGHT_WITHOUT_FOLDERS, nights=1, children=12, pupils=40, attendance_days=10, datasets=FEW_DATASETS
    )
    simulate(incoming, few)
    shutil.move(incoming / "310" / "health" / NIGHT_WITHOUT_FOLDERS.isoformat(), before)
    assert wait_for(ended, 120, client) == "success"


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
