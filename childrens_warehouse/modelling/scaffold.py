"""A new fact or indicator from a template: SQL, YAML with contract and tests, and the suite of the gate.

What comes out builds and passes as it is; the words in it say what is left to decide.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
import yaml  # type: ignore[import-untyped]

from childrens_warehouse.datasets import BY_NAME, Coverage, Dataset, PersonalData, Source
from childrens_warehouse.errors import WarehouseError
from childrens_warehouse.settings import PROJECT

_TEMPLATES = Path(__file__).parent / "templates"
_SUBJECTS = ("care", "need", "health", "education")
_AT_THE_END = ("marks", "source_file", "source_row")
# Of the files, not of what happened: a fact does not carry when something was known.
_LEFT_OUT = ("collection_year", "stamp")

_CAST = re.compile(r"cast\((\w+) as (.+?)\) as (\w+)")
_FLAG = re.compile(r"^\s+(?!cast\()\S.* as (is_\w+)", re.MULTILINE)
_EXAMPLES = {"string": "A1", "bigint": "1", "integer": "1", "double": "1.5", "boolean": "true", "date": "2017-03-31"}


@dataclass(frozen=True)
class Column:
    """One column of the new fact."""

    name: str
    data_type: str
    description: str
    personal_data: str | None


@dataclass(frozen=True)
class Rows:
    """The model that the fact is made of."""

    name: str
    dataset: Dataset
    columns: Mapping[str, tuple[str, str]]  # name -> (type, name in raw)
    descriptions: Mapping[str, str]
    # Has a model before it looked the child up already?
    knows_child: bool = False

    @property
    def kind(self) -> str:
        return str(self.dataset.source)

    @property
    def names_child(self) -> bool:
        return "child_key" in self.columns


def new_fact(name: str, source: str, subject: str, grain: tuple[str, ...] = (), project: Path = PROJECT) -> list[Path]:
    """Write a fact over the rows of a staging model, or of an int_..._in_force one; return the files, new and changed.

    grain: its key, the authority included; by default the key of the list. Raises WarehouseError for names that are
    taken, unknown or not as the house has them, before anything is written.
    """
    if not re.fullmatch(r"fct_[a-z][a-z0-9_]*", name):
        raise WarehouseError(f"{name} is no name of a fact: fct_ and a noun in the singular, e.g. fct_dental_check.")
    _refuse_unknown(subject)
    models = project / "dbt_project" / "models"
    _refuse_taken(models, name)
    rows = _rows(models, source)
    columns = _columns(rows)
    key = grain or _grain(rows)
    if unknown := set(key) - {column.name for column in columns}:
        raise WarehouseError(f"{source} has no column {', '.join(sorted(unknown))}.")
    values = {
        "name": name,
        "title": name.removeprefix("fct_").replace("_", " ").capitalize() + "s",
        "columns": columns,
        "grain": key,
        "grain_in_words": _in_words(key),
        "source": {
            "name": rows.name, "kind": rows.kind, "names_child": rows.names_child, "dataset": rows.dataset.title,
            "knows_child": rows.knows_child,
        },
        "identities": "bridge_pupil_child" if rows.kind == Source.EDUCATION else "stg_warehouse__child_identities",
        **_examples(columns, key, rows),
    }  # fmt: skip
    folder = models / "core" / subject
    written = [
        _render("fact.sql.j2", folder / f"{name}.sql", values),
        _render("fact.yml.j2", folder / f"{name}.yml", values),
        _render("suite.py.j2", project / "expectations" / "publication" / f"{name}.py", values),
    ]
    counted = project / "dbt_project" / "macros" / "rows_in_facts.sql"
    if _count_in_facts(counted, rows.dataset.name, name):
        written.append(counted)
    return written


def new_indicator(indicator_id: str, title: str, subject: str, project: Path = PROJECT) -> list[Path]:
    """Write an indicator of children looked after; return its two files. Raises WarehouseError."""
    _refuse_unknown(subject)
    if not re.fullmatch(r"[a-z][a-z0-9_]*", indicator_id) or indicator_id.startswith("ind_"):
        raise WarehouseError(f"{indicator_id} is no id of an indicator: lower-case words, e.g. cla_twelve_months_pct.")
    models = project / "dbt_project" / "models"
    _refuse_taken(models, f"ind_{indicator_id}")
    values = {"id": indicator_id, "title": title}
    folder = models / "indicators" / subject
    folder.mkdir(parents=True, exist_ok=True)
    return [
        _render("indicator.sql.j2", folder / f"ind_{indicator_id}.sql", values),
        _render("indicator.yml.j2", folder / f"ind_{indicator_id}.yml", values),
    ]


def _refuse_unknown(subject: str) -> None:
    if subject not in _SUBJECTS:
        raise WarehouseError(f"{subject} is no subject: they are {', '.join(_SUBJECTS)}.")


def _refuse_taken(models: Path, name: str) -> None:
    if found := next(models.rglob(f"{name}.sql"), None):
        raise WarehouseError(f"There is a model {name} already: {found.relative_to(models.parent)}.")


def _rows(models: Path, source: str) -> Rows:
    path = next(models.rglob(f"{source}.sql"), None)
    if path is None or not source.startswith(("stg_", "int_")):
        raise WarehouseError(f"There is no staging or intermediate model {source}.")
    staging, knows_child = path, False
    if source.startswith("int_"):
        of = re.search(r"in_force\(\s*(of_children\(\s*)?ref\('(stg_\w+)'\)", path.read_text(encoding="utf-8"))
        if of is None:
            raise WarehouseError(f"{source} is not the rows in force of one list: write the model by hand.")
        knows_child = of[1] is not None
        staging = next(models.rglob(f"{of[2]}.sql"))
    text = staging.read_text(encoding="utf-8")
    named = re.search(r"source\('raw', '(\w+)'\)", text)
    if named is None or named[1] not in BY_NAME:
        raise WarehouseError(f"{staging.stem} is not the staging model of a declared list.")
    dataset = BY_NAME[named[1]]
    if staging == path and dataset.coverage is Coverage.COLLECTION_YEAR:
        raise WarehouseError(
            f"{dataset.name} comes by collection year, so a row may be in several files: put the line"
            f" {{{{ in_force(of_children(ref('{source}'), 'social_care'), [its key]) }}}} into"
            " int_<plural>_in_force.sql and start from that."
        )
    columns = {
        name: ("string" if "type_string" in kind else kind, raw)
        for raw, kind, name in _CAST.findall(text)
    } | {name: ("boolean", name) for name in _FLAG.findall(text)}  # fmt: skip
    return Rows(source, dataset, columns, dict(_descriptions(staging.parent, staging.stem)), knows_child)


def _descriptions(folder: Path, model: str) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.glob("*.yml")):
        for entry in yaml.safe_load(path.read_text(encoding="utf-8")).get("models", ()):
            if entry["name"] == model:
                yield from ((column["name"], column["description"]) for column in entry["columns"])


def _columns(rows: Rows) -> list[Column]:
    ordered = ["authority_code", "child_key"]
    ordered += [name for name in rows.columns if name not in (*ordered, *_AT_THE_END, *_LEFT_OUT)]
    ordered += [name for name in _AT_THE_END if name in rows.columns]
    personal = {str(column.raw_name): column.personal for column in rows.dataset.raw_columns}
    columns = []
    for name in ordered:
        kind, raw = rows.columns.get(name, ("bigint", name))
        marked = personal.get(raw, PersonalData.IDENTIFIER if name == "child_key" else PersonalData.NONE)
        shared = name in ("authority_code", "child_key", *_AT_THE_END)
        told = f"{{{{ doc('{name}') }}}}" if shared else rows.descriptions.get(name, f"Say what {name} is.")
        columns.append(
            Column(
                name,
                kind,
                '"' + told.replace('"', "'") + '"',
                None if marked is PersonalData.NONE else str(marked),
            )
        )
    return columns


def _grain(rows: Rows) -> tuple[str, ...]:
    names = {raw: name for name, (_, raw) in rows.columns.items()}
    missing = [raw for raw in rows.dataset.raw_key if raw not in names]
    if missing:
        raise WarehouseError(f"{rows.name} lacks {', '.join(missing)} of its list's key: name the key with --grain.")
    return ("authority_code", *(names[raw] for raw in rows.dataset.raw_key))


def _in_words(grain: tuple[str, ...]) -> str:
    words = [re.sub(r"_(code|key)$", "", name).replace("_", " ") for name in grain]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _examples(columns: list[Column], key: tuple[str, ...], rows: Rows) -> dict[str, list[str]]:
    def cell(name: str, kind: str) -> str:
        value = '"310"' if name == "authority_code" else _EXAMPLES.get(kind, "null")
        return f"{name}: {value}"

    shown = [column for column in columns if column.name in {*key, "child_key"}]
    given = [cell(c.name, c.data_type) for c in shown if c.name != "child_key" or rows.names_child]
    expected = [
        cell(c.name, c.data_type) if c.name != "child_key" or rows.names_child else "child_key: -1" for c in shown
    ]
    return {"example_in": given, "example_out": expected}


def _count_in_facts(path: Path, dataset: str, fact: str) -> bool:
    """Add the line by which the reconciliation counts the list's rows in this fact. Was there none yet?"""
    text = path.read_text(encoding="utf-8")
    if f"'{dataset}'" in text:
        return False
    end = text.index("\n    ]) }}")
    path.write_text(f"{text[:end]}\n        ('{dataset}', '{fact}', none),{text[end:]}", encoding="utf-8")
    return True


def _render(template: str, path: Path, values: Mapping[str, Any]) -> Path:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - SQL and YAML, not HTML
    )
    path.write_text(environment.get_template(template).render(values), encoding="utf-8")
    return path
