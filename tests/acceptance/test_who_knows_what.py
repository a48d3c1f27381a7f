"""The scenario knows what the report prints; nothing that builds, judges or publishes does."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from childrens_warehouse.reference import SEEDS
from childrens_warehouse.settings import PROJECT
from tests.acceptance.comparison import figures

SCENARIO = re.compile(r"(?<!\w)panel[-_]report")
# Everything a night reads or runs, and where in it the invented children come from.
BUILDS = ("childrens_warehouse", "dags", "dbt_project", "expectations", "seeds")
INVENTS = PROJECT / "childrens_warehouse" / "simulate"
_READ = {".py", ".sql", ".yml", ".csv", ".json", ".toml", ".html", ".j2"}
_COMMENT = re.compile(r"\{#.*?#\}|/\*.*?\*/|--[^\n]*", re.DOTALL)
_NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?![\w.]*\d)")
# Shares and rates that are printed with a decimal, 10.0 and the like left out: a whole number may be a rule's.
PRINTED = {each.printed for each in figures() if each.decimals and not float(each.printed).is_integer()}


def files(*folders: Path) -> list[Path]:
    found = [path for folder in folders for path in folder.rglob("*") if path.suffix in _READ and path.is_file()]
    assert found
    return [path for path in found if not {"target", "logs"} & set(path.relative_to(PROJECT).parts)]


def test_only_what_invents_children_knows_of_the_scenario() -> None:
    known = [
        str(path.relative_to(PROJECT))
        for path in files(*(PROJECT / folder for folder in BUILDS))
        if INVENTS not in path.parents and SCENARIO.search(path.read_text(encoding="utf-8"))
    ]
    assert known == []


def test_no_seed_has_a_figure_that_is_to_be_computed() -> None:
    """What was published of earlier years is reference data, as long as no figure of the report is among it."""
    expected = {(each.indicator, str(each.as_at), each.period, each.slice) for each in figures()}
    assert len(expected) == len(figures())
    with (SEEDS / "indicator_published.csv").open(encoding="utf-8", newline="") as file:
        held = {
            (row["indicator_id"], row["as_at"], row["period"], _slice(row["dimension"], row["member"]))
            for row in csv.DictReader(file)
        }
    assert held
    assert expected & held == set()


def _slice(dimension: str, member: str) -> str:
    return "all" if dimension == "all" else f"{dimension}={member}"


@pytest.mark.parametrize("folder", ["models", "macros", "tests"])
def test_no_rule_has_a_printed_number(folder: str) -> None:
    assert len(PRINTED) > 50
    said = {
        f"{path.relative_to(PROJECT)}: {number}"
        for path in files(PROJECT / "dbt_project" / folder)
        if path.suffix == ".sql"
        for number in _NUMBER.findall(_COMMENT.sub("", path.read_text(encoding="utf-8")))
        if number in PRINTED
    }
    assert said == set()
