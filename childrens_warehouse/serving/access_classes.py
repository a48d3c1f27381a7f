"""What the rows of a public table are about, and so which of them a reader of single children may see.

A table is classed by its columns or named here. Whoever adds one that is neither gets an error at the next load, not a
table that everybody may read.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from childrens_warehouse.errors import ConfigurationError
from childrens_warehouse.publish.tables import Table

# Keys that lead to a child whose team is known. patient_key and identity_key never come without child_key.
_TO_A_TEAM = ("child_key", "pupil_key", "subject_key", "worker_key")
_OF_PERSONS = frozenset({*_TO_A_TEAM, "patient_key", "identity_key", "adopter_key", "adoptive_family_key"})
_OF_THINGS = frozenset({"attendance_code_key"})

# Rows that no team owns and that tell of few persons, or of which figures are small.
_WHOLE_AUTHORITY = frozenset({"fct_adopter", "fct_school_absence", "indicator_suppression"})

# What an auditor may read of a release beside the figures for everybody: where figures are hidden, and why.
FOR_AUDITORS = frozenset({"indicator_suppression"})

# Codes, calendars, definitions, organisations, and accounts of files and rules: no row about a person.
_OPEN = frozenset(
    {
        "bridge_region_authority", "dim_attendance_code", "dim_care_end_reason", "dim_care_leaver_accommodation",
        "dim_care_leaver_activity", "dim_data_quality_rule", "dim_date", "dim_ethnicity", "dim_extract",
        "dim_indicator_benchmark", "dim_indicator_catalogue", "dim_indicator_member", "dim_legal_status",
        "dim_local_authority", "dim_placement_provider", "dim_placement_type", "dim_population", "dim_referral_source",
        "dim_reporting_date", "dim_reporting_period", "dim_school", "dim_school_term", "dim_statistical_neighbour",
        "dim_statutory_definition", "dim_statutory_return", "dim_team", "fct_attendance_partition",
        "fct_data_quality_rule", "fct_reconciliation", "fct_return_sign_off", "indicator", "release",
        "release_authority", "release_source",
    }
)  # fmt: skip


class Rows(StrEnum):
    """Whose rows they are."""

    PERSON = "person"
    FIGURES = "figures"
    WHOLE_AUTHORITY = "whole_authority"
    REGION = "region"
    OPEN = "open"


@dataclass(frozen=True)
class Protection:
    """What a table's rows are, and whether reading them is logged.

    keys: the columns by which a row about a person belongs to a team, the first that is not null deciding.
    """

    rows: Rows
    keys: tuple[str, ...] = ()
    is_logged: bool = False


def of(table: Table) -> Protection:
    """How a table of `marts` is protected. Raises ConfigurationError for one that nobody has classed."""
    persons = {column.name for column in table.columns if column.name in _OF_PERSONS}
    strange = {column.name for column in table.columns if column.name.endswith("_key")} - _OF_PERSONS - _OF_THINGS
    if strange:
        raise _unclassed(table, f"nobody has said whom {', '.join(sorted(strange))} names")
    if persons and not table.has("authority_code"):
        raise _unclassed(table, "its rows about persons have no authority_code")
    if table.name in _WHOLE_AUTHORITY:
        return Protection(Rows.WHOLE_AUTHORITY, is_logged=bool(persons))
    if keys := tuple(key for key in _TO_A_TEAM if table.has(key)):
        # Beside a child's or a pupil's key, a worker is a column of the row and not whom it is about.
        of_children = tuple(key for key in keys if key in ("child_key", "pupil_key"))
        return Protection(Rows.PERSON, of_children or keys[:1], is_logged=True)
    if persons:
        raise _unclassed(table, f"no team is known of {', '.join(sorted(persons))}")
    if table.name in _OPEN:
        return Protection(Rows.OPEN)
    # With the own figure known, a region's tells the others'.
    if all(table.has(column) for column in ("region", "indicator_id")):
        return Protection(Rows.REGION)
    if all(table.has(column) for column in ("authority_code", "indicator_id", "dimension", "member")):
        return Protection(Rows.FIGURES)
    raise _unclassed(table, "neither its columns nor a list say what its rows are about")


def _unclassed(table: Table, why: str) -> ConfigurationError:
    return ConfigurationError(
        f"{table.name} is not loaded into PostgreSQL: {why}. Class it in childrens_warehouse/serving/access_classes.py."
    )
