"""Invented persons as three services know them, and who is who.

What happens to a record was fixed beforehand, per record and field, and is the same for every group: a typing error in
8 % of names, a short form in 4 % of forenames, day and month swapped in 2 %, another surname in 5 %, another postcode
in 15 %; of numbers 20 % are missing and 1 % are wrong, half of these another person's. 1 % of persons are twins, 1 %
came unaccompanied, 0.5 % have been adopted and have an old and a new identity, which are two truths here.
"""

from __future__ import annotations

import datetime as dt
import itertools
from bisect import bisect
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from functools import cache
from random import Random

from bench.linkage import names
from childrens_warehouse.identity.evidence import Adoption, Claim, Evidence, Identity, Kind, Supersession

TYPO, NICKNAME, SWAPPED, RENAMED, MOVED, MISSING, WRONG = 0.08, 0.04, 0.02, 0.05, 0.15, 0.2, 0.01
TWINS, ALONE, ADOPTED = 0.01, 0.01, 0.005
KNOWN_TO_A_SERVICE = 0.92
AUTHORITY = "310"
TODAY, FORMER = 100_000, -1
NIGHT = dt.date(2017, 5, 31)


@dataclass(frozen=True)
class Person:
    """One truth. `group`: of names; `twin` and `adopted_from` point at other persons by number."""

    number: int
    group: str
    forename: str
    surname: str
    birth: dt.date
    sex: str
    postcode: str
    nhs: int
    upn: int
    child_id: int
    is_alone: bool = False
    twin: int | None = None
    adopted_from: int | None = None
    adoption: Adoption | None = None


@dataclass(frozen=True)
class Record:
    """What one service says of a person."""

    forename: str
    surname: str
    previous_surname: str | None
    birth: dt.date
    sex: str | None
    postcode: str


@dataclass
class Truth:
    """identities and what they claim, in order; persons[i] and records[i] belong to identity i."""

    evidence: Evidence = field(default_factory=Evidence)
    persons: list[Person] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)


def invent(count: int, seed: int) -> Truth:
    """`count` persons and what is known of them."""
    rng = Random(seed)
    everyone = _persons(rng, count)
    told: list[tuple[Identity, Person, Record, list[tuple[str, int, int]]]] = []
    gone: list[Supersession] = []
    for person in everyone:
        has_moved = None
        for kind in Kind:
            if rng.random() > KNOWN_TO_A_SERVICE:
                continue
            record = _record(rng, person, kind)
            has_moved = has_moved or record.postcode
            told.append((_identity(person, kind), person, record, _numbers(rng, person, kind, everyone, gone)))
    told.sort(key=lambda each: each[0].order)
    truth = Truth(Evidence(supersessions=gone))
    for place, (identity, person, record, numbers) in enumerate(told):
        truth.evidence.identities.append(identity)
        truth.evidence.claims.extend(Claim(place, what, number, rank) for what, number, rank in numbers)
        truth.persons.append(person)
        truth.records.append(record)
    return truth


def change_some(truth: Truth, share: float, seed: int) -> Truth:
    """The next night: a share of records has moved or was spelt anew."""
    rng = Random(seed)
    records = [replace(each, postcode=_postcode(rng)) if rng.random() < share else each for each in truth.records]
    return Truth(truth.evidence, truth.persons, records)


def _identity(person: Person, kind: Kind) -> Identity:
    key = {Kind.SOCIAL_CARE: person.child_id, Kind.HEALTH: person.number + 5_000_000_000, Kind.EDUCATION: person.upn}
    return Identity(AUTHORITY, kind, key[kind], True, person.adoption if kind is Kind.SOCIAL_CARE else None)


