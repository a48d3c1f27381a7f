"""A release of what sixty nights left in raw, made by dbt and judged by every suite, against the model.

In a process and a home of its own: the home of the trial is built in SQL instead of dbt.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import duckdb

from chaos.model import Model
from childrens_warehouse.build import steps
from childrens_warehouse.publish.steps import publish
from childrens_warehouse.settings import PROJECT, Home, Settings

_FROM = ("raw", "restricted", "decisions", "ledger.sqlite")
# Facts that have a row for each key of a list: table -> list.
_BY_KEY = {"fct_care_episode": "ssda903_episodes", "fct_health_assessment": "health_assessments"}


def differs(settings: Settings, model: Model) -> Iterator[str]:
    """Build what the home has in force, publish it, and say in what it is not as the model has it."""
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder) / "home").create()
        for name in _FROM:
            path = settings.home.root / name
            if path.is_dir():
                shutil.copytree(path, home.root / name, dirs_exist_ok=True)
            elif path.exists():
                shutil.copyfile(path, home.root / name)
        done = subprocess.run(
            [sys.executable, "-m", "chaos.built", str(home.root)], cwd=PROJECT, capture_output=True, text=True,
            env={**os.environ, "PYTHONPATH": str(PROJECT)}, check=False,
        )  # fmt: skip
        if done.returncode:
            yield f"dbt or its gate: {(done.stderr.strip().splitlines() or ['no word'])[-1]}"
            return
        found = json.loads(done.stdout.strip().splitlines()[-1])
    for what, wanted in _wanted(model).items():
        if found[what] != wanted:
            yield f"made by dbt, {what} has {found[what]}, should have {wanted}"


def _wanted(model: Model) -> dict[str, dict[str, object]]:
    """What the marts must count: by authority, and sessions by month too."""
    keys: dict[str, dict[str, set[object]]] = defaultdict(lambda: defaultdict(set))
    months: dict[str, set[object]] = defaultdict(set)
    as_of: dict[str, str] = {}
    for (authority, dataset, *_), (each, rows) in model.in_force().items():
        name = f"{authority} {dataset}"
        as_of[name] = max(as_of.get(name, ""), each.day)
        for table, of_list in _BY_KEY.items():
            if dataset == of_list:
                keys[table][authority] |= {row.key for row in rows}
        if dataset == "attendance":
            for row in rows:
                months[f"{authority} {str(row.register[2])[:7]}"].add(row.key)
    counted: dict[str, dict[str, object]] = {
        table: {authority: len(found) for authority, found in by_authority.items()}
        for table, by_authority in keys.items()
    }
    return {**counted, "sessions": {name: len(found) for name, found in months.items()}, "dim_extract": dict(as_of)}


def _main(root: str) -> None:
    settings = replace(Settings.from_environment(), home=Home(Path(root)))
    publish(settings, steps.build(settings, f"by dbt {dt.datetime.now(dt.UTC):%H%M%S}", print).build_id)
    with duckdb.connect(str(settings.home.marts), read_only=True) as marts:
        found: dict[str, dict[str, object]] = {
            table: dict(marts.execute(f"select authority_code, count(*) from marts.{table} group by 1").fetchall())
            for table in _BY_KEY
        }
        sessions = marts.execute(
            "select authority_code || ' ' || strftime(session_date, '%Y-%m'), count(*) "
            "from marts.fct_attendance_session group by 1"
        ).fetchall()
        as_of = marts.execute(
            "select authority_code || ' ' || dataset, cast(max(extract_date) as varchar) from marts.dim_extract "
            "group by 1"
        ).fetchall()
    print(json.dumps({**found, "sessions": dict(Counter(dict(sessions))), "dim_extract": dict(as_of)}))


if __name__ == "__main__":
    _main(*sys.argv[1:])
