"""Results as lines to print: growth with size, and the engines against each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from bench.scale.cases import ENGINES
from bench.scale.fitting import Fit, Point, fit, slope
from bench.scale.results import NIGHTS, Measurement, Results

GROWS: dict[str, Callable[[Measurement], float]] = {
    "seconds": lambda each: each.seconds,
    "processor seconds": lambda each: each.processor_seconds,
    "memory, GB": lambda each: each.peak_bytes / 1e9,
    "disk, GB": lambda each: each.disk_bytes / 1e9,
}


def points(measured: Sequence[Measurement], value: Callable[[Measurement], float]) -> list[Point]:
    """Millions of rows against what grows with them."""
    return [(each.marks / 1e6, value(each)) for each in measured]


def fitted(results: Results, engine: str, night: str, value: Callable[[Measurement], float]) -> Fit | None:
    return fit(points(results.series(engine, "rows", night), value))


def growth(results: Results) -> Iterator[str]:
    """What each series measured, and the exponents of the rows."""
    for engine in ENGINES:
        for night in NIGHTS:
            for series in ("rows", "history", "authorities"):
                if measured := results.series(engine, series, night):
                    yield f"\n{engine}, {series}, {night}"
                    yield from map(_line, measured)
            measured = results.series(engine, "rows", night)
            for name, value in GROWS.items():
                if found := fit(points(measured, value)):
                    yield (
                        f"  {name}: {found.fixed:.2f} + {found.factor:.3f} x millions ^ {found.exponent:.2f}"
                        f"{' (assumed)' if found.is_assumed else ''}, off by {found.worst:.0%} at most;"
                        f" plain exponent {slope(points(measured, value)):.2f};"
                        f" one more million {', '.join(f'{step:.2f}' for step in found.steps)}"
                    )


def _line(each: Measurement) -> str:
    phases = ", ".join(f"{name} {phase.seconds:.1f}" for name, phase in each.phases.items())
    return (
        f"  {each.marks / 1e6:8.2f} million, {each.case.authorities:2} authorities: {each.seconds:7.1f} s ({phases}), "
        f"{each.peak_bytes / 1e9:.2f} GB, spill {each.spilled_bytes / 1e9:.2f} GB, disk {each.disk_bytes / 1e9:.2f} GB"
    )


def ratios(results: Results, night: str) -> Iterator[tuple[Measurement, Measurement]]:
    """DuckDB's and Spark's night of the same rows."""
    for spark in results.series("spark", "rows", night):
        if duckdb := results.one("duckdb", "rows", night, spark.case.millions):
            yield duckdb, spark


def engines_compared(results: Results) -> Iterator[str]:
    for night in NIGHTS:
        for duckdb, spark in ratios(results, night):
            models = [each.phases["build models"].seconds for each in (spark, duckdb)]
            yield (
                f"Spark against DuckDB, {night}, {spark.case.millions:g} million rows: "
                f"{spark.seconds / duckdb.seconds:.1f} times ({spark.seconds:.0f} s, {duckdb.seconds:.0f} s); "
                f"models alone {models[0] / models[1]:.1f} times"
            )
