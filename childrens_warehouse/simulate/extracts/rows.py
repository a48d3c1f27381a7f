"""What all extracts share: rows, and how their cells are spelt."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable

from childrens_warehouse.datasets import BY_NAME, Dataset
from childrens_warehouse.simulate.world import Case, World

Value = str | int | dt.date | dt.datetime | None
Row = dict[str, Value]
Build = Callable[[World, dt.date], list[Row]]

SEX_AS_LETTER_FROM = dt.date(2024, 4, 1)
# Of children newly in care, the share whose UPN social care does not have at once.
UPN_LATE = 0.3


def sex_code(sex: str, night: dt.date) -> str:
    """Letters from collection year 2025 on, figures before."""
    return sex if night >= SEX_AS_LETTER_FROM else {"M": "1", "F": "2"}[sex]


def yes_no(value: bool | None) -> str:
    return "" if value is None else "Y" if value else "N"


def upn_known(world: World, case: Case, night: dt.date) -> str:
    """The child's UPN, or why there is none yet: under school age, educated abroad, or not yet found out."""
    child = case.child
    started_on = child.first_started_on
    if night < dt.date(child.reception_year, 9, 1):
        return "UN1"
    rng = world.scenario.stream("upn", child.number)
    if child.unaccompanied_until:
        # Those past compulsory school age when they come never get one.
        is_pupil = started_on < dt.date(child.reception_year + 11, 6, 1)
        found_out = started_on + dt.timedelta(days=rng.randrange(50, 90))
        return child.upn if is_pupil and night >= found_out else "UN3"
    if rng.random() < UPN_LATE and night < started_on + dt.timedelta(days=rng.randrange(2, 8)):
        return "UN4"
    return child.upn


def rendered(name: str, rows: Iterable[Row]) -> list[list[str]]:
    """The cells of a table as its file spells them, in the declared order of columns."""
    dataset = BY_NAME[name]
    columns = [column.name for column in dataset.columns]
    spell = _spelling(dataset)
    return [[spell(row[column]) for column in columns] for row in rows]


def _spelling(dataset: Dataset) -> Callable[[Value], str]:
    days: dict[dt.date, str] = {}

    def spell(value: Value) -> str:
        if isinstance(value, str):
            return value
        if value is None:
            return ""
        if isinstance(value, int):
            return str(value)
        if isinstance(value, dt.datetime):
            return value.isoformat(timespec="minutes")
        # The same days come over and over, and formatting one is slow.
        if value not in days:
            days[value] = value.strftime(dataset.date_format)
        return days[value]

    return spell
