"""The history of what was set aside: derived from quarantine and raw whenever it is asked for, never stored.

What is derived cannot depend on the order in which files came. A row is followed by `row_key`, a keyed pseudonym of
its key cells, from file to file; lists written before there were row keys are left out.

    refused_row_file   one row per refused row and file that bore it, unchanged deliveries among them
    refused_row        one row per authority, dataset, scope, row key and rule: first and last seen, resolved or open
    refused_file       one row per file refused whole and rule, until a later night resolved it

A refused row is resolved by the first later accepted file of its scope (or of the full list) that no longer refuses
it; a register mark by the first later accepted file that contains its register. docs/ledger.md lists the columns.
"""

from __future__ import annotations

import datetime as dt
import io
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.csv

from childrens_warehouse import sql
from childrens_warehouse.datasets import Coverage, of_source
from childrens_warehouse.landing import manifest, quarantine
from childrens_warehouse.raw.acceptance import Acceptance, accepted
from childrens_warehouse.settings import Home

_LISTED = ("file", "row", "rule", "column", "archived_as", "dataset", "scope", "generated_at", "row_key", "register")

_ACCEPTANCE = pa.schema(
    [
        ("authority", pa.string()),
        ("source", pa.string()),
        ("dataset", pa.string()),
        ("scope", pa.string()),
        ("file_name", pa.string()),
        ("file_id", pa.string()),
        ("extract_date", pa.date32()),
        ("generated_at", pa.timestamp("us")),
        ("rows_refused", pa.int64()),
    ]
)
_REFUSED_FILE = pa.schema(
    [
        ("authority", pa.string()),
        ("source", pa.string()),
        ("extract_date", pa.date32()),
        ("file_name", pa.string()),
        ("datasets", pa.list_(pa.string())),
        ("rule", pa.string()),
        ("scope", pa.string()),
        ("reason", pa.string()),
        ("archived_as", pa.string()),
    ]
)


