"""The metrics that tools take over: every indicator has one, and none answers with a figure that was not published."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from childrens_warehouse.catalogue import entries
from childrens_warehouse.modelling import semantics
from childrens_warehouse.modelling.exposures import MODELS
from tests.bi import contracts

DOCUMENT = yaml.safe_load(semantics.PATH.read_text(encoding="utf-8"))
(FIGURE,) = DOCUMENT["semantic_models"]
METRICS = {metric["name"]: metric for metric in DOCUMENT["metrics"] if metric["type"] == "derived"}
FOUND = {"authority_code": "310", "definition_version": 1, "as_at": "2017-03-31", "period": "snapshot"}
WHOLE = {"dimension": "all", "member": "all", "disclosure": "open"}


@pytest.fixture
def figures() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        for statement in contracts.creation():
            connection.execute(statement)
        yield connection


def answer(connection: duckdb.DuckDBPyConnection, indicator: str) -> Any:
    """What a tool gets that asks for the metric and groups by nothing: the metric's formula over its measures."""
    measures = ", ".join(f"{each['agg']}({each['expr']}) as {each['name']}" for each in FIGURE["measures"])
    measures = re.sub(r"count_distinct\((.*?)\) as", r"count(distinct \1) as", measures)
    metric = METRICS[indicator]
    assert f"= '{indicator}'" in metric["filter"]
    (row,) = connection.execute(
        f"select {metric['type_params']['expr']} from"
        f" (select {measures} from marts_aggregate.indicator_value where indicator_id = '{indicator}')"
    ).fetchall()
    return row[0]


def publish(connection: duckdb.DuckDBPyConnection, indicator: str, **figure: Any) -> None:
    connection.execute(contracts.insertion("indicator_value", indicator_id=indicator, **FOUND | WHOLE | figure))


def test_the_committed_metrics_are_the_generated_ones() -> None:
    assert semantics.PATH.read_text(encoding="utf-8") == semantics.render(), "run `warehouse generate`"


def test_every_indicator_is_a_metric_in_its_own_words() -> None:
    assert METRICS.keys() == entries.read().keys()
    for indicator, entry in entries.read().items():
        metric = METRICS[indicator]
        assert metric["label"] == entry.title
        for word in ("definition", "population", "numerator", "exclusions", "clock"):
            assert entry.said(word) in metric["description"]
        assert metric["config"]["meta"]["periods"] == list(entry.periods)


@pytest.mark.parametrize(
    ("indicator", "numerator", "denominator", "value"),
    [
        ("cla_count", 211, None, 211),
        ("cla_outside_la_pct", 3, 8, 37.5),
        ("cla_rate_per_10k", 211, 57_000, 211 / 5.7),
        ("adoption_a1_days", 1_000, 4, 250),
        ("sdq_average_score", 35, 2, 17.5),
        ("cla_attainment_8_mean", 4_530, 2, 2_265 / 100),
    ],
)
def test_a_metric_is_the_published_value(
    figures: duckdb.DuckDBPyConnection, indicator: str, numerator: int, denominator: int | None, value: float
) -> None:
    publish(figures, indicator, numerator=numerator, denominator=denominator, value=value)
    assert answer(figures, indicator) == pytest.approx(value)


def test_authorities_are_added_up_before_they_are_divided(figures: duckdb.DuckDBPyConnection) -> None:
    publish(figures, "cla_outside_la_pct", numerator=10, denominator=20)
    publish(figures, "cla_outside_la_pct", numerator=60, denominator=80, authority_code="999")
    assert answer(figures, "cla_outside_la_pct") == pytest.approx(70)


@pytest.mark.parametrize(
    "other",
    [
        {"as_at": "2017-02-28"},
        {"period": "quarter"},
        {"dimension": "sex", "member": "female"},
        {"definition_version": 2},
        {"authority_code": "999", "disclosure": "suppressed", "numerator": None},
    ],
    ids=lambda other: "-".join(other),
)
def test_what_does_not_add_up_has_no_answer(figures: duckdb.DuckDBPyConnection, other: dict[str, Any]) -> None:
    publish(figures, "cla_count", numerator=10)
    assert answer(figures, "cla_count") == 10
    publish(figures, "cla_count", **{"numerator": 10} | other)
    assert answer(figures, "cla_count") is None


def test_slices_are_those_that_are_published() -> None:
    text = (MODELS / "reports" / "int_indicator_figures.sql").read_text(encoding="utf-8")
    told = {
        subject: "".join(re.findall(r"'([^']*)'", words)).split()
        for subject, words in re.findall(r"when subject = '(\w+)'\s+then ((?:'[^']*'\s*(?:\|\|\s*)?)+)", text)
    }
    otherwise = re.search(r"else '(all [\w ]+)'", text)
    assert otherwise
    for subject, slices in semantics.SLICES.items():
        assert ["all", *slices] == told.get(subject, otherwise[1].split())


@pytest.mark.slow
def test_dbt_takes_the_metrics(tmp_path: Path) -> None:
    """dbt holds them to MetricFlow's own rules; a deprecation or a warning fails too."""
    finished = subprocess.run(
        [sys.executable, "-m", "dbt.cli.main", "parse", "--no-partial-parse", "--warn-error-options",
         '{"error": "all"}', "--project-dir", str(semantics.FOLDER), "--profiles-dir", str(semantics.FOLDER)],
        env=os.environ | {"DBT_TARGET_PATH": str(tmp_path), "DBT_LOG_PATH": str(tmp_path)},
        text=True, capture_output=True, check=False,
    )  # fmt: skip
    assert finished.returncode == 0, finished.stdout
    manifest = json.loads((tmp_path / "semantic_manifest.json").read_text(encoding="utf-8"))
    assert {metric["name"] for metric in manifest["metrics"]} >= entries.read().keys()
    relation = manifest["semantic_models"][0]["node_relation"]
    assert relation["alias"] == "indicator_value"
