"""What follows from the measurements for areas that were not measured. What is assumed is named `Assumptions`.

Rows are millions of sessions of one school year. What lies beyond the largest measured size is told twice: by the
fitted curve and by the straight line through the two largest sizes; the truth of a straight growth lies near both, and
where they part, the measurements do not reach that far.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bench.scale.fitting import Fit, fit
from bench.scale.results import NIGHTS, Measurement, Results
from bench.scale.telling import fitted

# Millions of sessions a year.
AREAS = {"London": 450.0, "England": 3_000.0}
MODELS = "build models"
# Beyond it nothing is looked for: a hundred times England.
MOST_MILLIONS = 300_000.0
_KEPT_NIGHTS = 365
# So many limits there are to tell: `limits`.
LIMITS = 4


@dataclass(frozen=True)
class Assumptions:
    """Of what is not measured here. Sums of money are of no offer: put your own in their place."""

    first_load_hours: float = 48.0
    night_hours: float = 4.0
    disk_bytes: float = 1e12
    # So much of a processor that is added is worth a processor.
    efficiency: float = 0.7
    workers: int = 4
    processors_a_worker: int = 8
    gigabytes_a_processor: float = 4.0
    pounds_a_processor_hour: float = 0.04
    pounds_a_gigabyte_month: float = 0.02

    @property
    def processors(self) -> int:
        """Of the cluster that the documentation describes."""
        return self.workers * self.processors_a_worker


ASSUMED = Assumptions()


@dataclass(frozen=True)
class Estimate:
    """One quantity at a size: by the curve and by the straight line."""

    curve: float
    line: float

    @classmethod
    def of(cls, found: Fit, millions: float) -> Estimate:
        return cls(found.at(millions), found.straight_at(millions))

    @property
    def worse(self) -> float:
        return max(self.curve, self.line)


def seconds(each: Measurement) -> float:
    return each.seconds


def models(each: Measurement) -> float:
    return each.phases[MODELS].seconds


def rest(each: Measurement) -> float:
    """Landing, gate and publication, which stay on one machine."""
    return each.seconds - models(each)


def memory(each: Measurement) -> float:
    return float(each.peak_bytes)


def disk(each: Measurement) -> float:
    return float(each.disk_bytes)


def a_nights_disk(results: Results, engine: str = "duckdb") -> Fit | None:
    """Bytes that one more night adds."""
    first, more = ({each.case.millions: each for each in results.series(engine, "rows", night)} for night in NIGHTS)
    grown = [
        (more[millions].marks / 1e6, max(1.0, disk(more[millions]) - disk(first[millions])))
        for millions in sorted(first.keys() & more.keys())
    ]
    return fit(grown)


def a_years_disk(results: Results) -> Callable[[float], float] | None:
    """By rows: a first load and what 365 nights add, nothing thrown away; the worse of curve and line."""
    loaded, grown = fitted(results, "duckdb", "first", disk), a_nights_disk(results)
    if loaded is None or grown is None:
        return None
    return lambda millions: (
        Estimate.of(loaded, millions).worse + _KEPT_NIGHTS * Estimate.of(grown, millions).worse
    )


@dataclass(frozen=True)
class Limit:
    """Where something ends on one machine, on DuckDB: the least size at which the worse estimate is above it."""

    what: str
    most: str
    millions: float


def limits(results: Results, assumed: Assumptions = ASSUMED) -> list[Limit]:
    """In the order in which they are met; those that cannot be told are left out."""
    machine = max((each.memory_bytes for each in results.all.values()), default=0)
    asked: list[tuple[str, str, float, Callable[[float], float] | None]] = [
        (
            "time of the first load", f"{assumed.first_load_hours:g} hours", assumed.first_load_hours * 3600,
            _worse(fitted(results, "duckdb", "first", seconds)),
        ),
        (
            "time of one more night", f"{assumed.night_hours:g} hours", assumed.night_hours * 3600,
            _worse(fitted(results, "duckdb", "more", seconds)),
        ),
        (
            "memory", f"{machine / 2**30:.0f} GiB", float(machine),
            _worse(fitted(results, "duckdb", "first", memory)),
        ),
        (
            "disk for a year of nights", f"{assumed.disk_bytes / 1e9:,.0f} GB", assumed.disk_bytes,
            a_years_disk(results),
        ),
    ]  # fmt: skip
    found = [
        Limit(what, most, least(functools.partial(_exceeds, of, value)))
        for what, most, value, of in asked
        if of
    ]
    return sorted(found, key=lambda limit: limit.millions)


def _exceeds(of: Callable[[float], float], most: float, millions: float) -> bool:
    return of(millions) > most


def _worse(found: Fit | None) -> Callable[[float], float] | None:
    return (lambda millions: Estimate.of(found, millions).worse) if found else None


def least(holds: Callable[[float], bool], most: float = MOST_MILLIONS) -> float:
    """The least size at which something holds that never ceases to hold; infinite if it never does."""
    if not holds(most):
        return math.inf
    low, high = 0.0, most
    while high - low > 1e-4 * high:
        middle = (low + high) / 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


@dataclass(frozen=True)
class OnSpark:
    """Spark's models by what they cost once and what they cost by rows, both in seconds of the machine measured."""

    models: Fit
    rest: Fit
    processors: int

    def work(self, millions: float) -> float:
        """Seconds of one processor that more processors share."""
        return max(0.0, Estimate.of(self.models, millions).worse - self.models.fixed) * self.processors

    def seconds(self, millions: float, processors: int, assumed: Assumptions = ASSUMED) -> float:
        """Of the models alone."""
        return self.models.fixed + self.work(millions) / shared(processors, self.processors, assumed)

    def processors_for(self, millions: float, limit: float, assumed: Assumptions = ASSUMED) -> int | None:
        """So many finish a night in time; None where what stays on one machine takes longer by itself."""
        left = limit - self.models.fixed - Estimate.of(self.rest, millions).worse
        if left <= 0:
            return None
        if self.work(millions) / self.processors <= left:
            return self.processors
        return math.ceil(self.processors + (self.work(millions) / left - self.processors) / assumed.efficiency)


