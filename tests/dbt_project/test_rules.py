"""The project keeps its house rules, and each rule finds what breaks it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from childrens_warehouse.modelling import rules
from tests.dbt_project.conftest import Built

pytestmark = pytest.mark.slow

Manifest = dict[str, Any]
Break = Callable[[Manifest], None]


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.__name__)
def test_the_project_keeps_the_rule(empty_build: Built, rule: rules.Rule):
    assert not list(rule(empty_build.manifest))


def _model(manifest: Manifest, name: str) -> dict[str, Any]:
    return manifest["nodes"][f"model.childrens_warehouse.{name}"]


def _reads(model: str, what: str) -> Break:
    return lambda manifest: _model(manifest, model)["depends_on"]["nodes"].append(what)


def _column(name: str, kind: str | None = "string", description: str = "What it is.", **meta: str) -> Break:
    column = {"name": name, "data_type": kind, "description": description, "config": {"meta": meta}}
    return lambda manifest: _model(manifest, "dim_child")["columns"].update({name: column})


def _says(model: str, sql: str) -> Break:
    return lambda manifest: _model(manifest, model).update(raw_code=sql)


def _described(manifest: Manifest) -> None:
    _model(manifest, "fct_placement")["description"] = "Placements."


def _private(manifest: Manifest) -> None:
    _model(manifest, "fct_placement")["config"]["access"] = "private"


def _without_contract(manifest: Manifest) -> None:
    _model(manifest, "fct_placement")["config"]["contract"]["enforced"] = False


def _sensitive(manifest: Manifest) -> None:
    _model(manifest, "fct_placement")["columns"]["child_key"]["config"]["meta"] = {}


def _key_of_its_own(manifest: Manifest) -> None:
    column = {"name": "placement_key", "data_type": "bigint", "description": "Number.", "config": {"meta": {}}}
    _model(manifest, "fct_placement")["columns"]["placement_key"] = column


def _without_tests(manifest: Manifest) -> None:
    unique_id = _model(manifest, "fct_placement")["unique_id"]
    for name, node in list(manifest["nodes"].items()):
        if node["resource_type"] == "test" and node.get("attached_node") == unique_id:
            del manifest["nodes"][name]


def _key_without_authority(manifest: Manifest) -> None:
    for node in manifest["nodes"].values():
        if node["name"] == "fct_placement_grain":
            node["test_metadata"]["kwargs"]["columns"] = ["child_key", "started_on"]


def _without_unit_tests(manifest: Manifest) -> None:
    manifest["unit_tests"] = {
        name: test for name, test in manifest["unit_tests"].items() if test["model"] != "fct_placement"
    }


@pytest.mark.parametrize(
    ("rule", "break_it", "what"),
    [
        (
            rules.layers_read_what_they_may,
            _reads("ind_cla_count", "model.childrens_warehouse.stg_social_care__episodes"),
            "ind_cla_count reads model",
        ),
        (
            rules.layers_read_what_they_may,
            _reads("indicator_value", "seed.childrens_warehouse.indicator_target"),
            "indicator_value reads seed",
        ),
        (
            rules.layers_read_what_they_may,
            _reads("fct_enrolment", "source.childrens_warehouse.raw.enrolments"),
            "fct_enrolment reads source",
        ),
        (rules.nothing_public_names_a_person, _column("surname", personal_data="name"), "dim_child.surname"),
        (rules.nothing_public_names_a_person, _column("upn"), "dim_child.upn"),
        (rules.nothing_public_names_a_person, _column("home_area", personal_data="postcode"), "dim_child.home_area"),
        (rules.nothing_public_names_a_person, _column("carer_key", "bigint"), "dim_child.carer_key"),
        (rules.personal_columns_bear_their_class, _sensitive, "fct_placement.child_key is marked None, not identifier"),
        (rules.only_core_and_the_indicators_are_public, _private, "fct_placement is private"),
        (rules.only_core_and_the_indicators_are_public, _without_contract, "fct_placement has no contract"),
        (rules.whose_rows_they_are_is_said, _column("carer_key", "bigint"), "dim_child is not loaded into PostgreSQL"),
        (rules.grain_is_said_and_tested, _described, "fct_placement does not begin with its grain"),
        (rules.grain_is_said_and_tested, _without_tests, "fct_placement has no test of uniqueness"),
        (rules.grain_is_said_and_tested, _key_without_authority, "fct_placement bears an authority"),
        (rules.columns_are_described_and_plain, _column("note", description=""), "dim_child.note has no description"),
        (rules.columns_are_described_and_plain, _column("notes", "varchar[]"), "dim_child.notes is varchar[]"),
        (rules.children_are_in_the_dimension, _without_tests, "fct_placement has no test that its children"),
        (rules.facts_meet_on_the_child_and_the_day, _key_of_its_own, "fct_placement.placement_key"),
        (rules.rules_have_unit_tests, _without_unit_tests, "fct_placement has no unit test"),
        (rules.nothing_reads_the_clock, _says("fct_review", "select current_date"), "fct_review reads"),
        (rules.nothing_is_rounded_before_the_end, _says("fct_review", "select round(1.5)"), "fct_review rounds"),
        (
            rules.nothing_depends_on_the_order_of_rows,
            _says("fct_review", "select avg(days) from x"),
            "fct_review adds floating-point numbers up",
        ),
        (
            rules.spells_are_half_open,
            _says("fct_review", "on d.day between p.started_on and p.ended_on"),
            "fct_review compares",
        ),
    ],
)
def test_what_breaks_a_rule_is_found(empty_build: Built, rule: rules.Rule, break_it: Break, what: str):
    manifest = copy.deepcopy(empty_build.manifest)
    break_it(manifest)
    (found,) = rule(manifest)
    assert found.startswith(what)
    assert any(found in offence for offence in rules.offences(manifest))


def test_a_comment_may_speak_of_the_clock(empty_build: Built):
    manifest = copy.deepcopy(empty_build.manifest)
    _says("fct_review", "{#- never current_date -#}\nselect 1 -- not now() either")(manifest)
    assert not list(rules.nothing_reads_the_clock(manifest))
