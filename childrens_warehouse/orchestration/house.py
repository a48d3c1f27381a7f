"""House rules that every DAG keeps: tags, schedule, parameters, pools, retries and time limits."""

from __future__ import annotations

import contextlib
import datetime as dt
import signal
from collections.abc import Iterator
from enum import StrEnum
from types import FrameType
from typing import Any

from airflow.sdk import Context, CronTriggerTimetable, Param, RetryDecision, RetryPolicy, get_current_context
from airflow.sdk.exceptions import AirflowTaskTimeout

from childrens_warehouse.errors import TookTooLong, WarehouseError
from childrens_warehouse.orchestration.telling import about_this_task
from childrens_warehouse.settings import Settings


class Tag(StrEnum):
    """The step a DAG is; each bears exactly one."""

    LAND = "land"
    BUILD = "build"
    PUBLISH = "publish"
    DECIDE = "decide"
    WATCH = "watch"


# Pools, with their slots, are in pools.json. One writer at a time on the candidate and the releases, whatever runs
# or backfills there are; and few files landed at a time, because a large one takes much of a small machine's memory.
WRITER_POOL = "warehouse_writer"
LANDING_POOL = "warehouse_landing"

# A mistake in the code, or data nobody thought of: the same again a minute later.
MISTAKES = (
    ArithmeticError, AssertionError, AttributeError, ImportError, LookupError, NameError, TypeError, ValueError,
)  # fmt: skip


class RetryWhatHeals(RetryPolicy):
    """Waiting heals a lock, a full disk or a program that restarts; nothing heals a bad file or a failed gate.

    A worker that was killed leaves no exception to judge, and Airflow tries it again.
    """

    def evaluate(
        self, exception: BaseException, try_number: int, max_tries: int, context: Context | None = None
    ) -> RetryDecision:
        if isinstance(exception, WarehouseError):
            if heals(exception):
                return RetryDecision.retry(reason=str(exception))
            return RetryDecision.fail(reason=f"Trying again cannot help: {exception}")
        if isinstance(exception, MISTAKES):
            return RetryDecision.fail(reason=f"{type(exception).__name__} is a mistake that time does not heal.")
        if isinstance(exception, AirflowTaskTimeout):
            return RetryDecision.fail(reason="It took far longer than it ever should: it hangs.")
        return RetryDecision.default()


def heals(exception: BaseException) -> bool:
    """Can the same step go well when it is tried again?"""
    if isinstance(exception, WarehouseError):
        return exception.retry
    return not isinstance(exception, (*MISTAKES, AirflowTaskTimeout))


HOUSE: dict[str, Any] = {
    "owner": "data-engineering",
    "retries": 4,
    "retry_delay": dt.timedelta(minutes=1),
    "retry_policy": RetryWhatHeals(),
    "execution_timeout": dt.timedelta(minutes=30),
    "pre_execute": about_this_task,
}

# Layers of dbt and the landing of a large file, at most; what exceeds it hangs.
LONG = dt.timedelta(hours=2)

SETTINGS = Settings.from_environment()


@contextlib.contextmanager
def at_most(limit: dt.timedelta) -> Iterator[None]:
    """Hold one of several steps of a task to a limit of its own, which begins anew with each.

    While it lasts the alarm clock of the task's own limit (`execution_timeout`) is ours; afterwards that limit begins
    anew too: a task may take as long as it gets on. Raises TookTooLong.
    """

    def ring(number: int, frame: FrameType | None) -> None:
        raise TookTooLong(f"It took more than {limit}: it hangs.")

    before = signal.signal(signal.SIGALRM, ring)
    left, _ = signal.setitimer(signal.ITIMER_REAL, limit.total_seconds())
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, limit.total_seconds() if left else 0)
        signal.signal(signal.SIGALRM, before)


def nightly() -> CronTriggerTimetable:
    """The schedule of landing, in local time on both sides of a clock change."""
    return CronTriggerTimetable(SETTINGS.schedule, timezone=str(SETTINGS.timezone))


def landing_params() -> dict[str, Param]:
    return {
        "extract_date": Param(
            None,
            type=["null", "string"],
            format="date",
            title="Extract date",
            description="The night to land (2017-05-31); blank means the day this run stands for.",
        ),
        "wait": Param(
            True,
            type="boolean",
            title="Wait",
            description="Wait for incomplete folders until the cut-off. Off: go on at once without them.",
        ),
    }


def run_id() -> str:
    """What the ledger knows this run by: Airflow's id, or the one that joins the runs of `make nightly`."""
    dag_run = get_current_context()["dag_run"]
    return (dag_run.conf or {}).get("run_id") or dag_run.run_id


def try_number() -> int:
    """1 at the first try of this task."""
    return int(get_current_context()["ti"].try_number)


def is_scheduled() -> bool:
    """Was this run made by the schedule, and not asked for by a person, a backfill or another run?"""
    return get_current_context()["dag_run"].run_type == "scheduled"


def run_at() -> dt.datetime:
    """The instant this run stands for: its logical date, or when it was asked for if it has none."""
    context = get_current_context()
    return context.get("logical_date") or context["dag_run"].run_after
