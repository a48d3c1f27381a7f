"""The lists of an inspection (Annex A): what is open on the night, and what happened in the six months before it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from functools import lru_cache

from childrens_warehouse.datasets import Dataset
from childrens_warehouse.datasets import annex_a as lists
from childrens_warehouse.reference import code_list
from childrens_warehouse.simulate.extracts.inspection import adoption, care, need
from childrens_warehouse.simulate.extracts.inspection.known import Night
from childrens_warehouse.simulate.extracts.rows import Row, Value
from childrens_warehouse.simulate.world import World

# As the template has them: a letter, and what it stands for. Other codes are written bare.
LETTERED = ("ANNEX_A_GENDER", "YES_NO", "ABUSE")

_BUILDS: dict[str, Callable[[Night], Iterator[Row]]] = {
    lists.CONTACTS.name: need.contacts,
    lists.EARLY_HELP.name: need.early_help,
    lists.REFERRALS.name: need.referrals,
    lists.ASSESSMENTS.name: need.assessments,
    lists.SECTION_47.name: need.enquiries,
    lists.CHILDREN_IN_NEED.name: need.children_in_need,
    lists.PROTECTION_PLANS.name: need.protection_plans,
    lists.CHILDREN_IN_CARE.name: care.children_in_care,
    lists.CARE_LEAVERS.name: care.care_leavers,
    lists.ADOPTION.name: adoption.adoption,
    lists.ADOPTERS.name: adoption.adopters,
}


def tables(world: World, night: dt.date) -> Iterator[tuple[str, list[Row]]]:
    """Name and rows of every list, in the order of their numbers."""
    told = Night(world, night)
    for dataset in lists.DATASETS:
        spelt = _spelt(dataset)
        yield dataset.name, [spelt(row) for row in _BUILDS[dataset.name](told)]


def _spelt(dataset: Dataset) -> Callable[[Row], Row]:
    """From a row by the names that raw has to one by those of the template, with codes as the template spells them."""
    named = [(column.name, column.raw_name or column.name) for column in dataset.columns]
    lettered = {column.name: _letters(column.code_list) for column in dataset.columns if column.code_list in LETTERED}

    def spelt(row: Row) -> Row:
        found: dict[str, Value] = {name: row[key] for name, key in named}
        for name, letters in lettered.items():
            found[name] = letters.get(str(found[name]), found[name])
        return found

    return spelt


@lru_cache
def _letters(list_name: str) -> dict[str, str]:
    return {each.code: f"{'abcdefgh'[place]}) {each.label}" for place, each in enumerate(code_list(list_name))}
