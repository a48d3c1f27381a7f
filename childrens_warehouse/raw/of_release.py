"""What a release was built of, found again: the files in force, the withdrawals, the decisions made until then.

releases/<release>/built_of.json.gz     acceptances by name, and the list of neighbours; written when the build begins
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import gzip
import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from childrens_warehouse.build.kept_back import KeptBack
from childrens_warehouse.decisions import neighbours
from childrens_warehouse.errors import WarehouseError
from childrens_warehouse.publish.current import read_manifest
from childrens_warehouse.raw import epoch
from childrens_warehouse.raw.acceptance import Acceptance, accepted
from childrens_warehouse.raw.in_force import InForce, settle
from childrens_warehouse.raw.withdrawals import Withdrawal, compared
from childrens_warehouse.settings import Settings

BUILT_OF = "built_of.json.gz"


def of_release(settings: Settings, release_id: str) -> InForce:
    """What counted when a release was built. Raises WarehouseError when something of it is gone, and says what."""
    manifest = read_manifest(settings.home, release_id)
    if manifest is None:
        raise WarehouseError(f"There is no release {release_id} in {settings.home.releases}.")
    path = settings.home.releases / release_id / BUILT_OF
    if not path.exists():
        raise WarehouseError(f"Release {release_id} does not name what it was built of: {path} is missing.")
    inputs = _read(path)
    now = epoch.current(settings.home)
    if now is not None and now.key_id != inputs["key_id"]:
        raise WarehouseError(
            f"Release {release_id} has pseudonyms of key {inputs['key_id']}, and raw is of {now.key_id} since: its "
            "rows cannot be made again."
        )
    by_dataset, withdrawn, gone = _named(settings, inputs, lambda _: True)
    if gone:
        raise WarehouseError(
            f"Release {release_id} cannot be made again: {len(gone)} files it was built of are no longer in raw, "
            f"or rows of them were disposed of since, first {gone[0]}."
        )
    then = settle(
        settings,
        by_dataset,
        withdrawn,
        dt.datetime.fromisoformat(manifest["known_on"]) if manifest["known_on"] else None,
        dt.datetime.fromisoformat(inputs["decided_until"]),
        restricted_until=dt.datetime.fromisoformat(inputs["decided_until"]),
        # The list is replaced as a whole, so a release names what it said; those of earlier programs knew none.
        neighbourhood=neighbours.of_told(inputs.get("neighbours", ())),
    )
    return dataclasses.replace(then, kept_back=tuple(map(KeptBack.from_dict, inputs.get("kept_back", ()))))


def keeping_back(settings: Settings, night: InForce, kept: Sequence[KeptBack], release_id: str | None) -> InForce:
    """A night in which some authorities are as a release has them, under today's decisions; none of those left out.

    What is gone from raw since, because its time was over, is not there for them either.
    """
    wanted = {each.authority for each in kept if not each.is_left_out}
    others = dataclasses.replace(night.without({each.authority for each in kept}), kept_back=tuple(kept))
    path = settings.home.releases / str(release_id) / BUILT_OF
    if not wanted or release_id is None or not path.exists():
        return others
    by_dataset, withdrawn, _ = _named(settings, _read(path), wanted.__contains__)
    return others.and_of(settle(settings, by_dataset, withdrawn, None, None, None, night.neighbours))


def _read(path: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(gzip.decompress(path.read_bytes()))
    return told


def _named(
    settings: Settings, inputs: Mapping[str, Any], is_wanted: Callable[[str], bool]
) -> tuple[dict[tuple[str, str], list[Acceptance]], tuple[Withdrawal, ...], list[str]]:
    """The files and withdrawals that a build names, of the authorities wanted; and what is gone, in words."""
    there = {_name(_brief(each)): each for each in accepted(settings.home)}
    by_dataset: dict[tuple[str, str], list[Acceptance]] = defaultdict(list)
    gone = []
    for file in inputs["files"]:
        if not is_wanted(file["authority"]):
            continue
        each = there.get(_name(file))
        # Of a file that lost rows since, the rest is there.
        is_less = each is not None and each.rows_disposed > file.get("rows_disposed", 0)
        if each is None or is_less or not each.content(settings.home).exists():
            gone.append(f"{file['authority']} {file['dataset']} {file['scope']} generated at {file['generated_at']}")
        if each is not None and each.content(settings.home).exists():
            by_dataset[each.authority, each.dataset].append(each)
    withdrawn = []
    for told in inputs["withdrawals"]:
        if not is_wanted(told["newer"]["authority"]):
            continue
        older, newer = there.get(_name(told["older"])), there.get(_name(told["newer"]))
        if older is None or newer is None:
            brief = told["newer"]
            gone.append(
                f"{brief['authority']} {brief['dataset']} generated at {brief['generated_at']}, or the one before"
            )
        else:
            withdrawn.append(Withdrawal(older, newer, compared(settings.home, older, newer)))
    return by_dataset, tuple(withdrawn), gone


def write(path: Path, night: InForce, decided_until: dt.datetime) -> None:
    """Name what a build is made of, under a new file: an older one may have a second name in a release."""
    now = {each.key_id for each in night.extracts}
    told = {
        "key_id": min(now) if now else None,
        "decided_until": decided_until.isoformat(),
        "files": [_brief(each) for each in night.extracts],
        "kept_back": [each.to_dict() for each in night.kept_back],
        "neighbours": neighbours.told(night.neighbours),
        "withdrawals": [{"older": _brief(each.older), "newer": _brief(each.newer)} for each in night.withdrawn],
    }
    partial = path.with_name(f".{path.name}.part")
    partial.write_bytes(gzip.compress(json.dumps(told).encode(), compresslevel=6, mtime=0))
    partial.replace(path)


def _brief(each: Acceptance) -> dict[str, Any]:
    return {
        "authority": each.authority,
        "dataset": each.dataset,
        "scope": each.scope,
        "file": each.file_id,
        "generated_at": each.generated_at.isoformat(),
        "rows_disposed": each.rows_disposed,
    }


def _name(brief: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(brief[key] for key in ("authority", "dataset", "scope", "file", "generated_at"))
