"""What a night of one source left undone, and the lines by which `raise_alarm` names it.

Nothing here knows Airflow: it is told what the tasks handed on, and what the ledger says.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from childrens_warehouse.landing import night as landing
from childrens_warehouse.settings import Settings


@dataclass(frozen=True)
class Left:
    """lost: files without an outcome. unlisted: authorities of which nobody could say what there was to land."""

    lost: list[dict[str, Any]] = field(default_factory=list)
    unlisted: list[str] = field(default_factory=list)


def left_undone(
    settings: Settings,
    run_id: str,
    source: str,
    folders: Iterable[dict[str, Any]],
    deliveries: list[dict[str, Any]] | None,
    landed: Iterable[dict[str, Any]] | None,
) -> Left:
    """folders: of the authorities there are. deliveries: what each has to land, None where that was not found out.
    landed: what the tasks handed on that ended well."""
    if deliveries is None:
        return Left(unlisted=[folder["authority"] for folder in folders])
    done = {each["authority"] for each in landed or ()}
    open_works = [work for work in deliveries if work["authority"] not in done]
    left = Left()
    for work in open_works:
        if work["deliveries"] is None:
            left.unlisted.append(work["authority"])
        else:
            known = landing.outcomes(settings, source, run_id, work["since"])
            left.lost.extend(without_outcome(work["deliveries"], known))
    return left


def without_outcome(deliveries: Iterable[dict[str, Any]], outcomes: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The files of which nothing became yet."""

    def file(record: dict[str, Any]) -> tuple[str, str, str]:
        return record["authority"], record["extract_date"], record["file_name"]

    known = {file(outcome) for outcome in outcomes}
    return [delivery for delivery in deliveries if file(delivery) not in known]


def waited_for(authorities: Iterable[str] | None, folders: Iterable[dict[str, Any]] | None) -> list[dict[str, Any]]:
    """What the waiting said of each authority; one whose own waiting failed is taken for late."""
    said = list(folders or ())
    silent = sorted(set(authorities or ()) - {folder["authority"] for folder in said})
    return said + [
        {"authority": authority, "is_late": True, "problem": "its wait_for_folder failed, and the log says why"}
        for authority in silent
    ]


def of_landing(
    source: str,
    night: str,
    folders: list[dict[str, Any]],
    left: Left,
    outcomes: Iterable[dict[str, Any]],
    closed: dict[str, Any] | None,
    is_listed: bool,
) -> list[str]:
    """One line for everything a person must look at after a night of one source; empty when all is well."""
    found = [
        f"LATE: {folder['authority']} delivered no complete folder of {source} for {night}{_why(folder)}; what was in "
        f"force stays. When it arrives, the next run takes it in; sooner: trigger land_{source}, then build_warehouse."
        for folder in folders
        if folder["is_late"]
    ]
    if not folders:
        found.append(f"NO FOLDERS: the inbox has no authority's folder; was it moved? Nothing of {source} landed.")
    found += [
        f"REFUSED: {name}: {reason} What was in force stays. Ask the supplier for a new one; do not clear the task."
        for name, reason in _refused(outcomes, (closed or {}).get("refused", ())).items()
    ]
    found += [
        f"NOT LANDED: {delivery['authority']} {delivery['extract_date']} {delivery['file_name']}: its task failed, "
        f"and its log says why. Put that right; the next run takes the file up again. Sooner: clear the task, "
        f"then trigger build_warehouse."
        for delivery in left.lost
    ]
    if not is_listed:
        found.append(f"NOT LISTED: the files of {source} for {night}; the log of the red task says why.")
    else:
        found += [
            f"NOT LISTED: {authority}: its files of {source} for {night}; the log of land_files says why. Put that "
            f"right; the next run takes them up. Sooner: clear the task, then trigger build_warehouse."
            for authority in left.unlisted
        ]
    if closed is None:
        found.append(f"NOT CLOSED: {source} for {night}; nothing is built on it. See the log of close_night.")
    return found


def of_fetching(source: str, night: str, ways_in: list[str] | None, fetched: list[dict[str, Any]]) -> list[str]:
    """One line for everything that failed before it could be late; `of_landing` tells what was late."""
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


def _refused(outcomes: Iterable[dict[str, Any]], names: Collection[str]) -> dict[str, str]:
    """Why each refused file was refused; some refusals are of a folder, not of a file that could be landed."""
    refused = {
        f"{outcome['authority']} {outcome['extract_date']} {outcome['file_name']}: {outcome['rule']}": outcome["reason"]
        for outcome in outcomes
        if outcome["status"] == "refused"
    }
    return refused | {name: "the ledger says why." for name in names if name not in refused}


def _why(folder: dict[str, Any]) -> str:
    return f" ({folder['problem'].rstrip('.')})" if folder.get("problem") else ""
