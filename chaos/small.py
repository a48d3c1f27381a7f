"""A home so small that a night in it takes a second: real landing, gate and publication of three lists, SQL for dbt.

Two weeks of nights of one authority, of which most trials need two. Every identity is a canary, so that the home can be
searched for leaks, and each file has a row that is refused.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path

from childrens_warehouse.datasets import BY_NAME
from childrens_warehouse.run import run_night
from childrens_warehouse.settings import Settings
from tests.build import small_warehouse
from tests.nights.canaries import Mint
from tests.nights.searching import Searcher

KEY = "a key for broken machines, long enough"
NEW_KEY = "the key that comes after the broken one"
AUTHORITY = "310"
NIGHTS = tuple(dt.date(2017, 5, 30) + dt.timedelta(days=number) for number in range(14))
FILES = 3  # a night delivers so many
_CHILDREN = 30

_FIGURES = """
create or replace table marts.indicator as select 'reviews' as indicator_id, 1 as definition_version, 0 as decimals,
    'count' as unit, 'on_day' as counted;
create or replace table marts.indicator_value as
    select '310' as authority_code, 'reviews' as indicator_id, 1 as definition_version, date '2017-05-31' as as_at,
        'snapshot' as period, dimension, member, n as numerator, cast(null as bigint) as denominator,
        cast(n as double) as value, cast(n as varchar) as display, 'count' as unit, 'open' as disclosure,
        'final' as finality
    from (select 'all' as dimension, 'all' as member, count(*) as n from marts.fct_review
        union all select 'sex', sex, count(*) from marts.dim_child group by sex);
"""


def install() -> None:
    """Put the SQL in dbt's place in this process, and suites without rules of their own at the gate."""
    small_warehouse.install()
    small_warehouse.SQL["indicators"] = _FIGURES
    setattr(small_warehouse, "TABLES", tuple(sorted({*small_warehouse.TABLES, "indicator"})))  # noqa: B010 - its type
    setattr(small_warehouse.Suites, "suite_for", staticmethod(lambda told: told.table.name))  # noqa: B010
    os.environ["WAREHOUSE_PSEUDONYM_KEY"] = KEY


def settings_at(root: Path) -> Settings:
    """Settings of a small home, which is made where there is none."""
    return small_warehouse.settings_for(root)


@dataclasses.dataclass(frozen=True)
class Sample:
    """The files of the nights, and how to find their canaries."""

    files: dict[tuple[str, dt.date, str], str]
    searcher: Searcher

    def deliver(self, settings: Settings, night: dt.date) -> None:
        """Put a night's folders into the inbox, their manifests last."""
        for (source, date, name), text in self.files.items():
            if date != night:
                continue
            folder = settings.home.inbox / AUTHORITY / source / night.isoformat()
            folder.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
        for folder in settings.home.inbox.glob(f"*/*/{night}"):
            entries = [
                {"name": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
                for path in sorted(folder.glob("*.csv"))
            ]
            told = {
                "authority": AUTHORITY, "source": folder.parent.name, "extract_date": night.isoformat(),
                "generated_at": f"{night + dt.timedelta(days=1)}T02:10:00Z", "files": entries,
            }  # fmt: skip
            (folder / "_manifest.json").write_text(json.dumps(told), encoding="utf-8")


@functools.cache
def sample() -> Sample:
    """The same files at every call: what a night publishes depends on nothing else."""
    mint = Mint()
    column = {name: {each.name: each for each in BY_NAME[name].columns} for name in ("ssda903_header", "attendance")}
    children = []
    for number in range(_CHILDREN):
        born = mint.day(1995 + number // 6, number % 6 + 1, "child")
        upn = mint.text(column["ssda903_header"]["UPN"], "child")
        child = mint.text(column["ssda903_header"]["CHILD"], "child")
        children.append((child, born.strftime("%d/%m/%Y") if born else "", upn))
    pupils = [mint.text(column["attendance"]["upn"], "pupil") for _ in range(_CHILDREN)]
    files: dict[tuple[str, dt.date, str], str] = {}
    for extra, night in enumerate(NIGHTS):
        some = children[: _CHILDREN - 1 + extra]
        header = [f"{child},{n % 2 + 1},{born},WBRI,{upn},0," for n, (child, born, upn) in enumerate(some)]
        header.append(f"{mint.word('refused')},1,31/02/2005,WBRI,{mint.word('refused')},0,")
        reviews = [f"{child},{born},{3 + extra:02}/04/2017,PN1" for child, born, _ in some]
        reviews.append(f"{mint.word('refused')},{children[0][1]},{mint.word('refused')},PN1")
        marks = [f"{upn},100001,{night},{session},mis,/" for upn in pupils for session in ("AM", "PM")]
        marks.append(f"{mint.text(column['attendance']['upn'], 'refused')},100001,{mint.word('refused')},AM,mis,/")
        files |= {
            ("social_care", night, "header.csv"): _text("CHILD,SEX,DOB,ETHNIC,UPN,MOTHER,MC_DOB", header),
            ("social_care", night, "reviews.csv"): _text("CHILD,DOB,REVIEW,REVIEW_CODE", reviews),
            ("education", night, "attendance.csv"): _text("upn,school_urn,date,session,supplier,mark", marks),
        }
    return Sample(files, mint.searcher())


def _text(header: str, rows: list[str]) -> str:
    return "\n".join((header, *rows)) + "\n"


def run(settings: Settings, night: dt.date, say: Callable[[str], None] | None = None) -> str:
    """A whole night. The release that stands afterwards."""
    result = run_night(settings, night, say)
    assert result.release, "a small night publishes"
    return result.release.release_id
