"""C5 and C6: attendance, exclusions and plans of children of school age, and what they attain."""

from __future__ import annotations

import datetime as dt

from childrens_warehouse.pages.reading import Release
from childrens_warehouse.pages.sections import columns, pictures
from childrens_warehouse.pages.sections.building import build, lines
from childrens_warehouse.pages.tables import Section, over_time

_SCHOOL_YEAR = (
    "cla_permanent_exclusion_pct_all", "cla_permanent_exclusion_pct_1yr",
    "cla_fixed_exclusion_pct_all", "cla_fixed_exclusion_pct_1yr",
    "cla_absent_25_days_pct",
    "cla_sessions_missed_pct_all", "cla_sessions_missed_pct_1yr",
    "cla_persistent_absence_pct_all", "cla_persistent_absence_pct_1yr",
)  # fmt: skip
_TOLD = (
    "cla_sessions_missed_pct_all", "cla_persistent_absence_pct_all", "cla_persistent_absence_pct_1yr",
    "cla_fixed_exclusion_pct_all",
)  # fmt: skip
_KEY_STAGE_2 = (
    "cla_ks2_l4_maths_pct", "cla_ks2_l4_reading_pct", "cla_ks2_l4_writing_pct", "cla_ks2_l4_rwm_pct",
    "cla_ks2_expected_maths_pct", "cla_ks2_expected_reading_pct", "cla_ks2_expected_writing_pct",
    "cla_ks2_expected_rwm_pct",
)  # fmt: skip
_GCSE = (
    "cla_sat_gcse_pct", "cla_gcse_1_ag_pct", "cla_gcse_5_ag_pct", "cla_gcse_5_ac_pct", "cla_gcse_5_ac_em_pct",
    "cla_gcse_1_91_pct", "cla_gcse_5_91_pct", "cla_gcse_5_94_pct", "cla_gcse_5_94_em_pct",
)  # fmt: skip


def school_age(release: Release, as_at: dt.date) -> Section:
    """C5: the school year so far, and personal education plans at the ends of terms."""
    snapshot = lines("snapshot", "cla_school_age_count", "cla_school_age_1yr_plus_count", "cla_pep_up_to_date_pct")
    return build(
        release, as_at, "c5", "C5", "Children of school age",
        told=[
            *((name, "school_year_to_date") for name in _TOLD),
            ("cla_pep_up_to_date_pct", "snapshot"),
        ],
        pictures=[
            pictures.school_years(release, as_at, "cla_sessions_missed_pct_all"),
            pictures.school_years(release, as_at, "cla_persistent_absence_pct_all"),
            pictures.by_month_and_group(
                release, as_at, "cla_sessions_missed_pct_all", "placement_group",
                "Sessions missed since September, by where children live",
            ),
        ],
        tables=[
            over_time(
                release, "c5-months", "This school year, each month from 1 September to its end (plans: ends of terms)",
                [*snapshot[:2], *lines("school_year_to_date", *_SCHOOL_YEAR), snapshot[2]],
                columns.school_year(release, as_at),
            )
        ],
    )  # fmt: skip


def attainment(release: Release, as_at: dt.date) -> Section:
    """C6: key stage 2 and GCSE of children looked after for a year, by year."""
    return build(
        release, as_at, "c6", "C6", "Attainment",
        tables=[
            over_time(
                release, f"c6-{name}", caption, lines("snapshot", *wanted, only_if_known=True),
                columns.years(release, as_at),
            )
            for name, caption, wanted in (("ks2", "Key stage 2", _KEY_STAGE_2), ("gcse", "GCSE", _GCSE))
        ],
        asides=["Of all children in the cohort, whether or not they sat the examination. Known once a year."],
    )  # fmt: skip
