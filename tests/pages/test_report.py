"""The Corporate Parenting Report: its figures are those of the release, and it says what it does not show."""

from __future__ import annotations

import datetime as dt
from xml.etree.ElementTree import Element

import duckdb
import html5lib
import pytest

from childrens_warehouse.errors import WarehouseError
from childrens_warehouse.pages import reading, report
from childrens_warehouse.pages.reading import Edition
from childrens_warehouse.settings import Settings

MARCH = dt.date(2017, 3, 31)


def made(published: Settings, edition: Edition, as_at: dt.date | None = None) -> report.Report:
    with reading.open_release(published.home, edition, "310") as release:
        return report.make(release, as_at or report.newest(release))


def cells(html: str) -> list[Element]:
    """Every cell that shows a figure of the release."""
    tree = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(html)
    return [each for each in tree.iter() if each.get("data-indicator")]


@pytest.mark.parametrize("edition", [Edition.PUBLIC, Edition.PANEL])
def test_every_figure_is_that_of_the_release(published: Settings, edition: Edition) -> None:
    with duckdb.connect(str(reading.database(published.home, edition)), read_only=True) as connection:
        rows = connection.execute(
            "select indicator_id, as_at::varchar, period, dimension, member,"
            " case disclosure when 'suppressed' then 'c' else coalesce(display, '–') end from indicator_value"
        ).fetchall()
    shown = {tuple(row[:5]): row[5] for row in rows}
    found = cells(made(published, edition).html)
    assert len(found) > 60
    for cell in found:
        key = tuple(cell.get(f"data-{name}") for name in ("indicator", "as-at", "period", "dimension", "member"))
        assert "".join(cell.itertext()) == shown[key], key


def test_suppressed_figures_are_marked_and_told(published: Settings) -> None:
    public = made(published, Edition.PUBLIC)
    marked = [cell for cell in cells(public.html) if cell.get("data-disclosure") == "suppressed"]
    assert {cell.get("data-member") for cell in marked} == {"male", "female"}
    assert all(cell.find("abbr") is not None for cell in marked)
    assert "2 of" in public.html and "figures are suppressed" in public.html
    assert not [cell for cell in cells(made(published, Edition.PANEL).html) if cell.get("data-disclosure") != "open"]


def test_is_of_the_newest_quarter_end_unless_told(published: Settings) -> None:
    assert made(published, Edition.PANEL).as_at == MARCH
    assert "to 30 April 2017" in made(published, Edition.PANEL, dt.date(2017, 4, 30)).html


def test_a_day_that_is_not_covered_is_refused(published: Settings) -> None:
    with pytest.raises(WarehouseError, match="no figures as at 2017-06-30"):
        made(published, Edition.PUBLIC, dt.date(2017, 6, 30))


def test_stands_alone(published: Settings) -> None:
    html = made(published, Edition.PANEL).html
    tree = html5lib.parse(html, namespaceHTMLElements=False)
    ids = [each.get("id") for each in tree.iter() if each.get("id")]
    assert len(ids) == len(set(ids))
    for each in tree.iter():
        for name in ("href", "src", "action", "aria-labelledby", "aria-describedby"):
            for address in (each.get(name) or "").split():
                assert address.removeprefix("#") in ids, (name, address)
    assert "<script" not in html


def test_definitions_are_one_click_away_and_escaped(published: Settings) -> None:
    html = made(published, Edition.PUBLIC).html
    tree = html5lib.parse(html, namespaceHTMLElements=False)
    definitions = [each for each in tree.iter("details") if each.get("class") == "definition"]
    told = "".join(definitions[0].itertext())
    for words in ("Population", "Numerator", "Leaves out", "Clock", "Source", "Owner", "version 1", "Counts <them>."):
        assert words in told
    assert "Unknown <b>" not in html
