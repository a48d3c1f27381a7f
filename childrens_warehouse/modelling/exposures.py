"""Who reads the marts: every page, dashboard and export, as dbt exposures.

`warehouse generate` writes dbt_project/models/_exposures.yml from this list, so that the documentation and
`dbt ls --select +exposure:night_summary` tell what a change of a model touches. What reads all tables names each.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

from childrens_warehouse.settings import PROJECT

MODELS = PROJECT / "dbt_project" / "models"
PATH = MODELS / "_exposures.yml"
HEAD = "# Generated from childrens_warehouse/modelling/exposures.py: do not edit, run `warehouse generate`.\n"

INDICATORS = ("indicator", "indicator_value")
REGIONAL = ("regional_indicator_value", "regional_ranking")
OWNER = {"name": "Data engineering", "email": "data-engineering@example.org"}


@dataclass(frozen=True)
class Exposure:
    """One reader of the marts.

    kind: as dbt has them: dashboard, notebook, analysis, ml, application.
    maturity: low, medium, high.
    reads: public models; empty for all of them.
    module: the Python module that reads, seen from the package; empty where readers come with tools of their own.
    """

    name: str
    label: str
    kind: str
    maturity: str
    description: str
    reads: tuple[str, ...] = ()
    module: str = ""


EXPOSURES = (
    Exposure(
        "night_summary",
        "Summary of the night",
        "application",
        "high",
        "What make nightly and warehouse status print: the headline indicators of each authority.",
        INDICATORS,
        "report",
    ),
    Exposure(
        "published_marts",
        "marts.duckdb",
        "analysis",
        "high",
        "The file that BI tools open: all public tables of the current release, under the name marts.",
    ),
    Exposure(
        "release_folder",
        "Parquet of a release",
        "analysis",
        "high",
        "The same tables as Parquet, one folder per release, for engines that read files.",
    ),
    Exposure(
        "release_changes",
        "What changed between two releases",
        "application",
        "medium",
        "warehouse changes: rows added, removed and changed between two releases, with the reason.",
        module="changes.compare",
    ),
    Exposure(
        "figures_for_everybody",
        "marts_aggregate.duckdb",
        "analysis",
        "high",
        "The file for a wider circle: the figures, small ones and what would give them away suppressed.",
        (*INDICATORS, *REGIONAL),
    ),
    Exposure(
        "regional_pages",
        "Regional figures",
        "dashboard",
        "medium",
        "warehouse region-report: a region's authorities ranked and held against chance, from the suppressed figures.",
        (*INDICATORS, *REGIONAL),
    ),
    Exposure(
        "corporate_parenting_report",
        "Corporate Parenting Report",
        "dashboard",
        "high",
        "warehouse report: the panel's report as a page and on paper; the public edition from the suppressed figures.",
        (*INDICATORS, "dim_child", "fct_looked_after_child", "fct_placement", "indicator_subject"),
    ),
    Exposure(
        "superset_dashboard",
        "Dashboard in Apache Superset",
        "dashboard",
        "medium",
        "bi/superset: scorecard, children in care and all figures, from the suppressed figures (make superset).",
        INDICATORS,
    ),
    Exposure(
        "managers_pages",
        "Managers' pages",
        "application",
        "medium",
        "warehouse report --edition manager: work lists, and the children behind figures, by team.",
        (
            "bridge_pupil_child",
            "dim_child",
            "dim_reporting_date",
            "dim_worker",
            "fct_allocation",
            "fct_child_on_protection_plan",
            "fct_looked_after_child",
            "indicator",
            "indicator_subject",
            "indicator_value",
            "worklist_attendance",
            "worklist_health_assessment_due",
            "worklist_personal_education_plan_missing",
            "worklist_placement_stability",
            "worklist_review_due",
        ),
    ),
    Exposure(
        "restated_figures",
        "Which figures moved, and why",
        "application",
        "medium",
        "warehouse restated: figures that two releases tell otherwise, with the children and rows behind it.",
        module="changes.restated",
    ),
    Exposure(
        "subject_export",
        "What is held on a person",
        "application",
        "medium",
        "warehouse subject-export: the rows of every release on disk that are about one person.",
        module="privacy.subject.collecting",
    ),
)


def public_models() -> list[str]:
    """Names of the public models: core, the tables of indicators and of regions, and the work lists."""
    return sorted(
        {path.stem for path in (MODELS / "core").rglob("*.sql")}
        | {*INDICATORS, "indicator_subject"}
        | {path.stem for kind in ("regional", "worklist") for path in (MODELS / "reports").glob(f"{kind}_*.sql")}
    )


def render() -> str:
    """The text of the YAML file."""
    exposures = [
        {
            "name": each.name,
            "label": each.label,
            "type": each.kind,
            "maturity": each.maturity,
            "owner": OWNER,
            "description": each.description,
            "depends_on": [f"ref('{model}')" for model in each.reads or public_models()],
        }
        for each in EXPOSURES
    ]
    document: dict[str, Any] = {"exposures": exposures}
    return HEAD + yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=100)


def write(path: Path = PATH) -> Path:
    """Write the file and return its path."""
    path.write_text(render(), encoding="utf-8")
    return path
