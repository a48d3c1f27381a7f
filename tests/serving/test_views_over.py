"""The views that a release carries say in PostgreSQL what they say in the file."""

from __future__ import annotations

import duckdb
import psycopg
import pytest
from psycopg.sql import SQL

from childrens_warehouse.publish import views
from childrens_warehouse.serving import switching
from tests.publish import contracts
from tests.publish.test_views import ROWS

pytestmark = pytest.mark.slow

_EVERY = "select * from {} order by indicator_id, child_key, pupil_key"


def test_a_view_of_the_release_answers_alike_in_its_own_schema(database: str) -> None:
    with duckdb.connect() as file, psycopg.connect(database, autocommit=True) as server:
        server.execute("create schema marts_r")
        for table, rows in ROWS.items():
            contracts.create(file, table, rows)
            shape = ", ".join(
                f"{name} {'double precision' if kind == 'double' else kind}"
                for name, kind in contracts.columns(table).items()
            )
            server.execute(f"create table marts_r.{table} ({shape})".encode())
            for row in rows:
                server.execute(
                    f"insert into marts_r.{table} ({', '.join(row)}) values ({', '.join('%s' for _ in row)})".encode(),
                    list(row.values()),
                )
        with server.transaction():
            server.execute(SQL(";\n").join(switching._views_over("marts_r", views.over(ROWS))))
        for name, content in views.over(ROWS).items():
            file.execute(f"create view {name} as {content['query']}")
            told = server.execute(_EVERY.format(f"marts_r.{name}").encode())
            expected = file.execute(_EVERY.format(name))
            assert [column.name for column in told.description or ()] == list(content["columns"])
            assert told.fetchall() == expected.fetchall() != []
            assert server.execute(f"select obj_description('marts_r.{name}'::regclass)".encode()).fetchone() == (
                content["comment"],
            )
