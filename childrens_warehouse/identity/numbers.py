"""Which identities the numbers join: each number by its newest word, followed to the one that superseded it.

Worked examples:
- A patient and a child bear the same NHS number: joined by nhs_number.
- A patient bears N1, superseded by N2; the child bears N2: joined. Another patient bears N2: joined with both.
- Two patients bear N1: nobody is joined by N1, and whoever bears it is contested.
- Persons of today gives a UPN to child 1, last year's return gave it to child 2: child 1 has it.
- The trust knows a patient as child 1 on one list and as child 2 on another of the same rank: it knows no child id.
- N1 is said to be superseded by N2 and by N3: N1 is followed nowhere, and whoever bears it is contested.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from childrens_warehouse.identity.evidence import NUMBERS, Claim, Evidence, Kind

# (authority, number kind, number)
_Number = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class NumberLink:
    """Two identities that a number joins. is_same: it is the very number, not one that superseded it."""

    one: int
    other: int
    number_kind: str
    is_same: bool

    @property
    def order(self) -> tuple[int, int, int, int]:
        """The strongest first."""
        return NUMBERS.index(self.number_kind) * 2 + (not self.is_same), 0, self.one, self.other


@dataclass(frozen=True)
class Numbers:
    """links: strongest first. nhs_numbers: the verified one of each identity. contested: who has a disputed number.

    around: who claims one number, disputed or not: what an adoption may reach.
    """

    links: list[NumberLink] = field(default_factory=list)
    nhs_numbers: dict[int, int] = field(default_factory=dict)
    contested: set[int] = field(default_factory=set)
    around: list[set[int]] = field(default_factory=list)


def resolve(evidence: Evidence) -> Numbers:
    identities = evidence.identities
    heard, contested = _heard(evidence)
    claimants: dict[_Number, set[int]] = defaultdict(set)
    for claim in heard:
        claimants[identities[claim.identity].authority, claim.number_kind, claim.number].add(claim.identity)
    disputed = {number for number, those in claimants.items() if _is_disputed(identities[each].kind for each in those)}
    successors: dict[_Number, set[int]] = defaultdict(set)
    for each in evidence.supersessions:
        successors[each.authority, each.number_kind, each.old].add(each.new)
    disputed |= {number for number, those in successors.items() if len(those) > 1}
    contested |= {identity for number in disputed for identity in claimants.get(number, ())}
    followed = {number: min(those) for number, those in successors.items() if number not in disputed}

    groups: dict[_Number, dict[int, set[int]]] = defaultdict(lambda: defaultdict(set))
    for number, those in claimants.items():
        if number not in disputed:
            for identity in those:
                groups[_last(number, followed)][identity].add(number[2])
    links = []
    nhs_numbers: dict[int, int] = {}
    for (_, number_kind, last), members in groups.items():
        for one, other in itertools.combinations(sorted(members), 2):
            links.append(NumberLink(one, other, number_kind, bool(members[one] & members[other])))
        if number_kind == "nhs_number":
            nhs_numbers |= dict.fromkeys(members, last)
    around = [those for those in claimants.values() if len(those) > 1] + [set(those) for those in groups.values()]
    return Numbers(sorted(links, key=lambda each: each.order), nhs_numbers, contested, around)


def _heard(evidence: Evidence) -> tuple[list[Claim], set[int]]:
    """The claims that count, and the identities that contradict themselves.

    A person has one NHS number and one social care id, so of two that it claims with equal right none counts.
    """
    identities = evidence.identities
    highest: dict[tuple[Kind, _Number], int] = {}
    own: dict[tuple[int, str], int] = {}
    for claim in evidence.claims:
        of = identities[claim.identity]
        number = (of.kind, (of.authority, claim.number_kind, claim.number))
        highest[number] = max(claim.rank, highest.get(number, claim.rank))
        own[claim.identity, claim.number_kind] = max(
            claim.rank, own.get((claim.identity, claim.number_kind), claim.rank)
        )
    said: dict[tuple[int, str], set[int]] = defaultdict(set)
    heard = []
    for claim in evidence.claims:
        of = identities[claim.identity]
        is_newest = claim.rank == highest[of.kind, (of.authority, claim.number_kind, claim.number)]
        is_single = claim.number_kind != "upn"
        if is_newest and (not is_single or claim.rank == own[claim.identity, claim.number_kind]):
            heard.append(claim)
            if is_single:
                said[claim.identity, claim.number_kind].add(claim.number)
    torn = {of for of, those in said.items() if len(those) > 1}
    return [each for each in heard if (each.identity, each.number_kind) not in torn], {of for of, _ in torn}


def _is_disputed(kinds: Iterable[Kind]) -> bool:
    seen = list(kinds)
    return len(seen) > len(set(seen))


def _last(number: _Number, followed: dict[_Number, int]) -> _Number:
    """The end of a chain of supersessions; the smallest of a ring."""
    seen = [number]
    while number in followed:
        number = (*number[:2], followed[number])
        if number in seen:
            return min(seen[seen.index(number) :])
        seen.append(number)
    return number
