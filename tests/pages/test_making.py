"""Reports as files: where they lie, who may read them, when they are made again, and what they say of the last one."""

from __future__ import annotations

import datetime as dt
import io
import shutil
import stat
from pathlib import Path

import duckdb
import pypdf
import pytest
from typer.testing import CliRunner

from childrens_warehouse import cli
from childrens_warehouse.errors import PaperUnavailable
from childrens_warehouse.pages import figures, making, paper, sections
from childrens_warehouse.pages.reading import Edition
from childrens_warehouse.settings import Home, Settings

MARCH = dt.date(2017, 3, 31)


@pytest.fixture(autouse=True)
def _two_sections(monkeypatch: pytest.MonkeyPatch) -> None:
    """Key indicators and gender: what becomes of files does not depend on how much is drawn."""
    monkeypatch.setattr(sections, "ALL", (sections.ALL[0], sections.ALL[3]))


@pytest.fixture
def settings(published: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A copy of what is published, on a machine that prints nothing."""
    import dataclasses

    own = dataclasses.replace(published, home=Home(tmp_path / "home").create())
    for path in (published.home.marts, published.home.marts_aggregate):
        shutil.copyfile(path, own.home.published / path.name)
    monkeypatch.setattr(paper, "pdf", lambda html: b"%PDF")
    return own


def restate(settings: Settings) -> None:
    with duckdb.connect(str(settings.home.marts)) as connection:
        connection.execute(
            "update indicator_value set display = '199', value = 199, numerator = 199 where indicator_id = 'cla_count'"
            " and dimension = 'all' and as_at = date '2016-09-30'"
        )


def test_each_edition_lies_in_its_own_folder_for_its_group(settings: Settings) -> None:
    public = making.make(settings, Edition.PUBLIC)
    panel = making.make(settings, Edition.PANEL)
    assert {path.parent for path in public} == {settings.home.published / "reports" / "2017-03-31"}
    assert {path.parent for path in panel} == {settings.home.published / "reports-restricted" / "2017-03-31"}
    assert {path.suffix for path in panel} == {".html", ".pdf", ".csv"}
    assert sorted(path.name for path in panel[0].parent.iterdir()) == sorted(path.name for path in panel)
    for path in (*public, *panel):
        assert stat.S_IMODE(path.stat().st_mode) == 0o640
        assert stat.S_IMODE(path.parent.stat().st_mode) == stat.S_IMODE(path.parent.parent.stat().st_mode) == 0o750


def test_the_public_edition_needs_no_row_about_a_child(settings: Settings) -> None:
    with_all = making.make(settings, Edition.PUBLIC)[-1].read_bytes()
    settings.home.marts.unlink()
    assert making.make(settings, Edition.PUBLIC)[-1].read_bytes() == with_all


def test_is_made_again_only_where_it_tells_anything_else(settings: Settings) -> None:
    assert making.due(settings) == [MARCH, dt.date(2017, 5, 31)]
    assert len(making.remake(settings, Edition.PANEL, MARCH)) == 3
    with duckdb.connect(str(settings.home.marts)) as connection:
        connection.execute("update release set release_id = '2017-06-01-00000000'")
    assert making.remake(settings, Edition.PANEL, MARCH) == []
    restate(settings)
    assert len(making.remake(settings, Edition.PANEL, MARCH)) == 3
    assert making.remake(settings, Edition.PANEL, dt.date(2017, 6, 30)) == []


def test_tells_what_was_restated_since_the_last_report(settings: Settings) -> None:
    making.make(settings, Edition.PANEL, dt.date(2016, 12, 31))
    assert "Nothing that the report as at 31 December 2016 told" in making.make(settings, Edition.PANEL)[-1].read_text()
    restate(settings)
    html = making.make(settings, Edition.PANEL)[-1].read_text()
    assert "Restated since the report as at 31 December 2016: 1 figure is told otherwise." in html
    assert "Children looked after, 30 September 2016: 199, was 197." in html


def test_the_figures_lie_beside_the_page(settings: Settings) -> None:
    (path,) = (path for path in making.make(settings, Edition.PUBLIC) if path.suffix == ".csv")
    rows = path.read_text().splitlines()
    assert rows[0] == ",".join(figures.COLUMNS)
    assert "cla_count,1,2017-03-31,snapshot,all,all,203,count,203,,provisional,open" in rows
    assert "cla_count,1,2016-12-31,snapshot,sex,male,,count,,,provisional,suppressed" in rows


def test_without_pango_the_page_is_there_and_the_command_says_what_is_missing(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(html: str) -> bytes:
        raise PaperUnavailable("Pango is missing.")

    monkeypatch.setattr(paper, "pdf", away)
    with pytest.raises(PaperUnavailable):
        making.make(settings, Edition.PUBLIC)
    assert {path.suffix for path in (settings.home.reports / "2017-03-31").iterdir()} == {".html", ".csv"}
    assert [path.suffix for path in making.remake(settings, Edition.PUBLIC, dt.date(2017, 4, 30))] == [".html"]


def test_a_report_that_was_ended_while_it_was_printed_is_made_again(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ended(html: str) -> bytes:
        raise SystemExit(143)

    with monkeypatch.context() as meanwhile, pytest.raises(SystemExit):
        meanwhile.setattr(paper, "pdf", ended)
        making.remake(settings, Edition.PANEL, MARCH)
    assert {path.suffix for path in making.remake(settings, Edition.PANEL, MARCH)} == {".html", ".pdf", ".csv"}


def test_no_paper_stays_that_tells_other_figures_than_the_page(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(html: str) -> bytes:
        raise PaperUnavailable("Pango is missing.")

    made = making.remake(settings, Edition.PANEL, MARCH)
    restate(settings)
    monkeypatch.setattr(paper, "pdf", away)
    making.remake(settings, Edition.PANEL, MARCH)
    assert {path.suffix for path in made[0].parent.iterdir()} == {".html", ".csv"}


def test_the_command_writes_where_it_is_told(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WAREHOUSE_HOME", str(settings.home.root))
    given = ["report", "--as-at", "2017-04-30", "--edition", "public", "--no-pdf", "--to", str(tmp_path / "there")]
    found = CliRunner().invoke(cli.app, given)
    assert found.exit_code == 0, found.output
    name = "corporate-parenting-report-2017-04-30-310-public"
    assert {path.name for path in (tmp_path / "there").iterdir()} == {f"{name}.csv", f"{name}.html"}
    assert not settings.home.reports.exists()


def test_on_paper_pages_are_numbered_and_the_edition_stands_on_each(published: Settings, tmp_path: Path) -> None:
    made = making.make(published, Edition.PANEL, MARCH, to=tmp_path)
    (path,) = (path for path in made if path.suffix == ".pdf")
    pages = pypdf.PdfReader(io.BytesIO(path.read_bytes())).pages
    for number, page in enumerate(pages, 1):
        text = page.extract_text()
        assert f"{number} / {len(pages)}" in text
        assert "Panel edition: restricted" in text
    size = pages[0].mediabox
    assert (round(size.width), round(size.height)) == (595, 842)
