"""Every rule of the SSDA903 return finds the row that breaks it, and nothing else, among invented children."""

from __future__ import annotations

from collections import defaultdict

import pytest

from childrens_warehouse.datasets import rule_page
from tests.dbt_project import returns
from tests.dbt_project.rule_cases import YEAR, Case, Finding, adoption, children, episodes, spells

pytestmark = pytest.mark.slow

CASES: tuple[Case, ...] = tuple(
    one for family in (episodes, children, adoption, spells) for one in (*family.CASES, *family.CLEAN)
)
# No reason for a change of placement is out of date in that year; test_return_states.py has one that was.
OF_OTHER_YEARS = {"1009"}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[int, set[Finding]]:
    """Number of the case -> what the rules say of it in this year's return."""
    path = tmp_path_factory.mktemp("rules") / "candidate.duckdb"
    with returns.empty(path, f"{YEAR}-03-31") as connection:
        places = returns.write_return(connection, YEAR - 1, [one.last_year for one in CASES])
        places |= returns.write_return(connection, YEAR, [one.files for one in CASES])
    findings = defaultdict(set)
    for rule, dataset, file, row in returns.build(path).query(
        "select rule_code, dataset, source_file, source_row from marts.fct_data_quality_finding "
        f"where rule_code like 'SSDA903-%' and collection_year = {YEAR}"
    ):
        name, year = dataset.removeprefix("ssda903_"), int(file.split(" ")[1])
        child, index = places[name, year, row]
        # a row of last year's file counts from the end
        findings[child].add((rule.removeprefix("SSDA903-"), name, index if year == YEAR else index - 1))
    return findings


@pytest.mark.parametrize("number", range(1, len(CASES) + 1), ids=lambda number: CASES[number - 1].name or "clean")
def test_the_rule_finds_the_row_and_nothing_else(found, number: int):
    assert found.get(number, set()) == CASES[number - 1].broken


def test_every_rule_that_is_judged_has_a_case():
    judged = {
        rule["rule_code"].removeprefix("SSDA903-")
        for rule in rule_page.rules()
        if rule["judged"] in ("yes", "by_month", "in_part")
    }
    assert len(judged) > 250
    assert judged - {rule for one in CASES for rule, _, _ in one.broken} == OF_OTHER_YEARS
