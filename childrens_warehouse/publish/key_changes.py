"""Which children became one, or two, from one release to the next, and by what: counts for the ledger, no keys.

Worked examples, identity -> child before and now:
- a -> 1, b -> 2; now a -> 1, b -> 1: one child fewer, a merge of b by its link_rule of now.
- a -> 1, b -> 1; now a -> 1, b -> 2: a split of b by the link_rule it had.
- a -> 5, b -> 5; now a -> 3, b -> 3: the child is the same, its key is another (a stronger identity joined it).
Identities that only one of the releases has say nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb

from childrens_warehouse import sql
from childrens_warehouse.publish.current import read_manifest
from childrens_warehouse.settings import Home

TABLE = "bridge_child_identity"


def since_previous(home: Home, manifest: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Counts by authority, change (merge, split, other key) and rule, against the release before this one.

    Nothing when there is none, or when it is of another pseudonym key.
    """
    previous = read_manifest(home, manifest["previous"]) if manifest["previous"] else None
    if (
        previous is None
        or previous["inputs"]["key_id"] != manifest["inputs"]["key_id"]
        or TABLE not in previous["tables"]
        or previous["tables"][TABLE]["content_hash"] == manifest["tables"][TABLE]["content_hash"]
    ):
        return []
    before, now = (
        sql.file_list(home.releases / each["release_id"] / file["path"] for file in each["tables"][TABLE]["files"])
        for each in (previous, manifest)
    )
    with duckdb.connect() as connection:
        rows = connection.execute(
            f"""
            with moved as (
                select n.authority_code, o.child_key as old_key, n.child_key as new_key,
                    o.link_rule as old_rule, n.link_rule as new_rule
                from read_parquet({now}) as n
                inner join read_parquet({before}) as o using (authority_code, identity_kind, identity_key)
            ),
            counted as (
                select *,
                    count(distinct new_key) over (partition by authority_code, old_key) as parts,
                    count(distinct old_key) over (partition by authority_code, new_key) as sources
                from moved
            ),
            told as (
                select authority_code, 'merge' as change, new_rule as link_rule, new_key as child
                from counted
                where sources > 1 and old_key <> new_key
                union all
                select authority_code, 'split', old_rule, old_key from counted where parts > 1 and old_key <> new_key
                union all
                select authority_code, 'other key', new_rule, new_key
                from counted
                where sources = 1 and parts = 1 and old_key <> new_key
            )
            select authority_code, change, link_rule, count(distinct child), count(*)
            from told
            group by authority_code, change, link_rule
            order by all
            """
        ).fetchall()
    names = ("authority", "change", "rule", "children", "identities")
    return [{"previous": previous["release_id"], **dict(zip(names, row, strict=True))} for row in rows]
