"""Invented councils, large and small: the indicators of some years, with everything that links one to another."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd

from childrens_warehouse.disclosure.figures import start_of
from tests.disclosure.attack import Knowledge

GROUPS = {
    "own foster carer": "foster", "agency foster carer": "foster", "relative": "foster",
    "children's home": "residential", "secure home": "residential", "parents": "parents", "adopters": "adopters",
}  # fmt: skip
CHANCES = {
    "sex": {"female": 0.45, "male": 0.549, "unknown": 0.001},
    "age_band": {"under 1": 0.05, "1 to 4": 0.13, "5 to 9": 0.2, "10 to 15": 0.37, "16+": 0.25},
    "ethnic_group": {"white": 0.5, "black": 0.2, "asian": 0.16, "mixed": 0.12, "other": 0.02, "unknown": 0.0},
    "placement_type": dict(zip(GROUPS, (0.36, 0.33, 0.1, 0.12, 0.01, 0.04, 0.04), strict=True)),
    "unaccompanied": {"yes": 0.07, "no": 0.93},
}
PERIODS = ("month", "quarter", "year_to_date", "rolling_12_months")

KNOWLEDGE = Knowledge(
    events=frozenset({"cla_started", "cla_ceased", "missing", "reviews", "reviews_on_time_pct", "started_per_10k"}),
    same=[
        (("cla_count", "numerator"), ("health_pct", "denominator")),
        (("cla_count", "numerator"), ("dental_pct", "denominator")),
        (("cla_count", "numerator"), ("no_dental_pct", "denominator")),
        (("dental_pct", "numerator"), ("dental_count", "numerator")),
        (("dental_pct", "rest"), ("no_dental_pct", "numerator")),
        (("health_pct", "numerator"), ("healthy_dental_pct", "denominator")),
        (("reviews", "numerator"), ("reviews_on_time_pct", "denominator")),
        (("cla_started", "numerator"), ("started_per_10k", "numerator")),
    ],
    groups=GROUPS,
    flows=[("cla_count", "cla_started", "cla_ceased")],
)


def month_ends(first: dt.date, number: int) -> list[dt.date]:
    return [each.date() for each in pd.date_range(first, periods=number, freq="ME")]


def council(seed: int, children: int, months: int = 15) -> pd.DataFrame:
    """The open table of a council that looks after about so many children."""
    random = np.random.default_rng(seed)
    shown = month_ends(dt.date(2016, 1, 1), months)
    opening = dt.date(2014, 3, 31)
    people = _people(random, children, opening, shown[-1])
    rows: list[dict] = []
    for day in shown:
        here = people[(people["came"] <= day) & (people["went"].isna() | (people["went"] > day))]
        healthy, dental = here["healthy"] <= day, here["dental"] <= day
        for name, part, of in (
            ("cla_count", None, None),
            ("health_pct", healthy, None),
            ("dental_pct", dental, None),
            ("no_dental_pct", ~dental, None),
            ("healthy_dental_pct", dental & healthy, healthy),
        ):
            rows += _state(name, day, here, part, of)
        rows += _state("dental_count", day, here[dental], None, None)
    rows += _flows(people, shown)
    rows += _events(random, people, shown)
    frame = pd.DataFrame(rows)
    frame["definition_version"] = 1
    frame["authority_code"] = "310"
    return frame


def _people(random: np.random.Generator, children: int, opening: dt.date, last: dt.date) -> pd.DataFrame:
    days = (last - opening).days
    arrivals = max(int(children * 0.55 * days / 365), 1)
    number = children + arrivals
    came = np.concatenate([np.zeros(children, int), random.integers(1, days, arrivals)])
    stay = random.exponential(650, number).astype(int) + 3
    people = pd.DataFrame(
        {name: random.choice(list(chances), number, p=np.array(list(chances.values())) / sum(chances.values()))
         for name, chances in CHANCES.items()}
    )  # fmt: skip
    people["placement_group"] = people["placement_type"].map(GROUPS)
    start = np.datetime64(opening)
    people["came"] = (start + came.astype("timedelta64[D]")).astype(object)
    went = (start + (came + stay).astype("timedelta64[D]")).astype(object)
    people["went"] = [day if day <= last else None for day in went]
    for name, usual in (("healthy", 300), ("dental", 450)):
        after = random.exponential(usual, number).astype(int)
        people[name] = (start + (came + after).astype("timedelta64[D]")).astype(object)
    return people


def _state(name: str, day: dt.date, here: pd.DataFrame, part, of) -> Iterator[dict]:
    is_share = part is not None
    whole = here if of is None else here[of]
    counted = here[part] if is_share else whole
    for dimension, member, chosen in _members():
        numerator = int(chosen(counted).sum())
        yield {
            "indicator_id": name, "unit": "percent" if is_share else "count", "is_of_events": False, "as_at": day,
            "period": "snapshot", "dimension": dimension, "member": member, "numerator": numerator,
            "denominator": int(chosen(whole).sum()) if is_share else None,
        }  # fmt: skip


def _members() -> Iterator[tuple[str, str, Callable[[pd.DataFrame], pd.Series]]]:
    yield "all", "all", lambda frame: pd.Series(True, frame.index)
    for dimension, chances in CHANCES.items():
        for member in chances:
            yield dimension, member, lambda frame, d=dimension, m=member: frame[d] == m
    for group in dict.fromkeys(GROUPS.values()):
        yield "placement_group", group, lambda frame, g=group: frame["placement_group"] == g


def _flows(people: pd.DataFrame, shown: list[dt.date]) -> Iterator[dict]:
    # who went on a day is not there that day, who came is
    coming = people.assign(day=people["came"], on_time=True)
    going = people[people["went"].notna()].assign(day=lambda frame: frame["went"], on_time=True)
    yield from _by_period("cla_started", "count", coming, shown)
    yield from _by_period("started_per_10k", "per_10k", coming, shown)
    yield from _by_period("cla_ceased", "count", going, shown)


def _events(random: np.random.Generator, people: pd.DataFrame, shown: list[dt.date]) -> Iterator[dict]:
    first, last = dt.date(2014, 12, 31), shown[-1]
    days = (last - first).days
    for name, per_child in (("missing", 0.8), ("reviews", 2.0)):
        number = int(len(people) * per_child * days / 365 * 0.6)
        happened = people.iloc[np.sort(random.choice(len(people), number))].reset_index(drop=True)
        later = random.integers(1, days, number).astype("timedelta64[D]")
        happened["day"] = (np.datetime64(first) + later).astype(object)
        happened["on_time"] = random.random(number) < 0.85
        yield from _by_period(name, "count", happened.assign(on_time=True), shown)
        if name == "reviews":
            yield from _by_period("reviews_on_time_pct", "percent", happened, shown)


def _by_period(name: str, unit: str, events: pd.DataFrame, shown: list[dt.date]) -> Iterator[dict]:
    for day in shown:
        for period in PERIODS:
            if period == "quarter" and day.month % 3:
                continue
            start = start_of(day, period)
            inside = events[(events["day"] > start) & (events["day"] <= day)]
            for dimension, member, chosen in _members():
                here = inside[chosen(inside)]
                yield {
                    "indicator_id": name, "unit": unit, "is_of_events": True, "as_at": day, "period": period,
                    "dimension": dimension, "member": member, "numerator": int(here["on_time"].sum()),
                    "denominator": len(here) if unit == "percent" else 60000 if unit == "per_10k" else None,
                }  # fmt: skip
