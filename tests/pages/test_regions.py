"""The page of a region: who stands where, what of it is chance, and nothing that is not for everybody."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from pathlib import Path

import duckdb
import pytest
from lxml import etree
from typer.testing import CliRunner

from childrens_warehouse.cli import app
from childrens_warehouse.errors import WarehouseError
from childrens_warehouse.pages.charts.ranking import ranking
from childrens_warehouse.pages.charts.region_funnel import region_funnel
from childrens_warehouse.pages.regions import writing
from childrens_warehouse.pages.regions.reading import open_regions
from childrens_warehouse.settings import Settings
from tests.pages import regional
from tests.pages.regional import LONDON, MARCH


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """A home in which only what is for everybody is published."""
    settings.home.published.mkdir(parents=True, exist_ok=True)
    regional.write_release(settings.home.marts_aggregate)
    return settings


def text(svg: str) -> list[str]:
    return ["".join(each.itertext()) for each in etree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


def test_a_page_of_everybodys_figures_alone(settings: Settings) -> None:
    (path,) = writing.write(settings)
    assert path == settings.home.reports / "2017-03-31" / "regional-figures-2017-03-31-london.html"
    html = path.read_text(encoding="utf-8")
    assert "Public edition" in html and "33 authorities side by side" in html
    assert "Reviews &lt;on time&gt;" in html and "Reviews <on time>" not in html
    assert html.count("<figure") == 7  # four rankings, and a funnel of all but the sessions
    assert "those of one child go together" in html
    assert not re.search(r"<script|https?://(?!www.w3.org/2000/svg)", html)


def test_who_is_suppressed_has_a_mark_and_no_rank(settings: Settings) -> None:
    with open_regions(settings.home) as regions:
        (found,) = (each for each in regions.figures("London", MARCH) if each.period == "snapshot")
        assert regions.members("London") == LONDON == regions.members("England")
    assert (found.members, found.members_counted, len(found.known)) == (33, 32, 32)
    (missing,) = found.missing
    assert (missing.authority, missing.shown, missing.rank, missing.value) == (LONDON[0], "c", None, None)
    drawn = ranking(found)
    assert text(drawn.svg).count("c") == 1 and "32 of 33 authorities counted" in drawn.description
    assert drawn.table.rows[-1][:3] == (f"{missing.name} ({missing.authority})", "", "c")
    assert missing.name not in " ".join(text(region_funnel(found).svg))


def test_ranks_stand_in_their_order_and_the_region_beside_them(settings: Settings) -> None:
    figure = regional.figure("cla_three_plus_placements_pct")
    drawn = ranking(figure)
    names = [each for each in text(drawn.svg) if re.match(r"\d+  ", each)]
    assert len(names) == 33 and names[0].startswith("1  ")
    assert [each.rank for each in figure.standings] == sorted(each.rank or 0 for each in figure.standings)
    assert f"London {figure.display}" in text(drawn.svg)


def test_who_is_beyond_chance_is_named_in_the_funnel_and_told(settings: Settings) -> None:
    figure = regional.figure("cla_rate_per_10k")
    beyond = [each for each in figure.known if each.is_beyond]
    drawn = region_funnel(figure)
    assert beyond and all(f"{each.name} {each.shown}" in drawn.description for each in beyond)
    assert any(each.name in text(drawn.svg) for each in beyond)


def test_two_authorities_are_a_region_and_nobody_shown_is_told(settings: Settings) -> None:
    alone = regional.figure("cla_reviews_on_time_pct", LONDON[:3], hidden=LONDON[:1])
    assert len(alone.known) == 2 and ranking(alone).table.rows[0][1] == "1"
    nobody = dataclasses.replace(
        alone, standings=alone.missing, value=None, display=None, rate=None, chance=None, members_counted=0
    )
    assert "no figure of an authority can be shown" in ranking(nobody).description
    assert "No figure can be shown" in text(region_funnel(nobody).svg)


def test_who_alone_has_a_figure_is_no_region(settings: Settings, tmp_path: Path) -> None:
    """Rates of authorities whose population nobody told: the one that has it is shown and not ranked."""
    with duckdb.connect(str(settings.home.marts_aggregate)) as connection:
        connection.execute("delete from regional_ranking where indicator_id = 'cla_rate_per_10k'")
        connection.execute(
            f"update indicator_value set value = null, display = null, disclosure = 'not_available'"
            f" where indicator_id = 'cla_rate_per_10k' and authority_code <> '{LONDON[1]}'"
        )
        connection.execute(
            "update regional_indicator_value set members_counted = 1, value = 13, display = '13.0'"
            " where indicator_id = 'cla_rate_per_10k'"
        )
    with open_regions(settings.home) as regions:
        (found,) = (each for each in regions.figures("London", MARCH) if each.period == "snapshot")
    assert [(each.authority, each.rank) for each in found.known] == [(LONDON[1], None)]
    assert (found.missing[0].shown, found.chance) == ("–", None)
    drawn = ranking(found)
    assert "alone has a figure" in drawn.description and "London 13.0" not in text(drawn.svg)
    assert found.known[0].shown in text(drawn.svg)


def test_the_command_writes_where_it_is_told_and_says_what_there_is(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WAREHOUSE_HOME", str(settings.home.root))
    done = CliRunner().invoke(app, ["region-report", "--region", "London", "--to", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    assert [each.name for each in (tmp_path / "out").iterdir()] == ["regional-figures-2017-03-31-london.html"]
    wrong = CliRunner().invoke(app, ["region-report", "--region", "Atlantis"])
    assert isinstance(wrong.exception, WarehouseError) and "it has London" in str(wrong.exception)
    early = CliRunner().invoke(app, ["region-report", "--as-at", "2016-03-31"])
    assert isinstance(early.exception, WarehouseError) and "2016-03-31" in str(early.exception)


def test_it_is_made_again_only_where_it_tells_anything_else(settings: Settings) -> None:
    assert len(writing.remake(settings, MARCH)) == 1
    assert writing.remake(settings, MARCH) == []
    assert writing.remake(settings, dt.date(2017, 4, 30)) == []
    with duckdb.connect(str(settings.home.marts_aggregate)) as connection:
        connection.execute("update release set release_id = '2017-06-01-00000000'")
    assert writing.remake(settings, MARCH) == []
    with duckdb.connect(str(settings.home.marts_aggregate)) as connection:
        connection.execute("update regional_indicator_value set display = '99.9'")
    assert len(writing.remake(settings, MARCH)) == 1


def test_one_authority_alone_has_no_page(settings: Settings) -> None:
    with duckdb.connect(str(settings.home.marts_aggregate)) as connection:
        connection.execute("delete from regional_indicator_value")
    assert writing.remake(settings, MARCH) == []
    with pytest.raises(WarehouseError, match="two authorities"):
        writing.write(settings)
