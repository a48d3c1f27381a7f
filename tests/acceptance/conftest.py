"""One night over the children of the report, and a night on which one of their histories is put right."""

from __future__ import annotations

import dataclasses

import pytest

from childrens_warehouse.run import NightResult, run_night
from childrens_warehouse.settings import Home, Settings
from childrens_warehouse.simulate import panel_report
from tests.acceptance.comparison import Compared, compare


@dataclasses.dataclass(frozen=True)
class Night:
    """A home in which the report's night was run, and what the comparison said then."""

    settings: Settings
    result: NightResult
    compared: tuple[Compared, ...]


@pytest.fixture(scope="session")
def night(tmp_path_factory: pytest.TempPathFactory) -> Night:
    settings = dataclasses.replace(Settings.from_environment(), home=Home(tmp_path_factory.mktemp("panel report")))
    settings.home.create()
    panel_report.write(settings.home.inbox, panel_report.draw())
    result = run_night(settings, panel_report.NIGHT)
    return Night(settings, result, compare(settings))
