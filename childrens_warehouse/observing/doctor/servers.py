"""PostgreSQL for BI tools, and Airflow's own database."""

from __future__ import annotations

import contextlib
import os
import shlex
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from childrens_warehouse.errors import ConfigurationError, PostgresUnavailable
from childrens_warehouse.observing.doctor import disk
from childrens_warehouse.observing.doctor.finding import Seen, ok, warn, wrong
from childrens_warehouse.publish.current import current_manifest
from childrens_warehouse.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import Engine

_SECONDS = 3
# What `access` and the log of readings ask of a server.
_OLDEST_POSTGRES = 140_000
_AIRFLOW = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"
# What docker-compose.yml gives the workers instead of an address.
_NOT_FOR_WORKERS = "postgresql+psycopg2://nobody@localhost:1/none"


def postgresql(settings: Settings) -> Seen:
    from childrens_warehouse.serving import switching
    from childrens_warehouse.serving.connecting import connect, where

    if settings.postgres is None:
        yield ok("No server is set: the release is in the files alone.")
        return
    try:
        connection = connect(settings, "warehouse doctor", patience=_SECONDS)
    except (PostgresUnavailable, ConfigurationError) as error:
        yield wrong(str(error), "")
        return
    with contextlib.closing(connection):
        version = connection.info.server_version
        if version < _OLDEST_POSTGRES:
            yield wrong(f"{where(settings)} is PostgreSQL {version // 10_000}.", "14 is the oldest that will do.")
        asked = time.time()
        row = connection.execute("select extract(epoch from clock_timestamp())::float8").fetchone()
        yield from disk.apart_from("PostgreSQL's", abs((asked + time.time()) / 2 - row[0]) if row else 0.0)
        manifest = current_manifest(settings.home)
        shown, published = switching.current(connection), manifest["release_id"] if manifest else None
    if shown == published:
        yield ok(f"{where(settings)}, PostgreSQL {version // 10_000}, shows the published release.")
    else:
        yield warn(
            f"{where(settings)} shows release {shown or 'none'}, and {published or 'none'} is published.",
            "warehouse load-postgresql brings it there.",
        )


def airflow(settings: Settings) -> Seen:
    """Asked of the database itself: to load Airflow takes longer than all the rest."""
    import json

    from sqlalchemy import create_engine, text
    from sqlalchemy.exc import SQLAlchemyError

    from childrens_warehouse.orchestration.environment import POOLS_FILE, database

    address = _address()
    if address == _NOT_FOR_WORKERS:
        yield ok("Airflow's records are not a worker's to see.")
        return
    own = database(settings.home)
    if address is None and not own.exists():
        yield ok("Airflow was not used on this home yet.")
        return
    try:
        engine = create_engine(address or f"sqlite:///file:{own}?mode=ro&uri=true", **_patience(address))
        with _disposed(engine), engine.connect() as connection:
            slots = dict(connection.execute(text("select pool, slots from slot_pool")).tuples().all())
    except (SQLAlchemyError, ImportError) as error:
        yield wrong(
            f"Airflow's database cannot be asked ({type(error).__name__}).",
            f"See whether it runs and whether {_AIRFLOW} is right; airflow db migrate makes its tables.",
        )
        return
    told = {name: each["slots"] for name, each in json.loads(POOLS_FILE.read_text(encoding="utf-8")).items()}
    missing = sorted(set(told) - set(slots))
    if missing and address is None and not (settings.home.airflow / ".pools.json").exists():
        yield ok("Airflow's database answers; no scheduler was started on this home yet, which makes the pools.")
    elif missing:
        yield wrong(
            f"Airflow has no pool {', '.join(missing)}: tasks that name it never start.",
            f"warehouse airflow pools import {POOLS_FILE}",
        )
    elif slots["warehouse_writer"] != 1:
        yield wrong(
            f"Pool warehouse_writer has {slots['warehouse_writer']} slots: two could write at once.",
            f"warehouse airflow pools import {POOLS_FILE}",
        )
    else:
        yield ok("Airflow's database answers, and the pools are there.")


def _address() -> str | None:
    """Where Airflow is configured by its surroundings, as services are."""
    if address := os.environ.get(_AIRFLOW, "").strip():
        return address
    if command := os.environ.get(f"{_AIRFLOW}_CMD", "").strip():
        done = subprocess.run(shlex.split(command), capture_output=True, text=True, timeout=_SECONDS, check=False)
        return done.stdout.strip() or None
    return None


def _patience(address: str | None) -> dict[str, object]:
    return {"connect_args": {"connect_timeout": _SECONDS}} if address and address.startswith("postgres") else {}


@contextmanager
def _disposed(engine: Engine) -> Iterator[None]:
    try:
        yield
    finally:
        engine.dispose()
