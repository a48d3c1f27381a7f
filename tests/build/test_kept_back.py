"""Of several authorities one is refused: the others come out, and it stays as it was last published."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import duckdb
import pytest

from childrens_warehouse.alarms import Changes, note, observing
from childrens_warehouse.build import kept_back, steps
from childrens_warehouse.build.candidate import Workspace
from childrens_warehouse.errors import AuthoritiesRefused, BuildFailed, GateFailed
from childrens_warehouse.publish.steps import current_release, publish
from childrens_warehouse.quality.judge import Verdict
from childrens_warehouse.raw.of_release import of_release
from childrens_warehouse.settings import Settings
from tests.build import small_warehouse
from tests.build.small_warehouse import SESSION

HARROW, BROMLEY = "310", "305"
MAY_30, MAY_31, JUNE_1, JUNE_2 = dt.date(2017, 5, 30), dt.date(2017, 5, 31), dt.date(2017, 6, 1), dt.date(2017, 6, 2)


def night(settings: Settings, day: dt.date, **of_bromley: Any) -> None:
    """Both deliver; Bromley as is said."""
    small_warehouse.deliver_night(settings, day)
    small_warehouse.deliver_night(settings, day, **{"children": 25, **of_bromley}, authority=BROMLEY)


def published(settings: Settings, run_id: str = "run") -> steps.BuildResult:
    built = steps.build(settings, run_id)
    publish(settings, built.build_id)
    return built


def asked(settings: Settings, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(settings.home.marts), read_only=True) as marts:
        return marts.execute(query).fetchall()


def told(settings: Settings) -> dict[str, tuple[Any, ...]]:
    rows = asked(
        settings,
        "select authority_code, is_in_release, as_of, gate_verdict, is_kept_back, kept_back_since, refused_rules"
        " from release_authority",
    )
    return {code: row for code, *row in rows}


def children(settings: Settings) -> dict[str, int]:
    return dict(asked(settings, "select authority_code, count(*) from marts.dim_child group by 1"))


def test_one_that_is_refused_stays_as_last_published_and_the_others_come_out(settings: Settings) -> None:
    night(settings, MAY_31)
    published(settings)
    small_warehouse.deliver_night(settings, JUNE_1, children=40)
    small_warehouse.deliver_night(settings, JUNE_1, children=26, sex="SECRET-VALUE", authority=BROMLEY)
    said: list[str] = []

    built = steps.build(settings, "second", said.append)
    publish(settings, built.build_id)

    assert built.gate is not None and built.gate.verdict is Verdict.PASS
    assert children(settings) == {HARROW: 40, BROMLEY: 25}
    assert told(settings) == {
        HARROW: [True, JUNE_1, "pass", False, None, None],
        BROMLEY: [True, MAY_31, "fail", True, JUNE_1, "TEST-SEX on dim_child"],
    }
    days = asked(settings, f"select authority_code, max(session_date) from marts.{SESSION} group by 1 order by 1")
    assert days == [(BROMLEY, MAY_31), (HARROW, JUNE_1)]
    assert any("305: TEST-SEX on dim_child" in each for each in said)
    assert not any("SECRET-VALUE" in each for each in (*said, Workspace.of(settings).gate.read_text()))


def test_of_the_others_nothing_is_built_twice_but_what_is_built_every_night(settings: Settings) -> None:
    night(settings, MAY_30)
    published(settings)
    night(settings, MAY_31, mark="?")
    start = steps.begin(settings, "second")
    steps.build_layers(settings, start.build_id)
    with pytest.raises(AuthoritiesRefused):
        steps.gate(settings, start.build_id)
    again = steps.begin(settings, "second")
    # May of the one that was refused alone, as it was
    assert (start.rebuilt, again.rebuilt, again.kept) == (2, 1, 1)
    steps.build_layers(settings, again.build_id)
    assert steps.gate(settings, again.build_id).verdict is Verdict.PASS


def test_what_was_refused_is_not_built_again_until_something_of_it_changes(settings: Settings) -> None:
    night(settings, MAY_31)
    published(settings)
    night(settings, JUNE_1, sex="9")
    published(settings)
    assert not steps.begin(settings, "again").needed

    small_warehouse.deliver_night(settings, JUNE_2)  # the other goes on
    built = steps.build(settings, "third")
    assert "305 is as it was last published" in built.start.reason
    publish(settings, built.build_id)
    assert told(settings)[BROMLEY][4] == JUNE_1

    small_warehouse.deliver_night(settings, JUNE_2, children=27, authority=BROMLEY)
    published(settings)
    assert children(settings)[BROMLEY] == 27
    # a warning, as it has three days of attendance where one was published
    assert told(settings)[BROMLEY] == [True, JUNE_2, "warn", False, None, None]
    assert kept_back.on_file(Workspace.of(settings).folder) == ()


def test_one_that_never_passed_is_left_out(settings: Settings) -> None:
    night(settings, MAY_31, sex="9")
    published(settings)
    assert children(settings) == {HARROW: 30}
    assert told(settings)[BROMLEY] == [False, None, "fail", True, MAY_31, "TEST-SEX on dim_child"]


def test_what_was_published_of_it_and_is_refused_by_now_is_left_out(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    night(settings, MAY_31, sex="2")
    published(settings)
    from childrens_warehouse.build import gating, inputs

    class Stricter(small_warehouse.Suites):
        @staticmethod
        def suite_for(told: Any) -> Any:
            suite = small_warehouse.Suites.suite_for(told)
            if told.table.name == "dim_child":
                suite.expectations[-1].value_set = ["1"]
            return suite

    monkeypatch.setattr(gating, "suites", lambda: Stricter)
    monkeypatch.setattr(inputs, "code_fingerprint", lambda: "stricter")
    night(settings, JUNE_1, sex="2")
    published(settings)
    assert children(settings) == {HARROW: 30}
    assert told(settings)[BROMLEY][0] is False


def test_where_all_are_refused_or_nobody_is_to_blame_alone_nothing_comes_out(settings: Settings) -> None:
    night(settings, MAY_31)
    published(settings)
    was = current_release(settings)
    small_warehouse.deliver_night(settings, JUNE_1, sex="9")
    small_warehouse.deliver_night(settings, JUNE_1, sex="9", authority=BROMLEY)
    with pytest.raises(GateFailed, match="The gate refused build") as refused:
        steps.build(settings, "all")
    assert not isinstance(refused.value, AuthoritiesRefused)

    small_warehouse.deliver_night(settings, JUNE_2)
    small_warehouse.deliver_night(settings, JUNE_2, authority=BROMLEY)
    start = steps.begin(settings, "nobody")
    steps.build_layers(settings, start.build_id)
    with duckdb.connect(str(Workspace.of(settings).candidate)) as connection:
        connection.execute("update marts.dim_child set authority_code = '999' where authority_code = '305'")
    with pytest.raises(GateFailed) as refused:
        steps.gate(settings, start.build_id)
    assert not isinstance(refused.value, AuthoritiesRefused)
    assert current_release(settings).release_id == was.release_id


def test_a_waiver_for_one_authority_lets_its_data_through_and_no_others(settings: Settings) -> None:
    night(settings, MAY_31)
    published(settings)
    waiver = {
        "rule": "TEST-SEX", "table": "dim_child", "reason": "Known", "by": "J. Smith", "expires_on": "2017-06-30",
        "authority": BROMLEY,
    }  # fmt: skip
    night(settings, JUNE_1, children=26, sex="9")
    steps.build(settings, "refused")
    (settings.home.root / "waivers.json").write_text(json.dumps([waiver]))
    built = published(settings)
    assert built.gate is not None and built.gate.verdict is Verdict.WARN
    assert children(settings)[BROMLEY] == 26
    assert told(settings)[BROMLEY][2:4] == ["warn", False]

    small_warehouse.deliver_night(settings, JUNE_2, sex="9")
    built = published(settings)
    assert told(settings)[HARROW][2:4] == ["fail", True]
    assert told(settings)[BROMLEY][2:4] == ["warn", False]


def test_a_release_with_one_kept_back_can_be_made_again(settings: Settings) -> None:
    night(settings, MAY_31)
    published(settings)
    night(settings, JUNE_1, sex="9")
    published(settings)
    release = current_release(settings)
    assert release is not None
    from childrens_warehouse.build import inputs

    again = of_release(settings, release.release_id)
    assert inputs.inputs_fingerprint(again, inputs.code_fingerprint()) == release.inputs


def test_a_build_as_known_on_a_day_is_whole_or_is_none(settings: Settings) -> None:
    night(settings, MAY_31, sex="9")
    then = small_warehouse.settings_for(settings.home.root, known_on=dt.datetime(2017, 6, 1, tzinfo=dt.UTC))
    with pytest.raises(GateFailed) as refused:
        steps.build(then, "then")
    assert not isinstance(refused.value, AuthoritiesRefused)


def test_a_home_in_which_everybody_is_left_out_has_nothing_to_publish(settings: Settings) -> None:
    small_warehouse.deliver_night(settings, sex="9", authority=BROMLEY)
    with pytest.raises((GateFailed, BuildFailed)):
        steps.build(settings, "alone")


def test_each_authority_that_is_kept_back_is_an_incident_until_its_data_is_right(settings: Settings) -> None:
    def tell(start: dict[str, Any], verdict: dict[str, Any] | None, passed: dict[str, Any] | None) -> Changes:
        return note(settings, "run", *observing.build(settings, "run", start, [], verdict, passed))

    night(settings, MAY_31)
    published(settings)
    night(settings, JUNE_1, sex="9")
    start = steps.begin(settings, "run")
    steps.build_layers(settings, start.build_id)
    for _ in range(2):  # a task that is killed before it could hand on what the gate said is run again
        with pytest.raises(AuthoritiesRefused):
            steps.gate(settings, start.build_id)
    built = published(settings)
    judged = {"build_id": start.build_id, "refused": [BROMLEY]}
    (opened,) = tell(start.to_dict(), judged, {"build_id": built.build_id}).opened
    assert (opened.key.kind, opened.key.authority) == ("gate", BROMLEY)
    assert "305 delivered since the night of 2017-06-01: TEST-SEX on dim_child" in opened.happened

    again = steps.begin(settings, "again")
    assert not again.needed
    assert tell(again.to_dict(), None, None).resolved == ()

    small_warehouse.deliver_night(settings, JUNE_2, children=27, authority=BROMLEY)
    right = published(settings)
    passed = {"build_id": right.build_id}
    (resolved,) = tell(right.start.to_dict(), {**passed, "refused": []}, passed).resolved
    assert resolved.key.authority == BROMLEY
