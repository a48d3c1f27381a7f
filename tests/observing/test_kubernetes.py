"""The values for the Helm chart hold together with their page, with the other deployments, and with what they run."""

from __future__ import annotations

import importlib
import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from childrens_warehouse.settings import PROJECT

VALUES_FILE = PROJECT / "deploy" / "kubernetes" / "values.yaml"
VALUES = yaml.safe_load(VALUES_FILE.read_text(encoding="utf-8"))
PAGE = (PROJECT / "docs" / "operating" / "kubernetes.md").read_text(encoding="utf-8")
SETTINGS = {each["name"]: each["value"] for each in VALUES["env"]}


def values(of: dict[str, Any], prefix: str = "") -> Iterator[str]:
    for name, value in of.items():
        if isinstance(value, dict):
            yield from values(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"


def table(head: str) -> list[list[str]]:
    """The rows of the page's table with this head."""
    body = PAGE.split(f"| {head} |", 1)[1].split("\n\n", 1)[0].splitlines()[2:]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in body]


def test_the_files_are_well_formed_yaml():
    files = [VALUES_FILE, PROJECT / "deploy" / "metrics" / "collector.yaml"]
    done = subprocess.run(
        [Path(sys.executable).with_name("yamllint"), "--strict", *files],
        capture_output=True, text=True, check=False, cwd=PROJECT,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


def test_every_value_is_explained_and_every_explanation_is_of_a_value():
    explained = [name.removesuffix(".*") for row in table("value") for name in re.findall(r"`([\w.*]+)`", row[0])]
    given = set(values(VALUES))
    assert {each for each in given if not any(f"{each}.".startswith(f"{name}.") for name in explained)} == set()
    assert {name for name in explained if not any(f"{each}.".startswith(f"{name}.") for each in given)} == set()


def test_airflow_is_told_what_it_is_told_elsewhere():
    lines = (PROJECT / "deploy" / "airflow.env").read_text(encoding="utf-8").splitlines()
    told = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    here = SETTINGS | {"AIRFLOW__CORE__EXECUTOR": VALUES["executor"]}
    for name, value in told.items():
        wanted = "".join(shlex.split(value))
        assert json_of(here[name]) == json_of(wanted), name


def json_of(text: str) -> Any:
    return json.loads(text) if text.startswith("{") else text


def test_settings_of_the_warehouse_are_settings():
    known = (PROJECT / "docs" / "operating" / "settings.md").read_text(encoding="utf-8")
    ours = [name for name in SETTINGS if name.startswith("WAREHOUSE_")]
    assert len(ours) >= 5
    for name in ours:
        assert f"| `{name}` |" in known, name


def test_the_workers_alone_see_the_data_and_the_key():
    worker = VALUES["workers"]["celery"]
    mounted = {each["mountPath"]: each["name"] for each in worker["extraVolumeMounts"]}
    assert SETTINGS["WAREHOUSE_HOME"] in mounted
    assert Path(SETTINGS["WAREHOUSE_PSEUDONYM_KEY_FILE"]).parent.as_posix() in mounted
    others = {name: value for name, value in VALUES.items() if name != "workers"}
    assert "warehouse-home" not in str(others) and "warehouse-worker-secrets" not in str(others)
    assert "volumes" not in VALUES and "volumeMounts" not in VALUES


def test_claims_and_secrets_are_those_of_the_page():
    text = VALUES_FILE.read_text(encoding="utf-8")
    named = set(re.findall(r"(?:[sS]ecretName|secretName|claimName|existingClaim): (warehouse-[\w-]+)", text))
    secrets = {re.findall(r"`([\w-]+)`", row[0])[0] for row in table("secret")}
    claims = {
        each["metadata"]["name"] for each in yaml.safe_load_all(re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)[0])
    }
    assert named == secrets | claims
    keys = {re.findall(r"`([\w-]+)`", row[0])[0]: set(re.findall(r"`([\w.-]+)`", row[1])) for row in table("secret")}
    for setting in ("WAREHOUSE_PSEUDONYM_KEY_FILE", "WAREHOUSE_POSTGRES_PASSWORD_COMMAND"):
        assert SETTINGS[setting].rpartition("/")[2] in keys["warehouse-worker-secrets"]


def test_no_value_is_a_secret():
    for name in values(VALUES):
        assert not re.search(r"(password|secretKey|fernetKey|jwtSecret|webserverSecretKey)$", name), name
    assert not re.search(r"://[^\s/]+:[^\s/@]+@", VALUES_FILE.read_text(encoding="utf-8"))


def test_the_program_that_runs_after_an_update_is_there():
    (program,) = VALUES["migrateDatabaseJob"]["args"]
    module, function = re.fullmatch(r"from ([\w.]+ import \w+); \w+\.(\w+)\(\)", program).groups()
    found = importlib.import_module(module.replace(" import ", "."))
    assert callable(getattr(found, function))


@pytest.mark.parametrize("folder", ["dags", "deploy/sign_in.py"])
def test_paths_in_the_image_are_those_of_the_repository(folder):
    assert f"/opt/warehouse/{folder}" in SETTINGS.values() and (PROJECT / folder).exists()
    assert "WORKDIR /opt/warehouse" in (PROJECT / "Dockerfile").read_text(encoding="utf-8")
