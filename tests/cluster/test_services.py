"""A night on two Celery workers, started as docker-compose.yml says, and what each role may do meanwhile."""

from __future__ import annotations

import contextlib
import re
import socket
import time
from collections.abc import Callable, Iterator, Mapping

import duckdb
import httpx
import psutil
import psycopg
import pytest

from childrens_warehouse.orchestration.cluster import compose, secrets, services
from childrens_warehouse.orchestration.cluster.services import health
from childrens_warehouse.orchestration.services import HEALTH, Running
from childrens_warehouse.orchestration.supervision import ServicesError
from childrens_warehouse.serving.local import LocalServer, free_port
from tests.cluster.conftest import NIGHT, VARIABLES, Cluster

pytestmark = pytest.mark.slow

LANDING = ("land_social_care", "land_health", "land_education")
OURS = (*LANDING, "build_warehouse", "publish_marts")
SECONDS_FOR_A_NIGHT = 600
WORKERS = ("worker-1", "worker-2")
EVERYBODY = {"Viewer", "Analyst", "Duty", "Engineer", "Admin"}
DUTY = {"Duty", "Engineer", "Admin"}
ENGINEERS = {"Engineer", "Admin"}

Person = Mapping[str, httpx.Client]


@pytest.fixture(scope="module")
def people(cluster: Cluster) -> Iterator[dict[str, httpx.Client]]:
    """A person of each role, signed in; the administrator made their accounts."""
    password = "Invented-Pass-2017"
    signed_in = {}
    with cluster.admin() as admin:
        for role in sorted(EVERYBODY):
            name = role.lower() + ".test"
            account = {
                "username": name, "email": f"{name}@council.example", "first_name": "Invented", "last_name": role,
                "roles": [{"name": role}], "password": password,
            }  # fmt: skip
            assert admin.post("/auth/fab/v1/users", json=account).status_code == 200
            signed_in[role] = cluster.client(name, password)
    yield signed_in
    for client in signed_in.values():
        client.close()


@pytest.fixture(scope="module")
def night(cluster: Cluster, people: Person) -> dict[str, str]:
    """The runs of one night, by DAG: whoever is on duty starts the three landings, assets do the rest."""
    for dag_id in LANDING:
        conf = {"extract_date": NIGHT.isoformat()}
        body = {"logical_date": None, "conf": conf}
        answer = people["Duty"].post(f"/api/v2/dags/{dag_id}/dagRuns", json=body)
        assert answer.status_code == 200, answer.text

    def ended() -> bool:
        states = {state for dag_id in OURS for state in runs(people["Viewer"], dag_id).values()}
        return "failed" in states or set(runs(people["Viewer"], "publish_marts").values()) == {"success"}

    wait_for(ended, SECONDS_FOR_A_NIGHT)
    found = {dag_id: runs(people["Viewer"], dag_id) for dag_id in OURS}
    assert [list(states.values()) for states in found.values()] == [["success"]] * len(OURS), found
    return {dag_id: next(iter(states)) for dag_id, states in found.items()}


def runs(client: httpx.Client, dag_id: str) -> dict[str, str]:
    answer = client.get(f"/api/v2/dags/{dag_id}/dagRuns").raise_for_status().json()
    return {run["dag_run_id"]: run["state"] for run in answer["dag_runs"]}


