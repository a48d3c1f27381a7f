"""Make the Corporate Parenting Report of what was published: for the newest month end and the newest quarter end.

Runs after every publication. A month end is reported on as soon as a release covers it; its report is made again only
where it would tell anything else than the one that is there. Reports of earlier days stay as they were presented. The
public edition goes to `published/reports/`, the panel's to `published/reports-restricted/`. With several authorities of
a region, its page (figures for everybody, ranked and held against chance) lies beside the public editions.

**By hand:** trigger it with `as_at` for another month end, or run `warehouse report --as-at 2017-03-31`.

**Triage**

- `choose_days` red: nothing is published, or what is published cannot be opened. The publication's own run says why.
- `make_reports` red: the last good reports are still there; each file is replaced whole. "there is no such group": the
  groups of WAREHOUSE_READERS_GROUP and WAREHOUSE_AGGREGATE_READERS_GROUP. Most often else the disk is full: make room,
  then clear the task.
- `tell_of_report` red: the incident could not be written into the ledger; the reports are what `make_reports` says.
- `make_reports` green without PDF: its log says what this machine lacks (Pango). The pages are there.
"""

from __future__ import annotations

from airflow.sdk import Param, dag

from childrens_warehouse.orchestration.alarming import tell_of_report
from childrens_warehouse.orchestration.assets import PUBLISHED_MARTS
from childrens_warehouse.orchestration.house import HOUSE, Tag
from childrens_warehouse.orchestration.reporting import choose_days, make_reports


@dag(
    dag_id="publish_report",
    schedule=[PUBLISHED_MARTS],
    catchup=False,
    max_active_runs=1,
    params={
        "as_at": Param(
            None,
            type=["null", "string"],
            format="date",
            title="As at",
            description="The month end to report on (2017-03-31); blank means the newest that is published.",
        ),
    },
    default_args=HOUSE,
    tags=[Tag.PUBLISH],
    doc_md=__doc__,
)
def publish_report():
    made = make_reports(choose_days())
    made >> tell_of_report(made).as_teardown()


publish_report()
