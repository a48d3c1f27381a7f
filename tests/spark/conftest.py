"""Two homes with the same nights in raw, one built by DuckDB and one by Spark. `make test-spark` runs these."""

from __future__ import annotations

import dataclasses
import datetime as dt
import shutil
import subprocess
from pathlib import Path

import pytest

from childrens_warehouse.run import land_night
from childrens_warehouse.settings import Home, Settings, SparkSettings
from childrens_warehouse.simulate import Scenario, simulate

NIGHTS = (dt.date(2017, 5, 30), dt.date(2017, 5, 31))
# Of a few hundred rows Java spends more on compiling code for a query than the query takes without.
SMALL = {"spark.sql.codegen.wholeStage": "false", "spark.sql.adaptive.enabled": "false"}


@dataclasses.dataclass(frozen=True)
class Engines:
    """The same home twice."""

    duckdb: Settings
    spark: Settings

    @property
    def both(self) -> tuple[Settings, Settings]:
        return self.duckdb, self.spark

    def land(self, night: dt.date) -> None:
        """Landed once: raw is the same, byte for byte, whichever engine reads it."""
        land_night(self.duckdb, night, f"land {night}")
        for folder in ("raw", "restricted", "archive"):
            shutil.rmtree(self.spark.home.root / folder, ignore_errors=True)
            subprocess.run(["cp", "-a", self.duckdb.home.root / folder, self.spark.home.root / folder], check=True)
        shutil.copy(self.duckdb.home.ledger, self.spark.home.ledger)


@pytest.fixture(scope="session")
def engines(tmp_path_factory: pytest.TempPathFactory) -> Engines:
    pytest.importorskip("pyspark", reason="make test-spark installs it, in an environment of its own")
    folder: Path = tmp_path_factory.mktemp("engines")
    settings = Settings.from_environment()
    found = Engines(
        dataclasses.replace(settings, home=Home(folder / "duckdb").create()),
        dataclasses.replace(
            settings, home=Home(folder / "spark").create(), target="spark", spark=SparkSettings(options=SMALL)
        ),
    )
    scenario = Scenario(night=NIGHTS[-1], nights=len(NIGHTS), children=30, pupils=80, attendance_days=30)
    simulate(found.duckdb.home.inbox, scenario)
    return found
