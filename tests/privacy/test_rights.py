"""Rights of persons on a real night: the tables that dbt builds and the suites that judge them."""

from __future__ import annotations

import csv
import dataclasses
import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from childrens_warehouse.cli import app
from childrens_warehouse.pages.managers import writing
from childrens_warehouse.privacy import finding, releases
from childrens_warehouse.privacy.finding import Found
from childrens_warehouse.raw.acceptance import accepted
from childrens_warehouse.run import land_night, run_night
from childrens_warehouse.settings import Home, Settings
from childrens_warehouse.simulate import Scenario, simulate

pytestmark = pytest.mark.slow

NIGHT = dt.date(2017, 5, 24)
FEW = Scenario(night=NIGHT, nights=1, children=20, pupils=40, attendance_days=3, dirt=False, returns=1)
BY = ("--by", "J. Smith", "--reason", "Test", "--authority", "310")
KEYS = ("child_key", "pupil_key", "patient_key", "identity_key", "subject_key")


@dataclass(frozen=True)
class Night:
    """A night on which one child was restricted and a review of another corrected."""

    settings: Settings
    restricted: Found
    corrected: Found
    exported: Path

    def rows(self, query: str) -> list[tuple]:
        with duckdb.connect(str(self.settings.home.marts), read_only=True) as connection:
            return connection.execute(query).fetchall()


def said(*arguments: str) -> str:
    done = CliRunner().invoke(app, [*arguments])
    assert done.exit_code == 0, done.output + str(done.exception)
    return done.output


@pytest.fixture(scope="module")
def night(tmp_path_factory) -> Night:
    with pytest.MonkeyPatch.context() as patch:
        root = tmp_path_factory.mktemp("rights")
        patch.setenv("WAREHOUSE_HOME", str(root / "home"))
        settings = dataclasses.replace(Settings.from_environment(), home=Home(root / "home"))
        settings.home.create()
        simulate(settings.home.inbox, FEW)
        land_night(settings, NIGHT, "test")
        with (settings.home.inbox / "310/social_care/2017-05-24/reviews.csv").open(newline="") as handle:
            reviewed = [(row, line["CHILD"], line["REVIEW_CODE"]) for row, line in enumerate(csv.DictReader(handle), 2)]
        with (settings.home.inbox / "310/education/2017-05-24/pupils.csv").open(newline="") as handle:
            pupils = {line["child_id"] for line in csv.DictReader(handle)}
        row, other, code = next(each for each in reviewed if each[2].startswith("PN"))
        child = next(each for _, each, _ in reviewed if each != other and each in pupils)
        file = max((each for each in accepted(settings.home) if each.dataset == "ssda903_reviews"),
                   key=lambda each: each.order)  # fmt: skip
        said("restrict", "add", f"child_id:{child}", *BY)
        value = "PN6" if code != "PN6" else "PN1"
        said("rectify", "add", file.file_id, str(row), "REVIEW_CODE", value, "--evidence", "Minutes", *BY)
        run_night(settings, NIGHT)
        writing.write(settings, "310")
        said("subject-export", f"child_id:{child}", "--to", str(root / "export"), *BY)
        found = [finding.find(settings, "310", f"child_id:{each}") for each in (child, other)]
    return Night(settings, found[0], found[1], root / "export")


def test_a_restricted_person_is_in_no_row_of_any_table(night):
    home = night.settings.home
    current = releases.current(home)
    assert current and not releases.bears(home, current, night.restricted.keys)
    assert releases.bears(home, current, night.corrected.keys)
    keyed = night.rows(
        "select table_name, column_name from duckdb_columns() where not internal"
        f" and column_name in {KEYS} order by all"
    )
    assert len({table for table, _ in keyed}) > 50
    keys = ", ".join(map(str, night.restricted.keys))
    found = [
        table for table, column in keyed if night.rows(f"select 1 from {table} where {column} in ({keys}) limit 1")
    ]
    assert not found


def test_figures_count_the_person_all_the_same(night):
    counted = night.rows(
        """
        select v.numerator - count(distinct s.subject_key)
        from indicator_value as v
        left join indicator_subject as s using (authority_code, indicator_id, as_at, period)
        where v.indicator_id = 'cla_count' and v.dimension = 'all' and v.numerator > 0
        group by v.as_at, v.numerator
        """
    )
    # On the days on which the child was in care one more is counted than is shown.
    assert {0, 1} >= {more for (more,) in counted} >= {1}


def test_a_correction_is_published_and_says_so(night):
    ((code, marks),) = night.rows("select participation_code, marks from fct_review where marks like '%RECTIFIED%'")
    assert code in ("PN6", "PN1") and marks.split()[0] == "RECTIFIED"
    ((dataset, child),) = night.rows(
        "select dataset, child_key from fct_data_quality_finding where rule_code = 'RECTIFIED'"
    )
    assert dataset == "ssda903_reviews" and child in night.corrected.keys


def test_an_export_of_a_restricted_person_has_all_that_is_stored_and_nobody_else(night):
    layers = {path.name for path in night.exported.iterdir() if path.is_dir()}
    assert {"archive", "restricted", "raw", "links", "decisions", "access_log"} <= layers
    assert not layers & {"releases", "reports"}
    told = "".join(path.read_text() for path in night.exported.rglob("*") if path.is_file())
    others = night.rows("select identity_key from bridge_child_identity union select worker_key from dim_worker")
    assert len(others) > 30
    assert not [key for (key,) in others if key and key > 0 and str(key) in told]
