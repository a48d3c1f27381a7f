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
from childrens_warehouse.errors import ConfigurationError, FilesNotLanded
from childrens_warehouse.observing.logs import say, tell_of
from childrens_warehouse.orchestration.alarming import tell_of_landing
from childrens_warehouse.orchestration.assets import LANDED
from childrens_warehouse.orchestration.dates import extract_date, is_past_cut_off
from childrens_warehouse.orchestration.house import (
    LANDING_POOL,
    LONG,
    SETTINGS,
    at_most,
    heals,
    is_scheduled,
    run_at,
    run_id,
    try_number,
)
from childrens_warehouse.orchestration.telling import follow
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


@task(trigger_rule="all_done")  # one authority's waiting that failed holds nobody; without a folder nothing is found
def find_deliveries(
    source: str, night: str | None, authorities: list[str] | None, folders: Iterable[dict[str, Any]]
) -> list[dict[str, Any]]:
    """The authorities that have files to land, and which: tonight's, and those of earlier folders that were never
    landed as they now are. An authority whose files cannot be listed is among them: its own task tries again.

    since: what became of the files is what the ledger says after that event.
    """
    from childrens_warehouse.landing import night as landing

    if night is None or authorities is None:
        raise AirflowFailException("No night or no authorities; the log of choose_night or list_authorities says why.")
    settings = Settings.from_environment()
    since = landing.last_event(settings)
    found: list[dict[str, Any]] = []
    for authority in authorities:
        listed: list[dict[str, Any]] | None = None
        try:
            listed = _listed(settings, source, night, authority)
        except Exception as error:
            say(f"{authority}: its files of {source} for {night} could not be listed; its own task tries again.")
            tell_of(error)
        if listed is None or listed:
            found.append({"authority": authority, "since": since, "deliveries": listed})
    return found


@task(
    pool=LANDING_POOL,
    execution_timeout=LONG,  # of each file: `at_most`
    map_index_template="{{ task.op_kwargs['work']['authority'] }}",
)
def land_files(source: str, night: str, work: dict[str, Any]) -> dict[str, Any]:
    """Land the files of one authority, one after the other, or refuse them with a reason: both are outcomes.

    A file that fails for a reason that is not in it stops none of the others; the task fails at the end, and lands
    those that are left when it is tried again. What became of each is in the ledger.
    """
    from childrens_warehouse.landing import night as landing
    from childrens_warehouse.orchestration.troubles import without_outcome

    settings, authority = Settings.from_environment(), work["authority"]
    listed = work["deliveries"]
    deliveries = _listed(settings, source, night, authority) if listed is None else listed
    known = landing.outcomes(settings, source, run_id(), work["since"])
    left = _in_turn(without_outcome(deliveries, known))
    failed: list[tuple[str, Exception]] = []
    for number, delivery in enumerate(left, start=1):
        name = f"{delivery['file_name']} of {delivery['extract_date']}"
        follow(f"{authority}: {number} of {len(left)}: {name}")
        try:
            with at_most(LONG):
                landed = landing.land(settings, landing.Delivery.from_dict(delivery), run_id())
        except Exception as error:
            failed.append((name, error))
            say(f"{authority}: {name} was not landed:", is_error=True)
            tell_of(error)
        else:
            say(f"{authority}: {name}: {', '.join(sorted({outcome.status for outcome in landed}))}")
    if failed:
        raise FilesNotLanded(
            f"{authority}: {len(failed)} of {len(deliveries)} files were not landed: "
            + ", ".join(f"{name} ({type(error).__name__})" for name, error in failed),
            retry=any(heals(error) for _, error in failed),
        )
    return {"authority": authority, "files": len(deliveries)}


def _listed(settings: Settings, source: str, night: str, authority: str) -> list[dict[str, Any]]:
    from childrens_warehouse.landing import night as landing

    expected = landing.expect(settings, source, dt.date.fromisoformat(night), authority, run_id())
    return [delivery.to_dict() for delivery in expected]


def _in_turn(deliveries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Begin further on with each try: a file that kills the process keeps those behind it from being landed once."""
    turn = (try_number() - 1) % max(len(deliveries), 1)
    return deliveries[turn:] + deliveries[:turn]


@task(trigger_rule="all_done")
def close_night(
    source: str,
    night: str,
    authorities: list[str] | None,
    folders: Iterable[dict[str, Any]],
    deliveries: list[dict[str, Any]] | None,
    landed: Iterable[dict[str, Any]],
    *,
    outlet_events: Any = None,
) -> dict[str, Any]:
    """Say what is in force now and as of when, and emit the source's asset.

    Whatever happened before: what was in force stays in force, so one authority's trouble never holds the
    others. `raise_alarm` turns the run red for it.
    """
    from childrens_warehouse.landing import night as landing
    from childrens_warehouse.orchestration import troubles

    settings = Settings.from_environment()
    seen = troubles.waited_for(authorities if deliveries is not None else None, folders)
    left = troubles.left_undone(settings, run_id(), source, seen, deliveries, landed)
    closed = landing.close(
        settings,
        source,
        dt.date.fromisoformat(night),
        run_id(),
        late=[folder["authority"] for folder in seen if folder["is_late"]],
        unlanded={(delivery["authority"], delivery["extract_date"]) for delivery in left.lost},
        unlisted=left.unlisted,
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
    authorities: list[str] | None,
    folders: Iterable[dict[str, Any]],
    deliveries: list[dict[str, Any]] | None,
    landed: Iterable[dict[str, Any]],
    closed: dict[str, Any] | None,
    ways_in: list[str] | None,
    fetched: Iterable[dict[str, Any]] | None,
) -> None:
    """Fail, once, when a file was refused or lost or a folder was late, and say which and what to do.

    Those who are to be told are told of what is new and of what is over.
    """
    from childrens_warehouse.landing import night as landing
    from childrens_warehouse.orchestration import troubles

    settings, brought = Settings.from_environment(), list(fetched or ())
    seen = troubles.waited_for(authorities if deliveries is not None else None, folders)
    left = troubles.left_undone(settings, run_id(), source, seen, deliveries, landed)
    outcomes = landing.outcomes(settings, source, run_id(), deliveries[0]["since"]) if deliveries else []
    found = troubles.of_landing(source, night, seen, left, outcomes, closed, is_listed=deliveries is not None)
    found += troubles.of_fetching(source, night, ways_in, brought)
    try:
        tell_of_landing(source, night, seen, left, closed, ways_in, brought, is_listed=deliveries is not None)
    finally:
        # Whatever became of the telling: the run is red and says why.
        if found:
            raise AirflowFailException("\n".join(found))
