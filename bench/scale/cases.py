"""What is measured: an engine, a series and a size.

`rows` grows the area: pupils, schools and children in care grow with the rows, which are one school year's.
`history` keeps the area and adds school years, so that the same night meets more and more history.
`authorities` keeps the rows and shares the pupils out among more and more authorities.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from childrens_warehouse import reference

NIGHT = dt.date(2017, 5, 22)  # a Monday in term: one more night brings one more school day
SCHOOL_DAYS = 190
SESSIONS_A_YEAR = 2 * SCHOOL_DAYS
# England has 84,000 children in care and some 3 thousand million sessions a year.
CHILDREN_A_MILLION = 84_000 / 3_000
YEARS_OF_HISTORY = 4
ENGINES = ("duckdb", "spark")
FIRST = "310"


@dataclass(frozen=True)
class Case:
    """Millions of rows in all, and how many of them are of one school year."""

    engine: str
    series: str
    millions: float
    a_year: float
    authorities: int = 1

    @property
    def key(self) -> str:
        return f"{self.engine} {self.series} {self.millions:g} {self.authorities}"

    @property
    def pupils(self) -> int:
        return max(self.authorities, round(self.a_year * 1e6 / SESSIONS_A_YEAR))

    @property
    def children(self) -> int:
        """In care on any day."""
        return max(self.authorities, round(self.a_year * CHILDREN_A_MILLION))

    @property
    def years(self) -> int:
        return math.ceil(self.millions / self.a_year - 1e-9)

    @property
    def days(self) -> int:
        """School days of each year."""
        return round(SCHOOL_DAYS * self.millions / (self.years * self.a_year))

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def cases(
    engines: Sequence[str],
    sizes: Sequence[float],
    history: Sequence[float],
    authorities: Sequence[int],
    authority_rows: float,
) -> list[Case]:
    """All that is asked for, the small first. Sizes are millions of rows; spans of history are measured on DuckDB."""
    found = []
    for engine in engines:
        found += [Case(engine, "rows", size, size) for size in sorted(sizes)]
        if engine == "duckdb":
            found += [Case(engine, "history", size, max(history) / YEARS_OF_HISTORY) for size in sorted(history)]
        found += [Case(engine, "authorities", authority_rows, authority_rows, many) for many in sorted(authorities)]
    return found


def codes(many: int) -> list[str]:
    """The codes of so many London boroughs; the first is the one that the seeds have targets of."""
    london = reference.authorities_of_region("London", NIGHT)
    return sorted(london, key=lambda code: (code != FIRST, code))[:many]