def _persons(rng: Random, count: int) -> list[Person]:
    found: list[Person] = []
    shares = list(itertools.accumulate(share for share, *_ in names.GROUPS.values()))
    groups = list(names.GROUPS)
    while len(found) < count:
        number, luck = len(found), rng.random()
        if luck < ALONE:
            found.append(_alone(rng, number))
            continue
        group = groups[bisect(shares, rng.random() * shares[-1])]
        sex = rng.choice("MF")
        born = NIGHT - dt.timedelta(days=rng.randrange(18 * 365))
        one = _person(number, group, _forename(rng, group, sex), _surname(rng, group), born, sex, _postcode(rng))
        if luck < ALONE + TWINS / 2:
            found += _twins(rng, one)
        elif luck < ALONE + TWINS / 2 + ADOPTED:
            found += _adopted(rng, one)
        else:
            found.append(one)
    return found


def _person(number: int, group: str, forename: str, surname: str, birth: dt.date, sex: str, postcode: str) -> Person:
    return Person(
        number, group, forename, surname, birth, sex, postcode,
        nhs=number + 1_000_000_000, upn=number + 2_000_000_000, child_id=number + 3_000_000_000,
    )  # fmt: skip


def _alone(rng: Random, number: int) -> Person:
    """Sixteen or so, without papers: a birthday on 1 January as often as not, in one of few houses."""
    boys, girls, surnames = names.UNACCOMPANIED
    sex = "M" if rng.random() < 0.9 else "F"
    year = NIGHT.year - rng.choice((15, 16, 16, 17, 17, 17))
    birth = dt.date(year, 1, 1) if rng.random() < 0.6 else dt.date(year, 1, 1) + dt.timedelta(days=rng.randrange(365))
    house = f"HA{rng.randrange(1, 10)} {rng.randrange(1, 4)}AB"
    postcode = house if rng.random() < 0.4 else _postcode(rng)
    forename = _of(rng, boys if sex == "M" else girls)
    return replace(_person(number, "Unaccompanied", forename, _of(rng, surnames), birth, sex, postcode), is_alone=True)


def _twins(rng: Random, one: Person) -> list[Person]:
    """Of the same sex more often than not; some have names that are nearly the same."""
    sex = one.sex if rng.random() < 0.64 else "MF".replace(one.sex, "")
    forename = one.forename
    alike = _like(one.group, sex, forename) if sex == one.sex and rng.random() < 0.2 else ()
    while forename == one.forename:
        forename = rng.choice(alike) if alike else _forename(rng, one.group, sex)
    number = one.number + 1
    other = _person(number, one.group, forename, one.surname, one.birth, sex, one.postcode)
    return [replace(one, twin=number), replace(other, twin=one.number)]


def _adopted(rng: Random, old: Person) -> list[Person]:
    """The old identity, and the new one: another family's name and home, mostly other numbers."""
    number = old.number + 1
    group = rng.choice(list(names.GROUPS))
    surname = old.surname
    while surname == old.surname:
        surname = _surname(rng, group)
    forename = old.forename if rng.random() < 0.85 else _forename(rng, old.group, old.sex)
    new = _person(number, old.group, forename, surname, old.birth, old.sex, _postcode(rng))
    if rng.random() < 0.2:
        new = replace(new, nhs=old.nhs)
    new = replace(new, adopted_from=old.number, adoption=Adoption.NEW)
    return [replace(old, adoption=Adoption.OLD), new]


def _record(rng: Random, person: Person, kind: Kind) -> Record:
    surname, previous = person.surname, None
    if rng.random() < RENAMED:
        surname = _surname(rng, person.group) if person.group in names.GROUPS else _of(rng, names.UNACCOMPANIED[2])
        # Social care notes what a child was called before, if anybody does.
        previous = person.surname if kind is Kind.SOCIAL_CARE and rng.random() < 0.5 else None
    forename = person.forename
    if rng.random() < NICKNAME:
        forename = names.NICKNAMES.get(forename, forename)
    if person.group in names.TRANSLITERATED:
        forename, surname = (_as_heard(rng, name) if rng.random() < 0.12 else name for name in (forename, surname))
    birth = person.birth
    if rng.random() < SWAPPED and birth.day <= 12:
        birth = birth.replace(month=birth.day, day=birth.month)
    return Record(
        _typed(rng, forename), _typed(rng, surname), previous, birth,
        person.sex if rng.random() > 0.005 else None,
        _postcode(rng) if rng.random() < MOVED else person.postcode,
    )  # fmt: skip


