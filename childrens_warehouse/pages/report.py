"""The Corporate Parenting Report: its sections of one release, put together as one page."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from pathlib import Path

from childrens_warehouse.errors import WarehouseError
from childrens_warehouse.pages import figures as shown
from childrens_warehouse.pages import frame, notes, sections
from childrens_warehouse.pages.reading import Edition, Figure, Release
from childrens_warehouse.pages.words import day, quarter

TITLE = "Corporate Parenting Report"


@dataclass(frozen=True)
class Report:
    """One edition of the report for one authority and day. figures: every one that its tables show.

    fingerprint: of all that it tells, whatever release it was made from; it stands in the page.
    """

    authority: str
    as_at: dt.date
    edition: Edition
    release_id: str
    html: str
    figures: tuple[Figure, ...]
    fingerprint: str

    @property
    def name(self) -> str:
        """Of its files, without their ending: says what it is wherever it goes."""
        return f"corporate-parenting-report-{self.as_at}-{self.authority}-{self.edition}"


def newest(release: Release) -> dt.date:
    """The newest quarter end that a release covers. Raises WarehouseError where it covers none."""
    if not release.quarter_ends:
        raise WarehouseError(f"Release {release.release_id} has figures of no quarter end: publish later nights first.")
    return release.quarter_ends[-1]


def make(release: Release, as_at: dt.date, earlier: tuple[dt.date, Path] | None = None) -> Report:
    """The report as at a month end. earlier: day and figures of the last report.

    Raises WarehouseError for a day that the release has no figures of.
    """
    if as_at not in release.month_ends:
        raise WarehouseError(
            f"Release {release.release_id} has no figures as at {as_at}: it covers the month ends from"
            f" {release.month_ends[0]} to {release.month_ends[-1]}."
            if release.month_ends
            else f"Release {release.release_id} has figures of no month end."
        )
    made = [section(release, as_at) for section in sections.ALL]
    found = [section for section in made if section.tables or section.pictures or section.sentences]
    figures = tuple(dict.fromkeys(figure for section in found for figure in section.figures))
    indicators = dict.fromkeys(indicator for section in found for indicator in section.indicators)
    provisional = notes.provisional(figures)
    head = frame.Head(
        title=TITLE,
        council=release.council,
        as_at=as_at,
        edition=release.edition,
        release_id=release.release_id,
        published_at=release.published_at,
        contents=tuple(frame.Entry(section.id, section.title, section.number) for section in found),
        subtitle=f"Activity and performance, {quarter(as_at) if as_at.month % 3 == 0 else 'to ' + day(as_at)}",
        provisional=provisional,
        sources=release.sources,
    )
    told = [provisional, notes.restated(figures), notes.suppressed(figures)]
    if earlier:
        told += shown.told(shown.restated(figures, earlier[1]), release.indicators, earlier[0])
    summary = [each for each in told if each]
    # Made again when a source that lagged behind the day has caught up, and not because others went on.
    fingerprint = hashlib.sha256(repr((found, [*summary, *head.behind])).encode()).hexdigest()
    html = frame.render(
        "report.html.j2", head, sections=found, indicators=list(indicators), summary=summary, fingerprint=fingerprint
    )
    return Report(release.authority, as_at, release.edition, release.release_id, html, figures, fingerprint)
