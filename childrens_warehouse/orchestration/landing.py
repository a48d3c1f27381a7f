"""The tasks of the landing DAGs: thin wrappers around `childrens_warehouse.landing`.

Imports of the package are inside the tasks: a DAG file is parsed every few seconds and must not load pandas.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import PokeReturnValue, task
from airflow.sdk.exceptions import AirflowFailException

from childrens_warehouse.datasets import Source
from childrens_warehouse.errors import ConfigurationError
from childrens_warehouse.observing.logs import say
from childrens_warehouse.orchestration.alarming import tell_of_landing
from childrens_warehouse.orchestration.assets import LANDED
from childrens_warehouse.orchestration.dates import extract_date, is_past_cut_off
from childrens_warehouse.orchestration.house import LANDING_POOL, LONG, SETTINGS, is_scheduled, run_at, run_id
from childrens_warehouse.settings import Settings


@task
def choose_night(*, params: dict[str, Any] | None = None) -> str:
    """The extract date this run lands, as an ISO date. Fails when raw is of another key, or gone."""
    from childrens_warehouse.landing import pseudonyms, standing

    settings = Settings.from_environment()
    pseudonyms.check(settings, run_id())  # here, because it would otherwise be noticed hours later, at the first file
    standing.check(settings)
    night = extract_date(settings, run_at(), (params or {}).get("extract_date"))
    return night.isoformat()


@task
def list_authorities(source: str) -> list[str]:
    """The authorities that have a folder in the inbox, or whose files are fetched."""
    from childrens_warehouse.landing import night as landing
    from childrens_warehouse.landing import ways_in

    settings = Settings.from_environment()
    found = set(landing.authorities(settings))
    try:
        found.update(ways_in.authorities(settings, source))
    except ConfigurationError as error:
        say(str(error))  # list_ways_in is red for it; what lies in the inbox is landed all the same
    return sorted(found)


@task.sensor(
    mode="reschedule",  # holds no worker between two looks
    poke_interval=SETTINGS.poll.total_seconds(),
    # The cut-off ends the waiting; this ends a sensor that lost count.
    timeout=(max(SETTINGS.cut_offs.values()) + dt.timedelta(hours=2)).total_seconds(),
    execution_timeout=dt.timedelta(minutes=10),
    map_index_template="{{ task.op_kwargs['authority'] }}",
    trigger_rule="all_done",  # nothing to fetch, or a fetch that failed: what lies in the inbox is landed
)
def wait_for_folder(
    source: str, night: str | None, authority: str, fetched: Iterable[dict[str, Any]] | None, *, params: dict[str, Any]
) -> PokeReturnValue:
    """Wait until the authority's folder is complete or the cut-off has passed: then it is late, no error."""
    from childrens_warehouse.landing import night as landing

    if night is None:
        raise AirflowFailException("No night was chosen; the log of choose_night says why.")
    settings = Settings.from_environment()
    date = dt.date.fromisoformat(night)
    if landing.is_skipped(settings, authority, source, date):
        say(f"{authority}: {source} for {night} is skipped; `warehouse skip list` says by whom and why.")
        return PokeReturnValue(True, {"authority": authority, "is_late": False, "is_skipped": True})
    problems = [problem for each in fetched or () if each["authority"] == authority for problem in each["problems"]]
    if problems:  # it was waited for where it comes from
        return PokeReturnValue(True, {"authority": authority, "is_late": True, "problem": "; ".join(problems)})

    try:
        complete = landing.is_complete(settings, authority, source, date)
    except OSError as error:
        # A share that is away is one authority's delay, not the others'.
        say(f"{authority}: the folder of {source} for {night} cannot be read ({type(error).__name__}).")
        complete = False
    if complete:
        return PokeReturnValue(True, {"authority": authority, "is_late": False})
    if not params["wait"]:
        reason = "told not to wait"
    elif is_past_cut_off(settings, source, run_at(), dt.datetime.now(dt.UTC)):
        reason = "the cut-off has passed"
    else:
        return PokeReturnValue(False)
    say(f"{authority}: the folder of {source} for {night} is not complete; going on without it: {reason}.")
    return PokeReturnValue(True, {"authority": authority, "is_late": True})


