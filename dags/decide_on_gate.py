"""Ask a person what becomes of a build that the gate refused: publish it with a waiver, or keep the last release.

Runs when the gate said no for reasons that a waiver can answer; never when it could not judge, nor when small numbers
would show. The question names rules, tables and counts, under Required Actions in Airflow. To publish, say why, and
until which night the waiver helps: it is written in your name, and `build_warehouse` is started again. Without an
answer the last release stays: the question ends when the next night begins, or at WAREHOUSE_DECIDE_BY. A newer build
supersedes it.

**By hand:** trigger it with `build_id` to be asked again about a build that is still held. Instead of answering,
waivers may be written by hand (docs/operating/running.md).

**Triage**

- `ask` dark orange: it waits for an answer and holds no worker. It asks again where an answer could not be carried
  out; its log says why.
- `find_question` pink: the build does not wait for a decision any more. Red: it was triggered without `build_id`.
- `carry_out` red: the waiver could not be written; most often `waivers.json` is broken. Put it right and clear it.
- `build_again` pink: it was decided to keep the last release, or a newer build superseded the question.
"""

from __future__ import annotations

from airflow.sdk import Param, dag

from childrens_warehouse.orchestration.assets import HELD_BUILD
from childrens_warehouse.orchestration.deciding import ask_a_person, build_again, carry_out, find_question
from childrens_warehouse.orchestration.house import HOUSE, Tag


@dag(
    dag_id="decide_on_gate",
    schedule=[HELD_BUILD],
    catchup=False,
    max_active_runs=1,
    params={
        "build_id": Param(
            None,
            type=["null", "string"],
            title="Build",
            description="The refused build to decide on; blank means the one that called this run.",
        ),
    },
    default_args=HOUSE,
    tags=[Tag.DECIDE],
    doc_md=__doc__,
)
def decide_on_gate():
    question = find_question()
    answer = ask_a_person()
    question >> answer
    carry_out(question, answer.output) >> build_again()


decide_on_gate()
