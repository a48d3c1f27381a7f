"""Tables that the warehouse writes for people: a spreadsheet shows their cells and runs none."""

from __future__ import annotations

import csv
import datetime as dt
import io

import duckdb
import pytest
from typer.testing import CliRunner

from childrens_warehouse import spreadsheets
from childrens_warehouse.cli import app

FORMULAS = ('=HYPERLINK("http://x")', "+cmd|' /C calc'!A0", "-2+3", "@SUM(1)", "\t=1", "\r=1", "=", "-", "+44 20")
PLAIN = ("St Mary's", "-2", "-0.75", "+3.5", "-12.5%", "-12.5 %", "", "a=b", "'quoted", "1e3")


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_is_shown_as_text(text):
    assert spreadsheets.cell(text) == f"'{text}"


@pytest.mark.parametrize("value", [*PLAIN, -3, -0.5, None, dt.date(2017, 5, 31)])
def test_everything_else_stays_as_it_is(value):
    assert spreadsheets.cell(value) == value


def test_python_and_sql_agree():
    connection = duckdb.connect()
    for text in (*FORMULAS, *PLAIN):
        [found] = connection.execute(
            f"select {spreadsheets.is_formula_sql('t')} from (select ? as t)", [text]
        ).fetchone()
        assert found == spreadsheets.is_formula(text), text
    query = "select 1 as n, cast('=1' as varchar) as t, null::varchar as nothing, date '2017-05-31' as d"
    assert connection.execute(spreadsheets.select_sql(connection, query)).fetchall() == [
        (1, "'=1", None, dt.date(2017, 5, 31))
    ]


def test_a_table_is_written_cell_by_cell():
    text = io.StringIO()
    spreadsheets.write(text, ["name", "number"], [("=1+1", -1), (None, 2)])
    assert list(csv.reader(io.StringIO(text.getvalue()))) == [["name", "number"], ["'=1+1", "-1"], ["", "2"]]


def test_what_was_known_is_written_without_formulas(supplier, monkeypatch, tmp_path):
    supplier.deliver("education", "2017-05-31", {
        "schools.csv": 'urn,name,phase,la_code,postcode,opened_on,closed_on\n100000,"=1+1",Primary,310,,,\n'
    })  # fmt: skip
    assert supplier.land("education", "2017-05-31")["schools.csv"].status == "accepted"
    monkeypatch.setenv("WAREHOUSE_HOME", str(supplier.home.root))
    told = {}
    for name in ("known.csv", "known.parquet"):
        result = CliRunner().invoke(app, ["known", "schools", "--to", str(tmp_path / name)])
        assert result.exit_code == 0, result.output
        [told[name]] = duckdb.execute(f"select school_name from '{tmp_path / name}'").fetchone()
    assert told == {"known.csv": "'=1+1", "known.parquet": "=1+1"}


def test_the_answers_of_the_command_line_too(settings, monkeypatch):
    monkeypatch.setenv("WAREHOUSE_HOME", str(settings.home.root))
    result = CliRunner().invoke(app, ["ledger", "--csv", "select '=1+1' as a, -1 as b"])
    assert result.exit_code == 0, result.output
    assert result.output.splitlines() == ["a,b", "'=1+1,-1"]
