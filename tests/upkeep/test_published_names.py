"""What readers were promised by name stays, or is readable under its old name until the day that was told."""

from __future__ import annotations

import datetime as dt

import duckdb
import pytest

from childrens_warehouse.publish import former_names
from childrens_warehouse.publish.current import current_manifest
from childrens_warehouse.publish.former_names import Former
from childrens_warehouse.publish.steps import switch_to
from childrens_warehouse.upkeep import published_names
from tests.serving.releases import release_of
from tests.upkeep import renaming

NOW = {"fct_placement": {"child_key": "BIGINT", "miles": "DOUBLE"}, "fct_held_review": {"child_key": "BIGINT"}}
PROMISED = {"fct_placement": {"child_key": "BIGINT", "distance": "DOUBLE"}, "fct_review": {"child_key": "BIGINT"}}
TODAY, LATER = dt.date(2026, 11, 23), dt.date(2027, 5, 31)
EARLIER = dt.date(2026, 11, 22)


def declare(*lines: tuple[str, str, str, dt.date]) -> dict[tuple[str, str], Former]:
    return {(table, column): Former(table, column, successor, day) for table, column, successor, day in lines}


def offences(now=NOW, promised=PROMISED, declared=None) -> list[str]:
    return published_names.offences(now, promised, declared or {}, TODAY)


def test_the_committed_list_is_what_is_published():
    assert former_names.PUBLISHED.read_text(encoding="utf-8") == published_names.render(), "run: warehouse generate"
    assert published_names.offences() == []
    assert {"fct_placement", "indicator_child", "indicator_publication", "release"} <= former_names.promised().keys()


def test_a_name_that_vanishes_breaks_the_promise():
    said = offences(now={"fct_placement": {"child_key": "BIGINT"}})
    assert len(said) == 2
    assert "fct_placement.distance is gone" in said[0] and "fct_review is gone" in said[1]


def test_a_type_that_changes_breaks_the_promise():
    now = {**PROMISED, "fct_review": {"child_key": "VARCHAR"}}
    assert ["was BIGINT and is VARCHAR" in each for each in offences(now)] == [True]
    assert not offences(now, declared=declare(("fct_review", "child_key", "child_key", LATER)))


def test_a_new_name_must_be_in_the_list():
    assert any("miles is not in published_names.csv" in each for each in offences())


@pytest.mark.parametrize(
    ("declared", "broken"),
    [
        ([("fct_placement", "distance", "miles", LATER), ("fct_review", "", "fct_held_review", LATER)], ""),
        ([("fct_placement", "distance", "", EARLIER), ("fct_review", "", "", EARLIER)], ""),
        ([("fct_placement", "distance", "", LATER), ("fct_review", "", "", EARLIER)], "leave it in until then"),
        ([("fct_placement", "distance", "metres", LATER), ("fct_review", "", "", EARLIER)], "does not have"),
        ([("fct_placement", "distance", "miles", LATER), ("fct_review", "", "fct_meeting", LATER)], "not published"),
    ],
)
def test_what_left_is_declared(declared, broken: str):
    known = {**PROMISED, **NOW, "fct_placement": {**PROMISED["fct_placement"], **NOW["fct_placement"]}}
    said = offences(promised=known, declared=declare(*declared))
    assert [broken in each for each in said] == ([True] if broken else [])


def test_a_table_that_is_renamed_keeps_all_its_columns():
    promised = {"fct_review": {"child_key": "BIGINT", "held_on": "DATE"}, "fct_held_review": {"child_key": "BIGINT"}}
    now = {"fct_held_review": {"child_key": "BIGINT"}}
    said = offences(now, promised, declare(("fct_review", "", "fct_held_review", LATER)))
    assert ["fct_review.held_on is not in fct_held_review" in each for each in said] == [True]


def test_a_name_that_is_declared_gone_is_not_there():
    said = offences(PROMISED, PROMISED, declare(("fct_placement", "distance", "miles", LATER)))
    assert ["is there, and former_names.csv says" in each for each in said] == [True]


@pytest.fixture
def renamed(tmp_path, monkeypatch):
    """A project in which names were changed; the release is of 31 May 2017."""
    return renaming.declared_in(tmp_path, monkeypatch)


def test_a_renamed_table_or_column_is_readable_under_both_names(settings, renamed):
    renamed("2017-05-31")
    release_of(settings, more=renaming.RENAMED)
    with duckdb.connect(str(settings.home.marts), read_only=True) as marts:
        # Another type by now: under its old name it has the promised one.
        assert marts.execute("select sum(distance), any_value(typeof(distance)) from fct_placement").fetchall() == [
            (pytest.approx(43.5), "DOUBLE")
        ]
        assert marts.execute("select bool_and(miles = distance) from fct_placement").fetchall() == [(True,)]
        assert marts.execute("select count(*) from fct_attendance_pupil_month where says = told").fetchall() == [(40,)]
        assert marts.execute("select count(*), bool_and(is_held) from fct_review").fetchall() == [(30, True)]
        assert [row[0] for row in marts.execute("describe fct_review").fetchall()] == [
            "authority_code", "child_key", "is_held",
        ]  # fmt: skip
        assert marts.execute(
            "select comment from duckdb_columns() where table_name = 'fct_placement' and column_name = 'distance'"
        ).fetchall() == [("miles under its former name, until 2017-05-31.",)]
    with duckdb.connect(str(settings.home.marts_aggregate), read_only=True) as aggregate:
        assert aggregate.execute("select count(*) from indicator_value where target = aim").fetchall() == [(6,)]


def test_after_the_day_the_old_name_is_gone_and_going_back_brings_it(settings, renamed):
    renamed("2017-05-31")
    before = release_of(settings, more=renaming.RENAMED)
    renamed("2017-05-30")
    release_of(settings, says=2, more=renaming.RENAMED)
    for query in ("select distance from fct_placement", "select * from fct_review"):
        with duckdb.connect(str(settings.home.marts), read_only=True) as marts, pytest.raises(duckdb.Error):
            marts.execute(query)
    switch_to(settings, before)
    with duckdb.connect(str(settings.home.marts), read_only=True) as marts:
        assert len(marts.execute("select distance from fct_placement").fetchall()) == 30
    assert current_manifest(settings.home)["views"].keys() == {"fct_review"}


def test_generating_takes_nothing_away(monkeypatch, tmp_path):
    monkeypatch.setattr(former_names, "PUBLISHED", tmp_path / "published_names.csv")
    monkeypatch.setattr(published_names, "current", lambda: PROMISED)
    former_names.PUBLISHED.write_text(published_names.render(EARLIER))
    monkeypatch.setattr(
        published_names, "current", lambda: {**NOW, "fct_placement": {"child_key": "VARCHAR", "miles": "DOUBLE"}}
    )
    assert published_names.render(TODAY).splitlines() == [
        "table,column,type,since,gone_after",
        "fct_held_review,child_key,BIGINT,2026-11-23,",
        "fct_placement,child_key,BIGINT,2026-11-22,",
        "fct_placement,distance,DOUBLE,2026-11-22,",
        "fct_placement,miles,DOUBLE,2026-11-23,",
        "fct_review,child_key,BIGINT,2026-11-22,",
    ]
