"""The containers cannot be started by the tests, so what they are told is compared with what the tests do start."""

from __future__ import annotations

import ast
import dataclasses
import importlib.util
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from childrens_warehouse.orchestration import healthcheck, house, services
from childrens_warehouse.orchestration.cluster import compose, secrets, setup
from childrens_warehouse.orchestration.environment import POOLS_FILE, PRELOADED, airflow_environment
from childrens_warehouse.settings import PROJECT, Home, Settings

COMPOSE_FILE = PROJECT / "docker-compose.yml"
COMPOSE = yaml.safe_load(COMPOSE_FILE.read_text(encoding="utf-8"))
SERVICES = COMPOSE["services"]
DOCKERFILE = (PROJECT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
MAKEFILE = (PROJECT / "Makefile").read_text(encoding="utf-8")
DEPLOYMENT = (PROJECT / "docs" / "operating" / "deployment.md").read_text(encoding="utf-8")
PROGRAMS = tuple(services.COMPONENTS)
WORKERS = ("worker-1", "worker-2")
AIRFLOW = (*PROGRAMS, *WORKERS)
# Where the image keeps the repository.
IN_IMAGE = "/opt/warehouse"

# Settings that a container is not told, and why.
NOT_IN_COMPOSE = {
    "WAREHOUSE_KNOWN_ON": "a nightly run that builds the past would publish it",
    "WAREHOUSE_PSEUDONYM_KEY": "an environment is no place for it; it comes as a file",
    "WAREHOUSE_PSEUDONYM_KEY_COMMAND": "the image has no client of a secrets store; an image that has one sets it",
    "WAREHOUSE_POSTGRES_LOCAL_PORT": "the server for BI tools is a service of its own",
    "WAREHOUSE_POSTGRES_LOG": "the log of that service is not in the workers' containers",
}
# Settings that a container is told and nobody else: the services' own server, and secrets as files.
OF_SERVICES = ("WAREHOUSE_POSTGRES_URL", "WAREHOUSE_POSTGRES_PASSWORD_COMMAND", "WAREHOUSE_PSEUDONYM_KEY_FILE")
# Of programs beside the warehouse, which containers do not run.
OF_OTHER_PROGRAMS = {
    "WAREHOUSE_SUPERSET_DATABASE_URL": "make superset",
    "WAREHOUSE_SUPERSET_PASSWORD": "make superset",
}
# What Airflow is told otherwise as services than by `make up`, and why.
OTHERWISE = {
    "WAREHOUSE_HOME": "a volume",
    "AIRFLOW_HOME": "in memory",
    "AIRFLOW_CONFIG": "in it",
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": "PostgreSQL, with a password",
    "AIRFLOW__CORE__DAGS_FOLDER": "where the image keeps them",
    "AIRFLOW__CORE__EXECUTOR": "workers of their own",
    "AIRFLOW__SCHEDULER__MP_START_METHOD": "of the other executor",
    "AIRFLOW__SCHEDULER__MP_FORKSERVER_PRELOAD": "of the other executor; Celery's workers preload the same",
    "AIRFLOW__CORE__AUTH_MANAGER": "more than one user",
    "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "of the other auth manager",
    "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": "of the other auth manager",
    "AIRFLOW__API__HOST": "reached through the proxy",
    "AIRFLOW__API__PORT": "the default",
    "AIRFLOW__API__BASE_URL": "what people type",
    "AIRFLOW__API_AUTH__JWT_SECRET": "a secret",
    "AIRFLOW__LOGGING__BASE_LOG_FOLDER": "a volume",
    "AIRFLOW__LOGGING__DAG_PROCESSOR_CHILD_PROCESS_LOG_DIRECTORY": "a volume",
}
# Who is given which secret. Nobody else's container holds it.
GIVEN = {
    "postgres": {"postgres_password"},
    "marts-postgres": {"marts_password"},
    "redis": {"redis_users.acl", "redis_password"},
    "setup": {
        "postgres_password", "records_password", "results_password", "fernet_key", "token_secret", "session_secret",
        "admin_password",
    },
    "api-server": {"records_password", "fernet_key", "token_secret", "session_secret"},
    "scheduler": {"records_password", "fernet_key", "token_secret", "redis_password", "results_password"},
    "dag-processor": {"records_password", "fernet_key", "token_secret"},
    "triggerer": {"records_password", "fernet_key", "token_secret"},
    "worker-1": {"redis_password", "results_password", "marts_password", "pseudonym_key", "connections.yaml"},
    "worker-2": {"redis_password", "results_password", "marts_password", "pseudonym_key", "connections.yaml"},
    "proxy": {"certificate.pem", "certificate_key.pem"},
}  # fmt: skip
# What deploy/secret.sh reads for a word that is no file's name.
ADDRESSES = {"records": "records_password", "results": "results_password", "broker": "redis_password"}
REFERENCE = compose.REFERENCE


def references() -> list[tuple[str, str, str]]:
    """(variable, operator, default or message) of every ${...} in the compose file."""
    return REFERENCE.findall(COMPOSE_FILE.read_text(encoding="utf-8"))


def example() -> dict[str, str | None]:
    """Every variable .env.example names; None for those it leaves commented out."""
    text = (PROJECT / ".env.example").read_text(encoding="utf-8")
    found = re.findall(r"^(#?)([A-Z_]+)=(.*)$", text, re.MULTILINE)
    return {name: None if commented else "".join(shlex.split(value)) for commented, name, value in found}


def settings_variables() -> set[str]:
    """Every variable the package reads as a setting: its names are whole strings in the code."""
    texts = [PROJECT / "childrens_warehouse" / name for name in ("settings.py", "landing/pseudonyms.py")]
    constants = {
        node.value
        for path in texts
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    return {text for text in constants if re.fullmatch(r"WAREHOUSE_[A-Z_]+", text)}


def told(service: str) -> dict[str, str]:
    """A service's environment, its file included, with the defaults filled in."""
    own = {
        name: REFERENCE.sub(lambda match: match[3], str(value))
        for name, value in SERVICES[service]["environment"].items()
    }
    return (
        compose.settings_file(PROJECT / SERVICES[service]["env_file"]) if "env_file" in SERVICES[service] else {}
    ) | own


def test_the_compose_file_follows_the_specification():
    check = subprocess.run(
        [Path(sys.executable).with_name("check-jsonschema"), "--builtin-schema", "vendor.compose-spec", COMPOSE_FILE],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert check.returncode == 0, check.stdout


def test_the_programs_are_those_of_one_machine_and_what_they_stand_on():
    beside = {"postgres", "marts-postgres", "redis", "setup", "proxy", "backup"}
    assert set(SERVICES) == {*AIRFLOW, *beside}
    for name in ("scheduler", "dag-processor", "triggerer"):
        assert SERVICES[name]["command"] == ["airflow", *services.COMPONENTS[name]]
    assert SERVICES["api-server"]["command"] == ["airflow", "api-server", "--proxy-headers"]
    for name in WORKERS:
        assert SERVICES[name]["command"][-2:] == ["--celery-hostname", name]
    assert [name for name in SERVICES if SERVICES[name].get("profiles")] == ["backup"]


def test_every_setting_is_in_the_compose_file_and_in_the_example_and_no_other():
    in_compose = {name for service in AIRFLOW for name in told(service) if name.startswith("WAREHOUSE_")}
    in_example = {name for name in example() if name.startswith("WAREHOUSE_")}
    assert len(settings_variables()) > 10
    assert in_example == settings_variables() | set(OF_OTHER_PROGRAMS)
    assert in_compose == settings_variables() - set(NOT_IN_COMPOSE)


def test_every_variable_the_compose_file_refers_to_is_in_the_example_and_the_other_way_round():
    referred = {name for name, _, _ in references()}
    assert referred <= set(example())
    # Beside those, the example names only settings that containers fix or do without, and what compose itself reads.
    assert set(example()) - referred == {
        "WAREHOUSE_HOME", "WAREHOUSE_PSEUDONYM_KEY_FILE", "WAREHOUSE_POSTGRES_PASSWORD_COMMAND",
        # Of one machine: services have connections in a file.
        "AIRFLOW_CONN_SMTP_DEFAULT", "AIRFLOW_CONN_ALARM_WEBHOOK", *NOT_IN_COMPOSE,
        *OF_OTHER_PROGRAMS,
    }  # fmt: skip


def test_defaults_in_the_compose_file_and_in_the_example_are_those_of_the_code(monkeypatch):
    def settings_with(variables):
        for name in settings_variables():
            monkeypatch.delenv(name, raising=False)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        return dataclasses.replace(Settings.from_environment(), home=Home(Path("/warehouse")), threads=0)

    by_code = settings_with({})
    in_compose = {name: value for name, value in told("worker-1").items() if name.startswith("WAREHOUSE_")}
    for name in OF_SERVICES:
        assert in_compose.pop(name)
    assert settings_with(in_compose) == by_code
    given = {name: value for name, value in example().items() if name.startswith("WAREHOUSE_") and value}
    assert settings_with(given) == by_code


def test_what_both_the_compose_file_and_the_example_default_is_the_same():
    for name, operator, default in references():
        if operator == ":-" and name not in OF_SERVICES and example()[name] is not None:
            assert example()[name] == default, name


def test_the_example_can_be_read_by_a_shell():
    script = "set -eu; unset $(env | grep -o '^WAREHOUSE_[A-Z_]*' || true); set -a; . ./.env.example; env -0"
    done = subprocess.run(["bash", "-c", script], cwd=PROJECT, capture_output=True, text=True, check=True)
    seen = dict(line.split("=", 1) for line in done.stdout.split("\0") if "=" in line)
    assert {name: seen.get(name) for name, value in example().items() if value is not None} == {
        name: value for name, value in example().items() if value is not None
    }


def test_every_reference_has_a_default_so_that_nothing_is_needed_but_the_secrets():
    assert {operator for _, operator, _ in references()} == {":-"}


def test_secrets_are_files_that_make_secrets_writes_and_are_in_no_environment():
    assert set(COMPOSE["secrets"]) == set(secrets.NAMES)
    for name, secret in COMPOSE["secrets"].items():
        assert secret == {"file": f"${{SECRETS_FOLDER:-./secrets}}/{name}"}
    for service in (name for name in SERVICES if "environment" in SERVICES[name]):
        for name, value in told(service).items():
            if re.search(r"(PASSWORD|SECRET|KEY|CONN|BROKER_URL|RESULT_BACKEND)$", name):
                # A path; or a database that is not there, as a worker has no business in Airflow's.
                is_none = value == "postgresql+psycopg2://nobody@localhost:1/none"
                assert is_none or value.startswith("/run/secrets/"), (service, name)
            elif re.search(r"(PASSWORD|SECRET|KEY|CONN|URL|BACKEND)_(CMD|COMMAND|FILE)$", name):
                assert "/run/secrets/" in value or "secret.sh" in value, (service, name)
    ignored = (PROJECT / ".gitignore").read_text(encoding="utf-8").split()
    assert "/secrets/" in ignored and "/secrets" not in DOCKERFILE


def read_by(service: str) -> set[str]:
    """The secrets that a service's environment, command, health check and configuration speak of."""
    text = json.dumps([SERVICES[service].get(key) for key in ("command", "healthcheck")])
    text += json.dumps(told(service) if "environment" in SERVICES[service] else {})
    for volume in SERVICES[service].get("volumes", ()):
        if volume.startswith("./"):
            folder = PROJECT / volume.split(":")[0]
            text += "".join(path.read_text(encoding="utf-8") for path in folder.iterdir())
    named = set(re.findall(r"/run/secrets/([\w.]+)", text))
    asked = set(re.findall(r"secret\.sh (\w+)", text))
    if service == "setup":
        asked |= {*setup.DATABASES.values(), "postgres_password", "admin_password"}
    return named | {ADDRESSES.get(word, word) for word in asked}


@pytest.mark.parametrize("service", GIVEN)
def test_a_service_is_given_the_secrets_that_it_reads_and_no_other(service):
    assert set(SERVICES[service]["secrets"]) == GIVEN[service]
    assert read_by(service) == GIVEN[service]


def test_every_service_is_in_the_table_of_secrets():
    assert set(GIVEN) == {name for name in SERVICES if SERVICES[name].get("secrets")} == set(SERVICES) - {"backup"}


def test_a_secret_is_printed_as_it_is_and_within_addresses(tmp_path):
    for name in (*ADDRESSES.values(), "fernet_key"):
        (tmp_path / name).write_text(f"the {name}\n", encoding="utf-8")
    printed = {
        word: subprocess.run(
            ["sh", PROJECT / "deploy" / "secret.sh", word], capture_output=True, text=True, check=True,
            env={"SECRETS_FOLDER": str(tmp_path), "POSTGRES_ADDRESS": "records:5432", "REDIS_ADDRESS": "redis:6379"},
        ).stdout
        for word in (*ADDRESSES, "fernet_key")
    }  # fmt: skip
    assert printed == {
        "records": "postgresql+psycopg2://airflow:the records_password@records:5432/airflow",
        "results": "db+postgresql+psycopg2://results:the results_password@records:5432/results",
        "broker": "redis://airflow:the redis_password@redis:6379/0",
        "fernet_key": "the fernet_key",
    }


def test_secrets_are_made_once_for_the_owner_alone(tmp_path):
    folder = tmp_path / "secrets"
    assert set(secrets.make(folder, "warehouse.council.example")) == set(secrets.NAMES)
    assert folder.stat().st_mode & 0o777 == 0o700
    before = {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}
    (folder / "fernet_key").unlink()
    assert secrets.make(folder, "localhost") == ["fernet_key"]
    after = {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}
    assert {name for name in before if before[name] != after[name]} == {"fernet_key"}
    assert before["redis_password"] not in before["redis_users.acl"]


def test_the_server_for_bi_tools_is_not_the_one_of_airflow():
    marts, records = SERVICES["marts-postgres"], SERVICES["postgres"]
    assert marts["volumes"][0] != records["volumes"][0] and set(marts["networks"]).isdisjoint(records["networks"])
    assert marts["ports"] == ["127.0.0.1:${MARTS_POSTGRES_PORT:-5433}:5432"] and "ports" not in records
    assert told("worker-1")["WAREHOUSE_POSTGRES_URL"] == "postgresql://warehouse@marts-postgres/warehouse"
    for server in (marts, records):
        user, database = server["environment"]["POSTGRES_USER"], server["environment"]["POSTGRES_DB"]
        assert server["healthcheck"]["test"] == ["CMD", "pg_isready", "--username", user, "--dbname", database]


@pytest.mark.parametrize("program", AIRFLOW)
def test_airflow_is_told_what_it_is_told_on_one_machine_or_the_reason_is_written_down(program, tmp_path):
    settings = dataclasses.replace(Settings.from_environment(), home=Home(tmp_path))
    here = {
        name: value
        for name, value in airflow_environment(settings).items()
        if name.startswith(("AIRFLOW_", "DBT_", "GX_")) or name == "WAREHOUSE_HOME"
    }
    there = told(program)
    alike = {name: value for name, value in here.items() if name not in OTHERWISE}
    assert len(alike) > 5
    assert {name: there.get(name) for name in alike} == alike
    assert set(OTHERWISE) <= set(here)


def test_only_workers_see_the_key_and_they_and_the_backup_the_data():
    def mounts(service):
        return {volume.split(":")[0] for volume in SERVICES[service].get("volumes", ()) if volume[0] not in "./$"}

    assert {name for name in SERVICES if "warehouse" in mounts(name)} == {*WORKERS, "backup"}
    assert {name for name in SERVICES if "pseudonym_key" in SERVICES[name].get("secrets", ())} == set(WORKERS)
    assert all("logs" in mounts(name) for name in (*AIRFLOW, "setup"))
    assert "logs:/logs:ro" in SERVICES["api-server"]["volumes"]
    assert set().union(*map(mounts, SERVICES)) == set(COMPOSE["volumes"])


def test_tasks_are_preloaded_as_on_one_machine_and_outlived_by_their_messages():
    environment = told("worker-1")
    preloaded = json.loads(environment["AIRFLOW__CELERY__EXTRA_CELERY_CONFIG"])["imports"]
    of_each_executor = {"airflow.executors.local_executor", "airflow.sdk.execution_time.supervisor"}
    assert set(preloaded) ^ set(PRELOADED.split(",")) == of_each_executor
    longest = max(house.LONG, house.HOUSE["execution_timeout"])
    visible = int(environment["AIRFLOW__CELERY_BROKER_TRANSPORT_OPTIONS__VISIBILITY_TIMEOUT"])
    assert visible > 2 * longest.total_seconds()
    at_once = int(environment["AIRFLOW__CORE__PARALLELISM"])
    assert at_once == len(WORKERS) * int(environment["AIRFLOW__CELERY__WORKER_CONCURRENCY"])


def test_folders_that_volumes_are_mounted_on_belong_to_the_user_of_the_image():
    made = re.findall(r"install -d -o warehouse -g warehouse -m 07[01]0 ([^&]+)", DOCKERFILE)
    owned = {folder for folders in made for folder in folders.split()}
    mounted = {volume.split(":")[1] for name in (*AIRFLOW, "setup") for volume in SERVICES[name]["volumes"]}
    assert mounted == {"/logs", "/warehouse"} <= owned
    assert told("worker-1")["WAREHOUSE_HOME"] == "/warehouse"
    assert told("worker-1")["AIRFLOW__LOGGING__BASE_LOG_FOLDER"] == "/logs"
    (uid,) = re.findall(r"ARG WAREHOUSE_UID=(\d+)", DOCKERFILE)
    in_memory = [each for name in (*AIRFLOW, "proxy") for each in SERVICES[name]["tmpfs"] if "uid=" in each]
    assert in_memory and all(f"uid={uid},gid={uid}" in each for each in in_memory)


def test_nothing_runs_as_root_and_everything_is_hardened_limited_and_watched():
    users = re.findall(r"^USER (\S+)", DOCKERFILE, re.MULTILINE)
    assert users == ["warehouse"]
    assert not re.search(r"^(RUN|COPY|ADD)", DOCKERFILE.split("USER warehouse")[1], re.MULTILINE)
    for name, service in SERVICES.items():
        is_own = "build" in service
        assert is_own or service["user"] not in ("root", "0", 0), name
        assert not service.get("privileged"), name
        assert service["read_only"] and service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        runs_once = name in ("setup", "backup")
        assert service["restart"] == ("no" if runs_once else "unless-stopped"), name
        assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory", "pids"}, name
        assert runs_once or "healthcheck" in service, name
        assert re.fullmatch(
            r"\$\{\w+_IMAGE:-[\w:.-]+\}|childrens-warehouse:\$\{IMAGE_TAG:-local\}", service["image"]
        ), name
    ports = [port for service in SERVICES.values() for port in service.get("ports", ())]
    assert ports and all(port.startswith(("127.0.0.1:", "${PAGES_BIND:-127.0.0.1}:")) for port in ports)


def test_every_program_of_airflow_is_asked_how_it_is_by_the_check_the_tests_ask_with():
    assert set(healthcheck.PARTS) == set(PROGRAMS)
    for name in AIRFLOW:
        test = SERVICES[name]["healthcheck"]["test"]
        assert test[:5] == ["CMD", "python", "-m", "childrens_warehouse.orchestration.healthcheck", name]
        assert test[5:] == ([] if name in WORKERS else ["--url", "http://api-server:8080"])
    assert services.HEALTH is healthcheck.HEALTH


def test_services_start_in_order():
    order = list(compose.services({}))
    for earlier, later in (
        ("postgres", "setup"), ("setup", "api-server"), ("api-server", "scheduler"), ("redis", "worker-1"),
        ("marts-postgres", "worker-1"), ("setup", "worker-2"), ("api-server", "proxy"),
    ):  # fmt: skip
        assert order.index(earlier) < order.index(later)
        assert later == "setup" or earlier in SERVICES[later]["depends_on"]


def test_addresses_name_services_that_share_a_network():
    for name in (*AIRFLOW, "setup", "proxy"):
        text = " ".join(value for key, value in told(name).items() if "NOBODY" not in key)
        named = set(
            re.findall(r"(?<![\w-])(postgres|redis|api-server|marts-postgres)(?=[:/])", text.replace("postgresql:", ""))
        )
        for other in named - {name}:
            assert set(SERVICES[name]["networks"]) & set(SERVICES[other]["networks"]), (name, other)
    for network in ("records", "broker"):
        assert COMPOSE["networks"][network]["internal"] is True


def test_the_proxy_is_told_every_variable_of_its_file_and_keeps_the_tasks_api_to_itself():
    text = (PROJECT / "deploy" / "proxy" / "Caddyfile").read_text(encoding="utf-8")
    told_it = {name for name in SERVICES["proxy"]["environment"] if not name.startswith("XDG_")}
    assert set(re.findall(r"\{\$(\w+)\}", text)) == told_it
    assert "@of_tasks path /execution /execution/*" in text


def test_redis_keeps_nothing_and_lets_nobody_in_without_a_password():
    lines = (PROJECT / "deploy" / "redis" / "redis.conf").read_text(encoding="utf-8").splitlines()
    for line in ("bind 127.0.0.1", 'save ""', "appendonly no", "aclfile /run/secrets/redis_users.acl"):
        assert line in lines
    assert "volumes" not in {each.split(":")[0] for each in SERVICES["redis"]["volumes"]}
    assert SERVICES["redis"]["networks"] == ["broker"]


def test_the_guide_names_every_service_secret_and_variable_of_the_services():
    only = (PROJECT / ".env.example").read_text(encoding="utf-8").split("services only")[1]
    variables = re.findall(r"^(\w+)=", only, re.MULTILINE)
    assert len(variables) > 8
    for name in (*SERVICES, *secrets.NAMES, *variables):
        assert f"`{name}`" in DEPLOYMENT, name


def test_paths_in_the_image_are_paths_of_the_repository():
    assert f"WORKDIR {IN_IMAGE}\n" in DOCKERFILE
    named = set(re.findall(rf"{IN_IMAGE}/([\w./-]+)", COMPOSE_FILE.read_text(encoding="utf-8")))
    assert named == {"dags", "deploy/secret.sh", "deploy/sign_in.py"}
    assert all((PROJECT / path).exists() for path in named)
    assert importlib.util.find_spec(SERVICES["setup"]["command"][-1])


def copied() -> set[str]:
    lines = re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE)
    return {source for line in lines for source in line.split()[:-1]}


def test_the_image_holds_what_a_night_needs_and_nothing_the_ignore_file_keeps_out():
    needed = {"childrens_warehouse", "expectations", "dags", "deploy", "dbt_project", "seeds", "pyproject.toml"}
    assert needed <= copied()
    assert all((PROJECT / source).exists() for source in copied())
    ignored = (PROJECT / ".dockerignore").read_text(encoding="utf-8").split()
    assert "*" in ignored
    assert {line[1:] for line in ignored if line.startswith("!")} == copied()


def pins(lock: str) -> dict[str, str]:
    return dict(re.findall(r"^([\w.-]+)==(\S+)", (PROJECT / lock).read_text(encoding="utf-8"), re.MULTILINE))


def test_the_image_installs_by_hash_the_versions_the_tests_run_with():
    installs = re.findall(r"pip install[^&]+-r /build/(\S+)", DOCKERFILE)
    assert installs == ["requirements-uv.txt", "requirements-service.lock"]
    assert DOCKERFILE.count("--require-hashes") == len(installs)
    # The project itself is the one thing that has no hash, and brings nothing along.
    assert "--no-deps --no-build-isolation --editable ." in re.sub(r"\s+", " ", DOCKERFILE)
    run, service = pins("requirements.lock"), pins("requirements-service.lock")
    assert len(run) > 100
    assert {name: service.get(name) for name in run} == run
    for driver in ("psycopg2-binary", "asyncpg", "apache-airflow-providers-fab"):
        assert driver in service


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock", "requirements-service.lock"])
def test_every_locked_version_has_its_hash_and_no_lock_names_a_host(lock):
    text = (PROJECT / lock).read_text(encoding="utf-8")
    for entry in re.split(r"\n(?=[a-z0-9])", text):
        if "==" in entry.split("\n")[0]:
            assert "--hash=sha256:" in entry, entry.split("\n")[0]
    assert not re.search(r"--(extra-)?index-url|https?://", text)


def test_the_development_lock_holds_the_same_versions_as_the_other():
    run, development = pins("requirements.lock"), pins("requirements-dev.lock")
    assert {name: development.get(name) for name in run} == run


def test_everything_the_makefile_calls_is_there():
    modules = set(re.findall(r"\$\(PYTHON\) -m ([\w.]+)", MAKEFILE))
    assert {"childrens_warehouse.orchestration.nightly", "childrens_warehouse.orchestration.services"} <= modules
    for module in modules:
        assert importlib.util.find_spec(module), module
    for lock in re.findall(r"requirements[\w.-]+", MAKEFILE):
        assert (PROJECT / lock).exists(), lock
    pools = json.loads(POOLS_FILE.read_text(encoding="utf-8"))
    assert all({"slots", "description"} <= set(pool) for pool in pools.values())


def test_make_help_lists_every_target():
    shown = subprocess.run(["make", "help"], cwd=PROJECT, capture_output=True, text=True, check=True).stdout
    targets = set(re.findall(r"^\.PHONY: ([\w-]+)$", MAKEFILE, re.MULTILINE))
    assert {"nightly", "test", "up", "down", "help"} <= targets
    assert set(re.findall(r"^  make ([\w-]+)", shown, re.MULTILINE)) == targets
