"""Register marks: one for every pupil on a roll, school day and session, drawn by whole arrays.

A mark is a function of the pupil's own seed and the day, so any span of days gives the same marks for the same
day. Chance comes from a counter-based hash (the finaliser of SplitMix64), which needs no state between days.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from childrens_warehouse.simulate import terms
from childrens_warehouse.simulate.schools import FIRST_SECONDARY_YEAR_GROUP, OWN_SUPPLIER, PROVIDER

if TYPE_CHECKING:
    from childrens_warehouse.simulate.world import World

Floats = NDArray[np.float64]
Codes = NDArray[np.int16]
Flags = NDArray[np.bool_]

MARKS = (
    "/",
    "\\",
    "L",
    "V",
    "P",
    "B",
    "W",
    "J",
    "J1",
    "K",
    "M",
    "C",
    "C2",
    "R",
    "O",
    "N",
    "U",
    "G",
    "H",
    "I",
    "E",
    "Q",
    "S",
    "X",
    "Y",
    "Y1",
    "Y4",
    "#",
    "D",
)
CODE = {mark: np.int16(position) for position, mark in enumerate(MARKS)}

# The register codes changed on this day: C2, J1, K, Q and Y1 to Y7 came, H, J and Y went.
NEW_CODES_FROM = dt.date(2024, 8, 19)

_WEEK_OF_ILLNESS, _HOLIDAY, _SUSPENSION, _MASK = 11, 17, 23, (1 << 64) - 1
_SUSPENSION_DAYS = 1.6


@dataclass(frozen=True)
class Roll:
    """One element for each spell on a school's roll, ordered by school and pupil. Days are ordinals."""

    upn: tuple[str, ...]
    urn: NDArray[np.int64]
    supplier: tuple[str, ...]
    seed: NDArray[np.uint64]
    absence: Floats
    born: NDArray[np.int32]
    reception_year: NDArray[np.int32]
    started: NDArray[np.int32]
    ended: NDArray[np.int32]
    dual_from: NDArray[np.int32]
    dual_until: NDArray[np.int32]
    away: NDArray[np.int32]

    def on(self, day: dt.date) -> NDArray[np.int64]:
        """The spells of a day."""
        ordinal = day.toordinal()
        return np.flatnonzero((self.started <= ordinal) & (self.ended > ordinal))


def roll(world: World) -> Roll:
    """Everybody's spells on a roll."""
    far = world.area.far
    spells = sorted(
        (
            (spell.school.urn, pupil.upn, spell.started_on, pupil, spell)
            for pupil in world.pupils
            for spell in pupil.enrolments
        ),
        key=lambda found: found[:3],
    )
    pupils = [found[3] for found in spells]
    on_roll = [found[4] for found in spells]

    def days(values: list[dt.date | None]) -> NDArray[np.int32]:
        return np.array([value.toordinal() if value else 0 for value in values], dtype=np.int32)

    return Roll(
        upn=tuple(pupil.upn for pupil in pupils),
        urn=np.array([spell.school.urn for spell in on_roll], dtype=np.int64),
        # Schools elsewhere do not report here: a provider telephones them for the children in care.
        supplier=tuple(PROVIDER if spell.school.urn in far else OWN_SUPPLIER for spell in on_roll),
        seed=np.array([pupil.seed for pupil in pupils], dtype=np.uint64),
        absence=np.array([pupil.absence for pupil in pupils], dtype=np.float64),
        born=days([pupil.born_on for pupil in pupils]),
        reception_year=np.array([pupil.reception_year for pupil in pupils], dtype=np.int32),
        started=days([spell.started_on for spell in on_roll]),
        ended=days([spell.ended_on for spell in on_roll]),
        dual_from=days([spell.dual_from for spell in on_roll]),
        dual_until=days([spell.dual_until for spell in on_roll]),
        away=np.array([spell.away for spell in on_roll], dtype=np.int32),
    )


@dataclass(frozen=True, slots=True)
class Suspension:
    """A spell of marks E: its first school day, and its sessions."""

    upn: str
    school_urn: int
    started_on: dt.date
    sessions: int


