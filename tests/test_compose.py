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

from childrens_warehouse.orchestration import healthcheck, services
from childrens_warehouse.orchestration.environment import POOLS_FILE, airflow_environment
from childrens_warehouse.settings import PROJECT, Home, Settings

COMPOSE_FILE = PROJECT / "docker-compose.yml"
COMPOSE = yaml.safe_load(COMPOSE_FILE.read_text(encoding="utf-8"))
SERVICES = COMPOSE["services"]
DOCKERFILE = (PROJECT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
MAKEFILE = (PROJECT / "Makefile").read_text(encoding="utf-8")
PROGRAMS = tuple(services.COMPONENTS)
# Where the image keeps the repository.
IN_IMAGE = "/opt/warehouse"

# Settings that a container is not told, and why.
NOT_IN_COMPOSE = {
    "WAREHOUSE_KNOWN_ON": "a nightly run that builds the past would publish it",
    "WAREHOUSE_PSEUDONYM_KEY_FILE": "the key comes by environment",
    "WAREHOUSE_PSEUDONYM_KEY_COMMAND": "the image has no client of a secrets store; an image that has one sets it",
    "WAREHOUSE_POSTGRES_PASSWORD_COMMAND": "likewise",
    "WAREHOUSE_POSTGRES_LOCAL_PORT": "the server for BI tools is a service of its own",
    "WAREHOUSE_POSTGRES_LOG": "the log of that service is not in the scheduler's container",
}
# Of programs beside the warehouse, which containers do not run.
OF_OTHER_PROGRAMS = {
    "WAREHOUSE_SUPERSET_DATABASE_URL": "make superset",
    "WAREHOUSE_SUPERSET_PASSWORD": "make superset",
}
# What Airflow is told otherwise in containers than on one machine, and why.
OTHERWISE = {
    "WAREHOUSE_HOME": "a volume",
    "AIRFLOW_HOME": "set by the image",
    "AIRFLOW_CONFIG": "the default below AIRFLOW_HOME",
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": "PostgreSQL",
    "AIRFLOW__CORE__DAGS_FOLDER": "where the image keeps them",
    "AIRFLOW__CORE__AUTH_MANAGER": "more than one user",
    "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "of the other auth manager",
    "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": "of the other auth manager",
    "AIRFLOW__API__HOST": "published by the port mapping, to this machine only",
    "AIRFLOW__API__PORT": "the default",
    "AIRFLOW__API__BASE_URL": "what people type",
    "AIRFLOW__API_AUTH__JWT_SECRET": "a secret",
    "AIRFLOW__LOGGING__BASE_LOG_FOLDER": "a volume",
    "AIRFLOW__LOGGING__DAG_PROCESSOR_CHILD_PROCESS_LOG_DIRECTORY": "a volume",
}
SECRETS = {
    "POSTGRES_PASSWORD",
    "AIRFLOW_FERNET_KEY",
    "AIRFLOW_TOKEN_SECRET",
    "AIRFLOW_SESSION_SECRET",
    "AIRFLOW_ADMIN_PASSWORD",
    "WAREHOUSE_PSEUDONYM_KEY",
}
# Connections that hold one, for who wants to be told of alarms, and the password of the server for BI tools.
OPTIONAL_SECRETS = {"AIRFLOW_CONN_SMTP_DEFAULT", "AIRFLOW_CONN_ALARM_WEBHOOK", "MARTS_POSTGRES_PASSWORD"}
REFERENCE = re.compile(r"(?<!\$)\$\{(\w+)(?:(:[-?])([^}]*))?\}")


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
    """A service's environment with the defaults filled in; a required one as an empty text."""
    return {
        name: REFERENCE.sub(lambda match: match[3] if match[2] == ":-" else "", str(value))
        for name, value in SERVICES[service]["environment"].items()
    }


def test_the_compose_file_follows_the_specification():
    check = subprocess.run(
        [Path(sys.executable).with_name("check-jsonschema"), "--builtin-schema", "vendor.compose-spec", COMPOSE_FILE],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert check.returncode == 0, check.stdout


def test_the_programs_and_their_commands_are_those_the_tests_start():
    assert {*PROGRAMS, "postgres", "marts-postgres", "setup"} == set(SERVICES)
    for name in PROGRAMS:
        assert SERVICES[name]["command"] == ["airflow", *services.COMPONENTS[name]]


def test_every_setting_is_in_the_compose_file_and_in_the_example_and_no_other():
    in_compose = {name for service in PROGRAMS for name in told(service) if name.startswith("WAREHOUSE_")}
    in_example = {name for name in example() if name.startswith("WAREHOUSE_")}
    assert len(settings_variables()) > 10
    assert in_example == settings_variables() | set(OF_OTHER_PROGRAMS)
    assert in_compose == settings_variables() - set(NOT_IN_COMPOSE)


def test_every_variable_the_compose_file_refers_to_is_in_the_example_and_the_other_way_round():
    referred = {name for name, _, _ in references()}
    assert referred <= set(example())
    # Beside those, the example names only settings that containers fix or do without, and what compose itself reads.
    assert set(example()) - referred == {
        "WAREHOUSE_HOME", "COMPOSE_PROFILES", *NOT_IN_COMPOSE, *OF_OTHER_PROGRAMS,
    }  # fmt: skip


def test_defaults_in_the_compose_file_and_in_the_example_are_those_of_the_code(monkeypatch):
    def settings_with(variables):
        for name in settings_variables():
            monkeypatch.delenv(name, raising=False)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        return dataclasses.replace(Settings.from_environment(), home=Home(Path("/warehouse")), threads=0)

    by_code = settings_with({})
    compose = {name: value for name, value in told("scheduler").items() if name.startswith("WAREHOUSE_")}
    assert settings_with(compose) == by_code
    given = {name: value for name, value in example().items() if name.startswith("WAREHOUSE_") and value}
    assert settings_with(given) == by_code


def test_what_both_the_compose_file_and_the_example_default_is_the_same():
    for name, operator, default in references():
        if operator == ":-" and example()[name] is not None:
            assert example()[name] == default, name


def test_the_example_can_be_read_by_a_shell():
    script = "set -eu; unset $(env | grep -o '^WAREHOUSE_[A-Z_]*' || true) PORT; set -a; . ./.env.example; env -0"
    done = subprocess.run(["bash", "-c", script], cwd=PROJECT, capture_output=True, text=True, check=True)
    seen = dict(line.split("=", 1) for line in done.stdout.split("\0") if "=" in line)
    assert {name: seen.get(name) for name, value in example().items() if value is not None} == {
        name: value for name, value in example().items() if value is not None
    }


def test_secrets_are_required_have_no_default_and_are_blank_in_the_example():
    required = {name for name, operator, _ in references() if operator == ":?"}
    defaulted = {name for name, operator, _ in references() if operator == ":-"}
    assert required == SECRETS
    assert not required & defaulted
    assert {name for name, operator, _ in references() if not operator} == set()
    assert {name: example()[name] for name in SECRETS} == dict.fromkeys(SECRETS, "")
    assert {(name, default) for name, _, default in references() if name in OPTIONAL_SECRETS} == {
        (name, "") for name in OPTIONAL_SECRETS
    }
    # A name of a connection is none.
    suspicious = re.compile(r"PASSWORD|SECRET|KEY|CONN(?!ECTION)")
    for service in SERVICES.values():
        for name, value in service["environment"].items():
            variables = {variable for variable, _, _ in REFERENCE.findall(str(value))}
            if suspicious.search(name) and not variables & OPTIONAL_SECRETS:
                assert ":?" in value, name


def test_the_server_for_bi_tools_is_not_the_one_of_airflow_and_only_there_when_asked_for():
    marts, records = SERVICES["marts-postgres"], SERVICES["postgres"]
    assert marts["profiles"] == ["marts-postgres"] and "profiles" not in records
    assert set(marts["volumes"]).isdisjoint(records["volumes"])
    assert marts["ports"] == ["127.0.0.1:${MARTS_POSTGRES_PORT:-5433}:5432"] and "ports" not in records
    of_marts = {name: marts["environment"][name] for name in ("POSTGRES_USER", "POSTGRES_DB")}
    assert of_marts == {"POSTGRES_USER": "warehouse", "POSTGRES_DB": "warehouse"}
    assert marts["healthcheck"]["test"] == [
        "CMD", "pg_isready", "--username", of_marts["POSTGRES_USER"], "--dbname", of_marts["POSTGRES_DB"]
    ]  # fmt: skip
    password = marts["environment"]["POSTGRES_PASSWORD"]
    assert {name for name in SERVICES if password in SERVICES[name]["environment"].values()} == {
        "marts-postgres", "scheduler",
    }  # fmt: skip
    address = "postgresql://warehouse@marts-postgres/warehouse"
    assert address in (PROJECT / ".env.example").read_text(encoding="utf-8")


@pytest.mark.parametrize("program", PROGRAMS)
def test_airflow_is_told_what_it_is_told_on_one_machine_or_the_reason_is_written_down(program, tmp_path):
    settings = dataclasses.replace(Settings.from_environment(), home=Home(tmp_path))
    here = {
        name: value
        for name, value in airflow_environment(settings).items()
        if name.startswith(("AIRFLOW_", "DBT_", "GX_")) or name == "WAREHOUSE_HOME"
    }
    there = told(program)
    alike = {name: value for name, value in here.items() if name not in OTHERWISE}
    assert len(alike) > 8
    assert {name: there.get(name) for name in alike} == alike
    assert set(OTHERWISE) <= set(here)


def test_only_the_scheduler_sees_the_data_and_the_key():
    def mounts(service):
        return {volume.split(":")[0] for volume in SERVICES[service].get("volumes", ())}

    assert {name for name in SERVICES if "warehouse" in mounts(name)} == {"scheduler"}
    assert {name for name in SERVICES if "WAREHOUSE_PSEUDONYM_KEY" in SERVICES[name]["environment"]} == {"scheduler"}
    assert all("logs" in mounts(name) for name in (*PROGRAMS, "setup"))
    assert set().union(*map(mounts, SERVICES)) == set(COMPOSE["volumes"])


def test_folders_that_volumes_are_mounted_on_belong_to_the_user_of_the_image():
    made = re.findall(r"install -d -o warehouse -g warehouse -m 07[01]0 ([^&]+)", DOCKERFILE)
    owned = {folder for folders in made for folder in folders.split()}
    mounted = {volume.split(":")[1] for name in (*PROGRAMS, "setup") for volume in SERVICES[name]["volumes"]}
    assert mounted == {"/logs", "/warehouse"} <= owned
    assert told("scheduler")["WAREHOUSE_HOME"] == "/warehouse"
    assert told("scheduler")["AIRFLOW__LOGGING__BASE_LOG_FOLDER"] == "/logs"


def test_nothing_runs_as_root_or_privileged_and_everything_starts_again():
    users = re.findall(r"^USER (\S+)", DOCKERFILE, re.MULTILINE)
    assert users == ["warehouse"]
    assert not re.search(r"^(RUN|COPY|ADD)", DOCKERFILE.split("USER warehouse")[1], re.MULTILINE)
    for name, service in SERVICES.items():
        assert service.get("user") not in ("root", "0", 0), name
        assert not service.get("privileged"), name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["restart"] == ("no" if name == "setup" else "unless-stopped"), name
    for port in (port for service in SERVICES.values() for port in service.get("ports", ())):
        assert port.startswith("127.0.0.1:"), port


def test_every_health_check_asks_the_page_that_make_up_waits_for():
    assert set(healthcheck.PARTS) == set(PROGRAMS)
    for name in PROGRAMS:
        test = SERVICES[name]["healthcheck"]["test"]
        assert test[:5] == ["CMD", "python", "-m", "childrens_warehouse.orchestration.healthcheck", name]
        assert test[5:] in ([], ["--url", "http://api-server:8080"])
    assert services.HEALTH is healthcheck.HEALTH


def test_addresses_name_services_of_the_file_and_the_port_of_the_pages():
    environment = told("scheduler")
    hosts = re.findall(r"(?:@|//)([a-z][a-z-]*)[:/]", " ".join(environment.values()).replace("//airflow:", ""))
    assert set(hosts) - {"localhost"} == {"postgres", "api-server"}
    assert SERVICES["api-server"]["ports"] == ["127.0.0.1:${PORT:-8080}:8080"]
    assert re.search(r"^PORT \?= 8080$", MAKEFILE, re.MULTILINE)


def test_paths_in_the_image_are_paths_of_the_repository():
    assert f"WORKDIR {IN_IMAGE}\n" in DOCKERFILE
    named = set(re.findall(rf"{IN_IMAGE}/([\w./-]+)", COMPOSE_FILE.read_text(encoding="utf-8")))
    assert named == {"dags", str(POOLS_FILE.relative_to(PROJECT))}
    assert all((PROJECT / path).exists() for path in named)
    assert f"airflow pools import {IN_IMAGE}/{POOLS_FILE.relative_to(PROJECT)}" in SERVICES["setup"]["command"][2]


def copied() -> set[str]:
    lines = re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE)
    return {source for line in lines for source in line.split()[:-1]}


def test_the_image_holds_what_a_night_needs_and_nothing_the_ignore_file_keeps_out():
    needed = {"childrens_warehouse", "expectations", "dags", "dbt_project", "seeds", "pyproject.toml"}
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
