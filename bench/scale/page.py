"""docs/scale.md and its picture, made of the results that are kept beside this file.

    python -m bench.scale.page [results of make bench-scale]

With a file, its measurements take the place of those kept, case by case. Nothing is said on the page that is not
computed from them, or marked as an assumption.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from bench.scale import outlook, picture, results
from bench.scale.bounds import bounds
from bench.scale.cases import ENGINES
from bench.scale.fitting import LEAST_SIZES, fit, slope
from bench.scale.outlook import AREAS, ASSUMED, Assumptions, Estimate
from bench.scale.results import NIGHTS, PHASES, Measurement, Results
from bench.scale.telling import GROWS, fitted, points, ratios
from childrens_warehouse.settings import PROJECT

KEPT = Path(__file__).with_name("measured.jsonl")
# Of each measurement so many of dbt's slowest nodes stay.
KEPT_NODES = 60
PAGE = PROJECT / "docs" / "scale.md"
PICTURE = PROJECT / "docs" / "images" / "scale.svg"
SIZES = (1.0, 4.0, 16.0, 64.0)
NAMES = {"duckdb": "DuckDB", "spark": "Spark", "first": "first load", "more": "one more night"}
PROCEDURES = {
    "rows": "One authority of one school year that grows: pupils, schools and children in care with the rows",
    "history": "The same area, with more and more school years behind it",
    "authorities": "The same rows, shared out among more and more authorities in one home",
}


def render(found: Results, assumed: Assumptions = ASSUMED) -> str:
    """The page."""
    told = reckoned(found)
    parts = [_head(found), *_measured(found), *_bounds(found), *_slope(found), *_engines(found)]
    parts += [*_areas(told, assumed), *_limits(told, assumed), *_cluster(told, assumed), *_assumed(assumed)]
    return "\n".join(parts).rstrip() + "\n"


def reckoned(found: Results) -> Results:
    """What the outlook rests on: seconds of a quiet machine, or else processor seconds."""
    return found if found.is_quiet else found.on_one_processor()


def _head(found: Results) -> str:
    every = list(found.all.values())
    days = sorted({each.day for each in every})
    processors, memory = (max((value(each) for each in every), default=0) for value in (_processors, _memory))
    others = sorted(each.others for each in every)
    beside = (
        f"Beside each measurement other programs kept {others[0]:.1f} to {others[-1]:.1f} of the processors busy "
        f"({others[len(others) // 2]:.1f} at the median):\nthe column *others* says how many, and times are long where "
        "they are many; processor seconds suffer less.\n"
        + ("" if found.is_quiet else f"As more than {results.QUIET:g} were busy beside some, the picture and all that "
           "is computed for London and England\nrest on processor seconds, as if one processor were at work at a time. "
           "A quiet machine, which uses them all, takes\nless, unless it waits for its disk.\n")
        if others else "Nothing is measured yet.\n"
    )  # fmt: skip
    when = f", {' to '.join(sorted({days[0], days[-1]}))}" if days else ""
    return (
        "# Scale\n\n"
        "How time, memory and disk grow with the rows of attendance and with authorities, on both engines, and what\n"
        "follows for London and for England. `make bench-scale` measures, and `python -m bench.scale.page` computes\n"
        "this page from what was measured (`bench/scale/measured.jsonl`): change neither by hand.\n\n"
        f"Measured on a machine of {processors} processors and {memory / 2**30:.0f} GiB{when}, on invented data.\n"
        f"{beside}"
        "*One more night* is the next school day: its marks, and all lists anew.\n\n"
        f"![{picture.caption(found.is_quiet)}](images/scale.svg)\n"
    )


def _processors(each: Measurement) -> int:
    return each.processors


def _memory(each: Measurement) -> int:
    return each.memory_bytes


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (heads, ["---"] * len(heads), *rows)) + "\n"


def _measured(found: Results) -> Iterator[str]:
    yield "## Measured\n"
    for series, meaning in PROCEDURES.items():
        for engine in ENGINES:
            rows = [_row(each) for night in NIGHTS for each in found.series(engine, series, night)]
            if rows:
                yield f"**{meaning}; {NAMES[engine]}**\n"
                yield _table(
                    ("night", "million rows", "authorities", "seconds", *PHASES, "processor seconds", "memory, GB",
                     "spill, GB", "raw, GB", "candidate, GB", "published, GB", "whole home, GB", "others"), rows,
                )  # fmt: skip
    lacking = [
        f"{NAMES[engine]} {size:g} million{'' if night == 'first' else ', one more night'}"
        for engine in ENGINES for size in SIZES for night in NIGHTS
        if not found.one(engine, "rows", night, size)
        # Without the first load there is no next night: named once.
        and (night == "first" or found.one(engine, "rows", "first", size))
    ]  # fmt: skip
    for engine in ENGINES:
        if not found.series(engine, "authorities", "first"):
            lacking.append(f"{NAMES[engine]} with many authorities")
    if lacking:
        yield f"Not yet measured: {'; '.join(lacking)}.\n"


def _row(each: Measurement) -> list[str]:
    disk = [f"{each.disk[area] / 1e9:.2f}" for area in ("raw", "candidate", "published")]
    return [
        NAMES[each.night], f"{each.marks / 1e6:.2f}", str(each.case.authorities), f"{each.seconds:.0f}",
        *(f"{each.phases[phase].seconds:.0f}" for phase in PHASES), f"{each.processor_seconds:.0f}",
        f"{each.peak_bytes / 1e9:.2f}", f"{each.spilled_bytes / 1e9:.2f}", *disk, f"{each.disk_bytes / 1e9:.2f}",
        f"{each.others:.1f}",
    ]  # fmt: skip


def _bounds(found: Results) -> Iterator[str]:
    yield "## Bounds\n"
    yield _table(
        ("what", "bound", "measured", "in processor seconds"),
        [
            [
                bound.what, f"{bound.most:g}{bound.unit}",
                "not yet" if bound.value is None
                else f"{bound.value:.2f}{bound.unit}{' **missed**' if bound.is_missed else ''}",
                "" if worked.value is None or worked.value == bound.value else f"{worked.value:.2f}{worked.unit}",
            ]
            for bound, worked in zip(bounds(found), bounds(found.on_one_processor()), strict=True)
        ],
    )  # fmt: skip


def _slope(found: Results) -> Iterator[str]:
    yield "## Slope\n"
    yield (
        "The curve is *fixed + factor x millions ^ exponent*, by least squares of relative errors over all sizes of\n"
        "the first series. The *plain exponent* takes the fixed cost for part of the growth, so it is small where the\n"
        "fixed cost is most of it. *One more million* is the step between neighbouring sizes, which assumes nothing.\n"
    )
    rows = []
    for engine in ENGINES:
        for night in NIGHTS:
            measured = found.series(engine, "rows", night)
            for name, value in GROWS.items():
                of = points(measured, value)
                if curve := fit(of):
                    rows.append([
                        f"{NAMES[engine]}, {NAMES[night]}", name, f"{curve.fixed:.2f}", f"{curve.factor:.3f}",
                        "1 (assumed: two sizes)" if curve.is_assumed else f"{curve.exponent:.2f}",
                        f"{curve.worst:.0%}", f"{slope(of):.2f}", ", ".join(f"{step:.2f}" for step in curve.steps),
                    ])  # fmt: skip
    yield _table(
        ("night", "what", "fixed", "factor", "exponent", "off by at most", "plain exponent", "one more million"), rows
    )
    for night in NIGHTS:
        steep = outlook.steep_nodes(found, night)
        told = ", ".join(
            f"`{name}` {before:.1f} s to {taken:.1f} s (exponent {exponent:.2f})"
            for name, before, taken, exponent in steep
        )
        yield (
            f"Nodes of dbt by the clock, {NAMES[night]} on DuckDB, that take {outlook.LEAST_SECONDS:g} s or more at "
            f"the largest size and\ngrew with an exponent above {outlook.STEEP:g} since the size before: "
            f"{told or 'none'}.\n"
        )


def _engines(found: Results) -> Iterator[str]:
    compared = [(night, duckdb, spark) for night in NIGHTS for duckdb, spark in ratios(found, night)]
    yield "## Spark against DuckDB\n"
    if not compared:
        yield "Not yet measured on the same rows.\n"
        return
    yield "The same deliveries and the same processors; landing, gate and publication are DuckDB's on both.\n"
    yield _table(
        ("night", "million rows", "DuckDB, s", "Spark, s", "times", "models alone, times", "processor seconds, times"),
        [
            [
                NAMES[night], f"{duckdb.marks / 1e6:.2f}", f"{duckdb.seconds:.0f}", f"{spark.seconds:.0f}",
                f"{spark.seconds / duckdb.seconds:.1f}", f"{outlook.models(spark) / outlook.models(duckdb):.1f}",
                f"{spark.processor_seconds / duckdb.processor_seconds:.1f}",
            ]
            for night, duckdb, spark in compared
        ],
    )  # fmt: skip


def _areas(found: Results, assumed: Assumptions) -> Iterator[str]:
    yield "## London and England\n"
    yield (
        f"A school year of London is taken to be {AREAS['London']:,.0f} million sessions, England's "
        f"{AREAS['England']:,.0f} million, with 84,000\n"
        "children in care; children grow with the sessions, as they did in the measurements. DuckDB on the machine\n"
        f"measured{_of_one(found)}, *by the curve / by the straight line through the two largest sizes*: where\n"
        "the two part, the measurements do not reach so far.\n"
    )
    if measured := found.series("duckdb", "rows", "first"):
        largest = measured[-1].marks / 1e6
        times = ", ".join(f"{area} {_rounded(millions / largest)} times" for area, millions in AREAS.items())
        yield f"Against the largest size measured: {times}.\n"
        if len(measured) < LEAST_SIZES:
            yield f"Fewer than {LEAST_SIZES} sizes are measured: the curve is a straight line by assumption.\n"
    asked: list[tuple[str, Callable[[float], str]]] = [
        *(
            (f"{NAMES[night]}, {name}", _told(fitted(found, "duckdb", night, value), unit))
            for name, value, unit in (
                ("hours", outlook.seconds, 3600.0), ("memory, GB", outlook.memory, 1e9), ("disk, GB", outlook.disk, 1e9)
            )
            for night in NIGHTS
            if (name, night) != ("disk, GB", "more")
        ),
        ("disk that a night adds, GB", _told(outlook.a_nights_disk(found), 1e9)),
        ("disk after a year of 365 nights, nothing thrown away, GB", lambda millions: _years(found, millions)),
    ]  # fmt: skip
    yield _table(("what", *AREAS), [[what, *(tell(millions) for millions in AREAS.values())] for what, tell in asked])


def _of_one(found: Results) -> str:
    return ", one processor at a time" if any(each.processors == 1 for each in found.all.values()) else ""


def _told(found: outlook.Fit | None, unit: float) -> Callable[[float], str]:
    def tell(millions: float) -> str:
        if found is None:
            return "not yet measured"
        estimate = Estimate.of(found, millions)
        return f"{_rounded(estimate.curve / unit)} / {_rounded(estimate.line / unit)}"

    return tell


def _years(found: Results, millions: float) -> str:
    held = outlook.a_years_disk(found)
    return "not yet measured" if held is None else _rounded(held(millions) / 1e9)


def _rounded(value: float) -> str:
    """Two figures that mean something, or whole numbers."""
    if math.isinf(value):
        return "never"
    return f"{value:,.0f}" if abs(value) >= 10 else f"{value:.2g}"


def _limits(found: Results, assumed: Assumptions) -> Iterator[str]:
    yield "## What breaks first\n"
    met = outlook.limits(found, assumed)
    if not met:
        yield "Not yet measured.\n"
        return
    yield (
        "On the machine measured, on DuckDB, by the worse of the two estimates: the least school year at which each\n"
        "limit is passed.\n"
    )
    yield _table(
        ("limit", "most", "million sessions a year", *(f"{area} passes it" for area in AREAS)),
        [
            [
                limit.what, limit.most, _rounded(limit.millions) if limit.millions < math.inf else
                f"beyond {outlook.MOST_MILLIONS:,.0f}",
                *("yes" if millions > limit.millions else "no" for millions in AREAS.values()),
            ]
            for limit in met
        ],
    )  # fmt: skip
    so_far = "First of all" if len(met) == outlook.LIMITS else "First of those that can be told so far"
    yield f"{so_far}: **{met[0].what}**.\n"


def _cluster(found: Results, assumed: Assumptions) -> Iterator[str]:
    yield "## The cluster\n"
    yield (
        f"Documented as an assumption: {assumed.workers} workers of {assumed.processors_a_worker} processors and "
        f"{assumed.processors_a_worker * assumed.gigabytes_a_processor:g} GB each, and the driver a machine\n"
        f"as measured. A further processor is worth {assumed.efficiency:.0%} of one that was measured. They share the "
        "models alone; landing, gate\nand publication stay on the driver.\n"
    )
    rows = []
    for night, hours in (("first", assumed.first_load_hours), ("more", assumed.night_hours)):
        spark = outlook.on_spark(found, night)
        for area, millions in AREAS.items():
            if spark is None:
                rows.append([NAMES[night], area, *["not yet measured"] * 4])
                continue
            needed = spark.processors_for(millions, hours * 3600, assumed)
            rows.append([
                NAMES[night], area, f"{hours:g}", _rounded(Estimate.of(spark.rest, millions).worse / 3600),
                _rounded(spark.seconds(millions, assumed.processors, assumed) / 3600),
                "none is enough: the rest alone takes longer" if needed is None
                else f"{needed:,} processors, {needed * assumed.gigabytes_a_processor:,.0f} GB",
            ])  # fmt: skip
    yield _table(
        ("night", "area", "hours it may take", "hours of the rest, on the driver",
         "hours of the models, on the cluster", "what finishes in time"), rows,
    )  # fmt: skip
    for night in NIGHTS:
        if spark := outlook.on_spark(found, night):
            if spark.models.is_assumed:
                yield f"Spark's {NAMES[night]} was measured at two sizes only: its exponent is assumed to be 1.\n"
            told = "; ".join(f"against {win.against} {_from(win)}" for win in outlook.wins(found, night, assumed))
            yield (
                f"Assumption, not measured: Spark's models of {NAMES[night]} should be faster on this cluster\n"
                f"{told}.\n"
            )
    costs = []
    for area, millions in AREAS.items():
        for engine, of in (("DuckDB", outlook.cost), ("Spark", outlook.cost_on_spark)):
            a_year = of(found, millions, assumed)
            costs.append(
                [area, engine, *["not yet measured"] * 3] if a_year is None
                else [area, engine, *map(_rounded, (a_year.processor_hours, a_year.gigabytes, a_year.pounds))]
            )  # fmt: skip
    yield (
        "A year: one first load and 365 nights, paid for while they work, whether or not they would finish in time;\n"
        "the disk fills through the year.\n"
    )
    yield _table(("area", "engine", "processor hours", "disk at the end, GB", "pounds (assumed prices)"), costs)


def _from(win: outlook.Win) -> str:
    if win.millions == math.inf:
        return f"at no size up to {outlook.MOST_MILLIONS:,.0f} million rows a year"
    if win.millions < 1:
        return "at every size"
    return f"from {_rounded(win.millions)} million rows a year on"


def _assumed(assumed: Assumptions) -> Iterator[str]:
    yield "## Assumptions\n"
    yield _table(
        ("assumption", "value"),
        [
            ["a first load may take", f"{assumed.first_load_hours:g} hours"],
            ["a night may take", f"{assumed.night_hours:g} hours"],
            ["disk of one machine", f"{assumed.disk_bytes / 1e9:,.0f} GB"],
            ["a further processor is worth", f"{assumed.efficiency:.0%}"],
            ["memory of the cluster", f"{assumed.gigabytes_a_processor:g} GB a processor"],
            ["an hour of a processor with its memory", f"{assumed.pounds_a_processor_hour:.2f} pounds"],
            ["a month of a gigabyte", f"{assumed.pounds_a_gigabyte_month:.2f} pounds"],
        ],
    )
    yield (
        "They stand in `bench/scale/outlook.py`; prices are of no offer. Put your own in their place and make the\n"
        "page again.\n"
    )


def drawn(found: Results) -> str:
    """The picture."""
    return picture.draw(reckoned(found), picture.caption(found.is_quiet))


def keep(file: Path) -> None:
    """Take measurements over into those that are kept."""
    for measured in Results.read(file).all.values():
        results.append(KEPT, measured)
    newest = list(Results.read(KEPT).all.values())
    KEPT.unlink(missing_ok=True)
    for measured in sorted(newest, key=lambda each: each.key):
        slow = sorted(measured.nodes.items(), key=lambda node: -node[1])[:KEPT_NODES]
        results.append(KEPT, replace(measured, nodes=dict(slow)))


def main(arguments: Sequence[str]) -> int:
    for file in arguments:
        keep(Path(file))
    found = Results.read(KEPT)
    PAGE.write_text(render(found), encoding="utf-8")
    PICTURE.write_text(drawn(found), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
