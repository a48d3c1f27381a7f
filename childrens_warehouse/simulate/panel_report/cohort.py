"""Who is in care from when to when: the skeleton that every other figure hangs on.

The tables below were worked out by hand from the figures: 180 children on 31 March 2016, of whom 77 leave in the year;
191 starters, of whom 83 leave in it; so that month ends, quarter ends and the children of school age come out as
printed. A child has one period of care.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from random import Random

from childrens_warehouse.simulate import terms
from childrens_warehouse.simulate.panel_report import figures
from childrens_warehouse.simulate.panel_report.adoption import adopted, place_for_adoption
from childrens_warehouse.simulate.panel_report.lives import (
    YEAR_ENDS,
    Age,
    Life,
    day_between,
    present,
    stream,
)
from childrens_warehouse.simulate.panel_report.places import home_postcode

D = dt.date

# By month from April 2016 to March 2017: who leaves of those in care on 31 March 2016 ...
ADOPTED_IN_MONTH = (0, 1, 1, 0, 1, 1, 1, 0, 1, 0, 0, 0)
OF_AGE_IN_MONTH = (4, 4, 4, 3, 3, 3, 3, 3, 4, 2, 2, 3)
PUPILS_LEAVE = (2, 2, 1, 1, 1, 2, 1, 1, 1, 1, 1, 1)
OTHERS_LEAVE = (2, 2, 3, 3, 2, 0, 1, 1, 1, 1, 1, 1)
# ... and who starts, and leaves of them again: of school age, and younger or older.
PUPILS_START = (7, 6, 7, 6, 5, 7, 6, 8, 11, 12, 8, 8)
PUPILS_LEAVE_AGAIN = (1, 2, 2, 2, 2, 2, 3, 3, 2, 2, 4, 6)
OTHERS_START = (9, 8, 11, 11, 11, 9, 8, 5, 3, 5, 10, 10)
OTHERS_LEAVE_AGAIN = (2, 4, 5, 2, 2, 3, 5, 5, 6, 5, 6, 7)
MONTHS = tuple(terms.add_months(D(2016, 4, 1), offset) for offset in range(12))

# Starters of March that are still in care at its end, and whose first review is due in April.
TOO_NEW_FOR_A_REVIEW = D(2017, 3, 6)
REVIEWED_ALREADY = D(2017, 3, 3)

# Children of school age who stay all year, by the September from which their year group is born: who was at the end of
# primary school after a year in care (KS2), who has been in care for two and a half years besides, and all others.
END_OF_PRIMARY = {2000: 2, 2001: 3, 2002: 1, 2003: 6}
LONG_TERM = {2001: 2, 2002: 3, 2003: 1, 2005: 4, 2006: 4, 2007: 3, 2008: 3, 2009: 1}
OTHERS = {2000: 6, 2001: 3, 2002: 2, 2003: 2, 2004: 6, 2005: 2, 2006: 1, 2007: 2, 2008: 1, 2009: 2, 2010: 2}
LONG_TERM_FROM = {2001: D(2012, 4, 10), 2002: D(2013, 4, 10), 2003: D(2014, 4, 10)}
LONG_TERM_UNTIL = D(2014, 9, 20)
# Of the others, those whose first year in care ends in January, February and March 2017.
FIRST_YEAR_ENDS = ((2, D(2016, 1, 5), D(2016, 1, 29)), (4, D(2016, 2, 3), D(2016, 2, 26)),
                   (3, D(2016, 3, 3), D(2016, 3, 29)))  # fmt: skip
MIDDLE = (D(2015, 4, 10), D(2015, 12, 18))

# End of key stage 4 (16 years old) after a year in care, of children who left care by 31 March 2016:
# year, months of birth, how many.
LEFT_SCHOOL = ((2011, D(1994, 9, 1), D(1995, 3, 1), 13), (2011, D(1995, 4, 1), D(1995, 8, 1), 6),
               (2012, D(1995, 9, 1), D(1996, 8, 1), 13), (2013, D(1996, 9, 1), D(1997, 8, 1), 12),
               (2014, D(1997, 9, 1), D(1998, 3, 1), 5))  # fmt: skip

# How those leave who are neither of age nor adopted nor under a special guardianship order.
WAYS_OUT = {"E4A": 38, "E4B": 12, "E13": 10, "E41": 8, "E3": 6, "E16": 2}


def cohort() -> list[Life]:
    """Everybody in care on some day since April 2010 of whom a figure speaks, in the order of their ids."""
    lives = [*_stock_that_stays(), *_stock_that_leaves(), *_starters(), *_after_the_year(), *_left_before()]
    _leave_after_the_year(lives)
    _reasons(lives)
    place_for_adoption(lives)
    _persons(lives)
    return lives


def _life(rng: Random, age: Age, born: tuple[dt.date, dt.date], started: tuple[dt.date, dt.date]) -> Life:
    """Born in a month of a range, in care from a working day of a range on."""
    months = (born[1].year - born[0].year) * 12 + born[1].month - born[0].month
    born_on = terms.add_months(born[0], rng.randrange(months + 1)) + dt.timedelta(days=rng.randrange(28))
    first = max(started[0], born_on + dt.timedelta(days=3))
    started_on = terms.working_day_on_or_before(day_between(rng, first, max(first, started[1])))
    return Life(0, age, born_on, max(started_on, first))


def _year_group(september: int) -> tuple[dt.date, dt.date]:
    return D(september, 9, 1), D(september + 1, 8, 1)


def _stock_that_stays() -> Iterator[Life]:
    rng = stream("stock that stays")
    for september, number in END_OF_PRIMARY.items():
        # Under sixteen on 31 March 2017.
        born = (max(D(september, 9, 1), D(2001, 4, 1)), D(september + 1, 8, 1))
        for _ in range(number):
            yield _life(rng, Age.PUPIL, born, (D(september + 9, 6, 1), D(september + 11, 3, 20)))
    for september, number in LONG_TERM.items():
        started = (LONG_TERM_FROM.get(september, D(2012, 6, 1)), LONG_TERM_UNTIL)
        for _ in range(number):
            yield _life(rng, Age.PUPIL, _year_group(september), started)
    windows = [(first, last) for number, first, last in FIRST_YEAR_ENDS for _ in range(number)]
    windows += [MIDDLE] * (sum(OTHERS.values()) - len(windows))
    groups = [september for september, number in OTHERS.items() for _ in range(number)]
    rng.shuffle(windows)
    for position, (september, window) in enumerate(zip(groups, windows, strict=True)):
        born = (D(2000, 9, 1), D(2001, 3, 1)) if september == 2000 else _year_group(september)
        life = _life(rng, Age.PUPIL, born, window)
        life.is_unaccompanied = position == 0
        yield life
    for number, born, started in (
        (2, (D(2011, 10, 1), D(2012, 3, 1)), (D(2013, 6, 1), LONG_TERM_UNTIL)),
        (2, (D(2011, 9, 1), D(2012, 3, 1)), (D(2014, 11, 1), D(2015, 11, 30))),
        (4, (D(2012, 4, 1), D(2013, 3, 1)), (D(2014, 11, 1), D(2015, 11, 30))),
    ):
        for _ in range(number):
            yield _life(rng, Age.INFANT, born, started)
    for _ in range(4):
        yield _life(rng, Age.UNDER_FOUR, (D(2013, 4, 1), D(2014, 12, 1)), (D(2014, 11, 1), D(2015, 11, 30)))
    yield from _aged_sixteen_and_seventeen(rng)


def _aged_sixteen_and_seventeen(rng: Random) -> Iterator[Life]:
    """Those who were at the end of key stage 4 in 2016 (born from September 1999 to August 2000), and older ones.

    Of the former 25 were in care on 31 March 2016, four of whom leave in the year (_stock_that_leaves); 14 of them for
    a year, and two of those already at the end of primary school.
    """
    latest = [(D(2009, 3, 1), D(2010, 2, 20))] * 2 + [(D(2011, 5, 1), D(2015, 3, 20))] * 10
    latest += [(D(2015, 4, 10), D(2016, 3, 24))] * 9
    months = [(D(1999, 9, 1), D(2000, 3, 1))] * 12 + [(D(2000, 4, 1), D(2000, 8, 1))] * 9
    rng.shuffle(latest)
    unaccompanied = 5
    for born, started in zip(months, latest, strict=True):
        age = Age.SEVENTEEN if born[0] < D(2000, 4, 1) else Age.SIXTEEN
        life = _life(rng, age, born, started)
        if started[0] > D(2015, 4, 1) and unaccompanied:
            life.is_unaccompanied, unaccompanied = True, unaccompanied - 1
        yield life
    for position in range(8):
        born = (D(1999, 4, 1), D(1999, 4, 1)) if position == 0 else (D(1999, 6, 1), D(1999, 8, 1))
        life = _life(rng, Age.SEVENTEEN, born, (D(2014, 6, 1), D(2016, 1, 31)))
        life.is_unaccompanied = 1 <= position <= 5
        yield life


def _stock_that_leaves() -> Iterator[Life]:
    rng = stream("stock that leaves")
    for month, number in zip(MONTHS, OF_AGE_IN_MONTH, strict=True):
        for position in range(number):
            yield _of_age(rng, month, position)
    for month, number in zip(MONTHS, PUPILS_LEAVE, strict=True):
        for _ in range(number):
            # In the year's last quarter they have been in care for a year at the month end before.
            until = D(2015, 12, 18) if month >= D(2017, 1, 1) else D(2016, 3, 24)
            september = rng.choice((2000, 2001, 2002, 2003, 2004, 2006, 2008, 2009))
            life = _life(rng, Age.PUPIL, _year_group(september), (D(2015, 4, 10), until))
            life.ended_on = _leaves_in(rng, month)
            yield life
    others = [month for month, number in zip(MONTHS, OTHERS_LEAVE, strict=True) for _ in range(number)]
    for position, month in enumerate(others):
        if position % 9 < 4:
            older = position % 2 == 0
            born = (D(1999, 9, 1), D(2000, 8, 1)) if older else (D(1999, 4, 1), D(1999, 8, 1))
            # Two of the four at the end of key stage 4 have been in care for a year then.
            is_long = position in (0, 10)
            started = (D(2013, 1, 10), D(2015, 3, 20)) if is_long else (D(2015, 4, 10), D(2016, 3, 24))
            life = _life(rng, Age.SEVENTEEN, born, started)
        else:
            life = _life(rng, Age.UNDER_FOUR, (D(2012, 4, 1), D(2015, 9, 1)), (D(2014, 12, 1), D(2016, 3, 24)))
        life.ended_on = _leaves_in(rng, month)
        yield life


# In care for a year at the end of key stage 4, of those who turn 18 in the year: in 2014, and in 2015.
OF_AGE_LONG_IN_CARE = {2014: 4, 2015: 11}


def _of_age(rng: Random, month: dt.date, position: int) -> Life:
    """Leaves on the 18th birthday."""
    born = terms.add_months(month, -12 * 18)
    year = 2014 if born < D(1998, 9, 1) else 2015
    # One in the five months before September 1998, two (one) in the months after.
    takes = {2014: (1, 1, 1, 1, 0), 2015: (2, 2, 2, 2, 1, 1, 1)}[year]
    offset = (born.year - 1998) * 12 + born.month - (4 if year == 2014 else 9)
    if position < takes[offset]:
        started = (D(year - 4, 4, 10), D(year - 1, 3, 20))
    else:
        started = (D(year - 1, 4, 10), D(2016, 2, 20))
    life = _life(rng, Age.EIGHTEEN, (born, born), started)
    life.ended_on = terms.add_months(life.born_on, 12 * 18)
    return life


def _leaves_in(rng: Random, month: dt.date) -> dt.date:
    return day_between(rng, month + dt.timedelta(days=2), terms.add_months(month, 1) - dt.timedelta(days=2))


def _starters() -> Iterator[Life]:
    rng = stream("starters")
    spells = _spells(rng, PUPILS_START, PUPILS_LEAVE_AGAIN, new_in_march=(2, 4))
    for started_on, ended_on in spells:
        september = rng.choice((2000, 2001, 2001, 2002, 2002, 2003, 2003, 2004, 2005, 2006, 2007, 2008, 2009, 2010))
        yield _starter(rng, Age.PUPIL, _year_group(september), started_on, ended_on)
    spells = _spells(rng, OTHERS_START, OTHERS_LEAVE_AGAIN, new_in_march=(2, 6))
    staying = [Age.UNDER_FOUR] * 7 + [Age.INFANT] * 7 + [Age.SIXTEEN] * 10 + [Age.SEVENTEEN] * 24
    leaving = [Age.EIGHTEEN] * 14 + [Age.SIXTEEN] * 6 + [Age.SEVENTEEN] * 12 + [Age.UNDER_FOUR] * 20
    rng.shuffle(staying)
    rng.shuffle(leaving)
    alone = {True: {Age.SEVENTEEN: 12, Age.SIXTEEN: 5}, False: {Age.SEVENTEEN: 5}}
    for started_on, ended_on in spells:
        stays = ended_on is None
        age = (staying if stays else leaving).pop()
        life = _starter(rng, age, _born(age, ended_on), started_on, ended_on)
        if age is Age.EIGHTEEN:
            assert ended_on is not None
            life.born_on = ended_on.replace(year=ended_on.year - 18)
        elif alone[stays].get(age):
            alone[stays][age] -= 1
            life.is_unaccompanied = True
        yield life


def _born(age: Age, ended_on: dt.date | None) -> tuple[dt.date, dt.date]:
    return {
        Age.UNDER_FOUR: (D(2013, 4, 1), D(2017, 2, 1)),
        Age.INFANT: (D(2011, 9, 1), D(2013, 3, 1)),
        Age.SIXTEEN: (D(2000, 4, 1), D(2000, 8, 1)),
        Age.SEVENTEEN: (D(1999, 6, 1), D(2000, 3, 1)),
        Age.EIGHTEEN: (D(1998, 4, 1), D(1999, 3, 1)),
    }[age]


def _starter(
    rng: Random, age: Age, born: tuple[dt.date, dt.date], started_on: dt.date, ended_on: dt.date | None
) -> Life:
    if age is Age.UNDER_FOUR:
        born = (born[0], min(born[1], terms.add_months(started_on.replace(day=1), -1)))
    life = _life(rng, age, born, (started_on, started_on))
    life.started_on, life.ended_on = started_on, ended_on
    return life


def _spells(
    rng: Random, starts: tuple[int, ...], leaves: tuple[int, ...], new_in_march: tuple[int, int]
) -> list[tuple[dt.date, dt.date | None]]:
    """Periods of care that begin in the year. new_in_march: starters of March who stay, reviewed already and not."""
    spells: list[tuple[dt.date, dt.date | None]] = []
    open_ones: list[dt.date] = []
    for month, starting, leaving in zip(MONTHS, starts, leaves, strict=True):
        last = terms.add_months(month, 1) - terms.DAY
        is_march = month.month == 3
        if is_march:
            reviewed, new = new_in_march
            found = [day_between(rng, month, REVIEWED_ALREADY) for _ in range(reviewed)]
            found += [day_between(rng, TOO_NEW_FOR_A_REVIEW, last - dt.timedelta(days=2)) for _ in range(new)]
            spells += [(terms.working_day_on_or_after(day), None) for day in found]
            for _ in range(starting - reviewed - new):
                started_on = day_between(rng, TOO_NEW_FOR_A_REVIEW, last - dt.timedelta(days=14))
                spells.append((started_on, day_between(rng, started_on + 2 * terms.DAY, last - terms.DAY)))
                leaving -= 1
        elif starting:
            # Nobody on 1 April 2016: a year in care would be over on 31 March 2017.
            first = month + 3 * terms.DAY
            new_ones = sorted(day_between(rng, first, last - 3 * terms.DAY) for _ in range(starting))
            open_ones += [terms.working_day_on_or_before(day) for day in new_ones]
        for _ in range(leaving):
            # Whoever came in the last days of the month does not leave in it; one in five leaves after some weeks.
            able = [day for day in open_ones if day < last - dt.timedelta(days=10)]
            settled = [day for day in able if day < last - dt.timedelta(days=60)]
            started_on = rng.choice(able if rng.random() < 0.2 or not settled else settled)
            open_ones.remove(started_on)
            ended_on = day_between(rng, max(month, started_on + 3 * terms.DAY) + terms.DAY, last - terms.DAY)
            spells.append((started_on, ended_on))
    return spells + [(started_on, None) for started_on in open_ones]


STARTS_AFTER, LEAVE_AFTER = {4: 12, 5: 8}, {4: 10, 5: 8}


def _after_the_year() -> Iterator[Life]:
    rng = stream("after the year")
    for month, number in STARTS_AFTER.items():
        for _ in range(number):
            age = rng.choice((Age.PUPIL, Age.PUPIL, Age.UNDER_FOUR, Age.SIXTEEN))
            born = _year_group(rng.randrange(2001, 2010)) if age is Age.PUPIL else _born(age, None)
            started_on = terms.working_day_on_or_before(day_between(rng, D(2017, month, 4), D(2017, month, 25)))
            yield _starter(rng, age, born, started_on, None)


def _leave_after_the_year(lives: list[Life]) -> None:
    """Whoever turns 18, and some who came in the year."""
    rng = stream("leaves after the year")
    for month, number in LEAVE_AFTER.items():
        leaving = [
            life
            for life in present(lives, D(2017, month, 1) - terms.DAY)
            if (life.born_on.year, life.born_on.month) == (1999, month)
        ]
        for life in leaving:
            life.ended_on = terms.add_months(life.born_on, 12 * 18)
        able = [life for life in present(lives, YEAR_ENDS) if life.is_starter and life.ended_on is None]
        able = [life for life in able if life.age in (Age.PUPIL, Age.INFANT) and life.started_on < D(2017, 2, 1)]
        for life in rng.sample(able, number - len(leaving)):
            life.ended_on = _leaves_in(rng, D(2017, month, 1))


def _left_before() -> Iterator[Life]:
    """Care leavers, and others who were at school and in care before."""
    rng = stream("left before")
    number_of_leavers = figures.denominator("cl_neet_pct")
    found = []
    for year, first, last, number in LEFT_SCHOOL:
        found += [_life(rng, Age.LEAVER, (first, last), (D(year - 4, 5, 1), D(year - 1, 3, 20))) for _ in range(number)]
    already = sum(life.years(YEAR_ENDS) < 22 for life in found)
    for position in range(number_of_leavers - already):
        life = _life(rng, Age.LEAVER, (D(1995, 4, 1), D(1998, 3, 1)), (D(2011, 1, 1), D(2011, 1, 1)))
        sixteen_on = terms.add_months(life.born_on, 12 * 16)
        life.started_on = terms.working_day_on_or_after(sixteen_on + dt.timedelta(days=rng.randrange(10, 400)))
        life.is_unaccompanied = position % 3 == 0
        found.append(life)
    for life in found:
        life.ended_on = terms.add_months(life.born_on, 12 * 18)
        yield life


def _reasons(lives: list[Life]) -> None:
    """Why who left did."""
    rng = stream("reasons")
    leaving = [life for life in lives if life.ended_on and not life.reason_ended]
    for life in leaving:
        if life.ended_on == terms.add_months(life.born_on, 12 * 18):
            life.reason_ended = rng.choice(("E5", "E5", "E6", "E17" if life.ended_on >= D(2015, 4, 1) else "E5"))
        elif life.is_unaccompanied:
            life.reason_ended = rng.choice(("E8", "E15"))
    _adopted(lives)
    ages = (Age.PUPIL, Age.UNDER_FOUR)
    able = [life for life in leaving if not life.reason_ended and life.age in ages and _in_the_year(life)]
    for position, life in enumerate(rng.sample(able, figures.numerator("cla_ceased_sgo_pct"))):
        life.reason_ended = "E43" if position % 3 else "E44"
    for life in leaving:
        if not life.reason_ended:
            life.reason_ended = rng.choices(list(WAYS_OUT), list(WAYS_OUT.values()))[0]


def _in_the_year(life: Life) -> bool:
    return life.ended_on is not None and figures.YEAR_END >= life.ended_on >= MONTHS[0]


def _adopted(lives: list[Life]) -> None:
    """Adopted ones come besides: their way takes its days from the figures (adoption.py)."""
    months = [month for month, number in zip(MONTHS, ADOPTED_IN_MONTH, strict=True) for _ in range(number)]
    lives += adopted(months)


def _persons(lives: list[Life]) -> None:
    """Numbers, sex, ethnicity and home."""
    rng = stream("persons")
    rng.shuffle(lives)
    for number, life in enumerate(lives, start=1):
        life.number = number
        life.home_postcode = "" if life.is_unaccompanied else home_postcode(rng)
        life.legal_status = _legal_status(rng, life)
        life.need = (
            "N8" if life.is_unaccompanied else rng.choices(("N1", "N3", "N4", "N5", "N6"), (60, 6, 10, 18, 6))[0]
        )
    boys = _chosen(rng, lives, figures.numerator("cla_count", of="sex=male"))
    black = _chosen(rng, lives, figures.numerator("cla_count", of="ethnic_group=Black or Black British"))
    for life in lives:
        life.sex = "M" if life.number in boys else "F"
        life.ethnicity = rng.choice(("BCRB", "BAFR", "BAFR", "BOTH") if life.number in black else _others(life))
    able = [life for life in lives if life.is_starter and life.age is Age.PUPIL and not life.is_unaccompanied]
    for life in able[: figures.numerator("cla_new_previously_permanent_pct")]:
        life.previous_permanence = "P2"


def _legal_status(rng: Random, life: Life) -> str:
    if life.adoption:
        return "C2"
    if life.is_unaccompanied or life.age in (Age.SIXTEEN, Age.SEVENTEEN, Age.EIGHTEEN):
        return "V2" if life.is_unaccompanied or rng.random() < 0.6 else "C2"
    return rng.choices(("V2", "C1", "C2"), (35, 30, 35) if life.is_starter else (20, 5, 75))[0]


def _others(life: Life) -> tuple[str, ...]:
    if life.is_unaccompanied:
        return ("OOTH", "OOTH", "AOTH", "WOTH")
    return ("WBRI", "WBRI", "WBRI", "WOTH", "WIRI", "MWBC", "MWBC", "MWAS", "MOTH", "AIND", "APKN", "AOTH", "OOTH")


def _chosen(rng: Random, lives: list[Life], number: int) -> set[int]:
    """So many of those in care on 31 March 2017, most of the unaccompanied among them; elsewhere as often."""
    now = present(lives, figures.YEAR_END)
    ranked = sorted(now, key=lambda life: (rng.random() < 0.15) == life.is_unaccompanied)
    chosen = {life.number for life in ranked[:number]}
    elsewhere = (life for life in lives if not life.in_care(figures.YEAR_END))
    return chosen | {life.number for life in elsewhere if rng.random() < number / len(now)}
