"""Run the real DAGs with the package's steps replaced, and print what happened as JSON. A program of its own,
because Airflow wants a process, a home and a database to itself; test_dag_behaviour.py reads what it prints.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
import json
import os
import sys
from collections import Counter
from typing import Any

from receivers import MailServer, text_of

from childrens_warehouse.build import held
from childrens_warehouse.build import steps as build_steps
from childrens_warehouse.errors import (
    AuthoritiesRefused,
    BuildFailed,
    BusyError,
    ConfigurationError,
    GateFailed,
    PublishFailed,
)
from childrens_warehouse.landing import night as landing
from childrens_warehouse.landing import pseudonyms, skips, standing
from childrens_warehouse.ledger import Ledger
from childrens_warehouse.orchestration import house
from childrens_warehouse.pages import making
from childrens_warehouse.publish import steps as publish_steps
from childrens_warehouse.serving import steps as serving_steps
from childrens_warehouse.settings import Settings

# A test has no minute to spare between two tries; the DAGs share this one dictionary.
house.HOUSE["retry_delay"] = dt.timedelta(seconds=0)

from airflow.sdk.listener import get_listener_manager  # noqa: E402

from childrens_warehouse.orchestration import runner  # noqa: E402

NIGHT = "2017-05-31"


@dataclasses.dataclass
class Told:
    """Stands for what a step of the package returns."""

    content: dict[str, Any]

    def to_dict(self) -> dict[str, Any]:
        return self.content


def delivery(authority: str, file_name: str) -> landing.Delivery:
    return landing.Delivery(authority, "social_care", NIGHT, NIGHT, file_name, None, None, None, None)


class Stage:
    """The replaced steps, and how often each was called."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.late: list[str] | None = None
        self.unlanded: list[tuple[str, str]] = []
        self.unlisted: list[str] = []
        self.complete: dict[str, list[bool]] = {}
        self.deliveries: dict[str, list[str]] = {}
        self.cannot_list: set[str] = set()
        self.lands: dict[str, list[Any]] = {}
        self.needed = self.needed_again = True
        self.build: dict[str, list[Any]] = {}
        landing.authorities = lambda settings: tuple(self.complete)
        landing.is_complete = self.is_complete
        landing.expect = self.expect
        landing.land = self.land
        landing.close = self.close
        standing.check = lambda settings: None  # what the ledger says was landed here lies nowhere
        build_steps.begin = lambda settings, run_id: Told(
            {"build_id": "b1" if self.needed else "", "needed": self.needed, "reason": "because"}
        )
        build_steps.build_layers = lambda settings, build_id: (self.step("models"),)
        build_steps.gate = lambda settings, build_id: self.step("gate")
        build_steps.build = self.build_again
        publish_steps.publish = lambda settings, build_id: self.step(f"publish {build_id}")
        serving_steps.load = lambda settings: self.step("load")
        making.due = lambda settings: [dt.date(2017, 3, 31)]
        making.remake = lambda settings, edition, as_at: [self.step(f"report {edition}")]

    def is_complete(self, settings, authority, source, night):
        self.calls[f"look at {authority}"] += 1
        answers = self.complete[authority]
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def expect(self, settings, source, night, authority, run_id):
        self.calls[f"list {authority}"] += 1
        if authority in self.cannot_list:
            raise OSError("the share is away")
        return [delivery(authority, name) for name in self.deliveries.get(authority, ())]

    def land(self, settings, one, run_id):
        self.calls[f"land {one.file_name}"] += 1
        answers = self.lands.get(one.file_name, ["accepted"])
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, Exception):
            raise answer
        rule, reason = ("FILE-EMPTY", "the file is empty.") if answer == "refused" else (None, None)
        (dataset,) = one.file.datasets
        outcome = landing.Outcome(
            one.authority, one.source, one.extract_date, dataset.name, one.file_name, answer, rule, reason
        )
        Ledger(settings.home.ledger).record_file(run_id=run_id, night=one.night, **outcome.to_dict())
        return (outcome,)

    def close(self, settings, source, night, run_id, late, unlanded, unlisted):
        self.calls["close"] += 1
        self.late = late
        self.unlanded = sorted(unlanded)
        self.unlisted = sorted(unlisted)
        return Told({"source": source, "as_of": {"301": NIGHT}, "refused": []})

    def build_again(self, settings, run_id, progress):
        self.step("build again")
        progress("again")
        start = build_steps.BuildStart("b2", self.needed_again, "nothing else changed", dt.date(2017, 5, 31), "", 0, 0)
        return build_steps.BuildResult(start)

    def step(self, name: str) -> Told:
        self.calls[name] += 1
        answers = self.build.get(name, [None])
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, Exception):
            raise answer
        return Told({"step": name})


