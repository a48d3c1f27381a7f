"""How many figures are computed, in the README, between two markers."""

from __future__ import annotations

from pathlib import Path

from childrens_warehouse.catalogue import entries, rows
from childrens_warehouse.catalogue.rows import State
from childrens_warehouse.settings import PROJECT

PATH = PROJECT / "README.md"
BEGIN, END = "<!-- catalogue: warehouse generate -->", "<!-- end of catalogue -->"


def sentence() -> str:
    """What the README says. The states are those of the entries, whether or not the seed was written since."""
    found = rows.counts(rows.settled(rows.read(), entries.answers()))
    text = (
        f"Of the {sum(found.values())} figures that five papers of two councils name, "
        f"{found[State.COMPUTED]} are computed, {found[State.NEEDS_SOURCE]} need a source we do not have, "
        f"and {found[State.NARRATIVE]} are told in words only"
    )
    if found[State.NOT_YET]:
        text += f"; {found[State.NOT_YET]} could be computed and are not yet"
    return text + "."


def render() -> str:
    """The README with the counts of today. Raises ValueError if the markers are gone."""
    text = PATH.read_text(encoding="utf-8")
    begin, end = text.index(BEGIN) + len(BEGIN), text.index(END)
    return f"{text[:begin]}\n{sentence()}\n{text[end:]}"


def write() -> Path:
    """Bring the README up to date and return its path."""
    PATH.write_text(render(), encoding="utf-8")
    return PATH
