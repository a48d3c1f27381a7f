"""The environment Airflow runs in on one machine: everything under the warehouse home, nothing in ~/airflow."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from childrens_warehouse.errors import WarehouseError
from childrens_warehouse.settings import OWNER_ONLY_DIRECTORY, OWNER_ONLY_FILE, PROJECT, Home, Settings

DAGS = PROJECT / "dags"
# In a file, because the containers hand it to `airflow pools import` as it is.
POOLS_FILE = PROJECT / "childrens_warehouse" / "orchestration" / "pools.json"
ADMIN = "admin"
PRELOADED = ",".join(
    (
        "airflow.executors.local_executor",
        "airflow.sdk.execution_time.task_runner",
        "expectations.arrivals",
        "great_expectations",
        "childrens_warehouse.landing.night",
    )
)


class AirflowCommandError(WarehouseError):
    """An Airflow command failed; its output is in the log that the message names."""


def airflow_environment(settings: Settings, port: int = 8080) -> dict[str, str]:
    """Variables for every Airflow process of this home: the caller's own, and ours on top.

    Ours win, so that an Airflow set up elsewhere on this machine is never touched.
    """
    create_home(settings)
    home = settings.home
    return {
        **os.environ,
        "WAREHOUSE_HOME": str(home.root),
        "AIRFLOW_HOME": str(home.airflow),
        "AIRFLOW_CONFIG": str(home.airflow / "airflow.cfg"),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{database(home)}",
        "AIRFLOW__CORE__DAGS_FOLDER": str(DAGS),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        # Each worker is a process of some 200 MB; the pools say what may run beside what.
        "AIRFLOW__CORE__PARALLELISM": "4",
        # Great Expectations takes five seconds to load. Loaded once, in the process the workers are forked from,
        # it costs the tasks nothing; otherwise every landed file would pay for it.
        "AIRFLOW__SCHEDULER__MP_START_METHOD": "forkserver",
        "AIRFLOW__SCHEDULER__MP_FORKSERVER_PRELOAD": PRELOADED,
        "AIRFLOW__CORE__AUTH_MANAGER": (
            "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager"
        ),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{ADMIN}:admin",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(passwords(home)),
        # This machine only: whoever may see the pages may read every log and start every run.
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        # Without it, tasks look for the execution API on the default port, fail, and leave no log.
        "AIRFLOW__API__BASE_URL": f"http://127.0.0.1:{port}",
        "AIRFLOW__API_AUTH__JWT_SECRET": _token_secret(home),
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home.logs / "airflow"),
        "AIRFLOW__LOGGING__DAG_PROCESSOR_CHILD_PROCESS_LOG_DIRECTORY": str(home.logs / "airflow" / "dag-files"),
        # Nothing about a council's runs leaves it.
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "GX_ANALYTICS_ENABLED": "false",
        # Its own events of lineage quote what an error says, which may be a value of a row; ours do not
        # (childrens_warehouse.observing.lineage).
        "AIRFLOW__OPENLINEAGE__DISABLED": "True",
    }


def database(home: Home) -> Path:
    """Airflow's own records of runs and tasks; no child's data."""
    return home.airflow / "airflow.db"


def passwords(home: Home) -> Path:
    return home.airflow / "passwords.json"


def create_home(settings: Settings) -> None:
    """Make the warehouse home and Airflow's folder in it, for the owner alone. Safe to call again."""
    settings.home.create()
    settings.home.airflow.mkdir(exist_ok=True)
    settings.home.airflow.chmod(OWNER_ONLY_DIRECTORY)


def keep_secret(path: Path, made: str) -> str:
    """The secret in `path`; on the first call, the one just made. Readable by the owner alone from its birth."""
    if not path.exists():
        path.touch(OWNER_ONLY_FILE)
        path.write_text(made, encoding="utf-8")
    return path.read_text(encoding="utf-8")


def _token_secret(home: Home) -> str:
    """What the programs sign their tokens to each other with."""
    return keep_secret(home.airflow / "token-secret", secrets.token_urlsafe(64))


def airflow(*arguments: str) -> list[str]:
    """The command line of this environment's own Airflow, whatever is on the PATH."""
    return [sys.executable, "-m", "airflow", *arguments]


def prepare(settings: Settings, environment: dict[str, str], log: Path) -> bool:
    """Bring Airflow's database to this version. True if there was something to do."""
    # A stamp, because asking Airflow whether its database is up to date takes longer than all the rest.
    stamp = settings.home.airflow / f".migrated-{version('apache-airflow-core')}"
    if stamp.exists() and database(settings.home).exists():
        return False
    run_airflow(environment, log, "db", "migrate")
    for old in settings.home.airflow.glob(".migrated-*"):
        old.unlink()
    stamp.touch()
    return True


def prepare_pools(settings: Settings, environment: dict[str, str], log: Path) -> bool:
    """Give Airflow the pools the DAGs name. True if there was something to do."""
    wanted = POOLS_FILE.read_text(encoding="utf-8")
    stamp = settings.home.airflow / ".pools.json"
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return False
    run_airflow(environment, log, "pools", "import", str(POOLS_FILE))
    stamp.write_text(wanted, encoding="utf-8")
    return True


def run_airflow(environment: dict[str, str], log: Path, *arguments: str) -> None:
    """Run one Airflow command to its end, its output into `log`."""
    with log.open("a", encoding="utf-8") as output:
        done = subprocess.run(
            airflow(*arguments), env=environment, stdout=output, stderr=subprocess.STDOUT, check=False
        )
    if done.returncode:
        raise AirflowCommandError(f"airflow {' '.join(arguments)} failed ({done.returncode}); see {log}.")