def create(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    """Create the tables `refused_row_file`, `refused_row` and `refused_file` in a private database."""
    lists, refusals = _in_quarantine(home)
    _create_refusals(connection, lists)
    refused = [_refused_file(Path(path)) for path in refusals]
    files = [each for pair in _concerned(connection, refused) for each in accepted(home, *pair)]
    connection.register("accepted_now", _acceptances(files))
    connection.execute("create or replace temp table acceptance as select * from accepted_now")
    connection.unregister("accepted_now")
    _create_registers(connection, home, files)
    connection.execute(_SIGHTINGS)
    connection.execute(_ROWS)
    _create_refused_files(connection, refused)


def _concerned(connection: duckdb.DuckDBPyConnection, refused: Iterable[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """(dataset, authority) of which anything was refused: of all others the acceptances need not be read."""
    pairs = set(connection.execute("select distinct dataset, authority from refusal").fetchall())
    pairs |= {(dataset, each["authority"]) for each in refused for dataset in each["datasets"]}
    return sorted(pairs)


def _acceptances(files: Iterable[Acceptance]) -> pa.Table:
    return pa.Table.from_pylist(
        [
            {
                **{name: getattr(each, name) for name in _ACCEPTANCE.names},
                "generated_at": each.generated_at.replace(tzinfo=None),
            }
            for each in files
        ],
        schema=_ACCEPTANCE,
    )


def _in_quarantine(home: Home) -> tuple[list[str], list[str]]:
    """Paths of row lists, and of refusals of whole files. Walked once: a folder per night and source adds up."""
    lists, refusals = [], []
    for folder, _, names in os.walk(home.quarantine):
        for name in names:
            if name.endswith(".rows.csv") and name[0] != ".":
                lists.append(f"{folder}/{name}")
            elif name.endswith(".refused.json") and name[0] != ".":
                refusals.append(f"{folder}/{name}")
    return sorted(lists), sorted(refusals)


def _create_refusals(connection: duckdb.DuckDBPyConnection, lists: Iterable[str]) -> None:
    """`refusal`: the row lists as they lie in quarantine."""
    connection.execute(
        """
        create or replace temp table refusal (
            authority varchar, source varchar, extract_date date, file_name varchar, source_row bigint, rule varchar,
            "column" varchar, archived_as varchar, file_id varchar, dataset varchar, scope varchar,
            generated_at timestamp, row_key bigint, register varchar, rows_listed bigint
        )
        """
    )
    # The same header once, and DuckDB's reader once: thousands of small files would each take a buffer of its own.
    bodies: dict[bytes, list[bytes]] = {}
    for path in lists:
        with open(path, "rb") as handle:  # noqa: PTH123 - thousands of them
            header, _, body = handle.read().partition(b"\n")
        bodies.setdefault(header.strip(), []).append(body)
    for header, parts in bodies.items():
        names = header.decode().split(",")
        if not set(names).issuperset(_LISTED):
            continue
        text = pa.csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False)
        listed = pa.csv.read_csv(
            io.BytesIO(b"".join(parts)), read_options=pa.csv.ReadOptions(column_names=names), convert_options=text
        )
        connection.register("listed_now", listed)
        connection.execute(
            """
            insert into refusal
            select
                split_part(archived_as, '/', 2), split_part(archived_as, '/', 3),
                cast(split_part(archived_as, '/', 4) as date), file, cast(row as bigint), rule,
                nullif("column", ''), archived_as, regexp_extract(archived_as, '([0-9a-f]{16})-[^/]*$', 1),
                dataset, scope, timezone('UTC', cast(generated_at as timestamptz)),
                -- a row that could not be split is known in its own file only; pseudonyms are not negative
                coalesce(
                    try_cast(row_key as bigint), -1 - cast(hash(concat_ws(' ', archived_as, row)) >> 2 as bigint)
                ),
                case when regexp_full_match(register, '[^|]+[|][^|]+[|]\\d{4}-\\d{2}-\\d{2}') then register end,
                count(*) over (partition by dataset, scope, archived_as, generated_at)
            from listed_now
            """
        )
        connection.unregister("listed_now")


def _create_registers(connection: duckdb.DuckDBPyConnection, home: Home, files: Iterable[Acceptance]) -> None:
    """`register_file`: which accepted file contains which of the registers that refused rows belong to.

    Only files stamped after the first refusal of their authority are asked, so that years of attendance stay unread.
    """
    connection.execute(
        "create or replace temp table register_file (authority varchar, file_id varchar, register varchar)"
    )
    since = dict(
        connection.execute(
            "select authority || ' ' || dataset, min(generated_at) from refusal where register is not null group by 1"
        ).fetchall()
    )
    paths: dict[str, list[Path]] = {}
    for each in files:
        first = since.get(f"{each.authority} {each.dataset}")
        if first and each.generated_at.replace(tzinfo=None) > first and each.registers(home).exists():
            paths.setdefault(each.authority, []).append(each.registers(home))
    for authority, of_authority in paths.items():
        connection.execute(
            f"""
            insert into register_file
            select distinct {sql.literal(authority)}, source_file, register
            from (
                select source_file, concat_ws('|', supplier, school_urn, session_date) as register
                from read_parquet({sql.file_list(sorted(set(of_authority)))})
            )
            where register in (select register from refusal where authority = {sql.literal(authority)})
            """
        )


# The same content delivered again is known and not judged again, so its list lies only where it first came: the row
# is as wrong in every acceptance of that content. Unless that was judged again and then let other rows in.
_SIGHTINGS = """
create or replace table refused_row_file as
select
    authority, source, dataset, scope, row_key, rule, "column", register, extract_date, file_name, source_row,
    file_id, archived_as, generated_at
from refusal
union
select
    r.authority, r.source, r.dataset, r.scope, r.row_key, r.rule, r."column", r.register, a.extract_date, a.file_name,
    r.source_row, r.file_id, r.archived_as, a.generated_at
from refusal as r
inner join acceptance as a
    on r.authority = a.authority and r.dataset = a.dataset and r.scope = a.scope and r.file_id = a.file_id
    and r.rows_listed = a.rows_refused
"""

_ROWS = f"""
create or replace table refused_row as
with
seen as (
    select
        authority, dataset, scope, row_key, rule,
        any_value(source) as source,
        min(generated_at) as first_seen,
        max(generated_at) as last_seen,
        arg_min(extract_date, generated_at) as first_night,
        count(distinct (generated_at, file_id)) as times_seen,
        max(struct_pack(
            stamp := generated_at, extract_date := extract_date, file_id := file_id, file_name := file_name,
            source_row := source_row, "column" := "column", archived_as := archived_as, register := register
        )) as newest
    from refused_row_file
    group by all
),
last_word as (
    select * exclude (newest), unnest(newest)
    from seen
),
later as (
    select s.authority, s.dataset, s.scope, s.row_key, s.rule, min(a.generated_at) as resolved_on
    from last_word as s
    inner join acceptance as a
        on s.authority = a.authority and s.dataset = a.dataset
        and (a.generated_at, a.extract_date, a.file_id) > (s.last_seen, s.extract_date, s.file_id)
        and (a.scope = s.scope or a.scope = '{Coverage.FULL}')
    -- a full list that refuses the row as well has put nothing right
    left join refused_row_file as still
        on a.authority = still.authority and a.dataset = still.dataset and a.file_id = still.file_id
        and a.generated_at = still.generated_at and s.row_key = still.row_key and s.rule = still.rule
    left join register_file as r
        on a.authority = r.authority and a.file_id = r.file_id and s.register = r.register
    where
        still.row_key is null
        and case
            when s.scope <> '{Coverage.SCHOOL_DATE}' then true
            -- where the register itself could not be read, only the same night's file speaks of the row
            when s.register is null then a.extract_date = s.extract_date
            else r.register is not null
        end
    group by all
)
select
    s.authority, s.source, s.dataset, s.scope, s.row_key, s.rule, s."column",
    s.first_seen, s.last_seen, l.resolved_on,
    case when l.resolved_on is null then 'open' else 'resolved' end as state,
    s.times_seen, s.first_night, s.extract_date as last_night, s.file_name, s.source_row, s.archived_as
from last_word as s
left join later as l
    on s.authority = l.authority and s.dataset = l.dataset and s.scope = l.scope and s.row_key = l.row_key
    and s.rule = l.rule
"""


def _create_refused_files(connection: duckdb.DuckDBPyConnection, refused: list[Mapping[str, Any]]) -> None:
    connection.register("refused_now", pa.Table.from_pylist(refused, schema=_REFUSED_FILE))
    connection.execute(_FILES)
    connection.unregister("refused_now")


def _refused_file(path: Path) -> Mapping[str, Any]:
    """One refusal as quarantine tells it; its night and whose it is are in its path."""
    told = json.loads(path.read_text(encoding="utf-8"))
    authority, source, extract_date = path.parts[-4:-1]
    if told.get("dataset"):
        datasets = [told["dataset"]]
    elif told["file"] == manifest.NAME:
        datasets = [dataset.name for dataset in of_source(source)]
    else:
        datasets = [dataset.name for dataset in quarantine.of_file(source, told["file"])]
    return {
        "authority": authority,
        "source": source,
        "extract_date": dt.date.fromisoformat(extract_date),
        "file_name": told["file"],
        "datasets": datasets,
        "rule": told["rule"],
        "scope": told.get("scope"),
        "reason": told["reason"],
        "archived_as": told["archived_as"],
    }


# A corrected file in the same folder takes the refusal away by itself; what is left is resolved by a later night's
# file that bears a dataset of it, under whatever name. A manifest speaks for its whole folder. Nights that were
# resolved by the same file are one matter.
_FILES = """
create or replace table refused_file as
with
each_night as (
    select r.*, min(a.extract_date) as resolved_on
    from refused_now as r
    left join acceptance as a
        on r.authority = a.authority and a.extract_date > r.extract_date and list_contains(r.datasets, a.dataset)
        and (r.scope is null or a.scope in (r.scope, 'full'))
    group by all
)
select
    authority, source, array_to_string(datasets, ' ') as datasets, file_name, rule,
    arg_max(reason, extract_date) as reason,
    min(extract_date) as first_seen,
    max(extract_date) as last_seen,
    resolved_on,
    case when resolved_on is null then 'open' else 'resolved' end as state,
    count(*) as times_seen,
    arg_max(archived_as, extract_date) as archived_as
from each_night
group by authority, source, datasets, file_name, rule, scope, resolved_on
"""
