"""Make reports of what is published: the page, the PDF beside it, and its figures as CSV."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from childrens_warehouse.errors import PaperUnavailable
from childrens_warehouse.observing.logs import say
from childrens_warehouse.pages import figures, paper, places, reading, report
from childrens_warehouse.pages.reading import Edition
from childrens_warehouse.settings import Settings


def make(
    settings: Settings,
    edition: Edition,
    as_at: dt.date | None = None,
    authority: str | None = None,
    with_pdf: bool = True,
    to: Path | None = None,
) -> list[Path]:
    """Make an edition for one authority or all, as at a month end or the newest quarter end, and return its files.

    to: another folder than the published one; permissions are then the caller's. Raises WarehouseError where the
    release does not cover the day, PaperUnavailable where no PDF can be made here: the page is there all the same.
    """
    made = []
    for code in [authority] if authority else reading.authorities(settings.home, edition):
        with reading.open_release(settings.home, edition, code) as release:
            drawn = _drawn(settings, release, as_at or report.newest(release))
        made += _write(settings, drawn, with_pdf, to)
    return made


def make_both(
    settings: Settings, as_at: dt.date | None, authority: str | None, with_pdf: bool, to: Path | None
) -> Iterator[Path]:
    """Make every edition of the report, each in a process of its own: printing is slow and takes one core.

    Raises what `make` raises.
    """
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as processes:
        made = [processes.submit(make, settings, each, as_at, authority, with_pdf, to) for each in editions()]
        for files in made:
            yield from files.result()


def due(settings: Settings) -> list[dt.date]:
    """The newest month end and the newest quarter end that the published release covers, of any authority."""
    days: set[dt.date] = set()
    for code in reading.authorities(settings.home, Edition.PANEL):
        with reading.open_release(settings.home, Edition.PANEL, code) as release:
            days |= {*release.month_ends[-1:], *release.quarter_ends[-1:]}
    return sorted(days)


def remake(settings: Settings, edition: Edition, as_at: dt.date) -> list[Path]:
    """Make an edition of every authority, where it would tell anything else than the page that is there.

    Returns the new files: none where the release does not cover the day. Where no PDF can be made, the rest is.
    """
    made: list[Path] = []
    for code in reading.authorities(settings.home, edition):
        with reading.open_release(settings.home, edition, code) as release:
            if as_at not in release.month_ends:
                continue
            drawn = _drawn(settings, release, as_at)
        page = places.folder(settings, edition, as_at) / f"{drawn.name}.html"
        if page.exists() and drawn.fingerprint in page.read_text(encoding="utf-8"):
            continue
        try:
            made += _write(settings, drawn, True, None)
        except PaperUnavailable as error:
            say(str(error))
            made.append(page)
    return made


def editions() -> Iterable[Edition]:
    """Those of the report."""
    return Edition.PUBLIC, Edition.PANEL


def _drawn(settings: Settings, release: reading.Release, as_at: dt.date) -> report.Report:
    return report.make(release, as_at, places.earlier(settings, release.edition, as_at, release.authority))


def _write(settings: Settings, drawn: report.Report, with_pdf: bool, to: Path | None) -> list[Path]:
    target = to or places.folder(settings, drawn.edition, drawn.as_at)

    def put(ending: str, content: bytes) -> Path:
        path = target / f"{drawn.name}.{ending}"
        if to is None:
            return places.put(settings, drawn.edition, path, content)
        to.mkdir(parents=True, exist_ok=True)
        return places.write(path, content)

    made, missing = [put("csv", figures.as_csv(drawn.figures).encode())], None
    try:
        printed = paper.pdf(drawn.html) if with_pdf else None
    except PaperUnavailable as error:
        printed, missing = None, error
    if printed is None:
        # one that is there tells the figures of another release
        (target / f"{drawn.name}.pdf").unlink(missing_ok=True)
    else:
        made.append(put("pdf", printed))
    # last: with it the report is there, and is not made again
    made.append(put("html", drawn.html.encode()))
    if missing:
        raise missing
    return made
