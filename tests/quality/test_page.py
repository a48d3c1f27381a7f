"""The quality page says what the ledger says, stands alone, and hides nothing behind a colour."""

from __future__ import annotations

import datetime as dt
import json
import re
import stat

import lxml.html
import pytest

from childrens_warehouse.cli import app
from childrens_warehouse.datasets import ALL
from childrens_warehouse.ledger import Ledger
from childrens_warehouse.ledger_views import open_ledger
from childrens_warehouse.quality import page
from childrens_warehouse.settings import Settings
from tests.quality.invented_ledger import LAST_NIGHT, Invented

MORNING = dt.datetime(2017, 6, 1, 9, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def troubled_page(troubled: Settings) -> lxml.html.HtmlElement:
    return lxml.html.parse(page.write(troubled, MORNING)).getroot()


@pytest.fixture(scope="module")
def healthy_page(healthy: Settings) -> lxml.html.HtmlElement:
    return lxml.html.parse(page.write(healthy, MORNING)).getroot()


def words(element: lxml.html.HtmlElement) -> str:
    return re.sub(r"\s+", " ", element.text_content()).strip()


def section(root: lxml.html.HtmlElement, heading: str) -> lxml.html.HtmlElement:
    (found,) = root.xpath(f"//section[@aria-labelledby='{heading}']")
    return found


def table(root: lxml.html.HtmlElement, heading: str) -> list[list[str]]:
    return [[words(cell) for cell in row.xpath("td")] for row in section(root, heading).xpath(".//tbody/tr[td]")]


def asked(settings: Settings, statement: str) -> list[tuple[object, ...]]:
    with open_ledger(settings, MORNING) as connection:
        return connection.execute(statement).fetchall()


def test_it_stands_alone_and_is_well_formed(troubled: Settings, troubled_page: lxml.html.HtmlElement):
    text = (troubled.home.quality / "index.html").read_text()
    assert not re.search(r"https?:|//[\w-]+\.|<script|<link|@import|url\(", text)
    ids = troubled_page.xpath("//@id")
    assert len(ids) == len(set(ids))
    for name in ("href", "aria-labelledby"):
        assert {target.lstrip("#") for target in troubled_page.xpath(f"//@{name}")} <= set(ids)
    assert len(troubled_page.xpath("//h1")) == 1
    assert troubled_page.get("lang") == "en-GB"


def test_readers_may_read_it_and_nobody_else(troubled: Settings, troubled_page: lxml.html.HtmlElement):
    folder = troubled.home.quality
    assert stat.S_IMODE(folder.stat().st_mode) == 0o750
    assert [(path.name, stat.S_IMODE(path.stat().st_mode)) for path in folder.iterdir()] == [("index.html", 0o640)]


def test_what_needs_a_person_comes_first_with_what_to_do(troubled_page: lxml.html.HtmlElement):
    urgent, look = section(troubled_page, "needs").xpath(".//ul[@class='items']")
    assert [words(badge) for badge in urgent.xpath(".//*[contains(@class, 'badge')]")] == [
        "HELD", "REFUSED", "LATE", "ROWS",
    ]  # fmt: skip
    assert [words(badge) for badge in look.xpath(".//*[contains(@class, 'badge')]")] == ["VOLUME", "COLUMNS"]
    assert all(len(item.xpath(".//p")) == 2 for item in urgent), "each says what to do"
    said = words(urgent)
    assert "PUB-ROWS-HALVED on dim_school" in said and "reviews.csv is refused, 3 nights" in said
    assert "310, all of health: due 31 May 2017, 06:00" in said
    assert words(troubled_page.xpath("//dl/div[1]/dd")[0]).startswith("4 ")


def test_a_healthy_ledger_says_so(healthy_page: lxml.html.HtmlElement):
    assert words(healthy_page.xpath("//dl/div[1]/dd")[0]).startswith("Nothing")
    assert not section(healthy_page, "needs").xpath(".//li")
    assert "Nothing is set aside." in words(section(healthy_page, "aside"))
    assert {row[1] for row in table(healthy_page, "datasets")} == {"on time"}


def test_numbers_of_the_datasets_are_the_ledgers(troubled: Settings, troubled_page: lxml.html.HtmlElement):
    names = section(troubled_page, "datasets").xpath(".//tbody/tr/td[1]//span[@class='soft']/text()")
    shown = dict(zip([name.split()[0] for name in names], table(troubled_page, "datasets"), strict=True))
    assert set(shown) == {dataset.name for dataset in ALL}
    for dataset, least, median, last in asked(
        troubled,
        """
        select dataset, min(rows_read), median(rows_read), arg_max(rows_read, generated_at) from (
            select * from file_volume
            qualify row_number() over (partition by dataset order by generated_at desc) <= 40
        ) group by dataset
        """,
    ):
        assert shown[dataset][5:7] == [f"{least:,}", f"{median:,.0f}"]
        assert shown[dataset][7].removesuffix("unusual") == f"{last:,}"
    assert (shown["ssda903_header"][9], shown["ssda903_reviews"][9]) == ("waiting", "current"), "held since the 30th"
    late = [row for row in table(troubled_page, "datasets") if row[1].startswith("late")]
    assert len(late) == asked(troubled, "select count(*) from dataset_freshness where state = 'late'")[0][0]


def test_open_rows_are_the_quarantines(troubled: Settings, troubled_page: lxml.html.HtmlElement):
    shown = sorted((row[0], row[2], row[3]) for row in table(troubled_page, "aside"))
    expected = asked(
        troubled,
        "select rule, authority || ' ' || dataset, cast(count(*) as varchar) from refused_row where state = 'open'"
        " group by all union all select rule, authority || ' ' || file_name, 'whole file' from refused_file"
        " where state = 'open'",
    )
    assert shown == sorted(expected) and len(shown) >= 4
    total = sum(int(rows) for _, _, rows in shown if rows.isdigit())
    assert words(troubled_page.xpath("//dl/div[4]/dd")[0]).startswith(f"{total} rows 1 file ")


def test_the_calendars_have_a_word_for_every_square(troubled: Settings, troubled_page: lxml.html.HtmlElement):
    calendars = section(troubled_page, "nights").xpath(".//table[contains(@class, 'calendar')]")
    assert len(calendars) == 4
    cells = {
        cell.get("title").split(":")[0]: words(cell.xpath("span[@class='vh']")[0])
        for cell in calendars[3].xpath(".//td[@title]")
    }
    assert len(cells) == 12 * 7 + LAST_NIGHT.isoweekday()
    for night, state in asked(troubled, "select as_at, state from build"):
        word = {"held": "held by the gate", "could not judge": "the gate could not judge", "published": "published"}
        assert cells[f"{night.day} {night:%b %Y}"] == word[state]
    health = {cell.get("title"): cell.get("class") for cell in calendars[1].xpath(".//td[@title]")}
    assert {title.split(":")[0] for title, state in health.items() if state == "late"} == {
        "31 May 2017", "30 May 2017", "21 Apr 2017",
    }  # fmt: skip


def test_pictures_have_words_and_tables(troubled: Settings, troubled_page: lxml.html.HtmlElement):
    pictures = troubled_page.xpath("//svg")
    assert len(pictures) == len(ALL) + 3
    assert all(picture.get("role") == "img" and picture.get("aria-label") for picture in pictures)
    nights = table(troubled_page, "trends")
    assert len(nights) == 90 and nights[0][0] == "31 May 2017"
    expected = asked(
        troubled,
        "select sum(rows_read), sum(rows_refused), sum(rows_withdrawn) from dataset_night where night = '2017-05-31'",
    )
    assert nights[0][1:] == [f"{int(count):,}" for count in expected[0]]
    assert len(section(troubled_page, "trends").xpath(".//rect")) == sum(
        count != "0" for row in nights for count in row[1:]
    )


def test_what_a_supplier_writes_cannot_become_markup(settings: Settings):
    Invented(settings.home, nights=3).write()
    Ledger(settings.home.ledger).query(
        "update file_event set columns = '[\"<b>bold</b>\"]' where extract_date = '2017-05-31'"
    )
    folder = settings.home.quarantine / "310" / "health" / "2017-05-31"
    folder.mkdir(parents=True)
    name = "<script>alert(1)</script>.csv"
    refused = {"file": name, "rule": '"><img src=x>', "reason": "SECRET", "what_to_do": "", "archived_as": None}
    (folder / "odd.refused.json").write_text(json.dumps(refused))
    text = page.write(settings, MORNING).read_text()
    root = lxml.html.fromstring(text)
    assert "SECRET" not in text, "a reason may quote a cell"
    assert name in root.text_content() and "<b>bold</b>" in root.text_content()
    assert not root.xpath("//script | //img | //main//b[text()='bold']")


def test_a_home_without_any_night_has_a_page(settings: Settings):
    root = lxml.html.parse(page.write(settings)).getroot()
    assert "No file was ever delivered." in root.text_content()


def test_a_night_that_fails_leaves_its_page(settings: Settings, monkeypatch):
    from childrens_warehouse import run

    def fail(*told: object) -> None:
        raise RuntimeError("the disk is gone")

    monkeypatch.setattr(run, "land_night", fail)
    with pytest.raises(RuntimeError, match="the disk is gone"):
        run.run_night(settings, LAST_NIGHT)
    assert (settings.home.quality / "index.html").exists()


def test_a_page_that_cannot_be_written_costs_no_night(settings: Settings):
    settings.home.ledger.write_text("this is no database, and this is SECRET")
    said = page.write_after_a_night(settings)
    assert "could not be written (DatabaseError)" in said and "SECRET" not in said


def test_the_command_writes_it(settings: Settings):
    from typer.testing import CliRunner

    result = CliRunner().invoke(app, ["quality-page"])
    assert result.exit_code == 0 and (settings.home.quality / "index.html").exists()
