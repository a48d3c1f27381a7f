"""Where the children live: types on 28 February and 30 April, moves in the year, stability, and how far from home.

Nobody moves between 21 February and 30 April but whom the tables say, so that the placements of 28 February are those
of 31 March, and April's moves count in no year that the figures speak of.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from random import Random

from childrens_warehouse.simulate import terms
from childrens_warehouse.simulate.panel_report import figures, places
from childrens_warehouse.simulate.panel_report.lives import (
    YEAR_BEGINS,
    YEAR_ENDS,
    Age,
    Life,
    Placement,
    Stay,
    day_between,
    present,
    stream,
)

D = dt.date
FEBRUARY, APRIL = D(2017, 2, 28), D(2017, 4, 30)
LAST_MOVE = D(2017, 2, 20)

# What the report calls them, and what the return does: places.placement has the kinds.
KINDS = {
    "Placed for Adoption": "A6",
    "Foster Carer - Inhouse": "own",
    "Foster Carer - Agency": "agency",
    "Residential - Non Children's Homes": "R1",
    "Secure Unit": "K1",
    "Young Offenders Institution or Prison": "R5",
    "Placed with Parents": "P1",
    "Semi Independent / Independent Living": "H5",
    "Residential Schools": "S1",
    "Children's Homes": "K2",
    "NHS/Health Trust/other establishment providing medical care": "R2",
    "Family Centre or Mother and Baby Unit": "R3",
    "Temporary placement": "T1",
}
# Rarest first: who may live there is found in this order.
UNUSUAL = ("R3", "R5", "K1", "S1", "R2", "K2", "R1", "H5")
OLDER = (Age.SIXTEEN, Age.SEVENTEEN, Age.EIGHTEEN)

# Of the long-term cohort that is not in one placement for two years: how many had three placements in the year, two,
# and one, having moved in the year before. Of the others in care since 31 March 2016: three, and two.
LONG_TERM_BEGAN, LONG_TERM_SINCE = D(2014, 10, 1), D(2015, 4, 1)
UNSETTLED = {3: 6, 2: 5, 1: 4}
STOCK_MOVES = {3: 5, 2: 6}
# Starters of the year placed far away who have left again.
FAR_AND_LEFT = 4
WITH_PARENTS_AND_LEFT = 2
HOSPITAL_STAYS = (D(2016, 5, 16), D(2016, 8, 8), D(2016, 10, 3), D(2016, 12, 5), D(2017, 1, 16))


def place(lives: list[Life]) -> None:
    """Give every child its placements."""
    rng = stream("placements")
    kinds, later = _kinds(rng, lives)
    moves = _moves(rng, lives)
    far = _far(rng, lives, kinds, moves)
    for life in lives:
        kind = kinds.get(life.number) or _usual(rng, life)
        life.stays = _stays(life.stream("stays"), life, kind, moves.get(life.number, 1), life.number in far)
        if life.number in later:
            moved_on = day_between(rng, D(2017, 4, 4), D(2017, 4, 27))
            life.stays.append(Stay(moved_on, places.placement(rng, later[life.number])))
    _grown_up(lives)
    _unsettled_before(rng, lives, moves)
    _in_hospital(rng, lives, kinds, moves)
    _with_parents(rng, lives, far)


def _targets(day: dt.date) -> Counter[str]:
    labels = figures.members("cla_count", day, "placement_type")
    return Counter({KINDS[label]: number for label, number in labels.items()})


def _fits(life: Life, kind: str) -> bool:
    if life.adoption or _is_long_term(life):
        return kind == "S1" and not life.adoption
    years = life.years(FEBRUARY)
    return {
        "R3": years < 4,
        "R5": years >= 16 and not life.is_unaccompanied,
        "K1": 13 <= years < 16,
        "S1": 9 <= years < 17 and not life.is_unaccompanied,
        "R2": years >= 10 and not life.is_unaccompanied,
        "K2": years >= 10,
        "R1": years >= 12,
        "H5": years >= 16,
        "A6": False,
    }.get(kind, True)


def _usual(rng: Random, life: Life) -> str:
    if life.age in OLDER and rng.random() < 0.4:
        return "H5"
    return "own" if rng.random() < 0.75 else "agency"


def _kinds(rng: Random, lives: list[Life]) -> tuple[dict[int, str], dict[int, str]]:
    """Kind of the placement on 28 February, or of the first one after it; and of those who move in April."""
    target = _targets(FEBRUARY)
    now = present(lives, FEBRUARY)
    # The child in hospital that day lives with one of the council's own carers.
    target["own"] += target.pop("T1")
    kinds = {life.number: "A6" for life in now if life.adoption and life.adoption.placed_on <= FEBRUARY}
    left = [life for life in now if life.number not in kinds]
    rng.shuffle(left)
    for kind in UNUSUAL:
        able = [life for life in left if _fits(life, kind)]
        if kind == "H5":
            able.sort(key=lambda life: not life.is_unaccompanied)
        for life in able[: target[kind]]:
            kinds[life.number] = kind
            left.remove(life)
    # Who is to move to adopters in March, or is with family of the council's choice, is with its own carers.
    left.sort(key=lambda life: life.adoption is None)
    for position, life in enumerate(left):
        kinds[life.number] = "own" if position < target["own"] else "agency"
    return kinds, _after_february(rng, lives, kinds)


def _after_february(rng: Random, lives: list[Life], kinds: dict[int, str]) -> dict[int, str]:
    """Who came in March and April, into `kinds`; and who moves in April so that 30 April comes out."""
    target = _targets(APRIL)
    staying = [life for life in present(lives, APRIL) if life.number in kinds]
    new = [life for life in present(lives, APRIL) if life.number not in kinds]
    rng.shuffle(new)
    found = {life.number: "A6" if life.adoption else kinds[life.number] for life in staying}
    later: dict[int, str] = {}
    able_to_move = [life for life in staying if not life.adoption and not _is_long_term(life)]
    rng.shuffle(able_to_move)

    def need(kind: str) -> int:
        return target[kind] - Counter(found.values())[kind] - sum(kinds.get(life.number) == kind for life in new)

    def move(source: tuple[str, ...], kind: str) -> None:
        life = next(each for each in able_to_move if found[each.number] in source and _fits(each, kind))
        able_to_move.remove(life)
        later[life.number] = found[life.number] = kind

    for kind in UNUSUAL:
        while need(kind) < 0:
            move((kind,), "own")
        while need(kind) > 0:
            fitting = [life for life in new if life.number not in kinds and _fits(life, kind)]
            if fitting:
                kinds[fitting[0].number] = kind
            else:
                move(("own", "agency"), kind)
    while need("agency") < 0:
        move(("agency",), "own")
    while need("own") < 0:
        move(("own",), "agency")
    for life in new:
        if life.number not in kinds:
            kinds[life.number] = "own" if need("own") > 0 else "agency"
    return later


def _is_long_term(life: Life) -> bool:
    return life.years(YEAR_ENDS) < 16 and life.started_on <= LONG_TERM_BEGAN and life.in_care(YEAR_ENDS)


def _moves(rng: Random, lives: list[Life]) -> dict[int, int]:
    """Placements in the year of those in care on 31 March; one of everybody else there."""
    three, two = figures.numerator("cla_three_plus_placements_pct"), figures.numerator("cla_two_moves_watchlist")
    now = present(lives, YEAR_ENDS)
    rng.shuffle(now)
    moves = {life.number: 2 for life in now if life.adoption and life.adoption.placed_on > YEAR_BEGINS}
    long_term = [life for life in now if _is_long_term(life)]
    settled = figures.numerator("cla_long_term_stability_pct")
    unsettled = iter(long_term[settled:])
    for number, count in UNSETTLED.items():
        moves |= {next(unsettled).number: number for _ in range(count)}
    stock = [life for life in now if not life.is_starter and not life.adoption and not _is_long_term(life)]
    stock = [life for life in stock if life.started_on < D(2016, 4, 1)]
    for number, count in STOCK_MOVES.items():
        moves |= {stock.pop().number: number for _ in range(count)}
    new = sorted(
        (life for life in now if life.is_starter and life.started_on < D(2017, 1, 9)),
        key=lambda life: (life.started_on > D(2016, 11, 30), rng.random()),
    )
    had = Counter(moves.values())
    for number, count in ((3, three - had[3]), (2, two - had[2])):
        moves |= {new.pop(0).number: number for _ in range(count)}
    return moves


def _far(rng: Random, lives: list[Life], kinds: dict[int, str], moves: dict[int, int]) -> set[int]:
    """Who is placed more than twenty miles from home at the end of the year, or was when leaving."""
    rather = ("K1", "R5", "S1", "K2", "R1", "agency", "H5", "own", "R2", "R3")
    able = [life for life in lives if not life.is_unaccompanied and not life.adoption]
    now = sorted(present(able, YEAR_ENDS), key=lambda life: (rather.index(kinds[life.number]), rng.random()))
    # Most of those far away are in homes and with agencies, and some are not.
    now = sorted(now, key=lambda life: rng.random() < 0.4)
    of_starters = figures.numerator("cla_new_over_20_miles_pct") - FAR_AND_LEFT
    starters = [life for life in now if life.is_starter][:of_starters]
    stock = [life for life in now if not life.is_starter][: figures.numerator("cla_over_20_miles_pct") - of_starters]
    gone = [life for life in able if life.is_starter and life.ended_on and life.ended_on <= YEAR_ENDS]
    return {life.number for life in (*starters, *stock, *rng.sample(gone, FAR_AND_LEFT))}


def _stays(rng: Random, life: Life, kind: str, number: int, is_far: bool) -> list[Stay]:
    """Placements from the first day on: the last is of the kind, those before are with foster carers."""
    if life.adoption:
        first = places.placement(rng, "own")
        return [Stay(life.started_on, first), Stay(life.adoption.placed_on, places.placement(rng, "A6"))]
    first_move = max(life.started_on, YEAR_BEGINS) + dt.timedelta(days=8)
    span = (LAST_MOVE - first_move).days
    days = [first_move + dt.timedelta(days=span * part // number + rng.randrange(8)) for part in range(number - 1)]
    found = [
        Stay(day, places.placement(rng, rng.choice(("own", "own", "agency"))))
        for day in [life.started_on, *days][: number - 1]
    ]
    last = places.placement(rng, "P2" if kind == "H5" and rng.random() < 0.2 else kind, is_far)
    return [*found, Stay(days[-1] if days else life.started_on, last)]


def _unsettled_before(rng: Random, lives: list[Life], moves: dict[int, int]) -> None:
    """Of the long-term cohort, those whose only placement of the year began in the year before."""
    long_term = [life for life in lives if _is_long_term(life) and moves.get(life.number) == 1]
    for life in long_term:
        before = Stay(life.started_on, places.placement(rng, "own"))
        life.stays[0].started_on = day_between(rng, LONG_TERM_SINCE + dt.timedelta(days=40), D(2016, 3, 10))
        life.stays.insert(0, before)


def _grown_up(lives: list[Life]) -> None:
    """Who lives on their own today came as a child to foster carers, and moved out before the year began."""
    for life in lives:
        first = life.stays[0]
        if first.placement.place not in ("H5", "P2") or life.years(life.started_on) >= 15:
            continue
        rng = life.stream("moving out")
        of_age = max(terms.add_months(life.born_on, 12 * 15), life.started_on) + dt.timedelta(days=30)
        first.started_on = day_between(
            rng, min(of_age, D(2016, 3, 1)), min(of_age + dt.timedelta(days=200), D(2016, 3, 24))
        )
        life.stays.insert(0, Stay(life.started_on, places.placement(rng, "own")))


def _in_hospital(rng: Random, lives: list[Life], kinds: dict[int, str], moves: dict[int, int]) -> None:
    """A week away and back to the same carers is no move; one child is away on 28 February."""
    able = [
        life
        for life in lives
        if life.started_on < YEAR_BEGINS
        and life.in_care(APRIL)
        and kinds[life.number] == "own"
        and moves.get(life.number, 1) == 1
        and len(life.stays) == 1
    ]
    for life, went_on in zip(rng.sample(able, 1 + len(HOSPITAL_STAYS)), (D(2017, 2, 25), *HOSPITAL_STAYS), strict=True):
        placement: Placement = life.stays[0].placement
        back_on = went_on + dt.timedelta(days=5)
        life.stays += [Stay(went_on, places.temporary(rng)), Stay(back_on, placement)]


def _with_parents(rng: Random, lives: list[Life], far: set[int]) -> None:
    """Some of the starters go home on a care order for their last weeks in care."""
    able = [
        life
        for life in lives
        if life.is_starter
        and life.age is Age.PUPIL
        and life.number not in far
        and life.ended_on
        and life.ended_on < FEBRUARY
        and (life.ended_on - life.started_on).days > 60
        and life.reason_ended in ("E4A", "E4B")
    ]
    for life in able[:WITH_PARENTS_AND_LEFT]:
        assert life.ended_on is not None
        life.legal_status, life.reason_ended = "C1", "E4A"
        life.stays.append(Stay(life.ended_on - dt.timedelta(days=24), places.placement(rng, "P1")))
