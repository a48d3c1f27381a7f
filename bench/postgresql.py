"""Loading a release into PostgreSQL: against bare COPY of the same tables, and once more with one changed month.

    python -m bench --only-postgresql [--pupils 37000] [--children 2000] [--sessions] [--home FOLDER]

The release is invented straight into its tables, in the shapes of the real ones; --home takes the one that is published
in a home instead. The server is one of this machine, with its settings as they come.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime as dt
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import psycopg

from childrens_warehouse import sql
from childrens_warehouse.build.candidate import Held, Stage, State
from childrens_warehouse.pages.managers import worklists
from childrens_warehouse.publish import release
from childrens_warehouse.publish.current import current_manifest
from childrens_warehouse.publish.steps import switch_to
from childrens_warehouse.serving import parts, steps, storing
from childrens_warehouse.serving.local import LocalServer, free_port
from childrens_warehouse.settings import Home, PostgresSettings, Settings

MOST_TIMES = 5.0
MONTHS = [dt.date(2016, 8 + n, 1) if n < 5 else dt.date(2017, n - 4, 1) for n in range(1, 11)]
SUMS = ("fct_attendance_pupil_month", "fct_attendance_enrolment_month")
SESSIONS = "fct_attendance_session"

_GRAINS = {
    "dim_placement_type": ("placement_type_code",),
    "dim_date": ("date_day",),
    "dim_child": ("authority_code", "child_key", "valid_from"),
    "fct_looked_after_child": ("authority_code", "as_at", "child_key"),
    "fct_review": ("authority_code", "child_key", "review_on", "is_held"),
    SUMS[0]: ("authority_code", "pupil_key", "session_month"),
    SUMS[1]: ("authority_code", "pupil_key", "school_urn", "session_month"),
    SESSIONS: ("authority_code", "pupil_key", "school_urn", "session_month", "session_date", "session_code"),
    "indicator": ("indicator_id", "definition_version"),
    "indicator_value": (
        "authority_code", "indicator_id", "definition_version", "as_at", "period", "dimension", "member",
    ),
    "indicator_subject": ("indicator_id", "authority_code", "as_at", "period", "subject_key"),
    "dim_reporting_date": ("as_at",),
    "bridge_pupil_child": ("authority_code", "pupil_key"),
    "fct_allocation": ("authority_code", "child_key", "worker_role_code", "worker_key", "started_on"),
    "fct_case_holder": ("authority_code", "as_at", "child_key"),
    "fct_child_on_protection_plan": ("authority_code", "as_at", "child_key"),
    **{each.table: ("authority_code", "child_key") for each in worklists.ALL},
}  # fmt: skip
_REFERENCES: dict[str, tuple[dict[str, Any], ...]] = {
    "fct_looked_after_child": (
        {
            "columns": ["placement_type_code"], "table": "dim_placement_type",
            "to_columns": ["placement_type_code"],
        },
    ),
    "fct_review": ({"columns": ["review_on"], "table": "dim_date", "to_columns": ["date_day"]},),
}  # fmt: skip


def measure(options: argparse.Namespace, folder: Path) -> bool:
    """Load, load by bare COPY, change a month, load again. Is the bound missed?"""
    settings = dataclasses.replace(Settings.from_environment(), home=Home(options.home or folder / "home"))
    if not options.home:
        publish(settings, options, changed=1)
    with local_server() as server:
        told = PostgresSettings(server.address(), sessions=options.sessions)
        settings = dataclasses.replace(settings, postgres=told)
        bare = _bare(settings, server)
        served = steps.load(settings)
        seconds = sum(served.seconds.values())
        ratio = seconds / bare
        each = ", ".join(f"{step} {took:.1f}" for step, took in served.seconds.items())
        print(f"\n{served.tables} stored tables, {served.rows:,} rows: {seconds:.1f} s ({each})")
        print(f"the same rows by bare COPY: {bare:.1f} s; ratio {ratio:.2f} (bound {MOST_TIMES:.0f})")
        if not options.home:
            publish(settings, options, changed=2)
            again = steps.load(settings)
            print(
                f"with one changed month: {again.tables} tables, {again.rows:,} rows in"
                f" {sum(again.seconds.values()):.1f} s; {again.reused} were there"
            )
    return ratio > MOST_TIMES


def publish(settings: Settings, options: argparse.Namespace, changed: int, more: str = "") -> str:
    """Write an invented release and publish it in the files. more: SQL that changes its tables. Returns its id."""
    settings.home.create()
    built_of = settings.home.build / "built_of"
    built_of.write_bytes(b"")
    with duckdb.connect() as connection:
        text, of_sessions = Path(__file__).with_name("release.sql").read_text(encoding="utf-8").split("-- only with")
        told = {"months": f"[{sql.literals(MONTHS)}]", "pupils": options.pupils, "children": options.children}
        connection.execute(text.format(changed=changed, **told))
        if options.sessions:
            connection.execute(of_sessions.split("\n", 1)[1])
        connection.execute(more)
        rows = dict.fromkeys((*SUMS, *([SESSIONS] if options.sessions else [])), options.pupils)
        held = {("310", month): Held(f"{month}{changed}", rows) for month in MONTHS}
        inputs = f"{changed:064x}"[::-1]
        state = State(f"build{changed}", "bench", Stage.GATED, dt.date(2017, 5, 31), None, inputs, "c", held=held)
        gate = {
            "verdict": "pass", "judgements": [], "waived": [], "partitions_judged": 0, "partitions_carried": 0,
            "members": [],
        }  # fmt: skip
        current = current_manifest(settings.home)
        planned = release.plan(connection, state, current)
        manifest = release.write(
            connection, settings.home, state, planned, gate, current, None, _GRAINS, _REFERENCES, built_of,
            settings.disclosure,
        )  # fmt: skip
    return switch_to(settings, manifest["release_id"]).release_id


def _bare(settings: Settings, server: LocalServer) -> float:
    """Seconds in which DuckDB copies the same files into tables without anything, one after the other."""
    manifest = current_manifest(settings.home)
    assert manifest and settings.postgres
    by_table: dict[tuple[str, str], list[Path]] = {}
    for part in parts.of_release(settings, manifest, settings.postgres.sessions):
        if part.path:
            by_table.setdefault((part.stored.schema, part.table.name), []).append(part.path)
    with psycopg.connect(server.address(), autocommit=True) as connection:
        connection.execute("create database bare")
    with duckdb.connect() as connection:
        connection.execute(f"load {sql.literal(storing.extension())}")
        connection.execute(f"attach {sql.literal(server.address('bare'))} as bare (type postgres)")
        started = time.perf_counter()
        for (schema, name), paths in by_table.items():
            connection.execute(
                f"create table bare.public.{sql.name(f'{schema}_{name}')} as"
                f" select * from read_parquet({sql.file_list(paths)}, hive_partitioning = false)"
            )
        return time.perf_counter() - started


@contextmanager
def local_server() -> Iterator[LocalServer]:
    """A server of this machine with its settings as they come, and nothing of it left afterwards."""
    with tempfile.TemporaryDirectory(prefix="pg-") as folder:
        Path(folder).chmod(0o755)
        server = LocalServer(Path(folder) / "server", free_port())
        server.start()
        try:
            yield server
        finally:
            server.stop()
