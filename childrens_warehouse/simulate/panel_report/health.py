"""Health: initial and review assessments by month, dental checks, immunisations and questionnaires."""

from __future__ import annotations

import datetime as dt
from random import Random

from childrens_warehouse.simulate import terms
from childrens_warehouse.simulate.panel_report import figures
from childrens_warehouse.simulate.panel_report.lives import (
    NIGHT,
    YEAR_BEGINS,
    YEAR_ENDS,
    Age,
    Assessment,
    Life,
    day_between,
    present,
    stream,
)

D = dt.date
WEEK = dt.timedelta(days=7)

# Of the initial assessments seen in time by the trust's clock in each month from April 2016, those within 28 days of
# coming into care; the request of the others came late. April 2017 is another year.
WITHIN_28_DAYS = (8, 3, 11, 10, 10, 3, 8, 3, 9, 6, 12, 11, 5)
# Of those seen in April, May and June 2016, so many had come into care before the year began.
FROM_BEFORE = {D(2016, 4, 30): 10, D(2016, 5, 31): 5, D(2016, 6, 30): 8}
TRUST_WORKING_DAYS = 20
# Children under five need two assessments in the year; so many of them have one.
UNDER_FIVE_WITH_ONE = 2


def care_for(lives: list[Life]) -> None:
    """Assess, check and immunise everybody as the figures say."""
    assert sum(WITHIN_28_DAYS[:12]) == figures.numerator("iha_28_calendar_days_ytd_pct")
    _initial_assessments(lives)
    _review_assessments(lives)
    rng = stream("checks")
    cohort = [life for life in present(lives, YEAR_ENDS) if life.twelve_months(YEAR_ENDS)]
    checked = _some(rng, cohort, "dental_check_up_to_date_pct")
    immunised = _some(rng, cohort, "immunisations_up_to_date_pct")
    asked = [life for life in present(lives, YEAR_ENDS) if 4 <= life.years(YEAR_ENDS) <= 16]
    scored = _some(rng, asked, "sdq_completion_pct")
    everybody = [life for life in lives if life.age is not Age.LEAVER]
    others = {life.number for life in everybody} - {life.number for life in cohort}
    for life in everybody:
        first, last = max(life.started_on, YEAR_BEGINS), min(life.ended_on or NIGHT, YEAR_ENDS)
        before = life.started_on < D(2015, 10, 1)
        if first >= last:
            continue
        if before:
            life.dental_checks.append(day_between(rng, max(life.started_on, D(2015, 4, 1)), D(2016, 3, 31)))
        if life.number in checked or (life.number in others and rng.random() < 0.6):
            life.dental_checks.append(day_between(rng, first, last - terms.DAY))
        is_immunised = life.number in immunised or (life.number in others and rng.random() < 0.7)
        life.immunised.append((day_between(rng, first, last - terms.DAY), is_immunised))
        if life.number in scored:
            life.questionnaires.append((day_between(rng, first, last - terms.DAY), rng.randrange(3, 31)))
        elif before and life.years(D(2015, 10, 1)) >= 4:
            life.questionnaires.append((day_between(rng, D(2015, 10, 1), D(2016, 3, 31)), rng.randrange(3, 31)))


def _some(rng: Random, lives: list[Life], indicator: str) -> set[int]:
    assert len(lives) == figures.denominator(indicator)
    return {life.number for life in rng.sample(lives, figures.numerator(indicator))}


# ---------------------------------------------------------------- initial assessments


