"""Does the gate let the suppressed figures out? What they say themselves is judged, not how they were made."""

from __future__ import annotations

import duckdb

from childrens_warehouse.disclosure import SCHEMA, mart, neighbours, regional
from childrens_warehouse.disclosure.figures import KEY, WHOLE
from childrens_warehouse.disclosure.profiles import Profile
from childrens_warehouse.disclosure.rests import small, small_rests
from childrens_warehouse.errors import GateError
from childrens_warehouse.publish.tables import public_tables
from childrens_warehouse.quality.judge import Judgement, RuleResult, Verdict

_COUNTS = ("numerator", "denominator", "denominator - numerator")


def judge(connection: duckdb.DuckDBPyConnection, profile: Profile) -> Judgement | None:
    """The judgement of the suppressed tables; None where the candidate has no figures."""
    if not mart.has_figures(connection):
        return None
    told = mart.columns(connection, "indicator_value", SCHEMA)
    if not told:
        raise GateError("The candidate has figures and no suppressed ones: start a new build.")
    found = connection.execute(f"select count(*) from {SCHEMA}.indicator_value").fetchone()
    rows = found[0] if found else 0
    has_regions = all(mart.columns(connection, name, SCHEMA) for name in regional.TABLES)
    wrong = {
        "PUB-AGGREGATE-ROWS": _differing_rows(connection),
        "PUB-AGGREGATE-TABLES": len(
            {table.name for table in public_tables(connection, SCHEMA)} ^ set(mart.tables(connection))
        ),
        "PUB-AGGREGATE-SMALL": _small_shown(connection, profile),
        "PUB-AGGREGATE-BLANK": _not_blank(connection),
        "PUB-AGGREGATE-REST": _small_rests(connection, profile),
        "PUB-AGGREGATE-NEIGHBOURS": neighbours.wrong(connection) if neighbours.SOURCE in told else 0,
        "PUB-AGGREGATE-REGION": regional.wrong(connection) if has_regions else 0,
    }
    results = tuple(
        RuleResult(rule, "figures_for_everybody", None, "critical", number == 0, number, rows)
        for rule, number in wrong.items()
    )
    return Judgement(SCHEMA, Verdict.FAIL if any(wrong.values()) else Verdict.PASS, results)


def _number(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    found = connection.execute(f"select count(*) from ({query})").fetchone()
    return int(found[0]) if found else 0


def _differing_rows(connection: duckdb.DuckDBPyConnection) -> int:
    """Rows of one of the two tables alone; only slices of events may be left out."""
    key = ", ".join(KEY)
    ours, theirs = (f"select {key} from {schema}.indicator_value" for schema in (SCHEMA, "marts"))
    left_out = f"v.dimension <> '{WHOLE}' and {mart.is_of_events(connection)}"
    needed = (
        f"select {', '.join(f'v.{name}' for name in KEY)} from marts.indicator_value as v"
        " inner join marts.indicator as i"
        f" on v.indicator_id = i.indicator_id and v.definition_version = i.definition_version where not ({left_out})"
    )
    return _number(connection, f"({ours} except all {theirs}) union all ({needed} except all {ours})")


def _figures(connection: duckdb.DuckDBPyConnection) -> str:
    """The suppressed rows, with what they count."""
    return (
        f"select v.*, {mart.counted_as(connection)} as counted_as from {SCHEMA}.indicator_value as v"
        " inner join marts.indicator as i"
        " on v.indicator_id = i.indicator_id and v.definition_version = i.definition_version"
    )


def _small_shown(connection: duckdb.DuckDBPyConnection, profile: Profile) -> int:
    return _number(
        connection,
        f"select 1 from ({_figures(connection)}) where disclosure <> 'suppressed'"
        f" and ({small(_COUNTS, profile, profile.largest_hidden)})",
    )


def _not_blank(connection: duckdb.DuckDBPyConnection) -> int:
    told = [
        name
        for name in mart.columns(connection, "indicator_value", SCHEMA)
        if name not in (*mart.ALWAYS, *neighbours.COLUMNS, "disclosure")
    ]
    filled = " or ".join(f"{name} is not null" for name in told)
    return _number(
        connection, f"select 1 from {SCHEMA}.indicator_value where disclosure = 'suppressed' and ({filled})"
    )


def _small_rests(connection: duckdb.DuckDBPyConnection, profile: Profile) -> int:
    """Of rounded counts the rest is not known."""
    return _number(connection, small_rests(_figures(connection), profile)) if profile.rounded_to == 1 else 0
