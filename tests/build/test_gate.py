"""The gate says yes, no, or that it could not judge; and it looks at everything that nobody has passed yet."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import duckdb
import pytest

from childrens_warehouse.alarms import Changes, note, observing
from childrens_warehouse.alarms.wording import message
from childrens_warehouse.build import gating, steps
from childrens_warehouse.build.candidate import Stage, Workspace
from childrens_warehouse.errors import GateError, GateFailed
from childrens_warehouse.ledger import Ledger
from childrens_warehouse.publish.steps import current_release, publish
from childrens_warehouse.quality.judge import Verdict
from childrens_warehouse.settings import Settings, parse_instant
from tests.build import small_warehouse
from tests.build.small_warehouse import AUTHORITY, MAY, SESSION, deliver, marks

JUNE_1 = dt.date(2017, 6, 1)


def waive(settings: Settings, **changes: str) -> None:
    waiver = {
        "rule": "TEST-MARK", "table": SESSION, "reason": "The supplier was told", "by": "J. Smith",
        "expires_on": "2017-05-31",
    }  # fmt: skip
    (settings.home.root / "waivers.json").write_text(json.dumps([{**waiver, **changes}]))


def change_candidate(settings: Settings, statement: str) -> None:
    """Have the candidate say something that raw does not, as a wrong model would."""
    with duckdb.connect(str(Workspace.of(settings).candidate)) as connection:
        connection.execute(statement)


def ungated(settings: Settings) -> str:
    start = steps.begin(settings, "run")
    steps.build_layers(settings, start.build_id)
    return start.build_id


def test_a_rule_that_is_broken_stops_publication_and_says_so_without_a_value(settings: Settings) -> None:
    small_warehouse.deliver_night(settings)
    released = publish(settings, steps.build(settings, "good").build_id)
    small_warehouse.deliver_night(settings, JUNE_1, sex="SECRET-VALUE")

    with pytest.raises(GateFailed) as refused:
        steps.build(settings, "bad")

    assert "TEST-SEX on dim_child (30 of 30)" in str(refused.value)
    assert f"Release {released.release_id} stays published." in str(refused.value)
    assert current_release(settings).inputs == released.inputs
    gate_event = "select * from gate_event where suite = 'dim_child' order by rowid desc"
    recorded = Ledger(settings.home.ledger).query(gate_event)[0]
    assert (recorded["run_id"], recorded["verdict"]) == ("bad", "fail")
    told = [str(refused.value), recorded["failed"], Workspace.of(settings).gate.read_text()]
    assert all("TEST-SEX" in text and "SECRET-VALUE" not in text for text in told)


def test_the_incident_of_a_gate_names_the_rule_and_what_stays_published_until_the_next_build_passes(
    settings: Settings,
) -> None:
    def tell(start: steps.BuildStart, verdict: dict[str, Any] | None) -> tuple[Changes, str]:
        changes = note(settings, "run", *observing.build(settings, "run", start.to_dict(), [], verdict))
        words = message(settings, "run", changes.opened, changes.resolved)
        return changes, f"{words.html} {json.dumps(words.payload)}"

    small_warehouse.deliver_night(settings)
    released = publish(settings, steps.build(settings, "good").build_id)
    small_warehouse.deliver_night(settings, JUNE_1, sex="SECRET-VALUE")
    start = steps.begin(settings, "bad")
    steps.build_layers(settings, start.build_id)
    with pytest.raises(GateFailed):
        steps.gate(settings, start.build_id)

    changes, words = tell(start, None)
    assert [str(each.key) for each in changes.opened] == ["gate:dim_child:TEST-SEX"]
    assert "TEST-SEX on dim_child (30 of 30)" in words and "SECRET-VALUE" not in words
    assert f"Release {released.release_id} stays published: data as at 31 May 2017" in words

    waive(settings, rule="TEST-SEX", table="dim_child", expires_on="2017-06-01")
    start = steps.begin(settings, "waived")
    steps.build_layers(settings, start.build_id)
    changes, words = tell(start, steps.gate(settings, start.build_id).to_dict())
    assert [str(each.key) for each in changes.resolved] == ["gate:dim_child:TEST-SEX"]
    assert f"Resolved: build {start.build_id} passed the gate." in words


def test_a_refused_candidate_is_never_built_upon(settings: Settings) -> None:
    deliver(settings, "attendance", marks(dt.date(2017, 4, 28), mark="?"), dt.date(2017, 4, 28), "school_date")
    small_warehouse.deliver_night(settings)
    with pytest.raises(GateFailed, match="TEST-MARK"):
        steps.build(settings, "bad")
    assert Workspace.of(settings).load().stage is Stage.REFUSED
    small_warehouse.deliver_night(settings, JUNE_1)

    # April is as bad as it was, although nothing of it changed since.
    with pytest.raises(GateFailed, match=rf"TEST-MARK on {SESSION} \(60 of 180\)"):
        steps.build(settings, "next night")


def test_a_month_built_by_an_overtaken_build_is_still_judged(settings: Settings) -> None:
    deliver(settings, "attendance", marks(dt.date(2017, 4, 28), mark="?"), dt.date(2017, 4, 28), "school_date")
    small_warehouse.deliver_night(settings)
    ungated(settings)
    small_warehouse.deliver_night(settings, JUNE_1)

    with pytest.raises(GateFailed, match="TEST-MARK"):
        steps.build(settings, "overtakes")
    assert json.loads(Workspace.of(settings).gate.read_text())["partitions_judged"] == 3


def test_months_that_passed_are_not_judged_again(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    small_warehouse.deliver_two_months(settings)
    steps.build(settings, "first")
    small_warehouse.deliver_night(settings, JUNE_1)
    asked = []
    judge = gating.judge
    monkeypatch.setattr(
        gating, "judge", lambda connection, suite, query: asked.append(query) or judge(connection, suite, query)
    )

    result = steps.build(settings, "second").gate

    assert (result.partitions_judged, result.partitions_carried) == (1, 2)
    [session_query] = [query for query in asked if SESSION in query]
    assert "2017-06-01" in session_query and "2017-05-01" not in session_query


def test_a_suite_that_cannot_be_evaluated_blocks_and_is_not_called_a_failure(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_warehouse.deliver_night(settings)
    monkeypatch.setitem(
        small_warehouse.SQL, "core", small_warehouse.SQL["core"] + "; alter table marts.dim_child drop column sex;"
    )
    with pytest.raises(GateError, match="TEST-SEX"):
        steps.build(settings, "run")
    events = Ledger(settings.home.ledger).query("select step, state from build_event order by rowid desc")
    assert (events[0]["step"], events[0]["state"]) == ("gate", "could not judge")
    with pytest.raises(Exception, match="has not passed its gate"):
        publish(settings, Workspace.of(settings).load().build_id)


def test_a_table_without_a_suite_blocks(settings: Settings) -> None:
    small_warehouse.deliver_night(settings)
    build_id = ungated(settings)
    change_candidate(settings, "create table marts.fct_new as select 1 as a")
    with pytest.raises(GateError, match="Nobody wrote a publication suite for fct_new"):
        steps.gate(settings, build_id)


def test_a_suite_without_a_table_blocks(settings: Settings) -> None:
    small_warehouse.deliver_night(settings)
    build_id = ungated(settings)
    change_candidate(settings, "drop table marts.fct_review")
    with pytest.raises(GateError, match="The candidate lacks fct_review"):
        steps.gate(settings, build_id)


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("create table marts.staging_leftover as select 1 as a", "no public name: staging_leftover"),
        ("alter table marts.fct_review add column odd integer[]", r"fct_review.odd \(INTEGER\[\]\)"),
        ("alter table marts.fct_review add column odd hugeint", r"fct_review.odd \(HUGEINT\)"),
    ],
)
def test_what_not_every_reader_could_read_blocks(settings: Settings, statement: str, said: str) -> None:
    small_warehouse.deliver_night(settings)
    build_id = ungated(settings)
    change_candidate(settings, statement)
    with pytest.raises(GateError, match=said):
        steps.gate(settings, build_id)


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        # A register lost between raw and the fact, and the rollup agrees with neither.
        (f"delete from marts.{SESSION} where pupil_key = 7", "PUB-SESSIONS-EXPLAINED on fct_attendance_session"),
        (f"delete from marts.{SESSION} where pupil_key = 7", "PUB-ROWS-STORED on fct_attendance_session"),
        ("update raw.extract set rows_in_force = 31 where dataset = 'ssda903_header'", "PUB-LANDED on dim_extract"),
        ("delete from raw.extract where dataset = 'ssda903_reviews'", "PUB-LANDED on dim_extract"),
        ("update marts.fct_attendance_partition set rows_in_force = 59", "PUB-LANDED on dim_extract"),
        ("update marts.dim_child set authority_code = '999'", "PUB-AUTHORITY on dim_child"),
    ],
)
def test_what_does_not_add_up_with_what_was_landed_blocks(settings: Settings, statement: str, said: str) -> None:
    small_warehouse.deliver_night(settings)
    build_id = ungated(settings)
    change_candidate(settings, statement)
    with pytest.raises(GateFailed, match=said):
        steps.gate(settings, build_id)


@pytest.mark.parametrize(("children", "verdict"), [(16, Verdict.PASS), (60, Verdict.PASS), (61, Verdict.WARN)])
def test_volumes_that_are_plausible_go_through(settings: Settings, children: int, verdict: Verdict) -> None:
    small_warehouse.deliver_night(settings)
    publish(settings, steps.build(settings, "first").build_id)
    small_warehouse.deliver_night(settings, JUNE_1, children=children)

    result = steps.build(settings, "second").gate

    assert result.verdict is verdict
    doubled = [("PUB-ROWS-DOUBLED", "dim_child"), ("PUB-ROWS-DOUBLED", "fct_review")]
    assert [(each.rule, table) for table, each in result.failed] == (doubled if verdict is Verdict.WARN else [])


def test_half_the_children_gone_overnight_is_a_question_for_a_person(settings: Settings) -> None:
    small_warehouse.deliver_night(settings)
    publish(settings, steps.build(settings, "first").build_id)
    small_warehouse.deliver_night(settings, JUNE_1, children=14)
    with pytest.raises(GateFailed, match="PUB-ROWS-HALVED on dim_child"):
        steps.build(settings, "second")


def test_one_authority_of_two_gone_is_noticed_although_the_total_is_above_half(settings: Settings) -> None:
    def header(authority: str, night: dt.date, children: int) -> None:
        rows = [{"child_key": child, "sex": "1"} for child in range(children)]
        deliver(settings, "ssda903_header", rows, night, "collection_year:2018", authority)

    small_warehouse.deliver_night(settings)
    header("301", dt.date(2017, 5, 31), 25)
    publish(settings, steps.build(settings, "first").build_id)
    header("301", JUNE_1, 2)
    start = steps.begin(settings, "second")
    steps.build_layers(settings, start.build_id)
    with pytest.raises(GateFailed, match="301: PUB-ROWS-HALVED on dim_child"):
        steps.gate(settings, start.build_id)


def test_a_build_as_known_long_ago_is_not_compared_with_the_release_of_today(settings: Settings) -> None:
    small_warehouse.deliver_night(settings, children=21)
    small_warehouse.deliver_night(settings, JUNE_1, children=90)
    publish(settings, steps.build(settings, "today").build_id)
    then = small_warehouse.settings_for(settings.home.root, known_on=parse_instant("2017-05-31"))
    assert steps.build(then, "then").gate.verdict is Verdict.PASS


def test_a_waiver_lets_a_failure_through_as_a_warning_and_on_the_record(settings: Settings) -> None:
    small_warehouse.deliver_night(settings, mark="?")
    waive(settings)

    result = steps.build(settings, "run").gate

    assert result.verdict is Verdict.WARN
    assert [(each.rule, each.table, each.by) for each in result.waived] == [("TEST-MARK", SESSION, "J. Smith")]
    publish(settings, result.build_id)


@pytest.mark.parametrize("changes", [{"expires_on": "2017-05-30"}, {"table": "dim_child"}, {"rule": "TEST-SEX"}])
def test_a_waiver_helps_its_rule_on_its_table_until_its_day(settings: Settings, changes: dict[str, str]) -> None:
    small_warehouse.deliver_night(settings, mark="?")
    waive(settings, **changes)
    with pytest.raises(GateFailed, match="TEST-MARK"):
        steps.build(settings, "run")


def test_a_month_let_through_by_a_waiver_is_judged_again_when_it_has_expired(settings: Settings) -> None:
    small_warehouse.deliver_night(settings, mark="?")
    waive(settings)
    steps.build(settings, "waived")
    assert not Workspace.of(settings).load().held[AUTHORITY, MAY].judged
    small_warehouse.deliver_night(settings, JUNE_1)

    with pytest.raises(GateFailed, match="TEST-MARK"):
        steps.build(settings, "expired")


def test_a_waiver_does_not_make_a_gate_judge(settings: Settings) -> None:
    small_warehouse.deliver_night(settings)
    build_id = ungated(settings)
    change_candidate(settings, "alter table marts.dim_child drop column sex")
    waive(settings, rule="TEST-SEX", table="dim_child")
    with pytest.raises(GateError):
        steps.gate(settings, build_id)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "cannot be read as JSON"),
        ("{}", "must hold a list"),
        ('[{"rule": "A"}]', "waiver 1: must have exactly rule, table, reason, by, expires_on"),
        (
            '[{"rule": "A", "table": "b", "reason": " ", "by": "c", "expires_on": "2017-05-31"}]',
            "waiver 1: every field is text",
        ),
        (
            '[{"rule": "A", "table": "b", "reason": "r", "by": "c", "expires_on": "31/05/2017"}]',
            "expires_on must be a date",
        ),
    ],
)
def test_waivers_that_cannot_be_understood_block(settings: Settings, text: str, said: str) -> None:
    small_warehouse.deliver_night(settings)
    build_id = ungated(settings)
    (settings.home.root / "waivers.json").write_text(text)
    with pytest.raises(GateError, match=said):
        steps.gate(settings, build_id)


def test_the_gate_reads_only(settings: Settings) -> None:
    small_warehouse.deliver_night(settings)
    build_id = ungated(settings)
    before = Workspace.of(settings).candidate.read_bytes()
    steps.gate(settings, build_id)
    assert Workspace.of(settings).candidate.read_bytes() == before
