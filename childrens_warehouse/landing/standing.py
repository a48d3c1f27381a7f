"""Is what the ledger says arrived still there? A disk that was not mounted, or a backup from before, and it is not.

What is lost of the last weeks lands again by itself, from the inbox; a store that is empty altogether stops the night.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from childrens_warehouse.datasets import BY_NAME
from childrens_warehouse.errors import ConfigurationError
from childrens_warehouse.landing import keep
from childrens_warehouse.ledger import Ledger
from childrens_warehouse.raw import epoch
from childrens_warehouse.raw.acceptance import as_file
from childrens_warehouse.settings import Home, Settings

# Below the shortest limit of retention, which is a month: what it removed is not lost.
_LOOKED_BACK = dt.timedelta(days=21)


def check(settings: Settings) -> None:
    """See, before anything lands, that the stores are there which the ledger says were filled.

    Else a night would land into the folder below a mount, and be published without all that came before. Raises
    ConfigurationError.
    """
    home = settings.home
    events = Ledger(home.ledger).query("select distinct dataset from file_event where status = 'accepted'")
    datasets = {row["dataset"] for row in events}
    if not datasets:
        return
    bear_identities = any(name in BY_NAME and keep.domains(BY_NAME[name]) for name in datasets)
    empty = [
        folder
        for folder, is_needed in ((home.archive, True), (home.restricted, bear_identities))
        if is_needed and not any(folder.iterdir())
    ]
    if epoch.current(home) is None:
        empty.append(home.raw)
    if empty:
        raise ConfigurationError(
            f"{' and '.join(map(str, empty))} should hold what was accepted before, by the ledger, and is empty. Is its"
            " disk mounted? Nothing is landed until it is there again, or restored from your backup."
        )


def lost(settings: Settings, authority: str, source: str) -> set[dt.date]:
    """The nights of the last weeks of which a file was accepted, by the ledger, that is not whole in the stores."""
    home, since = settings.home, dt.datetime.now(dt.UTC) - _LOOKED_BACK
    events = Ledger(home.ledger).query(
        "select distinct extract_date, dataset, scope, sha256, archived_as from file_event where authority = ?"
        " and source = ? and status in ('accepted', 'unchanged') and recorded_at >= ?",
        (authority, source, since.isoformat(timespec="seconds")),
    )
    return {
        dt.date.fromisoformat(event["extract_date"])
        for event in events
        if event["dataset"] in BY_NAME
        and not (
            (home.root / event["archived_as"]).exists()
            and _is_kept(home, event["dataset"], authority, event["scope"], event["sha256"][:16])
        )
    }


def _is_kept(home: Home, dataset: str, authority: str, scope: str, file_id: str) -> bool:
    """Its acceptance, its rows and its identities, under whatever key."""
    folder, named = home.raw / dataset / authority, f"{file_id}-{as_file(scope)}-*"
    return (
        _any(folder / "accepted" / as_file(scope), f"*-{file_id}-*.json")
        and _any(folder / "content", f"{named}.parquet")
        and (
            not keep.domains(BY_NAME[dataset])
            or _any(home.restricted / dataset / authority, f"{named}.identities.parquet")
        )
    )


def _any(folder: Path, pattern: str) -> bool:
    return next(folder.glob(pattern), None) is not None
