"""Schema `raw` as Spark is told it: the same files, the same rows."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import duckdb
import pytest
import sqlglot

from childrens_warehouse.build import layers, raw_schema
from childrens_warehouse.build.candidate import Workspace
from childrens_warehouse.build.spark import raw
from childrens_warehouse.errors import BuildFailed
from childrens_warehouse.settings import Home, Settings


def test_a_view_on_parquet_is_said_in_sparks_words():
    said = raw.carried(
        "CREATE VIEW raw.uasc AS SELECT child_key, '310' AS _authority_code, CAST(NULL AS VARCHAR) AS duc"
        " FROM read_parquet('/home/raw/a b.parquet') AS delivered WHERE (duc IS NULL) UNION ALL"
        " SELECT child_key, '311', duc FROM read_parquet('/home/raw/c.parquet') AS delivered;"
    )
    assert said == (
        "SELECT child_key, '310' AS _authority_code, CAST(NULL AS STRING) AS duc FROM parquet.`/home/raw/a b.parquet`"
        " AS delivered WHERE (duc IS NULL) UNION ALL SELECT child_key, '311', duc FROM parquet.`/home/raw/c.parquet`"
        " AS delivered"
    )


def test_what_spark_cannot_say_is_an_error_and_no_guess():
    with pytest.raises(sqlglot.errors.SqlglotError):
        raw.carried("CREATE VIEW raw.uasc AS SELECT regexp_extract(duc, 'a', 1, 'i') FROM read_parquet('a.parquet')")


def test_every_relation_is_said_and_the_small_tables_are_written_down(tmp_path: Path):
    with duckdb.connect() as connection:
        raw_schema.create_empty(connection)
        connection.execute("insert into raw.restriction values ('310', 'social_care', 1)")
        said = raw.statements(connection, tmp_path)
        relations = {
            name for (name,) in connection.execute(
                "select table_name from information_schema.tables where table_schema = 'raw'"
            ).fetchall()
        }  # fmt: skip
        copied = connection.execute(f"select * from '{tmp_path / 'restriction.parquet'}'").fetchall()
    assert said[0] == "create schema if not exists raw"
    assert {statement.split()[4] for statement in said[1:]} == {f"raw.{name}" for name in relations}
    assert copied == [("310", "social_care", 1)]


def test_a_name_with_a_backtick_stays_one_name():
    assert raw.file(Path("/srv/the `lake`")) == "parquet.`/srv/the ``lake```"


def test_without_spark_the_build_says_where_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(layers, "find_spec", lambda name: None)
    settings = dataclasses.replace(Settings.from_environment(), home=Home(tmp_path).create(), target="spark")
    with pytest.raises(BuildFailed, match=r"docs/operating/spark\.md"):
        layers.run(settings, Workspace.of(settings).create(), "build", layers.LAYERS)
