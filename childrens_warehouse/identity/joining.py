"""Joining identities to children: the strongest evidence first, and never what is forbidden.

Worked examples (S social care, H health, E education):
- S1 and H1 bear one NHS number, H1 and E1 another list's social care id: S1, H1 and E1 are one child.
- H1 (number N1) is joined with S1; E1 bears N2 and names S1's id. N1 and N2 are two persons: E1 stays apart, and E1
  and S1 are contested. The weaker word, the id, is the one that is cut.
- H1 is like S1 (0.97) and like S2 (0.91): more than one is plausible, so both are possible and neither is joined.
- S1 and S2 are joined by a person's decision: the child's key is the smaller of theirs.
- S1's care ended in adoption, S2 is the identity that replaced it: never joined, not even by decision.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from childrens_warehouse.identity.evidence import Identity, Kind
from childrens_warehouse.identity.numbers import Numbers

MATCH = 0.95
POSSIBLE = 0.85


class Outcome(StrEnum):
    """What linking made of an identity that does not give the child its key, or of a pair."""

    MATCH = "match"
    POSSIBLE = "possible"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Likeness:
    """How like two identities are. may_match: nothing about the pair alone forbids that likeness joins them."""

    one: int
    other: int
    probability: float
    may_match: bool = True


@dataclass(frozen=True, slots=True)
class Agreement:
    """What two identities say of the person: true, false, or null where one does not say."""

    forename: bool | None = None
    surname: bool | None = None
    birth: bool | None = None
    home: bool | None = None


@dataclass(frozen=True, slots=True)
class Linked:
    """One identity and the child it belongs to (by its place in the list)."""

    child: int
    rule: str
    probability: float
    outcome: Outcome
    is_contested: bool
    has_nhs_number: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """Evidence that was left out, and why: nhs_number, social_care, adoption, decision or contradicted."""

    one: int
    other: int
    rule: str
    why: str


@dataclass
class Joined:
    identities: list[Linked] = field(default_factory=list)
    possible: list[Likeness] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)


def join(
    identities: Sequence[Identity],
    numbers: Numbers,
    likenesses: Iterable[Likeness] = (),
    agreements: dict[tuple[int, int], Agreement] | None = None,
    same: Collection[tuple[int, int]] = (),
    different: Collection[tuple[int, int]] = (),
) -> Joined:
    """Every identity's child. Pairs are (smaller place, larger place)."""
    clusters = _Clusters(identities, numbers, different)
    said = agreements or {}
    for one, other in sorted(same):
        clusters.add(one, other, "decision", 1.0)
    adopted = _touched_by_adoption(identities, numbers)
    for link in numbers.links:
        agreement = said.get((link.one, link.other), Agreement())
        if agreement.forename is False and agreement.birth is False:
            clusters.refuse(link.one, link.other, link.number_kind, "contradicted")
        elif link.one in adopted and False in (agreement.surname, agreement.home):
            clusters.refuse(link.one, link.other, link.number_kind, "adoption")
        else:
            clusters.add(link.one, link.other, link.number_kind, 1.0)
    possible = _join_by_likeness(clusters, likenesses, adopted)
    return Joined(_tell(clusters, numbers, possible), possible, clusters.refused)


def _touched_by_adoption(identities: Sequence[Identity], numbers: Numbers) -> set[int]:
    """Whoever numbers, disputed or not, lead to from an identity of an adopted child."""
    around: dict[int, list[set[int]]] = defaultdict(list)
    for those in numbers.around:
        for place in those:
            around[place].append(those)
    pending = [place for place, each in enumerate(identities) if each.adoption]
    touched = set(pending)
    while pending:
        for those in around[pending.pop()]:
            pending.extend(those - touched)
            touched |= those
    return touched


def _join_by_likeness(clusters: _Clusters, likenesses: Iterable[Likeness], adopted: set[int]) -> list[Likeness]:
    """Join what is like one other and nothing else; return what a person has to decide."""
    best: dict[tuple[int, int], Likeness] = {}
    pairs: dict[tuple[int, int], list[Likeness]] = defaultdict(list)
    for each in likenesses:
        one, other = clusters.find(each.one), clusters.find(each.other)
        if each.probability < POSSIBLE or one == other or clusters.why_not(one, other, "likeness"):
            continue
        pair = (min(one, other), max(one, other))
        pairs[pair].append(each)
        if pair not in best or (-each.probability, each.one, each.other) < (
            -best[pair].probability, best[pair].one, best[pair].other,
        ):  # fmt: skip
            best[pair] = each
    around: dict[int, list[int]] = defaultdict(list)
    for one, other in best:
        around[one].append(other)
        around[other].append(one)
    # Judged before anything is joined, so that it depends on no order.
    alone = {
        pair
        for pair in best
        if all(
            not clusters.why_not(rival, of, "likeness")
            for of, mine in (pair, pair[::-1])
            for rival in around[mine]
            if rival != of
        )
    }
    possible = []
    for pair, each in sorted(best.items(), key=lambda item: (-item[1].probability, item[1].one, item[1].other)):
        may_match = all(every.may_match for every in pairs[pair]) and not adopted.intersection((each.one, each.other))
        if (
            each.probability >= MATCH
            and may_match
            and pair in alone
            and clusters.add(each.one, each.other, "likeness", each.probability)
        ):
            continue
        if clusters.find(each.one) != clusters.find(each.other):
            possible.append(each)
    return [each for each in possible if clusters.find(each.one) != clusters.find(each.other)]


