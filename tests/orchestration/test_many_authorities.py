"""A night of three authorities through the real DAG: what becomes of one is no matter of the others."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from childrens_warehouse.landing import night as landing
from childrens_warehouse.ledger import Ledger
from childrens_warehouse.orchestration import troubles
from childrens_warehouse.orchestration.environment import airflow_environment, prepare
from childrens_warehouse.settings import Home, Settings

NIGHT = "2017-05-31"
FILES = {"patients.csv", "health_assessments.csv", "dental_checks.csv", "immunisations.csv", "sdq.csv"}


@pytest.fixture(scope="module")
def nights(tmp_path_factory):
    folder = tmp_path_factory.mktemp("many")
    settings = dataclasses.replace(Settings.from_environment(), home=Home(folder / "home"))
    environment = {**airflow_environment(settings), "WAREHOUSE_POLL_SECONDS": "0"}
    prepare(settings, environment, folder / "migrate.log")
    log = folder / "night.log"
    with log.open("w") as output:
        done = subprocess.run(
            [sys.executable, str(Path(__file__).with_name("rehearse_many.py")), str(folder / "told.json")],
            env=environment, stdout=output, stderr=subprocess.STDOUT, check=False,
        )  # fmt: skip
    assert done.returncode == 0, log.read_text()[-3000:]
    told = json.loads((folder / "told.json").read_text())
    ledger = Ledger(settings.home.ledger)
    runs = [row["run_id"] for row in ledger.query("select run_id from source_night order by rowid")]
    assert len(runs) == 2, "each night is closed once"
    landed = [defaultdict(dict), defaultdict(dict)]
    for event in ledger.query("select * from file_event where status in ('accepted', 'unchanged', 'refused')"):
        landed[runs.index(event["run_id"])][event["authority"]][event["file_name"]] = event["status"]
    return {**told, "log": log.read_text(), "landed": landed, "ledger": ledger}


def test_the_others_land_whole(nights):
    first = nights["landed"][0]
    assert first["301"] == dict.fromkeys(FILES, "accepted")
    assert first["302"] == dict.fromkeys(FILES - {"patients.csv"}, "accepted")
    assert "303" not in first


def test_the_night_is_closed_and_calls_the_build(nights):
    closed = nights["first"]["emitted"]["landed_health"]
    assert closed["late"] == ["303"]
    assert closed["as_of"] == {"301": NIGHT, "302": NIGHT, "303": None}
    assert closed["files"] == 9


def test_the_alarm_names_what_happened(nights):
    scene = nights["first"]
    (alarm,) = (why for kind, task, _, why in scene["tasks"] if (kind, task) == ("failed", "raise_alarm"))
    late, lost = alarm.splitlines()
    assert late.startswith("LATE: 303 delivered no complete folder of health for 2017-05-31; what was in force stays.")
    assert lost.startswith("NOT LANDED: 302 2017-05-31 patients.csv: its task failed, and its log says why.")


def test_one_task_is_red_and_only_the_lost_file_is_tried_again(nights):
    tasks = [(kind, label) for kind, task, label, _ in nights["first"]["tasks"] if task == "land_files"]
    assert [each for each in tasks if each[0] == "succeeded"] == [("succeeded", "301")]
    assert [each for each in tasks if each[0] == "retrying"] == [("retrying", "302")] * 4
    assert [each for each in tasks if each[0] == "failed"] == [("failed", "302")]
    events = nights["ledger"].query(
        "select status from file_event where authority = '302' and file_name = 'sdq.csv' and status <> 'unchanged'"
    )
    assert len(events) == 1


def test_the_words_of_a_record_are_nowhere(nights):
    assert "was not landed" in nights["log"] and "Mary" not in nights["log"]
    assert "Mary" not in json.dumps(nights["first"])


def test_the_next_run_takes_up_what_was_lost_and_late(nights):
    assert nights["second"]["state"] == "success"
    second = nights["landed"][1]
    assert second["303"] == dict.fromkeys(FILES, "accepted")
    assert second["302"]["patients.csv"] == "accepted"
    assert set(second["302"].values()) == {"accepted", "unchanged"}


class TestOfALedger:
    """What the tasks go by: what became of the files, told by the ledger."""

    RUN = "night"

    def event(self, settings: Settings, file_name: str, dataset: str, status: str, run_id: str = RUN) -> None:
        Ledger(settings.home.ledger).record_file(
            run_id=run_id, night=NIGHT, authority="310", source="social_care", extract_date=NIGHT, dataset=dataset,
            file_name=file_name, status=status,
        )  # fmt: skip

    def test_a_file_counts_when_all_its_lists_have_an_outcome(self, settings):
        datasets = [dataset.name for dataset in landing.files_of("social_care") for dataset in dataset.datasets]
        of_book = [name for name in datasets if name.startswith("annex_a")]
        assert len(of_book) > 3
        for name in of_book[:-1]:
            self.event(settings, "annex_a.xlsx", name, "accepted")
        assert landing.outcomes(settings, "social_care", self.RUN, 0) == []
        self.event(settings, "annex_a.xlsx", of_book[-1], "refused")
        found = landing.outcomes(settings, "social_care", self.RUN, 0)
        assert [each["dataset"] for each in found] == of_book

    def test_what_was_before_the_listing_or_of_another_run_does_not_count(self, settings):
        self.event(settings, "header.csv", "ssda903_header", "accepted")
        since = landing.last_event(settings)
        self.event(settings, "header.csv", "ssda903_header", "accepted", run_id="another")
        self.event(settings, "reviews.csv", "ssda903_reviews", "missing")
        assert landing.outcomes(settings, "social_care", self.RUN, since) == []
        self.event(settings, "header.csv", "ssda903_header", "unchanged")
        assert [each["status"] for each in landing.outcomes(settings, "social_care", self.RUN, since)] == ["unchanged"]

    @pytest.mark.parametrize(
        ("deliveries", "stays_open"),
        [
            (None, ["310", "311"]),
            ([{"authority": "310", "since": 0, "deliveries": None}], ["310"]),
            ([{"authority": "310", "since": 0, "deliveries": []}], []),
        ],
        ids=["nothing was listed", "one was not listed", "all were"],
    )
    def test_a_folder_of_which_the_files_are_not_known_stays_open(self, settings, deliveries, stays_open):
        night, ledger = dt.date.fromisoformat(NIGHT), Ledger(settings.home.ledger)
        for authority in ("310", "311"):
            ledger.note_folder(self.RUN, authority, "health", night, "as it lay there")
        folders = [{"authority": authority, "is_late": False} for authority in ("310", "311")]
        left = troubles.left_undone(settings, self.RUN, "health", folders, deliveries, [])
        landing.close(settings, "health", night, self.RUN, late=[], unlisted=left.unlisted)
        assert [each for each in ("310", "311") if not ledger.folder_states(each, "health")] == stays_open
