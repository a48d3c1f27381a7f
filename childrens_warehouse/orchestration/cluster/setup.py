"""Bring the services' databases, pools and roles up to date with this version. May be run again at any time.

    python -m childrens_warehouse.orchestration.cluster.setup

The service `setup` of docker-compose.yml, after which the others start. It alone signs in to PostgreSQL as its
administrator, to make two databases: Airflow's own records, and the one where workers tell how tasks ended.
"""

from __future__ import annotations

import os
import subprocess

import psycopg
from psycopg.sql import SQL, Identifier, Literal

from childrens_warehouse.orchestration.environment import ADMIN, POOLS_FILE
from childrens_warehouse.settings import PROJECT

# Database, the role of that name that owns it, and the secret that is its password.
DATABASES = {"airflow": "records_password", "results": "results_password"}


def secret(name: str) -> str:
    """A secret of the folder, as deploy/secret.sh prints it to Airflow."""
    command = ["sh", str(PROJECT / "deploy" / "secret.sh"), name]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def prepare_databases() -> None:
    """Make each database and its role, or give the role the password that is in its file now."""
    host, port = os.environ["POSTGRES_ADDRESS"].rsplit(":", 1)
    with psycopg.connect(
        host=host, port=port, user="postgres", password=secret("postgres_password"), dbname="postgres", autocommit=True
    ) as server:
        for name, password in DATABASES.items():
            role = Identifier(name)
            if not server.execute("select 1 from pg_roles where rolname = %s", (name,)).fetchone():
                server.execute(SQL("create role {} login").format(role))
            server.execute(SQL("alter role {} password {}").format(role, Literal(secret(password))))
            if not server.execute("select 1 from pg_database where datname = %s", (name,)).fetchone():
                server.execute(SQL("create database {} owner {}").format(role, role))
                server.execute(SQL("revoke all on database {} from public").format(role))


def prepare_airflow() -> None:
    """Bring Airflow's records to this version, then its pools, roles and the first administrator."""
    # One process for all of it: each of Airflow's commands takes seconds to start.
    from airflow.cli.cli_parser import get_parser
    from airflow.providers.fab.auth_manager.cli_commands.utils import get_application_builder

    from childrens_warehouse.orchestration.cluster import roles

    for command in (("db", "migrate"), ("pools", "import", str(POOLS_FILE))):
        told = get_parser().parse_args(command)
        told.func(told)
    with get_application_builder() as builder:
        roles.sync(builder.sm)
        made = roles.ensure_admin(builder.sm, ADMIN, secret("admin_password"))
    print(f"Roles: {', '.join(roles.ROLES)}; administrator {ADMIN} {'made' if made else 'was there'}.")


def main() -> int:
    prepare_databases()
    prepare_airflow()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
