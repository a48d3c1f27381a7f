"""Every page, looked at in Chromium: at a desk, on a phone, by keyboard, on paper, and with axe-core."""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import axe_playwright_python
import duckdb
import pypdf
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from childrens_warehouse.catalogue import page as catalogue_page
from childrens_warehouse.catalogue import rules
from childrens_warehouse.pages import reading, report
from childrens_warehouse.pages.managers import writing
from childrens_warehouse.pages.reading import Edition
from childrens_warehouse.pages.regions import writing as regions
from childrens_warehouse.quality import page as quality_page
from childrens_warehouse.settings import Home, Settings
from tests.pages import conftest, regional, test_managers
from tests.quality.invented_ledger import Invented

pytestmark = pytest.mark.slow

# The last one is the panel edition of all indicators: the widest tables, and no part that the others have not.
PAGES = ("public", "panel", "region", "teams", "team", "quality", "catalogue", "every indicator")
DESK, PHONE = 1280, 390
# What lies between the margins of A4, in CSS pixels: upright, and across where a section asks for it.
UPRIGHT, ACROSS = 680, 1009
A4 = (595, 842)
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]

# What sticks out of the window, what scrolls and cannot be reached by keyboard, and what is cut off.
STICKS_OUT = """() => {
    const width = document.documentElement.clientWidth, found = [];
    const name = (each) => [each.tagName, each.id, each.getAttribute("class")].filter(Boolean).join(" ");
    const overflow = (each) => getComputedStyle(each).overflowX;
    const isRead = (each) => !each.closest("svg svg, .skip, .hidden, .vh, .running, thead");
    const isInBox = (each) => {
        for (let box = each.parentElement; box; box = box.parentElement) if (overflow(box) !== "visible") return true;
        return false;
    };
    if (document.documentElement.scrollWidth > width) found.push(`document: ${document.documentElement.scrollWidth}`);
    for (const each of document.querySelectorAll("body *")) {
        const box = each.getBoundingClientRect();
        if (!box.width || !box.height || !isRead(each)) continue;
        if ((box.right > width + 1 || box.left < -1) && !isInBox(each)) found.push(`out: ${name(each)}`);
        if (each.scrollWidth <= each.clientWidth + 1) continue;
        if (["auto", "scroll"].includes(overflow(each)) && each.tabIndex < 0) found.push(`keyboard: ${name(each)}`);
        if (["hidden", "clip"].includes(overflow(each)) && !each.closest("svg")) found.push(`cut: ${name(each)}`);
    }
    return found;
}"""
# What is wider than its page, in the sections that are printed across or in the others.
OFF_PAPER = """(across) => {
    const wide = [...document.querySelectorAll("section")].filter((each) => getComputedStyle(each).page === "wide");
    return [...document.querySelectorAll("body *:not(svg *, .hidden *, .vh *, thead *)")].filter((each) => {
        const box = each.getBoundingClientRect();
        return box.width && wide.some((section) => section.contains(each)) === across
            && !each.matches(".hidden, .vh, .running, .skip, thead")
            && (box.left < -1 || box.right > document.documentElement.clientWidth + 1);
    }).map((each) => `${each.tagName} ${each.id} ${each.className}`);
}"""
FOCUSED = """() => {
    const each = document.activeElement, style = getComputedStyle(each), box = each.getBoundingClientRect();
    if (each === document.body) return null;
    window.reached ??= [];
    const isNew = !window.reached.includes(each);
    if (isNew) window.reached.push(each);
    return {
        isNew, tag: each.tagName, name: each.outerHTML.slice(0, 120), isOpen: each.parentElement.open,
        isRinged: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
        isSeen: box.width > 1 && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
    };
}"""
CELLS = """() => [...document.querySelectorAll("[data-indicator][data-as-at]")].map((cell) => ({
    key: ["indicator", "version", "asAt", "period", "dimension", "member"].map((name) => cell.dataset[name]),
    text: [...cell.childNodes].filter((each) => each.nodeName !== "SUP").map((each) => each.textContent).join(""),
    disclosure: cell.dataset.disclosure, isSeen: cell.checkVisibility(),
    isExplained: cell.closest("details") !== null || cell.querySelector("abbr[title]") !== null,
}))"""


