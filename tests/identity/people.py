"""Short ways to say who claims what, for the tests of linking."""

from __future__ import annotations

from childrens_warehouse.identity import numbers
from childrens_warehouse.identity.evidence import Adoption, Claim, Evidence, Identity, Kind, Supersession
from childrens_warehouse.identity.joining import Joined, Likeness, join

KINDS = {"S": Kind.SOCIAL_CARE, "H": Kind.HEALTH, "E": Kind.EDUCATION}
NUMBER_KINDS = {"nhs": "nhs_number", "upn": "upn", "id": "social_care_id"}
TODAY = 100_000


class People:
    """Identities by short names: S1 is child 1 of social care, H2 patient 2, E3 pupil 3.

    says: (who, what, number[, rank]); superseded: (what, old, new).
    """

    def __init__(self, names: str, *says, superseded=(), adopted=None) -> None:
        adopted = adopted or {}
        of = {
            name: Identity(
                "310", KINDS[name[0]], int(name[1:]), True, Adoption(adopted[name]) if name in adopted else None
            )
            for name in names.split()
        }
        self.names = sorted(of, key=lambda name: of[name].order)
        self.identities = [of[name] for name in self.names]
        claims = [
            Claim(self.names.index(who), NUMBER_KINDS[what], number, *(rank or (TODAY,)))
            for who, what, number, *rank in says
        ]
        # A child's id and a pupil's number are their own.
        claims += [
            Claim(place, kind, each.key, TODAY)
            for place, each in enumerate(self.identities)
            for kind in ({Kind.SOCIAL_CARE: "social_care_id", Kind.EDUCATION: "upn"}.get(each.kind),)
            if kind
        ]
        gone = [Supersession("310", NUMBER_KINDS[what], old, new) for what, old, new in superseded]
        self.evidence = Evidence(self.identities, claims, gone)

    def pair(self, text: str) -> tuple[int, int]:
        one, other = sorted(self.names.index(name) for name in text.split("-"))
        return one, other

    def join(self, *like, same=(), different=(), agree=None) -> Joined:
        return join(
            self.identities,
            numbers.resolve(self.evidence),
            [Likeness(*self.pair(pair), probability, *may) for pair, probability, *may in like],
            {self.pair(pair): agreement for pair, agreement in (agree or {}).items()},
            {self.pair(pair) for pair in same},
            {self.pair(pair) for pair in different},
        )

    def children(self, joined: Joined) -> str:
        """Who is one child: "S1+H1 E2"."""
        together: dict[int, list[str]] = {}
        for name, each in zip(self.names, joined.identities, strict=True):
            together.setdefault(each.child, []).append(name)
        return " ".join("+".join(those) for those in together.values())

    def contested(self, joined: Joined) -> str:
        return " ".join(name for name, each in zip(self.names, joined.identities, strict=True) if each.is_contested)

    def undecided(self, joined: Joined) -> list[str]:
        return [f"{self.names[each.one]}-{self.names[each.other]}" for each in joined.possible]
