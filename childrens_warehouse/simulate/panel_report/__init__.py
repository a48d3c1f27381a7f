"""The report that a council's Corporate Parenting Panel read in June 2017, as the lives of invented children.

    lives = draw()
    write(inbox, lives)

The extracts are those of any other night. What is special is that everything in them is chosen so that every figure
which the report prints comes out (docs/acceptance.md): the scenario knows the figures (figures.csv), the warehouse
does not.
"""

from __future__ import annotations

from pathlib import Path

from childrens_warehouse.simulate.panel_report import (
    attainment,
    cohort,
    health,
    leavers,
    missing,
    placements,
    reviews,
    schooling,
    writing,
)
from childrens_warehouse.simulate.panel_report.lives import AUTHORITY, NIGHT, Life


def draw() -> list[Life]:
    """Everybody, the same every time; changing one child changes nothing of another."""
    lives = cohort.cohort()
    placements.place(lives)
    reviews.review(lives)
    health.care_for(lives)
    schooling.school(lives)
    attainment.examine(lives)
    leavers.keep_in_touch(lives)
    missing.go_missing(lives)
    return lives


def write(inbox: Path, lives: list[Life], progress: writing.Progress | None = None) -> list[Path]:
    """Write the extracts of these lives; returns the extract folders written.

    Raises:
        ConfigurationError: a folder of the inbox holds another delivery.
    """
    return writing.write(inbox, lives, progress or (lambda message: None))


__all__ = ["AUTHORITY", "NIGHT", "Life", "draw", "write"]
