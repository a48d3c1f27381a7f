"""Which persons are like which: scored once per pair of contents and model, and kept in the restricted store.

`<home>/restricted/links/scores-<what decides a score>.parquet` holds the units (what one service of an authority says
of a person) among which every pair was looked at, and the pairs that are possible at least. A night scores the pairs of
which one is new. The file may be thrown away at any time: it saves work and never changes a result.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path

import duckdb
import pyarrow as pa

from childrens_warehouse import sql, unfinished
from childrens_warehouse.identity import likeness, persons
from childrens_warehouse.identity.joining import Agreement, Likeness
from childrens_warehouse.settings import OWNER_ONLY_FILE, Home, make_private

FEATURES = tuple(likeness.LEVELS)
# Levels that are another name, birthday or home. A surname of before is one: it may be that of before an adoption.
_OTHERS = {"forename": ("different",), "surname": ("different", "previous"), "birth": ("different",),
           "postcode": ("different", "district", "sector")}  # fmt: skip

_UNIT = "authority varchar, kind varchar, content varchar"
_KEPT = f"{_UNIT}, other_kind varchar, other_content varchar, probability double"


def of_persons(connection: duckdb.DuckDBPyConnection, home: Home, keep: bool = True) -> list[Likeness]:
    """Every pair of `record` that is possible at least. keep: have the next night know of it."""
    score_new(connection, home, keep)
    rows = connection.execute(
        f"""
        select l.place, r.place, p.probability, {_may_match()} as may_match
        from likely as p
        inner join {_sided("l")} on p.authority = l.authority and p.kind = l.kind and p.content = l.content_l
        inner join {_sided("r")}
            on p.authority = r.authority and p.other_kind = r.kind and p.other_content = r.content_r
        """
    ).fetchall()
    return [Likeness(min(one, other), max(one, other), probability, may) for one, other, probability, may in rows]


def score_new(connection: duckdb.DuckDBPyConnection, home: Home, keep: bool) -> None:
    """Create `likely`: the pairs of units that are possible at least, from what is kept and what is scored now."""
    path = home.restricted / "links" / f"scores-{decided_by()}.parquet"
    connection.execute("create or replace table kept (" + _KEPT + ")")
    if path.exists():
        connection.execute(f"insert into kept select * from read_parquet({sql.literal(path)})")
    connection.execute(
        """
        create or replace table unit as
        with there as (
            select any_value(columns(*)) from record where birth is not null group by authority, kind, content
        )
        select row_number() over (order by authority, kind, content) as unique_id,
            (authority, kind, content) not in (
                select (authority, kind, content) from kept where other_kind is null
            ) as is_new,
            there.* exclude (place)
        from there
        """
    )
    connection.execute(
        """
        create or replace table likely as
        select authority, kind, content, other_kind, other_content, probability
        from kept
        where other_kind is not null
            and (authority, kind, content) in (select (authority, kind, content) from unit)
            and (authority, other_kind, other_content) in (select (authority, kind, content) from unit)
        """
    )
    new = connection.execute("select count(*) from unit where is_new").fetchone()
    if new is None or not new[0]:
        return
    likeness.block(connection, "unit")
    found = connection.execute("select count(*) from pair").fetchone()
    if found and found[0]:
        likeness.score(connection, "unit")
        connection.execute(
            """
            insert into likely
            select l.authority, l.kind, l.content, r.kind, r.content, s.probability
            from scored as s
            inner join unit as l on s.one = l.unique_id
            inner join unit as r on s.other = r.unique_id
            """
        )
    if keep:
        _write(connection, path)


def levels(
    connection: duckdb.DuckDBPyConnection, pairs: list[tuple[int, int]]
) -> dict[tuple[int, int], dict[str, str | None]]:
    """How far pairs of identities, by place, agree: feature -> level; null where one of them does not say."""
    if not pairs:
        return {}
    ends = [pa.array(side, pa.int64()) for side in zip(*pairs, strict=True)]
    connection.register("asked", pa.table(ends, names=["one", "other"]))
    rows = connection.execute(
        f"""
        select l.place, r.place, {", ".join(map(likeness.level_of, FEATURES))}
        from asked
        inner join {_sided("l")} on asked.one = l.place
        inner join {_sided("r")} on asked.other = r.place
        """
    ).fetchall()
    connection.unregister("asked")
    return {(one, other): dict(zip(FEATURES, found, strict=True)) for one, other, *found in rows}


def agreements(connection: duckdb.DuckDBPyConnection, pairs: list[tuple[int, int]]) -> dict[tuple[int, int], Agreement]:
    """What pairs of identities, by place, say of the person."""
    return {
        pair: Agreement(
            *(None if found[feature] is None else found[feature] not in others for feature, others in _OTHERS.items())
        )
        for pair, found in levels(connection, pairs).items()
    }


@cache
def decided_by() -> str:
    """Names everything that decides a score: the model, how persons are prepared and compared, the engines."""
    digest = hashlib.sha256()
    for path in (likeness.MODEL, persons.FORENAMES, Path(persons.__file__), Path(likeness.__file__), Path(__file__)):
        digest.update(path.read_bytes())
    digest.update(f"{version('splink')} {version('duckdb')}".encode())
    return digest.hexdigest()[:12]


def _may_match() -> str:
    """SQL: is it one name and birthday, and not perhaps a twin, a sister, or somebody of a rare forename?"""
    forename, surname, birth, postcode = map(likeness.level_of, ("forename", "surname", "birth", "postcode"))
    return (
        f"coalesce({forename} <> 'different' and {birth} <> 'different' "
        f"and ({surname} <> 'different' or {postcode} = 'same'), false)"
    )


def _sided(side: str) -> str:
    """`record` with its columns ending in _l or _r, as Splink has them."""
    plain = "place, authority, kind"
    return f'(select {plain}, columns(* exclude ({plain})) as "\\0_{side}" from record) as {side}'


def _write(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """All units there are, and their likely pairs; what other models and nights scored goes."""
    make_private(path.parent)
    part = unfinished.part_of(path)
    try:
        connection.execute(
            f"""
            copy (
                select authority, kind, content, null as other_kind, null as other_content, null as probability
                from unit
                union all
                select * from likely
            ) to {sql.literal(part)} (format parquet, compression zstd)
            """
        )
        part.chmod(OWNER_ONLY_FILE)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    for other in path.parent.glob("scores-*.parquet"):
        if other != path:
            other.unlink(missing_ok=True)
