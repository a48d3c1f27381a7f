"""A1: the key performance indicators, with targets and comparators."""

from __future__ import annotations

import datetime as dt

from childrens_warehouse.pages.reading import Release
from childrens_warehouse.pages.sections import scored
from childrens_warehouse.pages.sections.building import build
from childrens_warehouse.pages.sections.scored import Scored
from childrens_warehouse.pages.tables import Section

# In the order of the paper. What is a definition of other years is left out where none of its figures is known.
_GROUPS = (
    ("Children looked after", (
        Scored("cla_rate_per_10k", "snapshot", "PI 14"),
        Scored("cla_new_previously_permanent_pct", "year_to_date", "PI 15"),
        Scored("cla_three_plus_placements_pct", "year_to_date", "PI 16"),
        Scored("cla_long_term_stability_pct", "snapshot", "PI 17"),
        Scored("cla_over_20_miles_pct", "snapshot", "PI 18"),
        Scored("cla_ceased_adopted_pct", "year_to_date", "PI 19"),
    )),
    ("Care leavers", (
        Scored("cl_suitable_accommodation_pct", "snapshot", "PI 20"),
        Scored("cl_neet_pct", "snapshot", "PI 21"),
    )),
    ("Attainment at school", (
        Scored("cla_ks2_l4_rwm_pct", "snapshot", "PI 23", only_if_known=True),
        Scored("cla_ks2_expected_rwm_pct", "snapshot", "PI 23", only_if_known=True),
        Scored("cla_gcse_5_ac_em_pct", "snapshot", "PI 23", only_if_known=True),
        Scored("cla_gcse_5_94_em_pct", "snapshot", "PI 23", only_if_known=True),
    )),
    ("Attendance and exclusion", (
        Scored("cla_sessions_missed_pct_1yr", "school_year_to_date", "PI 24"),
        Scored("cla_persistent_absence_pct_1yr", "school_year_to_date", "PI 24"),
        Scored("cla_fixed_exclusion_pct_1yr", "school_year_to_date", "PI 25"),
    )),
)  # fmt: skip


def indicators(release: Release, as_at: dt.date) -> Section:
    """PI 14 to 25: years and quarters, target, rating, direction of travel, neighbours and England."""
    every = [each for _, members in _GROUPS for each in members]
    return build(
        release, as_at, "a1", "A1", "Key performance indicators",
        told=[(each.indicator_id, each.period) for each in every if scored.is_worth_telling(release, as_at, each)],
        tables=[scored.table(release, as_at, "a1-table", "Key performance indicators", _GROUPS)],
    )  # fmt: skip
