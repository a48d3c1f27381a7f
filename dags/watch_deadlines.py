"""Look every quarter of an hour whether readers have what they should have by now.

A night that is not published by WAREHOUSE_PUBLISH_BY is an incident that names the step it hangs at; so are figures
that have grown too old. A PostgreSQL server that is behind what is published is brought up to date. It lands, builds
and publishes nothing, and is green whatever it finds.

**By hand:** trigger it after a server came back, or run `warehouse alarms check` where Airflow is down.

**Triage**

- `bring_postgresql_up_to_date` red: the server is away or refuses the release; its log says which. BI tools on it read
  the last release that could be loaded. It is tried again by the next run. Skipped: WAREHOUSE_POSTGRES_URL is blank, or
  nothing is published yet.
- `look_at_deadlines` red: the ledger could not be read or written. The incidents themselves do not turn it red:
  `warehouse alarms` lists them, docs/alarms.md explains them.
"""

from __future__ import annotations

from airflow.sdk import dag

from childrens_warehouse.orchestration.house import HOUSE, Tag
from childrens_warehouse.orchestration.watching import (
    bring_postgresql_up_to_date,
    every_quarter_of_an_hour,
    look_at_deadlines,
)


@dag(
    dag_id="watch_deadlines",
    schedule=every_quarter_of_an_hour(),
    catchup=False,
    max_active_runs=1,
    default_args=HOUSE,
    tags=[Tag.WATCH],
    doc_md=__doc__,
)
def watch_deadlines():
    look_at_deadlines(bring_postgresql_up_to_date())


watch_deadlines()
