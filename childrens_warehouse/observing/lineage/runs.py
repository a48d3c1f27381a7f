"""Runs and jobs as OpenLineage names them: one namespace, a job for each step and for each dataset it makes.

    land.<dataset>   build, build.<model>   gate   publish, publish.<table>   serve, serve.<table>

Runs of one night have one parent, whose id follows from the ledger's run id, and so is the same in every process.
"""

from __future__ import annotations

import datetime as dt
import os
import uuid
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import duckdb
from openlineage.client.event_v2 import InputDataset, Job, OutputDataset, Run, RunEvent, RunState, set_producer
from openlineage.client.facet_v2 import (
    JobFacet,
    RunFacet,
    documentation_job,
    error_message_run,
    job_type_job,
    nominal_time_run,
    parent_run,
    processing_engine_run,
    tags_run,
)

from childrens_warehouse import __version__
from childrens_warehouse.errors import WarehouseError

if TYPE_CHECKING:
    from childrens_warehouse.observing.steps import Step

PRODUCER = f"urn:childrens-warehouse:{__version__}"
set_producer(PRODUCER)

_RUNS = uuid.uuid5(uuid.NAMESPACE_URL, "urn:childrens-warehouse:run")
_SOURCE = "CHILDRENS_WAREHOUSE"


def namespace() -> str:
    """Of jobs. Datasets have that of where they lie (datasets)."""
    told = os.environ.get("OPENLINEAGE_NAMESPACE") or os.environ.get("AIRFLOW__OPENLINEAGE__NAMESPACE")
    return (told or "").strip() or "childrens_warehouse"


def begun(step: Step) -> RunEvent:
    """A step begins."""
    return _event(RunState.START, step.began_at, Run(str(_run_id(step, step.name)), _facets(step, "")), _job(step.name))


def ended(step: Step, error: Exception | None) -> RunEvent:
    """A step ended: well, or with an error, of which only our own words are told."""
    facets = _facets(step, "")
    if error is not None:
        said = str(error) if isinstance(error, WarehouseError) else type(error).__name__
        facets["errorMessage"] = error_message_run.ErrorMessageRunFacet(said, "python")
    state = RunState.FAIL if error else RunState.COMPLETE
    return _event(state, dt.datetime.now(dt.UTC), Run(str(_run_id(step, step.name)), facets), _job(step.name))


def of_dataset(
    step: Step,
    name: str,
    inputs: Sequence[InputDataset],
    output: OutputDataset,
    times: tuple[dt.datetime, dt.datetime],
    *,
    kind: str = "DATASET",
    description: str = "",
    parent: str = "",
) -> Iterator[RunEvent]:
    """The run that made one dataset: its beginning, and its end with what it read and wrote."""
    job = _job(name, kind, description)
    run_id, facets = str(_run_id(step, name)), _facets(step, parent)
    yield _event(RunState.START, times[0], Run(run_id, {"parent": facets["parent"]}), job)
    yield _event(RunState.COMPLETE, times[1], Run(run_id, facets), job, inputs, [output])


def _run_id(step: Step, name: str) -> uuid.UUID:
    """Of one run of a job: a step that is tried again is another run."""
    return uuid.uuid5(_RUNS, f"{step.run_id} {name} {step.began_at.isoformat()}")


def _facets(step: Step, parent: str) -> dict[str, RunFacet]:
    above = (parent, _run_id(step, parent)) if parent else ("night", uuid.uuid5(_RUNS, step.run_id))
    facets: dict[str, RunFacet] = {
        "parent": parent_run.ParentRunFacet(parent_run.Run(str(above[1])), parent_run.Job(namespace(), above[0])),
        "processing_engine": processing_engine_run.ProcessingEngineRunFacet(duckdb.__version__, "DuckDB"),
        "tags": tags_run.TagsRunFacet(
            [
                tags_run.TagsRunFacetFields(fact, value, _SOURCE)
                for fact, value in step.facts.items()
                if fact in ("run_id", "night", "build_id", "release_id", "source")
            ]
        ),
    }
    if night := step.facts.get("night"):
        facets["nominalTime"] = nominal_time_run.NominalTimeRunFacet(f"{night}T00:00:00Z")
    return facets


def _job(name: str, kind: str = "STEP", description: str = "") -> Job:
    facets: dict[str, JobFacet] = {"jobType": job_type_job.JobTypeJobFacet("BATCH", _SOURCE, kind)}
    if description:
        facets["documentation"] = documentation_job.DocumentationJobFacet(description)
    return Job(namespace(), name, facets)


def _event(
    state: RunState,
    at: dt.datetime,
    run: Run,
    job: Job,
    inputs: Sequence[InputDataset] = (),
    outputs: Sequence[OutputDataset] = (),
) -> RunEvent:
    return RunEvent(
        eventTime=at.astimezone(dt.UTC).isoformat(), producer=PRODUCER, run=run, job=job, eventType=state,
        inputs=list(inputs), outputs=list(outputs),
    )  # fmt: skip
