"""The house rules of the dbt project, each a function from dbt's manifest to the offences it finds.

`make lint` and the tests hold them; docs/analyst-guide.md says them in words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from childrens_warehouse.datasets import ALL, BY_NAME, Dataset, PersonalData
from childrens_warehouse.errors import ConfigurationError
from childrens_warehouse.publish.tables import Column, Table
from childrens_warehouse.serving import access_classes

Manifest = Mapping[str, Any]
Node = Mapping[str, Any]
Rule = Callable[[Manifest], Iterator[str]]

# What a model of a layer may read: layers, "seed", or "source".
MAY_READ: Mapping[str, frozenset[str]] = {
    "staging": frozenset({"source"}),
    "intermediate": frozenset({"staging", "intermediate", "core", "seed"}),
    "quality": frozenset({"staging", "intermediate", "quality", "core", "seed"}),
    "core": frozenset({"staging", "intermediate", "quality", "core", "seed"}),
    "indicators": frozenset({"core"}),
    "reports": frozenset({"core", "indicators", "reports"}),
}
# They tell of the rows that staging leaves out, so they must see them.
SEES_WHAT_LANDED = frozenset({"int_rows_landed", "dq_findings_marks"})

# Values that may be in a public model only as a pseudonym, by which rows can be matched and nobody named.
KEYS_ONLY = frozenset({"identifier", "postcode"})

# Dimension keys of ours; all other keys are pseudonyms of somebody.
KEYS_OF_NOBODY = frozenset({"attendance_code_key"})

# Types that every engine understands; no list and no struct.
PLAIN_TYPES = frozenset({"string", "integer", "bigint", "double", "boolean", "date", "timestamp"})

GRAIN = re.compile(r"(One row per |Exactly one row)")
GRAIN_TESTS = frozenset({"unique", "unique_combination_of_columns"})

# Whose rows are told without a child: they count files, or speak of somebody whom no list may know.
NEEDS_NO_CHILD = frozenset({"dim_child", "fct_data_quality_finding", "fct_withdrawal"})

_CLOCK = re.compile(r"\b(current_date|current_timestamp|now\s*\(|today\s*\()", re.IGNORECASE)
_BY_FLOATS = re.compile(r"\b(avg|mean|stddev\w*|var_\w+)\s*\(", re.IGNORECASE)
_ROUNDING = re.compile(r"(?<![a-z_])(round|round_half_up)\s*\(", re.IGNORECASE)
_SPELL_BY_HAND = re.compile(r"between\s+[\w.]*started_on\s+and\s+[\w.]*ended_on", re.IGNORECASE)
_COMMENT = re.compile(r"\{#.*?#\}|--[^\n]*", re.DOTALL)


def models(manifest: Manifest) -> Iterator[Node]:
    return (node for node in manifest["nodes"].values() if node["resource_type"] == "model")


def layer(node: Node) -> str:
    return str(node["fqn"][1])


def core(manifest: Manifest) -> Iterator[Node]:
    return (model for model in models(manifest) if layer(model) == "core")


def layers_read_what_they_may(manifest: Manifest) -> Iterator[str]:
    """Reports and indicators read core only; only staging reads what landed."""
    for model in models(manifest):
        allowed = MAY_READ[layer(model)] | ({"source"} if model["name"] in SEES_WHAT_LANDED else set())
        for parent in model["depends_on"]["nodes"]:
            node = manifest["nodes"].get(parent)
            kind = layer(node) if node and node["resource_type"] == "model" else parent.split(".")[0]
            if kind not in allowed:
                yield f"{model['name']} reads {parent}"


def nothing_public_names_a_person(manifest: Manifest) -> Iterator[str]:
    """Columns of public models that say, or arrived as, more than a key."""
    arrived = {
        str(column.name).lower(): str(column.personal)
        for dataset in ALL
        for column in dataset.columns
        if column.is_identity and column.raw_name != column.name.lower()
    }
    for model in models(manifest):
        if model["config"]["access"] != "public":
            continue
        for column in model["columns"].values():
            name = column["name"]
            marked = column["config"].get("meta", {}).get("personal_data", "none")
            is_key = name.endswith("_key") and column["data_type"] == "bigint"
            if marked == "name" or (marked in KEYS_ONLY and not is_key):
                yield f"{model['name']}.{name} is a {marked}"
            elif name in arrived:
                yield f"{model['name']}.{name} has the name of a {arrived[name]}"
            elif is_key and name not in KEYS_OF_NOBODY and marked not in KEYS_ONLY:
                yield f"{model['name']}.{name} is a key and not marked as one"


def personal_columns_bear_their_class(manifest: Manifest) -> Iterator[str]:
    """A column of core that is called as a column of the lists it comes from is of the class it arrived with."""
    for model in core(manifest):
        if not {"child_key", "pupil_key", "patient_key"} & set(model["columns"]):
            continue
        arrived = {
            column.raw_name: str(column.personal)
            for dataset in _lists_behind(manifest, model["unique_id"])
            for column in dataset.raw_columns
            if column.personal is not PersonalData.NONE
        }
        for column in model["columns"].values():
            marked = column["config"].get("meta", {}).get("personal_data")
            if column["name"] in arrived and marked != arrived[column["name"]]:
                yield f"{model['name']}.{column['name']} is marked {marked}, not {arrived[column['name']]}"


def _lists_behind(manifest: Manifest, unique_id: str) -> Iterator[Dataset]:
    """The datasets that a model is made of, however far back; dimensions it only looks things up in among them."""
    seen, ahead = {unique_id}, [unique_id]
    while ahead:
        for parent in manifest["parent_map"].get(ahead.pop(), ()):
            if parent not in seen:
                seen.add(parent)
                ahead.append(parent)
    return (BY_NAME[name] for each in sorted(seen) if (name := each.rsplit(".", 1)[-1]) in BY_NAME)


def only_core_and_the_indicators_are_public(manifest: Manifest) -> Iterator[str]:
    """Public models are the contract: core, the tables of indicators and of regions, and the work lists."""
    for model in models(manifest):
        is_public = model["config"]["access"] == "public"
        should_be = (
            layer(model) == "core"
            or model["name"] in ("indicator", "indicator_subject", "indicator_value")
            or model["name"].startswith(("regional_", "worklist_"))
        )
        if is_public != should_be:
            yield f"{model['name']} is {model['config']['access']}"
        if is_public and not (model["config"]["contract"]["enforced"] and model["config"]["schema"] == "marts"):
            yield f"{model['name']} has no contract in marts"


def whose_rows_they_are_is_said(manifest: Manifest) -> Iterator[str]:
    """Of every public model it is known which of its rows a reader of single children may see."""
    for model in models(manifest):
        if model["config"]["access"] != "public":
            continue
        columns = tuple(Column(name, "", True, None) for name in model["columns"])
        try:
            access_classes.of(Table(model["name"], columns, (), None))
        except ConfigurationError as error:
            yield str(error)


def grain_is_said_and_tested(manifest: Manifest) -> Iterator[str]:
    """The description begins with the grain; a test of uniqueness holds it, the authority included."""
    keys: dict[str, list[str]] = {}
    for test in manifest["nodes"].values():
        if test["resource_type"] != "test":
            continue
        told = test.get("test_metadata") or {}
        if told.get("name") in GRAIN_TESTS:
            columns = told["kwargs"].get("columns") or [told["kwargs"]["column_name"]]
            keys.setdefault(test["attached_node"], []).extend(columns)
        elif test["name"].endswith("_grain"):
            # A table too large for the generic test has one of its own, which is named for it.
            for parent in test["depends_on"]["nodes"]:
                keys.setdefault(parent, []).extend(told.get("kwargs", {}).get("columns", []))
    for model in core(manifest):
        if not GRAIN.match(model["description"]):
            yield f"{model['name']} does not begin with its grain"
        if model["unique_id"] not in keys:
            yield f"{model['name']} has no test of uniqueness on its grain"
        elif "authority_code" in model["columns"] and "authority_code" not in keys[model["unique_id"]]:
            yield f"{model['name']} bears an authority that is not part of its key"


def columns_are_described_and_plain(manifest: Manifest) -> Iterator[str]:
    """Every column of core says what it is, in a type that every engine has."""
    for model in core(manifest):
        for column in model["columns"].values():
            kind = column["data_type"] or ""
            if not column["description"]:
                yield f"{model['name']}.{column['name']} has no description"
            if kind not in PLAIN_TYPES and not kind.startswith("decimal("):
                yield f"{model['name']}.{column['name']} is {kind or 'of no type'}"


def children_are_in_the_dimension(manifest: Manifest) -> Iterator[str]:
    """A table that tells of children has a test that each is in dim_child."""
    related = {
        test["attached_node"]
        for test in manifest["nodes"].values()
        if test["resource_type"] == "test"
        and (test.get("test_metadata") or {}).get("name") == "relationships_of_columns"
        and any(parent.endswith(".dim_child") for parent in test["depends_on"]["nodes"])
    }
    for model in core(manifest):
        tells_of_children = "child_key" in model["columns"] and model["name"] not in NEEDS_NO_CHILD
        if tells_of_children and model["unique_id"] not in related:
            yield f"{model['name']} has no test that its children are in dim_child"


def facts_meet_on_the_child_and_the_day(manifest: Manifest) -> Iterator[str]:
    """No fact has a key of its own that another could point at."""
    persons = {str(column.raw_name) for dataset in ALL for column in dataset.raw_columns if column.is_identity}
    for model in core(manifest):
        keys = {name for name in model["columns"] if name.endswith("_key")}
        if model["name"].startswith("fct_"):
            for name in sorted(keys - persons - KEYS_OF_NOBODY):
                yield f"{model['name']}.{name} is a key that no source gave"


def rules_have_unit_tests(manifest: Manifest) -> Iterator[str]:
    """Every fact about children is shown on invented rows."""
    shown = {test["model"] for test in manifest.get("unit_tests", {}).values()}
    for model in core(manifest):
        if model["name"].startswith("fct_") and model["fqn"][2] != "warehouse" and model["name"] not in shown:
            yield f"{model['name']} has no unit test"


def nothing_reads_the_clock(manifest: Manifest) -> Iterator[str]:
    """A build is a function of what is in force: now is the night, `stg_warehouse__night`."""
    yield from _said(manifest, _CLOCK, "reads the machine's clock")


def nothing_is_rounded_before_the_end(manifest: Manifest) -> Iterator[str]:
    """Half up, once, where a figure is shown."""
    for found in _said(manifest, _ROUNDING, "rounds"):
        if not found.startswith("indicator_value "):
            yield found


def nothing_depends_on_the_order_of_rows(manifest: Manifest) -> Iterator[str]:
    """Means go through exact_mean: sums of floating-point numbers differ from build to build in their last bit."""
    yield from _said(manifest, _BY_FLOATS, "adds floating-point numbers up: use exact_mean")


def spells_are_half_open(manifest: Manifest) -> Iterator[str]:
    """Whether a day is in a spell is asked through is_on and is_within."""
    yield from _said(manifest, _SPELL_BY_HAND, "compares a day with a spell by hand: use is_on")


def _said(manifest: Manifest, pattern: re.Pattern[str], what: str) -> Iterator[str]:
    for model in models(manifest):
        if pattern.search(_COMMENT.sub("", model["raw_code"])):
            yield f"{model['name']} {what}"


RULES: tuple[Rule, ...] = (
    layers_read_what_they_may,
    nothing_public_names_a_person,
    personal_columns_bear_their_class,
    only_core_and_the_indicators_are_public,
    whose_rows_they_are_is_said,
    grain_is_said_and_tested,
    columns_are_described_and_plain,
    children_are_in_the_dimension,
    facts_meet_on_the_child_and_the_day,
    rules_have_unit_tests,
    nothing_reads_the_clock,
    nothing_is_rounded_before_the_end,
    nothing_depends_on_the_order_of_rows,
    spells_are_half_open,
)


def offences(manifest: Manifest) -> list[str]:
    """Everything that breaks a rule, as `rule: what`."""
    return [f"{rule.__name__.replace('_', ' ')}: {found}" for rule in RULES for found in rule(manifest)]
