"""An analyst builds one model in a sandbox: on invented children, or with all else read from a published release."""

from __future__ import annotations

import json
import re
from pathlib import Path

import duckdb
import pytest

from childrens_warehouse.build.candidate import Workspace
from childrens_warehouse.errors import WarehouseError
from childrens_warehouse.modelling import sandbox, site
from childrens_warehouse.settings import Settings
from tests.nights.conftest import Nights, contents

pytestmark = pytest.mark.slow


def ask(settings: Settings, query: str) -> list[tuple]:
    with duckdb.connect(str(Workspace.of(settings).candidate), read_only=True) as connection:
        return connection.execute(query).fetchall()


def test_a_model_is_built_beside_the_published_release(
    night_by_night: Nights, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    real = night_by_night.settings
    before = contents(real)
    monkeypatch.setenv("WAREHOUSE_SANDBOX", str(tmp_path / "sandbox"))
    said: list[str] = []
    assert sandbox.build(real, ["ind_cla_count"], defer=True, say=said.append) == 0, capfd.readouterr().out
    inside = sandbox.beside(real)
    query = "select * from indicators.ind_cla_count order by all"
    assert ask(inside, query) == ask(real, query) != []
    # nothing it rests on was built, and the real home is as it was
    assert ask(inside, "select count(*) from duckdb_tables() where table_name = 'fct_looked_after_child'") == [(0,)]
    assert contents(real) == before
    # what differs from the release's code: nothing
    assert sandbox.build(real, [], defer=True, say=said.append) == 0
    assert "Nothing to do" in capfd.readouterr().out


def test_a_sandbox_of_invented_children_and_its_documentation(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WAREHOUSE_SANDBOX", str(tmp_path / "sandbox"))
    said: list[str] = []
    assert sandbox.build(settings, ["fct_review"], defer=False, say=said.append) == 0, capfd.readouterr().out
    assert any("25 invented children" in line for line in said)
    assert "fct_review_grain" in capfd.readouterr().out
    inside = sandbox.ensure(settings, said.append)
    assert ask(inside, "select count(*) > 50 from marts.fct_review") == [(True,)]
    with pytest.raises(WarehouseError, match="no published release"):
        sandbox.build(settings, ["ind_cla_count"], defer=True, say=said.append)

    page = site.make(settings, tmp_path / "docs", said.append)
    text = page.read_text(encoding="utf-8")
    assert "fct_placement" in text and "night_summary" in text
    followed = json.loads((page.parent / "lineage" / "colibri-manifest.json").read_text(encoding="utf-8"))
    assert (
        "model.childrens_warehouse.int_placements_rebuilt", "placement_type_code",
        "model.childrens_warehouse.fct_placement", "underlying_placement_type_code",
    ) in {
        (edge["source"], edge["sourceColumn"], edge["target"], edge["targetColumn"])
        for edge in followed["lineage"]["edges"]
    }  # fmt: skip
    for html in (text, (page.parent / "lineage" / "index.html").read_text(encoding="utf-8")):
        assert not re.findall(r"<(?:script|link|img)[^>]+(?:src|href)=[\"']https?://[^\"']+", html)


def test_the_sandbox_is_never_the_real_home(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAREHOUSE_SANDBOX", str(settings.home.root))
    with pytest.raises(WarehouseError, match="must not be the warehouse's own home"):
        sandbox.ensure(settings, print)