def _initial_assessments(lives: list[Life]) -> None:
    """By month seen: in time within 28 days of coming into care, in time because the request came late, and late."""
    rng = stream("initial assessments")
    waiting = sorted((life for life in lives if life.started_on >= YEAR_BEGINS), key=lambda life: life.started_on)
    before = sorted(
        (life for life in lives if D(2015, 11, 10) <= life.started_on < YEAR_BEGINS and life.in_care(D(2016, 6, 30))),
        key=lambda life: (not life.in_care(YEAR_ENDS), life.started_on),
    )
    for last, soon in zip(figures.days_of("iha_within_20wd_pct"), WITHIN_28_DAYS, strict=True):
        seen, in_time = figures.denominator("iha_within_20wd_pct", last), figures.numerator("iha_within_20wd_pct", last)
        first = last.replace(day=1)
        for _ in range(soon):
            life = next(life for life in waiting if _days_soon(life, first, last))
            days = _days_soon(life, first, last)
            seen_on = days[rng.randrange(len(days))]
            requested_on = day_between(rng, life.started_on + terms.DAY, min(life.started_on + WEEK, seen_on))
            _assess(life, "IHA", requested_on, seen_on)
            waiting.remove(life)
        late_requests, late = in_time - soon, seen - in_time
        from_before = [before.pop() for _ in range(FROM_BEFORE.get(last, 0))]
        able = from_before + [life for life in waiting if _days_later(life, first, last)]
        for position, life in enumerate(able[: late_requests + late]):
            is_late = position >= late_requests
            days = _days_later(life, first, last, 50 if is_late and life in from_before else 45 if is_late else 30)
            days = days or _days_later(life, first, last)
            seen_on = days[rng.randrange(len(days))]
            if is_late:
                requested_on = life.started_on + terms.DAY
            else:
                requested_on = terms.working_day_on_or_before(seen_on - dt.timedelta(days=rng.randrange(10, 24)))
            _assess(life, "IHA", requested_on, seen_on)
            if life in waiting:
                waiting.remove(life)
    _initial_before(rng, lives)


def _days_soon(life: Life, first: dt.date, last: dt.date) -> list[dt.date]:
    """Working days of a month on which the child could be seen within 28 days of coming into care."""
    return _working_days(life, max(first, life.started_on + 8 * terms.DAY), min(last, life.started_on + 26 * terms.DAY))


def _days_later(life: Life, first: dt.date, last: dt.date, after: int = 36) -> list[dt.date]:
    """Working days of a month more than so many days after coming into care: later than in time."""
    return _working_days(life, max(first, life.started_on + after * terms.DAY), last)


def _working_days(life: Life, first: dt.date, last: dt.date) -> list[dt.date]:
    last = min(last, (life.ended_on or NIGHT) - terms.DAY)
    days = (first + offset * terms.DAY for offset in range((last - first).days + 1))
    return [day for day in days if terms.working_day_on_or_before(day) == day]


def _assess(life: Life, kind: str, requested_on: dt.date, seen_on: dt.date, due_on: dt.date | None = None) -> None:
    due_on = due_on or terms.working_days_after(requested_on, TRUST_WORKING_DAYS)
    life.assessments.append(Assessment(kind, requested_on, due_on, seen_on))


def _initial_before(rng: Random, lives: list[Life]) -> None:
    """Whoever came before the year and was not seen in it had been seen soon after coming."""
    for life in lives:
        if life.started_on < YEAR_BEGINS and not life.assessments and life.age is not Age.LEAVER:
            seen_on = terms.working_day_on_or_before(life.started_on + dt.timedelta(days=rng.randrange(10, 26)))
            if D(2016, 4, 1) > seen_on > life.started_on:
                _assess(life, "IHA", life.started_on + terms.DAY, seen_on)


# ---------------------------------------------------------------- review assessments


