"""Where a child in care lives: placement types by age and date, providers, and how often they change."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from functools import cache
from random import Random

from childrens_warehouse.simulate import identity, terms
from childrens_warehouse.simulate.care import Child, Outcome, Period, Route
from childrens_warehouse.simulate.scenario import pick

FOSTER = frozenset({"U1", "U2", "U3", "U4", "U5", "U6"})
KINSHIP = frozenset({"U1", "U2", "U3"})
ADOPTIVE = frozenset({"A3", "A4", "A5", "A6"})
TEMPORARY = frozenset({"T0", "T1", "T2", "T3", "T4"})

# Supported accommodation registers from here on (K3); what was semi-independent (H5) moves over within months.
SUPPORTED_FROM = dt.date(2023, 10, 28)
SEMI_INDEPENDENT_UNTIL = dt.date(2024, 3, 20)
# Independent living (P2) is no longer in the return for the year to March 2024, so nobody is placed so late.
NO_INDEPENDENT_FROM = dt.date(2022, 4, 1)
INDEPENDENT_UNTIL = dt.date(2023, 3, 10)


@dataclass(frozen=True, slots=True)
class Placement:
    place: str
    provider: str
    postcode: str
    urn: int | None


@dataclass(frozen=True, slots=True)
class Stay:
    """A placement from a day on, until the next stay or the end of the period of care.

    same_carer: only its status changed, the child stays with the people it was with.
    """

    started_on: dt.date
    placement: Placement
    same_carer: bool = False


def stays(rng: Random, child: Child, period: Period, statuses: list[tuple[dt.date, str]]) -> list[Stay]:
    """The placements of a period of care, in order."""
    if period.route is Route.ADOPTION:
        found = _towards_adoption(rng, child, period, statuses)
    else:
        found = _by_chance(rng, child, period, statuses, period.ended_on)
    return _with_changes_of_law(rng, found, period.ended_on)


def temporary(rng: Random, place: str) -> Placement:
    """A stay away from the placement: no provider, no URN."""
    return Placement(place, "", identity.postcode(rng), None)


def _by_chance(
    rng: Random, child: Child, period: Period, statuses: list[tuple[dt.date, str]], until: dt.date
) -> list[Stay]:
    """Moves come thick in the first weeks and then ever more rarely; one child in ten is never settled."""
    started_on = period.started_on
    current = Stay(started_on, _choose(rng, child, period, started_on, "", first=True))
    found = [current]
    unsettled = 3.5 if rng.random() < 0.1 else 1.0
    while True:
        years = terms.age(child.born_on, started_on)
        typical_days = 95 if len(found) == 1 and rng.random() < 0.4 else 900 if years < 12 else 520
        days = int(rng.expovariate(unsettled / typical_days)) + 1
        matched_on = started_on + dt.timedelta(days=rng.randrange(280, 520))
        moves_on = started_on + dt.timedelta(days=days)
        # A court's decision is a common day for a move.
        decided = [day for day, _ in statuses[1:] if started_on < day < until]
        if decided and rng.random() < 0.2:
            moves_on = min(moves_on, decided[0])
        long_term = {"U6": "U4", "U3": "U1"}.get(current.placement.place)
        if long_term and matched_on < min(moves_on, until) and years < 16 and rng.random() < 0.55:
            current = Stay(matched_on, replace(current.placement, place=long_term), same_carer=True)
        elif moves_on < until:
            status = [code for since, code in statuses if since <= moves_on][-1]
            current = Stay(moves_on, _choose(rng, child, period, moves_on, status, before=current.placement))
        else:
            return found
        found.append(current)
        started_on = current.started_on


def _towards_adoption(rng: Random, child: Child, period: Period, statuses: list[tuple[dt.date, str]]) -> list[Stay]:
    """Foster care until the placement order, then with the adopters until the adoption order."""
    ordered_on = statuses[-1][0]
    remaining = (period.ended_on - ordered_on).days
    placed_on = ordered_on + dt.timedelta(days=rng.randrange(10, max(11, int(remaining * 0.6))))
    found = _by_chance(rng, child, period, statuses, ordered_on)
    last = found[-1].placement
    if last.place in ("U2", "U5") or (last.place in FOSTER and rng.random() < 0.1):
        place = "A5" if rng.random() < 0.85 else "A3"
        adopters = Placement(place, "PR1", last.postcode, last.urn)
        return [*found, Stay(placed_on, adopters, same_carer=True)]
    place = "A6" if rng.random() < 0.88 else "A4"
    outward = pick(rng, {identity.AROUND: 5, identity.FAR: 4})
    adopters = Placement(place, pick(rng, {"PR1": 6, "PR5": 3}), identity.postcode(rng, outward), None)
    return [*found, Stay(placed_on, adopters)]


def _with_changes_of_law(rng: Random, found: list[Stay], ended_on: dt.date) -> list[Stay]:
    """Carry over placements of a type that the return ceased to know while they went on."""
    changed: list[Stay] = []
    for position, stay in enumerate(found):
        until = found[position + 1].started_on if position + 1 < len(found) else ended_on
        changed.append(stay)
        if stay.placement.place == "P2" and stay.started_on < INDEPENDENT_UNTIL <= until:
            moved_on = INDEPENDENT_UNTIL - dt.timedelta(days=rng.randrange(1, 60))
            stay = Stay(max(moved_on, stay.started_on + terms.DAY), _supported(rng, moved_on, independent=False))
            if stay.started_on < until:
                changed.append(stay)
        if changed[-1].placement.place == "H5" and stay.started_on < SUPPORTED_FROM < until:
            span = (SEMI_INDEPENDENT_UNTIL - SUPPORTED_FROM).days
            registered_on = SUPPORTED_FROM + dt.timedelta(days=rng.randrange(span))
            if registered_on < until:
                placement = replace(changed[-1].placement, place="K3")
                changed.append(Stay(registered_on, placement, same_carer=True))
    return changed


def _choose(
    rng: Random,
    child: Child,
    period: Period,
    on: dt.date,
    status: str,
    first: bool = False,
    before: Placement | None = None,
) -> Placement:
    """A placement for a child of that age on that day, other than the one before."""
    years = terms.age(child.born_on, on)
    while True:
        place = pick(rng, _weights(period, years, status, first))
        found = _supported(rng, on) if place == "supported" else _placement(rng, child.authority, place)
        if before is None or (found.postcode, found.urn) != (before.postcode, before.urn):
            return found


def _weights(period: Period, years: int, status: str, first: bool) -> dict[str, float]:
    if period.route is Route.REMAND:
        return {"R5": 6, "U6": 2, "K2": 1, "K1": 2}
    if period.route is Route.SHORT_BREAKS:
        return {"K2": 6, "U6": 4, "R1": 1}
    if period.route is Route.UNACCOMPANIED:
        return {"U6": 10, "supported": 8 if years >= 16 else 0, "K2": 1}
    if years < 1:
        weights = {"U6": 60.0, "U3": 12.0, "R3": 8.0, "R2": 4.0 if first else 0.0}
    elif years < 10:
        weights = {"U6": 68.0, "U3": 24.0, "K2": 2.0, "R3": 2.0 if years < 3 else 0.0, "S1": 1.0 if years > 5 else 0.0}
    elif years < 16:
        weights = {"U6": 56.0, "U3": 15.0, "K2": 19.0, "S1": 4.0, "R1": 2.0, "K1": 0.0 if first else 1.5, "R2": 0.6}
    else:
        weights = {
            "supported": 40.0,
            "U6": 28.0,
            "U3": 8.0,
            "K2": 14.0,
            "S1": 2.0,
            "R1": 2.0,
            "P3": 0.5,
            "R2": 0.6,
            "R5": 0.0 if first else 1.0,
        }
    if period.route is Route.ADOPTION:
        # Some are placed from the start with carers who may adopt.
        weights["U5"] = 14.0
        weights["U2"] = 3.0
    elif status in ("C1", "C2"):
        # Placed with parents is for children under a care order, most of all before they go home for good.
        weights["P1"] = 22.0 if period.outcome is Outcome.HOME else 5.0
    return weights


def _supported(rng: Random, on: dt.date, independent: bool = True) -> Placement:
    """Supported accommodation under the name it had on that day."""
    if on >= SUPPORTED_FROM:
        place = "K3"
    elif independent and on < NO_INDEPENDENT_FROM and rng.random() < 0.18:
        place = "P2"
    else:
        place = "H5"
    provider = pick(rng, {"PR4": 7, "PR5": 3})
    outward = pick(rng, {identity.NEAR: 6, identity.AROUND: 4})
    urn = rng.choice(_providers("supported", 12))[0] if place == "K3" else None
    return Placement(place, provider, identity.postcode(rng, outward), urn)


def _placement(rng: Random, authority: str, place: str) -> Placement:
    if place in FOSTER:
        own = place in KINSHIP or rng.random() < 0.62
        outward = pick(rng, {identity.NEAR: 6 if own else 3, identity.AROUND: 4, identity.FAR: 1 if own else 3})
        service = (f"own fostering of {authority}", 1) if own else ("fostering agency", 15)
        agency = _providers(*service)[0] if own else rng.choice(_providers(*service))
        provider = "PR1" if own else pick(rng, {"PR4": 7, "PR5": 3})
        return Placement(place, provider, identity.postcode(rng, outward), agency[0])
    if place == "P1":
        return Placement(place, "PR0", identity.postcode(rng), None)
    if place in ("R2", "R5"):
        urn, postcode = rng.choice(_providers(place, 6))
        return Placement(place, "PR3", postcode, None)
    if place == "P3":
        return Placement(place, "PR4", identity.postcode(rng), None)
    weights = {
        "K1": {"PR2": 5, "PR4": 2},
        "K2": {"PR4": 76, "PR1": 12, "PR5": 8, "PR2": 4},
        "R1": {"PR4": 6, "PR5": 2, "PR3": 1},
        "R3": {"PR4": 6, "PR5": 3},
        "S1": {"PR4": 5, "PR5": 2, "PR3": 3},
    }[place]
    urn, postcode = rng.choice(_providers(place, 40 if place == "K2" else 8))
    return Placement(place, pick(rng, weights), postcode, urn)


@cache
def _providers(kind: str, number: int) -> tuple[tuple[int, str], ...]:
    """URN and postcode of every provider of a kind; the same for all authorities, whose children meet there."""
    rng = Random(f"providers/{kind}")
    outward = identity.NEAR + identity.AROUND + identity.FAR
    return tuple((1_200_000 + rng.randrange(1_300_000), identity.postcode(rng, outward)) for _ in range(number))
