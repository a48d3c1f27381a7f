"""The frame that every page stands in: head, table of contents, style sheet, foot. What is in it is the page's own.

A page is a template that extends `frame.html.j2` and fills its block `content`; `parts.html.j2` has the macros for
pictures, tables of figures, definitions and notes. Everything that comes from outside is escaped.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from childrens_warehouse.pages.reading import Edition
from childrens_warehouse.pages.words import day, month, weekday

_TEMPLATES = Path(__file__).parent / "templates"

# Edition -> its name on the page, and what the page says about passing it on.
BANNERS: Mapping[str, tuple[str, str]] = {
    Edition.PUBLIC: ("Public edition", "Small numbers are suppressed and marked c. May be passed on."),
    Edition.PANEL: (
        "Panel edition: restricted",
        "Small numbers are shown and may point at a child. For members of the panel; do not pass on or publish.",
    ),
    "manager": (
        "Manager edition: restricted",
        "Rows about single children, by pseudonym. For the managers of these teams; do not pass on.",
    ),
}


@dataclass(frozen=True)
class Entry:
    """One line of the table of contents, and the id of the heading that it leads to."""

    id: str
    title: str
    number: str = ""


@dataclass(frozen=True)
class Head:
    """What the head and the foot of a page say. edition: a key of BANNERS. published_at: UTC."""

    title: str
    council: str
    as_at: dt.date
    edition: str
    release_id: str
    published_at: dt.datetime
    contents: tuple[Entry, ...] = ()
    subtitle: str = ""
    provisional: str = ""
    # Source -> as of which night it is known; None where it never delivered.
    sources: Mapping[str, dt.date | None] = field(default_factory=dict)

    @property
    def behind(self) -> tuple[str, ...]:
        """A sentence for each source that does not reach up to the day of the page."""
        return behind(self.sources, self.as_at)

    @property
    def banner(self) -> tuple[str, str]:
        return BANNERS[self.edition]


def behind(sources: Mapping[str, dt.date | None], as_at: dt.date) -> tuple[str, ...]:
    """A sentence for each source that is not known up to a day."""
    return tuple(
        f"{_source(source)} as of {weekday(as_of)}: what it delivers of later days is not in these figures yet."
        if as_of
        else f"{_source(source)} was never delivered: figures that need it are not available."
        for source, as_of in sources.items()
        if as_of is None or as_of < as_at
    )


def _source(name: str) -> str:
    return name.replace("_", " ").capitalize()


def render(template: str, head: Head, *folders: Path, **content: Any) -> str:
    """The HTML of a page. folders: where else templates lie than beside this module."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader([*folders, _TEMPLATES]), autoescape=True, undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters.update(day=day, month=month, source=_source, safe_svg=Markup)
    return environment.get_template(template).render(head=head, **content)