@task(trigger_rule="none_failed")  # without any folder there is nothing to wait for, and nothing to land
def find_deliveries(source: str, night: str, folders: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The files to land: tonight's, and those of earlier folders that were never landed as they now are."""
    from childrens_warehouse.landing import night as landing

    settings = Settings.from_environment()
    date = dt.date.fromisoformat(night)
    return [
        delivery.to_dict()
        for folder in folders
        for delivery in landing.expect(settings, source, date, folder["authority"], run_id())
    ]


@task(
    pool=LANDING_POOL,
    execution_timeout=LONG,
    map_index_template="{% set d = task.op_kwargs['delivery'] %}"
    "{{ d['authority'] }} {{ d['file_name'] }} {{ d['extract_date'] }}",
)
def land_file(delivery: dict[str, Any]) -> list[dict[str, Any]]:
    """Land one file, or refuse it with a reason; both are outcomes, one per dataset the file bears."""
    from childrens_warehouse.landing import night as landing

    outcomes = landing.land(Settings.from_environment(), landing.Delivery.from_dict(delivery), run_id())
    return [outcome.to_dict() for outcome in outcomes]


@task(trigger_rule="all_done")
def close_night(
    source: str,
    night: str,
    folders: Iterable[dict[str, Any]],
    deliveries: list[dict[str, Any]] | None,
    outcomes: Iterable[list[dict[str, Any]]],
    *,
    outlet_events: Any = None,
) -> dict[str, Any]:
    """Say what is in force now and as of when, and emit the source's asset.

    Whatever happened before: what was in force stays in force, so one authority's trouble never holds the
    others. `raise_alarm` turns the run red for it.
    """
    from childrens_warehouse.landing import night as landing

    lost = _lost(deliveries, _flat(outcomes))
    closed = landing.close(
        Settings.from_environment(),
        source,
        dt.date.fromisoformat(night),
        run_id(),
        late=_late(folders),
        unlanded={(delivery["authority"], delivery["extract_date"]) for delivery in lost},
    )
    outlet_events[LANDED[Source(source)]].extra = closed.to_dict()
    return closed.to_dict()


@task
def find_missed_nights(source: str, closed: dict[str, Any]) -> list[str]:
    """When the nights began that the scheduler was away for; none where this run was asked for by a person."""
    from childrens_warehouse import schedule

    if not is_scheduled():
        return []
    return [began.isoformat() for began in schedule.missed(Settings.from_environment(), source, run_at())]


def run_missed_nights(source: str, nights: Any) -> Any:
    """Start a run of this DAG for each, as its schedule would have; they follow one after the other."""
    return TriggerDagRunOperator.partial(
        task_id="run_missed_nights",
        trigger_dag_id=f"land_{source}",
        skip_when_already_exists=True,
        map_index_template="{{ task.logical_date }}",
    ).expand(logical_date=nights)


@task(trigger_rule="all_done")
def raise_alarm(
    source: str,
    night: str,
    folders: Iterable[dict[str, Any]],
    deliveries: list[dict[str, Any]] | None,
    outcomes: Iterable[list[dict[str, Any]]],
    closed: dict[str, Any] | None,
    ways_in: list[str] | None,
    fetched: Iterable[dict[str, Any]] | None,
) -> None:
    """Fail, once, when a file was refused or lost or a folder was late, and say which and what to do.

    Those who are to be told are told of what is new and of what is over.
    """
    folders, landed, brought = list(folders or ()), _flat(outcomes), list(fetched or ())
    troubles = find_troubles(source, night, folders, deliveries, landed, closed)
    troubles += find_troubles_of_fetching(source, night, ways_in, brought)
    try:
        tell_of_landing(source, night, folders, deliveries, _lost(deliveries, landed), closed, ways_in, brought)
    finally:
        # Whatever became of the telling: the run is red and says why.
        if troubles:
            raise AirflowFailException("\n".join(troubles))


def find_troubles(
    source: str,
    night: str,
    folders: list[dict[str, Any]],
    deliveries: list[dict[str, Any]] | None,
    outcomes: list[dict[str, Any]],
    closed: dict[str, Any] | None,
) -> list[str]:
    """One line for everything a person must look at after a night of one source; empty when all is well."""
    troubles = [
        f"LATE: {folder['authority']} delivered no complete folder of {source} for {night}{_why(folder)}; what was in "
        f"force stays. When it arrives, the next run takes it in; sooner: trigger land_{source}, then build_warehouse."
        for folder in folders
        if folder["is_late"]
    ]
    if not folders:
        troubles.append(f"NO FOLDERS: the inbox has no authority's folder; was it moved? Nothing of {source} landed.")
    refused = {
        f"{outcome['authority']} {outcome['extract_date']} {outcome['file_name']}: {outcome['rule']}": outcome["reason"]
        for outcome in outcomes
        if outcome["status"] == "refused"
    }
    # Some refusals are of a folder, not of a file that could be landed: a manifest that cannot be read.
    for name in (closed or {}).get("refused", ()):
        refused.setdefault(name, "the ledger says why.")
    troubles += [
        f"REFUSED: {name}: {reason} What was in force stays. Ask the supplier for a new one; do not clear the task."
        for name, reason in refused.items()
    ]
    troubles += [
        f"NOT LANDED: {delivery['authority']} {delivery['extract_date']} {delivery['file_name']}: its task failed, "
        f"and its log says why. Put that right; the next run takes the file up again. Sooner: clear the task, "
        f"then trigger build_warehouse."
        for delivery in _lost(deliveries, outcomes)
    ]
    if deliveries is None:
        troubles.append(f"NOT LISTED: the files of {source} for {night}; the log of the red task says why.")
    if closed is None:
        troubles.append(f"NOT CLOSED: {source} for {night}; nothing is built on it. See the log of close_night.")
    return troubles


def _flat(outcomes: Iterable[list[dict[str, Any]]] | None) -> list[dict[str, Any]]:
    """One list of what the mapped tasks returned: a file may bear several datasets."""
    return [outcome for of_file in outcomes or () for outcome in of_file]


def find_troubles_of_fetching(
    source: str, night: str, ways_in: list[str] | None, fetched: list[dict[str, Any]]
) -> list[str]:
    """One line for everything that failed before it could be late; `find_troubles` tells what was late."""
    if ways_in is None:
        return [
            f"NOT FETCHED: {source} for {night}: ways_in.toml cannot be read; the log of list_ways_in says why. What "
            f"lay in the inbox was landed. Put it right, try it with `warehouse ways-in`, then trigger land_{source}."
        ]
    unfetched = sorted(set(ways_in) - {each["authority"] for each in fetched})
    return [
        f"NOT FETCHED: {authority} {source} for {night}: its task failed, and its log says why. What lay in the inbox "
        f"was landed. Put that right and trigger land_{source}, then build_warehouse."
        for authority in unfetched
    ]


def _lost(deliveries: list[dict[str, Any]] | None, outcomes: Iterable[dict[str, Any]] | None) -> list[dict[str, Any]]:
    """The files whose task ended without an outcome."""

    def file(record: dict[str, Any]) -> tuple[str, str, str]:
        return record["authority"], record["extract_date"], record["file_name"]

    landed = {file(outcome) for outcome in outcomes or ()}
    return [delivery for delivery in deliveries or () if file(delivery) not in landed]


def _why(folder: dict[str, Any]) -> str:
    return f" ({folder['problem'].rstrip('.')})" if folder.get("problem") else ""


def _late(folders: Iterable[dict[str, Any]] | None) -> list[str]:
    return [folder["authority"] for folder in folders or () if folder["is_late"]]
