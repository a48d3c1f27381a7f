"""What Python reads first in the services of chaos/services.py: this folder is on their PYTHONPATH alone.

Tasks work in the home of a trial, with SQL in dbt's place; and what Airflow notices after minutes it notices after
seconds: that a task gives no sign of life, that a message was lost, that a scheduler is gone.
"""

import os
import sys

_SOONER = {
    "TASK_INSTANCE_HEARTBEAT_TIMEOUT": "20",
    "TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "5",
    "TASK_QUEUED_TIMEOUT": "20",
    "TASK_QUEUED_TIMEOUT_CHECK_INTERVAL": "5",
    "ORPHANED_TASKS_CHECK_INTERVAL": "15",
    "SCHEDULER_HEALTH_CHECK_THRESHOLD": "15",
}

if "airflow" in sys.orig_argv:
    os.environ.update({f"AIRFLOW__SCHEDULER__{name}": seconds for name, seconds in _SOONER.items()})
if "worker" in sys.orig_argv:
    # Loaded once, in the process that the tasks are forked from.
    from chaos import small

    os.environ["WAREHOUSE_HOME"] = os.environ["CHAOS_HOME"]
    small.install()
if "dag-processor" in sys.orig_argv:
    import datetime as dt

    from childrens_warehouse.orchestration import house

    house.HOUSE["retry_delay"] = dt.timedelta(seconds=3)
