"""What a template writes is where it belongs, builds, passes its own tests and keeps the house rules."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import duckdb
import pytest

from childrens_warehouse.build import dbt, raw_schema
from childrens_warehouse.errors import WarehouseError
from childrens_warehouse.modelling import exposures, rules, scaffold
from childrens_warehouse.settings import PROJECT


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of what a template reads and writes."""
    for folder in ("dbt_project", "seeds", "expectations"):
        shutil.copytree(
            PROJECT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("target", "logs", "__pycache__")
        )
    return tmp_path


def written(project: Path, files: list[Path]) -> list[str]:
    return [str(path.relative_to(project)) for path in files]


@pytest.mark.slow
def test_what_is_written_builds_passes_and_keeps_the_rules(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dbt, "DBT_PROJECT", project / "dbt_project")
    files = scaffold.new_fact("fct_new_interview", "stg_social_care__return_interviews", "care", project=project)
    assert written(project, files)[:3] == [
        "dbt_project/models/core/care/fct_new_interview.sql",
        "dbt_project/models/core/care/fct_new_interview.yml",
        "expectations/publication/fct_new_interview.py",
    ]
    scaffold.new_fact("fct_new_roll", "stg_education__enrolments", "education", project=project)
    scaffold.new_fact("fct_new_review", "int_reviews_in_force", "care", project=project)
    assert written(project, scaffold.new_indicator("cla_new_pct", "New share", "health", project)) == [
        "dbt_project/models/indicators/health/ind_cla_new_pct.sql",
        "dbt_project/models/indicators/health/ind_cla_new_pct.yml",
    ]

    candidate, target = project / "candidate.duckdb", project / "target"
    with duckdb.connect(str(candidate)) as connection:
        raw_schema.create_empty(connection)
    models = ["fct_new_interview", "fct_new_roll", "fct_new_review", "ind_cla_new_pct"]
    what_they_rest_on = ["--select", *(f"+{model}" for model in models), "--exclude-resource-type", "test", "unit_test"]
    finished = dbt.run(["build", *what_they_rest_on], candidate, target)
    assert finished.returncode == 0, finished.stdout
    finished = dbt.run(["build", "--select", *models], candidate, target)
    assert finished.returncode == 0, finished.stdout
    results = json.loads((target / "run_results.json").read_text(encoding="utf-8"))["results"]
    kinds = [result["unique_id"].split(".")[0] for result in results]
    assert kinds.count("unit_test") == 4 and kinds.count("model") == 4 and kinds.count("test") >= 6
    assert not rules.offences(json.loads((target / "manifest.json").read_text(encoding="utf-8")))


def test_a_list_no_fact_took_before_is_counted(project: Path) -> None:
    counted = project / "dbt_project/macros/rows_in_facts.sql"
    text = counted.read_text(encoding="utf-8")
    bare = text.replace("        ('enrolments', 'fct_enrolment', none),\n", "")
    assert bare != text
    counted.write_text(bare, encoding="utf-8")
    files = scaffold.new_fact("fct_new_roll", "stg_education__enrolments", "education", project=project)
    assert files[-1] == counted
    assert "        ('enrolments', 'fct_new_roll', none),\n    ]) }}" in counted.read_text(encoding="utf-8")
    # once is enough
    files = scaffold.new_fact("fct_newer_roll", "stg_education__enrolments", "education", project=project)
    assert counted not in files


@pytest.mark.parametrize(
    ("name", "source", "subject", "grain", "what"),
    [
        ("new_roll", "stg_education__enrolments", "education", (), "no name of a fact"),
        ("fct_enrolment", "stg_education__enrolments", "education", (), "There is a model fct_enrolment already"),
        ("fct_new", "stg_education__nothing", "education", (), "no staging or intermediate model"),
        ("fct_new", "fct_enrolment", "education", (), "no staging or intermediate model"),
        ("fct_new", "stg_education__enrolments", "schools", (), "schools is no subject"),
        ("fct_new", "stg_education__enrolments", "education", ("authority_code", "colour"), "no column colour"),
        ("fct_new", "stg_social_care__reviews", "care", (), "comes by collection year"),
        ("fct_new", "int_care_clocks", "care", (), "not the rows in force of one list"),
    ],
)
def test_what_cannot_be_written_is_said_and_nothing_is(
    project: Path, name: str, source: str, subject: str, grain: tuple[str, ...], what: str
) -> None:
    before = sorted(project.rglob("*"))
    with pytest.raises(WarehouseError, match=what):
        scaffold.new_fact(name, source, subject, grain, project)
    assert sorted(project.rglob("*")) == before


def test_an_indicator_needs_an_id_of_words(project: Path) -> None:
    for wrong in ("ind_cla_new_pct", "CLA", "cla-new"):
        with pytest.raises(WarehouseError, match="no id of an indicator"):
            scaffold.new_indicator(wrong, "Title", "care", project)
    with pytest.raises(WarehouseError, match="There is a model ind_cla_count already"):
        scaffold.new_indicator("cla_count", "Title", "care", project)
    with pytest.raises(WarehouseError, match="schools is no subject"):
        scaffold.new_indicator("cla_new_pct", "Title", "schools", project)


def test_the_committed_exposures_are_the_generated_ones() -> None:
    assert exposures.PATH.read_text(encoding="utf-8") == exposures.render(), "run `warehouse generate`"


def test_whatever_reads_the_marts_is_an_exposure() -> None:
    """Modules of the package that open what is published."""
    package = PROJECT / "childrens_warehouse"
    makes_them = {"publish", "build", "disclosure", "modelling", "settings.py"}
    readers = {
        ".".join(path.relative_to(package).with_suffix("").parts)
        for path in package.rglob("*.py")
        if path.relative_to(package).parts[0] not in makes_them
        and re.search(r"from marts\.|as older \(read_only\)", path.read_text(encoding="utf-8"))
    }
    assert readers == {each.module for each in exposures.EXPOSURES if each.module}
