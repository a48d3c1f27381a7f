"""`make acceptance`: one night over the report's children, and every figure beside what came of it."""

from __future__ import annotations

import dataclasses
import os
import sys
import tempfile
from pathlib import Path

from childrens_warehouse.run import run_night
from childrens_warehouse.settings import Home, Settings
from childrens_warehouse.simulate import panel_report
from tests.acceptance.comparison import Compared, compare

HEADER = (
    f"{'':<4}{'indicator':<37}{'as at':<12}{'period':<21}{'slice':<46}{'printed':>8}{'computed':>10}"
    f"{'expected':>13}{'found':>13}  where"
)


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="acceptance-") as folder:
        # A key of its own: nothing outlives the folder.
        os.environ.setdefault("WAREHOUSE_PSEUDONYM_KEY", "the acceptance of invented children")
        settings = dataclasses.replace(Settings.from_environment(), home=Home(Path(folder)))
        settings.home.create()
        panel_report.write(settings.home.inbox, panel_report.draw(), print)
        print("landing, building, judging and publishing: some two minutes")
        result = run_night(settings, panel_report.NIGHT)
        refused = sum(outcome.rows_refused for outcome in result.outcomes)
        verdict = result.build.gate.verdict if result.build.gate else "none"
        print(f"{len(result.outcomes)} files landed, {refused} rows refused, gate: {verdict}")
        compared = compare(settings)
    print(f"\n{HEADER}")
    for each in compared:
        print(line(each))
    wrong = sum(not each.is_equal for each in compared)
    print(f"\n{len(compared) - wrong} of {len(compared)} figures as printed.")
    return 1 if wrong else 0


def line(each: Compared) -> str:
    """One figure, as a line of the comparison."""
    figure, found = each.figure, each.computed
    fraction = _fraction(found.numerator, found.denominator) if found else "missing"
    expected = _fraction(figure.numerator, figure.denominator)
    return (
        f"{'ok' if each.is_equal else 'XX':<4}{figure.indicator:<37}{figure.as_at!s:<12}{figure.period:<21}"
        f"{figure.slice:<46.45}{figure.printed or '-':>8}{each.rounded:>10}{expected:>13}{fraction:>13}  {figure.where}"
    )


def _fraction(numerator: int | None, denominator: int | None) -> str:
    """What is not known is a dash."""
    known = [str(each) for each in (numerator, denominator) if each is not None]
    return "/".join(known) or "-"


if __name__ == "__main__":
    sys.exit(main())