def shared(processors: int, measured: int, assumed: Assumptions = ASSUMED) -> float:
    """What so many processors are worth: those that were measured in full, each further one in part."""
    return min(processors, measured) + max(0, processors - measured) * assumed.efficiency


def on_spark(results: Results, night: str) -> OnSpark | None:
    of_models, of_rest = (fitted(results, "spark", night, value) for value in (models, rest))
    # What Spark leaves to DuckDB is measured there at more sizes.
    of_rest = fitted(results, "duckdb", night, rest) or of_rest
    if of_models is None or of_rest is None:
        return None
    return OnSpark(of_models, of_rest, max(each.processors for each in results.series("spark", "rows", night)))


@dataclass(frozen=True)
class Win:
    """The size from which on Spark's models on the cluster take less than DuckDB's."""

    against: str
    millions: float


def wins(results: Results, night: str, assumed: Assumptions = ASSUMED) -> Iterator[Win]:
    """Against the machine that was measured, and against one machine with as many processors as the cluster."""
    spark, duckdb = on_spark(results, night), fitted(results, "duckdb", night, models)
    if spark is None or duckdb is None:
        return
    for against, processors in (
        (f"DuckDB on {spark.processors} processor{'s' if spark.processors > 1 else ''}", spark.processors),
        (f"DuckDB on one machine of {assumed.processors} processors", assumed.processors),
    ):
        worth = shared(processors, spark.processors, assumed) / spark.processors

        def is_faster(millions: float, worth: float = worth) -> bool:
            alone = duckdb.fixed + (Estimate.of(duckdb, millions).worse - duckdb.fixed) / worth
            return spark.seconds(millions, assumed.processors, assumed) < alone

        yield Win(against, least(is_faster))


@dataclass(frozen=True)
class Cost:
    """Of one year of an area: a first load and 365 nights, and the disk at its end."""

    processor_hours: float
    gigabytes: float
    pounds: float


def cost(results: Results, millions: float, assumed: Assumptions = ASSUMED) -> Cost | None:
    """On the machine that was measured, on DuckDB, which is paid for while it works."""
    first, more = (fitted(results, "duckdb", night, seconds) for night in NIGHTS)
    held = a_years_disk(results)
    if first is None or more is None or held is None:
        return None
    processors = max(each.processors for each in results.series("duckdb", "rows", "first"))
    worked = Estimate.of(first, millions).worse + _KEPT_NIGHTS * Estimate.of(more, millions).worse
    return _cost(worked / 3600 * processors, held(millions), assumed)


def cost_on_spark(results: Results, millions: float, assumed: Assumptions = ASSUMED) -> Cost | None:
    """On the cluster of the documentation, which is paid for while the models are built; the rest as on DuckDB."""
    held = a_years_disk(results)
    if held is None:
        return None
    hours = 0.0
    for night, times in zip(NIGHTS, (1, _KEPT_NIGHTS), strict=True):
        spark = on_spark(results, night)
        if spark is None:
            return None
        built = spark.seconds(millions, assumed.processors, assumed) * assumed.processors
        hours += times * (built + Estimate.of(spark.rest, millions).worse * spark.processors) / 3600
    return _cost(hours, held(millions), assumed)


def _cost(hours: float, held: float, assumed: Assumptions) -> Cost:
    # The disk fills through the year: half of it on average, for twelve months.
    gigabytes = held / 1e9
    money = hours * assumed.pounds_a_processor_hour + gigabytes / 2 * 12 * assumed.pounds_a_gigabyte_month
    return Cost(hours, gigabytes, money)


def steep_nodes(results: Results, night: str, engine: str = "duckdb") -> list[tuple[str, float, float, float]]:
    """Nodes of dbt that grew faster than rows between the two largest sizes: name, both seconds and the exponent."""
    measured = results.series(engine, "rows", night)[-2:]
    if len(measured) < 2:
        return []
    less, more = measured
    growth = math.log(more.marks / less.marks)
    found = [
        (name, less.nodes[name], taken, math.log(taken / less.nodes[name]) / growth)
        for name, taken in more.nodes.items()
        if taken >= LEAST_SECONDS and name in less.nodes
    ]
    return sorted((each for each in found if each[3] > STEEP), key=lambda each: -each[2])


LEAST_SECONDS, STEEP = 2.0, 1.1
