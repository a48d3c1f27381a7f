"""House rules that every DAG keeps: tags, schedule, parameters, pools, retries and time limits."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Any

from airflow.sdk import CronTriggerTimetable, ExceptionRetryPolicy, Param, RetryAction, RetryRule

from childrens_warehouse.errors import BusyError, WarehouseError
from childrens_warehouse.settings import Settings


class Tag(StrEnum):
    """The step a DAG is; each bears exactly one."""

    LAND = "land"
    BUILD = "build"
    PUBLISH = "publish"


# One writer at a time on the candidate and the releases, whatever runs or backfills there are.
WRITER_POOL = "warehouse_writer"
# Landing a large attendance file takes a good part of a small machine's memory: few at a time.
LANDING_POOL = "warehouse_landing"
POOLS: dict[str, tuple[int, str]] = {
    WRITER_POOL: (1, "One writer at a time on the candidate and the releases. Never more than 1."),
    LANDING_POOL: (2, "Files landed at the same time; more needs more memory."),
}

# Waiting heals a lock or a full disk; nothing heals a bad file, a failed gate or a mistake in the code. A
# worker that was killed leaves no exception to judge and is tried again.
HEALS = ExceptionRetryPolicy(
    rules=[
        RetryRule(BusyError, RetryAction.RETRY, reason="Another process holds the lock; waiting helps."),
        RetryRule(WarehouseError, RetryAction.FAIL, reason="Trying again cannot help; see the message."),
        RetryRule(OSError, RetryAction.RETRY, reason="The machine failed, not the data; waiting may help."),
    ],
    default=RetryAction.FAIL,
)

HOUSE: dict[str, Any] = {
    "owner": "data-engineering",
    "retries": 4,
    "retry_delay": dt.timedelta(minutes=1),
    "retry_policy": HEALS,
    "execution_timeout": dt.timedelta(minutes=30),
}

# Layers of dbt and the landing of a large file, at most; a task that exceeds it hangs.
LONG = dt.timedelta(hours=2)

SETTINGS = Settings.from_environment()


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
