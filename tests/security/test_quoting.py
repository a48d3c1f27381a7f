"""Names and values in the SQL we compose, whatever stands in them."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as some

from childrens_warehouse import sql

# A NUL ends a statement wherever it stands: DuckDB refuses it, and no file name or header can have one.
TEXT = some.text(some.characters(exclude_characters="\0", exclude_categories=("Cs",)), min_size=1, max_size=40)
CONNECTION = duckdb.connect()


@given(TEXT)
@settings(max_examples=300, deadline=None)
def test_a_name_is_one_name_and_a_text_one_text(text):
    found = CONNECTION.execute(f"select {sql.literal(text)} as {sql.name(text)}")
    assert [column[0] for column in found.description] == [text]
    assert found.fetchall() == [(text,)]


@given(some.lists(TEXT | some.integers(-(2**63), 2**63 - 1) | some.dates(dt.date(1900, 1, 1), dt.date(2200, 1, 1)),
                  min_size=1, max_size=5))  # fmt: skip
@settings(max_examples=100, deadline=None)
def test_a_list_of_values_is_these_values(values):
    assert CONNECTION.execute(f"select {sql.literals(values)}").fetchone() == tuple(values)


def test_the_usual_attack_is_a_name():
    attack = 'x"; drop table child; --'
    CONNECTION.execute(f"create or replace temp table child as select 1 as {sql.name(attack)}")
    assert CONNECTION.execute(f"select {sql.name(attack)} from child").fetchall() == [(1,)]
    paths = [Path("a'b.parquet"), Path("c.parquet")]
    assert CONNECTION.execute(f"select {sql.file_list(paths)}").fetchone() == (["a'b.parquet", "c.parquet"],)
