"""Regional figures for everybody: what dbt's models make of the open figures, made of the suppressed ones.

The statements are dbt's own, with the suppressed tables in the place of the open ones, so there is one definition of a
region's figure and of a rank; and as they read nothing else that counts children, the result can tell nothing that
`marts_aggregate.indicator_value` does not. An authority whose figure is suppressed is not counted and not ranked.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import duckdb

from childrens_warehouse.disclosure import SCHEMA
from childrens_warehouse.errors import BuildFailed

# In the order in which they are made.
TABLES = ("regional_indicator_value", "regional_ranking")
FIGURES = "indicator_value"
# What else the models may read: definitions, names, and who is in the release.
_TELLS_NO_FIGURE = frozenset({"indicator", "bridge_region_authority", "dim_local_authority"})


def queries(dbt_manifest: Path) -> dict[str, str]:
    """Table of TABLES -> the query of its suppressed copy; none where dbt left no manifest or has no such model.

    dbt_manifest: of a run that compiled the models for DuckDB. Raises BuildFailed where a model reads more than it may.
    """
    try:
        nodes = json.loads(dbt_manifest.read_text(encoding="utf-8"))["nodes"]
    except FileNotFoundError:
        return {}
    models = {node["name"]: node for node in nodes.values() if node["resource_type"] == "model"}
    found: dict[str, str] = {}
    for name in (name for name in TABLES if name in models):
        read = {parent.rsplit(".", 1)[-1] for parent in models[name]["depends_on"]["nodes"]}
        if more := read - _TELLS_NO_FIGURE - {FIGURES, *found}:
            raise BuildFailed(
                f"{name} reads {', '.join(sorted(more))}, of which there is no suppressed copy: it cannot be made for"
                " everybody (childrens_warehouse/disclosure/regional.py)."
            )
        found[name] = _of_suppressed(models[name], {each: models[each] for each in sorted(read - _TELLS_NO_FIGURE)})
    return found


def _of_suppressed(model: Mapping[str, str], instead: Mapping[str, Mapping[str, str]]) -> str:
    query = model.get("compiled_code") or ""
    for name, node in instead.items():
        if node["relation_name"] not in query:
            raise BuildFailed(
                f"dbt did not leave {model['name']} compiled, or it does not read {node['relation_name']} as dbt says."
            )
        query = query.replace(node["relation_name"], f"{SCHEMA}.{name}")
    return query


def wrong(connection: duckdb.DuckDBPyConnection) -> int:
    """Rows of the suppressed tables that are not what the shown figures say, counted otherwise than they are made.

    Of regions all of whose authorities are there: of the rows of one authority alone nobody can say.
    """
    figure = ("indicator_id", "definition_version", "as_at", "period")
    whole = (*figure, "dimension", "member")
    its_figure, its_whole = (", ".join(f"v.{name}" for name in names) for names in (figure, whole))
    shown = (
        f"{SCHEMA}.{FIGURES} as v"
        " inner join marts.bridge_region_authority as b on v.authority_code = b.authority_code"
    )
    complete = (
        "region in (select region from marts.bridge_region_authority group by region having count(*) = max(members))"
    )
    sums = (
        f"select b.region, {its_whole}, count(v.value),"
        " cast(sum(v.numerator) filter (v.value is not null) as bigint),"
        " cast(sum(v.denominator) filter (v.value is not null) as bigint)"
        f" from {shown} where v.dimension <> 'team' and b.{complete} group by all"
    )
    told = (
        f"select region, {', '.join(whole)}, members_counted, numerator, denominator"
        f" from {SCHEMA}.regional_indicator_value where {complete}"
    )
    places = (
        f"select r.region, v.authority_code, {its_figure}, v.numerator, v.denominator, v.value, r.value from {shown}"
        f" inner join {SCHEMA}.regional_indicator_value as r on b.region = r.region"
        f" and {' and '.join(f'v.{name} = r.{name}' for name in whole)}"
        f" where v.dimension = 'all' and v.value is not null and r.members_counted > 1 and b.{complete}"
    )
    ranked = (
        f"select region, authority_code, {', '.join(figure)}, numerator, denominator, value, regional_value"
        f" from {SCHEMA}.regional_ranking where {complete}"
    )
    differing = " union all ".join(
        f"(({one}) except all ({other}))"
        for one, other in ((sums, told), (told, sums), (places, ranked), (ranked, places))
    )
    found = connection.execute(f"select count(*) from ({differing})").fetchone()
    return int(found[0]) if found else 0
