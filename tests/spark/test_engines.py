"""What is published does not depend on the engine that computed it."""

from __future__ import annotations

import json

import pytest

from childrens_warehouse.build import steps
from childrens_warehouse.build.candidate import Workspace, connect
from childrens_warehouse.build.gating import GateResult
from childrens_warehouse.publish.current import current_manifest
from childrens_warehouse.publish.steps import publish
from childrens_warehouse.publish.tables import Content, contents, public_tables
from childrens_warehouse.settings import Settings
from tests.spark.conftest import NIGHTS, Engines

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]


def public(settings: Settings) -> dict[str, Content]:
    with connect(Workspace.of(settings), settings, read_only=True) as connection:
        return {table.name: contents(connection, table) for table in public_tables(connection)}


@pytest.fixture(scope="module", params=range(len(NIGHTS)), ids=["all of it", "one more night"])
def night(request: pytest.FixtureRequest, engines: Engines) -> Engines:
    """Landed, built and published on both engines."""
    engines.land(NIGHTS[request.param])
    for settings in engines.both:
        result = steps.build(settings, f"night {request.param}")
        assert result.start.needed
        assert bool(result.start.kept) == bool(request.param), "one more night rebuilds the months that changed"
        publish(settings, result.build_id)
    return engines


def test_every_public_table_has_the_same_rows(night: Engines):
    of_duckdb, of_spark = map(public, night.both)
    assert len(of_duckdb) > 70
    assert of_duckdb.keys() == of_spark.keys()
    assert {name: each for name, each in of_spark.items() if each != of_duckdb[name]} == {}
    assert sum(each.rows > 0 for each in of_spark.values()) > 60


def test_every_table_is_shaped_alike(night: Engines):
    shapes = []
    for settings in night.both:
        with connect(Workspace.of(settings), settings, read_only=True) as connection:
            shapes.append({
                table.name: [(column.name, column.type, column.comment) for column in table.columns]
                for table in public_tables(connection)
            })  # fmt: skip
    assert shapes[0] == shapes[1]


def test_the_gate_judges_alike_and_the_releases_are_equal(night: Engines):
    judged = []
    for settings in night.both:
        told = GateResult.from_dict(json.loads(Workspace.of(settings).gate.read_text(encoding="utf-8")))
        judged.append({each.suite: (str(each.verdict), each.evaluated) for each in told.judgements})
    assert judged[0] == judged[1]
    manifests = [current_manifest(settings.home) for settings in night.both]
    hashes = [{name: table["content_hash"] for name, table in each["tables"].items()} for each in manifests]
    assert hashes[0] == hashes[1]
    assert manifests[0]["aggregate"]["tables"] == manifests[1]["aggregate"]["tables"]
