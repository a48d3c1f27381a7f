"""The catalogue has every figure once, and its states are those of the indicators."""

from __future__ import annotations

import csv
import dataclasses
import itertools
from collections import Counter

import pytest
import yaml

from childrens_warehouse.catalogue import counts, entries, rows
from childrens_warehouse.catalogue.rows import State
from childrens_warehouse.reference import SEEDS
from childrens_warehouse.settings import PROJECT


def seed(name: str) -> list[dict[str, str]]:
    with (SEEDS / f"{name}.csv").open(newline="", encoding="utf-8") as handle:
        return list(csv.DictReader(handle))


CATALOGUE = rows.settled(rows.read(), entries.answers())
IDS = {row.catalogue_id for row in CATALOGUE}
BENCHMARKS = ("indicator_target", "indicator_comparator", "indicator_published")


def test_every_figure_is_there_once():
    assert len(CATALOGUE) == len(IDS) == 354
    assert Counter(row.area for row in CATALOGUE) == {
        "social care": 115, "education": 74, "health": 53, "other": 37, "care leavers": 24, "adoption": 20,
        "workforce": 12, "youth justice": 10, "missing": 9,
    }  # fmt: skip
    assert all(row.title and row.cadence and row.state in set(State) for row in CATALOGUE)


def test_every_state_is_justified():
    for row in CATALOGUE:
        assert (row.state == State.COMPUTED) == bool(row.indicator_id), row.catalogue_id
        assert (row.state == State.NEEDS_SOURCE) == bool(row.missing_field and row.missing_system), row.catalogue_id
        assert row.note or row.state != State.NARRATIVE, row.catalogue_id


def test_states_and_counts_are_those_of_the_indicators():
    assert rows.PATH.read_text(encoding="utf-8") == rows.render(), "run: warehouse generate"
    assert counts.PATH.read_text(encoding="utf-8") == counts.render(), "run: warehouse generate"


def test_indicators_name_figures_that_exist():
    assert {name for name in entries.answers() if name not in IDS} == set()


def test_an_indicator_makes_a_figure_computed_and_its_going_unmakes_it():
    needs, computed, told = (
        dataclasses.replace(CATALOGUE[0], catalogue_id=name, state=state, indicator_id=indicator, missing_field=field,
                            missing_system=field, note="Why.")
        for name, state, indicator, field in (
            ("wanted", State.NEEDS_SOURCE, "", "a field"), ("had", State.COMPUTED, "gone", ""),
            ("words", State.NARRATIVE, "", ""),
        )
    )  # fmt: skip
    settled = rows.settled([needs, computed, told], {"wanted": ["further", "wanted"]})
    assert [(row.state, row.indicator_id, row.missing_field) for row in settled] == [
        (State.COMPUTED, "wanted further", ""), (State.NOT_YET, "", ""), (State.NARRATIVE, "", ""),
    ]  # fmt: skip
    assert rows.counts(settled)[State.NEEDS_SOURCE] == 0


def test_papers_are_known():
    papers = {row["document_key"] for row in seed("source_document")}
    assert len(papers) == 5
    assert {key for row in CATALOGUE for key in row.printed_in.split()} == papers


def test_slices_are_members():
    members = {(row["dimension"], row["member"]) for row in seed("indicator_member")}
    dimensions = {dimension for dimension, _ in members}
    for row in CATALOGUE:
        if row.state == State.COMPUTED and row.dimension:
            assert row.dimension in dimensions, row.catalogue_id
            assert not row.member or (row.dimension, row.member) in members, row.catalogue_id


# Targets, comparators and what was published before


@pytest.mark.parametrize("name", BENCHMARKS)
def test_benchmarks_are_of_indicators_and_say_where_they_are_from(name: str):
    members = {(row["dimension"], row["member"]) for row in seed("indicator_member")}
    for row in seed(name):
        assert row["indicator_id"] in entries.read(), row
        assert (row["dimension"], row["member"]) in members, row
        assert row["source_document"] and row["is_used"] in ("true", "false"), row
        assert row["is_provisional"] in ("true", "false"), row
        assert row["is_used"] == "true" or row["note"], row


def test_what_was_published_is_of_a_period_the_indicator_has():
    for row in seed("indicator_published"):
        assert row["period"] in entries.read()[row["indicator_id"]].periods or row["is_used"] == "false", row


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("indicator_target", ("collection_year",)),
        ("indicator_comparator", ("collection_year", "comparator", "shown_as")),
        ("indicator_published", ("as_at", "period", "shown_as")),
    ],
)
def test_one_benchmark_is_used_where_papers_contradict_each_other(name: str, key: tuple[str, ...]):
    slices = ("authority_code", "indicator_id", "dimension", "member", *key)
    used = Counter(tuple(row[column] for column in slices) for row in seed(name) if row["is_used"] == "true")
    assert [found for found, number in used.items() if number > 1] == []


def test_the_two_printed_targets_for_placement_moves_are_both_kept():
    targets = {
        (float(row["target"]), row["is_used"])
        for row in seed("indicator_target")
        if row["indicator_id"] == "cla_three_plus_placements_pct"
    }
    assert targets == {(11.0, "true"), (10.0, "false")}


def test_what_was_published_lies_before_what_is_computed():
    """Figures of 2016/17 and later are for the warehouse to find; none may be handed to it."""
    assert max(row["as_at"] for row in seed("indicator_published")) <= "2016-03-31"


# Dated rules


def test_rules_of_figures_are_of_figures_that_exist():
    known = IDS | set(entries.read())
    named = {name for row in seed("statutory_definition") for name in row["indicator_ids"].split()}
    assert named - known == set()


def test_rules_and_the_variables_that_models_read_have_the_same_value():
    variables = yaml.safe_load((PROJECT / "dbt_project" / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]
    told = {
        row["project_variable"]: float(row["value"]) for row in seed("statutory_definition") if row["project_variable"]
    }
    assert len(told) >= 25
    assert {name: float(variables[name]) for name in told} == told


@pytest.mark.parametrize("topic", ["persistent absence", "key stage 2", "care leavers reported on", "missing and away"])
def test_rules_that_follow_one_another_leave_no_day_out(topic: str):
    found = sorted(
        (row for row in seed("statutory_definition") if row["topic"] == topic), key=lambda row: row["valid_from"]
    )
    assert len(found) >= 2 and not found[-1]["valid_to"]
    for row, following in itertools.pairwise(found):
        assert row["valid_to"] < following["valid_from"]
        assert row["valid_to"][5:] in ("03-31", "08-31")
        assert following["valid_from"][:4] == row["valid_to"][:4]
