"""Make reports of what is published: the page, the PDF beside it, and its figures as CSV."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from pathlib import Path

from childrens_warehouse.errors import PaperUnavailable
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


def remake(settings: Settings, edition: Edition, as_at: dt.date) -> list[Path]:
    """Make an edition of every authority whose figures are not those of the files that are there; return new files.

    Nothing where the release does not cover the day. Where no PDF can be made, the page alone is.
    """
    made: list[Path] = []
    for code in reading.authorities(settings.home, edition):
        with reading.open_release(settings.home, edition, code) as release:
            if as_at not in release.month_ends:
                continue
            drawn = _drawn(settings, release, as_at)
        there = places.folder(settings, edition, as_at) / f"{drawn.name}.csv"
        if there.exists() and there.read_text(encoding="utf-8") == figures.as_csv(drawn.figures):
            continue
        try:
            made += _write(settings, drawn, True, None)
        except PaperUnavailable as error:
            print(error)
            made += [there.with_suffix(".html"), there]
    return made


def _drawn(settings: Settings, release: reading.Release, as_at: dt.date) -> report.Report:
    return report.make(release, as_at, places.earlier(settings, release.edition, as_at, release.authority))


def _write(settings: Settings, drawn: report.Report, with_pdf: bool, to: Path | None) -> list[Path]:
    target = to or places.folder(settings, drawn.edition, drawn.as_at)

    def put(ending: str, content: bytes) -> Path:
        path = target / f"{drawn.name}.{ending}"
        if to is None:
            return places.put(settings, drawn.edition, path, content)
        to.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    made = [put("html", drawn.html.encode())]
    try:
        if with_pdf:
            made.append(put("pdf", paper.pdf(drawn.html)))
    finally:
        # last: it says that the report of these figures is there
        made.append(put("csv", figures.as_csv(drawn.figures).encode()))
    return made


def editions(chosen: Edition | None) -> Iterable[Edition]:
    """The chosen one, or all."""
    return [chosen] if chosen else list(Edition)
