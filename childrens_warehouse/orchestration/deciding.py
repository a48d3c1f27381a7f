"""The tasks of decide_on_gate: ask a person what becomes of a build that the gate refused, and do it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, NoReturn

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import Context, Param, task
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException, TaskAwaitingInput
from airflow.sdk.execution_time.hitl import upsert_hitl_detail

from childrens_warehouse.errors import ConfigurationError
from childrens_warehouse.observing.logs import say
from childrens_warehouse.orchestration.assets import HELD_BUILD
from childrens_warehouse.orchestration.house import SETTINGS
from childrens_warehouse.settings import Settings

PUBLISH, KEEP = "Publish with a waiver", "Keep the last release"
QUESTION = "find_question"
# Whether a newer build has superseded the question: a look costs a task of a second.
LOOK_EVERY = 10 * SETTINGS.poll


@task(outlets=[HELD_BUILD])
def call_for_decision(start: dict[str, Any] | None, *, outlet_events: Any = None) -> None:
    """Have a person asked, where the gate refused the build and a waiver could let it through."""
    from childrens_warehouse.build import held

    if not start or held.question(Settings.from_environment(), start["build_id"]) is None:
        raise AirflowSkipException("There is nothing that a person could decide.")
    outlet_events[HELD_BUILD].extra = {"build_id": start["build_id"]}


@task
def find_question(*, params: dict[str, Any], triggering_asset_events: Any = None) -> dict[str, Any]:
    """What to ask, of the build that called this run or the one named; nothing where it is not held any more."""
    from childrens_warehouse.build import held

    events = [event for events in (triggering_asset_events or {}).values() for event in events]
    if not params["build_id"] and not events:
        raise AirflowFailException("No refused build called this run; name one in the parameter build_id.")
    build_id = params["build_id"] or max(events, key=lambda event: event.timestamp).extra["build_id"]
    question = held.question(Settings.from_environment(), build_id)
    if question is None:
        raise AirflowSkipException(f"Build {build_id} does not wait for a decision, or none can help it.")
    return question.to_dict()


class AskAPerson(HITLOperator):
    """Waits for an answer without a worker, until the time to decide is over or a newer build supersedes the question.

    An answer that cannot be carried out is asked for again; the log says why. Returns publish, by, reason and until.
    """

    def execute(self, context: Context) -> NoReturn:
        from childrens_warehouse import schedule

        settings, now = Settings.from_environment(), dt.datetime.now(dt.UTC)
        give_up_at = schedule.following(settings, now)
        if settings.decide_by:
            give_up_at = min(give_up_at, schedule.next_time(settings, settings.decide_by, now))
        self.log.info("Waiting for an answer until %s.", give_up_at.astimezone(settings.timezone))
        self._ask(context)
        self._wait(give_up_at.isoformat())

    def execute_complete(self, context: Context, event: dict[str, Any], give_up_at: str = "") -> dict[str, Any]:
        from childrens_warehouse.build import held

        question = context["ti"].xcom_pull(task_ids=QUESTION)
        if "error" in event:
            if dt.datetime.now(dt.UTC) >= dt.datetime.fromisoformat(give_up_at):
                return self._keep("Nobody answered in time: the last release stays.")
            if not held.is_held(Settings.from_environment(), question["build_id"]):
                return self._keep("A newer build has superseded the question.")
            self._wait(give_up_at)
        try:
            told = super().execute_complete(context, event)
            answer = held.check(dt.date.fromisoformat(question["night"]), _answer(told))
        except (ConfigurationError, ValueError) as error:
            self.log.warning("The answer cannot be carried out, the question stands: %s", error)
            self._ask(context)
            self._wait(give_up_at)
        return {
            "publish": answer.publish,
            "by": answer.by,
            "reason": answer.reason,
            "until": answer.until.isoformat() if answer.until else None,
        }

    def _keep(self, why: str) -> dict[str, Any]:
        self.log.info(why)
        return {"publish": False, "by": None, "reason": why, "until": None}

    def _ask(self, context: Context) -> None:
        upsert_hitl_detail(
            ti_id=context["ti"].id, options=self.options, subject=self.subject, body=self.body,
            params=self.serialized_params,
        )  # fmt: skip

    def _wait(self, give_up_at: str) -> NoReturn:
        left = dt.datetime.fromisoformat(give_up_at) - dt.datetime.now(dt.UTC)
        raise TaskAwaitingInput(
            method_name="execute_complete",
            kwargs={"give_up_at": give_up_at},
            timeout=min(LOOK_EVERY, max(left, dt.timedelta(seconds=1))),
        )


@task.short_circuit
def carry_out(question: dict[str, Any], answer: dict[str, Any]) -> bool:
    """Write the answer down, as a waiver where it is to publish; must the night be built again?"""
    from childrens_warehouse.build import held

    until = dt.date.fromisoformat(answer["until"]) if answer["until"] else None
    told = held.Answer(answer["publish"], answer["by"], answer["reason"], until)
    must_build = held.decide(Settings.from_environment(), question["build_id"], told)
    if told.publish and not must_build:
        say("A newer build has superseded the question: nothing was written.")
    return must_build


def ask_a_person() -> AskAPerson:
    """Put the question, with a form for the reason and for the waiver's end."""
    return AskAPerson(
        task_id="ask",
        subject=f"{{{{ ti.xcom_pull(task_ids='{QUESTION}')['subject'] }}}}",
        body=f"{{{{ ti.xcom_pull(task_ids='{QUESTION}')['body'] }}}}",
        options=[PUBLISH, KEEP],
        params={
            "reason": Param(
                "",
                type="string",
                title="Reason",
                description="Why the data is right; without a child's name. Needed to publish.",
            ),
            "until": Param(
                None,
                type=["null", "string"],
                format="date",
                title="Until",
                description="The last night that the waiver helps (2017-06-30); blank: this night alone.",
            ),
        },
        response_timeout=LOOK_EVERY,
    )


def build_again() -> TriggerDagRunOperator:
    """Start build_warehouse, whose gate reads the waiver."""
    return TriggerDagRunOperator(task_id="build_again", trigger_dag_id="build_warehouse")


def _answer(told: Mapping[str, Any]) -> Any:
    from childrens_warehouse.build.held import Answer

    given = told["params_input"]
    return Answer(
        publish=told["chosen_options"] == [PUBLISH],
        by=told["responded_by_user"]["name"],
        reason=given.get("reason") or "",
        until=dt.date.fromisoformat(given["until"]) if given.get("until") else None,
    )
