"""What is told of the last nights by OTLP, and that the dashboard and the collector of deploy/metrics/ fit it."""

from __future__ import annotations

import datetime as dt
import json
import re

import pytest
import yaml

from childrens_warehouse.alarms.incidents import Key, Kind, Scope, Trouble, note
from childrens_warehouse.build.steps import build
from childrens_warehouse.ledger import Ledger
from childrens_warehouse.observing import metrics
from childrens_warehouse.observing.steps import observed
from childrens_warehouse.publish.steps import publish
from childrens_warehouse.settings import PROJECT, Settings
from tests.build import small_warehouse
from tests.observing.receiver import Receiver

FOLDER = PROJECT / "deploy" / "metrics"
HEADER = "CHILD,SEX,DOB,ETHNIC,UPN,MOTHER,MC_DOB\n"
GOOD = HEADER + "".join(f"{child},1,05/06/2005,WBRI,UN3,,\n" for child in range(1, 41))
# What a metric's unit is called in Prometheus, after its name.
SUFFIXES = {"s": "_seconds", "By": "_bytes"}


@pytest.fixture
def receiver(monkeypatch) -> Receiver:
    receiver = Receiver()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.address)
    yield receiver
    receiver.stop()


def test_nothing_is_told_and_nothing_loaded_while_nobody_asks(settings, monkeypatch):
    def fail(*_: object) -> int:
        raise AssertionError("it was pushed")

    monkeypatch.setattr(metrics, "push", fail)
    metrics.push_after(settings, "publish")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    metrics.push_after(settings, "publish")


def test_figures_of_a_night_reach_the_receiver(supplier, receiver):
    supplier.deliver(
        "social_care", "2017-05-31", {"header.csv": GOOD.replace("1,1,05/06/2005,WBRI", "1,1,05/06/2005,WXYZ", 1)}
    )
    outcome = supplier.land("social_care", "2017-05-31")["header.csv"]
    told = receiver.figures
    source = (("source", "social_care"),)
    assert (outcome.rows_read, outcome.rows_loaded, outcome.rows_refused) == (40, 39, 1)
    assert told["childrens_warehouse.rows.read", source] == 40
    assert told["childrens_warehouse.rows.loaded", source] == 39
    assert told["childrens_warehouse.rows.refused", source] == 1
    assert told["childrens_warehouse.files", (*source, ("status", "accepted"))] == 1
    assert told["childrens_warehouse.folders.late", source] == 0
    assert told["childrens_warehouse.home.size", (("folder", "raw"),)] > 0
    assert told["childrens_warehouse.home.free", ()] > 0


def test_a_receiver_that_is_away_costs_a_line_and_nothing_else(supplier, monkeypatch, capsys):
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    supplier.deliver("social_care", "2017-05-31", {"header.csv": GOOD})
    assert supplier.land("social_care", "2017-05-31")["header.csv"].status == "accepted"
    assert "Metrics were not told (NotSent)" in capsys.readouterr().err


def test_the_newest_night_counts_and_its_late_folders(supplier, receiver):
    supplier.deliver("social_care", "2017-05-31", {"header.csv": GOOD})
    supplier.land("social_care", "2017-05-31", "first")
    supplier.deliver("social_care", "2017-06-01", {"header.csv": GOOD + "41,1,05/06/2005,WBRI,UN3,,\n"})
    supplier.land("social_care", "2017-06-01", "second")
    assert receiver.figures["childrens_warehouse.rows.read", (("source", "social_care"),)] == 41


