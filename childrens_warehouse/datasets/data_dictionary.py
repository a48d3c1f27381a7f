"""The data dictionary, generated: what arrives (declarations) and what is published (the models' descriptions)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import yaml

from childrens_warehouse.datasets import ALL, LINEAGE, Column, Dataset
from childrens_warehouse.publish import views
from childrens_warehouse.publish.tables import PUBLIC_NAME
from childrens_warehouse.settings import PROJECT

PATH = PROJECT / "docs" / "data-dictionary.md"
_DBT_PROJECT = PROJECT / "dbt_project"
_MODELS = _DBT_PROJECT / "models"

# What dbt would put in the place of {{ doc('…') }} and {{ var('…') }}.
_DOCS_BLOCK = re.compile(r"\{% docs (\w+) %\}(.*?)\{% enddocs %\}", re.DOTALL)
_REFERENCE = re.compile(r"\{\{ (doc|var)\('(\w+)'\) \}\}")

_HEAD = """# Data dictionary

Generated from the dataset declarations and the models' descriptions by `warehouse generate`; do not edit.
Personal-data classes are explained in `childrens_warehouse/datasets/declaration.py`. The codes of a list, each with the
days it is valid on, are in `seeds/code_list.csv`, those of PLACE, LS, ETHNIC and ATTENDANCE in the seeds
`placement_type.csv`, `legal_status.csv`, `ethnicity.csv` and `attendance_code.csv`.

| kind | how a cell is written |
| --- | --- |
| text | as it is |
| code | one code of the list, in any letter case |
| codes | several codes of the list, separated by semicolons |
| integer | a whole number |
| decimal | digits, with a point before the fraction; no separators of thousands, no currency |
| date | dd/mm/yyyy in SSDA903 files, yyyy-mm-dd elsewhere |
| timestamp | local time to the minute or second: 2017-05-31T14:30 |
| partial_date | dd/mm/yyyy, with zz for what is not known of it: zz/06/2015, zz/zz/2015, zz/zz/zzzz |
"""


def render() -> str:
    """The whole page as Markdown."""
    parts = [_HEAD, "## What arrives\n"]
    parts += [_dataset(dataset) for dataset in ALL]
    parts.append("### Lineage columns that landing adds to every row of raw\n")
    parts.append(_table(("column", "type", "what"), [(f"`{name}`", kind, what) for name, kind, what in LINEAGE]))
    parts.append("## What is published\n")
    parts += [_model(model) for model in public_models()]
    parts.append("## Views over it\n")
    parts += [_model(view) for view in views.described()]
    return "\n".join(parts)


def write() -> Path:
    """Write the page and return its path."""
    PATH.write_text(render(), encoding="utf-8")
    return PATH


def _dataset(dataset: Dataset) -> str:
    rows = [
        (
            f"`{column.name}`" + (" (key)" if column.name in dataset.key else ""),
            column.kind.value + (f", list {column.code_list}" if column.code_list else ""),
            f"`{column.raw_name}`" if column.is_in_raw else "not in raw",
            column.personal.value,
            " ".join((column.description, *_beside(column))),
        )
        for column in dataset.columns
    ]
    said = [f"coverage {dataset.coverage.value}", f"owner: {dataset.owner}", f"due {dataset.due}"]
    if years := _years(dataset):
        said.append(f"collection years {years}")
    if dataset.parts:
        places = ", ".join(f"{part.name} of `{part.file}`" for part in dataset.parts)
        said.append(f"also as {places}" if dataset.file else f"as {places}")
    if dataset.may_be_empty:
        said.append("may be without rows")
    return (
        f"### {dataset.source.value}/{dataset.files[0]}: {dataset.title}\n\n{dataset.grain} "
        f"Dataset `{dataset.name}`, {', '.join(said)}.\n\n"
        + _table(("column", "kind", "in raw", "personal data", "what"), rows)
        + _derived(dataset)
    )


def _derived(dataset: Dataset) -> str:
    if not dataset.derived:
        return ""
    rows = [(f"`{column.name}`", column.raw_type, column.description) for column in dataset.derived_columns]
    return "\nDerived on landing from the row's postcodes, in raw only:\n\n" + _table(("column", "type", "what"), rows)


def _beside(column: Column) -> list[str]:
    """What else a supplier may want to know of a column."""
    said = []
    if column.spellings:
        said.append(f"Also spelt {', '.join(f'`{spelling}`' for spelling in column.spellings)}.")
    if column.optional:
        said.append("A file may lack it.")
    if years := _years(column):
        said.append(f"Collection years {years}.")
    return said


def _years(thing: Column | Dataset) -> str:
    if thing.since and thing.until:
        return f"{thing.since} to {thing.until}"
    if thing.since:
        return f"from {thing.since}"
    return f"to {thing.until}" if thing.until else ""


def public_models() -> list[dict[str, object]]:
    """The YAML entries of the models that are published, by name."""
    models = []
    for folder in ("core", "reports"):
        for path in sorted((_MODELS / folder).rglob("*.yml")):
            models += yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader).get("models", [])
    return sorted((model for model in models if PUBLIC_NAME.fullmatch(model["name"])), key=lambda model: model["name"])


def _model(model: dict[str, object]) -> str:
    columns = model.get("columns") or []
    rows = [
        (f"`{column['name']}`", column.get("data_type", ""), _one_line(column.get("description", "")))
        for column in columns  # type: ignore[attr-defined]
    ]
    return f"### {model['name']}\n\n{_one_line(str(model.get('description', '')))}\n\n" + _table(
        ("column", "type", "what"), rows
    )


def _one_line(text: str) -> str:
    return " ".join(_resolved(text).split()).replace("|", "\\|")


def _resolved(text: str) -> str:
    """A description as dbt would show it. Raises KeyError for a block or variable that nobody wrote."""
    return _REFERENCE.sub(lambda found: _said_elsewhere()[found[1], found[2]], text)


@cache
def _said_elsewhere() -> dict[tuple[str, str], str]:
    """("doc" or "var", name) -> text."""
    variables = yaml.safe_load((_DBT_PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]
    said = {("var", name): str(value) for name, value in variables.items()}
    for path in sorted(_MODELS.rglob("*.md")):
        said |= {("doc", name): text for name, text in _DOCS_BLOCK.findall(path.read_text(encoding="utf-8"))}
    return said


def _table(headings: tuple[str, ...], rows: Sequence[tuple[object, ...]]) -> str:
    lines = [f"| {' | '.join(headings)} |", f"|{' --- |' * len(headings)}"]
    lines += [f"| {' | '.join(str(cell) for cell in row)} |" for row in rows]
    return "\n".join(lines) + "\n"
