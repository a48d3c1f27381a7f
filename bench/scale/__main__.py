"""`make bench-scale`: 1 to 64 million rows of attendance and 1 to 33 authorities, on DuckDB and on Spark.

    python -m bench.scale [--only-duckdb | --only-spark] [--sizes 1,4,16,64] [--history 14,64] [--authorities 1,4,16,33]

Each measurement is written to the file of results as soon as it is made, and what the file has is not measured again:
a run that was cut off goes on where it was. Prints time, memory and disk against size, the fitted exponents, the ratio
of the engines, and exits 1 when a bound is missed. `python -m bench.scale.page FILE` makes docs/scale.md of them.
"""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench.scale import measure, results
from bench.scale.bounds import bounds
from bench.scale.cases import ENGINES, Case, cases
from bench.scale.results import Results
from bench.scale.telling import engines_compared, growth
from childrens_warehouse.settings import PROJECT

RESULTS = PROJECT / "var" / "bench-scale.jsonl"


def _numbers(text: str) -> list[float]:
    return [float(part) for part in text.split(",") if part.strip()]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="bench.scale", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only-duckdb", action="store_const", const=("duckdb",), dest="engines", default=ENGINES)
    parser.add_argument("--only-spark", action="store_const", const=("spark",), dest="engines")
    parser.add_argument("--sizes", type=_numbers, default=[1, 4, 16, 64], help="Millions of rows of one year.")
    parser.add_argument("--history", type=_numbers, default=[14, 64], help="Millions of rows of the same area.")
    parser.add_argument("--authorities", type=_numbers, default=[1, 4, 16, 33], help="So many share the rows.")
    parser.add_argument("--authority-rows", type=float, default=4, help="Millions of rows that authorities share.")
    parser.add_argument("--memory", default="2GB", help="WAREHOUSE_MEMORY_LIMIT on DuckDB.")
    parser.add_argument("--spark-memory", default="8GB", help="The same on Spark, where it is the driver's.")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--keep", type=Path, help="Folder to work in; a temporary one by default.")
    options = parser.parse_args(arguments)
    folder = options.keep or Path(tempfile.mkdtemp(prefix="warehouse-scale-"))
    many = [int(number) for number in options.authorities]
    wanted = cases(options.engines, options.sizes, options.history, many, options.authority_rows)
    limits = {"duckdb": options.memory, "spark": options.spark_memory}
    left_out = []
    # Whoever ends the run finds its folder gone.
    before = signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    try:
        for number, case in enumerate(wanted, start=1):
            if Results.read(options.results).has(case):
                continue
            if not measure.room(case, folder):
                left_out.append(case.key)
                continue
            _measure(case, folder / "case", options.results, limits[case.engine], f"{number}/{len(wanted)}")
    finally:
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)
        signal.signal(signal.SIGTERM, before)
    found = Results.read(options.results)
    print("\n".join((*growth(found), *engines_compared(found))))
    held = bounds(found)
    print("\n".join(("", *(bound.sentence for bound in held))))
    for key in left_out:
        print(f"not measured, for want of disk: {key}")
    return int(any(bound.is_missed for bound in held) or bool(left_out))


def _measure(case: Case, folder: Path, file: Path, memory_limit: str, place: str) -> None:
    def say(what: str) -> None:
        print(f"[{place}] {case.key}: {what} …", flush=True)

    for measured in measure.measure(case, folder, memory_limit, say):
        results.append(file, measured)
        print(
            f"[{place}] {case.key}: {measured.night} {measured.seconds:.1f} s, {measured.marks:,} marks, "
            f"peak {measured.peak_bytes / 1e9:.2f} GB, spill {measured.spilled_bytes / 1e9:.2f} GB, "
            f"disk {measured.disk_bytes / 1e9:.2f} GB, others {measured.others:.1f} processors",
            flush=True,
        )


if __name__ == "__main__":
    raise SystemExit(main())
