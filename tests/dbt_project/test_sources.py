"""The dbt source `raw` is what the declarations say and what the candidate really holds."""

from __future__ import annotations

import duckdb
import yaml

from childrens_warehouse.build import raw_schema
from childrens_warehouse.datasets import dbt_sources


def test_the_committed_file_is_the_generated_one():
    assert dbt_sources.PATH.read_text(encoding="utf-8") == dbt_sources.render(), "run `warehouse generate`"


def test_every_relation_of_raw_is_declared_with_its_columns_and_types():
    connection = duckdb.connect()
    raw_schema.create_empty(connection)
    held: dict[str, list[tuple[str, str]]] = {}
    for table, column, kind in connection.execute(
        "select table_name, column_name, lower(data_type) from information_schema.columns "
        "where table_schema = 'raw' order by table_name, ordinal_position"
    ).fetchall():
        held.setdefault(table, []).append((column, kind))

    source = yaml.safe_load(dbt_sources.render())["sources"][0]
    declared = {
        table["name"]: [(column["name"], column["data_type"]) for column in table["columns"]]
        for table in source["tables"]
    }
    assert declared == held


def test_every_column_has_a_description_and_a_personal_data_class():
    source = yaml.safe_load(dbt_sources.render())["sources"][0]
    columns = [column for table in source["tables"] for column in table["columns"]]
    assert len(columns) > 100
    assert all(column["description"] for column in columns)
    assert {column["config"]["meta"]["personal_data"] for column in columns} == {
        "none", "sensitive", "identifier", "postcode", "birth_date",
    }


def test_write_makes_the_file(tmp_path):
    path = dbt_sources.write(tmp_path / "sources.yml")
    assert path.read_text(encoding="utf-8") == dbt_sources.render()
