"""What the real DAGs do when files are refused, folders late, locks held and gates shut.

The steps of the package are replaced (rehearse.py), so that each trouble can be had on demand.
"""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import pytest

from childrens_warehouse.orchestration.environment import airflow_environment, prepare
from childrens_warehouse.settings import Home, Settings

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def scenes(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rehearsal")
    settings = dataclasses.replace(Settings.from_environment(), home=Home(folder / "home"))
    environment = {**airflow_environment(settings), "WAREHOUSE_POLL_SECONDS": "0"}
    prepare(settings, environment, folder / "migrate.log")
    log = folder / "rehearsal.log"
    with log.open("w") as output:
        done = subprocess.run(
            [sys.executable, str(Path(__file__).with_name("rehearse.py")), str(folder / "scenes.json")],
            env=environment, stdout=output, stderr=subprocess.STDOUT, check=False,
        )  # fmt: skip
    assert done.returncode == 0, log.read_text()[-3000:]
    return {**json.loads((folder / "scenes.json").read_text()), "log": log.read_text()}


def events(scene, *kinds):
    return [(kind, task) for kind, task, _, _ in scene["tasks"] if kind in kinds]


def reason(scene, task):
    return next(reason for kind, name, _, reason in scene["tasks"] if name == task and kind == "failed")


def test_a_quiet_night_is_green_and_calls_the_build(scenes):
    scene = scenes["quiet_night"]
    assert scene["state"] == "success"
    told = {"source": "social_care", "as_of": {"301": "2017-05-31"}, "refused": []}
    assert scene["emitted"] == {"landed_social_care": told}
    assert (scene["late"], scene["unlanded"]) == ([], [])
    labels = {task: label for kind, task, label, _ in scene["tasks"] if kind == "succeeded"}
    assert labels["land_files"] == "301"
    assert labels["wait_for_folder"] == "301"


def test_trouble_with_one_authority_or_file_does_not_hold_the_others(scenes):
    scene = scenes["troubled_night"]
    # The asset is out, so the build goes on; the run is red all the same.
    assert set(scene["emitted"]) == {"landed_social_care"}
    assert scene["late"] == ["302"]
    # The folder of the file that was lost stays open; the refused one would be refused again, and does not matter.
    assert scene["unlanded"] == [["301", "2017-05-31"]]
    assert scene["state"] == "failed"
    assert events(scene, "failed") == [("failed", "land_files"), ("failed", "raise_alarm")]


def test_the_alarm_names_everything_and_says_what_to_do(scenes):
    late, refused, lost = reason(scenes["troubled_night"], "raise_alarm").splitlines()
    assert late.startswith("LATE: 302 delivered no complete folder of social_care for 2017-05-31; what was in force")
    assert refused.startswith("REFUSED: 301 2017-05-31 episodes.csv: FILE-EMPTY: the file is empty.")
    assert "Ask the supplier for a new one; do not clear the task." in refused
    assert lost.startswith("NOT LANDED: 301 2017-05-31 reviews.csv: its task failed, and its log says why.")
    assert "the next run takes the file up again" in lost


def test_a_mistake_is_not_tried_again_and_its_words_stay_in_the_log(scenes):
    scene = scenes["troubled_night"]
    assert scene["calls"]["land reviews.csv"] == 1
    # A foreign message may quote a value from a record.
    assert reason(scene, "land_files") == "301: 1 of 3 files were not landed: reviews.csv of 2017-05-31 (KeyError)"
    assert "a name from a record" not in scenes["log"]
    assert "rehearse.py" in scenes["log"], "but where it was raised is said"


def test_what_one_authority_cannot_list_or_wait_for_is_its_own(scenes):
    scene = scenes["one_authority_in_trouble"]
    assert set(scene["emitted"]) == {"landed_social_care"}
    assert scene["calls"]["land header.csv"] == 1
    # Once with the others, and then in a task of its own, tried as often as any.
    assert scene["calls"]["list 302"] == 1 + 5
    assert (scene["late"], scene["unlisted"], scene["unlanded"]) == (["303"], ["302"], [])
    late, unlisted = reason(scene, "raise_alarm").splitlines()
    assert late.startswith("LATE: 303 delivered no complete folder of social_care for 2017-05-31 (its wait_for_folder")
    assert unlisted.startswith("NOT LISTED: 302: its files of social_care for 2017-05-31; the log of land_files says")


def test_a_night_without_new_files_is_green(scenes):
    scene = scenes["nothing_to_land"]
    assert (scene["state"], set(scene["emitted"])) == ("success", {"landed_social_care"})


def test_an_inbox_without_folders_raises_an_alarm_and_holds_nothing(scenes):
    scene = scenes["empty_inbox"]
    assert (scene["state"], set(scene["emitted"])) == ("failed", {"landed_social_care"})
    assert reason(scene, "raise_alarm") == (
        "NO FOLDERS: the inbox has no authority's folder; was it moved? Nothing of social_care landed."
    )


def test_a_folder_is_waited_for_and_a_share_that_is_away_is_no_error(scenes):
    scene = scenes["folder_that_comes_later"]
    assert (scene["state"], scene["late"]) == ("success", [])
    assert scene["calls"]["look at 301"] == 3
    assert events(scene, "retrying") == []


def test_at_the_cut_off_the_night_goes_on_without_the_folder(scenes):
    scene = scenes["cut_off"]
    assert scene["late"] == ["301"]
    assert scene["calls"]["look at 301"] == 1
    assert set(scene["emitted"]) == {"landed_social_care"}
    said = "the folder of social_care for 2017-05-31 is not complete; going on without it: the cut-off has passed."
    assert said in scenes["log"]


def test_a_lock_and_a_full_disk_are_tried_again_until_they_heal(scenes):
    scene = scenes["lock_that_is_freed"]
    assert scene["state"] == "success"
    assert scene["calls"]["land header.csv"] == 3
    assert events(scene, "retrying") == [("retrying", "land_files")] * 2


def test_a_build_that_passes_hands_on_its_build_id(scenes):
    scene = scenes["build_that_passes"]
    assert (scene["state"], scene["emitted"]) == ("success", {"gated_build": {"build_id": "b1"}})
    assert scene["calls"] == {"models": 1, "gate": 1}


def test_a_build_that_is_not_needed_ends_green_and_calls_nobody(scenes):
    scene = scenes["build_that_is_not_needed"]
    assert (scene["state"], scene["emitted"], scene["calls"]) == ("success", {}, {})
    last = [task for _, task in events(scene, "succeeded")[-2:]]
    assert last == ["tell_of_build", "write_quality_page"], "it resolves what is over"


def test_where_the_gate_refuses_one_authority_the_build_goes_on_without_its_data(scenes):
    scene = scenes["gate_that_refuses_one_authority"]
    assert (scene["state"], scene["emitted"]) == ("success", {"gated_build": {"build_id": "b2"}})
    assert scene["calls"] == {"models": 1, "gate": 1, "build again": 1}
    assert "305: PUB-001." in scenes["log"]


def test_where_nothing_else_is_new_the_release_stays_and_nobody_is_called(scenes):
    scene = scenes["nothing_new_without_the_refused"]
    assert (scene["state"], scene["emitted"]) == ("success", {})


def test_a_gate_that_says_no_stops_the_publication_at_once(scenes):
    scene = scenes["gate_that_says_no"]
    assert (scene["state"], scene["emitted"]) == ("failed", {})
    assert scene["calls"]["gate"] == 1
    assert reason(scene, "judge") == "PUB-001: too few episodes."
    assert "Trying again cannot help: PUB-001: too few episodes." in scenes["log"]


@pytest.mark.parametrize("name", ["build_that_passes", "gate_that_says_no", "publication_that_heals"])
def test_the_quality_page_is_drawn_last_whatever_became_of_the_run(scenes, name):
    assert events(scenes[name], "succeeded")[-1] == ("succeeded", "write_quality_page")


def test_a_publication_that_may_heal_is_tried_again(scenes):
    scene = scenes["publication_that_heals"]
    assert (scene["state"], scene["emitted"]) == ("success", {"published_marts": {"step": "publish b1"}})
    assert scene["calls"] == {"publish b1": 2}


def test_a_publication_by_hand_needs_a_build(scenes):
    scene = scenes["publication_of_nothing"]
    assert (scene["state"], scene["calls"]) == ("failed", {})
    assert reason(scene, "choose_build") == "No gated build called this run; name one in the parameter build_id."


def test_a_source_that_was_skipped_is_neither_waited_for_nor_late(scenes):
    scene = scenes["skipped_source"]
    assert (scene["state"], scene["late"]) == ("success", [])
    assert "look at 302" not in scene["calls"]
    assert "302: social_care for 2017-05-31 is skipped; `warehouse skip list` says by whom and why." in scenes["log"]


def test_a_refused_build_calls_for_a_person_where_one_may_decide_and_stays_red(scenes):
    scene = scenes["gate_that_a_person_may_decide_on"]
    assert (scene["state"], scene["emitted"]) == ("failed", {"held_build": {"build_id": "b1"}})
    assert ("skipped", "call_for_decision") in events(scenes["gate_that_says_no"], "skipped")


def test_nobody_is_asked_of_a_build_that_does_not_wait(scenes):
    scene = scenes["question_of_nothing"]
    assert scene["state"] == "success"
    # Airflow tells of the first alone; those behind it are skipped with it.
    assert events(scene, "skipped") == [("skipped", "find_question")]
    assert events(scene, "succeeded") == []


def test_watching_over_deadlines_is_green_and_touches_nothing(scenes):
    scene = scenes["watch"]
    assert (scene["state"], scene["emitted"], scene["calls"]) == ("success", {}, {})
    assert events(scene, "skipped") == [("skipped", "bring_postgresql_up_to_date")]
    assert events(scene, "succeeded") == [("succeeded", "look_at_deadlines")]


# Alarms


@pytest.fixture
def mails(scenes):
    return {
        name: [(subject.removeprefix("Children's warehouse: "), text) for subject, text in run["mails"]]
        for name, run in scenes["alarms_by_mail"].items()
    }


def test_a_late_source_is_told_of_once_and_again_when_it_is_there(mails):
    ((subject, text),) = mails["late"]
    assert subject == "social care"
    assert "<b>1 opened.</b>" in text and "late:310:social_care" in text
    assert "run manual__" in text, "it names the run to look at"
    assert mails["late again"] == []
    ((subject, text),) = mails["there"]
    assert subject == "social care"
    assert "<b>1 resolved.</b>" in text and "social_care of 310 arrived" in text


def test_a_night_that_could_not_begin_is_told_of_too(mails):
    ((_, text),) = mails["no night"]
    assert "<b>2 opened.</b>" in text
    assert "not-listed:social_care" in text and "not-closed:social_care" in text


def test_a_gate_that_says_no_and_a_build_that_fails_are_told_of_and_leave_the_run_red(scenes, mails):
    ((subject, text),) = mails["gate says no"]
    assert subject == "build"
    assert "gate:fct_review:PUB-EMPTY" in text
    ((_, text),) = mails["models fail"]
    assert "Build b1 failed." in text and "<li>gate:fct_review:PUB-EMPTY" in text
    ((_, text),) = mails["built"]
    assert "<b>2 resolved.</b>" in text
    runs = scenes["alarms_by_mail"]
    assert [runs[name]["state"] for name in ("gate says no", "models fail", "built")] == ["failed", "failed", "success"]
    assert events(runs["gate says no"], "failed") == [("failed", "judge")]


def test_a_publication_that_fails_is_told_of_until_a_release_comes_out(scenes, mails):
    ((subject, text),) = mails["not published"]
    assert subject == "publish"
    assert "Build b1 passed the gate and could not be published." in text
    ((_, text),) = mails["published"]
    assert "<b>1 resolved.</b>" in text
    runs = scenes["alarms_by_mail"]
    assert [runs[name]["state"] for name in ("not published", "published")] == ["failed", "success"]


def test_a_release_that_could_not_be_loaded_into_postgresql_is_published_and_told_of(scenes, mails):
    ((subject, text),) = mails["not loaded"]
    assert subject == "postgresql"
    assert "<b>1 opened.</b>" in text and "could not be loaded into PostgreSQL" in text
    ((_, text),) = mails["loaded"]
    assert "<b>1 resolved.</b>" in text
    runs = scenes["alarms_by_mail"]
    assert [runs[name]["state"] for name in ("published", "not loaded", "loaded")] == ["success", "failed", "success"]
    assert events(runs["published"], "skipped") == [("skipped", "load_into_postgresql")]
    assert events(runs["not loaded"], "succeeded")[-1] == ("succeeded", "write_quality_page")


def test_a_report_that_could_not_be_made_is_told_of_until_it_is(scenes, mails):
    ((subject, text),) = mails["no report"]
    assert subject == "report"
    assert "<b>1 opened.</b>" in text and "The report of what is published could not be made." in text
    ((_, text),) = mails["report"]
    assert "<b>1 resolved.</b>" in text
    runs = scenes["alarms_by_mail"]
    assert [runs[name]["state"] for name in ("no report", "report")] == ["failed", "success"]


def test_a_mail_server_that_is_down_changes_nothing_in_the_run(scenes):
    run = scenes["alarms_by_mail"]["gate says no to a dead server"]
    assert run["state"] == "failed"
    assert events(run, "failed") == [("failed", "judge")]
    assert ("succeeded", "tell_of_build") in events(run, "succeeded")
    assert "Alarms by email: NOT SENT (ConnectionRefusedError)" in scenes["log"]
