"""The dashboard that is kept as code: what it asks for is published, and it shows no figure that nobody published."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import duckdb
import psycopg
import pytest
import yaml

from childrens_warehouse.catalogue import entries
from childrens_warehouse.settings import PROJECT
from tests.bi import contracts
from tests.orchestration.ways_in_servers import postgres_server

SUPERSET = PROJECT / "bi" / "superset"
ASSETS = SUPERSET / "assets"
# A chart may show the figure of one row, told apart by these.
ONE_FIGURE = ("indicator_id", "dimension", "period")


def documents(kind: str) -> dict[str, dict[str, Any]]:
    """uuid -> document."""
    found = [
        yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)
        for path in sorted((ASSETS / kind).rglob("*.yaml"))
    ]
    assert found
    return {document["uuid"]: document for document in found}


CHARTS = documents("charts")
(DATASET,) = documents("datasets").values()
(DASHBOARD,) = documents("dashboards").values()
(DATABASE,) = documents("databases").values()
COLUMNS = [column["column_name"] for column in DATASET["columns"]]
METRICS = {metric["metric_name"]: metric["expression"] for metric in DATASET["metrics"]}
DEFINITIONS = {indicator: entry.meta for indicator, entry in entries.read().items()}


def by_name(chart: dict[str, Any]) -> str:
    return chart["slice_name"]


def expressions(chart: dict[str, Any]) -> list[str]:
    """SQL of the chart's own metrics and of those of the dataset that it names."""
    named = [*chart["params"].get("metrics", []), *([chart["params"]["metric"]] if "metric" in chart["params"] else [])]
    return [METRICS[metric] if isinstance(metric, str) else metric["sqlExpression"] for metric in named]


def filtered(chart: dict[str, Any]) -> dict[str, list[str]]:
    """Column -> values that the chart itself keeps to."""
    simple = [each for each in chart["params"]["adhoc_filters"] if each["expressionType"] == "SIMPLE"]
    return {
        each["subject"]: each["comparator"] if isinstance(each["comparator"], list) else [each["comparator"]]
        for each in simple
    }


@pytest.fixture
def figures() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        for statement in (*contracts.creation(), *rows()):
            connection.execute(statement)
        yield connection


def rows() -> list[str]:
    """Three figures of one indicator: shown, suppressed, and one that is none."""
    definition = {"indicator_id": "cla_count", "definition_version": 1, "title": "Children", "decimals": 1}
    figure = {
        "authority_code": "310", "indicator_id": "cla_count", "definition_version": 1, "as_at": "2017-03-31",
        "period": "snapshot", "dimension": "all", "member": "all", "member_label": "All", "unit": "percent",
    }  # fmt: skip
    compared = {"target": 100.0, "england": 17.25, "previous_year": 0.04, "rag": "red", "direction_of_travel": "worse"}
    return [
        contracts.insertion("indicator", **definition),
        contracts.insertion("indicator_value", **figure, **compared, value=57.14, display="57.1", disclosure="open"),
        contracts.insertion("indicator_value", **figure | {"dimension": "sex"}, disclosure="suppressed"),
        contracts.insertion("indicator_value", **figure | {"as_at": "2017-04-15"}, disclosure="not_available"),
    ]


SHOWN = (
    "select dimension, reporting_date, display, value, target, england, previous_year, rag, direction_of_travel,"
    f" member_label, is_on_scorecard, is_trend from ({DATASET['sql']}) as figures order by dimension, reporting_date"
)
AS_SHOWN = [
    ("all", "2017-03-31", "57.1 %", 57.14, "100", "17.25", "0.0", "◆ Red", "✘ worse", "All", "yes", "yes"),
    ("all", "2017-04-15", "x", None, "", "", "", "", "", "All", "yes", "no"),
    ("sex", "2017-03-31", "c", None, "", "", "", "", "", "All (c)", "yes", "yes"),
]


def test_figures_are_shown_as_published_and_suppressed_ones_not_at_all(figures: duckdb.DuckDBPyConnection) -> None:
    assert figures.execute(SHOWN).fetchall() == AS_SHOWN


