"""The page of indicators has every figure, stands alone, and shows nothing to those who may not see it."""

from __future__ import annotations

import datetime as dt
import re
import stat

import lxml.html
import pytest

from childrens_warehouse.catalogue import lines, page, published, rows
from childrens_warehouse.settings import Settings
from tests.catalogue.conftest import write_values


@pytest.fixture(scope="module")
def drawn(with_values: Settings) -> lxml.html.HtmlElement:
    return lxml.html.parse(page.write(with_values)).getroot()


def words(element: lxml.html.HtmlElement) -> str:
    return re.sub(r"\s+", " ", element.text_content()).strip()


def row_of(root: lxml.html.HtmlElement, figure: str) -> lxml.html.HtmlElement:
    return next(row for row in root.xpath("//tr[@data-words]") if row.xpath(".//code/text()")[0] == figure)


def test_it_stands_alone_and_is_well_formed(with_values: Settings, drawn: lxml.html.HtmlElement):
    text = (with_values.home.quality / page.NAME).read_text()
    assert not re.search(r"https?:|//[\w-]+\.|<link|@import|url\(|<script[^>]+src", text)
    ids = drawn.xpath("//@id")
    assert len(ids) == len(set(ids))
    for name in ("href", "aria-labelledby"):
        assert {target.lstrip("#") for target in drawn.xpath(f"//@{name}")} <= set(ids)
    assert len(drawn.xpath("//h1")) == 1 and drawn.get("lang") == "en-GB"
    assert all(svg.get("aria-label") for svg in drawn.xpath("//svg"))


def test_it_has_every_figure_with_its_state(with_values: Settings, drawn: lxml.html.HtmlElement):
    shown = {row.xpath(".//code/text()")[0]: row.get("data-state") for row in drawn.xpath("//tr[@data-words]")}
    expected = {line.figure_id: line.state for line in lines.read(with_values.home)[0]}
    assert shown == expected and len(shown) >= 354
    for row in drawn.xpath("//tr[@data-words]"):
        assert words(row.xpath("td[2]")[0]) == rows.WORDS[row.get("data-state")]


def test_a_figure_has_its_definition_its_last_value_and_its_history(drawn: lxml.html.HtmlElement):
    row = row_of(drawn, "cla_count")
    assert "open period of care" in words(row)
    assert words(row.xpath("td[3]")[0]) == "113 31 May 2017, snapshot"
    (picture,) = row.xpath(".//svg")
    assert picture.get("aria-label") == "Children looked after: 12 values from 31 May 2016 to 31 May 2017, last 113"
    assert "neighbours 41.5" in words(row)
    assert "31 May 2017: Female 113" in words(row_of(drawn, "cla_gender"))
    missing = words(row_of(drawn, "camhs_waiting_time"))
    assert "Missing: referral and first appointment of each child (mental health trust)" in missing


def test_suppressed_figures_may_be_read_and_others_not(with_values: Settings, settings: Settings):
    path = page.write(with_values)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert "not suppressed" not in path.read_text()

    write_values(settings.home.marts)
    path = page.write(settings)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "These figures are not suppressed" in path.read_text()


def test_a_home_without_any_release_has_a_page(settings: Settings):
    root = lxml.html.parse(page.write(settings)).getroot()
    assert len(root.xpath("//tr[@data-words]")) >= 354 and "none yet" in root.text_content()


def test_a_page_that_cannot_be_written_costs_no_night(settings: Settings):
    settings.home.marts.write_text("this is no database, and this is SECRET")
    said = page.write_after_a_night(settings)
    assert "could not be written (" in said and "SECRET" not in said


def test_a_series_begins_where_something_was_known(with_values: Settings):
    values = published.read(with_values.home)
    series = values.series("cla_count", "310", "snapshot")
    assert [point.numerator for point in series] == list(range(101, 114)), "thirteen, oldest first"
    assert series[2].shown == "suppressed"
    assert values.series("cla_count", "310", "month") == ()


def test_every_night_draws_it_also_one_that_fails(settings: Settings, monkeypatch: pytest.MonkeyPatch):
    from childrens_warehouse import run

    def fail(*told: object) -> None:
        raise RuntimeError("the disk is gone")

    monkeypatch.setattr(run, "land_night", fail)
    with pytest.raises(RuntimeError, match="the disk is gone"):
        run.run_night(settings, dt.date(2017, 5, 31))
    assert (settings.home.quality / page.NAME).exists()
