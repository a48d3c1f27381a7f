"""The quality page: one HTML file, without a link to anywhere, that tells operators how the nights went."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import jinja2

from childrens_warehouse import unfinished
from childrens_warehouse.errors import WarehouseError
from childrens_warehouse.ledger_views import open_ledger
from childrens_warehouse.publish import files
from childrens_warehouse.quality import drawing
from childrens_warehouse.quality.page_data import SIGNS, PageData, gather
from childrens_warehouse.settings import GROUP_READS_FILE, Settings

_TEMPLATES = Path(__file__).parent / "templates"


def write(settings: Settings, now: dt.datetime | None = None) -> Path:
    """Write the page to <home>/quality/index.html, whole or not at all, readable by the readers' group."""
    with open_ledger(settings, now) as connection:
        html = render(gather(connection, settings.timezone), settings)
    return put(settings, "index.html", html)


def put(settings: Settings, name: str, html: str, mode: int = GROUP_READS_FILE) -> Path:
    """Write a page into <home>/quality, whole or not at all; the readers' group may read it where `mode` lets it."""
    settings.home.create()
    page = settings.home.quality / name
    part = unfinished.part_of(page, ".partial")
    try:
        part.touch(mode=mode)
        part.chmod(mode)
        part.write_text(html, encoding="utf-8")
        if settings.readers_group:
            for path in (settings.home.quality, part):
                files.give_to_group(path, settings.readers_group)
        files.replace(part, page)
    finally:
        part.unlink(missing_ok=True)
    return page


def write_after_a_night(settings: Settings) -> str:
    """Write the page and say where it is; or say why not, since no page is worth a night that went well."""
    try:
        return f"Quality page: {write(settings)}"
    except Exception as error:
        # only our own words: another error may quote what it stumbled over
        said = str(error) if isinstance(error, WarehouseError) else type(error).__name__
        return f"The quality page could not be written ({said}); try: warehouse quality-page"


def render(data: PageData, settings: Settings) -> str:
    """The page's HTML. Whatever came from outside is escaped."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES), autoescape=True, undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters.update(day=_day, count=_count, local=lambda instant: _local(instant, settings))
    environment.globals.update(sparkline=drawing.sparkline, trend=_trend, signs=SIGNS)
    return environment.get_template("page.html.j2").render(page=data)


def _trend(nights: Sequence[dt.date], values: Sequence[int], title: str) -> str:
    labels = [f"{_day(night)}: {value:,}" for night, value in zip(nights, values, strict=True)]
    ticks = [(number, f"{night:%b}") for number, night in enumerate(nights) if night.day == 1]
    says = f"{title} on each of {len(nights)} nights; most {max(values):,}, last {values[-1]:,}"
    return drawing.bars(values, labels, ticks, says)


def _day(value: dt.date | None) -> str:
    return f"{value.day} {value:%b %Y}" if value else "never"


def _count(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}"


def _local(instant: dt.datetime, settings: Settings) -> str:
    """An instant of the ledger (UTC) as people's clocks show it."""
    shown = instant.replace(tzinfo=dt.UTC).astimezone(settings.timezone)
    return f"{_day(shown.date())}, {shown:%H:%M}"
