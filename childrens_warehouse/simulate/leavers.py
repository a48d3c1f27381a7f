"""Young people who have left care, up to 21: what they are entitled to, and how they were when last asked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from childrens_warehouse.simulate import terms
from childrens_warehouse.simulate.care import Child, Outcome, Route
from childrens_warehouse.simulate.scenario import Scenario, pick

# In care so many days after the 14th birthday, some of them after the 16th.
ENTITLED_AFTER_DAYS = 13 * 7
OLDEST = 21
APPRENTICES_APART_FROM = dt.date(2021, 4, 1)
# Of another authority, or no child when it came: none of this authority's leavers.
NEVER_A_LEAVER = frozenset({Outcome.ADOPTED, Outcome.DIED, Outcome.AGE_ASSESSED, Outcome.OTHER_AUTHORITY})

IN_TOUCH = {"YES": 88, "NO": 6, "REFU": 4, "NREQ": 2}
# Before the codes of apprentices came, they were in training like others.
ACTIVITIES = {
    "F1": 7, "P1": 0.5, "F2": 30, "P2": 2, "apprentice": 5, "apprentice part": 0.5, "work": 17, "work part": 4,
    "G4": 8, "G5": 21, "G6": 5,
}  # fmt: skip
ACCOMMODATIONS = {
    "B": 12, "C": 2, "D": 24, "E": 6, "K": 4, "S": 1, "T": 3, "U": 34, "V": 1, "W": 0.7, "X": 3, "Y": 2, "Z": 9,
}  # fmt: skip
ADULTS_ONLY = frozenset({"T", "Z"})
NEVER_SUITABLE = frozenset({"S", "X"})
SELDOM_SUITABLE = frozenset({"V", "W"})


@dataclass(frozen=True, slots=True)
class Contact:
    """How a young person was on one day. `activity` is a code, or what the code of that day follows from."""

    on: dt.date
    eligibility: str
    in_touch: str
    activity: str
    accommodation: str
    plan_reviewed_on: dt.date | None


@dataclass(frozen=True, slots=True)
class Leaver:
    """Somebody who left care at 16 or later, and every contact since. entitled: more than a qualifying one."""

    left_on: dt.date
    until: dt.date
    is_entitled: bool
    contacts: tuple[Contact, ...]

    @property
    def died_on(self) -> dt.date | None:
        return next((each.on for each in self.contacts if each.in_touch == "DIED"), None)

    def latest(self, day: dt.date) -> Contact | None:
        return next((each for each in reversed(self.contacts) if each.on <= day), None)


def birthday(born_on: dt.date, years: int) -> dt.date:
    return terms.add_months(born_on, 12 * years)


def known_until(child: Child) -> dt.date | None:
    """The last day somebody is one of the authority's leavers; None of those who never are."""
    last = child.periods[-1]
    if last.outcome in NEVER_A_LEAVER or last.ended_on < birthday(child.born_on, 16):
        return None
    return birthday(child.born_on, OLDEST)


def leaver(scenario: Scenario, child: Child) -> Leaver | None:
    """Somebody's life after care; None of those who never are leavers."""
    until = known_until(child)
    if until is None:
        return None
    from_14 = birthday(child.born_on, 14)
    days = sum(
        (period.ended_on - max(period.started_on, from_14)).days
        for period in child.periods
        if period.ended_on > from_14 and period.route is not Route.SHORT_BREAKS
    )
    is_entitled = days >= ENTITLED_AFTER_DAYS
    rng = scenario.stream("leaver", child.number)
    return Leaver(child.last_ended_on, until, is_entitled, tuple(_contacts(rng, child, until, is_entitled)))


def _contacts(rng: Random, child: Child, until: dt.date, is_entitled: bool) -> Iterator[Contact]:
    """Every eight weeks or so; who is not entitled to an adviser is asked less often."""
    left_on = child.last_ended_on
    adult_on = birthday(child.born_on, 18)
    home_for_good = child.periods[-1].outcome is Outcome.HOME and left_on < adult_on and rng.random() < 0.5
    in_touch, activity, accommodation = pick(rng, IN_TOUCH), pick(rng, ACTIVITIES), "U"
    settled = False
    reviewed_on = None
    review_due = left_on + dt.timedelta(days=rng.randrange(20, 120))
    day = left_on + dt.timedelta(days=rng.randrange(5, 35))
    while day < until:
        is_adult = day >= adult_on
        if not settled or rng.random() < 0.14 or (not is_adult and accommodation in ADULTS_ONLY):
            weights = {kind: share for kind, share in ACCOMMODATIONS.items() if is_adult or kind not in ADULTS_ONLY}
            kind = pick(rng, weights)
            good = kind not in NEVER_SUITABLE and rng.random() < (0.3 if kind in SELDOM_SUITABLE else 0.94)
            accommodation, settled = f"{kind}{1 if good else 2}", True
        if rng.random() < 0.16:
            activity = pick(rng, ACTIVITIES)
        if rng.random() < 0.1:
            in_touch = pick(rng, IN_TOUCH)
        if rng.random() < 0.0008:
            in_touch = "DIED"
        elif home_for_good and (day - left_on).days > 183:
            in_touch = "RHOM"
        while review_due <= day:
            # A review that nobody held is not made up for: the next one is.
            if rng.random() < 0.86:
                reviewed_on = review_due
            review_due += dt.timedelta(days=rng.randrange(150, 190))
        yield Contact(
            on=day,
            eligibility=("former_relevant" if is_adult else "relevant") if is_entitled else "qualifying",
            in_touch=in_touch,
            activity=activity if in_touch == "YES" else "0",
            accommodation=accommodation if in_touch == "YES" else "0",
            plan_reviewed_on=reviewed_on,
        )
        if in_touch == "DIED":
            return
        day += dt.timedelta(days=rng.randrange(40, 75) if is_entitled else rng.randrange(120, 240))


def activity_code(activity: str, day: dt.date) -> str:
    """The code that an activity has on a day: apprentices have one of their own since 2021."""
    match activity:
        case "work" | "work part":
            figure = "5" if day >= APPRENTICES_APART_FROM else "3"
        case "apprentice" | "apprentice part":
            figure = "4" if day >= APPRENTICES_APART_FROM else "3"
        case _:
            return activity
    return ("P" if activity.endswith("part") else "F") + figure
