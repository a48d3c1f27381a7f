"""Restriction, rectification and the end of records, through to what is published: three builds of one home."""

from __future__ import annotations

import dataclasses
import datetime as dt
import stat
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from childrens_warehouse.build.steps import build
from childrens_warehouse.cli import app
from childrens_warehouse.errors import PublishFailed
from childrens_warehouse.identity import codes
from childrens_warehouse.ledger import Ledger
from childrens_warehouse.pages.managers import writing
from childrens_warehouse.privacy import finding, releases
from childrens_warehouse.privacy.finding import Found
from childrens_warehouse.privacy.retention import disposing, schedule
from childrens_warehouse.publish.restricting import is_closed
from childrens_warehouse.publish.steps import Release, publish, switch_to
from childrens_warehouse.run import run_night
from childrens_warehouse.settings import Home, Settings
from childrens_warehouse.simulate import Scenario, simulate

pytestmark = pytest.mark.slow

NIGHT = dt.date(2017, 5, 24)
FEW = Scenario(night=NIGHT, nights=1, children=30, pupils=60, attendance_days=5, dirt=False, returns=1)
BY = ("--by", "J. Smith", "--reason", "Test", "--authority", "310")
SCHEDULE = """
[[class]]
name = "who came alone"
layer = "raw"
datasets = ["*"]
persons = ["ssda903_uasc"]
trigger = "birth"
period = "1 month"
source = "Invented"
basis = "local policy"
"""


@dataclass
class Story:
    """What was published before, with one child restricted and a field of another corrected, and after."""

    settings: Settings
    restricted: Found
    code: str
    corrected: Found
    releases: list[Release] = field(default_factory=list)
    exported: Path = Path()
    pages: list[bool] = field(default_factory=list)
    refused: str = ""
    modes: list[bool] = field(default_factory=list)

    def rows(self, query: str, release: int = -1) -> list[tuple]:
        path = self.settings.home.releases / self.releases[release].release_id / "marts.duckdb"
        with duckdb.connect(str(path), read_only=True) as connection:
            return connection.execute(query).fetchall()

    def bears(self, person: Found, release: int = -1) -> bool:
        return releases.bears(self.settings.home, self.releases[release].release_id, person.keys)

    def next_release(self) -> None:
        built = build(self.settings, "test")
        assert built.start.needed
        self.releases.append(publish(self.settings, built.build_id))

    def pages_show(self) -> bool:
        folder = self.settings.home.reports_restricted
        return any(self.code in page.read_text() for page in folder.rglob("*.html"))


def said(*arguments: str) -> str:
    done = CliRunner().invoke(app, [*arguments])
    assert done.exit_code == 0, done.output + str(done.exception)
    return done.output


@pytest.fixture(scope="module")
def story(tmp_path_factory) -> Story:
    with pytest.MonkeyPatch.context() as patch:
        root = tmp_path_factory.mktemp("rights")
        patch.setenv("WAREHOUSE_HOME", str(root / "home"))
        settings = dataclasses.replace(Settings.from_environment(), home=Home(root / "home"))
        settings.home.create()
        simulate(settings.home.inbox, FEW)
        first = run_night(settings, NIGHT).release
        assert first
        with duckdb.connect(str(settings.home.marts), read_only=True) as connection:
            (shown,) = connection.execute(
                "select child_key from worklist_review_due inner join bridge_pupil_child as b using (child_key)"
                " inner join fct_attendance_session as s using (pupil_key) order by 1 limit 1"
            ).fetchone() or (None,)
            (other, file, row, code_then) = (
                connection.execute(
                    "select child_key, source_file, source_row, participation_code from fct_review"
                    " where child_key <> ? and is_held order by 1, 2, 3 limit 1",
                    [shown],
                ).fetchone()
                or (None,) * 4
            )
        code = codes.spellings(shown)[0]
        found = finding.find(settings, "310", f"code:{code}")
        story = Story(
            settings, found, code, finding.find(settings, "310", f"code:{codes.spellings(other)[0]}"), [first]
        )
        writing.write(settings, "310")
        story.pages.append(story.pages_show())
        story.exported = root / "export"
        said("subject-export", f"code:{code}", "--to", str(story.exported), *BY)

        said("restrict", "add", f"code:{code}", *BY)
        value = "PN6" if code_then != "PN6" else "PN1"
        told = said("rectify", "add", file, str(row), "REVIEW_CODE", value, "--evidence", "Minutes", *BY)
        assert "Written down" in told
        story.next_release()
        story.pages.append(story.pages_show())
        writing.write(settings, "310")
        story.pages.append(story.pages_show())
        story.modes.append(is_closed(settings.home.releases / first.release_id))
        try:
            switch_to(settings, first.release_id)
        except PublishFailed as error:
            story.refused = str(error)

        said("restrict", "remove", f"code:{code}", *BY)
        schedule.path(settings.home).write_text(SCHEDULE)
        disposing.dispose(settings, "J. Smith", "Test", dt.datetime(2030, 1, 1, tzinfo=dt.UTC))
        story.next_release()
        story.modes.append(is_closed(settings.home.releases / first.release_id))
    return story


