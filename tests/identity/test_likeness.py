"""How like two persons are: prepared names, fixed scores, and a cache that changes nothing."""

from __future__ import annotations

import datetime as dt
import itertools

import duckdb
import pytest

from bench.linkage import measure
from bench.linkage.train import load
from bench.linkage.truth import Record, Truth, change_some, invent
from childrens_warehouse.identity import persons, scores
from childrens_warehouse.identity.evidence import Evidence, Identity, Kind
from childrens_warehouse.settings import OWNER_ONLY_FILE

BORN = dt.date(2005, 3, 9)


def told(*records: tuple[Kind, Record]) -> Truth:
    identities = [Identity("310", kind, 100 + place, True) for place, (kind, _) in enumerate(records)]
    return Truth(Evidence(identities), [], [record for _, record in records])


def record(
    forename="Rosalba", surname="Quillfeather", birth=BORN, postcode="HA1 1AA", sex="F", previous=None
) -> Record:
    return Record(forename, surname, previous, birth, sex, postcode)


def likely(settings, one: Record, other: Record, keep=False) -> list:
    with persons.private_connection(settings) as connection:
        load(connection, told((Kind.SOCIAL_CARE, one), (Kind.HEALTH, other)))
        persons.prepare(connection)
        return scores.of_persons(connection, settings.home, keep)


def test_names_are_folded_and_sound_alike():
    assert persons.fold(" O'Brien-Núñez ") == "OBRIENNUNEZ"
    assert persons.sound(persons.fold("Yusuf")) == persons.sound(persons.fold("Youssef"))
    assert persons.sound(persons.fold("Osman")) == persons.sound(persons.fold("Usman"))
    assert persons.sound(persons.fold("Amelia")) != persons.sound(persons.fold("Amanda"))
    assert set(persons.roots("Sam")) == {"SAMUEL", "SAMANTHA"}
    assert persons.roots("Quillon") == ["QUILLON"]
    assert persons.is_known("Bob James")
    assert not persons.is_known("Quillon")


@pytest.mark.parametrize(
    ("other", "matches"),
    [
        (record(), True),
        (record(surname="Quilfeather"), True),
        (record(birth=dt.date(2005, 9, 3)), True),
        (record(postcode="LE3 9ZZ"), True),
        (record(surname="Mapplethwaite", previous="Quillfeather"), True),
        (record(forename="Bob"), False),  # a brother, or a sister
        (record(surname="Mapplethwaite", postcode="LE3 9ZZ"), False),
        (record(birth=dt.date(2011, 7, 22)), False),
    ],
    ids=str,
)
def test_what_matches(settings, other, matches):
    found = likely(settings, record(), other)
    assert bool(found and found[0].probability >= 0.95 and found[0].may_match) is matches


def test_short_forms_are_the_same_name(settings):
    (found,) = likely(settings, record("Robert", sex="M"), record("Bobby", sex="M"))
    assert found.may_match
    assert found.probability >= 0.95


@pytest.mark.parametrize(
    ("one", "other"), [("Ella", "Emma"), ("Hassan", "Hussain"), ("Jake", "Jack"), ("Adam", "Aisha")]
)
def test_twins_never_match(settings, one, other):
    assert not any(each.may_match for each in likely(settings, record(one), record(other)))


def test_the_score_of_a_pair_depends_on_the_pair_alone(settings):
    (alone,) = likely(settings, record(), record(postcode="HA9 9ZZ"))
    crowd = invent(300, 3)
    crowd.evidence.identities.extend(Identity("310", kind, 1, True) for kind in (Kind.SOCIAL_CARE, Kind.HEALTH))
    crowd.records += [record(), record(postcode="HA9 9ZZ")]
    with persons.private_connection(settings) as connection:
        load(connection, crowd)
        persons.prepare(connection)
        found = scores.of_persons(connection, settings.home)
    last = len(crowd.records) - 1
    assert [each.probability for each in found if (each.one, each.other) == (last - 1, last)] == [alone.probability]


def test_what_is_kept_changes_nothing(settings):
    first = invent(400, 5)
    second = change_some(first, 0.1, 6)
    fresh = measure.link(settings, second)
    for path in (settings.home.restricted / "links").iterdir():
        path.unlink()
    measure.link(settings, first)
    (kept,) = (settings.home.restricted / "links").iterdir()
    assert kept.stat().st_mode & 0o777 == OWNER_ONLY_FILE
    before = kept.read_bytes()
    assert measure.link(settings, second) == fresh
    assert kept.read_bytes() != before


def test_a_night_scores_only_what_is_new(settings, monkeypatch):
    truth = invent(200, 5)
    measure.link(settings, truth)
    asked = []
    real = scores.likeness.block
    monkeypatch.setattr(
        scores.likeness,
        "block",
        lambda connection, table: (real(connection, table), asked.append(_pairs(connection)))[0],
    )
    measure.link(settings, truth)
    assert asked == []
    truth.records[0] = record()
    measure.link(settings, truth)
    assert len(asked) == 1
    assert asked[0] < 50


def _pairs(connection: duckdb.DuckDBPyConnection) -> int:
    found = connection.execute("select count(*) from pair").fetchone()
    return found[0] if found else 0


def test_measured_in_short(settings):
    """The bounds of `make bench ARGS=--only-linkage`, on a few persons."""
    measured = measure.measure(settings, invent(3_000, 23))
    assert measured.is_good, "\n".join(measure.told(measured))


def test_nothing_is_lost_when_names_are_gone(settings):
    truth = invent(300, 9)
    nobody = [Record(None, None, None, None, None, None) for _ in truth.records]
    joined = measure.link(settings, Truth(truth.evidence, truth.persons, nobody))
    assert len(joined.identities) == len(truth.persons)
    by_number = {each.rule for each in joined.identities}
    assert by_number <= {"own", "nhs_number", "upn", "social_care_id"}
    assert any(each.child != place for place, each in enumerate(joined.identities))


def test_intervals():
    assert measure.wilson(0, 0) == (0.0, 1.0)
    low, high = measure.wilson(97, 100)
    assert (round(low, 3), round(high, 3)) == (0.915, 0.99)
    assert list(itertools.chain(measure.wilson(10, 10)))[1] == 1.0