def _tell(clusters: _Clusters, numbers: Numbers, possible: list[Likeness]) -> list[Linked]:
    undecided = {place for each in possible for place in (each.one, each.other)}
    contested = numbers.contested | clusters.contested
    told = []
    paths: dict[int, tuple[str, float]] = {}
    for members in clusters.members.values():
        paths |= clusters.paths(members[0], members)
    for place in range(len(clusters.identities)):
        child = clusters.members[clusters.find(place)][0]
        rule, probability = paths[place]
        outcome = Outcome.MATCH if place != child else Outcome.POSSIBLE if place in undecided else Outcome.NONE
        told.append(Linked(child, rule, probability, outcome, place in contested, place in numbers.nhs_numbers))
    return told


class _Clusters:
    """Sets of identities that are one child. The smallest place of a set is its child and its name."""

    def __init__(
        self, identities: Sequence[Identity], numbers: Numbers, different: Collection[tuple[int, int]]
    ) -> None:
        self.identities = identities
        self.members: dict[int, list[int]] = {place: [place] for place in range(len(identities))}
        self.refused: list[Refused] = []
        self.contested: set[int] = set()
        self._parent = list(range(len(identities)))
        self._nhs_number: dict[int, int] = dict(numbers.nhs_numbers)
        self._apart: dict[int, set[int]] = defaultdict(set)
        self._edges: dict[int, list[tuple[int, str, float]]] = defaultdict(list)
        for one, other in different:
            self._apart[one].add(other)
            self._apart[other].add(one)

    def find(self, place: int) -> int:
        while self._parent[place] != place:
            self._parent[place] = self._parent[self._parent[place]]
            place = self._parent[place]
        return place

    def why_not(self, one: int, other: int, rule: str) -> str | None:
        """What forbids that two sets (by name) become one."""
        numbers = self._nhs_number.get(one), self._nhs_number.get(other)
        if None not in numbers and numbers[0] != numbers[1]:
            return "nhs_number"
        ours, theirs = self.members[one], self.members[other]
        if len(ours) > len(theirs):
            ours, theirs = theirs, ours
        if any(self._apart[place].intersection(theirs) for place in ours if place in self._apart):
            return "decision"
        kinds = self._kinds(ours), self._kinds(theirs)
        if Kind.SOCIAL_CARE in kinds[0] and Kind.SOCIAL_CARE in kinds[1]:
            if rule != "decision":
                return "social_care"
            if any(self.identities[place].adoption for place in (*ours, *theirs)):
                return "adoption"
        if rule == "likeness" and kinds[0] & kinds[1]:
            return "one_per_service"
        return None

    def add(self, one: int, other: int, rule: str, probability: float) -> bool:
        """Join the sets of two identities, unless that is forbidden. Are they one set now?"""
        first, second = sorted((self.find(one), self.find(other)))
        if first == second:
            return True
        if why := self.why_not(first, second, rule):
            self.refuse(one, other, rule, why)
            return False
        self._parent[second] = first
        self.members[first] = sorted(self.members[first] + self.members.pop(second))
        if second in self._nhs_number:
            self._nhs_number[first] = self._nhs_number[second]
        self._edges[one].append((other, rule, probability))
        self._edges[other].append((one, rule, probability))
        return True

    def refuse(self, one: int, other: int, rule: str, why: str) -> None:
        if rule != "likeness":
            self.contested |= {one, other}
            self.refused.append(Refused(one, other, rule, why))

    def paths(self, child: int, members: Collection[int]) -> dict[int, tuple[str, float]]:
        """Of each member, the rule that joined it and the weakest probability between it and the child."""
        found = {child: ("own", 1.0)}
        pending = [child]
        while pending:
            place = pending.pop()
            for other, rule, probability in self._edges[place]:
                if other not in found:
                    found[other] = (rule, min(probability, found[place][1]))
                    pending.append(other)
        return {place: found[place] for place in members}

    def _kinds(self, members: Iterable[int]) -> set[Kind]:
        return {self.identities[place].kind for place in members}
