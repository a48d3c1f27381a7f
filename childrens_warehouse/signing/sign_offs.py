"""Sign-offs: an input of the build, kept in the home and never taken back, only said anew.

`<home>/decisions/sign-offs.jsonl` holds one a line; the last on an authority's return of a year counts:

    {"verdict": "signed", "authority": "310", "return_code": "ssda903", "year": 2017,
     "release_id": "2017-06-30-cc005fca", "figures": "310-ssda903-2017-4b1f….parquet",
     "by": "J. Smith", "reason": "Sent to DfE", "decided_at": "2017-07-03T09:12:00+00:00"}

`<home>/decisions/signed-figures/` holds the figures as they were signed, as Parquet named by its own hash: what a later
build is compared with. They are figures of a year, not of children, but not suppressed either.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import duckdb

from childrens_warehouse import sql, unfinished
from childrens_warehouse.build.raw_schema import SIGNED_FIGURE_COLUMNS
from childrens_warehouse.decisions import lines
from childrens_warehouse.errors import ConfigurationError
from childrens_warehouse.settings import OWNER_ONLY_FILE, Home, make_private

_FIELDS = {
    "verdict", "authority", "return_code", "year", "release_id", "figures", "by", "reason", "decided_at",
}  # fmt: skip


class Verdict(StrEnum):
    SIGNED = "signed"
    TAKEN_BACK = "taken_back"


@dataclass(frozen=True, slots=True)
class SignOff:
    """What somebody said of an authority's return of a year.

    year: the calendar year in which the year of the return ends. release_id, figures: what was signed; empty when a
    sign-off is taken back.
    """

    verdict: Verdict
    authority: str
    return_code: str
    year: int
    release_id: str
    figures: str
    by: str
    reason: str
    decided_at: dt.datetime

    @property
    def of(self) -> tuple[str, str, int]:
        return self.authority, self.return_code, self.year

    def path(self, home: Home) -> Path:
        """The figures that were signed."""
        return folder(home) / self.figures


def folder(home: Home) -> Path:
    return home.decisions / "signed-figures"


def on_file(home: Home, known_on: dt.datetime | None = None) -> tuple[SignOff, ...]:
    """All until `known_on` (None: now), oldest first. Raises ConfigurationError when one cannot be read."""
    found = lines.read(_path(home), _FIELDS, _sign_off, "sign-off of a return")
    return tuple(each for each in found if known_on is None or each.decided_at <= known_on)


def in_force(said: Iterable[SignOff]) -> tuple[SignOff, ...]:
    """The returns that are signed off: the last word on each, where it is not that it was taken back."""
    last = {each.of: each for each in said}
    return tuple(each for _, each in sorted(last.items()) if each.verdict is Verdict.SIGNED)


def fingerprint(said: Iterable[SignOff]) -> str:
    """The same for sign-offs of the same figures, whoever gave them."""
    told = [f"{each.of}/{each.figures}/{each.decided_at.isoformat()}" for each in in_force(said)]
    return hashlib.sha256("\n".join(told).encode()).hexdigest() if told else "none"


def append(home: Home, said: SignOff) -> None:
    """Write one down."""
    on_file(home)
    lines.append(_path(home), asdict(said))


def keep_figures(home: Home, connection: duckdb.DuckDBPyConnection, query: str, named: str) -> tuple[str, int]:
    """Write the figures that `query` selects; returns the name of their file and how many they are."""
    make_private(folder(home))
    partial = unfinished.part_of(folder(home) / named)
    connection.execute(f"copy ({query} order by all) to {sql.literal(partial)} (format parquet, compression zstd)")
    partial.chmod(OWNER_ONLY_FILE)
    name = f"{named}-{hashlib.sha256(partial.read_bytes()).hexdigest()[:16]}.parquet"
    partial.replace(folder(home) / name)
    found = connection.execute(f"select count(*) from read_parquet({sql.literal(folder(home) / name)})").fetchone()
    return name, int(found[0]) if found else 0


def fill(connection: duckdb.DuckDBPyConnection, home: Home, said: Iterable[SignOff]) -> None:
    """`raw.sign_off` and `raw.signed_figure` of a candidate. Raises ConfigurationError when figures are gone."""
    signed = in_force(said)
    missing = [each.figures for each in signed if not each.path(home).exists()]
    if missing:
        raise ConfigurationError(
            f"{folder(home)} lacks {', '.join(missing)}: figures that were signed off. Restore them from your backup."
        )
    for each in signed:
        connection.execute(
            "insert into raw.sign_off values (?, ?, ?, ?)",
            [each.authority, each.return_code, each.year, each.decided_at.astimezone(dt.UTC).replace(tzinfo=None)],
        )
    if signed:
        names = ", ".join(column.split()[0] for column in SIGNED_FIGURE_COLUMNS.split(", "))
        # Of several returns that a figure rests on, the one signed last has the figure that was final.
        connection.execute(
            f"insert into raw.signed_figure select {names} from ("
            + " union all ".join(
                f"select *, {number} as rank from read_parquet({sql.literal(each.path(home))})"
                for number, each in enumerate(sorted(signed, key=lambda each: (each.decided_at, each.of)))
            )
            + ") qualify row_number() over (partition by authority_code, indicator_id, as_at, period, dimension, member"
            " order by rank desc) = 1"
        )


def _path(home: Home) -> Path:
    return home.decisions / "sign-offs.jsonl"


def _sign_off(told: dict[str, Any]) -> SignOff:
    return SignOff(
        verdict=Verdict(told["verdict"]),
        authority=str(told["authority"]),
        return_code=str(told["return_code"]),
        year=int(told["year"]),
        release_id=str(told["release_id"]),
        figures=str(told["figures"]),
        by=str(told["by"]),
        reason=str(told["reason"]),
        decided_at=dt.datetime.fromisoformat(told["decided_at"]),
    )
