"""Each macro that engines write differently says what it must; `make test-spark` asks Spark the same."""

from __future__ import annotations

import re
from pathlib import Path

from childrens_warehouse.build import dbt
from tests.dbt_project import macro_cases


def test_on_duckdb_every_case_says_what_it_must(tmp_path: Path) -> None:
    arguments = ["--quiet", "show", "--inline", macro_cases.query(), "--output", "json", "--limit", "1000"]
    finished = dbt.run(arguments, tmp_path / "candidate.duckdb", tmp_path / "target")
    assert finished.returncode == 0, finished.stdout[-2000:]
    assert macro_cases.said(finished.stdout) == macro_cases.expected()


def test_every_macro_that_is_dispatched_has_cases() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in (dbt.DBT_PROJECT / "macros").rglob("*.sql"))
    dispatched = set(re.findall(r"adapter\.dispatch\('(\w+)'", text))
    assert dispatched == dispatched & {*macro_cases.CASES, "all_but"}
    assert len(dispatched) >= 6
