"""Land what the schools' system delivered for one night: pupils, schools, enrolments and attendance.

Every authority with a folder in the inbox is waited for on its own. After the cut-off the night goes on
without those that are late: what they delivered before stays in force, and the asset `landed_education`
says as of when. Each file is taken in whole or refused whole; earlier folders that arrived late are taken
in as well. Running it again changes nothing that is landed already.

**By hand:** trigger with `extract_date` to land a given night; switch `wait` off to go on without
waiting.

**Triage**

- `raise_alarm` red: the run did its work, and something needs a person. Its message names every file that
  was refused and every authority that was late, and what to do. Refused: send rule and reason to the
  supplier; the corrected file is taken in by the next run. Do not clear the task: the same file is
  refused again.
- `land_files` red, one task for each authority: some of its files failed for a reason that is not in them
  (disk, key, a fault of ours). The log says which and why; its others are landed. Put it right; the next run
  takes them up again. Sooner: clear the task, then trigger `build_warehouse`, which starts by itself only
  when all three sources were landed.
- `fetch`, `wait_for_folder` grey: they wait, and hold no worker meanwhile. `fetch` pink: nothing is to be fetched.
- `run_missed_nights`: one run for each night that the scheduler was away for, oldest first; pink: there was none.
- `list_ways_in` red: `ways_in.toml` cannot be read, so nothing is fetched; its log says what is wrong, and
  `warehouse ways-in` tries what is configured. What lies in the inbox is landed. Trigger the DAG again.
"""

from __future__ import annotations

from airflow.sdk import dag

from childrens_warehouse.datasets import Source
from childrens_warehouse.orchestration.assets import LANDED
from childrens_warehouse.orchestration.house import HOUSE, Tag, landing_params, nightly
from childrens_warehouse.orchestration.landing import (
    choose_night,
    close_night,
    find_deliveries,
    find_missed_nights,
    land_files,
    list_authorities,
    raise_alarm,
    run_missed_nights,
    wait_for_folder,
)
from childrens_warehouse.orchestration.ways_in import fetch, list_ways_in

SOURCE = Source.EDUCATION


@dag(
    dag_id="land_education",
    schedule=nightly(),
    catchup=False,
    max_active_runs=1,
    params=landing_params(),
    default_args=HOUSE,
    tags=[Tag.LAND],
    doc_md=__doc__,
)
def land_education():
    night = choose_night()
    ways_in = list_ways_in(SOURCE)
    fetched = fetch.partial(source=SOURCE, night=night).expand(authority=ways_in)
    authorities = list_authorities(SOURCE)
    folders = wait_for_folder.partial(source=SOURCE, night=night, fetched=fetched).expand(authority=authorities)
    deliveries = find_deliveries(SOURCE, night, authorities, folders)
    landed = land_files.partial(source=SOURCE, night=night).expand(work=deliveries)
    seen = (authorities, folders, deliveries, landed)
    closed = close_night.override(outlets=[LANDED[SOURCE]])(SOURCE, night, *seen)
    raise_alarm(SOURCE, night, *seen, closed, ways_in, fetched)
    run_missed_nights(SOURCE, find_missed_nights(SOURCE, closed))


land_education()
