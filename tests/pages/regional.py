"""A published region, invented: the boroughs of London at the end of March 2017, as everybody may see them."""

from __future__ import annotations

import datetime as dt
import random
from pathlib import Path
from typing import Any

import duckdb

from childrens_warehouse.catalogue import rules
from childrens_warehouse.pages.charts.region_funnel import DEVIATES, limits
from childrens_warehouse.pages.regions.reading import RegionalFigure, Regions
from tests.pages import conftest

MARCH = dt.date(2017, 3, 31)
LONDON = tuple(sorted(code for code, region in rules.regions().items() if region == "London"))
# indicator, period, unit, direction, how chance is taken, and about which share or rate.
_INDICATORS = (
    ("cla_rate_per_10k", "snapshot", "per_10k", "none", "byar", 0.005, "Children looked after per 10,000 children"),
    ("cla_three_plus_placements_pct", "year_to_date", "percent", "low", "wilson", 0.1, "Three or more placements"),
    ("cla_reviews_on_time_pct", "year_to_date", "percent", "high", "wilson", 0.9, "Reviews <on time>"),
    ("cla_sessions_missed_pct_1yr", "school_year_to_date", "percent", "low", "none", 0.08, "Sessions missed"),
)


def write_release(path: Path, authorities: tuple[str, ...] = LONDON, hidden: tuple[str, ...] = LONDON[:1]) -> None:
    """hidden: whose figures are suppressed. Ranks, sums and positions follow from the others."""
    random_ = random.Random(310)
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            f"create table release as select '{conftest.RELEASE}' as release_id, date '2017-05-31' as as_at,"
            " timestamp '2017-06-01 05:30:00' as published_at"
        )
        for model in ("indicator", "indicator_value", "regional_indicator_value", "regional_ranking"):
            conftest.create(connection, model)
        for indicator, period, unit, direction, method, about, title in _INDICATORS:
            told = ", ".join(["'Told <here>.'"] * 6)
            connection.execute(
                "insert into indicator (indicator_id, definition_version, title, unit, decimals, direction,"
                " interval_method, cadence, periods, definition, population, numerator, exclusions, clock, rounding,"
                " statutory_source, definition_owner, owner, reference_numbers)"
                f" values (?, 1, ?, ?, 1, ?, ?, 'monthly', ?, {told}, 'Law', 'local', 'Head of service', '')",
                [indicator, title, unit, direction, method, period],
            )
            shown: list[dict[str, Any]] = []
            for code in authorities:
                of = random_.randint(40, 600) * (150 if unit == "per_10k" else 1)
                part = sum(random_.random() < about * random_.uniform(0.7, 1.3) for _ in range(of))
                key = {"indicator_id": indicator, "definition_version": 1, "as_at": MARCH, "period": period}
                row = {
                    **key, "authority_code": code, "unit": unit, "direction": direction, "numerator": part,
                    "denominator": of, "value": part / of * (100 if unit == "percent" else 10_000),
                }  # fmt: skip
                row["display"] = f"{row['value']:.1f}"
                if code not in hidden:
                    shown.append(row)
                told_of = row if code not in hidden else key | {"authority_code": code, "unit": unit}
                whole = {"dimension": "all", "member": "all", "member_label": "All", "finality": "provisional"}
                disclosure = {"disclosure": "suppressed" if code in hidden else "open", "direction": direction}
                _insert(connection, "indicator_value", told_of | whole | disclosure)
            _insert_region(connection, shown, len(authorities), method)


def _insert_region(
    connection: duckdb.DuckDBPyConnection, shown: list[dict[str, Any]], members: int, method: str
) -> None:
    key = {name: shown[0][name] for name in ("indicator_id", "definition_version", "as_at", "period", "unit")}
    part, of = (sum(row[name] for row in shown) for name in ("numerator", "denominator"))
    scale, values = (100 if key["unit"] == "percent" else 10_000), sorted(row["value"] for row in shown)
    _insert(
        connection,
        "regional_indicator_value",
        {
            **key, "region": "London", "dimension": "all", "member": "all", "member_label": "All", "members": members,
            "members_counted": len(shown), "numerator": part, "denominator": of, "value": part / of * scale,
            "display": f"{part / of * scale:.1f}", "lowest": values[0], "lower_quartile": values[len(values) // 4],
            "median": values[len(values) // 2], "upper_quartile": values[3 * len(values) // 4], "highest": values[-1],
        },
    )  # fmt: skip
    for row in shown:
        better = sum((other["value"] < row["value"]) == (row["direction"] == "low") and other["value"] != row["value"]
                     for other in shown)  # fmt: skip
        position = reading = None
        if method != "none":
            chance = "binomial" if method == "wilson" else "poisson"
            (low, high), (lowest, highest) = (
                limits(row["denominator"], part / of, chance, z) for z in DEVIATES.values()
            )
            found = row["numerator"]
            position = (
                "above_998" if found > highest else "above_95" if found > high
                else "below_998" if found < lowest else "below_95" if found < low else "within"
            )  # fmt: skip
            if position != "within":
                is_better = position.startswith("above") == (row["direction"] == "high")
                reading = "neither" if row["direction"] == "none" else "better" if is_better else "worse"
        _insert(
            connection,
            "regional_ranking",
            {
                **row, "region": "London", "authority_label": row["authority_code"], "rank_in_region": better + 1,
                "ranked": len(shown), "ranked_by": "best_first", "quartile": 1, "regional_value": part / of * scale,
                "regional_display": f"{part / of * scale:.1f}", "funnel_position": position, "funnel_reading": reading,
            },
        )  # fmt: skip


def _insert(connection: duckdb.DuckDBPyConnection, table: str, row: dict[str, Any]) -> None:
    marks = ", ".join("?" for _ in row)
    connection.execute(f"insert into {table} ({', '.join(row)}) values ({marks})", list(row.values()))


def figure(indicator_id: str, authorities: tuple[str, ...] = LONDON, hidden: tuple[str, ...] = ()) -> RegionalFigure:
    """One figure as a page reads it."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "marts_aggregate.duckdb"
        write_release(path, authorities, hidden)
        with duckdb.connect() as connection:
            connection.execute(f"attach '{path}' as release (read_only)")
            found = Regions(connection).figures("London", MARCH)
    return next(each for each in found if each.indicator.indicator_id == indicator_id)
