"""A file that the machine failed to land, not one that was refused, is taken up again by the next run."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest

from childrens_warehouse.landing import night as landing
from childrens_warehouse.settings import Home, Settings
from childrens_warehouse.simulate import Scenario, simulate
from tests.conftest import FEW_DATASETS

NIGHT = dt.date(2017, 5, 31)
NEXT = dt.date(2017, 6, 1)


@pytest.fixture
def settings(tmp_path):
    settings = dataclasses.replace(Settings.from_environment(), home=Home(tmp_path / "home"))
    few = Scenario(night=NIGHT, nights=1, children=12, pupils=40, attendance_days=5, datasets=FEW_DATASETS)
    simulate(settings.home.create().inbox, few)
    return settings


def land_all_but(settings, lost):
    deliveries = landing.expect(settings, "education", NIGHT, "310", "first")
    assert {delivery.file_name for delivery in deliveries} > lost
    for delivery in deliveries:
        if delivery.file_name not in lost:
            landing.land(settings, delivery, "first")
    unlanded = {(each.authority, each.extract_date) for each in deliveries if each.file_name in lost}
    landing.close(settings, "education", NIGHT, "first", [], unlanded)


def expected_next(settings):
    return {delivery.file_name for delivery in landing.expect(settings, "education", NEXT, "310", "second")}


def test_its_folder_stays_open(settings):
    land_all_but(settings, lost={"pupils.csv"})
    assert "pupils.csv" in expected_next(settings)


def test_a_folder_that_is_landed_is_not_expected_again(settings):
    land_all_but(settings, lost=set())
    assert expected_next(settings) == set()
