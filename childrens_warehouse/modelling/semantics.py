"""The indicators as metrics that tools understand: MetricFlow's semantic model, generated from their entries.

`warehouse generate` writes bi/semantic/models/metrics.yml. Every metric rests on the published `indicator_value` and
answers with exactly one of its figures, of one authority or several: wherever a question would add up what does not add
up (periods, dates, slices, members), or touches a figure that is suppressed, the answer is null.
docs/adr/0015-bi-tools.md says why MetricFlow.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

from childrens_warehouse.catalogue import entries
from childrens_warehouse.catalogue.entries import Entry
from childrens_warehouse.settings import PROJECT

FOLDER = PROJECT / "bi" / "semantic"
PATH = FOLDER / "models" / "metrics.yml"
HEAD = "# Generated from the entries of the indicators: do not edit, run `warehouse generate`.\n"

EVERYBODY = ("sex", "age_band", "ethnic_group")
SLICES = {
    "worker": (),
    "school": (),
    "pupil": EVERYBODY,
    "child": (*EVERYBODY, "team"),
    "care_leaver": (*EVERYBODY, "team"),
    "looked_after_child": (
        *EVERYBODY,
        *("team", "placement_type", "placement_group", "placement_location", "unaccompanied", "twelve_months"),
    ),
}
"""What an indicator is sliced by, by its subject, beside the whole."""

DIMENSIONS = {
    "authority_code": "Local authority, three digits.",
    "indicator_id": "Indicator; every metric keeps to its own.",
    "period": "What the figure tells of: snapshot (on the day), month, quarter, year_to_date (from 1 April),"
    " school_year_to_date (from 1 September) or rolling_12_months, each up to as_at.",
    "slice": "What is sliced by, one way at a time; all is the whole.",
    "member": "Member of the slice.",
    "member_label": "Its name for readers.",
    "disclosure": "open, suppressed or not_available.",
    "finality": "provisional, final or restated.",
    "rag": "Status against the target: green, amber, red.",
    "direction_of_travel": "better, worse, same or changed.",
}
_COLUMNS = {"slice": "dimension"}
_ONE_FIGURE = ("as_at", "period", "dimension", "member", "definition_version")
MEASURES = {
    "numerator": ("sum", "numerator", "What was counted; of one figure only."),
    "denominator": ("sum", "denominator", "What it is a share of; of one figure only."),
    "figures": (
        "count_distinct",
        " || '|' || ".join(f"cast({column} as varchar)" for column in _ONE_FIGURE),
        "How many figures a question mixes, authorities apart: one, or there is no answer.",
    ),
    "without_figure": (
        "sum",
        "case when disclosure = 'open' then 0 else 1 end",
        "How many of them are suppressed or not available: none, or there is no answer.",
    ),
}
_SCALE = {"percent": "100.0 * ", "per_10k": "10000.0 * "}


def render() -> str:
    """The text of the YAML file."""
    document: dict[str, Any] = {
        "semantic_models": [_semantic_model()],
        "metrics": [_building_block(name) for name in MEASURES] + [_metric(entry) for entry in entries.read().values()],
    }
    return HEAD + yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)


def write(path: Path = PATH) -> Path:
    """Write the file and return its path."""
    path.write_text(render(), encoding="utf-8")
    return path


class _Dumper(yaml.CSafeDumper):
    """Folds texts of several lines, and lists of words on one line."""


def _text(dumper: yaml.CSafeDumper, text: str) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=">" if "\n" in text else None)


def _list(dumper: yaml.CSafeDumper, items: list[Any]) -> yaml.Node:
    of_words = all(isinstance(item, str) for item in items)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", items, flow_style=of_words)


_Dumper.add_representer(str, _text)
_Dumper.add_representer(list, _list)


def _semantic_model() -> dict[str, Any]:
    return {
        "name": "figure",
        "label": "Figure",
        "description": "A row per authority, indicator, definition version, reporting date, period, slice and member.",
        "model": "ref('indicator_value')",
        "primary_entity": "figure",
        "defaults": {"agg_time_dimension": "as_at"},
        "dimensions": [
            {
                "name": "as_at",
                "label": "Reporting date",
                "description": "Month ends, earlier ends of financial years, and the night.",
                "type": "time",
                "type_params": {"time_granularity": "day"},
            },
            *(
                {"name": name, "description": description, "type": "categorical", "expr": _COLUMNS.get(name, name)}
                for name, description in DIMENSIONS.items()
            ),
        ],
        "measures": [
            {"name": name, "description": description, "agg": aggregation, "expr": expression}
            for name, (aggregation, expression, description) in MEASURES.items()
        ],
    }


def _building_block(measure: str) -> dict[str, Any]:
    return {
        "name": f"figure_{measure}",
        "label": f"Building block: {measure.replace('_', ' ')}",
        "description": MEASURES[measure][2],
        "type": "simple",
        "type_params": {"measure": measure},
    }


def _metric(entry: Entry) -> dict[str, Any]:
    expression = f"case when figures = 1 and without_figure = 0 then {_formula(entry)} end"
    return {
        "name": entry.indicator_id,
        "label": entry.title,
        "description": _description(entry),
        "type": "derived",
        "type_params": {
            "expr": expression,
            "metrics": [
                {"name": f"figure_{measure}", "alias": measure} for measure in MEASURES if measure in expression
            ],
        },
        "filter": "{{ Dimension('figure__indicator_id') }} = '" + entry.indicator_id + "'",
        "config": {"meta": _meta(entry)},
    }


def _formula(entry: Entry) -> str:
    """How numerator and denominator, added up over authorities, become the value in its unit."""
    if entry.meta["unit"] == "count":
        return "numerator"
    parts = f" / {entry.meta['parts']}.0" if "parts" in entry.meta else ""
    return f"{_SCALE.get(entry.meta['unit'], '1.0 * ')}numerator / nullif(denominator, 0){parts}"


def _description(entry: Entry) -> str:
    parts = {"Population": "population", "Counted": "numerator", "Left out": "exclusions", "Clock": "clock"}
    return "\n".join([entry.said("definition"), *(f"{name}: {entry.said(key)}" for name, key in parts.items())])


def _meta(entry: Entry) -> dict[str, Any]:
    meta = entry.meta
    percent = " %" if meta["unit"] == "percent" else ""
    return {
        "unit": meta["unit"],
        "format": f"{'0.' + '0' * meta['decimals'] if meta['decimals'] else '0'}{percent}",
        "adds_up": "authorities"
        if meta["unit"] == "count"
        else "never: numerators and denominators do, over authorities",
        "better": meta["direction"],
        "time_grain": meta["cadence"],
        "periods": list(entry.periods),
        "slices": list(SLICES[meta["subject"]]),
        "slices_for_everybody": "every date" if meta["counted"] == "on_day" else "whole financial years (31 March)",
        "subject": meta["subject"],
        "definition_version": meta["definition_version"],
        "definition_owner": meta["definition_owner"],
        "statutory_source": entry.said("statutory_source"),
        "owner": entry.said("owner"),
    }