@dataclasses.dataclass
class Looked:
    """A page that is open, what it asked for, what the console said, and the release that it shows."""

    name: str
    page: Page
    path: Path
    release: Path | None
    asked: list[str] = dataclasses.field(default_factory=list)
    said: list[str] = dataclasses.field(default_factory=list)

    def see(self, width: int, media: Any = "screen") -> None:
        self.page.emulate_media(media=media, color_scheme="light", reduced_motion="reduce")
        self.page.set_viewport_size({"width": width, "height": 900})

    def open_all(self, is_open: bool = True) -> None:
        self.page.evaluate(
            "(open) => document.querySelectorAll('details').forEach((each) => each.open = open)", is_open
        )

    def look_at_few(self) -> None:
        """Of the catalogue's hundreds of rows, each like the others, those that its filter leaves."""
        if self.name == "catalogue":
            self.page.get_by_role("searchbox").fill("adoption")


def home(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return dataclasses.replace(Settings.from_environment(), home=Home(tmp_path_factory.mktemp("home")).create())


def _slices() -> str:
    """Figures of slices, beside those by sex."""
    dimensions = ("age_band", "ethnic_group", "placement_group", "placement_type", "placement_location")
    members = conftest.values((each, *member) for each in dimensions for member in rules.members(each).items())
    return (
        "insert into indicator_value by name select figure.* replace (slice.dimension as dimension, slice.member as"
        " member, slice.label as member_label) from indicator_value as figure cross join"
        f" (values {members}) as slice (dimension, member, label)"
        " where figure.dimension = 'all' and figure.indicator_id in ('cla_count', 'cla_sessions_missed_pct_all')"
    )


@pytest.fixture(scope="module")
def made(published: Settings, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, Path | None]]:
    """Page -> its file, and the release that its figures are of."""
    folder = tmp_path_factory.mktemp("pages")
    every, managers, nights, region = (home(tmp_path_factory) for _ in range(4))
    regional.write_release(region.home.marts_aggregate)
    conftest.write_release(every.home.marts, _slices(), indicators=conftest.every_indicator())
    test_managers.write_release(managers.home.marts)
    Invented(nights.home, nights=60, troubles=True).write()
    found: dict[str, tuple[Path, Path | None]] = {}
    for name, settings, edition in (
        ("public", published, Edition.PUBLIC), ("panel", published, Edition.PANEL),
        ("every indicator", every, Edition.PANEL),
    ):  # fmt: skip
        with reading.open_release(settings.home, edition, "310") as release:
            html = report.make(release, report.newest(release)).html
        path = folder / f"{name}.html"
        path.write_text(html, encoding="utf-8")
        found[name] = path, reading.database(settings.home, edition)
    (found_region,) = regions.write(region, to=folder)
    found["region"] = found_region, None
    index = writing.write(managers, "310")
    found["teams"] = index, managers.home.marts
    found["team"] = index.with_name("looked-after-1.html"), managers.home.marts
    found["quality"] = quality_page.write(nights, dt.datetime(2017, 6, 1, 9, tzinfo=dt.UTC)), None
    found["catalogue"] = catalogue_page.write(published), None
    return found


# Of the module and not of the session: while it runs, no other test of this worker could run an event loop.
@pytest.fixture(scope="module")
def browser(chromium: tuple[str, ...]) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        executable, *arguments = chromium
        opened = playwright.chromium.launch(executable_path=executable, args=arguments)
        yield opened
        opened.close()


@pytest.fixture(scope="module", params=PAGES, ids=lambda name: name.replace(" ", "-"))
def looked(
    request: pytest.FixtureRequest, browser: Browser, made: dict[str, tuple[Path, Path | None]]
) -> Iterator[Looked]:
    path, release = made[request.param]
    page = browser.new_page()
    looked = Looked(request.param, page, path, release)
    page.on("request", lambda asked: looked.asked.append(asked.url))
    page.on("console", lambda said: looked.said.append(f"{said.type}: {said.text}"))
    page.on("pageerror", lambda error: looked.said.append(str(error)))
    looked.see(DESK)
    page.goto(path.as_uri())
    yield looked
    page.close()


