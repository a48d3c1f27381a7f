"""Publish a candidate that passed the gate: all of it, in one step, or nothing.

Runs when `build_warehouse` let a build through. Readers that have the old file open keep it; whoever
opens it next sees the new release. Publishing the same build twice changes nothing.

**By hand:** trigger it with `build_id` to publish a given build that passed the gate and is still there.

**Triage**

- `publish` red: the last good release is still what readers see. Most often the disk is full: make room,
  then clear the task. "SupersededError": a newer build took the candidate's place, and its own run
  publishes it.
- `choose_build` red: it was triggered by hand without `build_id`.
"""

from __future__ import annotations

from airflow.sdk import Param, dag

from childrens_warehouse.orchestration.assets import GATED_BUILD
from childrens_warehouse.orchestration.building import choose_build, publish
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
    publish(choose_build())


publish_marts()