def suspensions(roll: Roll, first: dt.date, last: dt.date) -> Iterator[Suspension]:
    """Every suspension that begins in a week of a range, as the marks have it."""
    monday = first - dt.timedelta(days=first.weekday())
    while monday <= last:
        on = np.flatnonzero((roll.started < monday.toordinal() + 5) & (roll.ended > monday.toordinal()))
        week = (monday.toordinal() - 1) // 7
        year_group = terms.school_year(monday + dt.timedelta(days=4)) - roll.reception_year[on]
        begins, weekday, length = _drawn_spell(
            roll.seed[on], _SUSPENSION, week, _share_suspended(year_group, roll.absence[on]), _SUSPENSION_DAYS
        )
        for found in np.flatnonzero(begins):
            position = int(on[found])
            start = monday + dt.timedelta(days=int(weekday[found]))
            days = [
                day
                for day in (start + dt.timedelta(days=offset) for offset in range(int(length[found])))
                if terms.is_school_day(day) and roll.started[position] <= day.toordinal() < roll.ended[position]
            ]
            if days:
                yield Suspension(roll.upn[position], int(roll.urn[position]), days[0], 2 * len(days))
        monday += terms.WEEK


def _share_suspended(year_group: NDArray[np.int32], absence: Floats) -> Floats:
    """Share of pupils who are suspended in a week."""
    return np.where(year_group >= FIRST_SECONDARY_YEAR_GROUP, 0.0009 * absence, 0.00003)


def _drawn_spell(
    seeds: NDArray[np.uint64], matter: int, week: int, share: Floats, typical_days: float
) -> tuple[Flags, Floats, Floats]:
    """Whether a spell begins in a week, on which weekday, and how many days it lasts."""
    begins = chance(seeds, matter, week) < share
    weekday = np.floor(chance(seeds, matter + 1, week) * 5)
    # Exponential lengths, cut at eight days so that a spell reaches no further than the next week.
    days = 1 + np.minimum(np.floor(-np.log1p(-chance(seeds, matter + 2, week)) * typical_days), 7)
    return begins, weekday, days


def chance(seeds: NDArray[np.uint64], matter: int, day: int) -> Floats:
    """A number in [0, 1) for every seed, its own for each matter and day (or week)."""
    salt = (matter * 0x9E3779B97F4A7C15 + day * 0xD1B54A32D192ED03) & _MASK
    mixed = seeds + np.uint64(salt)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    return (mixed >> np.uint64(11)).astype(np.float64) * 2.0**-53


def marks(roll: Roll, on: NDArray[np.int64], day: dt.date) -> tuple[Codes, Codes]:
    """Morning and afternoon marks of the spells `on` a day, as positions in MARKS."""
    return _Day(roll, on, day).marks()