def test_a_restricted_person_is_in_no_row_and_in_every_figure(story):
    assert story.bears(story.restricted, 0) and not story.bears(story.restricted, 1)
    figures = "select indicator_id, dimension, member, as_at, numerator, denominator from indicator_value order by all"
    # The other decision of the same release changes who took part in a review.
    before, after = ({row for row in story.rows(figures, place) if "particip" not in row[0]} for place in (0, 1))
    assert before == after
    for table in ("worklist_review_due", "indicator_child", "indicator_subject", "fct_attendance_session"):
        before, after = (story.rows(f"select count(*) from {table}", place)[0][0] for place in (0, 1))
        assert 0 < after < before, table


def test_what_readers_could_open_before_is_closed_and_nobody_goes_back_to_it(story):
    assert story.modes == [True, False]
    assert "is closed" in story.refused
    assert story.pages == [True, False, False]


def test_lifted_everything_is_shown_again(story):
    assert story.bears(story.restricted, 2)
    folder = story.settings.home.releases / story.releases[1].release_id
    assert stat.S_IMODE(folder.stat().st_mode) == 0o750


def test_a_correction_is_published_and_says_so(story):
    changed = """
        select o.participation_code, n.participation_code, n.marks
        from (select * from {older}) as o inner join (select * from {newer}) as n using (source_file, source_row)
        where o.participation_code is distinct from n.participation_code or n.marks like '%RECTIFIED%'
    """
    folders = [story.settings.home.releases / each.release_id for each in story.releases[:2]]
    older, newer = (f"read_parquet('{folder}/fct_review.parquet')" for folder in folders)
    ((before, after, marks),) = duckdb.execute(changed.format(older=older, newer=newer)).fetchall()
    assert before != after and after in ("PN6", "PN1") and marks.split()[0] == "RECTIFIED"
    ((dataset, child),) = story.rows(
        "select dataset, child_key from fct_data_quality_finding where rule_code = 'RECTIFIED'", 1
    )
    assert dataset == "ssda903_reviews" and child in story.corrected.keys


def test_an_export_has_the_person_in_every_layer(story):
    layers = {path.name for path in story.exported.iterdir() if path.is_dir()}
    assert layers >= {"archive", "restricted", "raw", "links", "candidate", "releases", "reports", "disclosed"}
    told = {path.stem for path in (story.exported / "releases").glob("*.csv")}
    assert told >= {"dim_child", "worklist_review_due", "indicator_subject", "fct_attendance_session"}
    # As many rows as a search of the release itself finds.
    keys = ", ".join(map(str, story.restricted.keys))
    ((count,),) = story.rows(f"select count(*) from fct_review where child_key in ({keys})", 0)
    lines = (story.exported / "releases" / "fct_review.csv").read_text().splitlines()
    assert len(lines) - 1 == count > 0


def test_nobody_elses_pseudonym_is_in_an_export(story):
    told = "".join(path.read_text() for path in story.exported.rglob("*") if path.is_file())
    others = {
        str(key)
        for (key,) in story.rows(
            "select identity_key from bridge_child_identity union select worker_key from dim_worker", 0
        )
        if key is not None and key > 0
    } - {str(key) for key in story.restricted.keys}
    assert len(others) > 30 and not [key for key in others if key in told]


def test_whose_time_is_over_leaves_releases_with_the_next_night(story):
    home = story.settings.home
    waiting = {
        row["path"] for row in Ledger(home.ledger).query("select path from disposal_pending where done_at is null")
    }
    gone = [name for name in (each.release_id for each in story.releases[:2]) if f"releases/{name}" in waiting]
    assert gone, "the published release waited"
    disposing.dispose(story.settings, "J. Smith", "Test", dt.datetime(2030, 1, 1, tzinfo=dt.UTC))
    assert not [name for name in gone if (home.releases / name).exists()]
    assert (home.releases / story.releases[2].release_id).exists()
