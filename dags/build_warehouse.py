"""Build a candidate of the whole warehouse from what is in force, and let it through the gate or not.

Runs when all three sources have been landed since the last build. The candidate is private: readers keep
the last release until `publish_marts` replaces it. When nothing that goes into it has changed since the
published release, the run ends after its second task, green.

**By hand:** trigger it; it builds from what is in force at that moment. Safe at any time: one writer at a
time is let in by the pool `warehouse_writer`.

**Triage**

- `judge` red, "GateFailed": the data is implausible or does not add up. The message names the rules. The
  last good release stays published. Look at the rules' rows with the supplier; do not clear the task
  until the data changed. Where a waiver can help, `call_for_decision` has `decide_on_gate` ask for one.
- `judge` red, "GateError": the gate could not judge, which says nothing about the data. Treat it as a
  fault of ours, put it right, and trigger the DAG again.
- `build_without_refused` took its time: of several authorities the gate refused some, which its log names. These
  stay as they were last published, and the release has everybody else's data of tonight. There is an incident for
  each; what to do is as for `judge`, with the supplier of that authority. Red: what is left could not be built, or
  was refused as well.
- `build_models` red: dbt could not build a model, or one of its tests failed; the message names it and its
  layer. Trigger the DAG again when it is mended: a candidate is never repaired, always rebuilt.
- `tell_of_build` red: the incident could not be written into the ledger, or the task was killed. The state of the
  run is not changed by it; the next run tells what is still untold (docs/alarms.md).
- `write_quality_page` says in its log why there is no new page; it never turns a run red.
- Not run at all: one of the three landing DAGs has not finished tonight.
"""

from __future__ import annotations

from airflow.sdk import chain, dag

from childrens_warehouse.orchestration.alarming import tell_of_build
from childrens_warehouse.orchestration.assets import LANDED
from childrens_warehouse.orchestration.building import (
    begin_build,
    build_models,
    build_without_refused,
    go_on_if_needed,
    judge,
    write_quality_page,
)
from childrens_warehouse.orchestration.deciding import call_for_decision
from childrens_warehouse.orchestration.house import HOUSE, Tag


@dag(
    dag_id="build_warehouse",
    schedule=list(LANDED.values()),
    catchup=False,
    max_active_runs=1,
    default_args=HOUSE,
    tags=[Tag.BUILD],
    doc_md=__doc__,
)
def build_warehouse():
    start = begin_build()
    models = build_models(start)
    verdict = judge(start)
    passed = build_without_refused(verdict)
    told = tell_of_build(start, models, verdict, passed).as_teardown()
    asked = call_for_decision(start).as_teardown()
    chain(go_on_if_needed(start), models, verdict, passed, told, asked, write_quality_page().as_teardown())


build_warehouse()
