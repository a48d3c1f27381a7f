"""Every story contributes to the indicators it names what it says, and nothing else."""

from __future__ import annotations

import csv
import datetime as dt
import io
from dataclasses import dataclass
from typing import Any

import duckdb
import pytest

from childrens_warehouse.build import steps
from childrens_warehouse.build.candidate import Workspace
from childrens_warehouse.datasets import BY_NAME, Identifier, Source
from childrens_warehouse.datasets.cin_census import FILE as CENSUS
from childrens_warehouse.landing import pseudonyms
from childrens_warehouse.run import land_night
from childrens_warehouse.settings import Settings
from tests.conftest import KEY, Supplier
from tests.golden.stories import AUTHORITY, NIGHT, Contribution, Rows, Story, census, extracts, stories
from tests.nights.conftest import home_at

pytestmark = pytest.mark.slow

STORIES = stories()
# Collection years of which a return is delivered.
RETURNS = (2016, 2017, 2018)
# By subject and indicator: day, period, what was contributed.
Found = dict[tuple[int, str], dict[tuple[dt.date, str], Contribution]]


@dataclass(frozen=True)
class Built:
    """What the build says of everybody, and by which keys it knows them."""

    found: Found
    children: dict[int, int]
    pupils: dict[int, int]
    on_day: frozenset[str]

    def of(self, story: Story, indicator: str) -> dict[tuple[dt.date, str], Contribution]:
        keys = {self.children[story.number], self.pupils[story.number]}
        return {when: what for key in keys for when, what in self.found.get((key, indicator), {}).items()}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """All stories in one home, landed and built as a night is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WAREHOUSE_PSEUDONYM_KEY", KEY)
        settings = home_at(tmp_path_factory.mktemp("golden"))
        deliver(settings, extracts(STORIES))
        outcomes = land_night(settings, NIGHT, "golden")
        assert {outcome.status for outcome in outcomes} == {"accepted"}, outcomes
        assert sum(outcome.rows_refused for outcome in outcomes) == 0, outcomes
        start = steps.begin(settings, "golden")
        steps.build_layers(settings, start.build_id)
        return _read(settings)


def deliver(settings: Settings, rows: Rows) -> None:
    """One night with the whole lists, and before it a delivery for each year of a return."""
    supplier = Supplier(settings, AUTHORITY)
    for year in RETURNS:
        files = {BY_NAME[name].file: _csv(name, rows[name, of]) for name, of in rows if of == year}
        if document := census(STORIES, year):
            files[CENSUS] = document
        # some weeks after the year, or while it lasts
        day = min(dt.date(year, 5, 15), NIGHT - dt.timedelta(days=1))
        supplier.deliver("social_care", day.isoformat(), files, f"collection_year:{year}", manifest=_uncounted)
    for source in Source:
        lists = [name for name, year in rows if year is None and BY_NAME[name].source is source]
        files = {BY_NAME[name].file: _csv(name, rows[name, None]) for name in lists}
        supplier.deliver(source, NIGHT.isoformat(), files, manifest=_whole)


def _uncounted(document: dict[str, Any]) -> None:
    """A document has no lines to count."""
    for entry in document["files"]:
        if entry["name"] == CENSUS:
            del entry["rows"]


def _whole(document: dict[str, Any]) -> None:
    """Whole lists, also of returns, and registers by day."""
    for entry in document["files"]:
        entry["coverage"] = "school_date" if entry["name"] == "attendance.csv" else "full"


def _csv(name: str, rows: list[list[str]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(column.name for column in BY_NAME[name].columns)
    writer.writerows(rows)
    return out.getvalue()


def _read(settings: Settings) -> Built:
    found: Found = {}
    with duckdb.connect(str(Workspace.of(settings).candidate), read_only=True) as candidate:
        for indicator, as_at, period, key, numerator, denominator, measure in candidate.execute(
            "select indicator_id, as_at, period, subject_key, in_numerator, in_denominator, measure "
            "from marts.indicator_subject"
        ).fetchall():
            told = found.setdefault((key, indicator), {})
            assert (as_at, period) not in told, "one row per indicator, day, period and subject"
            told[as_at, period] = Contribution(numerator, denominator, measure)
        children = dict(candidate.execute(
            "select identity_key, child_key from raw.child_identity where identity_kind = 'social_care'"
        ).fetchall())  # fmt: skip
        on_day = candidate.execute("select indicator_id from marts.indicator where counted = 'on_day'").fetchall()
    keys = pseudonyms.load(settings.home)

    def pseudonym(domain: Identifier, text: str) -> int:
        return keys.pseudonym(domain, AUTHORITY, text)

    return Built(
        found,
        {story.number: children[pseudonym(Identifier.SOCIAL_CARE_ID, story.child_id)] for story in STORIES},
        {story.number: pseudonym(Identifier.UPN, story.upn) for story in STORIES},
        frozenset(indicator for (indicator,) in on_day),
    )


def test_there_are_stories_of_every_subject():
    assert len(STORIES) >= 40
    assert len({story.name for story in STORIES}) == len(STORIES)
    assert {story.subject for story in STORIES} == {
        "care", "education", "health", "leaving_care", "missing", "need",
    }  # fmt: skip


@pytest.mark.parametrize("story", STORIES, ids=lambda story: f"{story.subject}-{story.name}")
def test_the_story_contributes_what_it_says(built: Built, story: Story):
    said = [line for indicator in story.expected for line in differences(built, story, indicator)]
    assert not said, "\n".join([f"{story.name}: {story.told['story']}", *said])


def differences(built: Built, story: Story, indicator: str) -> list[str]:
    """What an indicator has of the child on the days that are watched and does not say, or says and has not.

    Where the story names no period, it means the only one, and of events the month.
    """
    only = "" if indicator in built.on_day else "month"
    expected = {(day, period or only): one for (day, period), one in story.expected[indicator].items()}
    days = story.watched | {day for day, _ in expected}
    periods = {period for _, period in expected} or {only}
    found = {
        (day, period if only else ""): one
        for (day, period), one in built.of(story, indicator).items()
        if day in days and (not only or period in periods)
    }
    lines = []
    for day, period in sorted(expected.keys() | found.keys()):
        want, got = expected.get((day, period)), found.get((day, period))
        if want is None or got is None or not want.agrees(got):
            when = f"{day} {period}".rstrip()
            lines.append(f"{indicator} on {when}: expected {want or 'nothing'}, found {got or 'nothing'}")
    return lines
