"""Write the managers' pages of an authority, beside the published release: for its owner and the readers' group.

published/reports-restricted/<night>/managers/<authority>/index.html
published/reports-restricted/<night>/managers/<authority>/<team>.html
"""

from __future__ import annotations

from pathlib import Path

from childrens_warehouse.ledger import Ledger
from childrens_warehouse.pages import frame
from childrens_warehouse.pages.managers import teams, worklists
from childrens_warehouse.pages.managers.reading import ChildLevel, open_child_level
from childrens_warehouse.pages.managers.teams import Names, Team
from childrens_warehouse.pages.reading import Edition
from childrens_warehouse.publish import files
from childrens_warehouse.settings import GROUP_READS_DIRECTORY, GROUP_READS_FILE, Settings

TITLE = "Work of teams"
_TEMPLATES = Path(__file__).parent / "templates"


def write(settings: Settings, authority: str) -> Path:
    """Write the pages of what is published now and return the index. Those of the same night are replaced.

    Raises WarehouseError where nothing is published, or a release without work lists.
    """
    with open_child_level(settings.home, authority) as level:
        pages = make(level)
        night = level.figures.night
    managers = settings.home.reports_restricted / night.isoformat() / "managers"
    for folder in (managers.parent.parent, managers.parent, managers):
        folder.mkdir(mode=GROUP_READS_DIRECTORY, exist_ok=True)
        folder.chmod(GROUP_READS_DIRECTORY)
        if settings.readers_group:
            files.give_to_group(folder, settings.readers_group)
    partial, final = managers / f".{authority}.partial", managers / authority
    files.remove(partial)
    partial.mkdir(mode=GROUP_READS_DIRECTORY)
    for name, html in pages.items():
        (partial / name).touch(mode=GROUP_READS_FILE)
        (partial / name).write_text(html, encoding="utf-8")
    files.open_to_group(partial, settings.readers_group)
    files.replace_folder(partial, final)
    Ledger(settings.home.ledger).record_access("managers' pages made", night.isoformat(), authority=authority)
    return final / "index.html"


def make(level: ChildLevel) -> dict[str, str]:
    """File name -> page."""
    names, found = Names.of(level), teams.read(level)
    return {"index.html": _index(level, names, found)} | {
        f"{team.slug}.html": _team(level, names, team) for team in found
    }


def _index(level: ChildLevel, names: Names, found: list[Team]) -> str:
    head = _head(level, TITLE, "What is due, by team and worker", ())
    return frame.render(
        "index.html.j2", head, _TEMPLATES, names=names, teams=found, lists=worklists.ALL,
        authority=level.figures.authority,
    )  # fmt: skip


def _team(level: ChildLevel, names: Names, team: Team) -> str:
    contents = (
        *(frame.Entry(listed.worklist.id, listed.worklist.title, str(len(listed.rows))) for listed in team.lists),
        frame.Entry("figures", "The children behind the figures"),
    )
    return frame.render(
        "team.html.j2", _head(level, team.title, "Work and figures", contents), _TEMPLATES,
        names=names, team=team, statuses=worklists.STATUSES, urgent=worklists.URGENT, dates=teams.dates,
        own_figure=teams.own_figure, authority=level.figures.authority,
    )  # fmt: skip


def _head(level: ChildLevel, title: str, subtitle: str, contents: tuple[frame.Entry, ...]) -> frame.Head:
    release = level.figures
    return frame.Head(
        title=title,
        council=release.council,
        as_at=release.night,
        edition=Edition.MANAGER,
        release_id=release.release_id,
        published_at=release.published_at,
        contents=contents,
        subtitle=subtitle,
        sources=release.sources,
    )
