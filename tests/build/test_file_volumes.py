"""A file ten times as large, or a tenth, holds publication until a person has looked; also one that feeds no fact."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from childrens_warehouse.build import steps
from childrens_warehouse.errors import GateFailed
from childrens_warehouse.ledger import Ledger
from childrens_warehouse.publish.steps import publish
from childrens_warehouse.quality.judge import Verdict
from childrens_warehouse.settings import Settings
from tests.build import small_warehouse
from tests.build.small_warehouse import deliver, marks

JUNE_1 = dt.date(2017, 6, 1)


def schools(settings: Settings, count: int, night: dt.date = dt.date(2017, 5, 31), authority: str = "310") -> None:
    """A list from which the small warehouse makes no table at all."""
    rows = [{"urn": 100_000 + number} for number in range(count)]
    deliver(settings, "schools", rows, night, "full", authority)


@pytest.fixture
def released(settings: Settings) -> Settings:
    small_warehouse.deliver_night(settings)
    schools(settings, 50)
    schools(settings, 400, authority="301")
    publish(settings, steps.build(settings, "first").build_id)
    return settings


@pytest.mark.parametrize(
    ("count", "rule"), [(500, "PUB-FILE-TENFOLD"), (499, None), (6, None), (5, "PUB-FILE-TENTH"), (0, "PUB-FILE-TENTH")]
)
def test_a_list_without_a_fact_is_held_as_well(released: Settings, count: int, rule: str | None) -> None:
    schools(released, count, JUNE_1)
    if rule is None:
        assert steps.build(released, "second").gate.verdict is Verdict.PASS
        return
    with pytest.raises(GateFailed, match=rf"{rule} on dim_extract, schools \(1 of 1\)"):
        steps.build(released, "second")
    recorded = Ledger(released.home.ledger).query("select failed from gate_event where verdict = 'fail'")
    assert [(each["rule"], each["column"]) for row in recorded for each in json.loads(row["failed"])] == [
        (rule, "schools")
    ]


def test_a_waiver_lets_it_through(released: Settings) -> None:
    schools(released, 500, JUNE_1)
    waiver = {
        "rule": "PUB-FILE-TENFOLD", "table": "dim_extract", "reason": "The neighbour's schools came too",
        "by": "J. Smith", "expires_on": "2017-06-01",
    }  # fmt: skip
    (released.home.root / "waivers.json").write_text(json.dumps([waiver]))
    result = steps.build(released, "second")
    assert result.gate.verdict is Verdict.WARN
    publish(released, result.build_id)
    # published once, it is what the next file is compared with
    schools(released, 520, dt.date(2017, 6, 2))
    assert steps.build(released, "third").gate.verdict is Verdict.PASS


def test_a_new_year_is_no_tenth_of_the_last(released: Settings) -> None:
    header = [{"child_key": child, "sex": "1"} for child in (101, 102)]
    deliver(released, "ssda903_header", header, JUNE_1, "collection_year:2019")
    failed = steps.build(released, "second").gate.failed
    assert not [each.rule for _, each in failed if each.rule.startswith("PUB-FILE")]


def test_registers_are_compared_with_the_usual_day(settings: Settings) -> None:
    """The first file bears years; a day is compared with days, once there are a few."""
    years = [row for back in range(20) for row in marks(dt.date(2017, 4, 25) - dt.timedelta(days=back), 12)]
    deliver(settings, "attendance", years, dt.date(2017, 5, 1), "school_date")
    small_warehouse.deliver_night(settings, dt.date(2017, 5, 2))
    publish(settings, steps.build(settings, "first").build_id)
    for day in (3, 4):
        deliver(settings, "attendance", marks(dt.date(2017, 5, day), 12), dt.date(2017, 5, day), "school_date")
        result = steps.build(settings, f"day {day}")
        assert result.gate.verdict is Verdict.PASS
        publish(settings, result.build_id)
    few = marks(dt.date(2017, 5, 5), pupils=1)
    deliver(settings, "attendance", few, dt.date(2017, 5, 5), "school_date")
    result = steps.build(settings, "around a holiday").gate
    assert [(table, each.rule, each.column) for table, each in result.failed] == [
        ("dim_extract", "PUB-FILE-TENTH", "attendance")
    ]
    assert result.verdict is Verdict.WARN
    many = marks(dt.date(2017, 5, 8), pupils=240)
    deliver(settings, "attendance", many, dt.date(2017, 5, 8), "school_date")
    with pytest.raises(GateFailed, match="PUB-FILE-TENFOLD on dim_extract, attendance"):
        steps.build(settings, "twice")
