"""`make chaos`: break everything that can break, and see that nothing is lost and nothing half done is seen.

    python -m chaos [--short | --long | --one] [--part NAME ...] [--seed N]

--long (the default) runs every part whole, --short a sample of each; --one repeats the one trial of a seed, as the
line about it says. Prints kills and faults survived, deliveries handled, rows unaccounted, leaks and what broke.
Exits 1 if a row is unaccounted, an identity leaked or anything broke.
"""

from __future__ import annotations

import argparse
import importlib
import os
import secrets
import time
import traceback

from chaos.contract import Count, Form

# In the order of running; each a module of this package (chaos.contract).
PARTS = ("kills", "disks", "servers", "reports", "deliveries", "calendar", "together", "services")

_COLUMNS = ("kills survived", "faults survived", "deliveries handled", "rows unaccounted", "leaks", "broken")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="chaos", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    form = parser.add_mutually_exclusive_group()
    for each in Form:
        form.add_argument(f"--{each}", dest="form", action="store_const", const=each, default=Form.LONG)
    parser.add_argument("--part", action="append", choices=PARTS, help="This part alone; may be given again.")
    parser.add_argument("--seed", type=int, help="By default a new one, which is printed.")
    options = parser.parse_args(arguments)
    seed = secrets.randbelow(1_000_000) if options.seed is None else options.seed
    _forget_settings()
    counts: dict[str, tuple[Count, float]] = {}
    for name in options.part or PARTS:
        print(f"== {name} ({options.form}): python -m chaos --{options.form} --part {name} --seed {seed}", flush=True)
        began = time.monotonic()
        count = run_part(name, options.form, seed)
        counts[name] = count, time.monotonic() - began
    _print_table(counts)
    return int(not all(count.is_clean for count, _ in counts.values()))


def run_part(name: str, form: Form, seed: int) -> Count:
    """Run one part; that it ends with an error is one more thing that broke."""
    try:
        return importlib.import_module(f"chaos.{name}").run(form, seed, lambda said: print(f"  {said}", flush=True))
    except Exception as error:
        traceback.print_exc()
        return Count(broken=(f"{name} ended with {type(error).__name__} (seed {seed})",))


def _forget_settings() -> None:
    """Whoever runs this has a warehouse: nothing of it may be touched."""
    for name in list(os.environ):
        if name.startswith(("WAREHOUSE_", "AIRFLOW_", "PG")):
            del os.environ[name]


def _print_table(counts: dict[str, tuple[Count, float]]) -> None:
    print(f"\n{'':<12}{''.join(f'{column:>20}' for column in _COLUMNS)}{'seconds':>10}")
    everything = sum((count for count, _ in counts.values()), Count())
    whole = {**counts, "all": (everything, sum(seconds for _, seconds in counts.values()))}
    for name, (count, seconds) in whole.items():
        told = (count.kills, count.faults, count.deliveries, count.unaccounted, count.leaks, len(count.broken))
        print(f"{name:<12}{''.join(f'{figure:>20,}' for figure in told)}{seconds:>10.0f}")
    for sentence in everything.broken:
        print(f"broken: {sentence}")


if __name__ == "__main__":
    raise SystemExit(main())