def rehearse(dag_id: str, conf: dict[str, Any], stage: Stage) -> dict[str, Any]:
    stream = io.StringIO()
    events = runner.Events(stream)
    manager = get_listener_manager()
    manager.clear()
    manager.add_listener(events)
    finished = runner.run_dag(dag_id, conf, events)
    told = [json.loads(line) for line in stream.getvalue().splitlines()]
    return {
        "state": finished.state,
        "emitted": finished.emitted,
        "calls": dict(stage.calls),
        "late": stage.late,
        "unlanded": stage.unlanded,
        "unlisted": stage.unlisted,
        "tasks": [
            (event["event"], event["task"], event["label"], event.get("reason")) for event in told if "task" in event
        ],
    }


def land(stage: Stage, **conf: Any) -> dict[str, Any]:
    return rehearse("land_social_care", {"extract_date": NIGHT, **conf}, stage)


def troubled_night() -> dict[str, Any]:
    stage = Stage()
    stage.complete = {"301": [True], "302": [False]}
    stage.deliveries = {"301": ["header.csv", "episodes.csv", "reviews.csv"]}
    stage.lands = {"episodes.csv": ["refused"], "reviews.csv": [KeyError("a name from a record")]}
    return land(stage, wait=False)


def one_authority_in_trouble() -> dict[str, Any]:
    """The share of one is away when its files are listed, and for good; the waiting for another fails."""
    stage = Stage()
    stage.complete = {"301": [True], "302": [True], "303": [ValueError("a mistake")]}
    stage.deliveries = {"301": ["header.csv"], "302": ["header.csv"]}
    stage.cannot_list = {"302"}
    return land(stage, wait=False)


def quiet_night() -> dict[str, Any]:
    stage = Stage()
    stage.complete = {"301": [True]}
    stage.deliveries = {"301": ["header.csv"]}
    return land(stage)


def nothing_to_land() -> dict[str, Any]:
    stage = Stage()
    stage.complete = {"301": [True]}
    return land(stage)


def empty_inbox() -> dict[str, Any]:
    return land(Stage())


def folder_that_comes_later() -> dict[str, Any]:
    stage = Stage()
    stage.complete = {"301": [OSError("share is away"), False, True]}
    return land(stage)


def cut_off() -> dict[str, Any]:
    os.environ["WAREHOUSE_CUT_OFF_MINUTES"] = "0"
    stage = Stage()
    stage.complete = {"301": [False]}
    try:
        return land(stage)
    finally:
        del os.environ["WAREHOUSE_CUT_OFF_MINUTES"]


def lock_that_is_freed() -> dict[str, Any]:
    stage = Stage()
    stage.complete = {"301": [True]}
    stage.deliveries = {"301": ["header.csv"]}
    stage.lands = {"header.csv": [BusyError("another process holds the lock"), OSError("disk full"), "accepted"]}
    return land(stage)


def build_that_passes() -> dict[str, Any]:
    return rehearse("build_warehouse", {}, Stage())


def build_that_is_not_needed() -> dict[str, Any]:
    stage = Stage()
    stage.needed = False
    return rehearse("build_warehouse", {}, stage)


def gate_that_says_no() -> dict[str, Any]:
    stage = Stage()
    stage.build = {"gate": [GateFailed("PUB-001: too few episodes.")]}
    return rehearse("build_warehouse", {}, stage)


def gate_that_refuses_one_authority() -> dict[str, Any]:
    stage = Stage()
    stage.build = {"gate": [AuthoritiesRefused("305: PUB-001.", ("305",))]}
    return rehearse("build_warehouse", {}, stage)


def nothing_new_without_the_refused() -> dict[str, Any]:
    stage = Stage()
    stage.needed_again = False
    stage.build = {"gate": [AuthoritiesRefused("305: PUB-001.", ("305",))]}
    return rehearse("build_warehouse", {}, stage)


def publication_that_heals() -> dict[str, Any]:
    stage = Stage()
    stage.build = {"publish b1": [PublishFailed("no room"), None]}
    return rehearse("publish_marts", {"build_id": "b1"}, stage)


def publication_of_nothing() -> dict[str, Any]:
    return rehearse("publish_marts", {}, Stage())