@pytest.mark.slow
def test_a_server_answers_as_the_file_does() -> None:
    with postgres_server() as server, psycopg.connect(server.address) as connection:
        for statement in (*contracts.creation(), *rows()):
            connection.execute(statement)  # type: ignore[arg-type]
        assert connection.execute(SHOWN).fetchall() == AS_SHOWN  # type: ignore[arg-type]


def test_the_dataset_has_the_columns_it_says(figures: duckdb.DuckDBPyConnection) -> None:
    assert {name for name, *_ in figures.execute(DATASET["sql"]).description or []} == set(COLUMNS)


@pytest.mark.parametrize("chart", CHARTS.values(), ids=by_name)
def test_a_chart_asks_for_what_there_is(chart: dict[str, Any]) -> None:
    params = chart["params"]
    assert chart["dataset_uuid"] == DATASET["uuid"] and DATASET["database_uuid"] == DATABASE["uuid"]
    asked = {*params.get("all_columns", []), *params.get("groupby", []), *filtered(chart), params.get("x_axis")} - {
        None
    }
    assert asked <= set(COLUMNS)
    for indicator in filtered(chart).get("indicator_id", []):
        assert indicator in DEFINITIONS


@pytest.mark.parametrize("chart", CHARTS.values(), ids=by_name)
def test_no_chart_adds_figures_up(chart: dict[str, Any]) -> None:
    for expression in expressions(chart):
        assert re.fullmatch(r"max\((value|case when indicator_id = '\w+' then value end)\)", expression)
    if chart["params"].get("query_mode") == "raw":
        assert "display" in chart["params"]["all_columns"] and "value" not in chart["params"]["all_columns"]
        return
    kept = filtered(chart)
    assert all(kept.get(column) for column in ONE_FIGURE)
    assert len(kept["dimension"]) == len(kept["period"]) == 1
    assert len(kept["indicator_id"]) == len(expressions(chart))


@pytest.mark.parametrize("chart", CHARTS.values(), ids=by_name)
def test_a_chart_asks_for_periods_and_slices_that_are_published(chart: dict[str, Any]) -> None:
    kept = filtered(chart)
    for indicator in kept.get("indicator_id", []):
        definition = DEFINITIONS[indicator]
        if "period" in kept:
            assert set(kept["period"]) & set(definition.get("periods") or ["snapshot"])
        # Of events everybody sees slices of whole financial years alone.
        assert definition["counted"] == "on_day" or kept["dimension"] == ["all"]


def test_every_chart_has_its_place_and_every_filter_its_column() -> None:
    placed = {child["meta"]["uuid"] for child in DASHBOARD["position"].values() if "chartId" in (_meta(child))}
    assert placed == set(CHARTS)
    targets = [
        target for each in DASHBOARD["metadata"]["native_filter_configuration"] for target in each["targets"]
    ]  # fmt: skip
    assert {target["column"]["name"] for target in targets} >= {"authority_code", "reporting_date"}
    assert {target["column"]["name"] for target in targets} <= set(COLUMNS)
    assert {target["datasetUuid"] for target in targets} == {DATASET["uuid"]}


def _meta(child: Any) -> dict[str, Any]:
    return child.get("meta", {}) if isinstance(child, dict) else {}


def test_no_address_and_no_secret_is_in_the_files(serve: ModuleType) -> None:
    assert DATABASE["sqlalchemy_uri"] == serve.NO_ADDRESS
    text = "\n".join(path.read_text(encoding="utf-8") for path in ASSETS.rglob("*.yaml"))
    assert not re.search(r"://(?!/:memory:)|password|engine_params|(?<![\w.])/(?:srv|home|tmp|var|work)/", text)


def test_the_address_comes_into_the_database_alone(serve: ModuleType) -> None:
    filled = serve.contents("postgresql+psycopg2://reader:secret@server/warehouse", {})
    assert [name for name, text in filled.items() if "secret" in text] == ["databases/Figures_for_everybody.yaml"]


@pytest.fixture
def serve() -> ModuleType:
    specification = importlib.util.spec_from_file_location("superset_serve", SUPERSET / "serve.py")
    assert specification and specification.loader
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module
