"""`warehouse indicators` finds a figure by area, state or reference and tells all about it."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from childrens_warehouse.cli import app
from childrens_warehouse.settings import Settings


@pytest.fixture
def run(with_values: Settings, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("WAREHOUSE_HOME", str(with_values.home.root))

    def invoke(*arguments: str) -> str:
        result = CliRunner().invoke(app, ["indicators", *arguments])
        assert result.exit_code == 0, result.output
        return result.output

    return invoke


def ids(output: str) -> list[str]:
    return [line.split()[0] for line in output.splitlines()[1:] if line and not line[0].isspace()]


def test_it_lists_and_chooses(run):
    assert "of 354" in run() or int(run().split("figures. The catalogue")[0].split()[-1]) >= 354
    assert ids(run("--reference", "pi 16"))[0] == "cla_three_plus_placements_pct"
    chosen = run("--area", "workforce", "--state", "needs_source")
    assert "agency_social_workers_pct" in chosen and "cla_count" not in chosen
    (line,) = [line for line in run("--reference", "B1").splitlines() if line.startswith("cla_count ")]
    assert line.rstrip().endswith("113")


def test_it_tells_all_about_one(run):
    told = run("show", "cla_three_plus_placements_pct")
    assert "PI 16" in told and "NI 62" in told, "the paper's number and the dated rule"
    assert "Contradicts the table of key indicators" in told, "the target that is not used"
    assert "113" in run("show", "cla_count")
    assert "mental health trust" in run("show", "camhs_waiting_time")


def test_it_helps_who_mistypes(with_values: Settings, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("WAREHOUSE_HOME", str(with_values.home.root))
    result = CliRunner().invoke(app, ["indicators", "show", "cla_cuont"])
    assert result.exit_code == 2 and "cla_count" in result.output
    assert CliRunner().invoke(app, ["indicators", "--area", "nowhere"]).exit_code == 2
