"""A project in which tables and columns got other names, for the releases of tests/serving/releases.py."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from childrens_warehouse.publish import former_names

RENAMED = """
alter table marts.fct_placement rename column distance to miles;
alter table marts.fct_attendance_pupil_month rename column says to told;
alter table marts.fct_review rename to fct_held_review;
alter table marts.fct_held_review rename column is_held to was_held;
alter table marts.indicator_value rename column target to aim;
alter table marts_aggregate.indicator_value rename column target to aim;
"""
_PROMISED = """table,column,type,since,gone_after
fct_placement,distance,DOUBLE,2017-01-01,
fct_attendance_pupil_month,says,INTEGER,2017-01-01,
indicator_value,target,DOUBLE,2017-01-01,
fct_review,authority_code,VARCHAR,2017-01-01,
fct_review,child_key,BIGINT,2017-01-01,
fct_review,is_held,BOOLEAN,2017-01-01,
"""
_DECLARED = """table,column,successor,gone_after
fct_placement,distance,miles,{day}
fct_attendance_pupil_month,says,told,{day}
fct_review,,fct_held_review,{day}
fct_review,is_held,was_held,{day}
indicator_value,target,aim,{day}
"""


def declared_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Let the project's names be those of this folder; called with a day, the old ones are readable until then."""
    monkeypatch.setattr(former_names, "PUBLISHED", folder / "published_names.csv")
    monkeypatch.setattr(former_names, "PATH", folder / "former_names.csv")
    former_names.PUBLISHED.write_text(_PROMISED)

    def until(day: str) -> None:
        former_names.PATH.write_text(_DECLARED.format(day=day))

    return until
