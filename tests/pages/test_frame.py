"""The frame of every page: what it says of itself, and that it needs nobody."""

from __future__ import annotations

import dataclasses
import datetime as dt
from pathlib import Path

import html5lib
import pytest

from childrens_warehouse.pages import frame
from childrens_warehouse.pages.picture import Cell, Picture, PictureTable

HEAD = frame.Head(
    title="Corporate Parenting Report",
    council="Harrow",
    as_at=dt.date(2017, 3, 31),
    edition="panel",
    release_id="2017-05-31-00000000",
    published_at=dt.datetime(2017, 6, 1, 5, 30),
    contents=(frame.Entry("a1", "Key <performance> indicators", "A1"),),
)


@pytest.fixture
def page(tmp_path: Path) -> str:
    (tmp_path / "page.html.j2").write_text(
        '{% extends "frame.html.j2" %}{% block content %}{{ parts.picture(drawn, "p") }}{% endblock %}'
    )
    table = PictureTable(("Month", "Children"), (("Mar 2017", Cell("211", {"data-member": '"all"'})),))
    drawn = Picture("<svg viewBox='0 0 1 1'></svg>", "Children & months", "They grew.", table)
    return frame.render("page.html.j2", HEAD, tmp_path, drawn=drawn)


def test_is_html_that_a_strict_reader_takes(page: str) -> None:
    html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(page)


def test_says_what_it_is_made_from_and_who_may_have_it(page: str) -> None:
    assert "2017-05-31-00000000" in page
    assert "31 March 2017" in page
    assert "do not pass on" in page
    assert 'data-member="&#34;all&#34;"' in page
    assert "Key &lt;performance&gt; indicators" in page


def test_asks_nobody_for_anything(page: str) -> None:
    tree = html5lib.parse(page, namespaceHTMLElements=False)
    addresses = [each.get(name) for each in tree.iter() for name in ("href", "src", "action") if each.get(name)]
    assert all(address.startswith("#") for address in addresses)
    assert "<script" not in page
    assert "url(" not in page


def test_a_picture_is_told_in_words_and_figures(page: str) -> None:
    tree = html5lib.parse(page, namespaceHTMLElements=False)
    drawing = tree.find(".//div[@role='img']")
    ids = {each.get("id") for each in tree.iter()}
    assert {drawing.get("aria-labelledby"), drawing.get("aria-describedby")} <= ids
    assert [cell.text for cell in tree.iter("td")] == ["211"]


SOURCES = {"social_care": dt.date(2017, 3, 31), "health": None, "education": dt.date(2017, 3, 28)}


def test_says_as_of_when_each_source_is_known_and_which_lag_behind(tmp_path: Path) -> None:
    (tmp_path / "page.html.j2").write_text('{% extends "frame.html.j2" %}')
    page = frame.render("page.html.j2", dataclasses.replace(HEAD, sources=SOURCES), tmp_path)
    html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(page)
    tree = html5lib.parse(page, namespaceHTMLElements=False)
    facts = {"".join(each[0].itertext()): "".join(each[1].itertext()) for each in tree.findall(".//dl/div")}
    assert facts["Social care"] == "as of 31 March 2017"
    assert facts["Health"] == "never delivered"
    assert [each.text for each in tree.findall(".//p[@class='behind']")] == [
        "Health was never delivered: figures that need it are not available.",
        "Education as of Tuesday 28 March 2017: what it delivers of later days is not in these figures yet.",
    ]


def test_a_source_that_reaches_up_to_the_day_of_the_page_does_not_lag_behind() -> None:
    assert frame.behind({"education": dt.date(2017, 4, 3)}, dt.date(2017, 3, 31)) == ()
