"""The steps that bring a home from one format to the next.

Each may be run again: one that was killed goes on where it stopped, and on a home that has nothing of what it
changes it finds nothing to do. The number is written down after each.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from childrens_warehouse import __version__
from childrens_warehouse.errors import HomeFormatError
from childrens_warehouse.ledger import Ledger
from childrens_warehouse.publish import files, history
from childrens_warehouse.publish.current import MANIFEST
from childrens_warehouse.publish.tables import PARTITIONED_BY
from childrens_warehouse.raw import epoch
from childrens_warehouse.raw.acceptance import Acceptance
from childrens_warehouse.settings import GROUP_READS_FILE, OWNER_ONLY_FILE, Home
from childrens_warehouse.upkeep import home_format

Say = Callable[[str], None]


@dataclass(frozen=True)
class Step:
    """One step.

    number: the format a home is of after it. what: it changes, in words. is_harmless: programs may do it on the way,
    without being asked: it takes no time, and what was there can still be read. is_due: is there anything to do? run:
    does it, and counts what it changed.
    """

    number: int
    what: str
    is_harmless: bool
    is_due: Callable[[Home], bool]
    run: Callable[[Home], int]


def due(home: Home) -> tuple[Step, ...]:
    """The steps that have something to do on this home, in order."""
    of = home_format.format_of(home)
    return tuple(step for step in STEPS if of is not None and step.number > of and step.is_due(home))


def upgrade(home: Home, say: Say = lambda text: None) -> int:
    """Run what is due and return the format the home was of. Raises HomeFormatError where a step cannot be done."""
    with _alone(home):
        was = home_format.format_of(home) or home_format.FORMAT
        for step in STEPS:
            if step.number <= was:
                continue
            if step.is_due(home):
                started = time.monotonic()
                changed = step.run(home)
                detail = {
                    "step": step.number, "what": step.what, "changed": changed, "program": __version__,
                    "seconds": round(time.monotonic() - started, 3),
                }  # fmt: skip
                Ledger(home.ledger).record_upkeep("upgrade", detail)
                say(f"format {step.number}: {step.what}: {changed} changed")
            home_format.write(home, step.number)
        return was


@contextmanager
def _alone(home: Home) -> Iterator[None]:
    """Of two programs that begin together one upgrades; the other waits and finds it done."""
    descriptor = os.open(home.root / ".upgrade.lock", os.O_RDWR | os.O_CREAT, OWNER_ONLY_FILE)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


# Format 2: raw says of which key it is


def _raw_says_no_key(home: Home) -> bool:
    return not (home.raw / "epoch.json").exists() and any(_records(home))


def _let_raw_say_its_key(home: Home) -> int:
    """Give content, registers, identities and acceptances the id of their key in their names; then name the epoch.

    An acceptance is renamed after what it accepts, and the epoch is written last: until then nothing of raw counts.
    """
    records = [(path, Acceptance.from_dict(json.loads(path.read_text(encoding="utf-8")))) for path in _records(home)]
    keys = sorted({acceptance.key_id for _, acceptance in records})
    if len(keys) != 1:
        raise HomeFormatError(
            f"The files in {home.raw} were pseudonymised with different keys ({', '.join(keys)}), and epoch.json, which"
            " says which of them counts, is missing: restore it from your backup."
        )
    renamed = 0
    with epoch.held(home, alone=True):
        for path, acceptance in records:
            new = acceptance.content(home).stem
            old = new.removesuffix(f"-{acceptance.key_id}")
            restricted = home.restricted / acceptance.dataset / acceptance.authority
            for folder in (acceptance.folder(home) / "content", restricted):
                for suffix in (".registers.parquet", ".parquet", ".identities.parquet", ".persons.parquet"):
                    renamed += _rename(folder / f"{old}{suffix}", folder / f"{new}{suffix}")
            renamed += _rename(path, acceptance.record(home))
        epoch.switch(home, keys[0])
    return renamed


def _records(home: Home) -> Iterator[Path]:
    return home.raw.glob("*/*/accepted/*/*.json")


def _rename(old: Path, new: Path) -> int:
    if old == new or not old.exists():
        return 0
    files.replace(old, new)
    return 1


# Format 3: manifests of releases say as much as those of today


def _manifests(home: Home) -> Iterator[tuple[Path, dict[str, Any], dict[str, Any]]]:
    """Path, content and completed content of each manifest that lacks anything."""
    for path in sorted(home.releases.glob(f"*/{MANIFEST}")):
        text = path.read_text(encoding="utf-8")
        told, completed = json.loads(text), _completed(home, path.parent, json.loads(text))
        if told != completed:
            yield path, told, completed


def _manifests_lack(home: Home) -> bool:
    return any(True for _ in _manifests(home))


def _complete_manifests(home: Home) -> int:
    """Add what manifests did not say at first. What a release holds, and its hashes, stay as they are."""
    count = 0
    for path, _, completed in _manifests(home):
        group = path.stat().st_gid
        files.write_json(path, completed, GROUP_READS_FILE)
        os.chown(path, -1, group)
        count += 1
    return count


def _completed(home: Home, folder: Path, manifest: dict[str, Any]) -> dict[str, Any]:
    manifest["inputs"].setdefault("key_id", _key_of_release(home, manifest["release_id"]))
    manifest["code"].setdefault("commit", None)
    for name, table in manifest["tables"].items():
        table.setdefault("grain", table["primary_key"])
        table.setdefault("references", [])
        table.setdefault("partitioned_by", PARTITIONED_BY.get(name))
        for file in table["files"]:
            # The month of attendance, before other tables were cut by other dates.
            file.setdefault("partition", file.get("session_month"))
            file.setdefault("authority_code", None)
    manifest.setdefault("views", {})
    has_history = (folder / history.FILE).exists()
    manifest.setdefault("history", {"path": history.FILE, "is_linked": False} if has_history else None)
    manifest.setdefault("aggregate", None)
    return manifest


def _key_of_release(home: Home, release_id: str) -> str | None:
    """The key whose pseudonyms a release has: that of the epoch it was written in."""
    now = epoch.current(home)
    if now is None:
        return None
    return next((past.key_id for past in now.before if release_id in past.releases), now.key_id)


# Format 4: the ledger has every table and column


def _ledger_lacks(home: Home) -> bool:
    return home.ledger.exists() and bool(Ledger(home.ledger).lacks())


def _complete_ledger(home: Home) -> int:
    ledger = Ledger(home.ledger)
    lacking = ledger.lacks()
    ledger.prepare()
    return len(lacking)


# Format 5: removals are among the disposals


def _removals_are_apart(home: Home) -> bool:
    return home.ledger.exists() and bool(
        Ledger(home.ledger).query("select 1 from sqlite_master where type = 'table' and name = 'removal_event'")
    )


def _move_removals(home: Home) -> int:
    """Originals and names that were removed by settings of old, by run; paths of what is gone are not kept."""
    with Ledger(home.ledger).transaction() as connection:
        moved = connection.execute(
            """
            insert into disposal_event (
                recorded_at, run_id, disposal_id, state, record_class, rule, layer, authority, persons, items, rows,
                decided_by, reason)
            select max(recorded_at), run_id, run_id, 'done', kind, 'WAREHOUSE_RETENTION_' || upper(kind) || '_MONTHS',
                kind, '', null, count(*), null, '', 'replaced, and older than the setting'
            from removal_event
            group by run_id, kind
            """
        ).rowcount
        connection.execute("drop table removal_event")
    return moved


STEPS: tuple[Step, ...] = (
    Step(
        2, "files of raw and restricted bear the id of their key in their names", False, _raw_says_no_key,
        _let_raw_say_its_key,
    ),
    Step(
        3, "manifests of releases name grains, references and partitions", True, _manifests_lack, _complete_manifests,
    ),
    Step(4, "the ledger has every table and column", True, _ledger_lacks, _complete_ledger),
    Step(5, "removals are among the disposals of the ledger", True, _removals_are_apart, _move_removals),
)  # fmt: skip
