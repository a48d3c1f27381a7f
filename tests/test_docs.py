"""The docs say what the code does: settings, commands, links, examples and queries are held against it."""

from __future__ import annotations

import datetime as dt
import json
import re
import sqlite3
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
import yaml

from childrens_warehouse import cli, waivers
from childrens_warehouse.alarms import Kind
from childrens_warehouse.datasets import ALL, data_dictionary, rule_page
from childrens_warehouse.landing import manifest
from childrens_warehouse.landing.manifest import scope
from childrens_warehouse.ledger import Ledger
from childrens_warehouse.ledger_views import open_ledger, query
from childrens_warehouse.publish import views
from childrens_warehouse.settings import PROJECT
from expectations import publication

DOCS = PROJECT / "docs"
PAGES = [PROJECT / "README.md", PROJECT / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md"))]
OPERATING = DOCS / "operating"

# Computed, so the table says them in words.
DEFAULTS_IN_WORDS = {"WAREHOUSE_HOME", "WAREHOUSE_THREADS"}

FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
# An example path is one nobody has; these are where somebody's machine shows.
MACHINE_PATH = re.compile(r"(?<![\w.<])(/(?:work|tmp|home|root|Users|opt|usr|mnt)(?:/|\b)|[A-Z]:\\|file://)")
URL = re.compile(r"https?://[^\s)\"'>]+|\b[\w-]+\.(?:org|com|io)/[\w/-]+\.(?:zip|gz|jar|whl|mez|taco)")
TARGET = re.compile(r"(?<![\w-])make ([a-z][a-z-]*)")
COMMAND = re.compile(r"(?<![\w=/.-])(?:\.venv/bin/)?warehouse ([a-z]+(?:-[a-z]+)*)")
SVG_NAMESPACE = "http://www.w3.org/2000/svg"


def read(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def fences(page: Path, language: str) -> list[str]:
    return [text for found, text in FENCE.findall(read(page)) if found == language]


def code(text: str) -> Iterator[str]:
    """What a page shows as code: fenced blocks and inline spans."""
    yield from (block for _, block in FENCE.findall(text))
    yield from re.findall(r"`([^`\n]+)`", FENCE.sub("", text))


def named(page: Path) -> str:
    return str(page.relative_to(PROJECT))


# Settings


def documented_settings() -> dict[str, str]:
    """Variable -> default, from the table of settings."""
    rows = re.findall(r"^\| `(WAREHOUSE_[A-Z_]+)` \|([^|]*)\|", read(OPERATING / "settings.md"), re.MULTILINE)
    assert len(rows) == len(dict(rows)), "a setting comes twice"
    return {name: default.strip().strip("`") for name, default in rows}


def settings_in(text: str) -> set[str]:
    return set(re.findall(r"WAREHOUSE_[A-Z]+(?:_[A-Z]+)*", text))


def settings_of_the_code() -> set[str]:
    package = PROJECT / "childrens_warehouse"
    return settings_in(read(package / "settings.py")) | settings_in(read(package / "landing" / "pseudonyms.py"))


def settings_of_the_example() -> dict[str, str]:
    """Variable -> value, commented out or not, from .env.example."""
    lines = re.findall(r"^#?(WAREHOUSE_[A-Z_]+)=(.*)$", read(PROJECT / ".env.example"), re.MULTILINE)
    return {name: value.strip('"') for name, value in lines}


def test_every_setting_is_documented_and_nothing_else():
    assert len(settings_of_the_code()) >= 15
    assert set(documented_settings()) == settings_of_the_code() | set(settings_of_the_example())


def test_the_example_environment_has_every_setting_with_its_default():
    example, documented = settings_of_the_example(), documented_settings()
    assert settings_of_the_code() <= set(example)
    for name in documented.keys() - DEFAULTS_IN_WORDS - {"WAREHOUSE_PSEUDONYM_KEY_FILE"}:
        assert example[name] == documented[name], name


def test_defaults_are_those_of_the_code():
    text = read(PROJECT / "childrens_warehouse" / "settings.py")
    calls = re.findall(r'_(?:text|choice|integer)\("(WAREHOUSE_\w+)", (?:"([^"]*)"|([^,)]+))', text)
    defaults = {name: quoted or bare for name, quoted, bare in calls}
    assert len(defaults) >= 10
    documented = documented_settings()
    for name in defaults.keys() - DEFAULTS_IN_WORDS:
        assert documented[name] == defaults[name], name


# Generated


def test_the_committed_data_dictionary_is_the_generated_one():
    assert read(data_dictionary.PATH) == data_dictionary.render(), "run: warehouse generate"


def test_the_committed_page_of_rules_is_the_generated_one():
    assert read(rule_page.PATH) == rule_page.render(), "run: warehouse generate"


def test_the_data_dictionary_speaks_plainly_of_what_is_published():
    """No template is left in it, and it tells of the very tables that have a publication suite."""
    text = data_dictionary.render()
    assert "{{" not in text and "{%" not in text
    published, over_it = text.split("## What is published")[1].split("## Views over it")
    assert set(re.findall(r"^### (\w+)$", published, re.MULTILINE)) == set(publication.tables())
    assert set(re.findall(r"^### (\w+)$", over_it, re.MULTILINE)) == {view["name"] for view in views.described()}


# Links


def anchors(page: Path) -> set[str]:
    """What a heading is called in a link, as code hosts make it."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", read(page)), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def links(page: Path) -> list[str]:
    return re.findall(r"\]\(([^)\s]+)\)", FENCE.sub("", read(page)))


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_links_lead_somewhere(page: Path):
    dead = []
    for link in links(page):
        if "://" in link or link.startswith("mailto:"):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            dead.append(link)
    assert not dead


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_of_alarm_has_a_page(kind: Kind):
    """What it means, what is still safe, what to do, how it ends and an example with a key of that kind."""
    text = read(PROJECT / kind.page)
    for part in ("**What it means.**", "**Still safe.**", "**What to do.**", "**Resolved**", "**An example**"):
        assert part in text, part
    example = text.split("**An example**")[1]
    assert re.search(rf"^> `{kind.value}(:[^`]+)?`$", example, re.MULTILINE)
    assert f"[{kind.value}](alarms/{kind.value}.md)" in read(DOCS / "alarms.md")


def test_every_page_of_operating_is_found_from_the_guide():
    listed = {(DOCS / link.partition("#")[0]).resolve() for link in links(DOCS / "operating-guide.md")}
    assert {*OPERATING.glob("*.md"), *(DOCS / "alarms").glob("*.md")} <= listed


def test_there_are_links_to_look_at():
    assert sum(len(links(page)) for page in PAGES) >= 25


# Commands


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_make_targets_exist(page: Path):
    targets = set(re.findall(r"^([a-z-]+):.*## ", read(PROJECT / "Makefile"), re.MULTILINE))
    assert {"nightly", "test"} <= targets
    told = {target for text in code(read(page)) for target in TARGET.findall(text)}
    assert told <= targets


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_warehouse_commands_exist(page: Path):
    commands = {
        command.name or command.callback.__name__ for command in cli.app.registered_commands if command.callback
    }
    commands |= {group.name for group in cli.app.registered_groups if group.name}
    assert {"run", "simulate", "alarms"} <= commands
    told = {name for text in code(read(page)) for name in COMMAND.findall(text)}
    assert told <= commands


def test_the_guides_name_commands():
    text = "\n".join(part for page in PAGES for part in code(read(page)))
    assert len(set(COMMAND.findall(text))) >= 6
    assert len(set(TARGET.findall(text))) >= 6


# What must not be in them


@pytest.mark.parametrize(
    "page", [PROJECT / "README.md", *sorted(DOCS.rglob("*.md")), *sorted(DOCS.rglob("*.svg"))], ids=named
)
def test_no_machine_path_and_no_address(page: Path):
    text = read(page)
    assert not MACHINE_PATH.findall(text)
    assert {url.rstrip(".,") for url in URL.findall(text)} <= {SVG_NAMESPACE}


@pytest.mark.parametrize(
    ("line", "is_found"),
    [
        ("see /{}/x/home".format("tmp"), True),
        ("C:\\Drivers", True),
        ("`/home/somebody`", True),
        ("/srv/warehouse/published", False),
        ("`<home>/build` and secrets/ of the home", False),
    ],
)
def test_a_machine_path_is_found(line: str, is_found: bool):
    assert bool(MACHINE_PATH.search(line)) is is_found


# Examples


def test_the_example_manifest_can_be_read(tmp_path: Path):
    example = fences(OPERATING / "deliveries.md", "json")[0]
    document = json.loads(example)
    (tmp_path / manifest.NAME).write_text(example, encoding="utf-8")
    extract_date = dt.date.fromisoformat(document["extract_date"])
    found = manifest.read(tmp_path, document["authority"], document["source"], extract_date)
    assert found is not None
    (file,) = found.files
    told = {"name": file.name, "rows": file.rows, "sha256": file.sha256, "coverage": file.coverage}
    assert told == document["files"][0]
    (dataset,) = (each for each in ALL if each.file == file.name)
    assert scope(dataset, file.coverage, extract_date) == file.coverage


def test_the_example_waiver_can_be_read(tmp_path: Path):
    path = tmp_path / "waivers.json"
    path.write_text(fences(DOCS / "alarms" / "gate.md", "json")[0], encoding="utf-8")
    assert [waiver.rule for waiver in waivers.read(path)] == ["PUB-ROWS-HALVED"]


def test_the_example_indicator_says_what_indicators_say():
    """The example ran when it was written; an entry that indicators must have since would be missing here."""
    (example,) = (yaml.safe_load(block) for block in fences(DOCS / "analyst-guide.md", "yaml"))
    folder = PROJECT / "dbt_project" / "models" / "indicators"
    entries = [yaml.load(read(path), yaml.CSafeLoader)["models"][0] for path in sorted(folder.rglob("ind_*.yml"))]
    said_by_all = set.intersection(*(set(entry["config"]["meta"]) for entry in entries))
    assert len(said_by_all) >= 10
    assert said_by_all <= set(example["models"][0]["config"]["meta"])
    assert {test["model"] for test in example["unit_tests"]} == {example["models"][0]["name"]}


def test_queries_of_the_ledger_run(tmp_path: Path):
    ledger = Ledger(tmp_path / "ledger.sqlite")
    ledger.record_build("run", "build", "begin", "done", {})  # makes the file with its tables
    blocks = [block for page in (DOCS / "ledger.md", DOCS / "alarms.md") for block in fences(page, "sql")]
    statements = [part for block in blocks for part in block.split(";") if part.strip()]
    assert len(statements) >= 4
    with sqlite3.connect(ledger.path) as connection:
        for statement in statements:
            connection.execute(statement)


def test_the_relations_of_the_ledger_are_described_column_by_column(settings):
    parts = re.split(r"^### `(\w+)`$", read(DOCS / "ledger.md"), flags=re.MULTILINE)[1:]
    described = {
        relation: {
            column
            for cell in re.findall(r"^\| (`[^|]*) \|", text, re.MULTILINE)
            for column in re.findall(r"`(\w+)`", cell)
        }
        for relation, text in zip(parts[::2], parts[1::2], strict=True)
    }
    private = {"due_time", "asked_at"}
    with open_ledger(settings) as connection:
        there: dict[str, set[str]] = {}
        for relation, column in connection.execute(
            "select table_name, column_name from duckdb_columns() where not internal and database_name = 'memory'"
        ).fetchall():
            there.setdefault(relation, set()).add(column)
    assert described == {relation: columns for relation, columns in there.items() if relation not in private}


def test_questions_to_the_ledger_are_answered(settings):
    statements = re.findall(r'warehouse ledger[^"\n]*"(select [^"]+)"', read(DOCS / "ledger.md"))
    assert len(statements) >= 2
    for statement in statements:
        with open_ledger(settings) as connection:
            query(connection, statement)


def test_queries_of_the_marts_run():
    """On empty tables made from the contracts: names and types fit."""
    connection = duckdb.connect()
    connection.execute("create schema marts")
    for path in (PROJECT / "dbt_project" / "models").rglob("*.yml"):
        for model in yaml.load(read(path), yaml.CSafeLoader).get("models") or []:
            columns = [
                f'"{column["name"]}" {column["data_type"]}'
                for column in model.get("columns") or []
                if "data_type" in column
            ]
            if columns:
                connection.execute(f"create table marts.{model['name']} ({', '.join(columns)})")
    connection.execute("use marts")
    for view in views.described():
        connection.execute(f"create view {view['name']} as {views.query(view['name'])}")
    pages = (DOCS / "bi-guide.md", PROJECT / "README.md")
    blocks = [block for page in pages for block in fences(page, "sql")]
    statements = [part for block in blocks for part in block.split(";") if part.strip()]
    assert len(statements) >= 5
    for statement in statements:
        connection.execute(statement)


def test_pictures_are_well_formed():
    pictures = sorted((DOCS / "images").glob("*.svg"))
    assert pictures
    for picture in pictures:
        assert ET.parse(picture).getroot().tag == f"{{{SVG_NAMESPACE}}}svg"  # noqa: S314 - our own file