def wait_for(what: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s"
        time.sleep(1)


def test_a_night_is_published_in_the_files_and_on_the_server(cluster: Cluster, night):
    with duckdb.connect(str(cluster.settings.home.marts), read_only=True) as marts:
        (in_files,) = marts.execute("select count(*) from marts.fct_placement").fetchone()
    with psycopg.connect(
        host="127.0.0.1", port=cluster.places.marts, user="warehouse", dbname="warehouse",
        password=cluster.secret("marts_password"),
    ) as server:  # fmt: skip
        (on_server,) = server.execute("select count(*) from marts.fct_placement").fetchone()
    assert in_files == on_server > 0


def test_every_task_ran_on_one_of_the_two_workers_and_both_had_some(cluster: Cluster, night):
    records = LocalServer(cluster.places.folder / "postgres", cluster.places.postgres)
    with psycopg.connect(records.address("airflow")) as connection:
        tried = connection.execute(
            "select external_executor_id from task_instance where state = 'success' and start_date is not null"
        ).fetchall()
    # Tasks that only stand for others (a short circuit's skipped ones) are never sent.
    sent = {each for (each,) in tried}
    ran = {name: set(re.findall(r"execute_workload\[([0-9a-f-]{36})\]", log(cluster, name))) for name in WORKERS}
    assert len(sent) > 20
    assert sent <= ran["worker-1"] | ran["worker-2"]
    assert all(sent & ids for ids in ran.values())


def log(cluster: Cluster, service: str) -> str:
    return cluster.places.log(service).read_text(encoding="utf-8")


def test_tasks_find_great_expectations_loaded(cluster: Cluster, night, people: Person):
    """It takes five seconds to load: a few files of a few rows land in less."""
    path = f"/api/v2/dags/land_health/dagRuns/{night['land_health']}/taskInstances"
    tasks = people["Viewer"].get(path).raise_for_status().json()["task_instances"]
    landed = [task["duration"] for task in tasks if task["task_id"] == "land_files"]
    assert landed and min(landed) < 4


def test_no_secret_is_in_an_environment_or_on_a_command_line(cluster: Cluster):
    hidden = {
        name: cluster.secret(name) for name in secrets.NAMES if name not in ("certificate.pem", "connections.yaml")
    }
    told = {
        name: "\n".join(
            [*cluster.places.environment(service).values(), *cluster.places.command(service, service.command)]
        )
        for name, service in compose.services(VARIABLES).items()
    }
    assert len(told) >= 11
    # What runs; most programs write over their own environment with a title.
    for process in cluster.running.members():
        with contextlib.suppress(psutil.NoSuchProcess):
            told[f"{process.pid}"] = "\n".join([*process.environ().values(), *process.cmdline()])
    assert [(who, name) for who, text in told.items() for name, value in hidden.items() if value in text] == []


def test_the_pages_answer_by_tls_alone_and_tasks_have_a_way_of_their_own(cluster: Cluster):
    with cluster.client() as anybody:
        page = anybody.get("/auth/login/")
        assert page.status_code == 200 and "Sign In" in page.text
        assert page.headers["strict-transport-security"] and page.headers["x-content-type-options"] == "nosniff"
        cookies = [value for name, value in page.headers.multi_items() if name == "set-cookie"]
        assert cookies and all("Secure" in cookie for cookie in cookies)
        assert anybody.get("/execution/health").status_code == 404
        assert anybody.get("/api/v2/dags").status_code == 401
    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        httpx.get(cluster.places.pages_address)
    plain = cluster.places.pages_address.replace("https", "http")
    assert httpx.get(plain + HEALTH).status_code == 400


@pytest.mark.parametrize("program", ["api-server", "scheduler", "dag-processor", "triggerer", *WORKERS])
def test_the_health_checks_of_the_containers_find_every_program_well(cluster: Cluster, program):
    done = health(program, cluster.places, VARIABLES)
    assert (done.returncode, done.stdout.strip()) == (0, f"{program}: healthy")


def test_redis_lets_nobody_in_without_its_password(cluster: Cluster):
    with socket.create_connection(("127.0.0.1", cluster.places.redis), timeout=5) as line:
        line.sendall(b"KEYS *\r\n")
        assert line.recv(100).startswith(b"-NOAUTH")


MAY = {
    "see runs": (EVERYBODY, "GET", "/api/v2/dags/land_health/dagRuns", None),
    "see what a DAG is for": (EVERYBODY, "GET", "/api/v2/dags/land_health/details", None),
    "read a log": (EVERYBODY - {"Analyst"}, "GET", "{run}/taskInstances/choose_night/logs/1", None),
    "read what tasks hand on": (EVERYBODY - {"Analyst"}, "GET", "{run}/taskInstances/choose_night/xcomEntries", None),
    "read code": (EVERYBODY - {"Analyst"}, "GET", "/api/v2/dagSources/land_health", None),
    # A body that cannot be taken: whoever may start a run is told so, nothing starts.
    "start a run": (DUTY, "POST", "/api/v2/dags/land_health/dagRuns", {"logical_date": "never"}),
    "repeat a task": (DUTY, "POST", "/api/v2/dags/land_health/clearTaskInstances", {"dry_run": True}),
    "mark a task": (DUTY, "PATCH", "{run}/taskInstances/none", {"new_state": "failed"}),
    "pause a DAG": (DUTY, "PATCH", "/api/v2/dags/publish_report", {"is_paused": False}),
    "catch nights up": (
        DUTY, "POST", "/api/v2/backfills/dry_run",
        {"dag_id": "land_health", "from_date": "2017-06-01T00:00:00Z", "to_date": "2017-06-02T00:00:00Z"},
    ),
    "answer a gate": (DUTY, "PATCH", "{run}/taskInstances/none/-1/hitlDetails", {"chosen_options": ["Publish"]}),
    "remove a run": (ENGINEERS, "DELETE", "/api/v2/dags/land_health/dagRuns/none", None),
    "remove a DAG": (ENGINEERS, "DELETE", "/api/v2/dags/none", None),
    "read connections": (ENGINEERS, "GET", "/api/v2/connections", None),
    "change connections": (ENGINEERS, "DELETE", "/api/v2/connections/none", None),
    "read variables": (ENGINEERS, "GET", "/api/v2/variables", None),
    "change variables": (ENGINEERS, "DELETE", "/api/v2/variables/none", None),
    "change pools": (ENGINEERS, "DELETE", "/api/v2/pools/none", None),
    "read who did what": (ENGINEERS, "GET", "/api/v2/eventLogs", None),
    "see accounts": ({"Admin"}, "GET", "/auth/fab/v1/users", None),
    "make accounts": ({"Admin"}, "POST", "/auth/fab/v1/users", {}),
    "see roles": ({"Admin"}, "GET", "/auth/fab/v1/roles", None),
    "read the configuration": (set(), "GET", "/api/v2/config", None),
}  # fmt: skip


@pytest.mark.parametrize("what", MAY)
def test_each_role_may_do_what_the_guide_says_and_no_more(people: Person, night, what):
    who, method, path, body = MAY[what]
    path = path.replace("{run}", f"/api/v2/dags/land_health/dagRuns/{night['land_health']}")
    answers = {role: client.request(method, path, json=body).status_code for role, client in people.items()}
    assert {role for role, code in answers.items() if code not in (401, 403)} == who, answers
    assert not [code for code in answers.values() if code >= 500], answers


def test_setup_may_run_again_and_takes_back_what_a_role_was_given_by_hand(cluster: Cluster, people: Person):
    service = compose.services(VARIABLES)["setup"]
    more = {"name": "Analyst", "actions": [{"action": {"name": "can_read"}, "resource": {"name": "Connections"}}]}
    people["Admin"].patch("/auth/fab/v1/roles/Analyst", json=more).raise_for_status()
    before = permissions(people["Admin"])
    assert ("can_read", "Connections") in before["Analyst"]
    services.run_once(service, cluster.places)
    after = permissions(people["Admin"])
    assert ("can_read", "Connections") not in after["Analyst"] and ("can_read", "DAG Runs") in after["Analyst"]
    assert {name: after[name] for name in EVERYBODY - {"Analyst"}} == {
        name: before[name] for name in EVERYBODY - {"Analyst"}
    }


def permissions(admin: httpx.Client) -> dict[str, set[tuple[str, str]]]:
    roles = admin.get("/auth/fab/v1/roles").raise_for_status().json()["roles"]
    return {
        role["name"]: {(each["action"]["name"], each["resource"]["name"]) for each in role["actions"]} for role in roles
    }


def test_a_second_start_is_refused_while_the_first_is_up(cluster: Cluster):
    with pytest.raises(ServicesError, match="already up for this home"):
        services.up(cluster.settings, free_port(), cluster.places.secrets, VARIABLES)


# The last one, because it stops what the others use.
def test_nothing_is_left_running_after_down(cluster: Cluster):
    ours = cluster.running.members()
    assert services.down(cluster.settings) >= len(ours)
    assert [process.pid for process in ours if is_alive(process)] == []
    assert Running.read(cluster.settings.home) is None
    places = cluster.places
    for port in (places.pages, places.api, places.postgres, places.marts, places.redis):
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", port)) != 0
    assert services.down(cluster.settings) == 0


def is_alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
