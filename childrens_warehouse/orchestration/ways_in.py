"""The tasks that fetch what is configured in `ways_in.toml`, and the program behind `warehouse ways-in`.

python -m childrens_warehouse.orchestration.ways_in --date 2017-05-31
"""

from __future__ import annotations

import argparse
import datetime as dt
from typing import Any

from airflow.sdk import PokeReturnValue, task

from childrens_warehouse.observing.logs import say, spoken
from childrens_warehouse.orchestration.dates import is_past_cut_off
from childrens_warehouse.orchestration.house import LONG, SETTINGS, run_at
from childrens_warehouse.settings import Settings


@task
def list_ways_in(source: str) -> list[str]:
    """The authorities whose files are fetched; none where everything comes by folder."""
    from childrens_warehouse.landing import ways_in

    return list(ways_in.authorities(Settings.from_environment(), source))


@task.sensor(
    mode="reschedule",  # holds no worker between two looks
    poke_interval=SETTINGS.poll.total_seconds(),
    # The cut-off ends the waiting; this ends a sensor that lost count.
    timeout=(max(SETTINGS.cut_offs.values()) + dt.timedelta(hours=2)).total_seconds(),
    execution_timeout=LONG,
    map_index_template="{{ task.op_kwargs['authority'] }}",
)
def fetch(source: str, night: str, authority: str, *, params: dict[str, Any]) -> PokeReturnValue:
    """Fetch the night into the inbox. What cannot be had by the cut-off makes the authority late; that is no error."""
    from childrens_warehouse.landing import ways_in
    from childrens_warehouse.landing.night import is_skipped
    from childrens_warehouse.orchestration import fetching

    settings = Settings.from_environment()
    ways = ways_in.of(settings, authority, source)
    # taken out of the configuration since the run began, or left out of this night
    if ways is None or is_skipped(settings, authority, source, dt.date.fromisoformat(night)):
        return PokeReturnValue(True, {"authority": authority, "problems": []})
    is_last_look = not params["wait"] or is_past_cut_off(settings, source, run_at(), dt.datetime.now(dt.UTC))
    found = fetching.fetch(settings, ways, dt.date.fromisoformat(night), is_last_look)
    say(f"{authority}: {len(found.transferred)} files of {source} for {night} came over.")
    for problem in found.problems:
        say(f"{authority}: {problem}")
    return PokeReturnValue(
        is_last_look or not found.waits,
        {"authority": authority, "problems": found.problems},
    )


def main(argv: list[str] | None = None) -> int:
    """Try what is configured, a line each; 1 when something did not answer."""
    from childrens_warehouse.orchestration import fetching

    parser = argparse.ArgumentParser(prog="ways_in")
    parser.add_argument("--date", type=dt.date.fromisoformat, required=True)
    night = parser.parse_args(argv).date
    return 0 if fetching.check(Settings.from_environment(), night, say) else 1


if __name__ == "__main__":
    with spoken():
        raise SystemExit(main())
