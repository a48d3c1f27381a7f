"""The deliveries of a case: a first night with all its history, and one more.

python -m bench.scale.extracts <inbox> <a case as JSON>        a process of its own, whose memory is given back
"""

from __future__ import annotations

import datetime as dt
import json
import sys
from pathlib import Path

from bench import star
from bench.scale.cases import NIGHT, YEARS_OF_HISTORY, Case, codes
from childrens_warehouse.simulate import Scenario
from childrens_warehouse.simulate.several import simulate_several


def make(inbox: Path, case: Case) -> None:
    """Write both nights of every authority."""
    authorities = codes(case.authorities)
    simulate_several(
        inbox,
        [
            Scenario(
                night=NIGHT + dt.timedelta(days=1), nights=2, authority=authority, dirt=False,
                pupils=_share(case.pupils, case.authorities, position),
                children=_share(case.children, case.authorities, position),
                attendance_days=case.days,
                # The same lists whatever the span of the marks: one more night brings the same.
                returns=YEARS_OF_HISTORY - 1,
            )
            for position, authority in enumerate(authorities)
        ],
    )  # fmt: skip
    for authority in authorities:
        star.repeat_years(inbox / authority, NIGHT, case.years)


def _share(total: int, parts: int, position: int) -> int:
    """What one of the parts gets, so that all of them get the total."""
    return total * (position + 1) // parts - total * position // parts


if __name__ == "__main__":
    make(Path(sys.argv[1]), Case(**json.loads(sys.argv[2])))
    print(json.dumps({}))
