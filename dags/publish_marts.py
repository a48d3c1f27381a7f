"""Publish a candidate that passed the gate: all of it, in one step, or nothing.

Runs when `build_warehouse` let a build through. Readers that have the old file open keep it; whoever
opens it next sees the new release. Publishing the same build twice changes nothing. Where a PostgreSQL server is
set, it is brought to the release afterwards.

**By hand:** trigger it with `build_id` to publish a given build that passed the gate and is still there.

**Triage**

- `publish` red: the last good release is still what readers see. Most often the disk is full: make room,
  then clear the task. "SupersededError": a newer build took the candidate's place, and its own run
  publishes it.
- `load_into_postgresql` red: the release is published in the files, and BI tools on the server read the last one
  that could be loaded. Put right what its log says (most often the server is away) and clear it, or run
  `warehouse load-postgresql`. Skipped: WAREHOUSE_POSTGRES_URL is blank.
- `choose_build` red: it was triggered by hand without `build_id`.
- `tell_of_publication` red: the incident could not be written into the ledger. What is published is not changed
  by it; the next run tells what is still untold (docs/alarms.md).
"""

from __future__ import annotations

from airflow.sdk import Param, dag

from childrens_warehouse.orchestration.alarming import tell_of_publication
from childrens_warehouse.orchestration.assets import GATED_BUILD
from childrens_warehouse.orchestration.building import (
    choose_build,
    load_into_postgresql,
    publish,
    write_quality_page,
)
from childrens_warehouse.orchestration.house import HOUSE, Tag


@dag(
    dag_id="publish_marts",
    schedule=[GATED_BUILD],
    catchup=False,
    max_active_runs=1,
    params={
        "build_id": Param(
            None,
            type=["null", "string"],
            title="Build",
            description="The build to publish; blank means the one that called this run.",
        ),
    },
    default_args=HOUSE,
    tags=[Tag.PUBLISH],
    doc_md=__doc__,
)
def publish_marts():
    build_id = choose_build()
    release = publish(build_id)
    served = load_into_postgresql(release)
    served >> tell_of_publication(build_id, release, served).as_teardown() >> write_quality_page().as_teardown()


publish_marts()
