"""Write the regional page of each region that is published, beside the public reports.

published/reports/<as at>/regional-figures-<as at>-<region>.html
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from pathlib import Path

from childrens_warehouse.errors import WarehouseError
from childrens_warehouse.pages import frame, places
from childrens_warehouse.pages.charts.ranking import ranking
from childrens_warehouse.pages.charts.region_funnel import region_funnel
from childrens_warehouse.pages.picture import Picture
from childrens_warehouse.pages.reading import Edition, authority_name
from childrens_warehouse.pages.regions.reading import RegionalFigure, Regions, open_regions
from childrens_warehouse.settings import Settings

TITLE = "Regional figures"
_TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Section:
    """One figure of the page."""

    id: str
    number: str
    figure: RegionalFigure
    pictures: tuple[Picture, ...]

    @property
    def why(self) -> str:
        """Why the figure has no limits of chance."""
        if len(self.figure.known) < 2:
            return "there are no two authorities with a figure to show"
        if self.figure.indicator.unit == "percent":
            return "it is a share of sessions or events, and those of one child go together"
        return "it is a count or a mean"


@dataclass(frozen=True)
class RegionalPage:
    """The page of one region. fingerprint: of all that it tells, whatever release it was made from."""

    region: str
    as_at: dt.date
    html: str
    fingerprint: str

    @property
    def name(self) -> str:
        return f"regional-figures-{self.as_at}-{self.region.lower().replace(' ', '-')}.html"


def newest(regions: Regions) -> dt.date:
    """The newest quarter end that a release has regional figures of; else the newest month end."""
    quarters = [as_at for as_at in regions.month_ends if as_at.month % 3 == 0]
    if not regions.month_ends:
        raise WarehouseError(f"Release {regions.release_id} has regional figures of no month end.")
    return (quarters or list(regions.month_ends))[-1]


def make(regions: Regions, region: str, as_at: dt.date) -> RegionalPage:
    """The page of a region as at a month end. Raises WarehouseError for a region or day that the release has not."""
    if region not in regions.names:
        raise WarehouseError(f"The release has no region {region}; it has {', '.join(regions.names)}.")
    if as_at not in regions.month_ends:
        raise WarehouseError(f"Release {regions.release_id} has no regional figures as at {as_at}.")
    sections = tuple(
        Section(
            id=figure.indicator.indicator_id.replace("_", "-"),
            number=str(number),
            figure=figure,
            pictures=(ranking(figure), region_funnel(figure)) if figure.chance else (ranking(figure),),
        )
        for number, figure in enumerate(regions.figures(region, as_at), 1)
    )
    members = [authority_name(code) for code in regions.members(region)]
    head = frame.Head(
        title=TITLE,
        council=region,
        as_at=as_at,
        edition=Edition.PUBLIC,
        release_id=regions.release_id,
        published_at=regions.published_at,
        contents=tuple(frame.Entry(each.id, each.figure.indicator.title, each.number) for each in sections),
        subtitle=f"{len(members)} authorities side by side, and what of it is chance",
    )
    fingerprint = hashlib.sha256(repr((members, sections)).encode()).hexdigest()
    html = frame.render(
        "region.html.j2", head, _TEMPLATES, region=region, members=members, sections=sections, fingerprint=fingerprint
    )
    return RegionalPage(region, as_at, html, fingerprint)


def write(
    settings: Settings, region: str | None = None, as_at: dt.date | None = None, to: Path | None = None
) -> list[Path]:
    """Write the page of one region or of all, as at a month end or the newest quarter end; returns the files."""
    with open_regions(settings.home) as regions:
        pages = [make(regions, name, as_at or newest(regions)) for name in ([region] if region else regions.names)]
    return [_put(settings, page, to) for page in pages]


def remake(settings: Settings, as_at: dt.date) -> list[Path]:
    """Write the pages that would tell anything else than those that are there; none where there is no region."""
    try:
        with open_regions(settings.home) as regions:
            if as_at not in regions.month_ends:
                return []
            pages = [make(regions, name, as_at) for name in regions.names]
    except WarehouseError:
        return []  # one authority alone, which its own report is of
    return [_put(settings, page, None) for page in pages if not _is_there(settings, page)]


def _is_there(settings: Settings, page: RegionalPage) -> bool:
    path = places.folder(settings, Edition.PUBLIC, page.as_at) / page.name
    return path.exists() and page.fingerprint in path.read_text(encoding="utf-8")


def _put(settings: Settings, page: RegionalPage, to: Path | None) -> Path:
    content = page.html.encode()
    if to is None:
        path = places.folder(settings, Edition.PUBLIC, page.as_at) / page.name
        return places.put(settings, Edition.PUBLIC, path, content)
    to.mkdir(parents=True, exist_ok=True)
    (to / page.name).write_bytes(content)
    return to / page.name
