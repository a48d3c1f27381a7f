"""The page of indicators: one HTML file, without a link to anywhere, with every figure of the catalogue."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import jinja2
from markupsafe import Markup

from childrens_warehouse.catalogue import lines, rows, rules
from childrens_warehouse.catalogue.lines import Line
from childrens_warehouse.catalogue.published import Point, Published
from childrens_warehouse.errors import WarehouseError
from childrens_warehouse.publish.current import current_release
from childrens_warehouse.quality import drawing, page
from childrens_warehouse.settings import GROUP_READS_FILE, OWNER_ONLY_FILE, Settings

NAME = "indicators.html"
_TEMPLATES = (Path(__file__).parent / "templates", Path(page.__file__).parent / "templates")

# Keys of an indicator's entry and what a reader calls them.
_TELLS = {
    "population": "Who is counted", "numerator": "Of them", "exclusions": "Left out", "clock": "Clock",
    "reading": "As we read it", "statutory_source": "Laid down in", "owner": "Who answers for it",
}  # fmt: skip


def write(settings: Settings) -> Path:
    """Write the page to <home>/quality/indicators.html; figures that are not suppressed are for the owner alone."""
    found, values = lines.read(settings.home)
    release = current_release(settings)
    html = render(found, values, release.release_id if release else None)
    may_read = GROUP_READS_FILE if values.is_suppressed or values.source is None else OWNER_ONLY_FILE
    return page.put(settings, NAME, html, may_read)


def write_after_a_night(settings: Settings) -> str:
    """Write the page and say where it is; or say why not, since no page is worth a night that went well."""
    try:
        return f"Page of indicators: {write(settings)}"
    except Exception as error:
        # only our own words: another error may quote what it stumbled over
        said = str(error) if isinstance(error, WarehouseError) else type(error).__name__
        return f"The page of indicators could not be written ({said}); try: warehouse indicators page"


def render(found: list[Line], values: Published, release: str | None) -> str:
    """The page's HTML. Whatever came from outside is escaped."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES), autoescape=True, undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters.update(day=_day)
    environment.globals.update(
        sparkline=_sparkline, last=lines.last, words=rows.WORDS, tells=_TELLS, documents=rules.documents(),
        statutory=_statutory,
        counts=rows.counts(line.row for line in found if line.row),
        areas=list(dict.fromkeys(line.area for line in found)),
    )  # fmt: skip
    return environment.get_template("indicators.html.j2").render(
        lines=found, release=release, published=values, own=lines.OWN
    )


def _statutory(line: Line) -> list[rules.SeedRow]:
    return rules.statutory({line.figure_id, *([line.entry.indicator_id] if line.entry else [])})


def _sparkline(title: str, points: tuple[Point, ...]) -> Markup:
    known = [point for point in points if point.value is not None]
    if len(known) < 2:
        return Markup("")
    says = (
        f"{title}: {len(known)} values from {_day(known[0].as_at)} to {_day(known[-1].as_at)}, last {known[-1].shown}"
    )
    return drawing.sparkline([point.value for point in known if point.value is not None], says)


def _day(value: dt.date) -> str:
    return f"{value.day} {value:%b %Y}"