of_each_kind = pytest.mark.parametrize("looked", PAGES[:-1], indirect=True, scope="module")


@pytest.mark.parametrize("width", [DESK, PHONE])
def test_nothing_sticks_out_of_the_window(looked: Looked, width: int) -> None:
    looked.see(width)
    for is_open in (False, True):
        looked.open_all(is_open)
        assert not looked.page.evaluate(STICKS_OUT)


@of_each_kind
def test_the_skip_link_leads_past_the_head(looked: Looked) -> None:
    looked.see(DESK)
    looked.page.reload()
    looked.page.keyboard.press("Tab")
    skip = looked.page.evaluate(FOCUSED)
    assert skip["tag"] == "A" and "skip" in skip["name"] and skip["isSeen"]
    looked.page.keyboard.press("Enter")
    looked.page.keyboard.press("Tab")
    assert looked.page.evaluate("document.activeElement.closest('main') !== null")


@of_each_kind
def test_all_can_be_reached_and_opened_by_keyboard_and_is_seen_when_it_is(looked: Looked) -> None:
    looked.see(DESK)
    looked.page.reload()
    looked.open_all(False)
    looked.look_at_few()
    opened = 0
    while True:
        looked.page.keyboard.press("Tab")
        focused = looked.page.evaluate(FOCUSED)
        if focused is None or not focused["isNew"]:
            break
        assert focused["isRinged"] and focused["isSeen"], focused["name"]
        if focused["tag"] == "SUMMARY":
            looked.page.keyboard.press("Enter")
            assert looked.page.evaluate(FOCUSED)["isOpen"], focused["name"]
            opened += 1
    assert opened == looked.page.locator("details:visible").count()


@of_each_kind
def test_axe_finds_nothing_that_bars_anybody(looked: Looked) -> None:
    looked.see(DESK)
    looked.open_all()
    looked.look_at_few()
    looked.page.evaluate(AXE)
    found = looked.page.evaluate(
        "(tags) => axe.run({ runOnly: tags, resultTypes: ['violations'] }).then((said) => said.violations)", WCAG
    )
    assert not [
        f"{each['id']} ({each['impact']}): {node['html'][:200]} {node['failureSummary']}"
        for each in found
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]


def test_paper_is_a4_and_cuts_no_table_off(looked: Looked) -> None:
    looked.open_all(False)
    for width in (UPRIGHT, ACROSS):
        looked.see(width, "print")
        # what is a table would be cut off, and for anything else Chromium prints the whole page smaller
        assert not looked.page.evaluate(OFF_PAPER, width == ACROSS)
    printed = pypdf.PdfReader(io.BytesIO(looked.page.pdf(prefer_css_page_size=True)))
    sizes = {tuple(sorted(round(float(side)) for side in page.mediabox[2:])) for page in printed.pages}
    assert sizes == {A4}


def test_every_figure_is_that_of_the_release_and_suppressed_ones_are_marked(looked: Looked) -> None:
    looked.see(DESK)
    looked.open_all()
    cells = looked.page.evaluate(CELLS)
    if looked.release is None:
        assert not cells
        return
    with duckdb.connect(str(looked.release), read_only=True) as connection:
        rows = connection.execute(
            "select indicator_id, definition_version::varchar, as_at::varchar, period, dimension, member,"
            " disclosure, display from indicator_value where authority_code = '310'"
        ).fetchall()
    known = {row[:6]: row[6:] for row in rows}
    assert cells or looked.name == "teams"
    for cell in cells:
        disclosure, display = known[tuple(cell["key"])]
        assert cell["disclosure"] == disclosure and cell["isSeen"], cell["key"]
        if disclosure == "suppressed":
            assert cell["text"] == "c" and cell["isExplained"], cell["key"]
        else:
            assert cell["text"] == ("–" if display is None else display), cell["key"]
    assert any(cell["disclosure"] == "suppressed" for cell in cells) == (looked.name == "public")


# The last one, as it is about all that the others did.
def test_the_page_asked_nobody_for_anything_and_the_console_is_silent(looked: Looked) -> None:
    assert set(looked.asked) == {looked.path.as_uri()}
    assert not looked.said