def _review_assessments(lives: list[Life]) -> None:
    """By month seen, in time and late by the trust's own clock; so that the year's annual assessments come out."""
    rng = stream("review assessments")
    wanted = _wanted(rng, lives)
    months = figures.days_of("rha_on_time_pct")
    in_the_year = sum(figures.denominator("rha_on_time_pct", day) for day in months if day <= YEAR_ENDS)
    leaving = sorted((life for life in lives if _leaves(life)), key=lambda life: life.ended_on or NIGHT)
    of_leaving = in_the_year - len(wanted)
    # Small children who came in the year are seen again after some months.
    again = [life for life in lives if life.is_starter and life.years(YEAR_ENDS) < 6]
    for last in months:
        seen, in_time = figures.denominator("rha_on_time_pct", last), figures.numerator("rha_on_time_pct", last)
        first = last.replace(day=1)
        if last > YEAR_ENDS:
            wanted = [life for life in present(lives, last) if life.started_on < YEAR_BEGINS]
            rng.shuffle(wanted)
        for position in range(seen):
            # Whoever leaves is seen before; two in three are, while there are some.
            able = [life for life in leaving if _days_of_review(life, first, last)] if of_leaving else []
            if able and position % 3 < 2:
                life, of_leaving = able[0], of_leaving - 1
                leaving.remove(life)
            else:
                able = [life for life in wanted if _days_of_review(life, first, last)]
                life = able[0] if able else next(life for life in again if _days_of_review(life, first, last))
                (wanted if able else again).remove(life)
            days = _days_of_review(life, first, last)
            # Due in the month of the visit, so that whoever counts by what was due counts the same.
            if position < in_time:
                seen_on = days[rng.randrange(len(days) // 2 + 1)]
                due_on = min(last, seen_on + dt.timedelta(days=rng.randrange(0, 15)))
            else:
                seen_on = days[-1 - rng.randrange(len(days) // 3 + 1)]
                due_on = max(first, seen_on - dt.timedelta(days=rng.randrange(3, 9)))
            _assess(life, "RHA", first - dt.timedelta(days=rng.randrange(20, 40)), seen_on, due_on)
    _reviews_before(lives)


def _days_of_review(life: Life, first: dt.date, last: dt.date) -> list[dt.date]:
    """Working days from the second week on, some months after the assessment before."""
    after = max((each.seen_on for each in life.assessments), default=life.started_on) + dt.timedelta(days=120)
    if after > first:
        return []
    return _working_days(life, max(first + WEEK, after), last)


def _wanted(rng: Random, lives: list[Life]) -> list[Life]:
    """Of those in care for a year, whom the year's review assessments go to, each as often as named."""
    cohort = [life for life in present(lives, YEAR_ENDS) if life.twelve_months(YEAR_ENDS)]
    assert len(cohort) == figures.denominator("annual_health_assessment_pct")
    short = len(cohort) - figures.numerator("annual_health_assessment_pct")
    small = [life for life in cohort if life.years(YEAR_ENDS) < 5]
    seen = {life.number for life in cohort if any(each.seen_on >= YEAR_BEGINS for each in life.assessments)}
    older = [life for life in cohort if life not in small and life.number not in seen]
    rng.shuffle(older)
    with_one, with_two = small[:UNDER_FIVE_WITH_ONE], small[UNDER_FIVE_WITH_ONE:]
    once = older[short - UNDER_FIVE_WITH_ONE :] + [life for life in with_one if life.number not in seen]
    rng.shuffle(once)
    # The second visits of small children come some months after the first.
    return [*with_two, *once, *(life for life in with_two if life.number not in seen)]


def _leaves(life: Life) -> bool:
    """Leaves in the year, having been in care before it."""
    return life.started_on < YEAR_BEGINS and life.ended_on is not None and YEAR_BEGINS < life.ended_on <= YEAR_ENDS


def _reviews_before(lives: list[Life]) -> None:
    """The assessments of the years before, on about the same day."""
    for life in lives:
        reviews = [each for each in life.assessments if each.kind == "RHA"]
        if not reviews:
            continue
        first = min(reviews, key=lambda each: each.seen_on)
        seen_on = terms.working_day_on_or_before(terms.add_months(first.seen_on, -12))
        while seen_on > life.started_on + dt.timedelta(days=150) and seen_on > D(2010, 4, 1):
            if seen_on < YEAR_BEGINS:
                _assess(life, "RHA", seen_on - dt.timedelta(days=30), seen_on, seen_on + dt.timedelta(days=5))
            seen_on = terms.working_day_on_or_before(terms.add_months(seen_on, -12))
        life.assessments.sort(key=lambda each: each.seen_on)
