"""One task lands the files of an authority: what fails, hangs or kills it stops no other file for good."""

from __future__ import annotations

import datetime as dt
import signal
import time
from collections.abc import Callable
from typing import Any

import pytest

from childrens_warehouse.errors import BusyError, FilesNotLanded, TookTooLong
from childrens_warehouse.landing import night as landing
from childrens_warehouse.ledger import Ledger
from childrens_warehouse.settings import Settings

NIGHT = "2017-05-31"
FILES = ["header.csv", "episodes.csv", "reviews.csv", "uasc.csv"]


class Killed(BaseException):
    """Stands for the end of the process: nothing in it can be caught by the task."""


class Stage:
    """Lands each file as it is told, and notes what it landed, as the landing does."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.answers: dict[str, Any] = {}
        self.landed: list[str] = []

    def expect(self, settings: Settings, source: str, night: dt.date, authority: str, run_id: str) -> list[Any]:
        return [landing.Delivery("310", source, NIGHT, NIGHT, name, None, None, None, None) for name in FILES]

    def land(self, settings: Settings, delivery: landing.Delivery, run_id: str) -> list[landing.Outcome]:
        answer = self.answers.get(delivery.file_name)
        if isinstance(answer, BaseException):
            raise answer
        if callable(answer):
            answer()
        self.landed.append(delivery.file_name)
        (dataset,) = delivery.file.datasets
        outcome = landing.Outcome("310", "social_care", NIGHT, dataset.name, delivery.file_name, "accepted")
        Ledger(self.settings.home.ledger).record_file(run_id=run_id, night=NIGHT, **outcome.to_dict())
        return [outcome]


@pytest.fixture
def stage(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Stage:
    stage = Stage(settings)
    monkeypatch.setattr(landing, "land", stage.land)
    monkeypatch.setattr(landing, "expect", stage.expect)
    return stage


@pytest.fixture
def attempt(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], dict[str, Any]]:
    from childrens_warehouse.orchestration import landing as tasks

    monkeypatch.setattr(tasks, "run_id", lambda: "night")
    work = {
        "authority": "310",
        "since": landing.last_event(stage.settings),
        "deliveries": [each.to_dict() for each in stage.expect(stage.settings, "social_care", None, "310", "night")],
    }

    def attempt(number: int, **changed: Any) -> dict[str, Any]:
        monkeypatch.setattr(tasks, "try_number", lambda: number)
        return tasks.land_files.function("social_care", NIGHT, work | changed)

    return attempt


def test_all_files_land_and_their_names_are_followed(stage, attempt, monkeypatch):
    from childrens_warehouse.orchestration import telling

    said: list[str] = []
    monkeypatch.setattr(telling, "FOLLOWERS", [said.append])
    assert attempt(1) == {"authority": "310", "files": 4}
    assert stage.landed == FILES
    assert said[1] == "310: 2 of 4: episodes.csv of 2017-05-31"


def test_a_file_that_fails_stops_none_and_is_tried_again_alone(stage, attempt):
    stage.answers = {"header.csv": BusyError("another process holds the lock")}
    with pytest.raises(FilesNotLanded, match=r"1 of 4 files were not .*: header.csv of .* \(BusyError\)") as told:
        attempt(1)
    assert told.value.retry and stage.landed == FILES[1:]
    stage.answers = {}
    attempt(2)
    assert stage.landed == [*FILES[1:], "header.csv"]


@pytest.mark.parametrize(("error", "heals"), [(KeyError("x"), False), (OSError("full"), True), (MemoryError(), True)])
def test_it_is_tried_again_only_where_that_can_help(stage, attempt, error, heals):
    stage.answers = {"reviews.csv": error}
    with pytest.raises(FilesNotLanded) as told:
        attempt(1)
    assert told.value.retry is heals


def test_a_file_that_kills_the_process_keeps_the_others_from_landing_once_only(stage, attempt):
    stage.answers = {"episodes.csv": Killed()}
    with pytest.raises(Killed):
        attempt(1)
    assert stage.landed == ["header.csv"]
    with pytest.raises(Killed):
        attempt(2)
    assert stage.landed == ["header.csv", "reviews.csv", "uasc.csv"]


def test_files_that_could_not_be_listed_are_listed_here(stage, attempt):
    assert attempt(1, deliveries=None) == {"authority": "310", "files": 4}
    assert stage.landed == FILES


def test_a_file_that_hangs_is_given_up_and_the_others_land(stage, attempt, monkeypatch):
    from childrens_warehouse.orchestration import landing as tasks

    monkeypatch.setattr(tasks, "LONG", dt.timedelta(seconds=0.2))
    stage.answers = {"header.csv": lambda: time.sleep(30)}
    with pytest.raises(FilesNotLanded, match=r"\(TookTooLong\)") as told:
        attempt(1)
    assert not told.value.retry and stage.landed == FILES[1:]


def test_the_limit_of_a_file_leaves_that_of_the_task_running():
    from childrens_warehouse.orchestration.house import at_most

    rung: list[int] = []
    before = signal.signal(signal.SIGALRM, lambda number, frame: rung.append(number))
    try:
        signal.setitimer(signal.ITIMER_REAL, 60)
        with pytest.raises(TookTooLong), at_most(dt.timedelta(seconds=0.1)):
            time.sleep(5)
        left, _ = signal.getitimer(signal.ITIMER_REAL)
        assert 0 < left <= 0.1
        time.sleep(0.3)
        assert rung == [signal.SIGALRM]
        signal.setitimer(signal.ITIMER_REAL, 0)
        with at_most(dt.timedelta(seconds=5)):
            pass
        assert signal.getitimer(signal.ITIMER_REAL)[0] == 0
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
