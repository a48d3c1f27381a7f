"""Keep rows about restricted persons out of what is published: out of the tables, of earlier releases, of pages.

They are stored and built with everybody else, and figures count them, so that no figure tells by its change that somebody was
restricted. What leaves the candidate has no row about them, and no reader may open an earlier release that has one.
docs/operating/subject-rights.md says why.
"""  # noqa: E501

from __future__ import annotations

import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

import duckdb

from childrens_warehouse import sql
from childrens_warehouse.identity import codes
from childrens_warehouse.publish import files
from childrens_warehouse.publish.current import MANIFEST, current_manifest, read_manifest
from childrens_warehouse.publish.tables import Table, public_tables
from childrens_warehouse.settings import GROUP_READS_DIRECTORY, OWNER_ONLY_DIRECTORY, Home

# The columns of public tables that name a child.
KEYS = ("child_key", "pupil_key", "patient_key", "identity_key", "subject_key")
_ALL_IDENTITIES = """
    select distinct other.authority_code, other.identity_key as key
    from raw.restriction as r
    inner join raw.child_identity as own using (authority_code, identity_kind, identity_key)
    inner join raw.child_identity as other on own.authority_code = other.authority_code and own.child_key = other.child_key
    union
    select authority_code, identity_key from raw.restriction
"""  # noqa: E501


def take_out(connection: duckdb.DuckDBPyConnection) -> int:
    """Remove the rows about restricted persons from the public tables of a gated candidate, all or none; how many, but
    for those that a view leaves out?

    Safe to call again.
    """
    gone = 0
    views = dict(
        connection.execute(
            "select view_name, sql from duckdb_views() where schema_name = 'marts'"
            " and database_name = current_database()"
        ).fetchall()
    )
    connection.execute("begin")
    try:
        for table in public_tables(connection):
            named = about_restricted(column.name for column in table.columns if column.name in KEYS)
            if named and table.name in views:
                _leave_out(connection, table, views[table.name], named)
            elif named:
                removed = connection.execute(f"delete from {table.relation} where {' or '.join(named)}").fetchone()
                gone += int(removed[0]) if removed else 0
        connection.execute("commit")
    except duckdb.Error:
        connection.execute("rollback")
        raise
    return gone


def _leave_out(connection: duckdb.DuckDBPyConnection, table: Table, definition: str, named: list[str]) -> None:
    """Make a view anew that leaves the rows out, with its comments."""
    query, hidden = definition.partition(" AS ")[2].rstrip().rstrip(";"), " or ".join(named)
    connection.execute(
        f"create or replace view {table.relation} as select * from ({query}) where not coalesce({hidden}, false)"
    )
    connection.execute(f"comment on view {table.relation} is {sql.literal(table.comment)}")
    for column in table.columns:
        connection.execute(
            f"comment on column {table.relation}.{sql.name(column.name)} is {sql.literal(column.comment)}"
        )


def about_restricted(columns: Iterable[str], authority: str = "authority_code") -> list[str]:
    """Conditions on the rows of a table that has these pseudonyms, each of which says: about a restricted person.

    Null where a pseudonym is. The connection's `raw` must have restrictions and identities.
    """
    return [f"({sql.name(authority)}, {sql.name(column)}) in ({_ALL_IDENTITIES})" for column in columns]


def restricted_keys(connection: duckdb.DuckDBPyConnection) -> set[int]:
    """All pseudonyms of the restricted persons of a candidate."""
    return {int(key) for _, key in connection.execute(_ALL_IDENTITIES).fetchall()}


def close(home: Home, keys: set[int]) -> tuple[str, ...]:
    """Close the releases but the current one that have rows about these persons, and open all others; remove managers'
    pages that show their codes. Returns the closed ones."""
    current = current_manifest(home)
    closed = []
    for folder in sorted(path.parent for path in home.releases.glob(f"*/{MANIFEST}")):
        is_current = current is not None and folder.name == current["release_id"]
        if keys and not is_current and bears(home, folder.name, keys):
            folder.chmod(OWNER_ONLY_DIRECTORY)
            closed.append(folder.name)
        elif is_closed(folder):
            folder.chmod(GROUP_READS_DIRECTORY)
    for folder in pages_of(home, keys):
        files.remove(folder)
    return tuple(closed)


def is_closed(folder: Path) -> bool:
    return not folder.stat().st_mode & stat.S_IRGRP


def pages_of(home: Home, keys: Iterable[int]) -> Iterator[Path]:
    """Folders of managers' pages of an authority that show a code of these persons."""
    told = {code for key in keys for code in codes.spellings(key)}
    for folder in sorted(home.reports_restricted.glob("*/managers/*")) if told else ():
        texts = (page.read_text(encoding="utf-8") for page in folder.rglob("*.html"))
        if any(code in text for text in texts for code in told):
            yield folder


def bears(home: Home, release_id: str, keys: Iterable[int]) -> bool:
    """Has a release rows about one of these pseudonyms?"""
    manifest, wanted = read_manifest(home, release_id), sql.literals(sorted(set(keys)))
    if manifest is None or not wanted:
        return False
    # The bridge has every identity that lists name, so most are found there.
    names = sorted(manifest["tables"], key=lambda name: (name != "bridge_child_identity", name))
    with duckdb.connect() as connection:
        for name in names:
            table = manifest["tables"][name]
            columns = [column["name"] for column in table["columns"] if column["name"] in KEYS]
            paths = [home.releases / release_id / file["path"] for file in table["files"]]
            if not columns or not paths:
                continue
            named = " or ".join(f"{sql.name(column)} in ({wanted})" for column in columns)
            if connection.execute(
                f"select 1 from read_parquet({sql.file_list(paths)}, hive_partitioning = false) where {named} limit 1"
            ).fetchone():
                return True
    return False
