"""What two nights told of themselves by HTTP: OpenLineage events that hold together, and figures that are true."""

from __future__ import annotations

import datetime as dt
import json
import re
import uuid
from collections import Counter, defaultdict
from typing import Any

import attr
import pytest
from jsonschema import Draft202012Validator
from openlineage.client import facet_v2
from openlineage.client.generated.base import DatasetFacet, JobFacet, OutputDatasetFacet, RunFacet

from childrens_warehouse.ledger import Ledger

pytestmark = pytest.mark.slow

# What OpenLineage asks of an event, in our words; of facets the classes tell that its client makes of its definitions.
DATASET = {
    "type": "object",
    "required": ["namespace", "name"],
    "properties": {
        "namespace": {"type": "string", "minLength": 1},
        "name": {"type": "string", "minLength": 1},
        "facets": {"type": "object", "additionalProperties": {"$ref": "#/$defs/facet"}},
        "inputFacets": {"type": "object", "additionalProperties": {"$ref": "#/$defs/facet"}},
        "outputFacets": {"type": "object", "additionalProperties": {"$ref": "#/$defs/facet"}},
    },
    "additionalProperties": False,
}
EVENT = Draft202012Validator(
    {
        "type": "object",
        "required": ["eventTime", "producer", "schemaURL", "run", "job", "eventType"],
        "properties": {
            "eventType": {"enum": ["START", "RUNNING", "COMPLETE", "ABORT", "FAIL", "OTHER"]},
            "eventTime": {"type": "string", "format": "date-time"},
            "producer": {"type": "string", "pattern": "^[a-z]+:"},
            "schemaURL": {"const": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"},
            "run": {
                "type": "object",
                "required": ["runId"],
                "properties": {
                    "runId": {"type": "string", "format": "uuid"},
                    "facets": {"type": "object", "additionalProperties": {"$ref": "#/$defs/facet"}},
                },
                "additionalProperties": False,
            },
            "job": {
                "type": "object",
                "required": ["namespace", "name"],
                "properties": {
                    "namespace": {"const": "childrens_warehouse"},
                    "name": {"type": "string", "minLength": 1},
                    "facets": {"type": "object", "additionalProperties": {"$ref": "#/$defs/facet"}},
                },
                "additionalProperties": False,
            },
            "inputs": {"type": "array", "items": {"$ref": "#/$defs/dataset"}},
            "outputs": {"type": "array", "items": {"$ref": "#/$defs/dataset"}},
        },
        "additionalProperties": False,
        "$defs": {
            "dataset": DATASET,
            "facet": {
                "type": "object",
                "required": ["_producer", "_schemaURL"],
                "properties": {"_schemaURL": {"type": "string", "pattern": "^https://openlineage.io/spec/facets/"}},
            },
        },
    }
)


def every_facet() -> dict[str, type]:
    """Address of a facet's definition -> the client's class of it."""
    kinds = (DatasetFacet, JobFacet, OutputDatasetFacet, RunFacet)
    modules = (getattr(facet_v2, name) for name in dir(facet_v2))
    classes = (each for module in modules if hasattr(module, "__file__") for each in vars(module).values())
    return {
        each._get_schema(): each for each in classes if isinstance(each, type) and issubclass(each, kinds)
        and "_get_schema" in vars(each)
    }  # fmt: skip


def facets_of(event: dict[str, Any]):
    datasets = [*event["inputs"], *event["outputs"]]
    for holder in (event["run"], event["job"], *datasets):
        yield from (holder.get("facets") or {}).items()
    for each in datasets:
        yield from (each.get("inputFacets") or {}).items()
        yield from (each.get("outputFacets") or {}).items()


@pytest.fixture(scope="module")
def events(night_by_night, watcher) -> list[dict[str, Any]]:
    return watcher.events


@pytest.fixture(scope="module")
def of_last_night(night_by_night, events) -> list[dict[str, Any]]:
    run_id = night_by_night.results[-1].run_id
    return [event for event in events if tags(event).get("run_id") == run_id]


def tags(event: dict[str, Any]) -> dict[str, str]:
    return {each["key"]: each["value"] for each in event["run"]["facets"].get("tags", {}).get("tags", ())}


def test_every_event_is_as_openlineage_defines_it(events):
    known = every_facet()
    assert len(events) > 1_000 and len(known) > 20
    for event in events:
        assert not list(EVENT.iter_errors(event)), (event["job"]["name"], next(EVENT.iter_errors(event)).message)
        uuid.UUID(event["run"]["runId"])
        assert dt.datetime.fromisoformat(event["eventTime"]).tzinfo
        for name, facet in facets_of(event):
            fields = {each.name: each for each in attr.fields(known[facet["_schemaURL"]])}
            assert set(facet) <= set(fields), (event["job"]["name"], name)
            required = {key for key, each in fields.items() if each.default is attr.NOTHING}
            assert required <= set(facet), (event["job"]["name"], name)


def test_every_run_begins_once_and_ends_once(events):
    states = defaultdict(Counter)
    for event in events:
        states[event["run"]["runId"]][event["eventType"]] += 1
    assert {tuple(sorted(each.items())) for each in states.values()} == {(("COMPLETE", 1), ("START", 1))}


def test_steps_and_what_they_make_are_jobs(night_by_night, of_last_night):
    names = {event["job"]["name"] for event in of_last_night}
    assert {"build", "gate", "publish"} <= names
    release = night_by_night.results[-1].release
    assert {name for name in names if name.startswith("publish.marts.")} == {
        f"publish.marts.{table}" for table in release.tables
    }
    (model,) = [each for each in of_last_night if each["job"]["name"] == "build.dim_child" and each["outputs"]]
    assert tags(model)["build_id"] == release.build_id
    parent = model["run"]["facets"]["parent"]
    (build,) = [each for each in of_last_night if each["job"]["name"] == "build" and each["eventType"] == "COMPLETE"]
    assert (parent["job"]["name"], parent["run"]["runId"]) == ("build", build["run"]["runId"])
    assert {
        each["run"]["facets"]["parent"]["job"]["name"] for each in of_last_night if each["job"]["name"] == "gate"
    } == {"night"}


def test_every_published_table_can_be_followed_to_a_delivered_file_to_raw_or_to_a_seed(night_by_night, events):
    made_of, seeds = defaultdict(set), set()
    for event in events:
        for output in event["outputs"]:
            made_of[output["name"]] |= {each["name"] for each in event["inputs"]}
            if event["job"]["facets"]["jobType"]["jobType"] == "SEED":
                seeds.add(output["name"])
    inbox, raw = (str(folder) for folder in (night_by_night.settings.home.inbox, night_by_night.settings.home.raw))
    delivered, without = set(), set()
    for name in night_by_night.results[-1].release.tables:
        origins, left = set(), [f"marts.main.{name}"]
        while left:
            one = left.pop()
            if one not in origins:
                origins.add(one)
                left += made_of.get(one, ())
        if any(each.startswith(inbox) for each in origins):
            delivered.add(name)
        # A dataset that nobody delivered begins in raw, and so does what the build itself knows: its files, its links.
        elif not any(each.startswith(raw) or each in seeds for each in origins):
            without.add(name)
    # What figures there are is written in the project itself.
    assert without == {"indicator"}
    assert {"dim_child", "fct_placement", "fct_attendance_session", "indicator_value"} <= delivered
    assert len(delivered) > len(night_by_night.results[-1].release.tables) / 2


def test_a_pseudonym_is_followed_column_by_column_to_the_identifier_it_masks(night_by_night, events):
    by_column = defaultdict(set)
    for event in events:
        for output in event["outputs"]:
            for column, told in output["facets"].get("columnLineage", {}).get("fields", {}).items():
                for each in told["inputFields"]:
                    step = each["transformations"][0]
                    by_column[output["name"], column].add(
                        (each["name"], each["field"], step["masking"], step["subtype"])
                    )
    seen, left, ends = set(), [("marts.main.fct_placement", "child_key")], set()
    while left:
        one = left.pop()
        if one in seen:
            continue
        seen.add(one)
        for name, field, is_masked, _ in by_column[one]:
            left.append((name, field))
            if name.startswith(str(night_by_night.settings.home.inbox)):
                ends.add((name.rpartition("/")[2], field, is_masked))
    assert ("episodes.csv", "CHILD", True) in ends
    assert {is_masked for _, _, is_masked in ends} == {True}


def test_a_delivered_file_is_one_dataset_whichever_night_and_its_version_names_the_night(events):
    versions = {
        each["facets"]["version"]["datasetVersion"][:10]
        for event in events
        for each in event["inputs"]
        if each["name"].endswith("/310/social_care/header.csv")
    }
    assert versions == {"2017-05-23", "2017-05-24"}


def test_rows_and_columns_are_those_of_the_release(night_by_night, of_last_night):
    manifest = night_by_night.settings.home.releases / night_by_night.results[-1].release.release_id / "manifest.json"
    tables = json.loads(manifest.read_text())["tables"]
    told = {
        event["job"]["name"].rpartition(".")[2]: event["outputs"][0]
        for event in of_last_night
        if event["job"]["name"].startswith("publish.marts.") and event["outputs"]
    }
    for name, table in tables.items():
        assert told[name]["outputFacets"]["outputStatistics"].get("rowCount", 0) == table["rows"], name
        fields = [(each["name"], each["type"]) for each in told[name]["facets"]["schema"]["fields"]]
        assert fields == [(each["name"], each["type"]) for each in table["columns"]], name


def test_columns_of_models_are_read_once_for_each_version_of_the_code(night_by_night):
    (kept,) = (night_by_night.settings.home.build / "lineage").iterdir()
    assert re.fullmatch(r"columns-[0-9a-f]{64}\.json", kept.name)


def test_figures_of_the_last_night_are_those_of_the_ledger(night_by_night, watcher):
    result = night_by_night.results[-1]
    for source in ("social_care", "health", "education"):
        (told,) = Ledger(night_by_night.settings.home.ledger).query(
            "select coalesce(sum(rows_read), 0) as n from file_event where run_id = ? and source = ?"
            " and status in ('accepted', 'refused')",
            (result.run_id, source),
        )
        assert watcher.figures["childrens_warehouse.rows.read", (("source", source),)] == told["n"]
    assert watcher.figures["childrens_warehouse.release.rows", ()] == result.release.rows
    judged = [value for (name, _), value in watcher.figures.items() if name == "childrens_warehouse.gate.suites"]
    assert sum(judged) == len(result.build.gate.judgements)
