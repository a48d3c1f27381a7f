"""The rows of each extract, as the source knew them at the end of its extract date: nothing that came after."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from childrens_warehouse.datasets import Coverage, Dataset, Source, annex_a, of_source
from childrens_warehouse.datasets.cin_census import CHILDREN
from childrens_warehouse.datasets.declaration import may_lack
from childrens_warehouse.reference import collection_year
from childrens_warehouse.simulate.extracts import education, health, social_care, ssda903
from childrens_warehouse.simulate.extracts.rows import SEX_AS_LETTER_FROM, Row, rendered
from childrens_warehouse.simulate.scenario import Scenario
from childrens_warehouse.simulate.world import World

_BUILDS = {**ssda903.TABLES, **social_care.TABLES, **health.TABLES, **education.TABLES}
# Lists in which little happens: the first night has them, and every Monday night.
WEEKLY = frozenset(
    {
        "ssda903_ad1",
        "ssda903_placed_for_adoption",
        "ssda903_previous_permanence",
        "ssda903_dolo",
        CHILDREN.name,
        annex_a.CONTACTS.name,
        "dental_checks",
        "immunisations",
        "sdq",
        "peps",
        "attainment",
    }
)


def tables(world: World, source: Source, night: dt.date, is_return: bool) -> Iterator[tuple[str, list[Row]]]:
    """Name and rows of every table of a folder: a night's, or a year-end return's, which holds the year's files only.

    Register marks are not among them: there are too many for rows (`simulate.attendance`).
    """
    for dataset in of_source(source):
        build = _BUILDS.get(dataset.name)
        if build is None or may_lack(dataset, collection_year(night)) or not world.scenario.delivers(dataset.name):
            continue
        if not (_is_of_a_return(dataset) if is_return else _is_of_a_night(dataset, night, world.scenario)):
            continue
        rows = build(world, night)
        # A system that has nothing to tell of a list sends none, unless the list is known to be empty at times.
        if rows or dataset.may_be_empty:
            yield dataset.name, rows


def has_census(night: dt.date, scenario: Scenario, is_return: bool) -> bool:
    """Has the folder a children-in-need census? It comes with all its lists or not at all."""
    return scenario.delivers(CHILDREN.name) and (is_return or _is_of_a_night(CHILDREN, night, scenario))


def has_inspection_lists(night: dt.date, scenario: Scenario, is_return: bool) -> bool:
    """Has the folder the workbook of an inspection's lists? It comes whole when one of them is asked for."""
    is_asked = any(scenario.delivers(dataset.name) for dataset in annex_a.DATASETS)
    return is_asked and not is_return and _is_of_a_night(annex_a.CONTACTS, night, scenario)


def _is_of_a_return(dataset: Dataset) -> bool:
    return dataset.coverage is Coverage.COLLECTION_YEAR


def _is_of_a_night(dataset: Dataset, night: dt.date, scenario: Scenario) -> bool:
    if dataset.name in WEEKLY:
        return night == scenario.first_night or night.weekday() == 0
    return dataset.name not in ssda903.YEARLY or ssda903.is_year_end(night)


__all__ = ["SEX_AS_LETTER_FROM", "Row", "rendered", "tables"]