def test_what_was_built_judged_and_published_is_told(tmp_path, monkeypatch, receiver):
    small_warehouse.install(monkeypatch.setattr)
    settings = small_warehouse.settings_for(tmp_path / "home")
    small_warehouse.deliver_night(settings)
    release = publish(settings, build(settings, "run").build_id)
    told = receiver.figures
    assert told["childrens_warehouse.release.published", ()] == release.published_at.timestamp()
    assert dt.datetime.fromtimestamp(told["childrens_warehouse.release.as_at", ()], dt.UTC).date() == release.as_at
    assert told["childrens_warehouse.release.rows", ()] == release.rows > 0
    assert told["childrens_warehouse.gate.suites", (("verdict", "pass"),)] > 0
    assert told["childrens_warehouse.gate.suites", (("verdict", "fail"),)] == 0
    for step in ("begin", "build", "gate", "publish"):
        assert told["childrens_warehouse.step.duration", (("source", ""), ("step", step))] > 0, step
        assert told["childrens_warehouse.step.failed", (("step", step),)] == 0, step
    assert receiver.units["childrens_warehouse.home.size"] == "By"
    steps = Ledger(settings.home.ledger).query("select step, run_id, build_id, release_id, state from step_event")
    assert [each["step"] for each in steps] == ["begin", "build", "gate", "publish"]
    assert {each["build_id"] for each in steps} == {release.build_id} and steps[-1]["release_id"] == release.release_id


def test_a_step_that_failed_is_told_with_how_long_it_took(settings, receiver):
    @observed("gate")
    def gate(settings: Settings, build_id: str) -> None:
        raise ValueError(f"nothing of {build_id}")

    with pytest.raises(ValueError, match="nothing of b1"):
        gate(settings, "b1")
    assert receiver.figures["childrens_warehouse.step.failed", (("step", "gate"),)] == 1
    assert receiver.figures["childrens_warehouse.step.duration", (("source", ""), ("step", "gate"))] >= 0


def test_incidents_are_counted_by_kind(settings):
    note(settings, "run", Scope(dt.date(2017, 5, 31)), [Trouble(Key(Kind.BUILD), "It failed.", "Mend it.")])
    told = {
        each.attributes["kind"]: each.value
        for each in metrics.figures(settings)
        if each.metric.name == "incidents.open"
    }
    assert told["build"] == 1 and sum(told.values()) == 1 and set(told) == set(Kind)


# The files of deploy/metrics/


def shown_names() -> set[str]:
    text = (FOLDER / "dashboard.json").read_text(encoding="utf-8")
    return set(re.findall(r"childrens_warehouse_\w+", " ".join(target["expr"] for target in targets(json.loads(text)))))


def targets(dashboard: dict) -> list[dict]:
    return [target for panel in dashboard["panels"] for target in panel["targets"]]


def test_the_dashboard_shows_every_metric_by_the_name_that_prometheus_gives_it():
    emitted = {each.full_name.replace(".", "_") + SUFFIXES.get(each.unit, "") for each in metrics.METRICS}
    # What is loaded is what is read and not refused.
    assert shown_names() == emitted - {"childrens_warehouse_rows_loaded"}


def test_the_dashboard_groups_by_attributes_that_there_are():
    by_name = {each.full_name.replace(".", "_") + SUFFIXES.get(each.unit, ""): each for each in metrics.METRICS}
    for target in targets(json.loads((FOLDER / "dashboard.json").read_text(encoding="utf-8"))):
        (name,) = set(re.findall(r"childrens_warehouse_\w+", target["expr"]))
        assert set(re.findall(r"{{(\w+)}}", target["legendFormat"])) <= set(by_name[name].attributes), target


def test_panels_do_not_lie_on_each_other():
    taken = set()
    for panel in json.loads((FOLDER / "dashboard.json").read_text(encoding="utf-8"))["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken and at["x"] + at["w"] <= 24, panel["title"]
        taken |= cells


def test_the_collector_takes_what_is_sent_and_keeps_it_until_the_next_night():
    told = yaml.safe_load((FOLDER / "collector.yaml").read_text(encoding="utf-8"))
    pipeline = told["service"]["pipelines"]["metrics"]
    for kind in ("receivers", "processors", "exporters"):
        assert set(pipeline[kind]) == set(told[kind])
    assert "http" in told["receivers"]["otlp"]["protocols"]
    assert told["exporters"]["prometheus"]["metric_expiration"] == "48h"


def test_the_page_names_every_metric_and_no_other():
    page = (PROJECT / "docs" / "operating" / "observing.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`childrens_warehouse\.[^|]+) \|", page, re.MULTILINE)
    named = set()
    for row in rows:
        first, *others = re.findall(r"`([\w.]+)`", row)
        named |= {first, *(f"childrens_warehouse{other}" for other in others)}
    assert named == {each.full_name for each in metrics.METRICS}