class _Day:
    """One school day; every step overrides the ones before it."""

    def __init__(self, roll: Roll, on: NDArray[np.int64], day: dt.date) -> None:
        self.day = day
        self.ordinal = day.toordinal()
        # Ordinal 1 is a Monday.
        self.week, self.weekday = divmod(self.ordinal - 1, 7)
        self.has_new_codes = day >= NEW_CODES_FROM
        self.seed = roll.seed[on]
        self.absence = roll.absence[on]
        self.urn = roll.urn[on].astype(np.uint64)
        self.born = roll.born[on]
        self.year_group = terms.school_year(day) - roll.reception_year[on]
        is_dual = (roll.dual_from[on] <= self.ordinal) & (self.ordinal < roll.dual_until[on])
        self.is_at_other_school = is_dual & ((roll.away[on] >> self.weekday) & 1 == 1)
        self.morning = np.full(len(on), CODE["/"], dtype=np.int16)
        self.afternoon = np.full(len(on), CODE["\\"], dtype=np.int16)

    def marks(self) -> tuple[Codes, Codes]:
        self._late_and_out_with_the_school()
        self._single_absences()
        self._absent_for_days()
        self._not_in_full()
        self._closed_or_elsewhere()
        return self.morning, self.afternoon

    def _chance(self, matter: int) -> Floats:
        return chance(self.seed, matter, self.ordinal)

    def _set(self, mark: str, where: Flags, morning: bool = True, afternoon: bool = True) -> None:
        if morning:
            self.morning[where] = CODE[mark]
        if afternoon:
            self.afternoon[where] = CODE[mark]

    def _late_and_out_with_the_school(self) -> None:
        drawn = self._chance(1)
        self._set("L", drawn < 0.012 * np.sqrt(self.absence), afternoon=False)
        self._set("L", drawn > 0.998, morning=False)
        classes = self.urn * np.uint64(32) + self.year_group.astype(np.uint64)
        self._set("V", chance(classes, 2, self.ordinal) < 0.006)
        drawn = self._chance(3)
        self._set("P", drawn < 0.0012, morning=False)
        self._set("B", (drawn >= 0.0012) & (drawn < 0.0024))
        if (6, 25) <= (self.day.month, self.day.day) <= (7, 6):
            works = (self.year_group == 10) & (chance(self.urn, 4, self.day.year) < 0.6)
            self._set("W", works)
        if self.day.month <= 3:
            interview = (self.year_group == 11) & (drawn > 0.997)
            self._set("J1" if self.has_new_codes else "J", interview, afternoon=False)
        if self.has_new_codes:
            self._set("K", (self.absence > 2.5) & (drawn > 0.98))

    def _single_absences(self) -> None:
        drawn = self._chance(5)
        self._set("M", drawn < 0.005, afternoon=False)
        self._set("M", (drawn >= 0.004) & (drawn < 0.009), morning=False)
        self._set("C", (drawn >= 0.01) & (drawn < 0.0112))
        self._set("R", (drawn >= 0.02) & (drawn < 0.0208))
        self._set("N", (drawn >= 0.03) & (drawn < 0.0315))
        self._set("U", (drawn >= 0.04) & (drawn < 0.04 + 0.0022 * self.absence), afternoon=False)
        away = self._chance(6) < np.minimum(0.018 * self.absence, 0.6)
        part = self._chance(7)
        self._set("O", away & (part < 0.88), afternoon=False)
        self._set("O", away & (part > 0.12), morning=False)

    def _absent_for_days(self) -> None:
        """Spells that begin in this week or went on from the last."""
        season = 1.35 if self.day.month in (11, 12, 1, 2) else 0.7 if self.day.month in (5, 6, 7) else 1.0
        for weeks_ago in (1, 0):
            ill = self._away(_WEEK_OF_ILLNESS, 0.06 * season * self.absence, weeks_ago, typical_days=1.7)
            self._set("I", ill)
            holiday = self._away(_HOLIDAY, np.full(len(self.seed), 0.0022), weeks_ago, typical_days=4.0)
            granted = chance(self.seed, _HOLIDAY + 3, self.week - weeks_ago) < 0.12
            self._set("G", holiday)
            self._set("C" if self.has_new_codes else "H", holiday & granted)
            share = _share_suspended(self.year_group, self.absence)
            self._set("E", self._away(_SUSPENSION, share, weeks_ago, typical_days=_SUSPENSION_DAYS))

    def _away(self, matter: int, share: Floats, weeks_ago: int, typical_days: float) -> Flags:
        """Who is in a spell that began `weeks_ago`: `share` of the pupils begin one in a week, on any weekday."""
        begins, weekday, days = _drawn_spell(self.seed, matter, self.week - weeks_ago, share, typical_days)
        since = self.weekday + 7 * weeks_ago - weekday
        return begins & (since >= 0) & (since < days)

    def _not_in_full(self) -> None:
        drawn = self._chance(29)
        if (5, 25) <= (self.day.month, self.day.day) <= (6, 30):
            self._set("S", (self.year_group == 11) & (drawn < 0.35))
        if self.day.month == 9 and self.day.day <= 15:
            is_under_five = self.ordinal - self.born < 5 * 365
            self._set("X", (self.year_group == 0) & is_under_five, morning=False)
        if self.has_new_codes:
            self._set("C2", (self.absence > 3) & (chance(self.seed, 30, self.day.year) < 0.15), morning=False)
            self._set("Q", drawn > 0.9998)
            self._set("Y1", (drawn > 0.9994) & (drawn <= 0.9998))

    def _closed_or_elsewhere(self) -> None:
        if self.day.month in (12, 1, 2):
            self._set("Y4" if self.has_new_codes else "Y", chance(self.urn, 31, self.ordinal) < 0.003)
        if self.day == terms.school_days_of(terms.school_year(self.day))[0]:
            # A training day for half of the schools.
            self._set("#", chance(self.urn, 32, self.day.year) < 0.5)
        self._set("D", self.is_at_other_school)