def alarms_by_mail() -> dict[str, Any]:
    """Nights whose alarms go to a mail server: what each sent, and how its run ended."""
    server = MailServer().start()
    home = Settings.from_environment().home.root
    os.environ |= {
        # Another ledger: what other scenes left open would not be told of again.
        "WAREHOUSE_HOME": str(home.with_name("home-of-alarms")),
        "WAREHOUSE_ALARM_EMAIL": "duty@example.org",
        "AIRFLOW_CONN_SMTP_DEFAULT": server.connection,
    }
    Settings.from_environment().home.create()
    told: dict[str, Any] = {}

    def keep(name: str, finished: dict[str, Any]) -> None:
        told[name] = {
            "state": finished["state"],
            "tasks": finished["tasks"],
            "mails": [(mail["Subject"], text_of(mail)) for mail in server.mails],
        }
        server.mails.clear()

    def night(day: str, is_there: bool) -> dict[str, Any]:
        stage = Stage()
        stage.complete = {"310": [is_there]}
        return land(stage, wait=False, extract_date=day)

    def no_key(settings: Settings, run_id: str) -> None:
        raise ConfigurationError("Another key than the one raw was landed with.")

    def build(**steps: list[Any]) -> dict[str, Any]:
        stage = Stage()
        stage.build = steps
        return rehearse("build_warehouse", {}, stage)

    def publish(answer: Any, load: Any = None) -> dict[str, Any]:
        stage = Stage()
        stage.build = {"publish b1": [answer], "load": [load]}
        return rehearse("publish_marts", {"build_id": "b1"}, stage)

    def report(answer: Any) -> dict[str, Any]:
        stage = Stage()
        stage.build = {"report panel": [answer]}
        return rehearse("publish_report", {}, stage)

    try:
        keep("late", night("2017-06-01", is_there=False))
        keep("late again", night("2017-06-02", is_there=False))
        keep("there", night("2017-06-03", is_there=True))
        looked_at, pseudonyms.check = pseudonyms.check, no_key
        keep("no night", night("2017-06-04", is_there=True))
        pseudonyms.check = looked_at
        rule = {"rule": "PUB-EMPTY", "severity": "critical", "unexpected_count": None, "element_count": None}
        ledger = Ledger(Settings.from_environment().home.ledger)
        ledger.record_gate("run", "b1", "fct_review", "fail", 5, [rule])
        ledger.record_build("run", "b1", "gate", "fail", {"waived": []})
        keep("gate says no", build(gate=[GateFailed("PUB-EMPTY")]))
        keep("models fail", build(models=[BuildFailed("core: fct_review")]))
        keep("built", build())
        keep("not published", publish(BuildFailed("no such build")))
        keep("published", publish(None))
        os.environ["WAREHOUSE_POSTGRES_URL"] = "local"
        keep("not loaded", publish(None, load=ConfigurationError("two passwords")))
        keep("loaded", publish(None))
        del os.environ["WAREHOUSE_POSTGRES_URL"]
        keep("no report", report(ConfigurationError("There is no group board.")))
        keep("report", report(None))
        server.stop()
        keep("gate says no to a dead server", build(gate=[GateFailed("PUB-EMPTY")]))
        return told
    finally:
        server.stop()
        os.environ["WAREHOUSE_HOME"] = str(home)
        del os.environ["WAREHOUSE_ALARM_EMAIL"]


def skipped_source() -> dict[str, Any]:
    """One authority's folder is left out of the night, another's is there."""
    os.environ["WAREHOUSE_HOME"] += "-of-skips"
    settings = Settings.from_environment()
    settings.home.create()
    skips.skip(settings, "302", "social_care", dt.date.fromisoformat(NIGHT), "J. Smith", "An upgrade")
    stage = Stage()
    stage.complete = {"301": [True], "302": [False]}
    try:
        return land(stage)
    finally:
        os.environ["WAREHOUSE_HOME"] = os.environ["WAREHOUSE_HOME"].removesuffix("-of-skips")


def gate_that_a_person_may_decide_on() -> dict[str, Any]:
    stage = Stage()
    stage.build = {"gate": [GateFailed("PUB-001: too few episodes.")]}
    asked, held.question = held.question, lambda settings, build_id: build_id == "b1"
    try:
        return rehearse("build_warehouse", {}, stage)
    finally:
        held.question = asked


def question_of_nothing() -> dict[str, Any]:
    return rehearse("decide_on_gate", {"build_id": "b1"}, Stage())


def watch() -> dict[str, Any]:
    return rehearse("watch_deadlines", {}, Stage())


SCENES = (
    troubled_night,
    one_authority_in_trouble,
    quiet_night,
    nothing_to_land,
    empty_inbox,
    folder_that_comes_later,
    cut_off,
    lock_that_is_freed,
    build_that_passes,
    build_that_is_not_needed,
    gate_that_says_no,
    gate_that_refuses_one_authority,
    nothing_new_without_the_refused,
    publication_that_heals,
    publication_of_nothing,
    skipped_source,
    gate_that_a_person_may_decide_on,
    question_of_nothing,
    watch,
    alarms_by_mail,
)

if __name__ == "__main__":
    with open(sys.argv[1], "w", encoding="utf-8") as output:  # noqa: PTH123
        json.dump({scene.__name__: scene() for scene in SCENES}, output)
