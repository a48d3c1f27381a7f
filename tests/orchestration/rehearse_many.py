"""Land two nights of three authorities with the real DAG and the real landing, and print what happened as JSON.

A program of its own, as rehearse.py is; test_many_authorities.py reads what it prints. In the first night a file of
302 makes the landing crash with words from a record, and the folder of 303 is late; in the second all is well.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import sys
from pathlib import Path
from typing import Any

from rehearse import NIGHT, rehearse

from childrens_warehouse.datasets import of_source
from childrens_warehouse.landing import night as landing
from childrens_warehouse.settings import Settings
from childrens_warehouse.simulate import Scenario, simulate

HEALTH = frozenset(dataset.name for dataset in of_source("health"))
CRASHES = ("302", "patients.csv")


class Nobody:
    """Stands for the stage of rehearse.py: nothing is replaced."""

    calls: dict[str, int] = {}  # noqa: RUF012
    late, unlanded, unlisted = None, None, None


def main(results: Path) -> None:
    inbox = Settings.from_environment().home.create().inbox
    for authority in ("301", "302", "303"):
        night = dt.date.fromisoformat(NIGHT)
        few = Scenario(night=night, nights=1, children=40, pupils=40, datasets=HEALTH, returns=0, dirt=False)
        simulate(inbox, dataclasses.replace(few, authority=authority))
    manifest = inbox / "303/health" / NIGHT / "_manifest.json"
    aside = manifest.rename(inbox.parent / "manifest-that-comes-later.json")
    land = landing.land

    def crash(settings: Settings, delivery: landing.Delivery, run_id: str) -> Any:
        if (delivery.authority, delivery.file_name) == CRASHES:
            raise RuntimeError("Mary Example, born 2010-03-04")
        return land(settings, delivery, run_id)

    landing.land = crash
    told = {"first": rehearse("land_health", {"extract_date": NIGHT, "wait": False}, Nobody())}
    landing.land = land
    aside.rename(manifest)
    told["second"] = rehearse("land_health", {"extract_date": NIGHT, "wait": False}, Nobody())
    results.write_text(json.dumps(told), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
