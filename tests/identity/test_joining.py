"""What joins identities to one child, and what must never do so."""

from __future__ import annotations

import random

import pytest

from childrens_warehouse.identity.joining import Agreement, Likeness, join
from childrens_warehouse.identity.numbers import resolve
from tests.identity.people import People

CASES = {
    "one NHS number": (People("S1 H1", ("S1", "nhs", 7), ("H1", "nhs", 7)), "S1+H1", ""),
    "a number that another superseded": (
        People("S1 H1 H2", ("S1", "nhs", 8), ("H1", "nhs", 7), ("H2", "nhs", 8), superseded=[("nhs", 7, 8)]),
        "S1+H1+H2",
        "",
    ),
    "a ring of supersessions": (
        People("S1 H1", ("S1", "nhs", 8), ("H1", "nhs", 7), superseded=[("nhs", 7, 8), ("nhs", 8, 7)]),
        "S1+H1",
        "",
    ),
    "a number with two successors leads nowhere": (
        People("S1 H1", ("S1", "nhs", 8), ("H1", "nhs", 7), superseded=[("nhs", 7, 8), ("nhs", 7, 9)]),
        "S1 H1",
        "H1",
    ),
    "two patients with one number": (
        People("S1 H1 H2", ("S1", "nhs", 7), ("H1", "nhs", 7), ("H2", "nhs", 7)),
        "S1 H1 H2",
        "S1 H1 H2",
    ),
    "and one of them names the child": (
        People("S1 H1 H2", ("S1", "nhs", 7), ("H1", "nhs", 7), ("H2", "nhs", 7), ("H1", "id", 1)),
        "S1+H1 H2",
        "S1 H1 H2",
    ),
    "a pupil by UPN": (People("S1 E5", ("S1", "upn", 5)), "S1+E5", ""),
    "a pupil by the UPN before": (People("S1 E5 E6", ("S1", "upn", 5), superseded=[("upn", 5, 6)]), "S1+E5+E6", ""),
    "the newest return is heard": (
        People("S1 S2 E5", ("S1", "upn", 5, 2016), ("S2", "upn", 5, 2017)),
        "S1 S2+E5",
        "",
    ),
    "two children of one year": (
        People("S1 S2 E5", ("S1", "upn", 5, 2017), ("S2", "upn", 5, 2017), ("E5", "id", 2)),
        "S1 S2+E5",
        "S1 S2 E5",
    ),
    "the number beats the school's word": (People("S1 S2 E5", ("S1", "upn", 5), ("E5", "id", 2)), "S1+E5 S2", "S2 E5"),
    "one child, two rolls": (People("S1 E5 E6", ("S1", "upn", 5), ("E6", "id", 1)), "S1+E5+E6", ""),
    "a patient that names two children": (
        People("S1 S2 H1", ("H1", "id", 1), ("H1", "id", 2)),
        "S1 S2 H1",
        "H1",
    ),
    "today's list beats the others": (People("S1 S2 H1", ("H1", "id", 1, 0), ("H1", "id", 2)), "S1 S2+H1", ""),
    "the weakest link between two numbers is cut": (
        People("S1 H1 E5", ("S1", "nhs", 7), ("H1", "nhs", 7), ("E5", "nhs", 9), ("E5", "id", 1)),
        "S1+H1 E5",
        "S1 E5",
    ),
    "a chain that would join two numbers is cut too": (
        People("S1 H1 E5", ("H1", "nhs", 7), ("E5", "nhs", 9), ("S1", "upn", 5), ("H1", "id", 1)),
        "S1+E5 H1",
        "S1 H1",
    ),
    "two children with one number": (
        People("S1 S2 H1", ("S1", "nhs", 7), ("S2", "nhs", 7), ("H1", "nhs", 7)),
        "S1 S2 H1",
        "S1 S2 H1",
    ),
    "nor by a number that superseded another": (
        People("S1 S2", ("S1", "nhs", 7), ("S2", "nhs", 8), superseded=[("nhs", 7, 8)]),
        "S1 S2",
        "S1 S2",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_numbers(case):
    people, children, contested = CASES[case]
    joined = people.join()
    assert (people.children(joined), people.contested(joined)) == (children, contested)


def test_the_key_is_social_care_s_then_health_s_then_the_pupil_s():
    people = People("S3 S2 H1 E5 H7 E6 E9", ("S3", "upn", 5), ("S3", "nhs", 8), ("H1", "nhs", 8), ("H7", "nhs", 4),
                    ("E6", "nhs", 4))  # fmt: skip
    joined = people.join(same=["S2-S3"])
    keys = {name: people.names[each.child] for name, each in zip(people.names, joined.identities, strict=True)}
    assert keys == {"S2": "S2", "S3": "S2", "H1": "S2", "E5": "S2", "H7": "H7", "E6": "H7", "E9": "E9"}


def test_a_number_whose_bearers_agree_in_nothing_joins_nobody():
    people = People("S1 H1", ("S1", "nhs", 7), ("H1", "nhs", 7))
    joined = people.join(agree={"S1-H1": Agreement(forename=False, surname=True, birth=False)})
    assert people.children(joined) == "S1 H1"
    for partly in (Agreement(False, False, True), Agreement(True, False, False), Agreement(None, None, False)):
        assert people.children(people.join(agree={"S1-H1": partly})) == "S1+H1"


def test_the_old_and_the_new_identity_of_an_adopted_child_stay_apart():
    people = People(
        "S1 S2 H1 E5", ("S1", "upn", 5), ("H1", "id", 1), ("S1", "nhs", 7), ("E5", "nhs", 7),
        adopted={"S1": "old", "S2": "new"},
    )  # fmt: skip
    assert people.children(people.join()) == "S1+H1+E5 S2"
    # The pupil bears the new name already: the number alone does not lead there.
    renamed = {"S1-E5": Agreement(True, False, True)}
    assert people.children(people.join(agree=renamed)) == "S1+H1 S2 E5"
    moved = {"S1-H1": Agreement(True, True, True, False)}
    assert people.children(people.join(agree=moved)) == "S1+E5 S2 H1"
    assert people.children(people.join(same=["S1-S2"])) == "S1+H1+E5 S2"
    alike = people.join(("S2-E5", 0.999), agree=renamed)
    assert (people.children(alike), people.undecided(alike)) == ("S1+H1 S2 E5", ["S2-E5"])


def test_likeness_has_three_outcomes():
    people = People("S1 H1")
    for probability, children, undecided in ((0.95, "S1+H1", []), (0.949, "S1 H1", ["S1-H1"]), (0.849, "S1 H1", [])):
        joined = people.join(("S1-H1", probability))
        assert (people.children(joined), people.undecided(joined)) == (children, undecided)
    # Twins: however like they are.
    assert people.undecided(people.join(("S1-H1", 0.9999, False))) == ["S1-H1"]


def test_several_plausible_children_are_left_to_a_person():
    people = People("S1 S2 H1 E5")
    joined = people.join(("S1-H1", 0.99), ("S2-H1", 0.9), ("S1-E5", 0.97))
    assert (people.children(joined), people.undecided(joined)) == ("S1+E5 S2 H1", ["S1-H1", "S2-H1"])
    # Of two services that fit together both are joined.
    joined = people.join(("S1-H1", 0.99), ("H1-E5", 0.97))
    assert people.children(joined) == "S1+H1+E5 S2"
    assert [each.probability for each in joined.identities] == [1, 1, 0.99, 0.97]


def test_likeness_never_joins_two_of_one_service_nor_two_nhs_numbers():
    people = People("S1 H1 H2 E5", ("S1", "nhs", 7), ("H1", "nhs", 7), ("E5", "nhs", 9))
    joined = people.join(("S1-H2", 0.999), ("S1-E5", 0.999), ("H1-E5", 0.999))
    assert (people.children(joined), people.undecided(joined)) == ("S1+H1 H2 E5", [])


def test_people_decide():
    people = People("S1 S2 H1 E5", ("S1", "upn", 5))
    joined = people.join(("S1-H1", 0.99), ("S2-H1", 0.99), same=["S1-S2"], different=["S1-E5"])
    assert people.children(joined) == "S1+S2+H1 E5"
    # The numbers forbid what was decided: it is not done, and it shows.
    people = People("S1 H1", ("S1", "nhs", 7), ("H1", "nhs", 8))
    joined = people.join(same=["S1-H1"])
    assert (people.children(joined), people.contested(joined)) == ("S1 H1", "S1 H1")


def test_no_order_changes_who_is_joined():
    people = People(
        "S1 S2 S3 H1 H2 H3 E5 E6 E7", ("S1", "nhs", 7), ("H1", "nhs", 7), ("E5", "nhs", 9), ("E5", "id", 1),
        ("H2", "id", 2), ("S2", "upn", 6), ("E6", "nhs", 9),
    )  # fmt: skip
    likenesses = [Likeness(*people.pair(pair), 0.96) for pair in ("S3-H3", "S3-E7", "H3-E7", "S1-H2", "S2-E5")]
    found = set()
    for seed in range(20):
        shuffled = random.Random(seed).sample(likenesses, len(likenesses))
        claims = random.Random(seed).sample(people.evidence.claims, len(people.evidence.claims))
        people.evidence.claims[:] = claims
        found.add(tuple(join(people.identities, resolve(people.evidence), shuffled).identities))
    assert len(found) == 1
