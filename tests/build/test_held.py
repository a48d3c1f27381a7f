"""A build that the gate refused becomes a question to a person, and the answer a waiver or nothing."""

from __future__ import annotations

import datetime as dt
import json

import duckdb
import pytest

from childrens_warehouse import waivers
from childrens_warehouse.build import held, steps
from childrens_warehouse.build.candidate import Workspace
from childrens_warehouse.build.held import Answer
from childrens_warehouse.errors import ConfigurationError, GateError, GateFailed
from childrens_warehouse.ledger import Ledger
from childrens_warehouse.publish.steps import publish
from childrens_warehouse.settings import Settings
from tests.build import small_warehouse

JUNE_1, JUNE_2 = dt.date(2017, 6, 1), dt.date(2017, 6, 2)
YES = Answer(True, "J. Smith", "The code list changed", None)


def refused(settings: Settings, night: dt.date = JUNE_1, sex: str = "SECRET-VALUE") -> str:
    """A night that the gate refuses, after one that it let through; its build."""
    small_warehouse.deliver_night(settings)
    publish(settings, steps.build(settings, "good").build_id)
    small_warehouse.deliver_night(settings, night, sex=sex)
    with pytest.raises(GateFailed):
        steps.build(settings, "bad")
    return Workspace.of(settings).load().build_id


def decided(settings: Settings) -> list[tuple[str, dict]]:
    rows = Ledger(settings.home.ledger).query("select state, detail from build_event where step = 'decision'")
    return [(row["state"], json.loads(row["detail"])) for row in rows]


def test_the_question_names_rule_table_and_counts_and_no_value(settings: Settings) -> None:
    build_id = refused(settings)
    asked = held.question(settings, build_id)
    assert asked.night == JUNE_1
    assert asked.subject == "The gate refused the night of 2017-06-01: publish it all the same?"
    assert "| TEST-SEX | dim_child | 30 of 30 |" in asked.body
    assert "Readers have release 2017-05-31-" in asked.body
    assert "SECRET-VALUE" not in str(asked)


def test_who_says_yes_writes_a_waiver_with_name_and_reason_and_the_next_build_passes(settings: Settings) -> None:
    build_id = refused(settings)
    assert held.decide(settings, build_id, YES) is True
    (waiver,) = waivers.on_file(settings.home)
    assert waiver == waivers.Waiver("TEST-SEX", "dim_child", "The code list changed", "J. Smith", JUNE_1)
    ((state, detail),) = decided(settings)
    assert (state, detail["by"], detail["rules"]) == (
        "waived",
        "J. Smith",
        [{"rule": "TEST-SEX", "table": "dim_child"}],
    )
    release = publish(settings, steps.build(settings, "again").build_id)
    assert release.as_at == JUNE_1


def test_a_waiver_helps_until_the_day_that_was_named_and_keeps_those_on_file(settings: Settings) -> None:
    build_id = refused(settings)
    other = waivers.Waiver("PUB-EMPTY", "fct_review", "Why not", "A. Jones", JUNE_2)
    waivers.add(settings.home, [other])
    held.decide(settings, build_id, Answer(True, "J. Smith", "Known", JUNE_2))
    held.decide(settings, build_id, Answer(True, "J. Smith", "Known", JUNE_2))  # a task that is run again
    kept, new = waivers.on_file(settings.home)
    assert (kept, new.expires_on) == (other, JUNE_2)
    assert (settings.home.root / "waivers.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer(True, "J. Smith", "  "), "needs a reason"),
        (Answer(True, "J. Smith", "Known", dt.date(2017, 5, 31)), "would not help the night of 2017-06-01"),
    ],
)
def test_an_answer_that_cannot_help_is_refused_and_writes_nothing(settings: Settings, answer, said) -> None:
    build_id = refused(settings)
    with pytest.raises(ConfigurationError, match=said):
        held.decide(settings, build_id, answer)
    assert waivers.on_file(settings.home) == ()
    assert decided(settings) == []


def test_who_says_no_or_nothing_keeps_the_last_release_and_that_is_on_record(settings: Settings) -> None:
    build_id = refused(settings)
    assert held.decide(settings, build_id, Answer(False, None, "Nobody answered in time")) is False
    assert waivers.on_file(settings.home) == ()
    assert [(state, detail["by"]) for state, detail in decided(settings)] == [("kept", None)]


def test_a_newer_build_supersedes_the_question(settings: Settings) -> None:
    build_id = refused(settings)
    small_warehouse.deliver_night(settings, JUNE_2)
    steps.begin(settings, "newer")
    assert held.is_held(settings, build_id) is False
    assert held.question(settings, build_id) is None
    assert held.decide(settings, build_id, YES) is False
    assert (waivers.on_file(settings.home), decided(settings)) == ((), [])


def test_nobody_is_asked_where_the_gate_let_it_through_or_could_not_judge(settings: Settings) -> None:
    small_warehouse.deliver_night(settings)
    built = steps.build(settings, "good")
    assert held.question(settings, built.build_id) is None
    small_warehouse.deliver_night(settings, JUNE_1)
    start = steps.begin(settings, "run")
    steps.build_layers(settings, start.build_id)
    (settings.home.root / "waivers.json").write_text("[{]")
    with pytest.raises(GateError):
        steps.gate(settings, start.build_id)
    assert held.question(settings, start.build_id) is None
    assert held.question(settings, "") is None


def test_nobody_is_asked_to_show_small_numbers_to_everybody(settings: Settings) -> None:
    build_id = refused(settings)
    gate = Workspace.of(settings).gate
    told = json.loads(gate.read_text())
    result = {
        "rule": "PUB-AGGREGATE-SMALL", "kind": "figures_for_everybody", "column": None, "severity": "critical",
        "success": False, "unexpected_count": 1, "element_count": 9,
    }  # fmt: skip
    template = next(each for judgement in told["judgements"] for each in judgement["results"])
    told["judgements"].append(
        {
            "suite": "marts_aggregate",
            "verdict": "fail",
            "results": [{**template, **{k: result[k] for k in template if k in result}}],
        }
    )
    gate.write_text(json.dumps(told))
    assert held.question(settings, build_id) is None


def test_a_release_says_as_of_when_it_knows_each_source(settings: Settings) -> None:
    small_warehouse.deliver_night(settings)
    publish(settings, steps.build(settings, "good").build_id)
    with duckdb.connect(str(settings.home.marts), read_only=True) as marts:
        told = marts.execute("select source, as_of, age_in_days from marts.release_source").fetchall()
    assert ("health", None, None) in told
    assert ("social_care", dt.date(2017, 5, 31), 0) in told