def _numbers(
    rng: Random, person: Person, kind: Kind, everyone: list[Person], gone: list[Supersession]
) -> list[tuple[str, int, int]]:
    """What the record claims: its own id always; of the others some are missing and some wrong."""
    own = {Kind.SOCIAL_CARE: [("social_care_id", person.child_id, TODAY)], Kind.EDUCATION: [("upn", person.upn, TODAY)]}
    told = list(own.get(kind, []))
    if person.is_alone:
        return told
    others = {
        Kind.SOCIAL_CARE: ("nhs_number", "upn"),
        Kind.HEALTH: ("nhs_number", "social_care_id"),
        Kind.EDUCATION: ("nhs_number", "social_care_id"),
    }[kind]
    for what in others:
        luck = rng.random()
        if luck < MISSING:
            continue
        whose = person
        if luck > 1 - WRONG:
            # Of somebody else, or of nobody we know.
            whose = rng.choice(everyone) if rng.random() < 0.5 else replace(person, nhs=-person.nhs, upn=-person.upn,
                                                                          child_id=-person.child_id)  # fmt: skip
        number = {"nhs_number": whose.nhs, "upn": whose.upn, "social_care_id": whose.child_id}[what]
        if what == "nhs_number" and kind is Kind.HEALTH and whose is person and rng.random() < 0.01:
            gone.append(Supersession(AUTHORITY, what, number + 4_000_000_000, number))
            number += 4_000_000_000
        told.append((what, number, TODAY))
    return told


@cache
def _list(text: str) -> tuple[list[str], list[float]]:
    """Names, and how often one of those up to each comes: the first ones most."""
    each = text.split()
    return each, list(itertools.accumulate(1 / (place + 3) ** 0.8 for place in range(len(each))))


def _of(rng: Random, text: str) -> str:
    each, up_to = _list(text)
    return each[bisect(up_to, rng.random() * up_to[-1])]


def _forename(rng: Random, group: str, sex: str) -> str:
    _, boys, girls, _ = names.GROUPS[group]
    name = _of(rng, boys if sex == "M" else girls)
    return f"{name} {_of(rng, boys if sex == 'M' else girls)}" if rng.random() < 0.03 else name


def _surname(rng: Random, group: str) -> str:
    if group.startswith("White British") and rng.random() < 0.5:
        name = rng.choice(names.SURNAME_BEGINS.split()) + rng.choice(names.SURNAME_ENDS.split())
    else:
        name = _of(rng, names.GROUPS[group][3])
    return f"{name}-{_of(rng, names.GROUPS[group][3])}" if rng.random() < 0.03 else name


@cache
def _like(group: str, sex: str, forename: str) -> tuple[str, ...]:
    _, boys, girls, _ = names.GROUPS[group]
    return tuple(
        each
        for each in (boys if sex == "M" else girls).split()
        if each != forename and SequenceMatcher(None, each, forename).ratio() >= 0.75
    )


def _postcode(rng: Random) -> str:
    letters = "ABDEFGHJLNPQRSTUWXYZ"
    return f"HA{rng.randrange(10)} {rng.randrange(1, 10)}{rng.choice(letters)}{rng.choice(letters)}"


def _as_heard(rng: Random, name: str) -> str:
    fits = [(old, new) for old, new in names.SPELLINGS if old in name.lower()[1:]]
    if not fits:
        return name
    old, new = rng.choice(fits)
    return name[0] + name[1:].replace(old, new, 1)


def _typed(rng: Random, name: str) -> str:
    """One slip: a letter left out, doubled, exchanged with its neighbour, or another in its place."""
    if rng.random() >= TYPO or len(name) < 3:
        return name
    at = rng.randrange(len(name) - 1)
    slip = rng.randrange(4)
    if slip == 0:
        return name[:at] + name[at + 1 :]
    if slip == 1:
        return name[: at + 1] + name[at:]
    if slip == 2:
        return name[:at] + name[at + 1] + name[at] + name[at + 2 :]
    return name[:at] + rng.choice("aeiounrstlmd") + name[at + 1 :]
