"""The seed of the return's rules is whole and speaks of what there is."""

from __future__ import annotations

from collections import Counter

from childrens_warehouse.datasets import BY_NAME, rule_page


def test_every_rule_in_force_is_there_once():
    counts = Counter(rule["rule_code"] for rule in rule_page.rules())
    assert len(counts) == 322
    assert set(counts.values()) == {1}


def test_every_rule_is_explained_and_names_datasets_that_exist():
    for rule in rule_page.rules():
        assert rule["what"] and rule["when_it_matters"] and rule["how_to_put_it_right"], rule["rule_code"]
        assert rule["severity"] in ("error", "query"), rule["rule_code"]
        named = f"{rule['datasets']} {rule['judged_on']}".replace(":last", "").split()
        assert set(named) <= set(BY_NAME), rule["rule_code"]


def test_a_rule_that_is_not_judged_says_why_and_one_that_is_says_on_what():
    for rule in rule_page.rules():
        is_judged = rule["judged"] in ("yes", "by_month", "in_part")
        assert rule["judged"] in {judged for judged, _, _ in rule_page._JUDGED}, rule["rule_code"]
        assert bool(rule["judged_on"]) == is_judged, rule["rule_code"]
        assert bool(rule["reason"]) != is_judged, rule["rule_code"]
        assert rule["how_judged"] or rule["judged"] == "yes", rule["rule_code"]
