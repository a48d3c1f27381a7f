"""Where children live: homes in the authority, placements near and far, each of a provider."""

from __future__ import annotations

from random import Random

from childrens_warehouse.simulate import identity
from childrens_warehouse.simulate.panel_report.lives import Placement
from childrens_warehouse.simulate.postcodes import INWARD

# Luton lies about 20 miles off: it is neither near nor far.
FAR = tuple(outward for outward in identity.FAR if outward != "LU2")
OWN_FOSTERING, AGENCIES = 1_204_310, tuple(range(1_250_000, 1_250_012))
HOMES = tuple(range(1_300_000, 1_300_020))

PROVIDERS = {
    "U6": ("PR4", "PR5"), "U4": ("PR4", "PR5"), "K2": ("PR4", "PR4", "PR5"), "K1": ("PR2",),
    "H5": ("PR4", "PR5"), "P2": ("PR4",), "R1": ("PR4", "PR5"), "R2": ("PR3",), "R3": ("PR4",), "R5": ("PR3",),
    "S1": ("PR4", "PR5"),
}  # fmt: skip


def home_postcode(rng: Random) -> str:
    return _postcode(rng, identity.NEAR)


def placement(rng: Random, kind: str, is_far: bool = False) -> Placement:
    """A place of a kind: a code of the return; "own" and "agency" are foster carers."""
    outward = FAR if is_far else identity.NEAR + identity.AROUND
    if kind == "own":
        return Placement(rng.choice(("U6", "U6", "U4", "U3")), "PR1", _postcode(rng, outward), OWN_FOSTERING)
    if kind == "agency":
        place = rng.choice(("U6", "U4"))
        return Placement(place, rng.choice(PROVIDERS[place]), _postcode(rng, outward), rng.choice(AGENCIES))
    if kind == "A6":
        return Placement(kind, "PR1", _postcode(rng, outward), OWN_FOSTERING)
    if kind == "P1":
        return Placement(kind, "PR0", _postcode(rng, outward))
    urn = rng.choice(HOMES) if kind in ("K1", "K2", "R3", "S1") else None
    return Placement(kind, rng.choice(PROVIDERS[kind]), _postcode(rng, outward), urn)


def temporary(rng: Random) -> Placement:
    """A stay in hospital, while the placement is kept."""
    return Placement("T1", "", _postcode(rng, identity.NEAR))


def _postcode(rng: Random, outward: tuple[str, ...]) -> str:
    where = rng.choice(outward)
    inward = INWARD[where]
    start = rng.randrange(len(inward) // 3) * 3
    return f"{where} {inward[start : start + 3]}"
